"""The verifier finds and places every kind of tampering, and nothing beside it."""

from __future__ import annotations

import copy
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.log import exports, queries, verifier
from publisher.log.chain import stamp
from publisher.log.verifier import Checkpoint, Fault, Verifier
from tests.chains import Row, chained, comma_separated, facts_of, json_lines, log, rechained, sealed, write_database
from tests.tampering import (
    COUNT,
    EVERYWHERE,
    HEAD,
    IN_DATABASES,
    IN_FILES,
    SOUND,
    Edit,
    Place,
    Table,
    cases,
    forge,
)


def checked(source: str, rows: list[Row], folder: Path, *, texts: tuple[str, ...] = ()) -> list[Fault]:
    """The faults in ``rows``, handed over as an export or as a database."""
    path = folder / f"log.{source}"
    path.unlink(missing_ok=True)
    if source == "sqlite3":
        write_database(path, rows, [HEAD])
    else:
        path.write_bytes({"jsonl": json_lines, "csv": comma_separated}[source](rows))
    checking = Verifier()
    for text in texts:
        checking.expect_checkpoints(text)
    checking.check(verifier.entries_of(str(path), checking))
    return checking.finish()


def places(faults: list[Fault]) -> list[Place]:
    return [(fault.kind, fault.first, fault.last) for fault in faults]


@pytest.mark.parametrize("source", ["jsonl", "csv", "sqlite3"])
@pytest.mark.parametrize(("edit", "expected"), cases(EVERYWHERE))
def test_tampering_is_found_and_placed(edit: Edit, expected: list[Place], source: str, tmp_path: Path) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    assert places(checked(source, rows, tmp_path)) == expected


@pytest.mark.parametrize("source", ["jsonl", "csv"])
@pytest.mark.parametrize(("edit", "expected"), cases(IN_FILES))
def test_tampering_with_a_file_is_found_and_placed(
    edit: Edit, expected: list[Place], source: str, tmp_path: Path
) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    assert places(checked(source, rows, tmp_path)) == expected


@pytest.mark.parametrize(("edit", "expected"), cases(IN_DATABASES))
def test_tampering_with_a_database_is_found_and_placed(edit: Edit, expected: list[Place], tmp_path: Path) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    assert places(checked("sqlite3", rows, tmp_path)) == expected


def checkpoint(number: int) -> Checkpoint:
    return Checkpoint("kzj", number, SOUND[number - 1]["hash"], f"2026-11-{number:02}T16:00:00Z")


CHECKPOINTED: Table = {
    "nothing": (len, []),
    "cut off after it": (lambda rows: rows.__delitem__(slice(9, None)), []),
    "cut off before it": (lambda rows: rows.__delitem__(slice(7, None)), [("end", 8, 9)]),
    "everything cut off": (lambda rows: rows.clear(), [("end", 1, 9)]),
    "rewritten before it": (lambda rows: (rows[6].update(title="x"), rechained(rows, 6)), [("history", 9, 9)]),
    "rewritten after it": (lambda rows: (rows[9].update(title="x"), rechained(rows, 9)), []),
    "the entry itself replaced": (lambda rows: forge(rows, 8, title="x"), [("history", 9, 9), ("replaced", 10, 10)]),
}


@pytest.mark.parametrize("source", ["jsonl", "csv"])
@pytest.mark.parametrize(("edit", "expected"), cases(CHECKPOINTED))
def test_a_checkpoint_shows_another_end_and_another_history(
    edit: Edit, expected: list[Place], source: str, tmp_path: Path
) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    assert places(checked(source, rows, tmp_path, texts=(checkpoint(9).text,))) == expected


def test_a_checkpoint_is_read_from_whatever_it_was_printed_into(tmp_path: Path) -> None:
    mail = f"您好：\r\n\r\n{checkpoint(3).text}\n{checkpoint(9).text}".replace("\n", "  \r\n") + "-- \r\n科知局"
    assert [found for found, _ in verifier.checkpoints(mail)] == [checkpoint(3), checkpoint(9)]
    assert checked("jsonl", SOUND, tmp_path, texts=(mail,)) == []


def test_a_checkpoint_that_was_changed_is_told(tmp_path: Path) -> None:
    text = checkpoint(9).text.replace("number: 9", "number: 7")
    assert places(checked("jsonl", SOUND, tmp_path, texts=(text,))) == [("checkpoint", 7, 7)]


def test_what_holds_no_checkpoint_is_refused() -> None:
    with pytest.raises(verifier.Unreadable):
        Verifier().expect_checkpoints("head: 1")


# Sources


def test_what_cannot_be_read_is_placed_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = json_lines(SOUND).splitlines(keepends=True)
    lines[4] = b"\xff\xfe no JSON\n"
    lines[8] = lines[8].replace(b'"seq": 9', b'"seq": 8, "seq": 9')
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(lines))
    checking = Verifier()
    checking.check(verifier.entries_of(str(path), checking))
    faults = checking.finish()
    assert places(faults) == [("unreadable", 0, 0), ("unreadable", 0, 0), ("missing", 5, 5), ("missing", 9, 9)]
    assert [fault.place for fault in faults if fault.kind == "unreadable"] == [5, 9]


def stored(rows: list[Row]) -> list[tuple[object, ...]]:
    """Entries as the database gives them to an export."""
    return [tuple({**row, "detail": json.dumps(row["detail"])}[name] for name in queries.COLUMNS) for row in rows]


WRITERS: dict[str, Callable[[list[Row]], bytes]] = {
    "JSON as anybody writes it": json_lines,
    "JSON as we write it": lambda rows: exports.json_lines(stored(rows)),
    "a table": comma_separated,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_changed_byte_in_any_place_is_found(write: Callable[[list[Row]], bytes], tmp_path: Path) -> None:
    whole = write(SOUND[:3])
    begin = whole.index(b"\n") + 1 if write == comma_separated else 0
    path = tmp_path / "log"
    for place in range(begin, len(whole) - 2, 7):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        checking = Verifier()
        checking.expect("kzj", 3, SOUND[2]["hash"])
        checking.check(verifier.entries_of(str(path), checking))
        assert checking.finish(), (place, bytes(changed[place - 20 : place + 20]))


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_was_not_changed_is_sound(write: Callable[[list[Row]], bytes], tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(write(SOUND))
    checking = Verifier()
    checking.check(verifier.entries_of(str(path), checking))
    assert (checking.entries, checking.finish()) == (COUNT, [])


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"office": 1}', "", '{"office":"kzj","sha256":"","after":{"number":"x","hash":""}}', "\udcff"],
)
def test_a_manifest_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(json_lines(SOUND))
    (tmp_path / "log.jsonl.manifest.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(verifier.Unreadable):
        verifier.mind_manifest(str(path), Verifier())


def test_offices_in_one_database_are_told_apart(tmp_path: Path) -> None:
    ours, theirs = copy.deepcopy(SOUND), log(7, office="xxj")
    heads = [("kzj", 12, ours[-1]["hash"]), ("xxj", 7, theirs[-1]["hash"])]
    del ours[4]
    theirs[2]["title"] = "x"
    path = tmp_path / "log.sqlite3"
    write_database(path, [*theirs, *ours], heads)
    checking = Verifier()
    checking.check(verifier.entries_of(str(path), checking))
    found = [(fault.office, *place) for fault, place in zip(checking.faults, places(checking.finish()), strict=True)]
    assert found == [("kzj", "missing", 5, 5), ("xxj", "columns", 3, 3)]


def test_offices_may_even_be_mixed() -> None:
    mixed = [row for pair in zip(log(9), log(9, office="xxj"), strict=True) for row in pair]
    checking = Verifier()
    checking.check(verifier.documents(json_lines(mixed).decode().split("\n")[:-1]))
    assert checking.finish() == []


def test_bytes_that_are_no_text_do_not_end_the_reading_of_a_database(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    write_database(path, SOUND, [HEAD])
    whole = path.read_bytes()
    assert whole.count("第7条".encode()) == 2
    path.write_bytes(whole.replace("第7条".encode(), b"\xff" * 7))
    checking = Verifier()
    checking.check(verifier.entries_of(str(path), checking))
    assert (checking.entries, places(checking.finish())) == (COUNT, [("text", 7, 7)])


def test_columns_that_came_later_must_be_empty_in_older_entries(tmp_path: Path) -> None:
    later = ("channel_seq", "happened_on", "source")
    older = chained({name: value for name, value in facts_of(row).items() if name not in later} for row in SOUND[:6])
    newer = log(COUNT)[6:]
    for number, row in enumerate(newer):
        row["channel_seq"] = [1, 1, 1, None, 2, 2][number]
    rows = [*older, *newer]
    rechained(rows, 6)
    for source in ("jsonl", "csv"):
        assert checked(source, rows, tmp_path) == []
    rows[3]["source"] = "新华社"
    for source in ("jsonl", "csv"):
        assert places(checked(source, rows, tmp_path)) == [("columns", 4, 4)]


def test_reading_stops_where_nothing_fits(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("nothing\n" * 5000, encoding="utf-8")
    checking = Verifier()
    checking.check(verifier.entries_of(str(path), checking))
    assert [fault.place for fault in checking.finish() if fault.kind == "many"] == [verifier.MOST_FAULTS]


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(json_lines(log(3000)))
    checking = Verifier()
    tracemalloc.start()
    checking.check(verifier.entries_of(str(path), checking))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (checking.entries, checking.finish()) == (3000, [])
    assert peak < path.stat().st_size / 10


# Any edits

NAMES = st.sampled_from(sorted({*SOUND[0]} - {"detail"}))
INDEXES = st.integers(0, COUNT + 2)


@st.composite
def edits(draw: st.DrawFn) -> list[Row]:
    """A log after up to five edits of any kind."""
    rows = copy.deepcopy(SOUND)
    for kind in draw(st.lists(st.sampled_from(["cell", "delete", "repeat", "move", "detail", "forge"]), max_size=5)):
        here, there = draw(INDEXES) % max(len(rows), 1), draw(INDEXES) % max(len(rows), 1)
        if not rows:
            break
        if kind == "cell":
            name = draw(NAMES)
            other = draw(st.sampled_from([row[name] for row in SOUND]) | st.text(max_size=3) | st.integers(-1, 13))
            rows[here][name] = other if str(other) != str(rows[here][name]) else f"{other}x"
        elif kind == "detail":
            rows[here]["detail"] = draw(st.dictionaries(st.text(max_size=2), st.booleans(), max_size=2))
        elif kind == "delete":
            del rows[here]
        elif kind == "forge":
            rows[here] = sealed({**facts_of(rows[here]), "title": draw(st.text(max_size=3))}, rows[here]["previous"])
        else:
            row = rows[here] if kind == "repeat" else rows.pop(here)
            rows.insert(there, copy.deepcopy(row))
    return rows


@pytest.mark.parametrize("source", ["jsonl", "csv"])
@given(rows=edits())
def test_any_edits_are_found(source: str, rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    same = comma_separated(rows) == comma_separated(SOUND)
    faults = checked(source, rows, tmp_path_factory.getbasetemp(), texts=(checkpoint(COUNT).text,))
    assert (not faults) == same


@given(rows=edits())
def test_a_sound_entry_is_not_told_as_changed(rows: list[Row]) -> None:
    checking = Verifier()
    checking.check(verifier.documents(json_lines(rows).decode().split("\n")[:-1]))
    blamed = {fault.place for fault in checking.finish() if fault.kind in ("text", "columns", "unreadable")}
    sound = {place for place, row in enumerate(rows, 1) if row in SOUND}
    assert not blamed & sound, checking.faults


# Times


@given(
    st.integers(0, 10**9),
    st.integers(0, 999_999) | st.integers(0, 999).map(lambda part: part * 1000) | st.just(0),
    st.sampled_from([0, 8, -3]),
)
def test_times_are_read_as_databases_write_them(seconds: int, microseconds: int, hours: int) -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=microseconds)
    zone = timezone(timedelta(hours=hours))
    # PostgreSQL leaves out the zeros at the end, and the fraction where it is nothing else.
    fraction = f".{at.microsecond:06d}".rstrip("0").rstrip(".")
    there = f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}{fraction}"
    hashed = stamp(at)
    assert verifier.utc(f"{there}{'+' if hours >= 0 else '-'}{abs(hours):02d}") == hashed
    assert verifier.utc(f"{at:%Y-%m-%d %H:%M:%S}{fraction}") == hashed
    assert verifier.utc(f"{at:%Y-%m-%d %H:%M:%S.%f}") == hashed
    assert verifier.utc(hashed) == hashed
