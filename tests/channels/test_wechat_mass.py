"""WeChat's sends to subscribers: the shared promises, and what only a send does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import time_machine

from channels.base import Accepted, Channel, Evidence, Place, Product, Receipt, Visit
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
)
from channels.sandbox.server import Sandbox
from channels.wechat import mass
from channels.wechat.channel import WechatChannel
from channels.wechat.mass import REFUSALS, not_sent
from tests.channels.afterwards import TakesBack
from tests.channels.contract import Outcome, Platform, Trouble
from tests.channels.memory_steps import MemorySteps
from tests.channels.platforms import MassPlatform
from tests.channels.test_wechat import LOST, SECRETS, make_wechat, options, product_of, published

SEND, OUTCOME = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/get"
DELETE = "/cgi-bin/message/mass/delete"


class TestWechatMass(TakesBack):
    speaks = MassPlatform
    secrets = SECRETS
    troubles = (
        *(Trouble(SEND, fault, OutcomeUnknown) for fault in (*LOST, "busy", "busy_after")),
        Trouble(SEND, "slow"),
        Trouble(SEND, "rate_limited", ChannelUnavailable),
        Trouble(SEND, "rate_limited_after", ChannelUnavailable),
        Trouble(SEND, "refused", ProductRefused),
    )
    recall_troubles = (
        *(Trouble(DELETE, fault, OutcomeUnknown) for fault in ("reset_after", "error_before", "busy_after")),
        *(Trouble(OUTCOME, fault, ChannelUnavailable) for fault in ("reset_before", "busy")),
        Trouble(DELETE, "refused", PersonNeeded),
    )
    cannot_keep: ClassVar = {
        "test_another_product_is_not_taken_for_ours": "to look is to repeat the send under its number",
    }

    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mass, "REPEAT_AFTER", timedelta(0))

    def make_channel(self, url: str) -> WechatChannel:
        return WechatChannel("wechat", options(url, mode="mass", audience="all"), self.place)

    def proof(self, channel: Channel, product: Product, outcome: Outcome, steps: MemorySteps) -> Receipt:
        """The stand-in tells addresses in its event only."""
        if isinstance(outcome, Accepted):
            urls = [{"ArticleIdx": "1", "ArticleUrl": "https://mp.weixin.qq.com/s/x"}]
            outcome = Accepted(outcome.remote_id, {**outcome.data, "notice": {"Status": "send success", "urls": urls}})
        return super().proof(channel, product, outcome, steps)

    def arrives(self, title: str) -> str:
        return f"{title}\n"

    def known_secrets(self, platform: Platform) -> Sequence[str]:
        tokens = cast(MassPlatform, platform).sandbox.wechat.token_shelf.all()
        return [SECRETS["WECHAT_APP_SECRET"], *(token.value for token in tokens)]


@pytest.fixture
def channel(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WechatChannel:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    sandbox.wechat.settings.mass_takes_s = 0
    return make_wechat(sandbox, mode="mass", audience="all")


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(datetime(2026, 11, 22, 4, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def accepted(channel: WechatChannel, steps: MemorySteps, **changes: Any) -> Accepted:
    found = channel.publish(product_of(channel, **changes), steps)
    assert isinstance(found, Accepted)
    return found


def test_a_send_reaches_whom_the_office_has_named_and_says_which_way_it_went(
    sandbox: Sandbox, channel: WechatChannel
) -> None:
    for audience in ("all", "2"):
        sandbox.wechat.settings.sends_per_day = 2
        some = make_wechat(sandbox, mode="mass", audience=audience)
        receipt = published(some, product_of(some), MemorySteps())
        sent = sandbox.wechat.sent[-1]
        assert (sent.audience, str(sent.msg_id)) == (audience, receipt.remote_id)
        assert (receipt.raw["mode"], receipt.raw["clientmsgid"]) == ("mass", sent.clientmsgid)
        assert receipt.raw["msg_data_id"] == str(sent.msg_data_id)
        assert len(sent.clientmsgid.encode()) == 32
    assert channel.capabilities.absence_after_s is None


def test_a_lost_answer_is_asked_for_by_repeating_under_the_same_number(
    sandbox: Sandbox, channel: WechatChannel, clock: time_machine.Coordinates
) -> None:
    product, steps = product_of(channel), MemorySteps()
    sandbox.misbehave(SEND, "reset_after")
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    assert channel.find(product, steps.fresh_process()) is None, "sooner than a minute it would only be told to wait"
    clock.shift(70)
    found = channel.find(product, steps.fresh_process())
    assert isinstance(found, Accepted)
    assert found.remote_id == str(sandbox.wechat.sends[0].msg_id)
    assert channel.find(product, steps.fresh_process()) == found
    assert len(sandbox.wechat.sends) == 1


def test_after_a_day_nobody_but_a_person_can_tell(
    sandbox: Sandbox, channel: WechatChannel, clock: time_machine.Coordinates
) -> None:
    product, steps = product_of(channel), MemorySteps()
    sandbox.misbehave(SEND, "reset_before")
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    clock.shift(24 * 3600)
    with pytest.raises(PersonNeeded, match="no longer tells"):
        channel.find(product, steps.fresh_process())
    assert sandbox.wechat.sends == []


@pytest.mark.parametrize("fault", LOST)
def test_whatever_gets_lost_it_is_sent_once(
    sandbox: Sandbox, channel: WechatChannel, clock: time_machine.Coordinates, fault: str
) -> None:
    product, steps = product_of(channel), MemorySteps()
    sandbox.misbehave(SEND, fault)
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    clock.shift(70)
    assert isinstance(channel.find(product, steps.fresh_process()), Accepted)
    assert len(sandbox.wechat.sends) == 1


@pytest.mark.parametrize("way", ["asked", "silent"])
def test_the_administrators_confirmation_is_waited_for_and_noticed(
    sandbox: Sandbox, channel: WechatChannel, clock: time_machine.Coordinates, way: str
) -> None:
    sandbox.wechat.settings.administrator = way
    product, steps = product_of(channel), MemorySteps()
    waiting = channel.publish(product, steps)
    assert isinstance(waiting, Accepted)
    clock.shift(400)
    with pytest.raises(PersonNeeded, match="administrator to confirm"):
        channel.confirm(product, waiting, steps)
    sandbox.wechat.confirm_sends()
    assert isinstance(channel.watch(product, waiting, steps), Receipt)
    receipt = channel.confirm(product, waiting, steps)
    assert isinstance(receipt, Receipt)
    assert [str(sent.msg_id) for sent in sandbox.wechat.sends] == [receipt.remote_id]


@pytest.mark.parametrize(
    ("way", "reason"), [("asked", "did not confirm the send within 30 minutes"), ("silent", "gives no reason")]
)
def test_a_send_that_nobody_confirmed_goes_out_anew_under_another_number(
    sandbox: Sandbox, channel: WechatChannel, clock: time_machine.Coordinates, way: str, reason: str
) -> None:
    sandbox.wechat.settings.administrator = way
    product, steps = product_of(channel), MemorySteps()
    waiting = channel.publish(product, steps)
    assert isinstance(waiting, Accepted)
    clock.shift(2200)
    for _ in range(2):
        with pytest.raises(PersonNeeded, match=reason):
            channel.confirm(product, waiting, steps)
    sandbox.wechat.settings.administrator = ""
    steps.prove_absence()
    published(channel, product, steps.fresh_process())
    first, second = sandbox.wechat.sends
    assert first.clientmsgid != second.clientmsgid


def test_what_is_being_sent_for_very_long_is_left_to_a_person_and_not_called_failed(
    sandbox: Sandbox, channel: WechatChannel, clock: time_machine.Coordinates
) -> None:
    sandbox.wechat.settings.mass_takes_s = 7200
    found = accepted(channel, steps := MemorySteps())
    clock.shift(3600)
    with pytest.raises(PersonNeeded, match="still says that it is being sent"):
        channel.confirm(product_of(channel), found, steps)
    steps.prove_absence()
    again = channel.publish(product_of(channel), steps.fresh_process())
    assert isinstance(again, Accepted)
    assert (again.remote_id, len(sandbox.wechat.sends)) == (found.remote_id, 1), "a person who errs doubles nothing"


def test_a_question_that_is_refused_is_no_verdict_about_what_was_sent(
    sandbox: Sandbox, channel: WechatChannel, clock: time_machine.Coordinates
) -> None:
    found = accepted(channel, steps := MemorySteps())
    sandbox.misbehave(OUTCOME, "refused")
    with pytest.raises(ChannelUnavailable):
        channel.confirm(product_of(channel), found, steps)
    sandbox.wechat.settings.administrator = "asked"
    sandbox.wechat.settings.sends_per_day = 2
    waiting = accepted(channel, steps := MemorySteps())
    sandbox.wechat.confirm_sends()
    clock.shift(70)
    sandbox.misbehave(SEND, "refused")
    with pytest.raises(ChannelUnavailable):
        channel.confirm(product_of(channel), waiting, steps)


@pytest.mark.parametrize("status", [*REFUSALS, "send fail", "err(40001)", "err(40002)", "err(99999)"])
def test_each_outcome_of_a_send_names_who_must_act(status: str) -> None:
    error = not_sent(status)
    assert isinstance(error, ProductRefused if status in REFUSALS else PersonNeeded)
    assert str(error).endswith(".")


def test_an_outcome_that_is_told_is_believed_when_the_platform_agrees(sandbox: Sandbox, channel: WechatChannel) -> None:
    sandbox.wechat.settings.mass_outcome = "err(20013)"
    product, steps = product_of(channel), MemorySteps()
    found = accepted(channel, steps)
    with pytest.raises(ProductRefused, match="copyright"):
        channel.confirm(product, Accepted(found.remote_id, {**found.data, "notice": {"Status": "err(20013)"}}), steps)


def test_a_told_outcome_alone_changes_nothing(sandbox: Sandbox, channel: WechatChannel) -> None:
    sandbox.wechat.settings.mass_takes_s = 60
    found = accepted(channel, steps := MemorySteps())
    forged = Accepted(found.remote_id, {**found.data, "notice": {"Status": "send success", "urls": []}})
    assert isinstance(channel.confirm(product_of(channel), forged, steps), Accepted)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sends_per_day": 0}, PersonNeeded),
        ({"verified": False}, CredentialsRefused),
        ({"tags": ()}, CredentialsRefused),
    ],
    ids=["quota", "right", "tag"],
)
def test_a_clear_no_is_nobodys_doubt(
    sandbox: Sandbox, channel: WechatChannel, change: dict[str, Any], error: type[ChannelError]
) -> None:
    some = make_wechat(sandbox, mode="mass", audience="2" if "tags" in change else "all")
    for name, value in change.items():
        setattr(sandbox.wechat.settings, name, value)
    with pytest.raises(error):
        some.publish(product_of(some), MemorySteps())
    assert sandbox.wechat.sends == []


@pytest.mark.parametrize(
    ("account_type", "audience", "quotas"),
    [
        ("subscription", "all", {"sends_per_day": 1}),
        ("service", "all", {"sends_per_day": 1, "sends_per_month": 4}),
        ("service", "7", {"sends_per_day": 1}),
    ],
)
def test_the_ration_is_that_of_the_account(account_type: str, audience: str, quotas: dict[str, int]) -> None:
    made = options("http://127.0.0.1:9", mode="mass", account_type=account_type, audience=audience)
    limits = WechatChannel("wechat", made, Place(Path())).limits
    assert limits.costs[Visit.PUBLISH] == dict.fromkeys(quotas, 1)
    assert {quota.name: quota.limit for quota in limits.quotas if quota.name in quotas} == quotas


def test_what_was_begun_in_another_mode_goes_on_as_it_began(sandbox: Sandbox, channel: WechatChannel) -> None:
    steps = MemorySteps()
    found = accepted(channel, steps)
    now_publishing = make_wechat(sandbox)
    product = product_of(channel)
    assert isinstance(now_publishing.find(product, steps), Accepted)
    receipt = now_publishing.confirm(product, found, steps)
    assert isinstance(receipt, Receipt)
    assert receipt.evidence is Evidence.READ_BACK
    now_publishing.recall(receipt, MemorySteps())
    assert sandbox.wechat.sent == []
