"""WeChat: the shared promises, and what only this platform does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.base import Accepted, Evidence, OwnMemory, Place, Product, Receipt
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
)
from channels.http import Answer
from channels.sandbox.server import Sandbox
from channels.wechat.api import encode, read
from channels.wechat.channel import WechatChannel
from channels.wechat.codes import named_error
from channels.wechat.options import WechatOptions
from channels.wechat.token import TOKENS, Sharing, TokenCache
from tests.channels.afterwards import TakesBack
from tests.channels.contract import Platform, Trouble
from tests.channels.memory_steps import Killed, MemorySteps
from tests.channels.platforms import WechatPlatform
from tests.channels.samples import PAGE, make_article, picture

SECRETS = {"WECHAT_APP_ID": "wx0123456789abcdef", "WECHAT_APP_SECRET": "sandbox-app-secret"}
SUBMIT, OUTCOME = "/cgi-bin/freepublish/submit", "/cgi-bin/freepublish/get"
LIST, DRAFT = "/cgi-bin/freepublish/batchget", "/cgi-bin/draft/get"
ARTICLE, DELETE = "/cgi-bin/freepublish/getarticle", "/cgi-bin/freepublish/delete"
ADD_DRAFT, ADD_COVER = "/cgi-bin/draft/add", "/cgi-bin/material/add_material"
LOST = (
    "hang",
    "reset_before",
    "reset_after",
    "error_before",
    "error_after",
    "garbage_after",
    "empty_after",
    "half_after",
)
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def options(url: str, **changes: Any) -> WechatOptions:
    values = {"api_base": url, "app_id": "env:WECHAT_APP_ID", "app_secret": "env:WECHAT_APP_SECRET", "timeout_s": 0.5}
    return WechatOptions.model_validate(values | changes)


class TestWechat(TakesBack):
    speaks = WechatPlatform
    secrets = SECRETS
    troubles = (
        *(Trouble(SUBMIT, fault, OutcomeUnknown) for fault in (*LOST, "busy", "busy_after")),
        Trouble(SUBMIT, "slow"),
        Trouble(SUBMIT, "rate_limited", ChannelUnavailable),
        Trouble(SUBMIT, "rate_limited_after", ChannelUnavailable),
        Trouble(SUBMIT, "refused", ProductRefused),
        *(Trouble(ADD_DRAFT, fault, ChannelUnavailable) for fault in (*LOST, "busy", "rate_limited_after")),
        Trouble(ADD_DRAFT, "refused", ProductRefused),
        *(Trouble(ADD_COVER, fault, ChannelUnavailable) for fault in LOST),
        Trouble("/cgi-bin/media/uploadimg", "reset_after", ChannelUnavailable),
        *(Trouble("/cgi-bin/stable_token", fault, ChannelUnavailable) for fault in LOST),
    )
    recall_troubles = (
        *(Trouble(DELETE, fault, OutcomeUnknown) for fault in (*LOST, "busy", "busy_after")),
        Trouble(DELETE, "slow"),
        Trouble(DELETE, "rate_limited", ChannelUnavailable),
        Trouble(DELETE, "rate_limited_after", ChannelUnavailable),
        Trouble(DELETE, "refused", PersonNeeded),
        *(Trouble(ARTICLE, fault, ChannelUnavailable) for fault in (*LOST, "busy", "rate_limited")),
        Trouble(ARTICLE, "refused", PersonNeeded),
    )

    def make_channel(self, url: str) -> WechatChannel:
        return WechatChannel("wechat", options(url), self.place)

    def arrives(self, title: str) -> str:
        return f"{title}\n"

    def known_secrets(self, platform: Platform) -> Sequence[str]:
        tokens = cast(WechatPlatform, platform).sandbox.wechat.token_shelf.all()
        return [SECRETS["WECHAT_APP_SECRET"], *(token.value for token in tokens)]


@pytest.fixture
def wechat(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WechatChannel:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return make_wechat(sandbox)


def make_wechat(sandbox: Sandbox, **changes: Any) -> WechatChannel:
    return WechatChannel("wechat", options(sandbox.url, **changes), Place(Path()))


def product_of(channel: WechatChannel, **changes: Any) -> Product:
    return channel.render(make_article(**changes))


def published(channel: WechatChannel, product: Product, steps: MemorySteps) -> Receipt:
    outcome = channel.publish(product, steps)
    while isinstance(outcome, Accepted):
        outcome = channel.confirm(product, outcome, steps)
    return outcome


def lost(channel: WechatChannel, product: Product, sandbox: Sandbox, fault: str = "reset_after") -> MemorySteps:
    """A delivery whose submission got no answer."""
    steps = MemorySteps()
    sandbox.misbehave(SUBMIT, fault)
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    return steps


def with_draft_only(channel: WechatChannel, product: Product) -> MemorySteps:
    """A delivery that was killed when its draft was made and nothing submitted."""
    for moment in range(100):
        steps = MemorySteps(kill_at=moment)
        with suppress(Killed):
            channel.publish(product, steps)
        if steps.result("draft"):
            # The intent is the very next row; a crash a moment earlier would have left none.
            steps.memory.rows.pop("submit", None)
            return steps.fresh_process()
    pytest.fail("there is never a draft")


def test_an_article_arrives_with_all_its_fields(wechat: WechatChannel, sandbox: Sandbox) -> None:
    photo = picture(size=(600, 300))
    html = f'<p>正文</p><img src="asset:{photo.sha256}" alt="现场">'
    product = product_of(wechat, html=html, media=(photo,), page_url="https://www.example.gov.cn/?a=1&b=2")
    receipt = published(wechat, product, MemorySteps())
    (publication,) = sandbox.wechat.published
    (article,) = publication.articles
    assert (article.title, article.author, article.digest) == (
        product.title,
        "规划科",
        "近日，全市新增国家高新技术企业5家。",
    )
    assert article.content_source_url == "https://www.example.gov.cn/?a=1&b=2"
    assert [image.content for image in sandbox.wechat.images] == [photo.content]
    assert [cover.name for cover in sandbox.wechat.materials] == [f"kzj-31-r1-{photo.sha256[:16]}.png"]
    assert f'data-src="{sandbox.wechat.images[0].url}"' in article.content
    assert "asset:" not in article.sent_content
    assert (receipt.remote_id, receipt.url) == (publication.article_id, publication.url)
    assert receipt.evidence is Evidence.READ_BACK
    assert (receipt.raw["mode"], receipt.raw["publish_id"]) == ("freepublish", publication.publish_id)
    assert receipt.raw["msg_data_id"] == str(publication.msg_data_id)


def test_what_the_platform_took_is_remembered_for_the_question_after(wechat: WechatChannel, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.publish_takes_s = 3600
    product, steps = product_of(wechat), MemorySteps()
    accepted = wechat.publish(product, steps)
    assert isinstance(accepted, Accepted)
    publication = sandbox.wechat.submitted[0]
    assert accepted == Accepted(
        str(publication.publish_id),
        {
            "publish_id": str(publication.publish_id),
            "msg_data_id": str(publication.msg_data_id),
            "media_id": publication.media_id,
            "title": product.title,
            "source": f"{PAGE}31",
            "about": [str(publication.msg_data_id)],
        },
    )
    assert wechat.confirm(product, accepted, steps) == accepted


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (2, ProductRefused, "originality refuses the article .article 1, 3."),
        (4, ProductRefused, "review refuses the article .article 1, 3."),
        (5, PersonNeeded, "deleted it"),
        (6, PersonNeeded, "blocked it"),
    ],
)
def test_each_outcome_that_is_no_success_has_its_error(
    wechat: WechatChannel, sandbox: Sandbox, status: int, error: type[ChannelError], text: str
) -> None:
    sandbox.wechat.settings.publish_outcome = status
    sandbox.wechat.settings.publish_fails = (1, 3)
    with pytest.raises(error, match=text):
        published(wechat, product_of(wechat), MemorySteps())


@pytest.fixture
def failed(wechat: WechatChannel, sandbox: Sandbox) -> Iterator[tuple[time_machine.Coordinates, Accepted, MemorySteps]]:
    """WeChat could not publish and does not say why; six minutes have gone by."""
    with time_machine.travel(datetime(2026, 11, 22, 4, tzinfo=UTC), tick=False) as clock:
        sandbox.wechat.settings.publish_outcome = 3
        product, steps = product_of(wechat), MemorySteps()
        waiting = wechat.publish(product, steps)
        assert isinstance(waiting, Accepted)
        clock.shift(15)
        waiting = wechat.confirm(product, waiting, steps)
        assert isinstance(waiting, Accepted)
        clock.shift(60)
        assert wechat.confirm(product, waiting, steps.fresh_process()) == waiting
        assert len(sandbox.wechat.submitted) == 1
        clock.shift(300)
        yield clock, waiting, steps.fresh_process()


Failed = tuple[Any, Accepted, MemorySteps]


@pytest.mark.parametrize("outcome", [0, 3], ids=["goes well", "fails too"])
def test_what_failed_without_a_reason_is_submitted_once_more_after_some_minutes(
    wechat: WechatChannel, sandbox: Sandbox, failed: Failed, outcome: int
) -> None:
    clock, waiting, steps = failed
    product = product_of(wechat)
    sandbox.wechat.settings.publish_outcome = outcome
    again = wechat.confirm(product, waiting, steps)
    assert isinstance(again, Accepted)
    assert again.remote_id == str(sandbox.wechat.submitted[1].publish_id) != waiting.remote_id
    clock.shift(60)
    if outcome:
        with pytest.raises(PersonNeeded, match="failed to publish it twice"):
            wechat.confirm(product, again, steps.fresh_process())
        steps.prove_absence()
        assert isinstance(wechat.publish(product, steps.fresh_process()), Accepted)
    else:
        assert isinstance(wechat.confirm(product, again, steps.fresh_process()), Receipt)
        assert [entry.title for entry in sandbox.wechat.published] == [product.title]
    assert len(sandbox.wechat.submitted) == (3 if outcome else 2)
    assert len(sandbox.wechat.draft_shelf.all()) == 1


@pytest.mark.parametrize("fault", [*LOST, "refused", "busy_after"])
def test_a_second_attempt_whose_answer_is_lost_is_not_made_a_third_time(
    wechat: WechatChannel, sandbox: Sandbox, failed: Failed, fault: str
) -> None:
    clock, waiting, steps = failed
    product = product_of(wechat)
    sandbox.wechat.settings.publish_outcome = 0
    sandbox.misbehave("/cgi-bin/freepublish/submit", fault)
    with pytest.raises((OutcomeUnknown, PersonNeeded)):
        wechat.confirm(product, waiting, steps)
    clock.shift(60)
    made = len(sandbox.wechat.submitted)
    if made == 1:
        with pytest.raises(OutcomeUnknown):
            wechat.confirm(product, waiting, steps.fresh_process())
    else:
        found = wechat.confirm(product, waiting, steps.fresh_process())
        assert isinstance(found, Receipt)
        assert found.remote_id == sandbox.wechat.published[0].article_id
    assert len(sandbox.wechat.submitted) == made


def test_a_draft_that_is_gone_after_a_failure_is_left_to_a_person(
    wechat: WechatChannel, sandbox: Sandbox, failed: Failed
) -> None:
    _clock, waiting, steps = failed
    (draft,) = sandbox.wechat.drafts
    sandbox.wechat.draft_shelf.put(draft.media_id, replace(draft, deleted=True))
    with pytest.raises(PersonNeeded, match="no longer there"):
        wechat.confirm(product_of(wechat), waiting, steps)
    assert len(sandbox.wechat.submitted) == 1


def test_a_refused_question_is_no_verdict_about_the_article(wechat: WechatChannel, sandbox: Sandbox) -> None:
    product, steps = product_of(wechat), MemorySteps()
    accepted = wechat.publish(product, steps)
    assert isinstance(accepted, Accepted)
    sandbox.misbehave("/cgi-bin/freepublish/get", "refused", times=1)
    with pytest.raises(ChannelUnavailable):
        wechat.confirm(product, accepted, steps)
    assert isinstance(wechat.confirm(product, accepted, steps), Receipt)


def test_in_draft_mode_a_person_publishes(wechat: WechatChannel, sandbox: Sandbox) -> None:
    channel, steps = make_wechat(sandbox, mode="draft"), MemorySteps()
    for _ in range(2):
        with pytest.raises(PersonNeeded, match="waits in the WeChat console"):
            channel.publish(product_of(channel), steps)
    assert len(sandbox.wechat.drafts) == 1
    assert sandbox.wechat.submitted == []
    assert channel.find(product_of(channel), steps) is None


@pytest.mark.parametrize("hides", [False, True], ids=["short list is enough", "long list is needed"])
def test_a_lost_submission_is_found_by_address_and_title(wechat: WechatChannel, sandbox: Sandbox, hides: bool) -> None:
    sandbox.wechat.settings.no_content_hides_source_url = hides
    product = product_of(wechat, page_url=f"{PAGE}?a=1&b=2", title="A & B <c>")
    found = wechat.find(product, lost(wechat, product, sandbox))
    assert isinstance(found, Receipt)
    (publication,) = sandbox.wechat.published
    assert (found.remote_id, found.url) == (publication.article_id, publication.url)
    assert "content" not in found.raw


def test_a_lost_submission_is_found_behind_many_newer_ones(wechat: WechatChannel, sandbox: Sandbox) -> None:
    product = product_of(wechat, page_url=f"{PAGE}lost", title="第一条")
    steps = lost(wechat, product, sandbox)
    for number in range(65):
        newer = product_of(wechat, key=f"kzj-{number}-r1", item=number, page_url=f"{PAGE}{number}", title=f"{number}")
        published(wechat, newer, MemorySteps())
    assert isinstance(wechat.find(product, steps), Receipt)


def test_a_draft_that_is_used_up_but_not_listed_counts_as_taken(wechat: WechatChannel, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.listed_after_s = 3600
    product = product_of(wechat)
    steps = lost(wechat, product, sandbox)
    found = wechat.find(product, steps)
    assert isinstance(found, Accepted)
    assert found.remote_id == ""
    assert wechat.confirm(product, found, steps) == found
    sandbox.wechat.settings.listed_after_s = 0
    assert isinstance(wechat.confirm(product, found, steps), Receipt)


def test_while_a_lost_submission_is_under_way_nothing_is_seen_and_nothing_repeated(
    wechat: WechatChannel, sandbox: Sandbox
) -> None:
    sandbox.wechat.settings.publish_takes_s = 3600
    product = product_of(wechat)
    steps = lost(wechat, product, sandbox)
    assert wechat.find(product, steps) is None
    with pytest.raises(OutcomeUnknown):
        wechat.publish(product, steps.fresh_process())
    assert len(sandbox.wechat.submitted) == 1
    assert wechat.capabilities.absence_after_s == 600


def test_an_older_publication_of_the_same_item_is_not_taken_for_ours(wechat: WechatChannel, sandbox: Sandbox) -> None:
    product = product_of(wechat)
    published(wechat, product, MemorySteps())
    steps = lost(wechat, product, sandbox, "reset_before")
    steps.memory.rows["submit"].begun_at += timedelta(minutes=3)
    assert wechat.find(product, steps) is None


@pytest.mark.parametrize("path", [LIST, DRAFT])
@pytest.mark.parametrize("fault", ["reset_before", "error_before", "empty_after"])
def test_a_look_without_an_answer_is_no_look(wechat: WechatChannel, sandbox: Sandbox, path: str, fault: str) -> None:
    product = product_of(wechat)
    steps = lost(wechat, product, sandbox, "reset_before")
    sandbox.misbehave(path, fault)
    with pytest.raises(ChannelUnavailable):
        wechat.find(product, steps)


def test_a_question_without_an_answer_is_asked_again(wechat: WechatChannel, sandbox: Sandbox) -> None:
    product, steps = product_of(wechat), MemorySteps()
    accepted = wechat.publish(product, steps)
    assert isinstance(accepted, Accepted)
    sandbox.misbehave(OUTCOME, "garbage_after")
    with pytest.raises(ChannelUnavailable):
        wechat.confirm(product, accepted, steps)
    assert isinstance(wechat.confirm(product, accepted, steps), Receipt)


@pytest.mark.parametrize("path", [ADD_DRAFT, ADD_COVER])
def test_what_a_lost_answer_left_behind_is_used_and_not_made_twice(
    wechat: WechatChannel, sandbox: Sandbox, path: str
) -> None:
    product, steps = product_of(wechat), MemorySteps()
    sandbox.misbehave(path, "reset_after")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(product, steps)
    published(wechat, product, steps.fresh_process())
    assert len(sandbox.wechat.materials) == 1
    assert len(sandbox.wechat.draft_shelf.all()) == 1


def test_an_older_draft_with_another_text_is_not_published_in_our_place(
    wechat: WechatChannel, sandbox: Sandbox
) -> None:
    with pytest.raises(PersonNeeded):
        make_wechat(sandbox, mode="draft").publish(product_of(wechat, html="<p>旧文</p>"), MemorySteps())
    product, steps = product_of(wechat, html="<p>新文</p>"), MemorySteps()
    sandbox.misbehave(ADD_DRAFT, "reset_before")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(product, steps)
    steps.memory.rows["draft"].begun_at += timedelta(minutes=3)
    published(wechat, product, steps)
    assert "新文" in sandbox.wechat.published[0].articles[0].content


def test_a_cover_the_platform_does_not_know_yet_is_a_matter_of_seconds(wechat: WechatChannel, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.material_visible_after_s = 3600
    product, steps = product_of(wechat), MemorySteps()
    with pytest.raises(ChannelUnavailable) as caught:
        wechat.publish(product, steps)
    assert caught.value.retry_after_s == 10
    cover = next(row for name, row in steps.memory.rows.items() if name.startswith("cover:"))
    cover.begun_at -= timedelta(minutes=2)
    with pytest.raises(PersonNeeded, match="no longer knows"):
        wechat.publish(product, steps)


def test_a_draft_that_is_gone_at_the_first_submission_was_not_submitted_by_us(
    wechat: WechatChannel, sandbox: Sandbox
) -> None:
    product = product_of(wechat)
    steps = with_draft_only(wechat, product)
    for draft in sandbox.wechat.draft_shelf.all():
        sandbox.wechat.draft_shelf.put(draft.media_id, replace(draft, deleted=True))
    with pytest.raises(ChannelUnavailable, match="does not know the new draft"):
        wechat.publish(product, steps.fresh_process())
    steps.prove_absence()
    assert isinstance(wechat.publish(product, steps.fresh_process()), Accepted)


# What travels


ITEM: dict[str, Any] = {
    "title": "标题“一”<A&B>😀",
    "html": "<p>正文&amp;&lt;&gt;</p>",
    "summary": "摘要。",
    "media": (),
    "attachments": (),
    "page_url": f"{PAGE}31?a=1&b=2",
}
REQUEST: dict[str, Any] = {
    "title": ITEM["title"],
    "author": "规划科",
    "digest": "摘要。",
    "content_source_url": ITEM["page_url"],
    "pic_crop_235_1": "0_0_0.701481_1",
    "pic_crop_1_1": "0.701481_0_1_1",
    "need_open_comment": 0,
    "only_fans_can_comment": 0,
    "article_type": "news",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"author": "攀枝花市科学技术局"}, {"author": "攀枝花市科学技…"}),
        ({"author": ""}, {"author": ""}),
        ({"summary": ""}, {"digest": "正文&<>"}),
        ({"title": r"反斜线\u4e2d"}, {"title": r"反斜线\u4e2d"}),
    ],
    ids=["plain", "long author", "no author", "no summary", "backslash"],
)
def test_an_item_becomes_this_request(
    wechat: WechatChannel, sandbox: Sandbox, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The stand-in keeps every field as its bytes were; an escape would stand in it as it was sent."""
    published(wechat, product_of(wechat, **(ITEM | changes)), MemorySteps())
    (article,) = sandbox.wechat.published[0].articles
    assert {name: getattr(article, name) for name in REQUEST} == REQUEST | expected
    assert "正文&amp;&lt;&gt;" in article.sent_content
    assert article.thumb_media_id == sandbox.wechat.materials[0].key


# Tokens


def test_a_token_that_died_is_renewed_once_without_anybody_noticing(wechat: WechatChannel, sandbox: Sandbox) -> None:
    published(wechat, product_of(wechat), MemorySteps())
    _let_tokens_expire(sandbox)
    published(wechat, product_of(wechat, key="kzj-32-r1", page_url=f"{PAGE}32"), MemorySteps())
    asked = [call.path for call in sandbox.wechat.calls if call.path == "/cgi-bin/stable_token"]
    assert len(asked) == 2


def test_without_a_token_nothing_is_in_doubt(wechat: WechatChannel, sandbox: Sandbox) -> None:
    product = product_of(wechat)
    steps = with_draft_only(wechat, product)
    own = Sharing(wechat.place.common, SECRETS["WECHAT_APP_SECRET"])
    TOKENS.drop((sandbox.url, SECRETS["WECHAT_APP_ID"]), own, sandbox.wechat.token_shelf.all()[-1].value)
    sandbox.misbehave("/cgi-bin/stable_token", "error_before")
    with pytest.raises(ChannelUnavailable):
        wechat.publish(product, steps)
    assert steps.memory.open_intents() == []


def _let_tokens_expire(sandbox: Sandbox) -> None:
    for token in sandbox.wechat.token_shelf.all():
        sandbox.wechat.token_shelf.put(token.value, replace(token, expires_at=token.issued_at))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"app_secret": "another"}, CredentialsRefused, "AppSecret"),
        ({"app_id": "wxother"}, CredentialsRefused, "AppID"),
        ({"ip_whitelist": ("203.0.113.9",)}, CredentialsRefused, r"address 127\.0\.0\.1"),
    ],
    ids=["secret", "app", "address"],
)
def test_each_refusal_of_the_account_has_its_remedy(
    wechat: WechatChannel, sandbox: Sandbox, change: dict[str, Any], error: type[ChannelError], text: str
) -> None:
    for name, value in change.items():
        setattr(sandbox.wechat.settings, name, value)
    with pytest.raises(error, match=text):
        wechat.publish(product_of(wechat), MemorySteps())
    assert [line.ok for line in wechat.probe()] == [False]


def test_what_is_left_of_scarce_calls_is_told(wechat: WechatChannel, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.daily_quotas[LIST] = 1
    told = {str(line.name): (line.ok, str(line.detail)) for line in wechat.probe()}
    assert told[f"Ration of {SUBMIT}"] == (True, "100 of 100 calls are left today.")
    assert told[f"Ration of {LIST}"] == (False, "0 of 1 calls are left today.")


@pytest.mark.parametrize("fault", ["reset_before", "error_before", "half_after"])
def test_what_does_not_say_how_much_is_left_is_no_fault_of_the_account(
    wechat: WechatChannel, sandbox: Sandbox, fault: str
) -> None:
    sandbox.misbehave("/cgi-bin/openapi/quota/get", fault, times=3)
    assert [line.ok for line in wechat.probe()] == [True, True]


def test_an_account_without_the_right_to_publish_is_told_so(wechat: WechatChannel, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.verified = False
    assert [line.ok for line in wechat.probe()] == [True, False]
    with pytest.raises(CredentialsRefused, match="verified and has the right"):
        wechat.publish(product_of(wechat), MemorySteps())
    assert [line.ok for line in make_wechat(sandbox, mode="draft").probe()] == [True]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def sharing() -> Sharing:
    """As two processes have it in common."""
    return Sharing(OwnMemory(Clock()), "an app secret")


@pytest.mark.parametrize(
    ("good_for_s", "still_good_s", "over_s"),
    [(7200, 6959, 6960), (300, 59, 60), (200, 199, 200)],
    ids=["fresh", "in its last minutes", "below the margin"],
)
def test_a_token_is_kept_until_shortly_before_its_end(good_for_s: float, still_good_s: float, over_s: float) -> None:
    clock, given, common = Clock(), iter(["first", "second"]), sharing()
    tokens = TokenCache(clock)
    for clock.now, expected in ((0, "first"), (still_good_s, "first"), (over_s, "second")):
        assert tokens.get(("host", "app"), common, lambda: (next(given), good_for_s)) == expected


def test_processes_share_a_token_and_only_one_of_them_asks() -> None:
    clock, common = Clock(), sharing()
    ours, theirs = TokenCache(clock), TokenCache(clock)
    assert ours.get(("host", "app"), common, lambda: ("first", 7200)) == "first"
    assert theirs.get(("host", "app"), common, never) == "first"
    clock.now = 7000
    seen: list[str] = []

    def fetch() -> tuple[str, float]:
        # While one asks, the other goes on with the old one.
        seen.append(theirs.get(("host", "app"), common, never))
        return "second", 7200

    assert ours.get(("host", "app"), common, fetch) == "second"
    assert seen == ["first"]
    assert theirs.get(("host", "app"), common, never) == "second"


def never() -> tuple[str, float]:
    pytest.fail("the token was asked for again")


def test_who_comes_while_the_first_token_is_asked_for_comes_again() -> None:
    clock, common = Clock(), sharing()

    def fetch() -> tuple[str, float]:
        with pytest.raises(ChannelUnavailable) as caught:
            TokenCache(clock).get(("host", "app"), common, never)
        assert caught.value.retry_after_s == 1
        return "first", 7200

    assert TokenCache(clock).get(("host", "app"), common, fetch) == "first"


def test_accounts_have_their_own_tokens_and_only_the_failed_one_is_dropped() -> None:
    tokens, common = TokenCache(Clock()), sharing()
    assert tokens.get(("host", "a"), common, lambda: ("a1", 7200)) == "a1"
    assert tokens.get(("host", "b"), common, lambda: ("b1", 7200)) == "b1"
    tokens.drop(("host", "a"), common, "an older one")
    assert tokens.get(("host", "a"), common, never) == "a1"
    tokens.drop(("host", "a"), common, "a1")
    assert tokens.get(("host", "a"), common, lambda: ("a2", 7200)) == "a2"


@pytest.mark.parametrize(("left_s", "times"), [(7000, 1), (200, 0)], ids=["long before its end", "near its end"])
def test_who_ends_our_token_before_its_time_is_noticed(left_s: float, times: int) -> None:
    clock, common = Clock(), sharing()
    tokens = TokenCache(clock)
    tokens.get(("host", "a"), common, lambda: ("a1", 7200))
    clock.now = 7200 - left_s
    tokens.drop(("host", "a"), common, "a1")
    assert TokenCache(clock).ended_early(("host", "a"), common) == times


def test_no_token_is_shown_by_the_cache_or_kept_in_the_open() -> None:
    tokens, common = TokenCache(Clock()), sharing()
    tokens.get(("host", "a"), common, lambda: ("secret-token", 7200))
    assert "secret-token" not in repr(vars(tokens)) + repr(common) + repr(vars(common.common))
    another = Sharing(common.common, "another secret")
    assert TokenCache(Clock()).get(("host", "a"), another, lambda: ("own", 7200)) == "own"


def test_another_user_of_the_account_shows_in_the_channels_own_test(wechat: WechatChannel, sandbox: Sandbox) -> None:
    for _ in range(3):
        assert all(line.ok for line in wechat.probe())
        sandbox.wechat.revoke_tokens()
        wechat.probe()
    assert [(str(line.name), line.ok) for line in wechat.probe()][1] == ("Sole user of the AppID", False)


# Codes: T token, G configuration, C content, P person, B bug, S and Q wait, R reconcile.

CLASSES: dict[type[ChannelError], tuple[int, ...]] = {
    CredentialsRefused: (
        *(40001, 40014, 42001, 40013, 40125, 41002, 41004, 40243, 40164, 61004, 40152, 48001, 48004, 50001, 50002),
        *(50004, 50007, 61007, 89506, 89507, 88000, 88010),
    ),
    ProductRefused: (
        *(40003, 40005, 40006, 40009, 40010, 40011, 40012, 40059, 40060, 40065, 40066, 40113, 40137, 40204, 41039),
        *(44004, 45001, 45002, 45003, 45004, 45005, 45008, 45110, 45166, 48022, 53404, 53405, 53406, 53503, 53600),
    ),
    PersonNeeded: (
        *(40002, 40004, 40007, 40008, 40033, 40035, 40097, 40114, 41001, 41005, 41006, 43001, 43002, 43003, 44001),
        *(44002, 44003, 45028, 45062, 45067, 47001, 47009, 48021, 53504, 53505, 61500, 61501, 76001, 76021, 76022),
        *(89503, 89504, 89505, 268488001),
    ),
    ChannelUnavailable: (42010, 45009, 45011, 45066, 48006, 61503),
    OutcomeUnknown: (-1, 45065, 31337),
}


@pytest.mark.parametrize(("error", "code"), [(error, code) for error, codes in CLASSES.items() for code in codes])
def test_each_code_of_a_submission_names_who_must_act(error: type[ChannelError], code: int) -> None:
    found = named_error(code, "words rid: 1-2-3", irreversible=True, now=NOON)
    assert (type(found), found.code) == (error, str(code))
    assert str(code) in str(found)
    assert str(found).endswith(".")


@pytest.mark.parametrize(("code", "error"), [(-1, ChannelUnavailable), (31337, PersonNeeded)])
def test_what_published_nothing_leaves_no_doubt(code: int, error: type[ChannelError]) -> None:
    assert type(named_error(code, "", irreversible=False, now=NOON)) is error


@pytest.mark.parametrize(
    ("code", "wait_s"), [(45009, 12 * 3600 + 300), (45011, 60), (42010, 180)], ids=["day", "minute", "too fast"]
)
def test_a_used_up_quota_waits_for_its_window(code: int, wait_s: float) -> None:
    error = named_error(code, "", irreversible=True, now=NOON)
    assert isinstance(error, ChannelUnavailable)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("reason", "address"),
    [
        ("invalid ip 203.0.113.7, not in whitelist rid: 65f0c1d2-1a2b3c4d-5e6f7a8b", "203.0.113.7"),
        ("invalid ip 2001:db8::7 ipv6 ::ffff:203.0.113.7, not in whitelist", "2001:db8::7"),
        ("invalid ip", "?"),
    ],
)
def test_an_unknown_address_is_named(reason: str, address: str) -> None:
    assert f"address {address} " in str(named_error(40164, reason, irreversible=False, now=NOON))


# Transport


def test_chinese_text_travels_as_it_is_and_control_signs_do_not() -> None:
    assert encode({"title": "公\u0000告\n\t", "list": ["\x1b[1m", {"x": "\ud800"}], "n": 1}) == (
        '{"title": "公告\\n\\t", "list": ["[1m", {"x": ""}], "n": 1}'.encode()
    )


@given(st.text())
def test_any_text_can_be_sent(text: str) -> None:
    assert "\\u" not in encode({"title": text}).decode().replace("\\\\", "")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, '{"url": "中文"}'.encode(), (0, {"url": "中文"})),
        (200, b'{"errcode": 0, "a": "x\ny"}', (0, {"errcode": 0, "a": "x\ny"})),
        (200, b'{"errcode": "40001"}', (40001, {"errcode": "40001"})),
        (403, b'{"errcode": 48001}', (48001, {"errcode": 48001})),
    ],
    ids=["success without code", "raw line break", "code as text", "code with status"],
)
def test_an_answer_is_read_by_its_code(status: int, body: bytes, expected: tuple[int, dict[str, Any]]) -> None:
    assert read(Answer(status, body)) == expected


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, b'{"errcode": 0}'), (404, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b""), (200, b'{"errcode": "x"}')],
    ids=["server error", "not found", "page", "list", "nothing", "no number"],
)
def test_an_answer_that_cannot_be_read_says_nothing(status: int, body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        read(Answer(status, body))


# Options


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "mass"}, "whom"),
        ({"mode": "send"}, "draft"),
        ({"app_secret": "0123456789abcdef"}, "by reference"),
        ({"api_base": "api.weixin.qq.com"}, "https://api.weixin.qq.com"),
        ({"audience": "friends"}, "audience"),
        ({"quotas": {"submits_per_year": 1}}, "submits_per_year"),
        ({"theme": "pink"}, "official"),
        ({"callback_token": "env:TOKEN"}, "cannot be read"),
        ({"footer_code": "/etc/passwd"}, "inside the home"),
        ({"footer_lines": ["关注{title}"]}, "stands for something else"),
        ({"issues": {"pictures": 2}}, "in articles"),
        ({"issues": {"items": 9}}, "8 articles at once"),
        ({"issues": {"items": 6}, "articles_per_draft": 5}, "5 articles at once"),
    ],
    ids=[
        *("mass", "mode", "secret itself", "base", "audience", "unknown quota", "theme", "callback", "file", "line"),
        *("pictures of an issue", "too many articles", "more than a draft holds"),
    ],
)
def test_a_wrong_option_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        options("http://127.0.0.1", **change)


@pytest.mark.parametrize(
    ("api_base", "hosts"),
    [
        ("https://api.weixin.qq.com", ("api.weixin.qq.com",)),
        ("https://sh.api.weixin.qq.com/", ("sh.api.weixin.qq.com",)),
        ("http://127.0.0.1:9", ()),
    ],
)
def test_only_the_platforms_own_hosts_are_official(api_base: str, hosts: tuple[str, ...]) -> None:
    assert WechatChannel("wechat", options(api_base), Place(Path())).official_hosts == hosts
