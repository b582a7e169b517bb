"""Correcting what WeChat lets nobody change: a person chooses, and whatever gets lost the new text is out once."""

from __future__ import annotations

import pytest

from channels.base import Accepted, Product, Receipt
from channels.errors import ChannelUnavailable, OutcomeUnknown, PersonNeeded, ProductRefused
from channels.sandbox.server import Sandbox
from channels.wechat.channel import WechatChannel
from tests.channels.memory_steps import Killed, MemorySteps
from tests.channels.test_wechat import ADD_DRAFT, DELETE, SECRETS, SUBMIT, make_wechat, product_of, published


@pytest.fixture
def channel(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WechatChannel:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    sandbox.wechat.settings.daily_quotas = {}
    return make_wechat(sandbox, correction="ask")


@pytest.fixture
def old(channel: WechatChannel) -> Receipt:
    return published(channel, product_of(channel, title="旧题"), MemorySteps())


def correction(channel: WechatChannel) -> Product:
    return product_of(channel, key="kzj-31-r2", revision=2, title="新题")


def chosen(channel: WechatChannel, old: Receipt) -> MemorySteps:
    """The delivery after a person has taken it up again."""
    steps = MemorySteps()
    with pytest.raises(PersonNeeded, match="Choose how"):
        channel.correct(old, correction(channel), steps)
    return steps


def titles(sandbox: Sandbox) -> list[str]:
    return [entry.title for entry in sandbox.wechat.published]


def go_on(channel: WechatChannel, old: Receipt, steps: MemorySteps) -> Receipt:
    """As the queue does, each attempt in a fresh process."""
    product = correction(channel)
    outcome: Receipt | Accepted | None = None
    for _ in range(6):
        steps = steps.fresh_process()
        try:
            outcome = channel.correct(old, product, steps)
        except ChannelUnavailable:
            continue
        except OutcomeUnknown:
            if (outcome := channel.find(product, steps)) is None:
                steps.prove_absence()
                continue
        break
    while isinstance(outcome, Accepted):
        outcome = channel.confirm(product, outcome, steps)
    assert outcome is not None
    return outcome


def test_before_anybody_has_chosen_nothing_changes(sandbox: Sandbox, channel: WechatChannel, old: Receipt) -> None:
    chosen(channel, old)
    assert titles(sandbox) == ["旧题"]
    assert "A person chooses" in str(channel.correcting())


def test_taken_up_again_the_old_one_goes_and_the_new_one_comes(
    sandbox: Sandbox, channel: WechatChannel, old: Receipt
) -> None:
    steps = chosen(channel, old)
    receipt = go_on(channel, old, steps)
    assert titles(sandbox) == ["新题"]
    assert receipt.url == sandbox.wechat.published[0].url != old.url
    assert go_on(channel, old, steps).remote_id == receipt.remote_id
    assert titles(sandbox) == ["新题"]


@pytest.mark.parametrize("path", [DELETE, SUBMIT, ADD_DRAFT])
@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "error_after", "busy_after"])
def test_whatever_gets_lost_the_new_one_is_out_once(
    sandbox: Sandbox, channel: WechatChannel, old: Receipt, path: str, fault: str
) -> None:
    steps = chosen(channel, old)
    sandbox.misbehave(path, fault)
    go_on(channel, old, steps)
    assert titles(sandbox) == ["新题"]


def test_killed_at_any_moment_the_new_one_is_out_once(sandbox: Sandbox, channel: WechatChannel) -> None:
    for moment in range(100):
        old = published(channel, product_of(channel, title="旧题"), MemorySteps())
        steps = chosen(channel, old)
        try:
            channel.correct(old, correction(channel), MemorySteps(steps.memory, kill_at=moment))
        except Killed:
            go_on(channel, old, steps)
            assert titles(sandbox) == ["新题"], f"killed at moment {moment}"
            for entry in sandbox.wechat.published:
                channel.recall(Receipt(entry.article_id, old.published_at), MemorySteps())
        else:
            assert moment > 0
            return
    pytest.fail("a correction has no end")


def test_what_the_platform_does_not_take_is_said_when_the_old_one_is_gone(
    sandbox: Sandbox, channel: WechatChannel, old: Receipt
) -> None:
    steps = chosen(channel, old)
    sandbox.misbehave(SUBMIT, "refused")
    with pytest.raises(PersonNeeded, match="is deleted, and WeChat does not take"):
        channel.correct(old, correction(channel), steps)


def test_a_draft_that_is_refused_deletes_nothing(sandbox: Sandbox, channel: WechatChannel, old: Receipt) -> None:
    steps = chosen(channel, old)
    sandbox.misbehave(ADD_DRAFT, "refused")
    with pytest.raises(ProductRefused):
        channel.correct(old, correction(channel), steps)
    assert titles(sandbox) == ["旧题"]
