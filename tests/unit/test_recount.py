"""The program's counts and an independent recount of the raw export are the same, for any history of any items."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.queries import as_json, export
from publisher.office import Office, load
from publisher.reports.counts import CUTS, Selection, count, count_by, opened
from publisher.reports.periods import Period
from publisher.reports.rules import rules
from tests import recount

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MODEL = Path(__file__).parents[2] / "config" / "office.toml"
BEGIN = datetime(2016, 11, 1, tzinfo=UTC)
CHANNELS = {"portal": "website", "weibo": "weibo", "daily": "newspaper"}
DATED = (Event.PRINTED, Event.BACKFILLED)
HAPPENINGS = (
    *(Event.PUBLISHED,) * 4,
    *(Event.HANDED_OVER, Event.RECALLED) * 2,
    Event.CORRECTED,
    Event.NOT_ACCEPTED,
    Event.PRINTED,
    Event.BACKFILLED,
    Event.SUBMITTED,
    Event.COLUMN_ADDED,
    Event.COLUMN_CHANGED,
)

# Few days, so that much happens on the same one, on either side of midnight in Beijing.
TIMES = st.builds(
    lambda days, hours: BEGIN + timedelta(days=37 * days, hours=hours), st.integers(0, 12), st.sampled_from([2, 10, 17])
)


@dataclass(frozen=True)
class Fact:
    """One entry to be written: when, what, and what it is about."""

    at: datetime
    event: Event
    subject: Subject
    evidence: str
    days_before: int


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    channel = draw(st.sampled_from([*CHANNELS, *CHANNELS, "portal", ""]))
    column, column_class = draw(st.sampled_from([("dynamics", "政务动态"), ("notices", "通知公告")]))
    return Fact(
        at=draw(TIMES),
        event=draw(st.sampled_from(HAPPENINGS)),
        subject=Subject(
            item=draw(st.sampled_from([1, 1, 1, 1, 2, -1, None])),
            channel=channel,
            channel_kind=CHANNELS.get(channel, ""),
            column=column,
            column_class=column_class,
            section=draw(st.sampled_from(["", "办公室"])),
            person=draw(st.sampled_from(["张三", "李四"])),
            source=draw(st.sampled_from(["", "", "新华社"])),
            disclosure=draw(st.sampled_from(["proactive", ""])),
            issue=draw(st.sampled_from(["", "1", "2"])),
        ),
        evidence=draw(st.sampled_from(["", "E0", "E1", "E2", "E3"])),
        days_before=draw(st.sampled_from([0, 0, 1, 37, 74])),
    )


# Long enough for the same items to go out, to be taken back and to go out again.
HISTORIES = st.integers(0, 60).flatmap(lambda size: st.lists(facts(), min_size=size, max_size=size))
DAYS = TIMES.map(lambda moment: moment.date())
PERIODS = st.one_of(
    st.sampled_from([Period.of_year(2017), Period.of_quarter(2017, 1), Period.of_month(2017, 12)]),
    st.just(Period(date(2016, 1, 1), date(2018, 12, 31))),
    st.just(Period(date(2016, 1, 1), date(2017, 6, 30))),
    st.just(Period(date(2016, 11, 1), date(2017, 2, 28))),
    st.tuples(DAYS, DAYS).map(lambda days: Period(min(days), max(days))),
)
MOMENTS = st.one_of(st.none(), TIMES)


@pytest.fixture
def office(home: Path) -> Office:
    return load(MODEL, home=home)


def write(office: Office, history: list[Fact]) -> None:
    for fact in history:
        with time_machine.travel(fact.at, tick=False):
            day = fact.at.astimezone(office.timezone).date() - timedelta(days=fact.days_before)
            record(
                office,
                fact.event,
                fact.subject,
                actor="test",
                proof=Proof(evidence=fact.evidence),
                happened_on=day if fact.event in DATED else None,
            )


def exported(office: Office) -> list[str]:
    return [json.dumps(as_json(entry), ensure_ascii=False) for entry in export(office.slug)]


@given(history=HISTORIES, period=PERIODS, as_of=MOMENTS, data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])  # each is rolled back
def test_an_independent_recount_gives_the_same_numbers(
    office: Office, history: list[Fact], period: Period, as_of: datetime | None, data: st.DataObject
) -> None:
    singles = data.draw(st.lists(st.sampled_from(list(CUTS)), unique=True, min_size=4, max_size=4))
    several = data.draw(st.lists(st.sampled_from(list(CUTS)), unique=True, min_size=2, max_size=3))
    with transaction.atomic():
        write(office, history)
        compare(office, period, as_of, [[], *([name] for name in singles), several])
        transaction.set_rollback(True)


def compare(office: Office, period: Period, as_of: datetime | None, cuts: list[list[str]]) -> None:
    book = list(recount.entries_in(exported(office), as_of))
    first, last = period.first.isoformat(), period.last.isoformat()
    by_file = recount.rules_in(recount.RULES)
    known = rules(on=period.last)
    assert known.keys() == by_file.keys()
    for key, rule in known.items():
        selection = Selection(period, rule, as_of=as_of)
        for cut in cuts:
            theirs = recount.count(book, by_file[key], first, last, cut)
            ours = {tuple(row[name] for name in cut): row["count"] for row in count_by(office, selection, cut)}
            assert ours == dict(theirs), (key, cut)
        assert (
            len(opened(office, selection))
            == count(office, selection)
            == recount.count(book, by_file[key], first, last).total()
        )


@pytest.fixture
def written(office: Office) -> Office:
    subject = {"channel": "portal", "channel_kind": "website", "column": "dynamics"}
    write(
        office,
        [
            Fact(BEGIN + timedelta(days=90), Event.PUBLISHED, Subject(item=1, **subject), "E2", 0),
            Fact(BEGIN + timedelta(days=91), Event.PUBLISHED, Subject(item=2, **subject), "E2", 0),
            Fact(BEGIN + timedelta(days=99), Event.RECALLED, Subject(item=2, **subject), "E2", 0),
        ],
    )
    return office


@pytest.mark.parametrize(("rule", "expected"), [("sent", "portal\t1\t1\nportal\t2\t1\n"), ("live", "portal\t1\t1\n")])
def test_the_recount_runs_without_the_program(written: Office, tmp_path: Path, rule: str, expected: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(exported(written)) + "\n", encoding="utf-8")
    words = [sys.executable, "-I", recount.__file__, str(path), "2017", "--rule", rule, "--by", "channel,item"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == expected


def test_the_recount_takes_nothing_from_the_program() -> None:
    source = Path(recount.__file__).read_text(encoding="utf-8")
    assert not any(
        f"import {name}" in source or f"from {name}" in source for name in ("publisher", "django", "channels")
    )
