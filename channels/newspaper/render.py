"""From an article to the files the newspaper gets; pure and deterministic.

The files themselves are the product's media: what is approved is byte for byte what is handed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from channels.base import ASSET, Article, Medium, Note, Problem, Product
from channels.errors import ProductRefused, Text
from channels.issues import Room
from channels.markup import NOT_XML, Block, blocks, captions, parse, pictures, place_pictures, plain_text
from channels.newspaper.fitting import cells, line_cells, line_count, proposal
from channels.newspaper.options import NewspaperOptions
from channels.newspaper.pictures import at_print_size, pixels
from channels.newspaper.piece import Piece
from channels.newspaper.plain import (
    NEWLINE,
    character_count,
    file_stem,
    outside_gb2312,
    picture_mark,
    text_file,
    word_count,
)
from channels.newspaper.word import MAX_COLUMNS, Head, placed, word_file
from channels.pictures import size_of
from channels.preview import Gauge, OwnField, Way

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WRITERS = {
    "pdf": (".pdf", "application/pdf", "channels.newspaper.proof:proof_file"),
    "nitf": (".nitf.xml", "application/nitf+xml", "channels.newspaper.nitf:nitf_file"),
    "ninjs": (".ninjs.json", "application/json", "channels.newspaper.ninjs:ninjs_file"),
    "icml": (".icml", "application/xml", "channels.newspaper.icml:icml_file"),
}
"""What a newspaper may want besides: ending, type, and where it is written."""

TEMPLATED = "channels.newspaper.template:templated_file"
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif", "image/gif": "gif", "image/webp": "webp"}
PRINTABLE = frozenset({"image/jpeg", "image/png", "image/tiff"})
MIN_PICTURE_PIXELS = 1000
"""A picture over two of eight columns is 86 mm wide, which at 300 dots an inch is 1013 pixels."""

CAPTIONS_FILE = "图片说明.txt"


def render(article: Article, options: NewspaperOptions, home: Path) -> Product:
    """The product: the article for the preview, and the finished files; a template of Word lies below ``home``."""
    shown = _pictures(article, options)
    printed = {before: medium.sha256 for before, medium in shown.items()}
    html = place_pictures(article.html, lambda sha256: f"{ASSET}{printed.get(sha256, sha256)}")
    piece = _piece(article, html, shown, options)
    stem = file_stem(article.key, article.title)
    text = plain_text(html)
    pictures_of_it = list(shown.values())
    return Product(
        key=article.key,
        title=article.title,
        body=html,
        fields={
            "column_title": options.column_title,
            "byline": _byline(article),
            "stem": stem,
            "characters": str(character_count(text)),
            "words": str(word_count(text)),
            "pictures": str(len(shown)),
            "cells": str(cells(text)),
            "title_cells": str(cells(article.title)),
            **_lines(piece.content, options),
        },
        media=(
            *_documents(piece, stem, options, home),
            *pictures_of_it,
            *_captions(html, pictures_of_it, options),
        ),
        notes=tuple(_notes(article)),
    )


def check(product: Product, options: NewspaperOptions) -> list[Problem]:
    """What is wrong with a product of ``render``."""
    return [*_errors(product), *_warnings(product, options)]


def size(fields: Mapping[str, str]) -> Room:
    """What a product with these fields takes of an issue; those of the first versions counted characters."""
    return Room(1, int(fields.get("cells", fields["characters"])), int(fields.get("pictures", "0")))


def gauges(article: Article, options: NewspaperOptions) -> list[Gauge]:
    """How full headline and column are; nothing where nobody counts."""
    found = []
    if options.title_chars:
        parts: dict[OwnField, int] = {"title": cells(article.title)}
        found.append(Gauge(Text("Headline"), Text("characters"), Way.CELLS, parts, options.title_chars, "told"))
    if options.capacity_chars:
        parts = {"html": cells(plain_text(article.html))}
        name = Text("Text of the item")
        found.append(Gauge(name, Text("characters"), Way.CELLS, parts, options.capacity_chars, "told"))
    return found


def shorter(html: str, options: NewspaperOptions) -> str:
    """A proposal for a text that fits; empty where it fits, or nobody counts."""
    return proposal(html, options.capacity_chars) if options.capacity_chars else ""


def _lines(content: Sequence[Block], options: NewspaperOptions) -> dict[str, str]:
    if not options.columns:
        return {}
    width = line_cells(options.columns, options.line_chars)
    return {"line_cells": str(width), "lines": str(line_count(content, width))}


def _piece(article: Article, html: str, shown: Mapping[str, Medium], options: NewspaperOptions) -> Piece:
    """The article as the files of the package write it."""
    return Piece(
        key=article.key,
        revision=article.revision,
        title=article.title,
        column_title=options.column_title,
        byline=_byline(article),
        office_name=article.office_name,
        source=article.source,
        summary=article.summary,
        made_at=article.created_on,
        content=blocks(html),
        html=html,
        pictures={medium.sha256: medium for medium in shown.values()},
        captions=captions(html),
        characters=character_count(plain_text(html)),
        columns=options.columns,
        line=options.line_chars,
        font=options.font,
    )


def _documents(piece: Piece, stem: str, options: NewspaperOptions, home: Path) -> Iterator[Medium]:
    """The files with the text, in each of the wanted formats."""
    if "docx" in options.formats:
        yield Medium(f"{stem}.docx", WORD_TYPE, _word(piece, options, home))
    if "txt" in options.formats:
        column_title = f"【{piece.column_title}】" if piece.column_title else ""
        text = text_file([column_title, piece.title, piece.byline], piece.content)
        yield _text_medium(f"{stem}.txt", text, options)
    for name, (ending, media_type, writer) in WRITERS.items():
        if name in options.formats:
            yield Medium(f"{stem}{ending}", media_type, _writer(writer)(piece))


def _word(piece: Piece, options: NewspaperOptions, home: Path) -> bytes:
    if options.template:
        found: bytes = _writer(TEMPLATED)(piece, home / options.template)
        return found
    head = Head(piece.title, piece.column_title, piece.byline, piece.office_name, piece.made_at)
    return word_file(head, piece.content, font=options.font)


@cache
def _writer(place: str) -> Callable[..., bytes]:
    """A writer by its place; loaded where it is wanted, because few newspapers want more than Word and text."""
    module, _, name = place.partition(":")
    found: Callable[..., bytes] = getattr(import_module(module), name)
    return found


def _text_medium(name: str, text: str, options: NewspaperOptions) -> Medium:
    plain = NOT_XML.sub("", text)
    return Medium(name, f"text/plain; charset={options.encoding}", plain.encode(options.encoding))


def _pictures(article: Article, options: NewspaperOptions) -> dict[str, Medium]:
    """The pictures by the digest the text names, themselves named by their number in it: as the office has them, or at
    the size they are printed in."""
    there = {medium.sha256: medium for medium in article.media}
    found = {}
    for number, sha256 in enumerate(pictures(article.html), start=1):
        if medium := there.get(sha256):
            name = f"{number:02d}.{SUFFIXES.get(medium.media_type, 'bin')}"
            named = Medium(name, medium.media_type, medium.content, medium.alt, medium.caption)
            found[sha256] = _printable(named, options)
    return found


def _printable(medium: Medium, options: NewspaperOptions) -> Medium:
    return at_print_size(medium, options.picture_mm) if options.picture_mm else medium


def _captions(html: str, shown: Sequence[Medium], options: NewspaperOptions) -> Iterator[Medium]:
    """The list of pictures with their captions, where there are any."""
    if not shown:
        return
    found = captions(html)
    lines = []
    for medium in shown:
        number = int(medium.name.partition(".")[0])
        caption = found.get(medium.sha256) or medium.caption or medium.alt or "（无说明）"
        lines.append(f"{picture_mark(number)}\t{medium.name}\t{' '.join(caption.split())}{NEWLINE}")
    yield _text_medium(CAPTIONS_FILE, "".join(lines), options)


def _byline(article: Article) -> str:
    section = article.section if article.section != article.office_name else ""
    contributor = f"供稿：{article.office_name}{section}"
    writer = f"作者：{article.author}" if article.author and article.author != article.section else ""
    origin = f"转载自：{article.source}" if article.is_reposted else ""
    return "　".join(filter(None, [contributor, writer, origin]))


def _notes(article: Article) -> Iterator[Note]:
    root = parse(article.html)
    if root.find(".//a[@href]") is not None:
        yield Note(Text("Links are printed as plain text."))
    for medium in article.attachments:
        yield Note(Text("The attachment {name} is not handed over to the newspaper.", name=medium.name))


def _errors(product: Product) -> Iterator[Problem]:
    if not product.title.strip():
        yield Problem("error", Text("The title is empty: write one."))
    if NOT_XML.search(product.title):
        yield Problem("error", Text("The title holds an invisible control character: type it again."))
    if not plain_text(product.body).strip():
        yield Problem("error", Text("The text is empty: a newspaper prints no pictures without text, write some."))
    there = {medium.sha256 for medium in product.media}
    named = [str(image.get("src", "")) for image in parse(product.body).iter("img")]
    if any(source.removeprefix(ASSET) not in there for source in named):
        yield Problem("error", Text("A picture of the text is missing: put it in again."))
    for block in blocks(product.body):
        if block.kind == "table" and _cells_lost(block):
            text = Text("A table has more than {limit} columns, which Word cannot hold: divide it.", limit=MAX_COLUMNS)
            yield Problem("error", text)


def _cells_lost(table: Block) -> bool:
    return len(list(placed(table.rows))) < sum(len(row) for row in table.rows)


def _warnings(product: Product, options: NewspaperOptions) -> Iterator[Problem]:
    yield from _room_warnings(product, options)
    missing = outside_gb2312(product.title + plain_text(product.body))
    if options.font == "仿宋_GB2312" and "docx" in options.formats and missing:
        text = Text(
            "The font {font} does not have the characters {characters}: they will be printed in another face.",
            font=options.font,
            characters=missing[:40],
        )
        yield Problem("warning", text)
    for medium in product.media:
        if medium.is_picture:
            yield from _picture_warnings(medium, options)


def _room_warnings(product: Product, options: NewspaperOptions) -> Iterator[Problem]:
    """What is more than the page holds, said before it is approved."""
    count = int(product.fields.get("cells", product.fields["characters"]))
    if options.capacity_chars and count > options.capacity_chars:
        text = Text(
            "The text has {count} characters and the column about {capacity}: shorten it, or the newspaper cuts it.",
            count=count,
            capacity=options.capacity_chars,
        )
        yield Problem("warning", text)
    lines = int(product.fields.get("lines", "0"))
    if options.capacity_lines and lines > options.capacity_lines:
        text = Text(
            "The text fills {count} lines of {width} characters and the column has {capacity}: shorten it.",
            count=lines,
            width=product.fields["line_cells"],
            capacity=options.capacity_lines,
        )
        yield Problem("warning", text)
    title = int(product.fields.get("title_cells", "0"))
    if options.title_chars and title > options.title_chars:
        text = Text(
            "The headline has {count} characters and the newspaper takes {limit}: give this channel a shorter one.",
            count=title,
            limit=options.title_chars,
        )
        yield Problem("warning", text)
    pictures = int(product.fields.get("pictures", "0"))
    if options.issues.pictures and pictures > options.issues.pictures:
        text = Text(
            "The item has {count} pictures and an issue takes {limit}: leave some out of the text for this channel.",
            count=pictures,
            limit=options.issues.pictures,
        )
        yield Problem("warning", text)


def _picture_warnings(medium: Medium, options: NewspaperOptions) -> Iterator[Problem]:
    if medium.media_type not in PRINTABLE:
        text = Text(
            "The picture {name} is of the type {type}, which newspapers rarely take: replace it with a JPEG.",
            name=medium.name,
            type=medium.media_type,
        )
        yield Problem("warning", text)
    try:
        width = max(size_of(medium.content))
    except ProductRefused as error:
        yield Problem("error", error.text)
        return
    wanted = pixels(options.picture_mm) if options.picture_mm else MIN_PICTURE_PIXELS
    if width < wanted:
        text = Text(
            "The picture {name} has only {width} pixels: hand in the original from the camera, {wanted} or more.",
            name=medium.name,
            width=width,
            wanted=wanted,
        )
        yield Problem("warning", text)
