"""The history of columns in the log: each change once, whoever starts, and an old configuration changes nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from channels.base import Column
from channels.sandbox.server import Sandbox
from publisher.log.columns import Label, history, labels, note_columns
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.log.verify import verify_database
from publisher.office import Office, load
from tests.world import MODEL, World, answers, free_port, wait_until

SPRING = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def office(home: Path) -> Office:
    return replace(load(MODEL, home=home), changed_at=SPRING)


def having(office: Office, *columns: Column, later_s: int = 1) -> Office:
    """The office with these columns instead, in a file written that much later."""
    return replace(
        office,
        columns={column.key: column for column in columns},
        changed_at=office.changed_at + timedelta(seconds=later_s),
    )


def changed(office: Office, key: str, /, **new: str) -> Office:
    return having(office, *(replace(c, **new) if c.key == key else c for c in office.columns.values()))


def added(office: Office) -> Office:
    return having(office, *office.columns.values(), Column("video", "视频新闻", "政务动态"))


def removed(office: Office, key: str = "policies") -> Office:
    return having(office, *(c for c in office.columns.values() if c.key != key))


def told(entries: Sequence[LogEntry]) -> list[tuple[str, str, Any, Any]]:
    return [(entry.event, entry.column, entry.detail.get("before"), entry.detail.get("after")) for entry in entries]


def label(name: str, column_class: str) -> dict[str, str]:
    return {"name": name, "class": column_class}


@pytest.mark.django_db
def test_columns_that_were_there_when_the_log_began_are_listed_not_added(office: Office) -> None:
    entries = note_columns(office, actor="cli:zhang")
    assert {entry.event for entry in entries} == {Event.COLUMN_LISTED}
    assert [entry.column for entry in entries] == list(office.columns)
    assert entries[0].column_name == "工作动态"
    assert (entries[0].actor, entries[0].item, entries[0].channel) == ("cli:zhang", None, "")
    assert verify_database(office.slug).is_sound


NEWS: dict[str, tuple[Callable[[Office], Office], list[tuple[str, str, Any, Any]]]] = {
    "a new column": (added, [("column_added", "video", None, label("视频新闻", "政务动态"))]),
    "another name": (
        lambda office: changed(office, "dynamics", name="科技动态"),
        [("column_changed", "dynamics", label("工作动态", "政务动态"), label("科技动态", "政务动态"))],
    ),
    "another class": (
        lambda office: changed(office, "notices", column_class="公示公告"),
        [("column_changed", "notices", label("通知公告", "通知公告"), label("通知公告", "公示公告"))],
    ),
    "name and class together are one change": (
        lambda office: changed(office, "notices", name="公示", column_class="公示公告"),
        [("column_changed", "notices", label("通知公告", "通知公告"), label("公示", "公示公告"))],
    ),
    "a column less": (removed, [("column_removed", "policies", label("政策文件", "政策文件"), None)]),
    "another key is another column": (
        lambda office: changed(office, "policies", key="documents"),
        [
            ("column_added", "documents", None, label("政策文件", "政策文件")),
            ("column_removed", "policies", label("政策文件", "政策文件"), None),
        ],
    ),
    "another order": (lambda office: having(office, *reversed(office.columns.values())), []),
    "another description": (lambda office: changed(office, "dynamics", description="新的说明"), []),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "expected"), NEWS.values(), ids=NEWS)
def test_what_changed_is_noted_once_with_old_and_new(
    office: Office, change: Callable[[Office], Office], expected: list[tuple[str, str, Any, Any]]
) -> None:
    note_columns(office, actor="tester")
    new = change(office)
    assert told(note_columns(new, actor="tester")) == expected
    assert note_columns(new, actor="tester") == []
    assert verify_database(office.slug).is_sound


@pytest.mark.django_db
def test_a_column_that_comes_back_is_added_again(office: Office) -> None:
    for each in (office, removed(office), having(office, *office.columns.values(), later_s=2)):
        note_columns(each, actor="tester")
    assert [entry.event for entry in history(office.slug)[-2:]] == [Event.COLUMN_REMOVED, Event.COLUMN_ADDED]
    assert labels(history(office.slug)).keys() == office.columns.keys()


@pytest.mark.django_db
def test_nothing_new_costs_one_question(office: Office, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    note_columns(office, actor="tester")
    with django_assert_num_queries(1):
        assert note_columns(office, actor="tester") == []


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is in the table, here nothing")
def test_the_history_is_found_by_an_index(office: Office) -> None:
    with CaptureQueriesContext(connection) as asked:
        history(office.slug)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]['sql']}")
        plan = " ".join(str(row[3]) for row in cursor.fetchall())
    assert plan == "SEARCH log_logentry USING INDEX log_item (office=? AND item=?)"


# Two programs, two configurations


@pytest.mark.django_db
def test_a_program_with_the_old_file_changes_nothing_however_often_it_starts(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    new = added(office)
    note_columns(office, actor="tester")
    note_columns(new, actor="tester")
    count = LogEntry.objects.count()
    for _ in range(5):
        assert note_columns(office, actor="tester") == []
        assert note_columns(new, actor="tester") == []
    assert LogEntry.objects.count() == count
    assert "older than those the log knows" in caplog.text


@pytest.mark.django_db
def test_going_back_to_earlier_columns_in_a_newer_file_is_noted(office: Office) -> None:
    note_columns(office, actor="tester")
    note_columns(removed(office), actor="tester")
    back = having(office, *office.columns.values(), later_s=10)
    assert [entry.event for entry in note_columns(back, actor="tester")] == [Event.COLUMN_ADDED]


@pytest.mark.django_db
def test_files_without_times_of_their_own_settle_after_each_was_seen_once(office: Office) -> None:
    """Where every file has the same time, as some images have it, the columns seen last stay."""
    first, second = office, replace(added(office), changed_at=office.changed_at)
    note_columns(first, actor="tester")
    assert len(note_columns(second, actor="tester")) == 1
    for _ in range(3):
        assert note_columns(first, actor="tester") == note_columns(second, actor="tester") == []


@pytest.mark.django_db
def test_each_office_has_a_history_of_its_own(office: Office) -> None:
    note_columns(office, actor="tester")
    other = note_columns(replace(office, slug="other"), actor="tester")
    assert {entry.event for entry in other} == {Event.COLUMN_LISTED}


@pytest.mark.usefixtures("committed")
def test_programs_that_start_together_write_it_once(office: Office) -> None:
    note_columns(office, actor="tester")
    new, barrier = added(office), threading.Barrier(4)

    def start() -> None:
        barrier.wait()
        note_columns(new, actor="tester")
        connection.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.event for entry in history(office.slug)].count(Event.COLUMN_ADDED) == 1
    assert verify_database(office.slug).is_sound


KEYS = st.sampled_from(["a", "b", "c", "d"])
COLUMNS = st.dictionaries(
    KEYS, st.tuples(st.sampled_from(["甲", "乙"]), st.sampled_from(["政务动态", "通知公告"])), min_size=1
)


class TestAnyHistory(TestCase):
    @settings(max_examples=12)
    @given(st.lists(COLUMNS, max_size=6))
    def test_reading_the_log_gives_the_columns_of_the_last_file(
        self, files: list[Mapping[str, tuple[str, str]]]
    ) -> None:
        model = load(MODEL, home=Path("unused"))
        before: Mapping[str, Label] = {}
        for number, file in enumerate(files):
            columns = [Column(key, *words) for key, words in file.items()]
            entries = note_columns(having(model, *columns, later_s=number), actor="tester")
            after = {key: Label(*words) for key, words in file.items()}
            assert labels(history(model.slug)) == after
            assert {entry.column for entry in entries} == {
                key for key in {*before, *after} if before.get(key) != after.get(key)
            }
            before = after

    @settings(max_examples=12)
    @given(
        st.lists(st.tuples(COLUMNS, st.integers(0, 3)), min_size=1, max_size=3, unique_by=lambda each: str(each[0])),
        st.lists(st.integers(0, 2), max_size=12),
    )
    def test_programs_with_files_of_their_own_settle_on_the_newest(
        self, files: list[tuple[Mapping[str, tuple[str, str]], int]], starts: list[int]
    ) -> None:
        """However often and in whatever order they start: each file is noted when first seen and once more at most."""
        model = load(MODEL, home=Path("unused"))
        programs = [
            having(model, *(Column(key, *words) for key, words in file.items()), later_s=later) for file, later in files
        ]
        everybody = [number % len(programs) for number in [*starts, *range(2 * len(programs))]]
        notes = sum(bool(note_columns(programs[number], actor="tester")) for number in everybody)
        assert notes <= 2 * len(programs)
        settled = labels(history(model.slug))
        newest = max(program.changed_at for program in programs)
        assert settled in [
            {key: Label(*words) for key, words in file.items()}
            for program, (file, _later) in zip(programs, files, strict=True)
            if program.changed_at == newest
        ]


# From the command line


@pytest.fixture
def world(home: Path, sandbox: Sandbox) -> Iterator[World]:
    made = World.make(home, sandbox)
    yield made
    made.stop()


def test_a_started_program_and_a_submission_tell_the_log(world: World) -> None:
    port = free_port()
    world.start("web", "--port", str(port))
    assert wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), 30), world.log()
    config = Path(world.environment["PUBLISHER_CONFIG"])
    config.write_text(config.read_text(encoding="utf-8").replace("工作动态", "科技动态"), encoding="utf-8")
    os.utime(config, (datetime.now(UTC).timestamp() + 60,) * 2)
    assert world.publisher("submit", "-", "--json", stdin="# 标题\n\n正文。".encode()).status == 0
    rows = world.publisher("log", "list", "--json").json
    assert [row["event"] for row in rows] == ["column_listed"] * 4 + ["column_changed", "submitted"]
    assert rows[4]["detail"]["after"] == label("科技动态", "政务动态")
    assert rows[4]["actor"].startswith("cli:")
