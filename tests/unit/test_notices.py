"""What platforms say by themselves, and what people do there: both are noticed, proven, and change nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from channels.sandbox.server import Sandbox
from channels.sandbox.wechat.events import Event
from channels.wechat import mass
from publisher.items.models import Item
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.queue.looking import awaiting
from publisher.queue.models import Delivery, Notice
from publisher.queue.states import State
from tests.channels.sandbox_callers import WechatCaller
from tests.clocks import HandClock, run
from tests.queued import events, one, released
from tests.world import write_office

pytestmark = pytest.mark.django_db

CALLBACK = 'callback_token = "env:CALLBACK_TOKEN"\ncallback_aes_key = "env:CALLBACK_KEY"'


@pytest.fixture
def mode() -> str:
    return 'mode = "publish"'


@pytest.fixture
def hearing(
    office: Office, mode: str, home: Path, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Office:
    """The office with a callback, in the mode of the test."""
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url, changes=[('mode = "publish"', f"{mode}\n{CALLBACK}")])
    monkeypatch.setenv("CALLBACK_TOKEN", sandbox.wechat.settings.callback_token)
    monkeypatch.setenv("CALLBACK_KEY", sandbox.wechat.settings.callback_aes_key)
    get_office.cache_clear()
    return get_office()


def post(client: Client, event: Event, channel: str = "wechat") -> int:
    address = reverse("callback", args=[channel])
    answer = client.post(address, event.body, content_type="text/xml", query_params=event.query)
    return answer.status_code


def told(client: Client, sandbox: Sandbox) -> list[int]:
    return [post(client, event) for event in sandbox.wechat.due_events()]


def taken(office: Office, sandbox: Sandbox, title: str = "科技活动周启动") -> Item:
    """An item that WeChat has taken and not finished yet."""
    item = released(office, "portal", "wechat", title=title)
    clock = HandClock()
    for _ in range(4):
        run(item, clock=clock, rounds=1)
    assert one(item, "wechat").state == State.ACCEPTED
    return item


def test_an_event_brings_the_question_forward_and_its_repetition_does_nothing(
    hearing: Office, sandbox: Sandbox, client: Client
) -> None:
    sandbox.wechat.settings.publish_takes_s = 3600
    item = taken(hearing, sandbox)
    later = timezone.now() + timedelta(hours=5)
    Delivery.objects.filter(channel="wechat").update(due_at=later)
    publication = sandbox.wechat.submitted[0]
    over = replace(publication, due_at=publication.submitted_at)
    sandbox.wechat.publication_shelf.put(str(publication.publish_id), over)
    (event,) = sandbox.wechat.due_events()
    assert post(client, event) == 200
    due_at = one(item, "wechat").due_at
    assert due_at < later
    Delivery.objects.filter(channel="wechat").update(due_at=later)
    assert post(client, event) == 200
    assert (one(item, "wechat").due_at, Notice.objects.count()) == (later, 1)
    Delivery.objects.filter(channel="wechat").update(due_at=due_at)
    assert run(item)["wechat"].state == State.DONE


def test_a_forged_event_is_refused_and_leaves_no_trace(hearing: Office, sandbox: Sandbox, client: Client) -> None:
    item = released(hearing, "portal", "wechat")
    run(item)
    (event,) = sandbox.wechat.due_events()
    forged = Event("", event.query | {"msg_signature": "0" * 40}, event.body)
    assert post(client, forged) == 403
    assert post(client, event, "portal") == 404
    assert post(client, event, "nobody") == 404
    assert Notice.objects.count() == 0
    assert client.put(reverse("callback", args=["wechat"])).status_code == 405


@pytest.mark.parametrize("mode", ['mode = "draft"'])
def test_what_a_person_publishes_in_the_console_is_noticed(hearing: Office, sandbox: Sandbox) -> None:
    item = released(hearing, "portal", "wechat")
    held = run(item)["wechat"]
    assert held.state == State.HELD
    clock = HandClock()
    assert [awaiting.look(hearing, now=clock.advance(hours=1)) for _ in range(2)] == [0, 0]
    _publish_in_the_console(sandbox)
    assert awaiting.look(hearing, now=clock.advance(hours=1)) == 1
    done = one(item, "wechat")
    assert (done.state, done.evidence, done.url) == (State.DONE, "E2", sandbox.wechat.published[0].url)
    entry = LogEntry.objects.get(item=item.pk, channel="wechat", event="published")
    assert entry.detail["mode"] == "by_hand"
    assert events(item, "wechat") == ["held", "published"]


@pytest.mark.parametrize("mode", ['mode = "mass"\naudience = "all"'])
def test_a_send_waits_for_the_administrator_and_is_done_when_the_event_says_so(
    hearing: Office, sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.wechat.settings.administrator = "asked"
    sandbox.wechat.settings.repeats_after_s = 0
    monkeypatch.setattr(mass, "REPEAT_AFTER", timedelta(0))
    item = released(hearing, "portal", "wechat")
    held = run(item)["wechat"]
    assert held.state == State.HELD
    assert "administrator to confirm" in held.error["template"]
    sandbox.wechat.confirm_sends()
    assert told(client, sandbox) == [200]
    done = one(item, "wechat")
    assert done.state in (State.UNCERTAIN, State.HELD, State.ACCEPTED)
    done = run(item)["wechat"]
    assert (done.state, done.url) == (State.DONE, sandbox.wechat.sent[0].urls[0])
    entry = LogEntry.objects.get(item=item.pk, channel="wechat", event="published")
    assert entry.detail["mode"] == "mass"


@pytest.mark.parametrize("mode", ['mode = "mass"\naudience = "all"'])
@pytest.mark.parametrize(
    ("fault", "sends", "story"),
    [
        ("ok", 1, ["published"]),
        ("reset_after", 1, ["doubted", "published"]),
        ("reset_before", 1, ["doubted", "published"]),
        ("rate_limited_after", 1, ["doubted", "published"]),
        ("refused", 0, ["doubted", "refused"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_send_whose_answer_is_bad_goes_out_once_and_the_log_says_so(
    hearing: Office, sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch, fault: str, sends: int,
    story: list[str],
) -> None:  # fmt: skip
    sandbox.wechat.settings.mass_takes_s = sandbox.wechat.settings.repeats_after_s = 0
    monkeypatch.setattr(mass, "REPEAT_AFTER", timedelta(hours=-1 if sends else 1))
    monkeypatch.setattr(mass, "WAITS_FOR_ADDRESS", timedelta(0))
    sandbox.misbehave("/cgi-bin/message/mass/sendall", fault)
    item = released(hearing, "portal", "wechat")
    delivery = run(item)["wechat"]
    assert len(sandbox.wechat.sends) == sends
    assert [event for event in events(item, "wechat") if event != "accepted"] == story
    assert delivery.state == (State.DONE if sends else State.REFUSED)
    assert told(client, sandbox) == [200] * sends
    assert one(item, "wechat").state == delivery.state


def _publish_in_the_console(sandbox: Sandbox) -> None:
    caller = WechatCaller(sandbox)
    caller.submit(sandbox.wechat.drafts[-1].media_id)
