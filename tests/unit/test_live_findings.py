"""What is out, and what waits to be sent, is looked through again when a list changes: bit by bit, and cheaply."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from publisher.items.models import Item
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office
from publisher.queue.looking import again
from publisher.queue.models import Delivery
from publisher.queue.orders import collect
from publisher.queue.states import State
from publisher.review.actions import release_directly
from publisher.review.checks import live
from publisher.review.models import LiveFindings, LiveScan
from tests.desk_samples import links, released, sign_in, submitted, texts

pytestmark = pytest.mark.django_db

Forbid = Callable[..., None]


@pytest.fixture
def forbid(office: Office) -> Forbid:
    """Put words on a list of the office that may not be published."""

    def write(*words: str) -> None:
        folder = office.path.parent / "words"
        folder.mkdir(exist_ok=True)
        head = 'name = "x"\nkind = "forbidden"\nseverity = "error"\nversion = 2026-01-01\n[words]\n'
        lines = "".join(f'{json.dumps(word)} = ""\n' for word in words)
        (folder / "ours.toml").write_text(head + lines, encoding="utf-8")

    return write


def out(office: Office, title: str, *, html: str = "") -> Item:
    """An item that is on the website, as the log tells it."""
    item = submitted(title, html=html)
    happened(office, item, Event.PUBLISHED)
    return item


def happened(office: Office, item: Item, event: Event, revision: int = 1) -> None:
    about = log.Subject(item=item.pk, revision=revision, channel="portal", column=item.column, title="x")
    log.record(office, event, about, actor="publisher")


def steps(office: Office, *, seconds: float = 60.0) -> int:
    """Go on until nothing is left; returns in how many steps."""
    number = 1
    while live.step(office, now=timezone.now(), seconds=seconds):
        number += 1
    return number


def found(office: Office) -> dict[int, int]:
    return dict(LiveFindings.objects.filter(office=office.slug).values_list("item", "errors"))


def test_a_changed_list_is_applied_to_everything_that_is_out(office: Office, forbid: Forbid) -> None:
    one, other = out(office, "甲乙丙"), out(office, "丁丁")
    submitted("甲乙丙，还没有发布")
    steps(office)
    assert found(office) == {}
    forbid("甲乙丙")
    steps(office)
    assert found(office) == {one.pk: 2}
    scan = live.last(office)
    assert scan is not None
    assert (scan.items, scan.errors) == (2, 2)
    forbid("丁丁")
    steps(office)
    assert found(office) == {other.pk: 2}
    assert LiveScan.objects.count() == 3


def test_a_step_ends_in_time_and_the_next_goes_on(office: Office, forbid: Forbid) -> None:
    items = [out(office, f"甲乙丙{number}") for number in range(3)]
    forbid("甲乙丙")
    assert live.step(office, now=timezone.now(), seconds=0)
    assert sorted(found(office)) == [items[0].pk]
    assert steps(office, seconds=0) == 3
    assert sorted(found(office)) == [item.pk for item in items]


def test_where_nothing_has_changed_it_costs_two_questions(office: Office, django_assert_num_queries: Any) -> None:
    out(office, "甲乙丙")
    steps(office)
    with django_assert_num_queries(2):
        assert not live.step(office, now=timezone.now())


def test_what_comes_out_is_corrected_or_taken_back_later_is_noticed(office: Office, forbid: Forbid) -> None:
    forbid("甲乙丙")
    steps(office)
    item = out(office, "甲乙丙")
    steps(office)
    assert found(office) == {item.pk: 2}
    assert LiveScan.objects.get().items == 1
    happened(office, item, Event.RECALLED)
    steps(office)
    assert found(office) == {}
    happened(office, item, Event.PUBLISHED)
    steps(office)
    assert found(office) == {item.pk: 2}
    assert LiveScan.objects.get().items == 1


def look(office: Office, now: datetime) -> None:
    while again.look(office, now=now):
        pass


def test_what_waits_to_be_sent_is_held_when_a_new_list_finds_errors(office: Office, forbid: Forbid) -> None:
    item, sound = released("甲乙丙通知", to="portal"), released("丁通知", to="portal")
    look(office, timezone.now())
    assert Delivery.objects.get(item=item).state == State.WAITING
    forbid("甲乙丙")
    look(office, timezone.now())
    held = Delivery.objects.get(item=item)
    assert (held.state, "retry" in str(held.error)) == (State.HELD, True)
    assert Delivery.objects.get(item=sound).state == State.WAITING


def test_what_somebody_passed_over_is_not_held_again(office: Office, forbid: Forbid) -> None:
    forbid("甲乙丙")
    item = submitted("甲乙丙通知", html="<p>丁</p>", to="portal")
    release_directly(office, item.revisions.get(), by="zhangwei", despite="已核实")
    collect()
    look(office, timezone.now())
    forbid("甲乙丙", "戊己庚")
    look(office, timezone.now())
    assert Delivery.objects.get(item=item).state == State.WAITING
    forbid("甲乙丙", "通知")
    look(office, timezone.now())
    assert Delivery.objects.get(item=item).state == State.HELD


def test_a_person_who_takes_it_up_again_is_not_overruled(office: Office, forbid: Forbid) -> None:
    item = released("甲乙丙通知", to="portal")
    look(office, timezone.now())
    forbid("甲乙丙")
    look(office, timezone.now())
    Delivery.objects.filter(item=item).update(state=State.WAITING)
    look(office, timezone.now())
    assert Delivery.objects.get(item=item).state == State.WAITING


def test_the_page_shows_errors_first_and_leads_to_the_text(client: Client, office: Office, forbid: Forbid) -> None:
    sign_in(client)
    assert "not been looked through" in texts(client.get("/findings/"), ".path")[0]
    out(office, "作出布署")
    worse = out(office, "甲乙丙")
    forbid("甲乙丙")
    steps(office)
    page = client.get("/findings/")
    assert texts(page, ".items h2") == ["甲乙丙", "作出布署"]
    assert texts(page, ".heading .chip") == ["Errors: 2", "Warnings: 2"]
    assert f"/items/{worse.pk}/findings/" in page.content.decode()
    forbid("戊己庚")
    assert "in a moment" in texts(client.get("/findings/"), ".path")[0]


def test_the_page_asks_as_much_for_many_as_for_few(client: Client, office: Office) -> None:
    sign_in(client)
    asked = []
    for number in (2, 30):
        for _ in range(number):
            out(office, "作出布署")
        steps(office)
        client.get("/findings/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/findings/")
        asked.append(len(queries))
        assert len(texts(page, ".items h2")) == LiveFindings.objects.count()
    assert asked[0] == asked[1]


def test_errors_in_what_is_out_are_things_to_do_until_somebody_settles_them(
    client: Client, office: Office, forbid: Forbid
) -> None:
    sign_in(client)
    forbid("甲乙丙")
    item = submitted("甲乙丙通知", html="<p>丁</p>", to="portal")
    release_directly(office, item.revisions.get(), by="zhangwei", despite="已核实")
    happened(office, item, Event.PUBLISHED)
    steps(office)
    assert found(office) == {}
    other = out(office, "甲乙丙")
    steps(office)
    page = client.get("/todo/")
    assert f"/items/{other.pk}/findings/" in links(page)
    assert f"/items/{item.pk}/findings/" not in links(page)
