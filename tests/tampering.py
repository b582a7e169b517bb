"""Every way to tamper with a log, and what is to be found of it: the kind of each fault, from which number to which."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from publisher.log.chain import START, link
from tests.chains import Row, facts_of, log, rechained, sealed

COUNT = 12
SOUND = log(COUNT)
HEAD = (SOUND[-1]["office"], COUNT, SOUND[-1]["hash"])

Edit = Callable[[list[Row]], object]
Place = tuple[str, int, int]
"""Kind of a fault, and from which number to which."""


def forge(rows: list[Row], index: int, **facts: Any) -> None:
    """Replace an entry by another one that is sound in itself."""
    rows[index].update(sealed({**facts_of(rows[index]), **facts}, rows[index]["previous"]))


def swap(rows: list[Row], one: int, other: int) -> None:
    rows[one], rows[other] = rows[other], rows[one]


def change_text(rows: list[Row], index: int, old: str = "第3条", new: str = "第4条") -> None:
    assert old in rows[index]["canonical"]
    rows[index]["canonical"] = rows[index]["canonical"].replace(old, new)


def three_faults(rows: list[Row]) -> None:
    rows[9]["hash"] = "0" * 64
    rows[2]["title"] = "x"
    del rows[6]


def renumber(rows: list[Row]) -> None:
    """A wrong number in a channel, hidden under a chain made anew."""
    rows[8]["channel_seq"] = 7
    rechained(rows, 8)


Table = dict[str, tuple[Edit, list[Place]]]

EVERYWHERE: Table = {
    "nothing": (len, []),
    "a column": (lambda rows: rows[2].update(title="x"), [("columns", 3, 3)]),
    "a column of numbers": (lambda rows: rows[2].update(item=4), [("columns", 3, 3)]),
    "a time": (lambda rows: rows[2].update(at="2026-11-22T09:00:00.000003Z"), [("columns", 3, 3)]),
    "details": (lambda rows: rows[2].update(detail={}), [("columns", 3, 3)]),
    "an empty column filled": (lambda rows: rows[2].update(source="新华社"), [("columns", 3, 3)]),
    "a column emptied": (lambda rows: rows[2].update(title=""), [("columns", 3, 3)]),
    "the office column": (lambda rows: rows[2].update(office="xxj"), [("columns", 3, 3)]),
    "the text": (lambda rows: change_text(rows, 2), [("text", 3, 3)]),
    "text and column": (lambda rows: (rows[2].update(title="x"), change_text(rows, 2)), [("text", 3, 3)]),
    "the number in the text": (lambda rows: change_text(rows, 2, '"seq":3', '"seq":9'), [("text", 3, 3)]),
    "the office in the text": (lambda rows: change_text(rows, 2, '"kzj"', '"kzk"'), [("text", 3, 3)]),
    "the office in the first text": (lambda rows: change_text(rows, 0, '"kzj"', '"kzk"'), [("text", 1, 1)]),
    "the text made unreadable": (lambda rows: rows[2].update(canonical="{"), [("text", 3, 3)]),
    "the hash": (lambda rows: rows[2].update(hash="f" * 64), [("text", 3, 3)]),
    "the hash of the last": (lambda rows: rows[-1].update(hash="f" * 64), [("text", 12, 12)]),
    "the hash before": (lambda rows: rows[2].update(previous="f" * 64), [("link", 3, 3)]),
    "the hash before the first": (lambda rows: rows[0].update(previous="f" * 64), [("link", 1, 1)]),
    "text, hash and hash before": (
        lambda rows: (change_text(rows, 2), rows[2].update(hash="f" * 64, previous="e" * 64)),
        [("text", 3, 3)],
    ),
    "deleted": (lambda rows: rows.pop(2), [("missing", 3, 3)]),
    "several deleted": (lambda rows: rows.__delitem__(slice(2, 5)), [("missing", 3, 5)]),
    "deleted around one": (lambda rows: (rows.pop(4), rows.pop(2)), [("missing", 3, 3), ("missing", 5, 5)]),
    "deleted at the beginning": (lambda rows: rows.__delitem__(slice(0, 2)), [("beginning", 1, 2)]),
    "replaced by a forged one": (lambda rows: forge(rows, 4, title="x"), [("replaced", 6, 6)]),
    "the first replaced": (lambda rows: forge(rows, 0, title="x"), [("replaced", 2, 2)]),
    "far apart": (three_faults, [("columns", 3, 3), ("missing", 7, 7), ("text", 10, 10)]),
}
"""What is found whatever holds the entries."""

IN_FILES: Table = {
    "a time that is none": (lambda rows: rows[2].update(at="0001-01-01T00:00:00+08:00"), [("columns", 3, 3)]),
    "a text that is no entry's, under a right hash": (
        lambda rows: rows[-1].update(canonical="{}", hash=link(rows[-1]["previous"], "{}")),
        [("columns", 12, 12)],
    ),
    "the number": (lambda rows: rows[2].update(seq=9), [("columns", 3, 3)]),
    "repeated at once": (lambda rows: rows.insert(3, copy.copy(rows[2])), [("twice", 3, 3)]),
    "repeated at the end": (lambda rows: rows.append(copy.copy(rows[2])), [("twice", 3, 3)]),
    "everything repeated": (lambda rows: rows.extend(copy.deepcopy(rows)), [("twice", 1, 12)]),
    "inserted as if it followed": (
        lambda rows: rows.insert(2, sealed({**facts_of(rows[2]), "title": "x"}, rows[1]["hash"])),
        [("twice", 3, 3)],
    ),
    "inserted with a number of its own": (
        lambda rows: rows.insert(4, sealed({**facts_of(rows[3]), "seq": 1000}, rows[3]["hash"])),
        [("stray", 1000, 1000)],
    ),
    "inserted before the beginning": (
        lambda rows: rows.insert(0, sealed({**facts_of(rows[0]), "seq": 0}, START)),
        [("stray", 0, 0)],
    ),
    "two exchanged": (lambda rows: swap(rows, 2, 3), [("place", 3, 3)]),
    "two far apart exchanged": (lambda rows: swap(rows, 2, 9), [("place", 3, 3), ("place", 10, 10)]),
    "some moved to the end": (
        lambda rows: (rows.extend(rows[2:5]), rows.__delitem__(slice(2, 5))),
        [("place", 3, 5)],
    ),
    "turned around": (lambda rows: rows.reverse(), [("place", n, n) for n in range(1, COUNT)]),
    "cut off": (lambda rows: rows.__delitem__(slice(9, None)), []),
    "rewritten from one on": (lambda rows: (rows[6].update(title="x"), rechained(rows, 6)), []),
    "a wrong number in a channel": (renumber, [("channel", 9, 9)]),
}
"""What is found in files, where order is what it is and nothing says how long they were."""

IN_DATABASES: Table = {
    "the number": (lambda rows: rows[2].update(seq=9.5), [("columns", 3, 3)]),
    "two numbers exchanged": (
        lambda rows: (rows[2].update(seq=4), rows[3].update(seq=3)),
        [("columns", 3, 3), ("columns", 4, 4)],
    ),
    "cut off": (lambda rows: rows.__delitem__(slice(9, None)), [("end", 10, 12)]),
    "everything deleted": (lambda rows: rows.clear(), [("end", 1, 12)]),
    "added at the end": (
        lambda rows: rows.append(sealed({**facts_of(rows[0]), "seq": 13, "channel_seq": 4}, rows[-1]["hash"])),
        [("after", 13, 13)],
    ),
    "rewritten from one on": (lambda rows: (rows[6].update(title="x"), rechained(rows, 6)), [("head", 12, 12)]),
}
"""What is found in a database, which knows what was written last and has an order by numbers only."""


def cases(table: Table) -> list[Any]:
    return [pytest.param(*row, id=name) for name, row in table.items()]
