"""What the desk says of every item and delivery."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from publisher.log.events import Event
from publisher.office import get_office
from publisher.queue import actions
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.web import words
from publisher.web.board.views import PAGE_LENGTH
from publisher.web.rows import LOOKS
from tests.desk_samples import age, links, put, released, sign_in, submitted, texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def test_list_shows_newest_first_with_column_time_and_submitter(desk: Client) -> None:
    older, newer = submitted("旧闻"), submitted("新闻")
    page = desk.get("/board/")
    assert texts(page, ".items h2") == ["新闻", "旧闻"]
    assert links(page, ".items h2 a") == [f"/items/{newer.pk}/", f"/items/{older.pk}/"]
    local = newer.created_at.astimezone(get_office().timezone).strftime("%Y-%m-%d %H:%M")
    assert texts(page, ".items .facts")[0] == f"工作动态 {local} zhangwei"


def test_list_shows_the_state_on_every_channel_in_the_order_of_the_office(desk: Client) -> None:
    item = released()
    put(item, "portal", State.DONE, url="https://www.example.gov.cn/1.html")
    put(item, "wechat", State.ACCEPTED)
    put(item, "daily", State.DONE)
    page = desk.get("/board/")
    assert texts(page, ".channels .channel") == [entry.name for entry in get_office().channels.values()]
    words_shown = ["published", "accepted, proof outstanding", "waiting", "handed over to the newspaper"]
    assert texts(page, ".channels .chip") == words_shown
    assert links(page, ".channels a") == ["https://www.example.gov.cn/1.html"]
    assert texts(page, ".reason") == []


def test_item_without_deliveries_shows_its_own_state(desk: Client) -> None:
    submitted()
    assert texts(desk.get("/board/"), ".items .chip") == ["submitted"]


ACTS = [
    (State.HELD, "CredentialsRefused", "The administrator must act"),
    (State.HELD, "NeverSent", "The administrator must act"),
    (State.HELD, "Bug", "The administrator must act"),
    (State.HELD, "PersonNeeded", "A person must act"),
    (State.HELD, "ProductRefused", "The editor must act"),
    (State.REFUSED, "ProductRefused", "The editor must act"),
    (State.UNCERTAIN, "OutcomeUnknown", "Nobody must act yet"),
    (State.FAILED, "OutcomeUnknown", "Nobody knows whether it is out"),
    (State.WAITING, "ChannelUnavailable", "it is tried again"),
]


@pytest.mark.parametrize(("state", "kind", "who"), ACTS, ids=[f"{state}-{kind}" for state, kind, _ in ACTS])
@pytest.mark.parametrize("address", ["/board/", "/items/{pk}/"], ids=["list", "item"])
def test_trouble_is_shown_with_its_reason_and_who_must_act(
    desk: Client, state: State, kind: str, who: str, address: str
) -> None:
    item = released(to="portal")
    put(item, "portal", state, kind=kind)
    shown = texts(desk.get(address.format(pk=item.pk)), ".sheet .reason")
    assert len(shown) == 1
    assert "The platform refuses this text." in shown[0]
    assert who in shown[0]


def test_what_follows_another_channel_says_so(desk: Client) -> None:
    item = released()
    page = desk.get(f"/items/{item.pk}/")
    assert "It goes out when 门户网站 has given its address." in texts(page, ".next-step")


def test_every_state_has_its_colour() -> None:
    assert LOOKS.keys() == set(State)


@pytest.mark.parametrize("word", [*State, *Event])
def test_words_of_the_chips_are_chinese(word: State | Event) -> None:
    with translation.override("zh-hans"):
        assert not str(word.label).isascii()


def test_channel_that_left_the_configuration_keeps_its_place_in_the_list(desk: Client) -> None:
    item = released(to="portal,daily")
    Delivery.objects.filter(item=item, channel="portal").update(channel="gone", state=State.DONE)
    page = desk.get("/board/")
    assert texts(page, ".channels .channel") == ["攀枝花日报", "gone"]
    assert texts(page, ".channels .chip") == ["waiting", "done"]
    assert desk.get(f"/items/{item.pk}/").status_code == 200


def test_list_is_cut_into_pages(desk: Client) -> None:
    submitted("最旧")
    newest = [submitted(f"稿件{number}") for number in range(PAGE_LENGTH)][-1]
    first = desk.get("/board/")
    assert len(texts(first, ".items h2")) == PAGE_LENGTH
    assert texts(first, ".items h2")[0] == newest.title
    (older,) = links(first, ".pages a")
    second = desk.get(f"/board/{older}")
    assert texts(second, ".items h2") == ["最旧"]
    top, newer = links(second, ".pages a")
    for back in (top, newer, "?before=nonsense"):
        assert texts(desk.get(f"/board/{back}"), ".items h2") == texts(first, ".items h2")


@pytest.mark.parametrize("count", [3, 30])
def test_list_asks_the_database_as_often_for_many_items_as_for_few(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        item = released(f"稿件{number}", to="portal,wechat")
        put(item, "portal", State.DONE, url="https://www.example.gov.cn/1.html")
        put(item, "wechat", State.HELD, kind="CredentialsRefused")
    # Session, user, membership; paused channels, items, deliveries, count; what is red; to do.
    with django_assert_num_queries(19):
        page = desk.get("/board/")
    assert len(texts(page, ".channels")) == count


@pytest.mark.parametrize("channels", ["portal", "portal,wechat,weibo,daily"])
def test_item_asks_the_database_as_often_for_many_deliveries_as_for_few(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries, channels: str
) -> None:
    item = released(to=channels)
    # Session, user, membership, item, revision, paused channels, log, deliveries, attachments, review, release,
    # recalls; 4 to do.
    with django_assert_num_queries(18):
        desk.get(f"/items/{item.pk}/")


def test_item_shows_its_deliveries_with_their_history(desk: Client) -> None:
    item = released(to="portal,daily")
    portal = put(item, "portal", State.HELD, kind="PersonNeeded")
    actions.confirm(portal, by="lihong", url="https://www.example.gov.cn/1.html", reason="已在网站看到")
    page = desk.get(f"/items/{item.pk}/")
    assert texts(page, ".delivery h3") == ["门户网站", "攀枝花日报"]
    history = texts(page, ".delivery:first-of-type .history li")
    assert len(history) == 1
    assert history[0].endswith("published lihong 已在网站看到")
    assert links(page, ".delivery .address") == ["https://www.example.gov.cn/1.html"]
    assert "a person said so" in texts(page, ".delivery dd")
    own = [entry.split(" ", 2)[2] for entry in texts(page, "section:last-of-type > .history li")]
    assert own == ["submitted zhangwei", "released directly, without the approval steps zhangwei"]


def test_item_offers_what_may_be_decided(desk: Client) -> None:
    item = released(to="portal")
    delivery = put(item, "portal", State.HELD, kind="PersonNeeded")
    shown = links(desk.get(f"/items/{item.pk}/"), ".deed-links a")
    assert shown == [f"/deliveries/{word}/?delivery={delivery.pk}" for word in ("retry", "confirm", "cancel")]


def test_item_says_when_the_program_goes_on(desk: Client) -> None:
    item = released(to="portal")
    age(Delivery.objects.get(item=item), -3600)
    local = (timezone.now() + timedelta(hours=1)).astimezone(get_office().timezone)
    assert local.strftime("%Y-%m-%d %H") in texts(desk.get(f"/items/{item.pk}/"), ".delivery dd")[0]


@pytest.mark.parametrize("path", ["/nowhere", "/items/999/", f"/items/{10**30}/", "/items/0/text/"])
def test_what_is_not_there_has_a_page_of_its_own(desk: Client, path: str) -> None:
    response = desk.get(path)
    assert response.status_code == 404
    assert texts(response, "main h1") == ["Page not found"]


def test_mistake_of_ours_has_a_page_of_its_own(desk: Client) -> None:
    item = submitted()
    item.revisions.all().delete()
    desk.raise_request_exception = False
    response = desk.get(f"/items/{item.pk}/")
    assert response.status_code == 500
    assert texts(response, "h1") == ["Something went wrong"]


ACTORS = [
    ("system", "the program"),
    ("cli:lihong", "lihong (command line)"),
    ("zhangwei", "zhangwei"),
    ("cli:", "cli:"),
]


@pytest.mark.parametrize(("actor", "name"), ACTORS)
def test_actors_have_names(actor: str, name: str) -> None:
    with translation.override("en"):
        assert words.actor_name(actor) == name
