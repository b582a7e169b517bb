"""Check the chain, entry by entry, in the database or in an export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Max

from channels.errors import Text
from publisher.log import queries
from publisher.log.chain import START, canonical, link
from publisher.log.models import LogEntry, LogHead


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome: how many entries hold, the last hash, and the first fault with its place."""

    entries: int
    head: str
    fault: Text | None = None

    @property
    def is_sound(self) -> bool:
        return self.fault is None


def verify_database(office: str) -> Verdict:
    """Check every entry of an office in the database, and that none is missing at the end or stands after it."""
    # The head first: what is written meanwhile comes after it.
    head = LogHead.objects.filter(office=office).first()
    expected = (head.seq, head.hash) if head else (0, START)
    known = (entry for entry in queries.export(office) if entry.seq <= expected[0])
    verdict = verify(queries.as_json(entry) for entry in known)
    if verdict.is_sound and (verdict.entries, verdict.head) != expected:
        return Verdict(verdict.entries, verdict.head, _end_is_missing(verdict.entries, expected[0]))
    last = LogEntry.objects.filter(office=office).aggregate(last=Max("seq"))["last"] or 0
    if verdict.is_sound and not LogHead.objects.filter(office=office, seq__gte=last).exists() and last:
        text = Text("Entry {count} was the last one written, but others stand after it.", count=expected[0])
        return Verdict(verdict.entries, verdict.head, text)
    return verdict


def verify_end(office: str, number: int) -> Verdict:
    """Check the newest ``number`` entries of an office in the database, and that none is missing after them."""
    # The head first: what is written meanwhile comes after it.
    head = LogHead.objects.filter(office=office).first()
    newest = [queries.as_json(entry) for entry in queries.rows(office, limit=number + 1)]
    if len(newest) <= number:
        verdict = verify(newest)
    else:
        given, *rows = newest
        verdict = verify(rows, previous=given["hash"], count=given["seq"])
    if verdict.is_sound and head and head.seq > verdict.entries:
        return Verdict(verdict.entries, verdict.head, _end_is_missing(verdict.entries, head.seq))
    return verdict


def verify_file(path: Path) -> Verdict:
    """Check an export as JSON Lines. Raises OSError: the file cannot be read."""
    with path.open(encoding="utf-8") as lines:
        return verify(_parsed(lines))


def verify(rows: Iterable[dict[str, Any]], *, previous: str = START, count: int = 0) -> Verdict:
    """Check rows in order: numbered on from ``count`` without a gap, each linked to the one before, columns as hashed.

    ``previous`` is the hash of the entry before the first of them.
    """
    for row in rows:
        fault = _fault(row, previous, count + 1)
        if fault is not None:
            return Verdict(count, previous, fault)
        previous, count = row["hash"], count + 1
    return Verdict(count, previous)


def _fault(row: dict[str, Any], previous: str, seq: int) -> Text | None:
    if row.get("seq") != seq:
        return Text("Entry {seq} is missing or out of place: {found} stands there.", seq=seq, found=row.get("seq"))
    if row.get("previous") != previous:
        return Text("Entry {seq} does not follow the entry before it.", seq=seq)
    if row.get("hash") != link(previous, str(row.get("canonical"))):
        return Text("Entry {seq} was changed: its text does not match its hash.", seq=seq)
    facts = {name: value for name, value in row.items() if name not in {"canonical", "previous", "hash"}}
    if not _say_what_was_hashed(facts, row["canonical"]):
        return Text("Entry {seq} was changed: its columns do not say what was hashed.", seq=seq)
    return None


def _say_what_was_hashed(facts: dict[str, Any], text: str) -> bool:
    """Whether the columns repeat the text. One the text does not name was added to the book later, and is empty."""
    hashed = json.loads(text)
    later = [value for name, value in facts.items() if name not in hashed]
    return canonical({name: facts.get(name) for name in hashed}) == text and not any(later)


def _end_is_missing(last: int, written: int) -> Text:
    return Text("The log ends at entry {last}, but {count} were written: the end is missing.", last=last, count=written)


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            row = {}
        yield row if isinstance(row, dict) else {}
