"""The item as NITF 3.6, the news industry's text format: iptc.org/std/NITF/3.6, read 2026-11."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lxml import etree

from channels.markup import NOT_XML, Block, Run
from channels.newspaper.piece import Piece
from channels.newspaper.word import placed
from channels.pictures import size_of

NAMESPACE = "http://iptc.org/std/NITF/2006-10-18/"
VERSION = "-//IPTC//DTD NITF 3.6//EN"


def nitf_file(piece: Piece) -> bytes:
    """The bytes of an .xml file; pictures are named by their files beside it."""
    root = etree.fromstring(f'<nitf xmlns="{NAMESPACE}" version="{VERSION}"/>')
    head = _add(root, "head")
    _add(head, "title", piece.title)
    data = _add(head, "docdata")
    _add(data, "doc-id", attributes={"id-string": piece.key, "regsrc": piece.office_name})
    _add(data, "date.issue", attributes={"norm": piece.made_at.strftime("%Y%m%dT%H%M%S%z")})
    about = {"type": "print", "name": piece.column_title or piece.office_name}
    length = {"item-length": str(piece.characters), "unit-of-measure": "character"}
    _add(head, "pubdata", attributes={**about, **length})
    body = _add(root, "body")
    top = _add(body, "body.head")
    _add(_add(top, "hedline"), "hl1", piece.title)
    if piece.byline:
        _add(top, "byline", piece.byline)
    if piece.summary:
        _add(_add(top, "abstract"), "p", piece.summary)
    content = _add(body, "body.content")
    for block in piece.content:
        _write(content, block, piece)
    if not len(content):
        _add(content, "p")
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"


def _write(parent: etree._Element, block: Block, piece: Piece) -> None:
    if block.kind == "picture":
        _write_picture(parent, block.sha256, piece)
    elif block.kind == "table":
        _write_table(parent, block)
    elif block.kind == "heading":
        _inline(_add(parent, "hl2"), block.runs)
    elif block.kind == "quote":
        _inline(_add(_add(_add(parent, "bq"), "block"), "p"), block.runs)
    elif block.kind == "rule":
        _add(parent, "hr")
    elif block.kind != "caption":
        runs = (Run(f"{block.mark} "), *block.runs) if block.mark else block.runs
        _inline(_add(parent, "p"), runs)


def _write_picture(parent: etree._Element, sha256: str, piece: Piece) -> None:
    medium = piece.pictures.get(sha256)
    if medium is None:
        return
    media = _add(parent, "media", attributes={"media-type": "image"})
    width, height = size_of(medium.content)
    size = {"width": str(width), "height": str(height)}
    _add(media, "media-reference", attributes={"source": medium.name, "mime-type": medium.media_type, **size})
    if caption := piece.caption(sha256):
        _add(_add(media, "media-caption"), "p", caption)


def _write_table(parent: etree._Element, block: Block) -> None:
    table = _add(parent, "table")
    for number in range(len(block.rows)):
        row = _add(table, "tr")
        for place in (one for one in placed(block.rows) if one.row == number):
            spans = {"colspan": place.columns, "rowspan": place.rows}
            more = {name: str(count) for name, count in spans.items() if count > 1}
            _add(row, "th" if place.cell.is_header else "td", place.cell.text, attributes=more)
        if not len(row):
            _add(row, "td")


def _inline(parent: etree._Element, runs: Iterable[Run]) -> None:
    for run in runs:
        target = parent
        for name in _styles(run):
            target = _add(target, "em", attributes={"class": name})
        if run.style.link and target is parent:
            target = _add(parent, "a", attributes={"href": run.style.link})
        _text(target, run.text)


def _styles(run: Run) -> Sequence[str]:
    style = run.style
    wanted = {"bold": style.bold, "italic": style.italic, "underline": style.underline, "strike": style.strike}
    return [*(name for name, is_so in wanted.items() if is_so), *([style.script] if style.script else [])]


def _text(parent: etree._Element, text: str) -> None:
    """Text behind what the element has already; a line break is an element of its own."""
    for number, line in enumerate(NOT_XML.sub("", text).split("\n")):
        if number:
            _add(parent, "br")
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + line
        else:
            parent.text = (parent.text or "") + line


def _add(
    parent: etree._Element, name: str, text: str = "", *, attributes: Mapping[str, str] | None = None
) -> etree._Element:
    clean = {key: NOT_XML.sub("", value) for key, value in (attributes or {}).items()}
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", clean)
    if text:
        element.text = NOT_XML.sub("", text)
    return element
