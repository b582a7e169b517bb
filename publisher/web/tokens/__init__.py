"""Tokens with which other programs use the HTTP interface, and how they use it."""
