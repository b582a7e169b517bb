"""The book only grows, has no gaps, and shows every change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from publisher.log import guard, queries, verify
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office, load

MODEL = Path(__file__).parents[2] / "config" / "office.toml"
pytestmark = pytest.mark.django_db


@pytest.fixture
def office(home: Path) -> Office:
    return load(MODEL, home=home)


@pytest.fixture
def written(office: Office) -> Office:
    guard.install(connection)
    for number in range(1, 6):
        subject = Subject(item=number, revision=1, title=f"第{number}条 “钒钛”", channel="portal", column="dynamics")
        record(office, Event.PUBLISHED, subject, actor="tester", proof=Proof(remote_id=f"r{number}", evidence="E2"))
    return office


def test_entries_are_numbered_without_gaps_and_verify(written: Office) -> None:
    assert [entry.seq for entry in queries.rows(written.slug)] == [1, 2, 3, 4, 5]
    verdict = verify.verify_database(written.slug)
    assert verdict.is_sound
    assert verdict.entries == 5


def test_a_rolled_back_fact_leaves_no_gap(written: Office) -> None:
    point = transaction.savepoint()
    record(written, Event.PUBLISHED, Subject(title="lost"), actor="tester")
    transaction.savepoint_rollback(point)
    entry = record(written, Event.PUBLISHED, Subject(title="kept"), actor="tester")
    assert entry.seq == 6
    assert verify.verify_database(written.slug).is_sound


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE log_logentry SET title = 'changed' WHERE seq = 2",
        "DELETE FROM log_logentry WHERE seq = 2",
        "INSERT OR REPLACE INTO log_logentry SELECT * FROM log_logentry WHERE seq = 2",
    ],
    ids=["update", "delete", "replace"],
)
def test_the_database_itself_refuses_changes(written: Office, sql: str) -> None:
    if connection.vendor != "sqlite" and "REPLACE" in sql:
        pytest.skip("a form of INSERT only SQLite has")
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


TAMPERING: dict[str, tuple[str, str]] = {
    "flip a title": ("UPDATE log_logentry SET title = 'x' WHERE seq = 3", "Entry 3"),
    "flip title and text": (
        "UPDATE log_logentry SET title = 'x', canonical = replace(canonical, '第3条', 'x') WHERE seq = 3",
        "Entry 3",
    ),
    "delete": ("DELETE FROM log_logentry WHERE seq = 3", "Entry 3"),
    "truncate": ("DELETE FROM log_logentry WHERE seq = 5", "Entry 5"),
    "reorder": ("UPDATE log_logentry SET seq = CASE seq WHEN 2 THEN 103 WHEN 3 THEN 102 ELSE seq END", "Entry 2"),
}


@pytest.mark.parametrize(("sql", "place"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_behind_the_guard_is_found_and_located(written: Office, sql: str, place: str) -> None:
    guard.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute("UPDATE log_logentry SET seq = seq - 100 WHERE seq > 100")
    verdict = verify.verify_database(written.slug)
    assert verdict.fault is not None
    assert place in str(verdict.fault)


@pytest.fixture
def exported(written: Office) -> list[dict[str, Any]]:
    return [queries.as_json(entry) for entry in queries.export(written.slug)]


def test_an_export_verifies_by_itself(exported: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in exported), encoding="utf-8")
    assert verify.verify_file(path) == verify.Verdict(5, 5, exported[-1]["hash"])


@pytest.mark.parametrize(
    "damage",
    [
        lambda rows: rows[2].update(title="x"),
        lambda rows: rows.pop(2),
        lambda rows: rows.insert(2, dict(rows[1])),
        lambda rows: rows.reverse(),
        lambda rows: rows[2].update(hash="0" * 64),
        lambda rows: rows[2].update(unknown=1),
        lambda rows: rows[2].clear(),
    ],
    ids=["flip", "drop", "insert", "reorder", "hash", "add a field", "empty line"],
)
def test_a_damaged_export_is_found(exported: list[dict[str, Any]], damage: Callable[[Any], object]) -> None:
    damage(exported)
    assert not verify.verify(exported).is_sound


def test_year_and_month_are_those_of_the_office(office: Office, time_travel: Callable[[str], None]) -> None:
    time_travel("2026-12-31T16:30:00+00:00")
    entry = record(office, Event.PUBLISHED, Subject(title="跨年"), actor="tester")
    assert (entry.year, entry.month) == (2027, 1)
    assert verify.verify_database(office.slug).is_sound


@pytest.mark.usefixtures("committed")
def test_writing_outside_a_transaction_is_refused(office: Office) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(office, Event.PUBLISHED, Subject(), actor="tester")
    assert not LogEntry.objects.exists()


def test_the_exported_row_has_what_the_contract_promises(exported: list[dict[str, Any]]) -> None:
    names = (
        "seq",
        "at",
        "event",
        "channel",
        "item",
        "revision",
        "title",
        "column",
        "url",
        "remote_id",
        "evidence",
        "actor",
    )
    assert {*names, "hash"} <= set(exported[0])
    assert LogEntry.objects.get(seq=1).canonical == exported[0]["canonical"]


@pytest.fixture
def time_travel() -> Iterator[Callable[[str], None]]:
    travels = []

    def go(moment: str) -> None:
        travels.append(time_machine.travel(moment, tick=False))
        travels[-1].start()

    yield go
    for travel in travels:
        travel.stop()
