"""Until the newspaper's deadline what was handed over is replaced or withdrawn; afterwards it is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from publisher.items.models import Item
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.queue import accounts, clock
from publisher.queue.issues import deadlines, queries
from publisher.queue.issues.following import follow_issues
from publisher.queue.issues.telling import Printed, missed, printed
from publisher.queue.models import Action, Delivery, Issue
from publisher.queue.recalls.asking import Wish, ask
from publisher.queue.states import IssueState, LineState, Outcome, State
from tests.clocks import HandClock, run
from tests.queued import corrected, events, intend, one, released
from tests.world import write_office

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)
"""Nine o'clock on a Monday in Beijing; the page is closed at eight in the evening."""

AFTER_DEADLINE = datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC)
SCHEDULE = 'column_title = "钒钛之都·科技之光"\nissues = { weekdays = ["tue", "fri"], ahead = 3 }'


@pytest.fixture(autouse=True)
def travelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database server's clock does not travel; this machine's does."""
    monkeypatch.setattr(clock, "now", timezone.now)


def packages(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "exports/daily").iterdir() if not path.name.startswith("."))


def handed_over(office: Office) -> Item:
    item = released(office, "daily", title="招聘公告")
    assert run(item)["daily"].state == State.DONE
    follow_issues()
    return item


def entry(event: str) -> LogEntry:
    return LogEntry.objects.get(event=event, channel="daily")


@time_machine.travel(MORNING, tick=False)
def test_before_the_deadline_a_correction_replaces_the_package_and_has_its_place(office: Office, home: Path) -> None:
    item = handed_over(office)
    (delivery,) = corrected(office, item, title="招聘公告（更正）")
    assert (delivery.action, run(item)["daily"].state) == (Action.CORRECT, State.DONE)
    label = Issue.objects.get().label
    assert packages(home) == [
        f"kzj-{item.pk}-r1_招聘公告_{label}_作废.txt",
        f"kzj-{item.pk}-r2_招聘公告（更正）_{label}",
    ]
    told = entry("corrected")
    assert (told.issue, told.evidence, told.detail["mode"]) == ("1", "E2", "replaced")
    (filled,) = queries.filled(Issue.objects.all())
    assert [queries.title_of(member) for member in filled.members] == ["招聘公告（更正）"]
    printed(filled.issue, Printed(date(2026, 11, 23), "A01"), by="wang")
    assert (entry("printed").revision, events(item, "daily")) == (2, ["handed_over", "corrected", "printed"])


@time_machine.travel(MORNING, tick=False)
@pytest.mark.parametrize("is_told", [True, False], ids=["somebody says so", "its day is over"])
def test_before_the_deadline_it_is_withdrawn_and_can_go_into_another_issue(
    office: Office, home: Path, is_told: bool
) -> None:
    item = handed_over(office)
    recall, _ = ask(item, Wish("人数有误"), by="leader")
    run(item)
    recall.refresh_from_db()
    assert (recall.lines.get().state, recall.closed_at is None) == (LineState.REMOVED, False)
    told = entry("recalled")
    assert (told.issue, told.evidence, told.detail["mode"]) == ("1", "E2", "withdrawn")
    assert packages(home) == [f"kzj-{item.pk}-r1_招聘公告_{Issue.objects.get().label}_作废.txt"]
    (filled,) = queries.filled(Issue.objects.all())
    assert [member.outcome for member in filled.members] == [Outcome.WITHDRAWN]
    assert (filled.taken.items, queries.pool(office)) == (0, [])
    if is_told:
        missed(Issue.objects.get(), by="wang", reason="稿件已撤")
    else:
        follow_issues(now=MORNING + timedelta(days=1))
    assert Issue.objects.get().state == IssueState.MISSED
    (again,) = corrected(office, item, title="招聘公告（改写）")
    assert (again.action, run(item)["daily"].state) == (Action.PUBLISH, State.DONE)
    assert [one.number for one in Issue.objects.order_by("number")] == [1, 2]


@time_machine.travel(MORNING, tick=False)
def test_of_an_issue_what_was_withdrawn_is_not_printed_and_the_rest_is(office: Office) -> None:
    items = [handed_over(office), handed_over(office)]
    first, second = Issue.objects.order_by("number")
    second.members.update(issue=first)
    second.delete()
    ask(items[0], Wish("人数有误"), by="leader")
    run(items[0])
    printed(first, Printed(date(2026, 11, 23)), by="wang")
    assert [entry.item for entry in LogEntry.objects.filter(event="printed")] == [items[1].pk]


@time_machine.travel(MORNING, tick=False)
@pytest.mark.parametrize("late", ["the deadline is past", "it is printed"])
def test_too_late_it_is_answered_and_not_exchanged(office: Office, home: Path, late: str) -> None:
    item, before = handed_over(office), packages(home)
    now = AFTER_DEADLINE if late == "the deadline is past" else MORNING
    if now == MORNING:
        printed(Issue.objects.get(), Printed(date(2026, 11, 23)), by="wang")
    with time_machine.travel(now, tick=False):
        (delivery,) = corrected(office, item)
        assert (delivery.state, (delivery.error or {})["kind"]) == (State.REFUSED, "CannotCorrect")
        recall, _ = ask(item, Wish("人数有误"), by="leader")
        assert run(item)["daily"].state == State.HELD
    assert (recall.lines.get().state, packages(home)) == (LineState.NOTICE, before)


@time_machine.travel(MORNING, tick=False)
@pytest.mark.parametrize(("order", "ends"), [("correct", State.REFUSED), ("recall", State.HELD)])
def test_what_waited_past_the_deadline_touches_nothing(office: Office, home: Path, order: str, ends: State) -> None:
    item, before = handed_over(office), packages(home)
    accounts.pause(office.channels["daily"], by="wang", report={}, now=MORNING)
    if order == "correct":
        corrected(office, item)
    else:
        ask(item, Wish("人数有误"), by="leader")
    hands = HandClock(AFTER_DEADLINE)
    accounts.resume(office.channels["daily"], by="wang")
    assert (run(item, clock=hands)["daily"].state, packages(home)) == (ends, before)
    assert Issue.objects.get().members.get().outcome == ""


@time_machine.travel(MORNING, tick=False)
def test_what_follows_one_under_way_replaces_it_at_once_and_keeps_no_place_in_the_next_issue(
    office: Office, home: Path
) -> None:
    office = scheduled(office)
    item = released(office, "daily", title="招聘公告")
    first, hands = one(item, "daily"), HandClock(Issue.objects.get(number=1).closes_at + timedelta(seconds=1))
    follow_issues(now=hands())
    with time_machine.travel(hands(), tick=False):
        intend(first, hands(), "hand_over")
        Delivery.objects.filter(pk=first.pk).update(state=State.UNCERTAIN)
        (delivery,) = corrected(office, item, title="招聘公告（更正）")
        assert delivery.state == State.PLANNED
        seen = {"state": State.DONE, "remote_id": "exports/daily/x", "evidence": "E2", "published_at": hands()}
        Delivery.objects.filter(pk=first.pk).update(**seen)
        done = run(item, clock=hands)["daily"]
    assert (done.action, done.state, hands() < AFTER_DEADLINE) == (Action.CORRECT, State.DONE, True)
    assert [member.issue.number for member in queries.members(Issue.objects.all())] == [1]


def scheduled(office: Office) -> Office:
    write_office(office.path.parent, "http://127.0.0.1:9", changes=[('column_title = "钒钛之都·科技之光"', SCHEDULE)])
    get_office.cache_clear()
    follow_issues(now=MORNING)
    return get_office()


@time_machine.travel(MORNING, tick=False)
def test_in_an_issue_that_is_closed_and_not_handed_over_a_correction_keeps_the_place(office: Office) -> None:
    office = scheduled(office)
    item = released(office, "daily", title="招聘公告")
    at = Issue.objects.get(number=1).closes_at + timedelta(minutes=5)
    follow_issues(now=at)
    with time_machine.travel(at, tick=False):
        (delivery,) = corrected(office, item, title="招聘公告（更正）")
        assert (delivery.action, queries.label_of(delivery)) == (Action.PUBLISH, "2026-01")
        assert run(item)["daily"].state == State.DONE
        follow_issues()
    assert Issue.objects.get(number=1).state == IssueState.HANDED_OVER


@time_machine.travel(MORNING, tick=False)
@pytest.mark.parametrize(
    ("closes", "planned", "deadline"),
    [
        pytest.param("2026-11-23T08:00", "2026-11-24", "2026-11-23T12:00", id="by the schedule: the evening before"),
        pytest.param("2026-11-20T08:00", "2026-11-24", "2026-11-23T12:00", id="closed days before"),
        pytest.param("2026-11-23T01:00", "2026-11-23", "2026-11-23T12:00", id="handed over at once in the morning"),
        pytest.param("2026-11-23T12:00", "2026-11-23", "2026-11-24T12:00", id="handed over at once as the page closes"),
        pytest.param("2026-11-23T15:00", "2026-11-23", "2026-11-24T12:00", id="handed over at once at night"),
    ],
)
def test_the_deadline_is_the_next_evening_at_which_a_page_is_closed(
    office: Office, closes: str, planned: str, deadline: str
) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (closes, deadline)]
    issue = Issue(planned_on=date.fromisoformat(planned), closes_at=moments[0])
    assert deadlines.deadline_of(office, office.channels["daily"], issue) == moments[1]
