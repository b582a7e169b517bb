"""Documents a text cites by number and title: 《…》(攀办发〔2017〕84号)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = re.compile(r"([一-龥]{1,12})\s*[〔\[(]\s*(\d{4})\s*[〕\])]\s*(\d{1,5})\s*[号號]")


def cited(text: str) -> Iterator[tuple[str, str]]:
    """Document numbers with the title in 《》 right before them; other brackets than 〔〕 are the same number."""
    for match in _NUMBER.finditer(text):
        title = _title_before(text[: match.start()].rstrip("(（ "))
        if title:
            yield f"{match[1]}〔{match[2]}〕{match[3]}号", title


def _title_before(text: str) -> str:
    """The title that ends a text, with the titles inside it, but without their marks."""
    if not text.endswith("》"):
        return ""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += {"》": 1, "《": -1}.get(text[place], 0)
        if depth == 0:
            return re.sub(r"[《》\s]", "", text[place:])
    return ""
