"""What one unit is, what withdrawn means, periods and cuts; each count is the length of its list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection

from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.office import Office
from publisher.reports import counts
from publisher.reports.counts import (
    CUTS,
    Selection,
    count,
    count_by,
    count_units,
    difference,
    entries,
    opened,
    page,
)
from publisher.reports.periods import Period
from publisher.reports.rules import rule, rules
from publisher.reports.tallies import Tally

pytestmark = pytest.mark.django_db

YEAR = Period.of_year(2017)
DAILY = {"channel": "daily", "channel_kind": "newspaper"}
Write = Callable[..., None]


@pytest.fixture
def write(office: Office) -> Write:
    """Write an entry on a day of 2017, given as MM-DD, at noon in Beijing."""

    def write(day: str, event: str, item: int | None, channel: str = "portal", **more: Any) -> None:
        happened = more.pop("happened_on", None)
        evidence = more.pop("evidence", "E2")
        facts = {"channel": channel, "channel_kind": "website", "column": "dynamics", "column_class": "政务动态"} | more
        when = day if len(day) > 5 else f"2017-{day}"
        with time_machine.travel(f"{when}T04:00:00Z", tick=False):
            record(
                office,
                Event(event),
                Subject(item=item, **facts),
                actor="test",
                proof=Proof(evidence=evidence),
                happened_on=happened,
            )

    return write


def select(key: str = "sent", period: Period = YEAR, **more: Any) -> Selection:
    return Selection(period, rule(key, on=period.last), **more)


def both(office: Office, selection: Selection) -> int:
    """The count, having made sure that its list is as long."""
    number = count(office, selection)
    assert len(opened(office, selection)) == number
    return number


def test_one_item_on_three_channels_is_three_publications_of_one_item(office: Office, write: Write) -> None:
    for channel in ("portal", "wechat", "weibo"):
        write("03-01", "published", 1, channel)
    assert both(office, select("sent")) == 3
    assert both(office, select("disclosed")) == 1
    assert count_by(office, select("sent"), ["channel"]) == [
        {"channel": "portal", "count": 1},
        {"channel": "wechat", "count": 1},
        {"channel": "weibo", "count": 1},
    ]
    assert [row["count"] for row in count_by(office, select("disclosed"), ["channel"])] == [1, 1, 1]


def test_a_correction_and_publishing_anew_add_nothing(office: Office, write: Write) -> None:
    for day, event in (("03-01", "published"), ("03-02", "corrected"), ("03-03", "recalled"), ("03-04", "published")):
        write(day, event, 1)
    assert both(office, select("sent")) == 1
    assert both(office, select("live")) == 1
    assert len(entries(office, select("sent"))) == 2


def test_what_was_taken_back_counts_unless_the_rule_drops_it(office: Office, write: Write) -> None:
    write("03-01", "published", 1)
    write("03-01", "published", 1, "weibo")
    write("06-01", "recalled", 1, "weibo")
    assert both(office, select("sent")) == 2
    assert both(office, select("live")) == 1
    assert both(office, select("disclosed-live")) == 1
    assert both(office, select("live", Period.of_month(2017, 3))) == 2, "it was still out at the end of March"
    write("06-02", "recalled", 1)
    assert both(office, select("live")) == 0
    assert both(office, select("disclosed-live")) == 0


def test_what_stands_there_corrected_is_out(office: Office, write: Write) -> None:
    for day, event in (("03-01", "published"), ("03-02", "recalled"), ("03-03", "corrected")):
        write(day, event, 1)
    assert both(office, select("live")) == 1


def test_what_the_newspaper_did_not_accept_is_not_out(office: Office, write: Write) -> None:
    write("03-01", "handed_over", 1, **DAILY)
    write("03-05", "not_accepted", 1, **DAILY)
    assert both(office, select("sent")) == 1
    assert both(office, select("live")) == 0
    write("03-08", "handed_over", 1, **DAILY)
    assert both(office, select("live")) == 1


def test_the_day_it_happened_decides_not_the_day_it_was_noted(office: Office, write: Write) -> None:
    write("03-01", "handed_over", 1, **DAILY)
    write("03-05", "not_accepted", 1, **DAILY)
    write("03-10", "printed", 1, **DAILY, happened_on=date(2017, 3, 4))
    assert both(office, select("live")) == 0
    assert both(office, select("printed", Period(date(2017, 3, 4), date(2017, 3, 4)))) == 1


def test_issues_are_counted_by_number_and_newspaper(office: Office, write: Write) -> None:
    for item, issue in ((1, "1"), (2, "1"), (3, "2"), (3, "3"), (4, "")):
        write("03-01", "handed_over", item, **DAILY, issue=issue)
    write("03-01", "handed_over", 5, **(DAILY | {"channel": "evening"}), issue="1")
    write("03-02", "printed", 1, **DAILY, issue="1")
    assert both(office, select("issues-handed-over")) == 4
    assert both(office, select("issues-printed")) == 1
    assert both(office, select("sent")) == 5
    assert count_by(office, select("issues-handed-over"), ["issue"])[0] == {"issue": "1", "count": 2}


def test_the_first_issue_of_each_year_is_another_one(office: Office, write: Write) -> None:
    for day, item in (("2016-01-05", 1), ("2017-01-03", 2), ("2017-01-04", 3)):
        write(day, "handed_over", item, **DAILY, issue="1")
    years = Period(date(2016, 1, 1), date(2017, 12, 31))
    assert both(office, select("issues-handed-over", years)) == 2
    assert count_by(office, select("issues-handed-over", years), ["year"]) == [
        {"year": 2016, "count": 1},
        {"year": 2017, "count": 1},
    ]
    assert count_by(office, select("issues-handed-over", years), ["issue"]) == [{"issue": "1", "count": 2}]


def test_evidence_and_backfilled_rows_count_where_the_rule_says_so(office: Office, write: Write) -> None:
    write("03-01", "published", 1, evidence="E1")
    write("03-01", "published", 2, evidence="E3")
    write("2018-02-01", "backfilled", -1, evidence="E0", happened_on=date(2017, 5, 1))
    assert both(office, select("sent")) == 2
    assert both(office, select("proven")) == 1
    assert both(office, select("with-backfilled")) == 3
    assert both(office, select("with-backfilled", Period.of_year(2018))) == 0


def test_periods_go_by_the_offices_calendar(office: Office, write: Write) -> None:
    with time_machine.travel("2017-12-31T16:30:00Z", tick=False):  # half past midnight in Beijing
        record(office, Event.PUBLISHED, Subject(item=1, channel="portal"), actor="test")
    write("2018-02-03", "published", 2)
    across = Period(date(2017, 12, 31), date(2018, 1, 1))
    assert both(office, select(period=YEAR)) == 0
    assert both(office, select(period=across)) == 1
    assert both(office, select(period=Period.of_quarter(2018, 1))) == 2
    assert both(office, select(period=Period.of_month(2018, 2))) == 1
    assert both(office, select(period=Period(date(2017, 1, 1), date(2018, 12, 31)))) == 2


def test_as_of_tells_the_figures_as_they_stood(office: Office, write: Write) -> None:
    write("03-01", "published", 1)
    write("2018-01-20", "recalled", 1)
    write("2018-01-25", "backfilled", -1, happened_on=date(2017, 5, 1))
    as_of = datetime(2018, 1, 24, tzinfo=UTC)
    assert both(office, select("with-backfilled", as_of=as_of)) == 1
    assert both(office, select("with-backfilled")) == 2
    two_years = Period(date(2017, 1, 1), date(2018, 12, 31))
    assert both(office, select("live", two_years)) == 0
    assert both(office, select("live", two_years, as_of=datetime(2018, 1, 19, tzinfo=UTC))) == 1


def test_other_offices_are_not_counted(office: Office, write: Write) -> None:
    write("03-01", "published", 1)
    object.__setattr__(office, "slug", "other")
    assert both(office, select()) == 0


def test_every_cell_is_the_count_of_the_selection_within_it(office: Office, write: Write) -> None:
    write("03-01", "published", 1, section="办公室", person="张三", source="新华社", disclosure="proactive")
    write("05-01", "published", 1, "weibo", section="办公室", person="张三")
    write("11-02", "published", 2, column="notices", column_class="通知公告", section="政策科")
    write("11-03", "recalled", 2, column="notices", column_class="通知公告", section="政策科")
    write("12-03", "handed_over", 3, **DAILY, issue="7")
    for known in rules(on=YEAR.last):
        for cut in (*([name] for name in CUTS), ["channel", "month"], ["quarter", "class", "origin"], []):
            for cell in count_by(office, select(known), cut):
                assert both(office, select(known).within(cell)) == cell["count"] > 0, (known, cut)
                assert count_by(office, select(known).within(cell), cut) == [cell]
    assert count_by(office, select(), ["quarter"])[-1] == {"quarter": 4, "count": 2}
    assert count_by(office, select().within({"quarter": 4}), ["channel"]) == [
        {"channel": "daily", "count": 1},
        {"channel": "portal", "count": 1},
    ]
    assert {cell["origin"]: cell["count"] for cell in count_by(office, select(), ["origin"])} == {"own": 3, "taken": 1}


def test_days_are_cut_for_a_calendar(office: Office, write: Write) -> None:
    for day, item in (("03-01", 1), ("03-01", 2), ("03-09", 3)):
        write(day, "published", item)
    assert count_by(office, select(), ["day"]) == [
        {"day": "2017-03-01", "count": 2},
        {"day": "2017-03-09", "count": 1},
    ]


def test_a_publication_with_several_events_counts_once(office: Office, write: Write) -> None:
    write("03-01", "handed_over", 1, **DAILY)
    write("03-04", "published", 1, **DAILY)
    write("03-04", "published", 2)
    assert both(office, select("sent")) == 2
    assert count_by(office, select("sent"), ["channel"]) == [
        {"channel": "daily", "count": 1},
        {"channel": "portal", "count": 1},
    ]
    assert [row["count"] for row in count_by(office, select("sent"), ["channel", "event"])] == [1, 1, 1]


@pytest.mark.parametrize("key", ["sent", "disclosed", "live", "proven", "issues-handed-over", "columns-added"])
def test_the_totals_are_the_counts_of_their_units(office: Office, write: Write, key: str) -> None:
    for item in range(1, 6):
        write("03-01", "published", item)
        write("03-03", "handed_over", item, **DAILY, issue=str(item // 2), evidence="E1")
    write("03-04", "published", 1, **DAILY)
    write("03-05", "recalled", 4)
    write("03-06", "column_added", None, "")
    told = Tally(office, select(key)).totals
    found = entries(office, select(key))
    assert told.count == both(office, select(key))
    assert (told.items, told.publications) == (count_units(found, "item"), count_units(found, "publication"))
    assert told.handed_over == count_units(found.filter(event="handed_over"), "publication")


@pytest.mark.parametrize("few", [2, 10_000], ids=["reading on", "all at once"])
@pytest.mark.parametrize("key", ["sent", "disclosed", "live", "issues-handed-over"])
def test_pages_make_up_the_list(
    office: Office, write: Write, monkeypatch: pytest.MonkeyPatch, key: str, few: int
) -> None:
    monkeypatch.setattr(counts, "FEW", few)
    for item in range(1, 8):
        write("03-01", "published", item)
        write("03-02", "published", item % 3 + 1, "weibo")
        write("03-03", "handed_over", item, **DAILY, issue=str(item // 2))
    write("03-05", "recalled", 4)
    found: list[int] = []
    while more := page(office, select(key), after=found[-1] if found else 0, size=4):
        found += [entry.seq for entry in more]
    assert found == [entry.seq for entry in opened(office, select(key))]


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"channels": ("weibo",)}, 1),
        ({"channels": ("weibo", "portal")}, 2),
        ({"kinds": ("website",)}, 2),
        ({"columns": ("notices",)}, 0),
        ({"classes": ("政务动态",)}, 2),
        ({"sections": ("办公室",)}, 1),
        ({"persons": ("张三",)}, 1),
        ({"sources": ("",)}, 1),
        ({"sources": ("新华社",)}, 1),
        ({"disclosures": ("proactive",)}, 1),
        ({"channels": ("weibo",), "sections": ("办公室",)}, 0),
    ],
)
def test_a_selection_is_narrowed(office: Office, write: Write, narrowed: dict[str, Any], expected: int) -> None:
    write("03-01", "published", 1, section="办公室", person="张三", source="新华社", disclosure="proactive")
    write("05-01", "published", 1, "weibo")
    assert both(office, select(**narrowed)) == expected


def test_a_selection_and_its_rule_narrow_together(office: Office, write: Write) -> None:
    write("03-01", "printed", 1, **DAILY)
    assert both(office, select("printed", kinds=("newspaper", "website"))) == 1
    assert both(office, select("printed", kinds=("website",))) == 0


def test_the_difference_of_two_rules_is_row_by_row(office: Office, write: Write) -> None:
    write("03-01", "published", 1)
    write("03-01", "published", 1, "weibo")
    write("03-02", "handed_over", 2, **DAILY)
    found = difference(office, select("sent"), rule("published", on=YEAR.last))
    assert (found.here, found.there) == (3, 2)
    assert [entry.item for entry in found.only_here] == [2]
    assert not found.only_there
    found = difference(office, select("sent"), rule("disclosed", on=YEAR.last))
    assert (found.here, found.there) == (3, 2)
    assert [(entry.item, entry.channel) for entry in found.only_here] == [(1, "weibo")]
    found = difference(office, select("published"), rule("issues-handed-over", on=YEAR.last))
    assert (found.here, found.there, len(found.only_here)) == (2, 0, 2)


def test_what_became_of_columns_is_counted_by_columns(office: Office, write: Write) -> None:
    nowhere = {"channel": "", "channel_kind": ""}
    write("01-02", "column_listed", None, **nowhere)
    for key in ("videos", "talks"):
        write("02-01", "column_added", None, **nowhere | {"column": key})
    for day in ("03-01", "04-01"):
        write(day, "column_changed", None, **nowhere)
    write("05-01", "column_removed", None, **nowhere | {"column": "talks"})
    write("06-01", "published", 1)
    assert both(office, select("columns-added")) == 2
    assert both(office, select("columns-adjusted")) == 2
    assert count_by(office, select("columns-added"), ["column"]) == [
        {"column": "talks", "count": 1},
        {"column": "videos", "count": 1},
    ]
    assert both(office, select("columns-added", as_of=datetime(2017, 1, 31, tzinfo=UTC))) == 0


def test_units_can_be_counted_of_any_entries(office: Office, write: Write) -> None:
    write("03-01", "published", 1)
    write("03-01", "published", 1, "weibo")
    found = entries(office, select("sent"))
    assert (count_units(found, "item"), count_units(found, "publication"), count_units(found, "issue")) == (1, 2, 0)


Ask = Callable[[Office, Selection], object]

PLANS: dict[str, tuple[Ask, str]] = {
    "the year": (lambda o, s: Tally(o, s).totals, "COVERING INDEX log_cuts"),
    "channels and columns": (lambda o, s: count_by(o, s, ["channel", "column"]), "COVERING INDEX log_cuts"),
    "months": (lambda o, s: count_by(o, s, ["month"]), "COVERING INDEX log_cuts"),
    "sections": (lambda o, s: count_by(o, s, ["section"]), "COVERING INDEX log_cuts"),
    "a quarter": (lambda o, s: count(o, replace(s, period=Period.of_quarter(2017, 2))), "COVERING INDEX log_cuts"),
    "days": (lambda o, s: count(o, replace(s, period=Period(date(2017, 3, 2), date(2017, 3, 9)))), "INDEX log_cuts"),
    "items": (
        lambda o, s: count_by(o, s.under(rule("disclosed", on=YEAR.last)), ["column"]),
        "COVERING INDEX log_cuts",
    ),
    "different items": (
        lambda o, s: count(o, s.under(rule("disclosed", on=YEAR.last))),
        "COVERING INDEX log_distinct",
    ),
    "what is still out": (lambda o, s: count(o, s.under(rule("live", on=YEAR.last))), "INDEX log_item"),
    "a cell opened": (lambda o, s: list(opened(o, s.within({"channel": "portal"}))), "INDEX log_cuts"),
    "a page of a cell": (lambda o, s: page(o, s.within({"channel": "portal"})), "INDEX log_cuts"),
    "a page of the year": (lambda o, s: page(o, s), "INDEX log_year"),
}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite, which plans without statistics, for its plan")
@pytest.mark.parametrize(("ask", "index"), PLANS.values(), ids=PLANS)
def test_sqlite_reads_no_more_than_the_year_and_what_an_index_holds(
    office: Office,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[Office, Selection], object],
    index: str,
) -> None:
    monkeypatch.setattr(counts, "FEW", 1 if index == "INDEX log_year" else counts.FEW)
    write("03-01", "published", 1)
    write("03-05", "handed_over", 1, **DAILY)
    asked: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask(office, select())
    steps = [step for sql, params in asked for step in planned(sql, params) if step.startswith(("SEARCH", "SCAN"))]
    assert any(index in step for step in steps), steps
    # Of each table something is known that makes the rows few, or those of the year.
    bounds = ("year=?", "item=?", "seq=?", "subquery")
    assert all(any(bound in step for bound in bounds) for step in steps if "log_repetition" not in step), steps


def under(selection: Selection, key: str) -> Selection:
    return selection.under(rule(key, on=YEAR.last))


def planned(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return [row[-1] for row in cursor.fetchall()]
