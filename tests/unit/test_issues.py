"""The register of issues: what collects, closes, is handed over, and printed by a person's word."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from PIL import Image

from channels.base import Medium
from channels.issues import IssueOptions, Room
from publisher.items.actions import asset_store
from publisher.items.models import Item
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.queue import actions as deliveries
from publisher.queue import clock, orders
from publisher.queue.diagnosis.issues import issue_findings
from publisher.queue.issues import actions, planning, queries
from publisher.queue.issues.following import follow_issues
from publisher.queue.issues.telling import Printed, missed, not_accepted, printed
from publisher.queue.models import Action, Issue, IssueItem, RecallLine
from publisher.queue.moves import NotPossible
from publisher.queue.recalls import asking, notices
from publisher.queue.states import ISSUE_MOVES, OPEN_ISSUES, IssueState, LineState, State
from publisher.queue.sweep import sweep
from publisher.reports.counts import Selection, count
from publisher.reports.periods import Period
from publisher.reports.rules import rules
from publisher.review.actions import release_directly
from publisher.web.issues.rows import history_of
from tests.clocks import HandClock, run
from tests.queued import corrected, events, one, released
from tests.world import write_office

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
"""Nine in the morning in Beijing."""

SCHEDULE = (
    'column_title = "钒钛之都·科技之光"\nissues = { weekdays = ["tue", "fri"], ahead = 3, items = 2, pictures = 1 }'
)


@pytest.fixture(autouse=True)
def travelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database server's clock does not travel; this machine's does."""
    monkeypatch.setattr(clock, "now", timezone.now)


@pytest.fixture
def scheduled(office: Office, settings: object) -> Office:
    """The office with an issue of its column on every Tuesday and Friday; it is Monday."""
    change = ('column_title = "钒钛之都·科技之光"', SCHEDULE)
    write_office(office.path.parent, "http://127.0.0.1:9", changes=[change])
    get_office.cache_clear()
    follow_issues(now=MONDAY)
    return get_office()


def issue(number: int = 1, *, year: int = 2026) -> Issue:
    return Issue.objects.get(channel="daily", year=year, number=number)


def clipping(name: str = "见报.png") -> Medium:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, "PNG")
    return Medium(name, "image/png", file.getvalue())


def handed_over(office: Office, *titles: str) -> list[Item]:
    """Items that are handed over together in one issue."""
    items = [released(office, "daily", title=title) for title in titles]
    actions.close(issue(), by="wang")
    for item in items:
        run(item)
    follow_issues()
    return items


def entries(event: str) -> list[LogEntry]:
    return list(LogEntry.objects.filter(event=event).order_by("seq"))


def test_the_table_of_moves_reaches_every_state_and_leaves_what_is_over_alone() -> None:
    reached = {IssueState.COLLECTING, *ISSUE_MOVES.values()}
    assert reached == set(IssueState)
    assert {old for old, _ in ISSUE_MOVES} == set(OPEN_ISSUES)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"weekdays": ["mon"]}, ["2026-01-05", "2026-01-12", "2026-01-19"], id="weekly"),
        pytest.param({"weekdays": ["tue", "fri"]}, ["2026-01-02", "2026-01-06", "2026-01-09"], id="two weekdays"),
        pytest.param(
            {"weekdays": ["mon"], "every_weeks": 2}, ["2026-01-12", "2026-01-26", "2026-02-09"], id="every other week"
        ),
        pytest.param({}, [], id="no schedule"),
    ],
)
def test_a_schedule_names_its_days(options: dict[str, object], expected: Sequence[str]) -> None:
    days = IssueOptions.model_validate(options).days(date(2026, 1, 1))
    assert [day.isoformat() for day, _ in zip(days, expected, strict=False)] == expected


@time_machine.travel(MONDAY, tick=False)
def test_the_schedule_makes_the_coming_issues_once(scheduled: Office) -> None:
    follow_issues()
    follow_issues()
    found = list(queries.issues(scheduled))
    assert [(one.number, one.planned_on.isoformat()) for one in found] == [
        (1, "2026-11-24"),
        (2, "2026-11-27"),
        (3, "2026-12-01"),
    ]
    assert found[0].closes_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


@time_machine.travel(datetime(2026, 9, 20, 1, tzinfo=UTC), tick=False)
def test_holidays_are_left_out(scheduled: Office) -> None:
    """The first week of October is off; the Friday before it is the Mid-Autumn Festival."""
    days = planning.days(scheduled, scheduled.channels["daily"], datetime(2026, 9, 20, 1, tzinfo=UTC))
    assert [next(days).isoformat() for _ in range(4)] == ["2026-09-22", "2026-09-29", "2026-10-09", "2026-10-13"]


@time_machine.travel(MONDAY, tick=False)
def test_what_is_released_waits_for_the_issue_to_close_and_is_then_handed_over_with_its_number(
    scheduled: Office,
) -> None:
    item = released(scheduled, "daily")
    hands = HandClock(MONDAY)
    delivery = one(item, "daily")
    assert delivery.due_at == issue().closes_at
    done = run(item, clock=hands)["daily"]
    assert done.state == State.DONE
    assert hands() >= issue().closes_at
    assert done.remote_id.endswith("_2026-01")
    follow_issues(now=hands())
    assert issue().state == IssueState.HANDED_OVER
    assert [entry.issue for entry in entries("handed_over")] == ["1"]
    assert [entry.issue for entry in entries("issue_closed")] == ["1"]


@time_machine.travel(MONDAY, tick=False)
def test_an_issue_that_is_full_sends_the_next_item_into_the_one_after(scheduled: Office) -> None:
    for title in ("第一篇", "第二篇", "第三篇"):
        released(scheduled, "daily", title=title)
    filled = queries.filled(queries.issues(scheduled))
    assert [[queries.title_of(member) for member in one.members] for one in filled[:2]] == [
        ["第一篇", "第二篇"],
        ["第三篇"],
    ]


@time_machine.travel(MONDAY, tick=False)
def test_a_new_revision_keeps_the_place_of_the_one_before(scheduled: Office) -> None:
    item = released(scheduled, "daily")
    released(scheduled, "daily", title="第二篇")
    corrected(scheduled, item, title="科技活动周启动（改）")
    (first, *_) = queries.filled(queries.issues(scheduled))
    assert {queries.title_of(member) for member in first.members} == {"科技活动周启动（改）", "第二篇"}


def test_without_a_schedule_an_item_is_an_issue_of_its_own_and_goes_out_at_once(office: Office) -> None:
    for title in ("第一篇", "第二篇"):
        assert run(released(office, "daily", title=title))["daily"].state == State.DONE
    follow_issues()
    year = queries.issues(office)[0].year
    assert [(one.number, one.state) for one in queries.issues(office)] == [
        (1, IssueState.HANDED_OVER),
        (2, IssueState.HANDED_OVER),
    ]
    assert {entry.issue for entry in entries("handed_over")} == {"1", "2"}
    assert counted(office, "issues-handed-over", year) == 2


def test_an_issue_a_person_opens_collects_until_it_is_closed(office: Office) -> None:
    opened = actions.open_issue(office.channels["daily"], timezone.localdate() + timedelta(days=5), by="wang")
    items = [released(office, "daily", title=title) for title in ("第一篇", "第二篇")]
    assert one(items[0], "daily").due_at == opened.closes_at
    actions.close(opened, by="wang")
    assert {run(item)["daily"].state for item in items} == {State.DONE}


@time_machine.travel(MONDAY, tick=False)
def test_only_what_a_person_saw_in_print_counts_as_printed(scheduled: Office) -> None:
    handed_over(scheduled, "第一篇", "第二篇")
    assert (counted(scheduled, "issues-handed-over"), counted(scheduled, "issues-printed")) == (1, 0)
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        printed(issue(), Printed(date(2026, 11, 24), "A01", [clipping()]), by="wang")
    found = issue()
    assert (found.state, found.page, found.told_by) == (IssueState.PRINTED, "A01", "wang")
    assert (counted(scheduled, "issues-handed-over"), counted(scheduled, "issues-printed")) == (1, 1)
    entry = entries("printed")[0]
    assert (entry.evidence, entry.issue, entry.happened_on, entry.detail["page"]) == (
        "E3",
        "1",
        date(2026, 11, 24),
        "A01",
    )
    assert asset_store().read(found.clippings[0]["sha256"]) == clipping().content


def counted(office: Office, rule: str, year: int = 2026) -> int:
    return count(office, Selection(Period.of_year(year), rules(on=date(year, 12, 31))[rule]))


@time_machine.travel(datetime(2026, 12, 30, 1, tzinfo=UTC), tick=False)
def test_an_issue_handed_over_in_the_old_year_is_not_taken_for_the_one_with_its_number(office: Office) -> None:
    """Number 1 of 2026 and number 1 of 2027 are both handed over in 2026; the year after, the last of 2026 appears."""
    channel = office.channels["daily"]
    for day in (date(2026, 12, 31), date(2027, 1, 1)):
        opened = actions.open_issue(channel, day, by="wang")
        item = released(office, "daily", title=f"见报 {day}")
        actions.close(opened, by="wang")
        assert run(item)["daily"].state == State.DONE
        follow_issues()
    assert [entry.issue for entry in entries("handed_over")] == ["1", "2027-01"]
    assert (counted(office, "issues-handed-over"), counted(office, "issues-handed-over", 2027)) == (2, 0)
    with time_machine.travel(datetime(2027, 1, 2, 1, tzinfo=UTC), tick=False):
        for year, day in ((2027, 1), (2026, 2)):
            printed(issue(year=year), Printed(date(2027, 1, day), "A01", [clipping()]), by="wang")
    assert [entry.issue for entry in entries("printed")] == ["1", "2026-01"]
    assert counted(office, "issues-printed", 2027) == 2
    told = [LogEntry.objects.get(seq=row.seq) for row in history_of(issue(year=2027))]
    assert [(entry.event, entry.issue) for entry in told] == [
        *[(event, "2027-01") for event in ("issue_opened", "issue_closed", "handed_over")],
        ("printed", "1"),
    ]


@time_machine.travel(MONDAY, tick=False)
def test_a_clipping_that_comes_later_is_added_and_nothing_else_changes(scheduled: Office) -> None:
    handed_over(scheduled, "第一篇")
    told = Printed(date(2026, 11, 23), "A01")
    printed(issue(), told, by="wang")
    assert entries("printed")[0].evidence == "E0"
    printed(issue(), replace(told, clippings=[clipping()]), by="li")
    assert [entry.evidence for entry in entries("printed")] == ["E0", "E3"]
    with pytest.raises(NotPossible, match="only a clipping can be added"):
        printed(issue(), replace(told, page="A02", clippings=[clipping()]), by="li")
    assert counted(scheduled, "issues-printed") == 1


@time_machine.travel(MONDAY, tick=False)
def test_what_the_newspaper_left_out_goes_back_to_the_pool_and_into_the_next_issue(scheduled: Office) -> None:
    first, second = handed_over(scheduled, "第一篇", "第二篇")
    printed(issue(), Printed(date(2026, 11, 23), without=[second.pk]), by="wang")
    assert [member.item_id for member in queries.pool(scheduled)] == [second.pk]
    assert [entry.item for entry in entries("not_accepted")] == [second.pk]
    again = orders.hand_over_again(one(second, "daily"), by="wang")
    assert queries.pool(scheduled) == []
    assert queries.collecting(again) == issue(2)
    hands = HandClock(MONDAY)
    assert run(second, clock=hands)["daily"].remote_id.endswith("_2026-02")
    assert [entry.issue for entry in entries("handed_over")] == ["1", "1", "2"]
    with pytest.raises(NotPossible):
        orders.hand_over_again(one(first, "daily"), by="wang")


@time_machine.travel(MONDAY, tick=False)
def test_an_issue_that_was_not_accepted_as_a_whole_never_counts_as_printed(scheduled: Office) -> None:
    items = handed_over(scheduled, "第一篇", "第二篇")
    not_accepted(issue(), by="wang", reason="版面紧张")
    assert issue().state == IssueState.NOT_ACCEPTED
    assert {member.item_id for member in queries.pool(scheduled)} == {item.pk for item in items}
    assert counted(scheduled, "issues-printed") == 0
    with pytest.raises(NotPossible):
        printed(issue(), Printed(date(2026, 11, 23)), by="wang")


@time_machine.travel(MONDAY, tick=False)
def test_a_revision_of_what_was_turned_down_is_handed_over_like_a_first_one(scheduled: Office) -> None:
    (item,) = handed_over(scheduled, "第一篇")
    not_accepted(issue(), by="wang", reason="版面紧张")
    (delivery,) = corrected(scheduled, item, title="第一篇（改写）")
    assert (delivery.action, delivery.state, queries.collecting(delivery)) == (Action.PUBLISH, State.WAITING, issue(2))


@time_machine.travel(MONDAY, tick=False)
def test_an_item_goes_on_in_a_later_issue_and_is_handed_over_once(scheduled: Office) -> None:
    (item,) = handed_over(scheduled, "长文")
    (member,) = queries.members([issue()])
    actions.go_on(member, issue(2), by="wang")
    follow_issues(now=issue(2).closes_at)
    follow_issues(now=issue(2).closes_at)
    assert issue(2).state == IssueState.HANDED_OVER
    assert [entry.issue for entry in entries("handed_over")] == ["1", "2"]
    assert events(item, "daily").count("handed_over") == 2
    assert counted(scheduled, "issues-handed-over") == 2
    with time_machine.travel(datetime(2026, 11, 27, 3, tzinfo=UTC), tick=False):
        printed(issue(2), Printed(date(2026, 11, 27), "A02"), by="wang")
    assert (entries("printed")[0].issue, entries("printed")[0].detail["part"]) == ("2", 2)


@time_machine.travel(MONDAY, tick=False)
@pytest.mark.parametrize(
    ("told", "words"),
    [
        pytest.param(Printed(date(2026, 11, 25)), "still to come", id="tomorrow"),
        pytest.param(Printed(date(2026, 11, 20)), "handed over on", id="before it was handed over"),
        pytest.param(Printed(date(2024, 11, 20)), "not of the year", id="another year"),
        pytest.param(Printed(date(2026, 11, 23), "第" * 21), "at most 20", id="a long page"),
        pytest.param(Printed(date(2026, 11, 23), without=[77]), "not in issue", id="an item it does not hold"),
        pytest.param(
            Printed(date(2026, 11, 23), clippings=[Medium("a.txt", "text/plain", b"words")]),
            "no clipping",
            id="no picture",
        ),
    ],
)
def test_what_cannot_be_is_not_taken_as_printed(scheduled: Office, told: Printed, words: str) -> None:
    handed_over(scheduled, "第一篇")
    with pytest.raises(NotPossible, match=words):
        printed(issue(), told, by="wang")
    assert issue().state == IssueState.HANDED_OVER
    assert entries("printed") == []


@time_machine.travel(MONDAY, tick=False)
def test_an_issue_on_its_way_cannot_be_printed_and_says_what_is_missing(scheduled: Office) -> None:
    item = released(scheduled, "daily")
    actions.close(issue(), by="wang")
    with pytest.raises(NotPossible, match=f"item {item.pk} is still on its way"):
        printed(issue(), Printed(date(2026, 11, 23)), by="wang")


@time_machine.travel(MONDAY, tick=False)
def test_an_empty_issue_raises_an_alarm_and_is_missed_when_its_day_is_over(scheduled: Office) -> None:
    follow_issues()
    assert [(alarm.issue.number, alarm.why) for alarm in queries.alarms(scheduled, now=MONDAY)] == [(1, "empty")]
    follow_issues(now=MONDAY + timedelta(days=1))
    assert issue().state == IssueState.COLLECTING
    follow_issues(now=MONDAY + timedelta(days=2))
    assert issue().state == IssueState.MISSED
    assert [entry.issue for entry in entries("issue_missed")] == ["1"]


@time_machine.travel(MONDAY, tick=False)
def test_what_was_handed_over_and_never_told_of_raises_an_alarm(scheduled: Office) -> None:
    handed_over(scheduled, "第一篇")
    later = MONDAY + timedelta(days=7)
    assert (1, "untold") in [(alarm.issue.number, alarm.why) for alarm in queries.alarms(scheduled, now=later)]


@time_machine.travel(MONDAY, tick=False)
def test_a_delivery_that_was_held_still_waits_for_its_issue(scheduled: Office) -> None:
    item = released(scheduled, "daily")
    deliveries.hold(one(item, "daily"), by="wang", reason="再核一下")
    deliveries.retry(one(item, "daily"), by="wang")
    assert one(item, "daily").due_at == issue().closes_at


@time_machine.travel(MONDAY, tick=False)
def test_an_item_may_be_put_into_another_issue_as_long_as_it_has_not_begun(scheduled: Office) -> None:
    item = released(scheduled, "daily")
    actions.put(one(item, "daily"), issue(2), by="wang")
    assert one(item, "daily").due_at == issue(2).closes_at
    assert [queries.title_of(member) for member in queries.members([issue()])] == []
    actions.close(issue(2), by="wang")
    run(item)
    with pytest.raises(NotPossible, match="has been handed over"):
        actions.put(one(item, "daily"), issue(3), by="wang")


@time_machine.travel(MONDAY, tick=False)
def test_a_closed_issue_may_collect_again_and_be_planned_for_another_day(scheduled: Office) -> None:
    item = released(scheduled, "daily")
    actions.close(issue(), by="wang")
    actions.reopen(issue(), by="wang", reason="早了")
    assert one(item, "daily").due_at == issue().closes_at
    actions.change(issue(), day=date(2026, 11, 26), page="A03", by="wang", reason="改版")
    assert (issue().planned_on, issue().page) == (date(2026, 11, 26), "A03")
    assert one(item, "daily").due_at == issue().closes_at == datetime(2026, 11, 25, 8, tzinfo=UTC)
    actions.close(issue(), by="wang")
    run(item)
    with pytest.raises(NotPossible, match="cannot be done to issue 2026-01 now"):
        actions.reopen(issue(), by="wang")


@time_machine.travel(MONDAY, tick=False)
def test_only_an_issue_without_items_can_be_missed_by_decision(scheduled: Office) -> None:
    released(scheduled, "daily")
    with pytest.raises(NotPossible, match="holds items"):
        missed(issue(), by="wang", reason="停刊")
    missed(issue(2), by="wang", reason="停刊")
    assert (issue(2).state, entries("issue_missed")[0].detail["reason"]) == (IssueState.MISSED, "停刊")


@time_machine.travel(MONDAY, tick=False)
def test_a_wish_taken_back_before_the_issue_closes_leaves_it(scheduled: Office) -> None:
    item = released(scheduled, "daily")
    orders.recall(item, ["daily"], by="wang", reason="有误")
    follow_issues()
    assert list(queries.members([issue()])) == []
    follow_issues(now=issue().closes_at)
    assert issue().state == IssueState.COLLECTING


@pytest.mark.parametrize(
    ("room", "taken", "holds"),
    [
        pytest.param(Room(2, 100, 0), Room(2, 100, 9), True, id="exactly, and pictures nobody counts"),
        pytest.param(Room(2, 100, 0), Room(3, 10, 0), False, id="an item too many"),
        pytest.param(Room(2, 100, 1), Room(1, 101, 0), False, id="a character too many"),
        pytest.param(Room(2, 100, 1), Room(1, 10, 2), False, id="a picture too many"),
        pytest.param(Room(), Room(99, 9999, 99), True, id="nobody counts"),
    ],
)
def test_room_is_what_is_counted(room: Room, taken: Room, holds: bool) -> None:
    assert room.holds(taken) is holds


def test_the_number_of_queries_does_not_depend_on_how_many_issues_there_are(
    office: Office, django_assert_num_queries: object
) -> None:
    for title in ("第一篇", "第二篇", "第三篇"):
        released(office, "daily", title=title)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert [queries.issue_json(one)["items"][0]["title"] for one in queries.filled(queries.issues(office))]


def test_a_channel_without_issues_has_no_place_in_the_register(office: Office) -> None:
    released(office, "portal")
    assert IssueItem.objects.count() == 0
    with pytest.raises(NotPossible, match="has no issues"):
        actions.open_issue(office.channels["portal"], timezone.localdate(), by="wang")


# Correction notices


def recalled(office: Office) -> tuple[Item, RecallLine]:
    """An item that was printed and is being taken back; the newspaper must print a notice."""
    (item,) = handed_over(office, "第一篇")
    printed(issue(), Printed(date(2026, 11, 23), "A01"), by="wang")
    asking.ask(item, asking.Wish("人数有误"), by="wang")
    run(item)
    return item, RecallLine.objects.get(channel="daily")


@time_machine.travel(MONDAY, tick=False)
def test_after_printing_a_slot_for_the_correction_is_kept_in_the_next_issue(scheduled: Office) -> None:
    _, line = recalled(scheduled)
    (slot,) = queries.members([issue(2)])
    assert (slot.answers, slot.delivery, line.issue) == (line, None, "2026-02")
    notice = notices.submit(line, notices.Notice("更正启事", "应为二百余名。"), by="wang")
    release_directly(scheduled, notice.revisions.get(), by="wang")
    orders.collect()
    (filled,) = queries.members([issue(2)])
    assert (filled.pk, filled.item_id) == (slot.pk, notice.pk)
    actions.close(issue(2), by="wang")
    run(notice)
    with time_machine.travel(datetime(2026, 11, 27, 3, tzinfo=UTC), tick=False):
        printed(issue(2), Printed(date(2026, 11, 27), "A01"), by="wang")
    assert [entry.issue for entry in entries("notice_handed_over")] == ["2"]
    assert [entry.issue for entry in entries("notice_printed")] == ["2"]
    assert counted(scheduled, "issues-printed") == 1


@time_machine.travel(MONDAY, tick=False)
@pytest.mark.parametrize(("clippings", "grade"), [([], "E0"), ([clipping()], "E3")], ids=["told", "with a clipping"])
def test_a_notice_that_is_printed_closes_the_recall_it_answers(
    scheduled: Office, clippings: list[Medium], grade: str
) -> None:
    item, line = recalled(scheduled)
    notice = notices.submit(line, notices.Notice("更正启事", "应为二百余名。"), by="wang")
    release_directly(scheduled, notice.revisions.get(), by="wang")
    orders.collect()
    actions.close(issue(2), by="wang")
    run(notice)
    sweep()
    assert line.recall.closed_at is None
    with time_machine.travel(datetime(2026, 11, 27, 3, tzinfo=UTC), tick=False):
        printed(issue(2), Printed(date(2026, 11, 27), "A01", clippings), by="wang")
        sweep()
        sweep()
    line.refresh_from_db()
    line.recall.refresh_from_db()
    assert (line.state, line.evidence, line.recall.closed_at is None) == (LineState.ANSWERED, grade, False)
    (settled,) = entries("recall_settled")
    assert (settled.item, settled.evidence, settled.detail["notice"]) == (item.pk, grade, notice.pk)
    assert (settled.detail["issue"], settled.detail["printed_on"]) == ("2026-02", "2026-11-27")
    assert (one(item, "daily").state, events(item, "daily").count("recalled")) == (State.CANCELLED, 0)


@time_machine.travel(MONDAY, tick=False)
def test_a_slot_nobody_filled_goes_on_to_the_next_issue(scheduled: Office) -> None:
    recalled(scheduled)
    released(scheduled, "daily", title="第二篇")
    actions.close(issue(2), by="wang")
    assert [member.answers_id is not None for member in queries.members([issue(3)])] == [True]
    assert [queries.title_of(member) for member in queries.members([issue(2)])] == ["第二篇"]


@time_machine.travel(MONDAY, tick=False)
def test_the_self_test_tells_of_issues_that_need_somebody(scheduled: Office) -> None:
    empty, year = issue_findings(scheduled, now=MONDAY)
    assert "issue 2026-01 of 2026-11-24: nothing is in it" in str(empty.text)
    assert "holidays of 2027 are not known" in str(year.text)
