"""Running text cut into sentences."""

from __future__ import annotations

import re

SENTENCE = re.compile(r"[^。！？；;\n]+[。！？；;]?")


def sentences(text: str) -> list[str]:
    """``text`` cut after full stops and semicolons."""
    return [found[0].strip() for found in SENTENCE.finditer(text) if found[0].strip()]
