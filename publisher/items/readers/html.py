"""HTML files, whatever encoding they claim."""

from __future__ import annotations

import re
from html import unescape

from publisher.items.office_html import understood
from publisher.items.pictures import Pictures
from publisher.items.readers.draft import Draft
from publisher.items.readers.encoding import decode

_CHARSET = re.compile(rb"""<(?:meta|\?xml)\s[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([a-zA-Z0-9_-]+)""", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_BODY = re.compile(r"<body[\s>]", re.IGNORECASE)
_HEAD_BYTES = 4096
"""Browsers look for the declaration in the first 1024 bytes; Word writes long heads."""


def read_html(content: bytes, _pictures: Pictures) -> Draft:
    """Title from the first ``h1``, else from ``title``."""
    declared = _CHARSET.search(content[:_HEAD_BYTES])
    text = decode(content, declared=declared.group(1).decode("ascii") if declared else "")
    body = _BODY.search(text)
    title = _TITLE.search(text, 0, body.start() if body else len(text))
    return Draft(html=understood(text), title=" ".join(unescape(title.group(1)).split()) if title else "")
