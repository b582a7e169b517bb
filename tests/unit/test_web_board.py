"""The board: what its filters find, what is red on it, and what it answers when it is asked for news."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from publisher.items.actions import Wish, revise
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item
from publisher.office import get_office
from publisher.people.roles import Role
from publisher.queue import accounts
from publisher.queue.models import Delivery, Pulse, RecallLine
from publisher.queue.moves import error_json
from publisher.queue.recalls.asking import Wish as RecallWish
from publisher.queue.recalls.asking import ask
from publisher.queue.states import State
from publisher.review.emergency import release_in_emergency
from publisher.web.board.approving import emergency_chips, steps_of
from publisher.web.board.views import PAGE_LENGTH
from tests.approval import sent_up, with_steps
from tests.desk_samples import REASON, elements, links, put, released, sign_in, submitted, texts
from tests.staff import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def some() -> None:
    """Items that differ in all that one may ask for."""
    put(released("甲", to="portal"), "portal", State.HELD, kind="Overdue")
    put(released("乙", to="portal"), "portal", State.REFUSED, kind="ProductRefused")
    put(released("丙", to="wechat"), "wechat", State.DONE)
    put(released("丁", to="daily"), "daily", State.HELD, kind="Bug")
    submitted("戊")
    Item.objects.filter(title="丙").update(column="notices", section="规划科")


ASKED = {
    "state=held": "丁甲",
    "state=refused": "乙",
    "state=done": "丙",
    "state=submitted": "戊",
    "state=cancelled": "",
    "turn=administrator": "丁",
    "turn=editor": "乙",
    "turn=clerk": "甲",
    "channel=portal": "乙甲",
    "channel=portal&state=held": "甲",
    "channel=portal&turn=editor": "乙",
    "channel=gone": "",
    "column=notices": "丙",
    "column=notices&state=held": "",
    "section=规划": "丙",
    "text=丁": "丁",
    "text=没有": "",
    "state=nonsense&turn=nobody-knows&column=none": "戊丁丙乙甲",
    "text=%20": "戊丁丙乙甲",
}


@pytest.mark.parametrize(("query", "expected"), ASKED.items(), ids=ASKED)
def test_filters_find(desk: Client, query: str, expected: str) -> None:
    some()
    assert "".join(texts(desk.get(f"/board/?{query}"), ".items h2")) == expected


def test_an_item_is_found_by_its_number(desk: Client) -> None:
    some()
    item = Item.objects.get(title="乙")
    assert texts(desk.get(f"/board/?text={item.pk}"), ".items h2") == ["乙"]


def test_the_list_has_the_title_of_the_newest_revision(desk: Client) -> None:
    item = submitted("旧题")
    revise(get_office(), item, Manuscript(title="新题", html="<p>新</p>", media=()), Wish(), by="zhangwei")
    assert texts(desk.get("/board/?text=新题"), ".items h2") == ["新题"]


def test_what_is_asked_for_stays_in_the_form_and_in_the_pages(desk: Client) -> None:
    for number in range(PAGE_LENGTH + 1):
        submitted(f"通知{number}")
    page = desk.get("/board/?text=通知&state=submitted")
    assert [str(field["value"]) for field in elements(page, "#text, #state [selected]")] == ["通知", "submitted"]
    (older,) = links(page, ".pages a")
    assert texts(desk.get(f"/board/{older}"), ".items h2") == ["通知0"]
    assert "state=submitted" in older


def test_red_is_shown_whatever_is_asked_for(desk: Client) -> None:
    some()
    everything = texts(desk.get("/board/"), ".strip p")
    assert len(everything) == 3
    assert texts(desk.get("/board/?text=没有"), ".strip p") == everything
    assert [text.split(":")[0] for text in everything] == [
        "Deliveries that wait for a person",
        "Deliveries that wait for a person",
        "Refused, the text must be changed",
    ]


def test_what_is_red_leads_to_its_items(desk: Client) -> None:
    some()
    found = ["".join(texts(desk.get(link), ".items h2")) for link in links(desk.get("/board/"), ".strip a")]
    assert sorted(found) == ["丁", "乙", "甲"]


def test_a_paused_channel_and_a_sweep_that_stands_still_are_red(desk: Client) -> None:
    released("甲", to="portal")
    accounts.pause(get_office().channels["portal"], by="lihong", report=error_json(REASON), now=timezone.now())
    Pulse.objects.create(name="sweep", at=timezone.now() - timedelta(days=1))
    page = desk.get("/board/")
    stopped, paused = texts(page, ".strip p")
    assert stopped.startswith("Nothing is sent")
    assert "门户网站 · The channel is paused. The platform refuses this text." in paused
    assert "The administrator must act" in texts(page, ".items .reason")[0]


def test_an_open_delivery_is_not_hidden_by_what_is_planned_after_it(desk: Client) -> None:
    held = put(released("甲", to="portal"), "portal", State.HELD, kind="Overdue")
    held.pk, held.key, held.state = None, "later", State.PLANNED
    held._state.adding = True
    held.save()
    assert texts(desk.get("/board/"), ".items .chip") == ["waits for a person", "planned, after what is under way"]


def seen(page: Any) -> dict[str, Any]:
    """What a browser that shows this page sends when it asks for news."""
    return {
        "seen": [str(field["value"]) for field in elements(page, "[name=seen]")],
        "strip": str(elements(page, "[name=strip]")[0]["value"]),
    }


def test_where_nothing_has_changed_nothing_is_sent(desk: Client) -> None:
    some()
    answer = desk.get("/board/changes/", seen(desk.get("/board/")))
    assert (answer.status_code, answer.content) == (204, b"")


def test_only_what_has_changed_is_sent(desk: Client) -> None:
    some()
    before = seen(desk.get("/board/"))
    changed = Item.objects.get(title="丙")
    Delivery.objects.filter(item=changed).update(state=State.SENDING, attempt=5)
    answer = desk.get("/board/changes/", before)
    assert [row["id"] for row in elements(answer, "li[hx-swap-oob=true]")] == [f"item-{changed.pk}"]
    assert texts(answer, "h2") == ["丙"]
    assert elements(answer, "#strip") == []


def test_what_is_new_comes_on_top_and_what_matches_no_more_goes(desk: Client) -> None:
    some()
    before = seen(desk.get("/board/?state=held"))
    gone = Item.objects.get(title="丁")
    Delivery.objects.filter(item=gone).update(state=State.DONE, attempt=5)
    put(released("己", to="portal"), "portal", State.HELD, kind="Overdue")
    answer = desk.get("/board/changes/", {"state": "held", **before})
    assert texts(answer, "[hx-swap-oob='afterbegin:#rows'] h2") == ["己"]
    assert [row["id"] for row in elements(answer, "[hx-swap-oob=delete]")] == [f"item-{gone.pk}"]
    assert len(texts(answer, "#strip p")) == 2


def test_what_comes_in_between_renews_the_whole_list(desk: Client) -> None:
    some()
    before = seen(desk.get("/board/?state=held"))
    Delivery.objects.filter(item__title="乙").update(state=State.HELD, attempt=5)
    answer = desk.get("/board/changes/", {"state": "held", **before})
    assert texts(answer, "#rows[hx-swap-oob=true] h2") == ["丁", "乙", "甲"]


@pytest.mark.parametrize("nonsense", ["", "x", "7", "7.", ".abc", "<script>.x", "9" * 40 + ".a"])
def test_a_browser_that_asks_nonsense_gets_the_list(desk: Client, nonsense: str) -> None:
    some()
    answer = desk.get("/board/changes/", {"seen": [nonsense]})
    assert texts(answer, "h2") == list("戊丁丙乙甲")
    assert "<script" not in answer.content.decode()


def test_an_item_is_renewed_where_it_has_changed(desk: Client) -> None:
    item = released("甲", to="portal")
    address = f"/items/{item.pk}/"
    before = {"seen": str(elements(desk.get(address), "#channels [name=seen]")[0]["value"])}
    assert desk.get(f"{address}changes/", before).status_code == 204
    put(item, "portal", State.DONE, attempt=5)
    assert texts(desk.get(f"{address}changes/", before), "#channels .chip") == ["published"]


def test_what_is_in_approval_says_at_which_step(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = with_steps(get_office())
    for _number in range(3):
        sent_up(office)
    items = list(Item.objects.all())
    with django_assert_num_queries(3):
        steps_of(items)
    page = desk.get("/board/")
    assert texts(page, ".items .chip") == ["in approval"] * 3
    assert texts(page, ".items .note") == ["waits for: 科室负责人初审"] * 3


def test_what_went_out_before_its_approval_is_marked(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office, signer = with_steps(get_office()), person("zhaomin", Role.SIGNER)
    for _number in range(3):
        release_in_emergency(office, sent_up(office), by=signer, reason="汛情", is_free_of_secrets=True)
    items = list(Item.objects.all())
    with django_assert_num_queries(2):
        emergency_chips(items)
    page = desk.get("/board/")
    assert texts(page, ".items .about .chip") == ["emergency release, not confirmed yet"] * 3
    released("照常")
    assert len(texts(desk.get("/board/"), ".items .about .chip")) == 3


def test_a_recall_past_its_time_is_red(desk: Client) -> None:
    item = released("甲", to="daily")
    put(item, "daily", State.DONE)
    recall, _made = ask(item, RecallWish("有误"), by="lihong")
    assert texts(desk.get("/board/"), ".strip p") == []
    RecallLine.objects.filter(recall=recall).update(due_at=timezone.now() - timedelta(hours=1))
    (late,) = elements(desk.get("/board/"), ".strip a")
    assert late["href"] == "/recalls/"
