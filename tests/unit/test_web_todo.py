"""Things to do: what waits for whom, counted in the navigation, and cheap however much there is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from publisher.items.models import Draft, DraftState, Item
from publisher.office import get_office
from publisher.people import tokens
from publisher.people.roles import Role
from publisher.people.tokens import Terms
from publisher.queue import accounts
from publisher.queue.models import Delivery
from publisher.queue.moves import error_json
from publisher.queue.recalls.asking import Wish as RecallWish
from publisher.queue.recalls.asking import ask
from publisher.queue.states import State
from publisher.queue.visits.claims import OVERDUE
from publisher.review.deciding import decide
from publisher.review.models import Decision
from publisher.web.todo.sources import MOST
from tests.approval import AUTHOR, deciders, opinion, sent_up
from tests.desk_samples import REASON, age, elements, links, put, released, sign_in, submitted, texts
from tests.staff import person
from tests.world import write_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def as_(*roles: Role, name: str = "lina") -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person(name, *roles))
    return client


def held(title: str, kind: str = OVERDUE) -> Delivery:
    return put(released(title, to="portal"), "portal", State.HELD, kind=kind)


def section(page: Any, key: str) -> list[str]:
    return texts(page, f"section[aria-labelledby={key}] li .what > a")


def badge(page: Any) -> list[str]:
    return [text.split()[-1] for text in texts(page, ".rooms .badge")]


def test_whoever_comes_in_begins_with_what_there_is_to_do(desk: Client) -> None:
    assert desk.get("/", follow=True).redirect_chain == [("/todo/", 302)]


def test_with_nothing_to_do_it_says_so(desk: Client) -> None:
    page = desk.get("/todo/")
    kept = [key for key in ("decide", "refused", "given-back", "paused") if section(page, key)]
    assert (kept, badge(page)) == ([], [])


def test_what_a_person_holds_up_is_there_with_what_may_be_done(desk: Client) -> None:
    old = held("甲")
    age(old, 3600)
    held("乙", "Bug")
    doubtful = put(released("丙", to="portal"), "portal", State.UNCERTAIN)
    age(doubtful, 7200)
    put(released("丁", to="portal"), "portal", State.UNCERTAIN)
    page = desk.get("/todo/")
    assert section(page, "decide") == ["丙", "甲", "乙"]
    assert badge(page) == ["3"]
    assert f"/deliveries/confirm/?delivery={doubtful.pk}" in links(page, "#todo .deed-links a")
    assert len(elements(page, "#todo input[type=checkbox][aria-label]")) == 3
    assert texts(page, ".todo .person")[0].startswith("Could not be sent in time: 1.")
    assert badge(desk.get("/board/")) == ["3"]


def test_a_refused_text_waits_for_whoever_wrote_it_and_for_those_who_edit_all() -> None:
    put(released("甲", to="portal"), "portal", State.REFUSED, kind="ProductRefused")
    assert section(as_(Role.DRAFTER, name="zhangwei").get("/todo/"), "refused") == ["甲"]
    assert section(as_(Role.DRAFTER, name="wangfang").get("/todo/"), "refused") == []
    assert section(as_(Role.PUBLISHER).get("/todo/"), "refused") == ["甲"]


def test_a_draft_that_came_back_waits_for_its_owner() -> None:
    now = timezone.now()
    for owner, state in (
        ("lina", DraftState.GIVEN_BACK),
        ("lina", DraftState.OPEN),
        ("wangfang", DraftState.GIVEN_BACK),
    ):
        Draft.objects.create(
            office="kzj",
            owner=owner,
            state=state,
            title=f"{owner} {state}",
            reason="请补充数据",
            created_at=now,
            changed_at=now,
        )
    page = as_(Role.DRAFTER).get("/todo/")
    assert section(page, "given-back") == ["lina given_back"]
    assert "请补充数据" in texts(page, "section[aria-labelledby=given-back] .note")
    assert badge(page) == ["1"]


def test_a_paused_channel_waits_for_the_administrator() -> None:
    accounts.pause(get_office().channels["portal"], by="system", report=error_json(REASON), now=timezone.now())
    page = as_(Role.ADMINISTRATOR).get("/todo/")
    assert section(page, "paused") == ["门户网站"]
    assert section(as_(Role.PUBLISHER, name="wangfang").get("/todo/"), "paused") == []
    assert badge(page) == ["1"]


def test_old_columns_wait_for_who_writes_and_reports_for_who_fills_them_in() -> None:
    columns = as_(Role.DRAFTER).get("/todo/")
    assert section(columns, "reports") == []
    manager = as_(Role.REPORT_MANAGER, name="wangfang").get("/todo/")
    year = timezone.now().year - 1
    assert {link.split("/")[2] for link in links(manager, "section[aria-labelledby=reports] li a")} == {str(year)}
    assert section(manager, "ageing") == []


def test_what_no_longer_holds_waits_until_it_is_taken_back_everywhere(desk: Client) -> None:
    today = timezone.localdate(timezone=get_office().timezone)
    items = {}
    for name, day in {"旧政策": today - timedelta(days=1), "新政策": today, "无期限": None}.items():
        items[name] = released(name, to="portal,wechat")
        Item.objects.filter(pk=items[name].pk).update(in_force_until=day)
        put(items[name], "portal", State.DONE)
    never = released("从未发布", to="portal")
    Item.objects.filter(pk=never.pk).update(in_force_until=today - timedelta(days=9))
    page = desk.get("/todo/")
    assert section(page, "expired") == ["旧政策"]
    (address,) = links(page, "section[aria-labelledby=expired] .what > a")
    asking = desk.get(address)
    assert elements(asking, "input[name=kind][value=law]")[0].has_attr("checked")
    assert (today - timedelta(days=1)).isoformat() in texts(asking, "textarea[name=reason]")[0]
    ask(items["旧政策"], RecallWish("到期", "law"), by="zhangwei")
    assert section(desk.get("/todo/"), "expired") == [], "the recall has its own place on the page"


def test_tokens_that_end_soon_wait_for_the_administrator() -> None:
    office = get_office()
    for name, days in {"soon": 20, "later": 90}.items():
        tokens.create(office, name, Terms(days=days), by="lina")
    assert section(as_(Role.ADMINISTRATOR).get("/todo/"), "tokens") == ["soon"]
    assert section(as_(Role.DRAFTER, name="wangfang").get("/todo/"), "tokens") == []


def test_reports_are_named_as_they_will_be() -> None:
    named = section(as_(Role.REPORT_MANAGER).get("/todo/"), "reports")
    assert named
    assert not any("{" in name for name in named)


def test_an_auditor_has_nothing_to_do() -> None:
    held("甲")
    page = as_(Role.AUDITOR).get("/todo/")
    assert texts(page, "#todo .empty p") == ["Nothing waits for you."]
    assert len(texts(page, ".strip p")) == 1, "what is red is there for everybody"


def test_news_are_sent_only_where_there_are_any(desk: Client) -> None:
    first = held("甲")
    seen = str(elements(desk.get("/todo/"), "#todo [name=seen]")[0]["value"])
    assert desk.get("/todo/changes/", {"seen": seen}).status_code == 204
    Delivery.objects.filter(pk=first.pk).update(state=State.WAITING)
    answer = desk.get("/todo/changes/", {"seen": seen})
    assert section(answer, "decide") == []
    assert elements(answer, "html") == []


@pytest.mark.parametrize("count", [2, 12])
def test_the_page_asks_the_database_as_often_for_much_as_for_little(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        held(f"稿件{number}")
        put(released(f"退{number}", to="portal"), "portal", State.REFUSED)
    with django_assert_num_queries(29):
        page = desk.get("/todo/")
    assert len(section(page, "decide")) == len(section(page, "refused")) == count


def test_more_than_anybody_counts_is_not_counted(desk: Client) -> None:
    first = held("甲")
    copies = []
    for number in range(120):
        copy = Delivery.objects.get(pk=first.pk)
        copy.pk, copy.key, copy.item_id = None, str(number), submitted(f"{number}").pk
        copies.append(copy)
    Delivery.objects.bulk_create(copies)
    age(first, timedelta(days=1).total_seconds())
    page = desk.get("/todo/")
    assert badge(page) == ["99+"]
    assert texts(page, "section[aria-labelledby=decide] h2 + .chip") == ["99+"]
    assert len(section(page, "decide")) == MOST


STEPS = """
steps = [
    { key = "head", name = "科室负责人初审", kind = "review", working_days = 3 },
    { key = "leader", name = "分管领导签发", kind = "sign" },
]
# """


def test_an_approval_waits_for_whoever_is_next_and_comes_back_to_whoever_wrote_it(
    home: Path, settings: Settings
) -> None:
    settings.PUBLISHER_CONFIG = write_office(home, "http://127.0.0.1:1", changes=[("\nsteps = []", STEPS)])
    settings.PUBLISHER_TIME_SCALE = 1
    office, people = get_office(), deciders()
    review = sent_up(office)
    first = Client(headers={"Accept-Language": "en"})
    first.force_login(next(iter(people.values())))
    page = first.get("/todo/")
    assert section(page, "approvals") == [review.revision.title]
    assert badge(page) == ["1"]
    assert links(page, "section[aria-labelledby=approvals] li a") == [f"/reviews/{review.pk}/"]
    decide(office, review, opinion(review, Decision.Verdict.SEND_BACK, "请补充"), by=next(iter(people.values())))
    assert section(first.get("/todo/"), "approvals") == []
    author = Client(headers={"Accept-Language": "en"})
    author.force_login(person(AUTHOR, Role.DRAFTER))
    page = author.get("/todo/")
    assert section(page, "given-back") + section(page, "sent-back") == [review.revision.title], "once, not twice"
