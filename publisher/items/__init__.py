"""Intake: what staff submit, as items with frozen revisions and their assets."""
