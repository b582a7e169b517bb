"""Several cuts at once say what each says by itself; and what they rely on follows from the log."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.log import guard, repetitions, verify
from publisher.log.models import LogEntry, Repetition
from publisher.office import Office, get_office
from publisher.reports import differing
from publisher.reports.counts import Side, count, count_by, difference
from publisher.reports.differing import Differing
from publisher.reports.periods import Period
from publisher.reports.rules import Unit, rule
from publisher.reports.selection import Selection
from publisher.reports.tallies import Tally
from tests.log_samples import write, year_of_work

pytestmark = pytest.mark.django_db

YEAR = Period.of_year(2017)
ASKED = [
    (),
    ("event",),
    ("month",),
    ("section",),
    ("month", "channel"),
    ("day", "column"),
    ("channel", "column", "event"),
]
UNITS: tuple[Unit, ...] = ("item", "publication", "issue")
RULES = ("sent", "live", "with-backfilled", "proven")

ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["published", "handed_over", "recalled", "backfilled", "corrected"]),
        st.integers(1, 3),
        st.sampled_from(["portal", "weibo", "daily"]),
        st.sampled_from(["dynamics", "notices"]),
        st.integers(0, 45),
    ),
    max_size=14,
)
"""Few items, channels and columns and many entries about them, so that nearly all of them are repeated."""


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES)
def test_a_tally_says_what_counts_say_one_by_one(entries: list[tuple[str, int, str, str, int]]) -> None:
    point = transaction.savepoint()
    office = get_office()
    for hour, (event, item, channel, column, day) in enumerate(entries):
        at = datetime(2017, 1, 10, tzinfo=UTC) + timedelta(days=day, minutes=hour)
        write(office, at, event, item, channel, column=column, issue="3" if channel == "daily" else "")
    for key in RULES:
        same(office, Selection(YEAR, rule(key, on=YEAR.last)))
    same(office, Selection(Period(date(2017, 1, 15), date(2017, 2, 3)), rule("sent", on=YEAR.last)))
    same(office, Selection(YEAR, rule("sent", on=YEAR.last), as_of=datetime(2017, 1, 30, tzinfo=UTC)))
    assert verify.verify_database(office.slug).is_sound
    transaction.savepoint_rollback(point)


def same(office: Office, selection: Selection) -> None:
    tally = Tally(office, selection)
    for unit in UNITS:
        alone = selection.under(selection.rule.model_copy(update={"unit": unit}))
        assert tally.whole(unit) == count(office, alone)
        for cut in ASKED:
            assert tally.by(*cut, unit=unit) == count_by(office, alone, cut), (selection, unit, cut)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES)
def test_the_pages_of_a_difference_are_the_difference(entries: list[tuple[str, int, str, str, int]]) -> None:
    point = transaction.savepoint()
    office = get_office()
    for hour, (event, item, channel, column, day) in enumerate(entries):
        at = datetime(2017, 1, 10, tzinfo=UTC) + timedelta(days=day, minutes=hour)
        write(office, at, event, item, channel, column=column, issue="3" if channel == "daily" else "")
    for key, other in permutations(("sent", "live", "disclosed", "with-backfilled", "issues-handed-over"), 2):
        selection = Selection(YEAR, rule(key, on=YEAR.last))
        for few in (differing.FEW, 1):
            with patch.object(differing, "FEW", few):
                pages_are_the_whole(Differing(office, selection, rule(other, on=YEAR.last)))
    transaction.savepoint_rollback(point)


def pages_are_the_whole(paged: Differing) -> None:
    whole = difference(paged.office, paged.selection, paged.other)
    rows: dict[Side, list[int]] = {
        "here": [entry.seq for entry in whole.only_here],
        "there": [entry.seq for entry in whole.only_there],
    }
    assert paged.counted == {"here": whole.here, "there": whole.there}
    for side, numbers in rows.items():
        assert paged.only[side] == len(numbers), (paged.selection.rule.key, paged.other.key, side)
        after, read = 0, list[int]()
        while some := [entry.seq for entry in paged.page(side, after=after, size=2)]:
            read += some
            after = read[-1]
        assert read == numbers


def test_a_whole_page_of_cuts_is_told_by_a_few_statements(django_assert_max_num_queries: object) -> None:
    office = get_office()
    year_of_work(office, 2017, 6)
    write(office, datetime(2017, 12, 30, tzinfo=UTC), "published", 2017001, "portal")
    tally = Tally(office, Selection(YEAR, rule("sent", on=YEAR.last)))
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        for cut in permutations(("channel", "column", "month", "event"), 2):
            tally.by(*cut)
        tally.by("day", "column")
        tally.whole()


def test_entries_without_a_day_are_told_by_their_time() -> None:
    office = get_office()
    year_of_work(office, 2017, 3)
    guard.remove(connection)
    LogEntry.objects.filter(channel="portal").update(happened_on=None)
    same(office, Selection(YEAR, rule("sent", on=YEAR.last)))


def test_only_what_stands_there_again_is_noted() -> None:
    office = get_office()
    for day, event, item, channel in (
        (1, "published", 1, "portal"),
        (2, "recalled", 1, "portal"),
        (3, "published", 1, "weibo"),
        (4, "published", 1, "portal"),
        (5, "published", 1, "portal"),
        (6, "column_added", None, ""),
        (7, "column_added", None, ""),
    ):
        write(office, datetime(2017, 3, day, tzinfo=UTC), event, item, channel)
    assert list(Repetition.objects.values_list("event", "channel", "item")) == [("published", "portal", 1)]


@pytest.mark.parametrize("wrong", ["missing", "needless"])
def test_a_note_that_does_not_follow_from_the_log_is_a_fault_and_is_made_again(wrong: str) -> None:
    office = get_office()
    year_of_work(office, 2017, 3)
    for _time in range(2):
        write(office, datetime(2017, 12, 30, tzinfo=UTC), "published", 2017001, "weibo")
    if wrong == "missing":
        Repetition.objects.all().delete()
    else:
        Repetition.objects.create(office=office.slug, event="recalled", channel="wechat", item=2017002)
    faults = verify.verify_database(office.slug).faults
    assert [(fault.kind, fault.values["count"]) for fault in faults] == [("notes", 1)]
    repetitions.renew()
    assert verify.verify_database(office.slug).is_sound
