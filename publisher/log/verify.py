"""Check the chain, entry by entry, in the database or in an export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels.errors import Text
from publisher.log import queries
from publisher.log.chain import START, canonical, link
from publisher.log.models import LogHead


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
    """Check every entry of an office in the database, and that none is missing at the end."""
    verdict = verify(queries.as_json(entry) for entry in queries.export(office))
    head = LogHead.objects.filter(office=office).first()
    expected = (head.seq, head.hash) if head else (0, START)
    if verdict.is_sound and (verdict.entries, verdict.head) != expected:
        text = Text(
            "The log ends at entry {last}, but {count} were written: the end is missing.",
            last=verdict.entries,
            count=expected[0],
        )
        return Verdict(verdict.entries, verdict.head, text)
    return verdict


def verify_file(path: Path) -> Verdict:
    """Check an export as JSON Lines. Raises OSError: the file cannot be read."""
    with path.open(encoding="utf-8") as lines:
        return verify(_parsed(lines))


def verify(rows: Iterable[dict[str, Any]]) -> Verdict:
    """Check rows in order: numbered from 1 without a gap, each linked to the one before, columns as hashed."""
    previous, count = START, 0
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
    if canonical(facts) != row["canonical"]:
        return Text("Entry {seq} was changed: its columns do not say what was hashed.", seq=seq)
    return None


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            row = {}
        yield row if isinstance(row, dict) else {}
