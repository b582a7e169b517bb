"""What a look at a WeChat article shows: whether it stands, what the platform did to it, and who has read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import time_machine

from channels.base import Receipt, Visit
from channels.sandbox.server import Sandbox
from channels.sandbox.wechat.entries import PublishStatus
from channels.wechat.channel import WechatChannel
from tests.channels.memory_steps import MemorySteps
from tests.channels.test_wechat import SECRETS, make_wechat, product_of, published

DAY_S = 24 * 3600


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(datetime(2026, 11, 22, 4, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture(params=["publish", "mass"])
def out(
    request: pytest.FixtureRequest, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Coordinates
) -> tuple[WechatChannel, Receipt]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    sandbox.wechat.settings.mass_takes_s = 0
    channel = make_wechat(sandbox, mode=request.param, audience="all")
    return channel, published(channel, product_of(channel), MemorySteps())


def test_readers_are_counted_from_the_next_day_on_for_a_month(
    out: tuple[WechatChannel, Receipt], clock: time_machine.Coordinates
) -> None:
    channel, receipt = out
    assert (channel.look(receipt).is_there, channel.look(receipt).metrics) == (True, {})
    clock.shift(2 * DAY_S)
    assert channel.look(receipt).metrics == {
        "reads": 121,
        "likes": 8,
        "shares": 12,
        "recommendations": 6,
        "comments": 0,
        "favourites": 3,
    }
    clock.shift(40 * DAY_S)
    assert channel.look(receipt).metrics == {}


@pytest.mark.parametrize("number", ["its own", "none"])
def test_the_address_of_a_push_that_nobody_told_is_known_from_the_figures(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Coordinates, number: str
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    sandbox.wechat.settings.mass_takes_s = 0
    channel = make_wechat(sandbox, mode="mass", audience="all")
    receipt = published(channel, product_of(channel), MemorySteps())
    if number == "none":
        # As after doubt: who repeats a send is told its number, and not the one that the figures go by.
        receipt = replace(receipt, raw={**receipt.raw, "msg_data_id": ""})
    sandbox.wechat.publish_by_hand("另一篇", at=datetime.now(UTC), by_push=True)
    assert (receipt.url, channel.look(receipt).url) == ("", "")
    clock.shift(DAY_S)
    assert channel.look(receipt).url == sandbox.wechat.sent[0].urls[0]


def test_a_look_costs_no_more_than_is_charged_for_it(
    sandbox: Sandbox, out: tuple[WechatChannel, Receipt], clock: time_machine.Coordinates
) -> None:
    channel, receipt = out
    clock.shift(DAY_S)
    before = len(sandbox.wechat.calls)
    channel.look(receipt)
    paths = [call.path for call in sandbox.wechat.calls[before:]]
    rations = {"/cgi-bin/freepublish/getarticle": "articles_per_day", "/cgi-bin/freepublish/get": "confirms_per_day"}
    used = Counter(rations[path] for path in paths if path in rations)
    assert used == Counter(channel.limits.costs[Visit.LOOK])


def test_figures_that_are_late_do_not_hide_that_it_is_there(
    sandbox: Sandbox, out: tuple[WechatChannel, Receipt], clock: time_machine.Coordinates
) -> None:
    channel, receipt = out
    sandbox.wechat.settings.figures_late = True
    clock.shift(DAY_S)
    seen = channel.look(receipt)
    assert (seen.is_there, seen.metrics) == (True, {})


@pytest.mark.parametrize(("outcome", "problems"), [(PublishStatus.DELETED, 0), (PublishStatus.BANNED, 1)])
def test_what_was_taken_away_since_is_seen(
    sandbox: Sandbox, out: tuple[WechatChannel, Receipt], outcome: PublishStatus, problems: int
) -> None:
    channel, receipt = out
    if receipt.raw["mode"] == "mass":
        (send,) = sandbox.wechat.sends
        sandbox.wechat.send_shelf.put(str(send.msg_id), replace(send, deleted=(1,)))
        problems = 0
    else:
        (publication,) = sandbox.wechat.submitted
        sandbox.wechat.publication_shelf.put(str(publication.publish_id), replace(publication, outcome=outcome))
    seen = channel.look(receipt)
    assert (seen.is_there, len(seen.problems)) == (False, problems)


@pytest.mark.parametrize("late", [False, True])
def test_the_account_says_how_many_subscribers_it_has(
    sandbox: Sandbox, out: tuple[WechatChannel, Receipt], clock: time_machine.Coordinates, late: bool
) -> None:
    sandbox.wechat.settings.figures_late = late
    assert out[0].standing().metrics == {"followers": 5321}
    asked = [call.path for call in sandbox.wechat.calls if call.path == "/datacube/getusercumulate"]
    assert len(asked) == 1 + late


def test_what_was_sent_by_hand_is_found_in_the_figures(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Coordinates
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    channel, steps = make_wechat(sandbox, mode="draft"), MemorySteps()
    product = product_of(channel)
    with pytest.raises(Exception, match="waits in the WeChat console"):
        channel.publish(product, steps)
    (draft,) = sandbox.wechat.drafts
    sandbox.wechat.draft_shelf.put(draft.media_id, replace(draft, deleted=True))
    sandbox.wechat.publish_by_hand(product.title, at=datetime.now(UTC), by_push=True)
    with pytest.raises(Exception, match="no longer in the WeChat console"):
        channel.watch(product, None, steps)
    clock.shift(DAY_S)
    receipt = channel.watch(product, None, steps)
    assert receipt is not None
    assert (receipt.url, receipt.raw["publish_type"]) == (sandbox.wechat.published[0].url, "0")
