"""Pages that a version before wrote: what search and catalogue must know of them is read from the pages themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from lxml import html

from channels.markup import plain_text
from channels.website.static.index import Index
from channels.website.static.records import Entry, Records

AT_ONCE = 200
"""Pages read by one change, so that the first publication after an update takes a moment longer and not an hour."""


def take_in(folder: Path, records: Records, index: Index) -> list[Entry]:
    """Number the oldest entries that have no number yet, and let them be found; returns them."""
    last = records.last_number()
    taken = []
    for number, entry in enumerate(records.without_number(AT_ONCE), start=last + 1):
        known, text = _read(folder / entry.path, entry)
        taken.append(replace(known, number=number))
        records.keep(taken[-1])
        if entry.is_shown:
            index.put(number, entry.title, text)
    if taken:
        index.go_on(records.last_number())
    return taken


def _read(page: Path, entry: Entry) -> tuple[Entry, str]:
    """The entry with what its page says, and its text; as it is where the page is gone."""
    if not entry.is_shown or not page.is_file():
        return entry, ""
    root = cast(html.HtmlElement, html.document_fromstring(page.read_bytes()))
    said = {str(meta.get("name")): str(meta.get("content", "")) for meta in root.iter("meta") if meta.get("name")}
    image = said.get("Image", "")
    place = image.rfind(f"{entry.folder}/") if image else -1
    details = {
        "organ": said.get("ContentSource", ""),
        "class": said.get("ColumnType", ""),
        "document_number": _behind("发文字号：", root),
        "made_on": _day(entry.path),
    }
    known = replace(
        entry,
        image=image[place:] if place >= 0 else "",
        details={**{name: value for name, value in details.items() if value}, **entry.details},
    )
    return known, "\n".join(plain_text(html.tostring(text, encoding="unicode")) for text in root.find_class("text"))


def _behind(mark: str, root: html.HtmlElement) -> str:
    """What a line of facts says behind ``mark``, empty where no line begins so."""
    lines = (" ".join(line.text_content().split()) for line in root.iter("span"))
    return next((line.removeprefix(mark) for line in lines if line.startswith(mark)), "")


def _day(path: str) -> str:
    """The day in a page's name, such as 202611/t20261120_31.html."""
    digits = path.partition("/t")[2][:8]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 else ""
