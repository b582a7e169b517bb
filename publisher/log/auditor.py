#!/usr/bin/env python3
"""Check a publication log without the program that wrote it. 不需要发布系统即可校验发布日志。

    python auditor.py FILE [--checkpoint FILE]

FILE is an export (JSON Lines or CSV), a SQLite database, or - for an export on standard input. A manifest beside it is
minded. FILE 是导出文件（JSON Lines 或 CSV）、SQLite 数据库，或 -（标准输入）；旁边的清单文件会一并核对。
A PostgreSQL database is read with psql. PostgreSQL 数据库用 psql 读出：

    psql DATABASE -c "COPY (SELECT * FROM log_logentry ORDER BY office, seq) TO STDOUT (FORMAT csv, HEADER)" |
        python auditor.py -

Exit status: 0 sound, 1 not sound, 2 cannot be read. 退出码：0 完好，1 有问题，2 无法读取。
Needs Python 3.9 or newer, nothing else. 只需要 Python 3.9 或更新版本。

How the log is chained: the hash of an entry is SHA-256 over the hash before it, a line feed and its text ("canonical")
in UTF-8; before the first entry of an office stand 64 zeros. The other columns repeat what the text says; one that the
text does not name was added to the book later and is empty. Numbers have no gaps, in an office and in each channel.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

Row = dict[str, Any]
START = "0" * 64
NO_FACTS = {"canonical", "previous", "hash", "id", "keeper", "archive"}
CHECKPOINT = ("office", "number", "head", "made", "before")
HEADINGS = re.compile(rb'(\xef\xbb\xbf)?"?\w+"?,"?\w')
MESSAGES = {
    "text": "正文与哈希不符 its text does not match its hash",
    "columns": "字段与正文不符 columns differ from its text: {more}",
    "missing": "缺少 is missing",
    "place": "位置不对，排在第 {more} 条之后 stands in the wrong place, behind {more}",
    "twice": "重复或系插入 is there twice, or was inserted",
    "replaced": "此条或其前一条被替换 this entry or the one before it was replaced",
    "channel": "渠道 {more} 中的编号不连续 its number in that channel is not the next one",
    "known": "与检查点、清单或记录的末条不符 is not what a checkpoint, the manifest or the book of heads says: {more}",
    "end": "末尾缺少 is missing at the end",
    "after": "在最后一条之后 stands after the last one",
    "checkpoint": "检查点被改动 the checkpoint was changed",
    "manifest": "文件不是其清单所述的文件 the file is not the one its manifest describes",
    "unreadable": "不是可读的记录 cannot be read",
}


def link(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


class Book:
    """The log of one office, from entry ``last`` on, which has the hash ``head``; None: it cannot be believed."""

    def __init__(self, office: str, last: int = 0, head: str = START) -> None:
        self.office, self.start, self.last = office, last, last
        self.head: str | None = head
        self.known: dict[int, list[tuple[str, str]]] = {}  # number: hashes, and who says so
        self.final: int | None = None  # number of the last entry, where it is known
        self.missing: set[int] = set()
        self.channels: dict[str, int] = {}
        self.are_counted = last == 0


class Auditor:
    """Takes entries in their order and tells what is wrong; after a fault it goes on with what is sound."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self.entries = self.faults = 0

    def book(self, office: str) -> Book:
        return self.books.setdefault(office, Book(office))

    def tell(self, kind: str, office: str, number: object, more: str = "") -> None:
        self.faults += 1
        print(f"[{office} {number}] {MESSAGES[kind].format(more=more)}")

    def expect(self, office: str, number: int, digest: str, said_by: str) -> None:
        book = self.book(office)
        if number == book.start and digest != book.head:
            self.tell("known", office, number, said_by)
        book.known.setdefault(number, []).append((digest, said_by))

    def expect_checkpoints(self, text: str) -> None:
        """Say what the checkpoints in a text know. Raises ValueError: there is none."""
        names = (*CHECKPOINT, "sha256")
        found = re.findall(r"\s+".join(rf"{name}: +(\S+)" for name in names), text)
        if not found:
            raise ValueError("没有检查点 no checkpoint")
        for *values, digest in found:
            body = "".join(f"{name}: {value}\n" for name, value in zip(CHECKPOINT, values))
            body = f"publication log checkpoint 1 发布日志检查点\n{body}"
            office, number, head, made, _before = values
            if hashlib.sha256(body.encode()).hexdigest() == digest:
                self.expect(office, int(number), head, made)
            else:
                self.tell("checkpoint", office, number)

    def look(self, place: int, row: object) -> None:
        """Check one entry: against itself, then against the one before it."""
        self.entries += 1
        if not isinstance(row, dict) or not {"canonical", "previous", "hash", "office", "seq"} <= set(row):
            self.tell("unreadable", "?", f"#{place}")
            return
        text, previous, digest = (str(row[name]) for name in ("canonical", "previous", "hash"))
        facts = facts_of(text)
        is_true = bool(facts) and link(previous, text) == digest
        book = self.book(str((facts if is_true else row)["office"]))
        number = facts["seq"] if is_true else self.number_of(book, row, previous)
        if not is_true:
            self.tell("text", book.office, number)
        elif wrong := [name for name in sorted({*facts, *row} - NO_FACTS) if differs(name, row, facts)]:
            self.tell("columns", book.office, number, ", ".join(wrong))
        if self.is_next(book, number, previous):
            self.take(book, number, digest, facts if is_true else {})

    def number_of(self, book: Book, row: Row, previous: str) -> int:
        """The number of an entry that cannot be believed: where it stands says more than what it says."""
        is_number = re.fullmatch("[0-9]{1,15}", str(row["seq"]))
        return book.last + 1 if previous == book.head or not is_number else int(row["seq"])

    def is_next(self, book: Book, number: int, previous: str) -> bool:
        """Whether an entry goes on where the book is, be it after a gap; what does not is told and passed over."""
        if number <= book.last or (number > book.last + 1 and previous == book.head):
            self.tell("place" if number in book.missing else "twice", book.office, number, str(book.last))
            book.missing.discard(number)
            return False
        if number > book.last + 1:
            book.missing.update(range(book.last + 1, number))
            book.are_counted, book.channels = False, {}
        elif book.head not in (previous, None):
            self.tell("replaced", book.office, number)
        return True

    def take(self, book: Book, number: int, digest: str, facts: Row) -> None:
        """Let an entry be the last one; one that cannot be believed says nothing of what comes after it."""
        book.last, book.head = number, digest if facts else None
        for known, said_by in book.known.get(number, ()) if facts else ():
            if known != digest:
                self.tell("known", book.office, number, said_by)
        if not facts:
            book.are_counted, book.channels = False, {}
        elif facts.get("channel") and "channel_seq" in facts:
            before = book.channels.get(facts["channel"], 0 if book.are_counted else None)
            if before is not None and facts["channel_seq"] != before + 1:
                self.tell("channel", book.office, number, facts["channel"])
            book.channels[facts["channel"]] = facts["channel_seq"]

    def finish(self) -> None:
        """Tell what is known to be there and was not met."""
        for book in self.books.values():
            for number in sorted(book.missing):
                self.tell("missing", book.office, number)
            for number in range(book.last + 1, max(book.known, default=0) + 1):
                self.tell("end", book.office, number)
            if book.final is not None and book.final < book.last:
                self.tell("after", book.office, f"{book.final + 1}-{book.last}")


def facts_of(text: str) -> Row:
    """What an entry's text says; nothing where it is no entry's text."""
    try:
        facts = json.loads(text)
        is_entry = type(facts["seq"]) is int and type(facts["office"]) is str
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return facts if is_entry else {}


def differs(name: str, row: Row, facts: Row) -> bool:
    cell, value = row.get(name), facts.get(name)
    try:
        if name == "at":
            return utc(str(cell)) != value
        if isinstance(value, (dict, list)):
            cell = json.loads(cell) if isinstance(cell, str) else cell
            return json.dumps(cell, sort_keys=True) != json.dumps(value, sort_keys=True)
    except (AttributeError, OverflowError, ValueError, RecursionError):
        return True
    return (name in facts and name not in row) or plain(cell) != plain(value)


def plain(cell: object) -> str:
    return "" if cell is None else str(cell)


def utc(cell: str) -> str:
    """A time as it is hashed, from the ways in which databases write it."""
    pattern = r"(\S{10})[T ](\S{8})(?:\.(\d{1,6}))?(?:Z|([+-]\d\d):?(\d\d)?)?"
    match = re.fullmatch(pattern, cell)
    if match is None:
        raise ValueError(cell)
    day, clock, fraction, hours, minutes = match.groups(default="")
    at = datetime.fromisoformat(f"{day}T{clock}.{fraction:0<6}{hours or '+00'}:{minutes or '00'}")
    return f"{at.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S.%f}Z"


def rows_of(path: str, auditor: Auditor) -> Iterator[Row | None]:
    """The entries in a file, each as its columns; None for what is none."""
    with open(0, "rb", closefd=False) if path == "-" else open(path, "rb") as file:
        begin = file.peek(4096)
        if begin.startswith(b"SQLite format 3\0"):
            yield from database(path, auditor)
            return
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        yield from table(csv.reader(lines)) if HEADINGS.match(begin) else map(document, lines)


def document(line: str) -> Row | None:
    try:
        row: Row = json.loads(line, object_pairs_hook=each_once)
    except (ValueError, RecursionError):
        return None
    return row


def each_once(pairs: list[tuple[str, Any]]) -> Row:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def table(reader: Iterator[list[str]]) -> Iterator[Row | None]:
    csv.field_size_limit(2**31 - 1)
    names = next(reader)
    if not {"canonical", "previous", "hash", "office", "seq"} <= set(names):
        raise ValueError("不是日志 no log: " + ", ".join(names))
    for row in reader:
        yield dict(zip(names, row)) if len(row) == len(names) else None


def database(path: str, auditor: Auditor) -> Iterator[Row]:
    book = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    book.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    book.execute("BEGIN")
    for office, number, digest in book.execute("SELECT office, seq, hash FROM log_loghead"):
        auditor.book(office).final = number
        if number:
            auditor.expect(office, number, digest, "log_loghead")
    found = book.execute("SELECT * FROM log_logentry ORDER BY office, seq")
    names = [column[0] for column in found.description]
    yield from (dict(zip(names, row)) for row in found)
    book.close()


def mind_manifest(path: str, auditor: Auditor) -> None:
    """Hold a file against the manifest beside it, where there is one."""
    place = Path(f"{path}.manifest.json")
    if path == "-" or not place.exists():
        return
    told = json.loads(place.read_text(encoding="utf-8"))
    office, after = told["office"], told["after"]
    auditor.books[office] = Book(office, int(after["number"]), after["hash"])
    auditor.books[office].final = int(told["last"])
    auditor.expect(office, int(told["last"]), told["head"], place.name)
    if told["checkpoint"]:
        auditor.expect_checkpoints(told["checkpoint"])
    if hashlib.sha256(Path(path).read_bytes()).hexdigest() != told["sha256"]:
        auditor.tell("manifest", office, path)


def main() -> int:
    about, more = (__doc__ or "").split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=about, epilog=more, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", metavar="FILE", help="导出文件、SQLite 数据库或 -  export, SQLite database or -")
    parser.add_argument("--checkpoint", metavar="FILE", action="append", default=[], help="检查点 checkpoint")
    asked = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    auditor = Auditor()
    try:
        mind_manifest(asked.file, auditor)
        for path in asked.checkpoint:
            auditor.expect_checkpoints(Path(path).read_text(encoding="utf-8", errors="replace"))
        for place, row in enumerate(rows_of(asked.file, auditor), 1):
            auditor.look(place, row)
    except (OSError, ValueError, KeyError, TypeError, csv.Error, sqlite3.Error) as error:
        sys.stderr.write(f"无法读取 cannot be read: {error!r}\n")
        return 2
    auditor.finish()
    for book in auditor.books.values():
        print(f"[{book.office}] {book.start + 1}–{book.last}, {book.head}")
    verdict = f"有问题 NOT SOUND: {auditor.faults}" if auditor.faults else "完好 SOUND"
    print(f"{verdict} ({auditor.entries} 条 entries)")
    return 1 if auditor.faults else 0


if __name__ == "__main__":
    sys.exit(main())
