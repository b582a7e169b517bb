"""The newest days of every column and account: what still stands there, found without reading what is older."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from publisher.office import Office, load
from publisher.reports.freshness.newest import DAYS, TERMS, Spot, newest
from tests.logged import log_entry
from tests.world import MODEL

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 30)
PORTAL = Spot("portal", "dynamics")


@pytest.fixture
def office(home: Path) -> Office:
    return load(MODEL, home=home)


def days(office: Office, spot: Spot = PORTAL, *, until: date = TODAY) -> list[str]:
    return [f"{entry.happened_on:%m-%d}" for entry in newest(office, [spot], until=until).get(spot, [])]


Written = Sequence[tuple[str, int, str]]
STANDING: dict[str, tuple[Written, list[str]]] = {
    "nothing": ([], []),
    "newest first": ([("2026-03-01", 1, "published"), ("2026-03-05", 2, "published")], ["03-05", "03-01"]),
    "several on a day are one day": ([("2026-03-01", 1, "published"), ("2026-03-01", 2, "published")], ["03-01"]),
    "what was taken back is not there": ([("2026-03-01", 1, "published"), ("2026-03-02", 1, "recalled")], []),
    "another one of that day is": (
        [("2026-03-01", 1, "published"), ("2026-03-01", 2, "published"), ("2026-03-02", 2, "recalled")],
        ["03-01"],
    ),
    "what went out again counts from then on": (
        [("2026-03-01", 1, "published"), ("2026-03-02", 1, "recalled"), ("2026-03-09", 1, "published")],
        ["03-09"],
    ),
    "an order to take back is no taking back": (
        [("2026-03-01", 1, "published"), ("2026-03-02", 1, "recall_ordered")],
        ["03-01"],
    ),
    "a correction is no update": ([("2026-03-01", 1, "published"), ("2026-03-20", 1, "corrected")], ["03-01"]),
    "neither is what did not go out": ([("2026-03-01", 1, "submitted"), ("2026-03-02", 1, "failed")], []),
    "what is accepted is not out yet": ([("2026-03-01", 1, "accepted")], []),
}


@pytest.mark.parametrize(("written", "expected"), STANDING.values(), ids=STANDING)
def test_what_counts_is_what_still_stands(office: Office, written: Written, expected: list[str]) -> None:
    for day, item, event in written:
        log_entry(office, day, item, event=event)
    assert days(office) == expected


def test_taking_back_elsewhere_changes_nothing_here(office: Office) -> None:
    log_entry(office, "2026-03-01")
    log_entry(office, "2026-03-01", channel="weibo")
    log_entry(office, "2026-03-02", channel="weibo", event="recalled")
    assert days(office) == ["03-01"]
    assert days(office, Spot("weibo", "dynamics")) == []


def test_what_is_backfilled_stands_on_the_day_it_had(office: Office) -> None:
    log_entry(office, "2026-03-05")
    log_entry(office, "2026-02-01", -1, event="backfilled", written="2026-03-20")
    assert days(office) == ["03-05", "02-01"]


def test_the_newspaper_counts_by_what_it_was_given_unless_it_refused(office: Office) -> None:
    daily = {"channel": "daily"}
    log_entry(office, "2026-03-01", 1, event="handed_over", **daily)
    log_entry(office, "2026-03-08", 2, event="handed_over", **daily)
    log_entry(office, "2026-03-10", 2, event="not_accepted", **daily)
    log_entry(office, "2026-03-03", 1, event="printed", written="2026-03-12", **daily)
    assert days(office, Spot("daily", "dynamics")) == ["03-03", "03-01"]


def test_other_columns_channels_and_offices_are_left_out(office: Office) -> None:
    log_entry(office, "2026-03-01", column="notices")
    log_entry(office, "2026-03-02", channel="wechat")
    log_entry(replace(office, slug="other"), "2026-03-03")
    assert days(office) == []


def test_what_comes_after_the_day_is_not_known_yet(office: Office) -> None:
    for day in ("2026-03-01", "2026-03-05"):
        log_entry(office, day, int(day[-1]))
    assert days(office, until=date(2026, 3, 4)) == ["03-01"]


def test_only_the_newest_days_are_told_with_the_last_entry_of_each(office: Office) -> None:
    for number in range(1, DAYS + 4):
        log_entry(office, f"2026-05-{number:02d}", number)
    last = log_entry(office, f"2026-05-{DAYS + 3:02d}", 100, title="当天最后一篇")
    found = newest(office, [PORTAL], until=TODAY)[PORTAL]
    assert len(found) == DAYS
    assert (found[0].seq, found[0].title) == (last.seq, "当天最后一篇")


def test_any_number_of_places_is_asked_for_a_few_hundred_at_a_time(
    office: Office, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    log_entry(office, "2026-03-01", column="last")
    spots = [Spot("portal", f"column-{number}") for number in range(TERMS)]
    with django_assert_num_queries(2):
        assert newest(office, [*spots, Spot("portal", "last")], until=TODAY).keys() == {Spot("portal", "last")}
    with django_assert_num_queries(1):
        newest(office, spots, until=TODAY)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is in the table, here nothing")
def test_older_entries_are_never_read(office: Office) -> None:
    with CaptureQueriesContext(connection) as asked:
        newest(office, [PORTAL, Spot("weibo", "notices")], until=TODAY)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]['sql']}")
        steps = [str(row[3]) for row in cursor.fetchall()]
    searches = [step for step in steps if step.startswith(("SEARCH", "SCAN")) and step != "SCAN part"]
    assert sorted(searches) == [
        "SEARCH U0 USING INDEX log_item (office=? AND item=?)",
        "SEARCH U0 USING INDEX log_item (office=? AND item=?)",
        "SEARCH log_logentry USING INDEX log_newest (office=? AND channel=? AND column=? AND happened_on<?)",
        "SEARCH log_logentry USING INDEX log_newest (office=? AND channel=? AND column=? AND happened_on<?)",
        "SEARCH log_logentry USING INDEX sqlite_autoindex_log_logentry_1 (office=? AND seq=?)",
    ]
    # Only the few rows of the answer are sorted, not those of a place.
    assert [step for step in steps if "TEMP B-TREE" in step] == ["USE TEMP B-TREE FOR ORDER BY"]
