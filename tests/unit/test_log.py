"""The book only grows, has no gaps, and shows every change."""

from __future__ import annotations

import ast
import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from publisher.log import checkpoints, guard, queries, repetitions, verify
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import DATED, Event
from publisher.log.models import Archive, ArchivedEntry, LogEntry, LogHead
from publisher.office import Office, load
from tests.chains import Row
from tests.tampering import COUNT, EVERYWHERE, HEAD, IN_DATABASES, SOUND, Edit, Place, cases

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


def put(rows: list[Row]) -> None:
    """Write entries past everything that guards the book, as one who has the database's password may."""
    guard.remove(connection)
    LogEntry.objects.bulk_create(LogEntry(**row) for row in rows)
    LogHead.objects.create(office=HEAD[0], seq=HEAD[1], hash=HEAD[2])
    repetitions.renew()


OF_THE_OFFICE = {
    **EVERYWHERE,
    **IN_DATABASES,
    "the office column": (EVERYWHERE["the office column"][0], [("missing", 3, 3)]),
}
del OF_THE_OFFICE["the number"]  # a column of whole numbers holds no half


@pytest.mark.parametrize(("edit", "expected"), cases(OF_THE_OFFICE))
def test_tampering_behind_the_guard_is_found_and_placed(edit: Edit, expected: list[Place]) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    put(rows)
    faults = verify.verify_database("kzj").faults
    assert [(fault.kind, fault.first, fault.last) for fault in faults] == expected


@pytest.mark.parametrize(("edit", "expected"), cases(OF_THE_OFFICE))
def test_the_end_is_checked_for_itself(edit: Edit, expected: list[Place]) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    put(rows)
    found = [(fault.kind, fault.first, fault.last) for fault in verify.verify_end("kzj", 4).faults]
    assert found == [place for place in expected if place[2] > 8 and place[0] != "after"]


@pytest.mark.parametrize("most", [4, 8, 100])
def test_the_guarded_log_is_sound_to_its_end(most: int) -> None:
    put(copy.deepcopy(SOUND))
    assert verify.verify_end("kzj", most) == verify.Verdict(min(most, COUNT), COUNT, HEAD[2])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="what psql reads")
def test_a_postgresql_database_is_checked_as_it_comes_from_psql(tmp_path: Path) -> None:
    rows = copy.deepcopy(SOUND)
    rows[2]["title"] = "x"
    put(rows)
    path = tmp_path / "log.csv"
    with connection.cursor() as cursor, path.open("wb") as file:
        cursor.execute("SET TIME ZONE 'Asia/Shanghai'")
        statement = "COPY (SELECT * FROM log_logentry ORDER BY office, seq) TO STDOUT (FORMAT csv, HEADER)"
        with cursor.cursor.copy(statement) as copied:
            file.writelines(copied)
        cursor.execute("SET TIME ZONE 'UTC'")
    faults = verify.verify_file(path).faults
    assert [(fault.kind, fault.first, fault.more) for fault in faults] == [("columns", 3, (("columns", "title"),))]


# What the database refuses

ADD = "INSERT INTO log_logentry SELECT * FROM log_logentry WHERE seq = 2"
REPLACE = ADD.replace("INSERT", "INSERT OR REPLACE")
COLUMNS = ", ".join(f'"{name}"' for name in queries.COLUMNS)
AGAIN = ", ".join({"seq": "99", "office": "'xxj'"}.get(name, f'"{name}"') for name in queries.COLUMNS)
"""An entry once more, with another number in another office: the same in nothing but its place in the table."""

SAME_CHANNEL_NUMBER = (
    f"INSERT OR REPLACE INTO log_logentry ({COLUMNS}) "
    f"SELECT {AGAIN.replace(chr(39) + 'xxj' + chr(39), 'office')} FROM log_logentry WHERE seq = 2"
)
SAME_ID = f"INSERT OR REPLACE INTO log_logentry (id, {COLUMNS}) SELECT id, {AGAIN} FROM log_logentry WHERE seq = 2"

REFUSED = {
    "update": "UPDATE log_logentry SET title = 'changed' WHERE seq = 2",
    "delete": "DELETE FROM log_logentry WHERE seq = 2",
    "delete all": "DELETE FROM log_logentry",
    "update instead": f"{ADD} AND true ON CONFLICT (id) DO UPDATE SET title = 'changed'",
    "delete a checkpoint": "DELETE FROM log_checkpoint",
    "update a checkpoint": "UPDATE log_checkpoint SET number = 4",
    "delete an archive": "DELETE FROM log_archive",
    "update an archived entry": "UPDATE log_archivedentry SET title = 'x'",
}
REFUSED_BY_SQLITE = {
    "replace": REPLACE,
    "replace the number in the channel": SAME_CHANNEL_NUMBER,
    "replace the row": SAME_ID,
    "replace a checkpoint": "INSERT OR REPLACE INTO log_checkpoint SELECT * FROM log_checkpoint",
    "replace an archived entry": "REPLACE INTO log_archivedentry SELECT * FROM log_archivedentry",
}
REFUSED_BY_POSTGRESQL = {
    "truncate": "TRUNCATE log_logentry",
    "truncate what is archived": "TRUNCATE log_archive, log_archivedentry",
}


@pytest.fixture
def filled(written: Office) -> Office:
    """Something in every table that only grows."""
    checkpoints.make(written, now=timezone.now())
    entry = LogEntry.objects.get(seq=2)
    ArchivedEntry.objects.create(keeper=written.slug, archive="old", **queries.facts(entry) | CHAINED)
    facts = {"entries": 1, "first": 1, "last": 1, "after": "", "head": "", "imported_at": timezone.now()}
    Archive.objects.create(keeper=written.slug, name="old", office="kzj", digest="d", imported_by="tester", **facts)
    return written


CHAINED = {"canonical": "", "previous": "", "hash": ""}


def refused(sql: str) -> None:
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("sql", REFUSED.values(), ids=REFUSED)
def test_the_database_itself_refuses_changes(sql: str) -> None:
    refused(sql)


@pytest.mark.usefixtures("filled")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="a form of INSERT only SQLite has")
@pytest.mark.parametrize("sql", REFUSED_BY_SQLITE.values(), ids=REFUSED_BY_SQLITE)
def test_sqlite_refuses_to_replace(sql: str) -> None:
    refused(sql)


@pytest.mark.usefixtures("filled")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a statement only PostgreSQL has")
@pytest.mark.parametrize("sql", REFUSED_BY_POSTGRESQL.values(), ids=REFUSED_BY_POSTGRESQL)
def test_postgresql_refuses_to_truncate(sql: str) -> None:
    refused(sql)


@pytest.mark.usefixtures("written")
def test_the_guard_stands_and_each_missing_part_is_named() -> None:
    assert guard.missing(connection) == []
    suffix = " ON log_logentry" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        name = "log_no_change" if suffix else "log_no_delete"
        cursor.execute(f"DROP TRIGGER {name}{suffix}")
    assert guard.missing(connection) == [name]
    guard.install(connection)
    assert guard.missing(connection) == []


@pytest.mark.usefixtures("written")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL changes a table in its place")
def test_a_trigger_that_refuses_nothing_is_as_good_as_none() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER log_no_delete")
        cursor.execute("CREATE TRIGGER log_no_delete BEFORE DELETE ON log_logentry BEGIN SELECT 1; END")
    assert guard.missing(connection) == ["log_no_delete"]


@pytest.mark.usefixtures("written")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's triggers are always on")
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE log_logentry DISABLE TRIGGER log_no_change",
        "ALTER TABLE log_logentry ENABLE REPLICA TRIGGER log_no_change",
        "CREATE OR REPLACE FUNCTION log_only_grows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    ],
    ids=["disabled", "for replicas only", "an idle function"],
)
def test_triggers_that_do_not_fire_are_as_good_as_none(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert "log_no_change" in guard.missing(connection)


@pytest.mark.usefixtures("committed")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL changes a table in its place")
def test_a_table_made_anew_without_its_triggers_is_noticed() -> None:
    assert guard.missing(connection) == []
    before = LogEntry._meta.get_field("actor")
    after = copy.copy(before)
    after.null = True
    with connection.schema_editor() as editor:
        editor.alter_field(LogEntry, before, after)
    try:
        assert guard.missing(connection) == ["log_no_update", "log_no_delete", "log_no_replace"]
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(LogEntry, after, before)
        guard.install(connection)
    assert guard.missing(connection) == []


@pytest.mark.usefixtures("committed")
def test_not_even_django_empties_the_log(office: Office) -> None:
    with transaction.atomic():
        record(office, Event.PUBLISHED, Subject(title="kept"), actor="tester")
    with pytest.raises(CommandError, match="couldn't be flushed"):
        call_command("flush", interactive=False, verbosity=0)
    assert LogEntry.objects.get().title == "kept"


def test_no_line_of_the_program_deletes_or_changes_an_entry() -> None:
    """The database refuses it anyway; here nobody is even to try."""
    guarded = {model.__name__ for model in apps.get_models() if model._meta.db_table in guard.KEYS}
    assert guarded == {"LogEntry", "Archive", "ArchivedEntry", "Checkpoint"}
    for path in (settings.PACKAGE).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(DELETE FROM|UPDATE|TRUNCATE)\s+\"?log_(logentry|archive|checkpoint\b)", text), path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
                assert not guarded & {name.id for name in ast.walk(node.func) if isinstance(name, ast.Name)}, path


CHANGING = {"delete", "update", "bulk_update", "update_or_create", "_raw_delete", "raw"}


# Days


@pytest.mark.parametrize("event", sorted(set(Event) - DATED))
def test_what_happened_here_happened_when_it_was_written(office: Office, event: Event) -> None:
    with pytest.raises(ValueError, match="cannot have happened"):
        record(office, event, Subject(), actor="tester", happened_on=date(2020, 1, 1))
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("event", sorted(DATED))
def test_a_day_that_others_say_is_not_in_the_future(office: Office, event: Event) -> None:
    today = timezone.now().astimezone(office.timezone).date()
    for day in (date(1998, 7, 1), today):
        entry = record(office, event, Subject(), actor="tester", happened_on=day)
        assert (entry.happened_on, entry.year, entry.month) == (day, day.year, day.month)
    with pytest.raises(ValueError, match="cannot have happened"):
        record(office, event, Subject(), actor="tester", happened_on=today + timedelta(days=1))
    assert verify.verify_database(office.slug).entries == 2


def test_today_is_that_of_the_office(office: Office, time_travel: Callable[[str], None]) -> None:
    time_travel("2026-12-31T16:30:00+00:00")
    assert record(office, Event.PRINTED, Subject(), actor="tester", happened_on=date(2027, 1, 1)).year == 2027


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


# From the beginning

MIGRATE = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from publisher.log import guard
call_command("migrate", verbosity=0)
print(sorted(guard.KEYS), guard.missing(connection))
"""


@pytest.fixture
def empty_database(home: Path) -> Iterator[str]:
    """The address of a database in which nothing was ever made."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{home / 'fresh.sqlite3'}"
        return
    server = connection.settings_dict
    address = f"postgres://{server['USER']}@{server['HOST']}:{server['PORT']}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as other:
        other.execute("CREATE DATABASE fresh")
        yield f"{address}/fresh"
        other.execute("DROP DATABASE fresh")


def test_the_guard_stands_after_all_migrations(empty_database: str, home: Path) -> None:
    own = {"PUBLISHER_HOME": str(home), "DATABASE_URL": empty_database, "DJANGO_SETTINGS_MODULE": "publisher.settings"}
    command = [sys.executable, "-c", MIGRATE]
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, check=False, timeout=120)
    assert done.stdout.decode().strip() == f"{sorted(guard.KEYS)} []", done.stderr.decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite, which plans without statistics, for its plan")
def test_sqlite_writes_an_entry_without_reading_the_log(written: Office) -> None:
    with CaptureQueriesContext(connection) as asked:
        record(written, Event.PUBLISHED, Subject(item=1, title="again", channel="portal"), actor="tester")
    plans = []
    for query in asked:
        if query["sql"].lstrip().startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plans += [row[-1] for row in cursor.fetchall() if "log_logentry" in row[-1]]
    assert len(plans) == 2, plans
    assert any("INDEX log_item (office=? AND item=?)" in step for step in plans), plans
    assert any("(office=? AND channel=? AND channel_seq>?)" in step for step in plans), plans
