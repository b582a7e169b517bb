"""Logs made for tests without a database, sound or forged, and the ways in which they are handed to the verifier."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from publisher.log import queries
from publisher.log.chain import START, canonical, link

Row = dict[str, Any]

CHANNELS = ("portal", "wechat", "", "weibo")
CHAIN = ("canonical", "previous", "hash")


def sealed(facts: Row, previous: str) -> Row:
    """Facts as an entry that follows ``previous``."""
    text = canonical(facts)
    return {**facts, "canonical": text, "previous": previous, "hash": link(previous, text)}


def facts_of(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in CHAIN}


def chained(all_facts: Iterable[Row], previous: str = START) -> list[Row]:
    rows: list[Row] = []
    for facts in all_facts:
        rows.append(sealed(facts, rows[-1]["hash"] if rows else previous))
    return rows


def log(count: int, *, office: str = "kzj", first: int = 1) -> list[Row]:
    """``count`` entries of an office, by turns in three channels and in none."""
    return chained(_facts(office, seq) for seq in range(first, first + count))


def _facts(office: str, seq: int) -> Row:
    channel = CHANNELS[seq % len(CHANNELS)]
    known: Row = {
        "office": office,
        "seq": seq,
        "channel_seq": (seq + len(CHANNELS) - 1) // len(CHANNELS) if channel else None,
        "at": f"2026-11-22T08:{seq // 60 % 60:02}:{seq % 60:02}.{seq:06}Z",
        "happened_on": "2026-11-22",
        "year": 2026,
        "month": 11,
        "event": "published",
        "channel": channel,
        "item": seq,
        "revision": 1,
        "delivery": None,
        "title": f"第{seq}条 “钒钛”,\n=1+1",
        "detail": {"理由": ["测试", seq, None, True]} if seq % 3 == 0 else {},
        "actor": "tester",
    }
    return {name: known.get(name, "") for name in queries.FACTS}


def rechained(rows: Sequence[Row], begin: int) -> None:
    """Let the rows from index ``begin`` on follow each other again, as one who forges would."""
    for index in range(begin, len(rows)):
        previous = rows[index - 1]["hash"] if index else START
        rows[index].update(sealed(facts_of(rows[index]), previous))


def json_lines(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def comma_separated(rows: Iterable[Row]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, queries.COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**row, "detail": json.dumps(row.get("detail"), ensure_ascii=False)} for row in rows)
    return file.getvalue().encode()


def write_database(path: Path, rows: Iterable[Row], heads: Iterable[tuple[str, int, str]]) -> None:
    """A SQLite database with the tables of the log, and no rules that could keep a forger away."""
    columns = ", ".join(f'"{name}"' for name in queries.COLUMNS)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE log_logentry (id INTEGER PRIMARY KEY, {columns})")
        database.execute("CREATE TABLE log_loghead (id INTEGER PRIMARY KEY, office, seq, hash)")
        for row in rows:
            stored = {**row, "at": row["at"].replace("T", " ")[:-1], "detail": json.dumps(row["detail"])}
            marks = ", ".join("?" * len(queries.COLUMNS))
            values = [stored.get(name) for name in queries.COLUMNS]
            database.execute(f"INSERT INTO log_logentry ({columns}) VALUES ({marks})", values)
        database.executemany("INSERT INTO log_loghead (office, seq, hash) VALUES (?, ?, ?)", heads)
