"""Readers: a file becomes a manuscript, whatever program wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.utils.module_loading import import_string

from channels.errors import Text
from publisher.items.cleaning import join, rebuild
from publisher.items.flow import Block
from publisher.items.manuscript import MAX_BYTES, Manuscript, UnreadableManuscript
from publisher.items.pictures import Pictures
from publisher.items.readers.draft import Draft
from publisher.items.readers.encoding import decode
from publisher.items.readers.letterhead import letterhead
from publisher.items.readers.signature import with_signature
from publisher.items.vocabulary import HEADINGS

__all__ = ["Manuscript", "UnreadableManuscript", "read"]

MAX_TITLE = 200

Reader = Callable[[bytes, Pictures], Draft]

WORD = "publisher.items.readers.word.read_word"
MARKDOWN = "publisher.items.readers.markdown.read_markdown"
HTML = "publisher.items.readers.html.read_html"
TEXT = "publisher.items.readers.text.read_text"

READERS = {
    ".docx": WORD,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".txt": TEXT,
    ".text": TEXT,
}
"""Loaded when used: most commands read no manuscript and should not wait for the libraries."""

_OLD_WORD = frozenset([".doc", ".dot", ".wps", ".wpt", ".rtf", ".odt"])
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_HTML = re.compile(r"<(?:!doctype html|html|head|body|p|h[1-6]|div|table|ul|ol|br)[\s/>]", re.IGNORECASE)
_MARKDOWN = re.compile(r"^(?:#{1,6} +\S|[-*+] +\S|> |```|\|.*\|\s*$)|\]\([^)\s]+\)|\*\*\S", re.MULTILINE)


def read(path: Path | None, content: bytes, *, name: str, title: str = "") -> Manuscript:
    """Read a manuscript.

    Args:
        path: where the file lies, for the pictures beside it; None: it came by another way.
        name: the file's name, whose ending tells its kind; ``-`` or no ending: told by the content.
        title: replaces the manuscript's own title, so that a text without one can be read too.
    Raises UnreadableManuscript: it cannot become an item; the error says what to change.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableManuscript(
            "The file {name} is larger than {limit} MB: make its pictures smaller or split it.",
            name=name,
            limit=MAX_BYTES // 1024**2,
        )
    reader: Reader = import_string(_reader(name, content))
    pictures = Pictures(path.parent if path else None)
    draft = reader(content, pictures)
    blocks, notes = rebuild(draft.html, pictures)
    if not (blocks or draft.title):
        raise UnreadableManuscript("The file {name} is empty: write a title and a text, and submit again.", name=name)
    return _manuscript(replace(draft, notes=(*draft.notes, *notes)), blocks, pictures, title)


def _reader(name: str, content: bytes) -> str:
    ending = Path(name).suffix.lower()
    if content.startswith(_OLE) or (ending in _OLD_WORD and not content.startswith(_ZIP)):
        raise UnreadableManuscript(
            "The file {name} is an old Word or WPS file, or locked with a password: open it, save it as .docx without "
            "a password, and submit that.",
            name=name,
        )
    # Whatever it is called: the archive inside tells whether it is a Word file.
    if content.startswith(_ZIP) or ending == ".docx":
        return WORD
    if ending in READERS:
        return READERS[ending]
    if ending and name != "-":
        raise UnreadableManuscript(
            "Files like {name} cannot be read: submit a file ending in {known}.",
            name=name,
            known=", ".join(READERS),
        )
    return _guessed(decode(content))


def _guessed(text: str) -> str:
    if _HTML.search(text):
        return HTML
    return MARKDOWN if _MARKDOWN.search(text) else TEXT


def _manuscript(draft: Draft, blocks: list[Block], pictures: Pictures, wanted: str) -> Manuscript:
    head = letterhead(blocks)
    if head and head.title:
        blocks = head.rest
        title, notes = _named(head.title, wanted)
        notes += [Text("The letterhead {line} was left out of the text.", line=line) for line in head.marks]
    else:
        title, blocks, notes = _titled(draft, blocks, wanted)
    html = join(blocks if draft.aligns else with_signature(blocks))
    if not html:
        raise UnreadableManuscript(
            "The manuscript holds only the title {title}: write the text below it, and submit again.", title=title
        )
    number = head.number if head else ""
    return Manuscript(title, html, pictures.named_in(html), notes=(*draft.notes, *notes), document_number=number)


def _titled(draft: Draft, blocks: list[Block], wanted: str) -> tuple[str, list[Block], list[Text]]:
    """The title, the blocks without it, and a note where another title stood in its place."""
    wanted = " ".join(wanted.split())
    heading = next((block for block in blocks if block.tag == "h1" and block.text), None)
    first = next((block for block in blocks if block.tag == "p" or block.tag in HEADINGS), None)
    if heading:
        own, rest = heading.text, _without(blocks, heading)
    elif first and (first.text in {wanted, draft.title} or not (wanted or draft.title)):
        own, rest = first.text, _without(blocks, first)
    else:
        own, rest = draft.title or wanted, blocks
    title, notes = _named(own, wanted)
    return title, rest, notes


def _named(own: str, wanted: str) -> tuple[str, list[Text]]:
    """The title, and a note where another one stood in the file."""
    wanted = " ".join(wanted.split())
    if len(wanted or own) > MAX_TITLE:
        raise UnreadableManuscript(
            "The title has more than {limit} characters: put a short title on a line of its own at the top.",
            limit=MAX_TITLE,
        )
    notes = [Text("The title in the file, {title}, was replaced.", title=own)] if wanted and own != wanted else []
    return wanted or own, notes


def _without(blocks: list[Block], title: Block) -> list[Block]:
    """The blocks without the title; a picture in it stays."""
    place = next(place for place, block in enumerate(blocks) if block is title)
    pictures = [Block("figure", picture) for picture in re.findall("<img [^>]*>", title.inner)]
    return [*blocks[:place], *pictures, *blocks[place + 1 :]]
