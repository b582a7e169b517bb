"""Deciding about deliveries on the pages: only what is possible, once, and with what the log needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from publisher.items.models import Item, Revision
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.queue import actions
from publisher.queue.deeds import POSSIBLE, Deed, possible
from publisher.queue.models import Delivery
from publisher.queue.moves import NotPossible
from publisher.queue.states import State
from publisher.queue.visits.claims import OVERDUE
from tests.desk_samples import elements, links, put, released, sign_in, texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]

INTENDED = {"steps": {"publish": {"intended_at": "2026-11-20T00:00:00+00:00"}}}


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def held(title: str = "甲", *, kind: str = OVERDUE, state: State = State.HELD, **columns: Any) -> Delivery:
    return put(released(title, to="portal"), "portal", state, kind=kind, **columns)


def address(deed: Deed, *deliveries: Delivery) -> str:
    return f"/deliveries/{deed}/?" + "&".join(f"delivery={found.pk}" for found in deliveries)


def marked(page: Any) -> list[str]:
    return [str(field["value"]) for field in elements(page, "[name=delivery]")]


def do(desk: Client, deed: Deed, page: Any, **given: Any) -> Any:
    return desk.post(f"/deliveries/{deed}/", {"delivery": marked(page), **given}, follow=True)


GIVEN = {
    Deed.RETRY: {},
    Deed.CONFIRM: {"reason": "看到了", "url": "https://www.example.gov.cn/1.html"},
    Deed.DENY: {"reason": "没有"},
    Deed.HOLD: {"reason": "等领导意见"},
    Deed.CANCEL: {},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("deed", Deed)
def test_the_queue_does_what_is_called_possible_and_refuses_the_rest(deed: Deed, state: State) -> None:
    delivery = held(state=state, accepted={"id": "1"}, **({"due_at": timezone.now() + timedelta(days=1)}))
    verbs = {
        Deed.RETRY: lambda: actions.retry(delivery, by="lihong"),
        Deed.CONFIRM: lambda: actions.confirm(delivery, by="lihong", url="", reason="x"),
        Deed.DENY: lambda: actions.deny(delivery, by="lihong", reason="x"),
        Deed.HOLD: lambda: actions.hold(delivery, by="lihong", reason="x"),
        Deed.CANCEL: lambda: actions.cancel(delivery, by="lihong"),
    }
    delivery = Delivery.objects.select_related("revision__item", "product").get(pk=delivery.pk)
    if deed in possible(delivery):
        verbs[deed]()
        assert Delivery.objects.get(pk=delivery.pk).state != state
    else:
        with pytest.raises(NotPossible):
            verbs[deed]()
        assert Delivery.objects.get(pk=delivery.pk).state == state


def test_what_was_never_begun_cannot_be_denied() -> None:
    assert Deed.DENY in POSSIBLE[State.HELD]
    assert Deed.DENY not in possible(held())


EXPECTED = [
    (Deed.RETRY, State.HELD, State.WAITING, Event.RESUMED),
    (Deed.CONFIRM, State.UNCERTAIN, State.DONE, Event.PUBLISHED),
    (Deed.DENY, State.UNCERTAIN, State.WAITING, Event.DENIED),
    (Deed.HOLD, State.WAITING, State.HELD, Event.HELD),
    (Deed.CANCEL, State.HELD, State.CANCELLED, Event.CANCELLED),
]


@pytest.mark.parametrize(("deed", "before", "after", "event"), EXPECTED, ids=[str(row[0]) for row in EXPECTED])
def test_a_deed_is_said_done_and_logged(desk: Client, deed: Deed, before: State, after: State, event: Event) -> None:
    delivery = held(state=before)
    page = desk.get(address(deed, delivery))
    assert len(texts(page, ".consequence")) == 1
    answer = do(desk, deed, page, **GIVEN[deed])
    assert answer.redirect_chain == [(f"/items/{delivery.item_id}/", 302)]
    assert texts(answer, "[role=status]") == [f"{deed.label}: done for 1."]
    delivery.refresh_from_db()
    assert delivery.state == after
    entry = LogEntry.objects.order_by("-seq")[0]
    assert (entry.event, entry.actor, entry.delivery) == (event, "zhangwei", delivery.pk)
    assert entry.detail.get("reason", "") == GIVEN[deed].get("reason", "")


@pytest.mark.parametrize("deed", Deed)
def test_sending_a_form_twice_does_it_once(desk: Client, deed: Deed) -> None:
    delivery = held(state=next(state for state, deeds in POSSIBLE.items() if deed in deeds))
    page = desk.get(address(deed, delivery))
    if deed is Deed.DENY:
        page = desk.get(address(deed, put(Item.objects.get(), "portal", State.UNCERTAIN)))
    do(desk, deed, page, **GIVEN[deed])
    entries, attempt = LogEntry.objects.count(), Delivery.objects.get().attempt
    answer = do(desk, deed, page, **GIVEN[deed])
    assert "has changed since you looked" in texts(answer, "[role=status]")[0]
    assert (LogEntry.objects.count(), Delivery.objects.get().attempt) == (entries, attempt)


def test_a_worker_that_was_first_wins_and_it_is_said(desk: Client) -> None:
    delivery = held(state=State.WAITING)
    page = desk.get(address(Deed.CANCEL, delivery))
    Delivery.objects.update(state=State.SENDING, attempt=delivery.attempt + 1)
    answer = do(desk, Deed.CANCEL, page)
    assert texts(answer, "[role=status]") == [
        f"Delivery {delivery.pk} has changed since you looked, so it was left alone; it is now: being sent."
    ]
    assert Delivery.objects.get().state == State.SENDING


@pytest.mark.parametrize("deed", [Deed.CONFIRM, Deed.DENY, Deed.HOLD])
def test_what_must_be_said_is_asked_for_beside_its_field(desk: Client, deed: Deed) -> None:
    delivery = held(state=State.WAITING if deed is Deed.HOLD else State.UNCERTAIN)
    answer = do(desk, deed, desk.get(address(deed, delivery)), reason="  ")
    assert answer.status_code == 400
    assert texts(answer, ".field .mistake") == ["Say why: others read it in the log."]
    assert Delivery.objects.get().state == delivery.state
    assert marked(answer) == [f"{delivery.pk}.{delivery.attempt}"], "the form can be sent again at once"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "www.example.gov.cn", "https://", "http:// x"])
def test_an_address_that_is_none_is_refused(desk: Client, url: str) -> None:
    delivery = held(state=State.UNCERTAIN)
    answer = do(desk, Deed.CONFIRM, desk.get(address(Deed.CONFIRM, delivery)), url=url, reason="看到了")
    assert answer.status_code == 400
    assert Delivery.objects.get().state == State.UNCERTAIN


def test_a_file_shown_as_evidence_is_kept_and_named_in_the_log(desk: Client) -> None:
    delivery = held(state=State.UNCERTAIN)
    shown = SimpleUploadedFile("截图.png", b"what the screen showed", "image/png")
    do(desk, Deed.CONFIRM, desk.get(address(Deed.CONFIRM, delivery)), reason="见截图", file=shown)
    entry = LogEntry.objects.order_by("-seq")[0]
    assert entry.detail["file"]["name"] == "截图.png"
    (link,) = links(desk.get(f"/items/{delivery.item_id}/"), "a.why")
    answer: Any = desk.get(link)
    assert answer.content == b"what the screen showed"
    assert answer["Content-Disposition"].startswith("attachment")
    assert desk.get(f"/deliveries/evidence/{entry.seq - 1}/").status_code == 404


def test_many_are_decided_together_and_some_are_left_out(desk: Client) -> None:
    first, second, third = (held(title) for title in "甲乙丙")
    page = desk.get("/deliveries/retry/?all=overdue")
    assert len(marked(page)) == 3
    answer = desk.post("/deliveries/retry/", {"delivery": marked(page)[:2]}, follow=True)
    assert texts(answer, "[role=status]") == ["Take up again: done for 2."]
    found = dict(Delivery.objects.values_list("pk", "state"))
    assert found == {first.pk: State.WAITING, second.pk: State.WAITING, third.pk: State.HELD}


def test_what_is_not_possible_is_said_and_not_offered(desk: Client) -> None:
    ready, ended = held(), held("乙", state=State.DONE)
    page = desk.get(address(Deed.RETRY, ready, ended))
    assert marked(page) == [f"{ready.pk}.{ready.attempt}"]
    assert "乙" in texts(page, ".what a")
    only = desk.get(address(Deed.RETRY, ended))
    assert elements(only, "form.stack") == []
    answer = desk.post("/deliveries/retry/", {"delivery": f"{ended.pk}.{ended.attempt}"}, follow=True)
    assert "cannot be taken up again" in texts(answer, "[role=status]")[0]


def test_deliveries_of_another_office_are_not_there(desk: Client) -> None:
    delivery = held()
    Delivery.objects.update(office="elsewhere")
    assert desk.get(address(Deed.RETRY, delivery)).status_code == 404
    desk.post("/deliveries/retry/", {"delivery": f"{delivery.pk}.{delivery.attempt}"})
    assert Delivery.objects.get().state == State.HELD


def test_what_is_held_before_its_time_still_goes_out_at_its_time(desk: Client) -> None:
    delivery = held(state=State.WAITING)
    planned = timezone.now() + timedelta(days=2)
    Revision.objects.update(publish_at=planned)
    do(desk, Deed.HOLD, desk.get(address(Deed.HOLD, delivery)), reason="等等")
    page = desk.get(address(Deed.RETRY, delivery))
    assert "at its time" in texts(page, ".consequence")[0]
    do(desk, Deed.RETRY, page)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.due_at) == (State.WAITING, planned)


def test_there_is_no_such_deed(desk: Client) -> None:
    assert desk.get("/deliveries/delete/").status_code == 404
