"""The calendar: what stands on which day, in the office's time, with days off and what the accounts may still do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from publisher.items.models import Revision
from publisher.office import get_office
from publisher.queue import actions
from publisher.queue.models import Account, Delivery, Usage
from publisher.queue.slots import BEIJING
from publisher.queue.states import State
from publisher.web.agenda import span
from tests.approval import sent_up, with_steps
from tests.desk_samples import links, put, released, sign_in, texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOW = datetime(2026, 9, 30, 10, 0, tzinfo=BEIJING)


@pytest.fixture(autouse=True)
def _september() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def out(title: str, channel: str = "portal") -> Delivery:
    """Published today."""
    delivery = put(released(title, to=channel), channel, State.UNCERTAIN)
    found = Delivery.objects.select_related("revision__item", "product").get(pk=delivery.pk)
    actions.confirm(found, by="lihong", url="", reason="看到了")
    return found


def planned(title: str, at: datetime, channel: str = "portal") -> Delivery:
    return put(released(title, to=channel), channel, State.WAITING, due_at=at)


def cell(page: object, day: str) -> str:
    (found,) = [text for text in texts(page, ".month td") if text.startswith(day)]
    return found


def test_a_month_counts_what_went_out_and_what_is_planned(desk: Client) -> None:
    for title in "甲乙":
        out(title)
    planned("丙", NOW + timedelta(hours=5), "daily")
    page = desk.get("/calendar/")
    assert cell(page, "2026-09-30").split()[1:] == ["门户网站", "out", "2", "攀枝花日报", "planned", "1"]
    assert "/calendar/" in links(page, ".rooms a")
    assert texts(page, ".month [aria-current=date]") == ["2026-09-3030Wed"]


def test_days_are_those_of_the_office(desk: Client) -> None:
    planned("深夜", datetime(2026, 10, 2, 0, 30, tzinfo=BEIJING))
    assert "planned 1" in cell(desk.get("/calendar/?month=2026-10"), "2026-10-02")


def test_what_is_due_already_goes_out_today(desk: Client) -> None:
    planned("晚了", NOW - timedelta(days=3))
    assert "planned 1" in cell(desk.get("/calendar/"), "2026-09-30")
    assert texts(desk.get("/calendar/?day=2026-09-27"), ".day-lines .what > a") == []


def test_a_week_and_a_day_list_the_items_in_order(desk: Client) -> None:
    planned("晚", NOW + timedelta(hours=8))
    planned("早", NOW + timedelta(hours=1))
    out("已")
    for address in ("/calendar/?week", "/calendar/?day"):
        page = desk.get(address)
        assert texts(page, ".day-lines .what > a") == ["已", "早", "晚"]
        assert texts(page, ".day-lines .at") == ["10:00", "11:00", "18:00"]
    assert len(texts(desk.get("/calendar/?week=2026-W40"), ".days section")) == 7


def test_what_is_still_in_approval_is_planned_for_its_day(desk: Client) -> None:
    review = sent_up(with_steps(get_office()), to=("portal", "daily"))
    Revision.objects.filter(pk=review.revision_id).update(publish_at=NOW + timedelta(days=1))
    assert "planned 1" in cell(desk.get("/calendar/?month=2026-10"), "2026-10-01")
    assert texts(desk.get("/calendar/?day=2026-10-01"), ".day-lines .chip") == ["in approval"] * 2
    assert texts(desk.get("/calendar/?day=2026-10-01&channel=daily"), ".day-lines .chip") == ["in approval"]


def test_one_channel_alone_may_be_asked_for(desk: Client) -> None:
    out("甲")
    out("乙", "daily")
    page = desk.get("/calendar/?channel=daily")
    assert "门户网站" not in cell(page, "2026-09-30")
    assert all("channel=daily" in link for link in links(page, ".agenda-bar a"))
    assert "门户网站" in cell(desk.get("/calendar/?channel=none"), "2026-09-30")


def test_days_off_and_days_made_up_for_are_marked(desk: Client) -> None:
    page = desk.get("/calendar/?month=2026-10")
    assert "day off" in cell(page, "2026-10-01")
    assert "working day" in cell(page, "2026-10-10")
    assert "day" not in cell(page, "2026-10-12").split()[1:]


def test_what_the_accounts_may_still_do_is_told(desk: Client) -> None:
    account = Account.objects.create(office="kzj", channel="weibo")
    midnight = NOW.replace(hour=0)
    Usage.objects.create(account=account, quota="calls_per_day", begins_at=midnight, used=30)
    Usage.objects.create(account=account, quota="calls_per_day", begins_at=midnight + timedelta(days=1), used=7)
    Usage.objects.create(account=account, quota="calls_per_day", begins_at=midnight - timedelta(days=1), used=99)
    rows = [row for row in texts(desk.get("/calendar/"), ".allowances tbody tr") if "calls a day" in row]
    assert rows == ["新浪微博 100 calls a day 70 10-01 00:00 10-01 00:00: 7"]


@pytest.mark.parametrize(
    "nonsense", ["month=2026-13", "week=2026-W60", "day=2026-02-30", "day=0001-01-01", "month=9999-12"]
)
def test_what_makes_no_sense_is_today(desk: Client, nonsense: str) -> None:
    page = desk.get(f"/calendar/?{nonsense}")
    assert page.status_code == 200
    assert "2026" in texts(page, ".heading .count")[0]


@pytest.mark.parametrize("address", ["/calendar/", "/calendar/?week"])
@pytest.mark.parametrize("count", [2, 12])
def test_it_asks_the_database_as_often_for_much_as_for_little(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int, address: str
) -> None:
    for number in range(count):
        out(f"出{number}")
        planned(f"等{number}", NOW + timedelta(hours=number % 5))
    with django_assert_num_queries(12):
        assert desk.get(address).status_code == 200


@given(st.dates(date(2001, 1, 1), date(2098, 12, 31)), st.sampled_from(["month", "week", "day"]))
def test_going_on_and_back_leads_to_the_same_days(day: date, kind: span.Kind) -> None:
    asked = span.read({"day": day.isoformat()}, day).as_kind(kind, day)
    assert day in asked.days
    assert asked.after.before == asked == span.read({asked.kind: asked.value}, day)
    assert asked.after.period.first == asked.period.last + timedelta(days=1)
    assert len(asked.days) % (1 if kind == "day" else 7) == 0
