"""Writing the book out: whole or a part of it, as JSON Lines or CSV, with what proves that it is all of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, Literal

from django.db.models import Max, Min

from channels.errors import Text
from publisher.log import checkpoints, queries, verifier
from publisher.log.chain import START, canonical, stamp
from publisher.log.models import Archive, LogHead
from publisher.log.verifier import Entry, utc
from publisher.office import Office

Form = Literal["jsonl", "csv"]
Row = tuple[Any, ...]
Shown = Callable[[Iterator[Row]], Iterator[Row]]
"""Hands rows on while somebody watches how many they are."""

BATCH = 1000
AT = queries.COLUMNS.index("at")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""By it Excel knows that a CSV file is UTF-8."""

quoted = json.JSONEncoder(ensure_ascii=False).encode


class NothingToExport(Exception):
    """There is no entry in what was asked for; ``text`` says so."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


@dataclass(frozen=True, slots=True)
class Part:
    """Which entries of a book are exported: those after number ``after``, up to ``last``.

    ``office`` is whose book it is, ``archive`` the name of an older log it keeps; ``slug`` is the office the entries
    themselves name. ``previous`` is the hash of the entry before the first.
    """

    office: Office
    archive: str
    slug: str
    after: int
    previous: str
    last: int


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many entries, the hash of the last one, and the SHA-256 of the file."""

    entries: int
    head: str
    sha256: str


def whole(office: Office) -> Part:
    head = LogHead.objects.filter(office=office.slug).first()
    return Part(office, "", office.slug, 0, START, head.seq if head else 0)


def whole_archive(archive: Archive, office: Office) -> Part:
    return Part(office, archive.name, archive.office, archive.first - 1, archive.after, archive.last)


def since(part: Part, number: int) -> Part:
    """The entries of ``part`` from a number on. Raises NothingToExport."""
    return _cut(part, number, part.last, Text("There is no entry with the number {number} or later.", number=number))


def of_year(part: Part, year: int) -> Part:
    """The entries of ``part`` written in a year of the office's calendar. Raises NothingToExport.

    They stand in one piece, so they can be verified; those that only count for that year were written later.
    """
    begin, end = (datetime(each, 1, 1, tzinfo=part.office.timezone) for each in (year, year + 1))
    written = queries.book(part.office.slug, part.archive).filter(at__gte=begin, at__lt=end)
    span = written.aggregate(first=Min("seq"), last=Max("seq"))
    nothing = Text("No entry was written in {year}.", year=year)
    return _cut(part, span["first"] or part.last + 1, min(span["last"] or 0, part.last), nothing)


def write(part: Part, file: BinaryIO, form: Form, *, for_excel: bool = False, shown: Shown = iter) -> Written:
    """Write every entry of a part. Raises OSError."""
    digest, head, count = hashlib.sha256(), part.previous, 0
    rows = shown(queries.plain_rows(part.office.slug, part.archive, after=part.after, last=part.last))
    encode = comma_separated if form == "csv" else json_lines

    def put(content: bytes) -> None:
        file.write(content)
        digest.update(content)

    if form == "csv":
        put(_headings(for_excel=for_excel))
    while page := list(islice(rows, BATCH)):
        put(encode(page))
        count, head = count + len(page), page[-1][-1]
    return Written(count, head, digest.hexdigest())


def manifest(part: Part, written: Written, *, name: str, now: datetime) -> dict[str, Any]:
    """What stands beside an exported file: what it holds, from where on, and what proves it."""
    known = None if part.archive else checkpoints.listed(part.slug).filter(number__lte=part.last).last()
    return {
        "format": 1,
        "file": name,
        "sha256": written.sha256,
        "office": part.slug,
        "entries": written.entries,
        "first": part.after + 1,
        "last": part.last,
        "after": {"number": part.after, "hash": part.previous},
        "head": written.head,
        "checkpoint": checkpoints.text(known) if known and known.number > part.after else None,
        "made_at": stamp(now),
    }


def json_lines(rows: Sequence[Row]) -> bytes:
    """Entries as the verifier reads them fastest: text and chain first, then the columns as they are hashed."""
    entries = verifier.table(queries.COLUMNS, rows)
    return "".join(map(_json_line, rows, entries)).encode("utf-8", "surrogatepass")


def comma_separated(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([*row[:AT], utc(row[AT]), *row[AT + 1 :]] for row in rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _json_line(row: Row, entry: Entry) -> str:
    """One entry. What its columns say is written, whatever was hashed; mostly that is the same."""
    _place, text, previous, digest, facts, wrong = entry
    if wrong or len(facts) < len(queries.FACTS):
        columns = dict(zip(queries.FACTS, row, strict=False))
        columns |= {"at": utc(row[AT]), "detail": json.loads(columns["detail"])}
        said = canonical(columns)
    else:
        said = text
    return f'{{"canonical":{quoted(text)},"hash":{quoted(digest)},"previous":{quoted(previous)},{said[1:]}\n'


def _headings(*, for_excel: bool) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(queries.COLUMNS)
    return (BYTE_ORDER_MARK if for_excel else b"") + text.getvalue().encode()


def _cut(part: Part, first: int, last: int, nothing: Text) -> Part:
    if first > last:
        raise NothingToExport(nothing)
    if first <= part.after + 1:
        return Part(part.office, part.archive, part.slug, part.after, part.previous, last)
    # What the first entry itself says of the one before it: so the part can be verified whatever became of that one.
    previous = queries.book(part.office.slug, part.archive).filter(seq=first).values_list("previous", flat=True).first()
    return Part(part.office, part.archive, part.slug, first - 1, previous or "", last)
