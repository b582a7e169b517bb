"""Filling in a form: figures and blocks become a document that can be written as HTML, Word, Excel or PDF."""
