"""Readers of attachments, one module for each kind: ``read`` and what it raises besides, ``BROKEN``."""
