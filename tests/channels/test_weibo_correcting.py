"""Correcting a post where a person chooses each time: a comment under it, or deleting it and posting anew."""

from __future__ import annotations

from contextlib import suppress

import pytest

from channels.base import Accepted, Product, Receipt, Visit
from channels.errors import ChannelUnavailable, OutcomeUnknown, PersonNeeded
from channels.sandbox.server import Sandbox
from channels.weibo.channel import WeiboChannel
from tests.channels.memory_steps import Killed, MemorySteps
from tests.channels.test_weibo import DESTROY, LOST, SECRETS, SHARE, SHOW, make_weibo, product_of


@pytest.fixture
def asking(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WeiboChannel:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    sandbox.weibo.settings.repeat_window = 0
    return make_weibo(sandbox, correction="ask")


def published(channel: WeiboChannel, number: int = 31) -> Receipt:
    receipt = channel.publish(product_of(channel, number), MemorySteps())
    assert isinstance(receipt, Receipt)
    return receipt


def corrected(channel: WeiboChannel, number: int = 31) -> Product:
    return product_of(channel, number, key=f"kzj-{number}-r2", revision=2, summary=f"更正{number}。")


def chosen(channel: WeiboChannel, receipt: Receipt, number: int = 31) -> MemorySteps:
    """The memory of a delivery that somebody has taken up again after they were asked."""
    steps = MemorySteps()
    with pytest.raises(PersonNeeded, match="Choose"):
        channel.correct(receipt, corrected(channel, number), steps)
    return steps.fresh_process()


def go_on(channel: WeiboChannel, receipt: Receipt, steps: MemorySteps, number: int = 31) -> Receipt | Accepted:
    """As the queue does, each attempt in a fresh process."""
    for _ in range(6):
        steps = steps.fresh_process()
        try:
            return channel.correct(receipt, corrected(channel, number), steps)
        except (ChannelUnavailable, PersonNeeded):
            continue
        except OutcomeUnknown:
            if (found := channel.find(corrected(channel, number), steps)) is not None:
                return found
        steps.prove_absence()
    pytest.fail("it is never corrected")


def assert_in_its_place(sandbox: Sandbox, number: int = 31) -> None:
    ours = [post.sent for post in sandbox.weibo.posts if f"更正{number}。" in post.sent or f"第{number}条" in post.sent]
    assert len(ours) == 1
    assert f"更正{number}。" in ours[0]


def test_a_person_is_asked_before_anything_happens(asking: WeiboChannel, sandbox: Sandbox) -> None:
    receipt = published(asking)
    before = len(sandbox.weibo.calls)
    chosen(asking, receipt)
    assert len(sandbox.weibo.calls) == before
    assert asking.capabilities.correct
    assert not asking.capabilities.anew
    assert "chooses" in str(asking.correcting())


def test_whoever_takes_it_up_again_has_it_posted_anew(asking: WeiboChannel, sandbox: Sandbox) -> None:
    receipt = published(asking)
    again = asking.correct(receipt, corrected(asking), chosen(asking, receipt))
    assert isinstance(again, Receipt)
    assert again.remote_id == str(sandbox.weibo.posts[0].mid) != receipt.remote_id
    assert_in_its_place(sandbox)
    assert len(sandbox.weibo.destroyed) == 1


@pytest.mark.parametrize("fault", [*LOST, "busy_after"])
@pytest.mark.parametrize("path", [DESTROY, SHOW, SHARE])
def test_a_lost_answer_neither_doubles_nor_loses_it(
    asking: WeiboChannel, sandbox: Sandbox, path: str, fault: str
) -> None:
    receipt = published(asking)
    steps = chosen(asking, receipt)
    sandbox.misbehave(path, fault)
    go_on(asking, receipt, steps)
    assert_in_its_place(sandbox)
    assert len(sandbox.weibo.destroyed) == 1


def test_killed_at_any_moment_it_takes_the_place(asking: WeiboChannel, sandbox: Sandbox) -> None:
    for moment in range(100):
        receipt = published(asking, moment)
        steps = MemorySteps(kill_at=moment)
        with suppress(Killed):
            with pytest.raises(PersonNeeded):
                asking.correct(receipt, corrected(asking, moment), steps)
            asking.correct(receipt, corrected(asking, moment), steps)
            assert moment > 3
            return
        go_on(asking, receipt, steps, moment)
        assert_in_its_place(sandbox, moment)
    pytest.fail("a correction has no end")


def test_what_is_refused_after_the_old_one_is_gone_is_a_persons(asking: WeiboChannel, sandbox: Sandbox) -> None:
    receipt = published(asking)
    steps = chosen(asking, receipt)
    sandbox.misbehave(SHARE, "refused")
    with pytest.raises(PersonNeeded, match="The old post is deleted") as caught:
        asking.correct(receipt, corrected(asking), steps)
    assert caught.value.code == "20021"


def test_every_call_is_charged(asking: WeiboChannel, sandbox: Sandbox) -> None:
    receipt = published(asking)
    steps, before = chosen(asking, receipt), len(sandbox.weibo.calls)
    asking.correct(receipt, corrected(asking), steps)
    assert len(sandbox.weibo.calls) - before <= asking.limits.costs[Visit.CORRECT]["calls_per_day"]
