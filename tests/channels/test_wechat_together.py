"""Several articles in one draft of WeChat: what is sent, that all of them go out once, and the proof of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Accepted, Evidence, Product, Receipt
from channels.errors import ChannelUnavailable, OutcomeUnknown, PersonNeeded, ProductRefused
from channels.sandbox.server import Sandbox
from channels.sandbox.wechat.events import due_events
from channels.wechat import mass
from channels.wechat.channel import WechatChannel
from channels.wechat.options import WechatOptions
from channels.wechat.render import render
from channels.wechat.together import Companies
from tests.channels.memory_steps import Killed, MemorySteps
from tests.channels.samples import PAGE, make_article, picture
from tests.channels.sandbox_callers import WechatCaller
from tests.channels.test_wechat import ADD_DRAFT, SECRETS, SUBMIT, make_wechat

SEND = "/cgi-bin/message/mass/sendall"
LOST = ("reset_before", "reset_after", "error_after", "garbage_after", "busy_after")
CALLBACK = {"callback_token": "env:WECHAT_CALLBACK_TOKEN", "callback_aes_key": "env:WECHAT_CALLBACK_KEY"}
OPTIONS = WechatOptions.model_validate({"app_id": "env:A", "app_secret": "env:B"})
DAY_S = 24 * 3600


@cache
def article(number: int) -> Product:
    """One with a picture of its own and one that all have."""
    shown, own = picture(), picture(f"#{number:02}aa{number:02}", name=f"{number}.png")
    html = f'<p>第{number}条。</p><img src="asset:{shown.sha256}"><img src="asset:{own.sha256}">'
    made = make_article(
        key=f"kzj-{number}-r1", item=number, title=f"第{number}条 <甲&乙>", html=html, media=(shown, own),
        summary=f"摘要{number}。", author=f"科室{number}", attachments=(), page_url=f"{PAGE}{number}?a=1&b=2",
    )  # fmt: skip
    return render(made, OPTIONS)


def bundle(*numbers: int) -> Product:
    return article(numbers[0]).with_companions([article(number) for number in numbers[1:]])


def renamed(number: int) -> Product:
    """Another article with the same pictures."""
    address = {"content_source_url": f"{PAGE}{number}"}
    return replace(article(1), key=f"kzj-{number}-r1", title=f"第{number}条", fields={**article(1).fields, **address})


THREE = bundle(1, 2, 3)
TITLES = [article(number).title for number in (1, 2, 3)]


@pytest.fixture(autouse=True)
def secrets(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = sandbox.wechat.settings
    settings.mass_takes_s = settings.repeats_after_s = 0
    settings.sends_per_day = 100
    heard = {"WECHAT_CALLBACK_TOKEN": settings.callback_token, "WECHAT_CALLBACK_KEY": settings.callback_aes_key}
    for name, value in (SECRETS | heard).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(mass, "REPEAT_AFTER", timedelta(0))


@pytest.fixture
def wechat(sandbox: Sandbox) -> WechatChannel:
    return make_wechat(sandbox)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(datetime(2026, 11, 22, 4, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def all_of(receipt: Receipt) -> list[Receipt]:
    return [receipt, *receipt.companions]


def proven(channel: WechatChannel, product: Product, outcome: Receipt | Accepted | None, steps: MemorySteps) -> Receipt:
    while isinstance(outcome, Accepted):
        outcome = channel.confirm(product, outcome, steps)
    assert outcome is not None
    return outcome


def fulfilled(channel: WechatChannel, product: Product, steps: MemorySteps) -> Receipt:
    """Go on as the queue does until the proof is there."""
    for _ in range(6):
        steps = steps.fresh_process()
        try:
            return proven(channel, product, channel.publish(product, steps), steps)
        except ChannelUnavailable:
            continue
        except OutcomeUnknown:
            if (found := channel.find(product, steps)) is not None:
                return proven(channel, product, found, steps)
        steps.prove_absence()
    pytest.fail("it is never fulfilled")


def titles_out(sandbox: Sandbox) -> list[list[str]]:
    """What readers see, push by push."""
    entries = [*sandbox.wechat.published, *sandbox.wechat.sent]
    return [[one.title for one in entry.articles] for entry in entries]


# What travels


@pytest.mark.parametrize("numbers", [(1, 2), (3, 1, 2), (8, 7, 6, 5, 4, 3, 2, 1)], ids=str)
def test_items_become_one_draft_in_their_order(
    wechat: WechatChannel, sandbox: Sandbox, numbers: tuple[int, ...]
) -> None:
    fulfilled(wechat, bundle(*numbers), MemorySteps())
    (draft,) = sandbox.wechat.draft_shelf.all()
    sent = [(one.title, one.author, one.digest, one.content_source_url) for one in draft.articles]
    assert sent == [
        (f"第{number}条 <甲&乙>", f"科室{number}", f"摘要{number}。", f"{PAGE}{number}?a=1&b=2") for number in numbers
    ]
    assert all(f"第{number}条。" in one.sent_content for number, one in zip(numbers, draft.articles, strict=True))
    assert len(sandbox.wechat.images) == 1 + len(numbers), "the picture that all have is uploaded once"
    covers = [sandbox.wechat.picture(one.thumb_media_id) for one in draft.articles]
    assert [cover.content for cover in covers if cover] == [
        article(number).medium(article(number).fields["cover"]).content for number in numbers
    ]


def test_each_article_has_its_own_proof(wechat: WechatChannel, sandbox: Sandbox) -> None:
    receipts = all_of(fulfilled(wechat, THREE, MemorySteps()))
    (entry,) = sandbox.wechat.published
    assert [receipt.url for receipt in receipts] == list(entry.urls)
    assert [receipt.remote_id for receipt in receipts] == [entry.article_id + end for end in ("", "#2", "#3")]
    assert [receipt.raw["index"] for receipt in receipts] == [1, 2, 3]
    assert {receipt.evidence for receipt in receipts} == {Evidence.READ_BACK}
    page = next(wechat.past(entry.due_at.year, after="", is_known=lambda _: False))
    assert [(past.remote_id, past.url) for past in page.entries] == [(one.remote_id, one.url) for one in receipts]


def test_the_platforms_word_tells_the_address_of_each(sandbox: Sandbox) -> None:
    channel, steps = make_wechat(sandbox, mode="mass", audience="all", **CALLBACK), MemorySteps()
    accepted = channel.publish(THREE, steps)
    assert isinstance(accepted, Accepted)
    assert channel.confirm(THREE, accepted, steps) == accepted, "the addresses come with the event only"
    (event,) = due_events(sandbox.wechat)
    heard = channel.hear("POST", event.query, event.body, now=datetime.now(UTC)).notice
    assert heard is not None
    told = Accepted(accepted.remote_id, {**accepted.data, "notice": heard.data})
    receipts = all_of(proven(channel, THREE, told, steps))
    (send,) = sandbox.wechat.sent
    assert [receipt.url for receipt in receipts] == list(send.urls)
    assert [(receipt.raw["index"], receipt.raw["count"]) for receipt in receipts] == [(1, 3), (2, 3), (3, 3)]
    assert [receipt.remote_id for receipt in receipts] == [f"{send.msg_id}{end}" for end in ("", "#2", "#3")]


# Whatever gets lost


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("mode", ["publish", "mass"])
def test_whatever_gets_lost_all_go_out_once(sandbox: Sandbox, mode: str, fault: str) -> None:
    channel, steps = make_wechat(sandbox, mode=mode, audience="all"), MemorySteps()
    sandbox.misbehave(SUBMIT if mode == "publish" else SEND, fault)
    with pytest.raises(OutcomeUnknown):
        channel.publish(THREE, steps)
    receipts = all_of(fulfilled(channel, THREE, steps))
    assert titles_out(sandbox) == [TITLES]
    assert len(receipts) == len({receipt.remote_id for receipt in receipts}) == 3


@pytest.mark.parametrize("mode", ["publish", "mass"])
def test_killed_at_any_moment_all_go_out_once(sandbox: Sandbox, mode: str) -> None:
    for moment in range(100):
        before = len(titles_out(sandbox))
        steps, product = MemorySteps(kill_at=moment), renamed(moment).with_companions([renamed(100 + moment)])
        channel = make_wechat(sandbox, mode=mode, audience="all")
        with suppress(Killed):
            channel.publish(product, steps)
            assert moment > 5
            return
        assert len(all_of(fulfilled(channel, product, steps))) == 2
        assert titles_out(sandbox)[before:] == [[one.title for one in (product, *product.companions)]]
    pytest.fail("a publication has no end")


def test_a_lost_draft_is_taken_up_if_it_holds_all_of_them(wechat: WechatChannel, sandbox: Sandbox) -> None:
    steps = MemorySteps()
    sandbox.misbehave(ADD_DRAFT, "reset_after")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(THREE, steps)
    fulfilled(wechat, THREE, steps)
    assert len(sandbox.wechat.draft_shelf.all()) == 1
    sandbox.misbehave(ADD_DRAFT, "reset_after")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(bundle(4, 5), MemorySteps())
    alone = MemorySteps()
    sandbox.misbehave(ADD_DRAFT, "reset_before")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(article(4), alone)
    fulfilled(wechat, article(4), alone)
    assert titles_out(sandbox)[-1] == [article(4).title], "the draft of two was left where it is"


def test_what_is_listed_late_is_waited_for(wechat: WechatChannel, sandbox: Sandbox) -> None:
    steps = MemorySteps()
    sandbox.wechat.settings.listed_after_s = 3600
    sandbox.misbehave(SUBMIT, "reset_after")
    with pytest.raises(OutcomeUnknown):
        wechat.publish(THREE, steps)
    waiting = wechat.find(THREE, steps)
    assert isinstance(waiting, Accepted)
    assert wechat.confirm(THREE, waiting, steps) == waiting
    sandbox.wechat.settings.listed_after_s = 0
    assert [one.url for one in all_of(proven(wechat, THREE, waiting, steps))] == list(sandbox.wechat.published[0].urls)


@pytest.mark.parametrize("order", [(1, 3, 2), (1, 2), (1, 2, 3, 4)], ids=["other order", "one less", "one more"])
def test_what_was_put_together_otherwise_is_not_ours(
    wechat: WechatChannel, sandbox: Sandbox, order: tuple[int, ...]
) -> None:
    steps = MemorySteps()
    sandbox.misbehave(SUBMIT, "reset_before")
    with pytest.raises(OutcomeUnknown):
        wechat.publish(THREE, steps)
    fulfilled(wechat, bundle(*order), MemorySteps())
    assert wechat.find(THREE, steps) is None


@pytest.mark.parametrize("left", [2, 4])
def test_a_publication_of_another_number_of_articles_is_for_a_person(
    wechat: WechatChannel, sandbox: Sandbox, left: int
) -> None:
    steps = MemorySteps()
    accepted = wechat.publish(THREE, steps)
    assert isinstance(accepted, Accepted)
    (entry,) = sandbox.wechat.submitted
    urls = sandbox.wechat.addresses(entry.article_id, left)
    sandbox.wechat.publication_shelf.put(str(entry.publish_id), replace(entry, urls=urls))
    with pytest.raises(PersonNeeded, match=f"published {left} articles and not the 3"):
        wechat.confirm(THREE, accepted, steps)


# Refusals


@pytest.mark.parametrize(
    ("status", "fails", "text"),
    [
        (2, (2,), f"originality refuses “{TITLES[1]}”, so nothing"),
        (4, (1, 3), f"review refuses “{TITLES[0]}”, “{TITLES[2]}”, so nothing"),
        (4, (), f"review refuses “{TITLES[0]}”, “{TITLES[1]}”, “{TITLES[2]}”, so"),
    ],
)
def test_a_refusal_names_the_articles_it_is_about(
    wechat: WechatChannel, sandbox: Sandbox, status: int, fails: tuple[int, ...], text: str
) -> None:
    sandbox.wechat.settings.publish_outcome = status
    sandbox.wechat.settings.publish_fails = fails
    with pytest.raises(ProductRefused) as caught:
        fulfilled(wechat, THREE, MemorySteps())
    assert text in str(caught.value)


def test_what_failed_without_a_reason_is_submitted_once_more_with_all_of_them(
    wechat: WechatChannel, sandbox: Sandbox, clock: time_machine.Coordinates
) -> None:
    steps = MemorySteps()
    sandbox.wechat.settings.publish_outcome = 3
    failed = wechat.publish(THREE, steps)
    assert isinstance(failed, Accepted)
    sandbox.wechat.settings.publish_outcome = 0
    waiting = wechat.confirm(THREE, failed, steps)
    assert isinstance(waiting, Accepted)
    clock.shift(360)
    assert len(all_of(proven(wechat, THREE, wechat.confirm(THREE, waiting, steps), steps))) == 3
    assert titles_out(sandbox) == [TITLES]


@pytest.mark.parametrize("numbers", [(1, 3), (1, 3, 2), (1,)], ids=["one less", "other order", "alone"])
def test_after_a_refusal_it_goes_out_in_other_company(
    wechat: WechatChannel, sandbox: Sandbox, numbers: tuple[int, ...]
) -> None:
    steps, other = MemorySteps(), bundle(*numbers)
    sandbox.wechat.settings.publish_outcome = 4
    with pytest.raises(ProductRefused):
        fulfilled(wechat, THREE, steps)
    sandbox.wechat.settings.publish_outcome = 0
    steps.prove_absence()
    pictures = len(sandbox.wechat.images)
    assert len(all_of(fulfilled(wechat, other, steps))) == len(numbers)
    assert titles_out(sandbox) == [[article(number).title for number in numbers]]
    assert len(sandbox.wechat.images) == pictures


def test_who_comes_back_into_an_earlier_company_begins_anew_and_leaves_no_draft_behind(
    wechat: WechatChannel, sandbox: Sandbox
) -> None:
    steps = MemorySteps()
    sandbox.wechat.settings.publish_outcome = 4
    for numbers in ((1,), (1, 2), (1, 2, 3), (1,), (1, 2)):
        with pytest.raises(ProductRefused):
            fulfilled(wechat, bundle(*numbers), steps)
        steps.prove_absence()
        assert [[one.title for one in draft.articles] for draft in sandbox.wechat.drafts] == [
            [article(number).title for number in numbers]
        ]
    sandbox.wechat.settings.publish_outcome = 0
    fulfilled(wechat, bundle(1, 2), steps)
    assert titles_out(sandbox) == [TITLES[:2]]
    assert sandbox.wechat.drafts == []


def test_killed_while_it_changes_company_it_goes_out_once(wechat: WechatChannel, sandbox: Sandbox) -> None:
    for moment in range(100):
        lead, sandbox.wechat.settings.publish_outcome = renamed(moment), 4
        before = MemorySteps()
        with pytest.raises(ProductRefused):
            fulfilled(wechat, lead.with_companions([article(2)]), before)
        before.prove_absence()
        sandbox.wechat.settings.publish_outcome = 0
        steps, now = MemorySteps(before.memory, kill_at=moment), lead.with_companions([article(3)])
        with suppress(Killed):
            wechat.publish(now, steps)
            assert moment > 5
            return
        fulfilled(wechat, now, steps)
        assert titles_out(sandbox)[moment:] == [[lead.title, TITLES[2]]]
        assert sandbox.wechat.drafts == []
    pytest.fail("a publication has no end")


@pytest.mark.parametrize("numbers", [(1, 3), (1,)], ids=["other company", "alone"])
def test_what_was_refused_and_came_out_all_the_same_does_not_come_out_twice(
    wechat: WechatChannel, sandbox: Sandbox, numbers: tuple[int, ...]
) -> None:
    steps, other = MemorySteps(), bundle(*numbers)
    sandbox.misbehave(SUBMIT, "rate_limited_after")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(THREE, steps)
    steps.prove_absence()
    with pytest.raises(PersonNeeded, match="that draft is no longer in the WeChat console"):
        wechat.publish(other, steps.fresh_process())
    assert titles_out(sandbox) == [TITLES]
    fulfilled(wechat, other, steps)
    assert titles_out(sandbox)[1:] == [[article(number).title for number in numbers]], "somebody has looked"


def test_what_went_out_by_itself_does_not_come_out_again_with_others(wechat: WechatChannel, sandbox: Sandbox) -> None:
    steps = MemorySteps()
    sandbox.misbehave(SUBMIT, "rate_limited_after")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(article(1), steps)
    steps.prove_absence()
    with pytest.raises(PersonNeeded, match="no longer in the WeChat console"):
        wechat.publish(THREE, steps.fresh_process())
    assert titles_out(sandbox) == [TITLES[:1]]


# By hand


def with_draft(sandbox: Sandbox) -> tuple[WechatChannel, MemorySteps, str]:
    channel, steps = make_wechat(sandbox, mode="draft"), MemorySteps()
    with pytest.raises(PersonNeeded, match="its 3 articles waits in the WeChat console"):
        channel.publish(THREE, steps)
    (draft,) = sandbox.wechat.drafts
    return channel, steps, draft.media_id


def test_a_draft_that_a_person_publishes_is_noticed_with_all_its_articles(sandbox: Sandbox) -> None:
    channel, steps, media_id = with_draft(sandbox)
    assert channel.watch(THREE, None, steps) is None
    WechatCaller(sandbox).post(SUBMIT, {"media_id": media_id})
    seen = channel.watch(THREE, None, steps)
    assert seen is not None
    assert [one.url for one in all_of(seen)] == list(sandbox.wechat.published[0].urls)
    assert seen == channel.find(THREE, steps)


@pytest.mark.parametrize("titles", [TITLES, TITLES[::-1], TITLES[:2], [*TITLES, "又一条"]], ids=len)
def test_what_a_person_sends_is_found_in_the_figures_if_it_is_all_of_it(
    sandbox: Sandbox, clock: time_machine.Coordinates, titles: list[str]
) -> None:
    channel, steps, _ = with_draft(sandbox)
    (draft,) = sandbox.wechat.drafts
    sandbox.wechat.draft_shelf.put(draft.media_id, replace(draft, deleted=True))
    sandbox.wechat.publish_by_hand(*titles, at=datetime.now(UTC), by_push=True)
    clock.shift(DAY_S)
    if titles != TITLES:
        with pytest.raises(PersonNeeded, match="no longer in the WeChat console"):
            channel.watch(THREE, None, steps)
        return
    seen = channel.watch(THREE, None, steps)
    assert seen is not None
    assert [one.url for one in all_of(seen)] == list(sandbox.wechat.published[0].urls)


# Afterwards


@pytest.mark.parametrize("first", [0, 1], ids=["headline", "companion"])
@pytest.mark.parametrize("mode", ["publish", "mass"])
def test_each_can_be_taken_back_by_itself(sandbox: Sandbox, mode: str, first: int) -> None:
    channel = make_wechat(sandbox, mode=mode, audience="all")
    receipts = all_of(fulfilled(channel, THREE, MemorySteps()))
    order = [receipts[first], *(one for one in receipts if one is not receipts[first])]
    gone = channel.recall(order[0], MemorySteps())
    (entry,) = sandbox.wechat.submitted or sandbox.wechat.sends
    assert (entry.deleted, gone.remote_id) == ((first + 1,), order[0].remote_id)
    # Of a send the platform tells only whether all of it is gone.
    assert gone.evidence is (Evidence.READ_BACK if mode == "publish" else Evidence.ACCEPTED)
    assert [channel.look(one).is_there for one in order] == [mode == "mass", True, True]
    ends = [channel.recall(one, MemorySteps()).evidence for one in order[1:]]
    assert ends[-1] is Evidence.READ_BACK
    assert titles_out(sandbox) == []
    assert not any(channel.look(one).is_there for one in order)


@pytest.mark.parametrize("mode", ["publish", "mass"])
def test_each_has_its_own_readers(sandbox: Sandbox, clock: time_machine.Coordinates, mode: str) -> None:
    channel = make_wechat(sandbox, mode=mode, audience="all")
    receipts = all_of(fulfilled(channel, THREE, MemorySteps()))
    clock.shift(2 * DAY_S)
    (entry,) = sandbox.wechat.published or sandbox.wechat.sent
    assert [channel.look(one).raw["content_url"] for one in receipts] == list(entry.urls)


# Steps and settings


companies = st.lists(st.integers(1, 8), min_size=1, max_size=8, unique=True).map(tuple)


@given(companies, companies)
def test_each_company_has_steps_of_its_own_and_pictures_are_shared(one: Any, other: Any) -> None:
    made = {number: Product(f"kzj-{number}-r1", f"第{number}条", "") for number in range(1, 9)}
    products = [made[first].with_companions([made[number] for number in rest]) for first, *rest in (one, other)]
    steps = MemorySteps()
    here, there = (Companies(product, steps).now() for product in products)
    for name in ("draft", "submit", "again:1", "image:1", "cover:1"):
        here.repeatable(name, lambda: {"done": True})
    seen = [there.result(name) is not None for name in ("draft", "submit", "again:1")]
    # Alone, the steps have the names they always had.
    is_same = one == other or len(one) == len(other) == 1
    assert seen == [is_same] * 3
    assert there.result("image:1") == there.result("cover:1") == {"done": True}
    assert (steps.result("submit") is not None) == (len(one) == 1)
    assert (here.begun_at("submit") is None, here.begun_at("send")) == (False, None)


def test_an_office_says_how_many_go_together(sandbox: Sandbox) -> None:
    assert make_wechat(sandbox).issues is None
    plan = make_wechat(sandbox, issues={"items": 5, "weekdays": ["mon"]}).issues
    assert plan is not None
    assert (plan.together, plan.room.items, plan.options.close_days_before) == (True, 5, 0)


@pytest.mark.parametrize(
    ("mixed", "kind", "alone"), [(False, "newspic", True), (True, "newspic", False), (False, "", False)]
)
def test_a_picture_post_goes_by_itself_unless_the_office_wants_otherwise(
    sandbox: Sandbox, mixed: bool, kind: str, alone: bool
) -> None:
    channel = make_wechat(sandbox, issues={"mixed": mixed})
    assert channel.goes_alone({"article_type": kind} if kind else {}) is alone
