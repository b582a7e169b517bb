"""Weibo: the shared promises, and what only this platform does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.base import Accepted, Evidence, Place, Product, Receipt
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
)
from channels.sandbox.server import Sandbox
from channels.weibo.address import post_url, to_base62, to_mid
from channels.weibo.channel import WeiboChannel
from channels.weibo.codes import MEANINGS, named_error
from channels.weibo.options import WeiboOptions
from channels.weibo.timeline import made_at, receipt_of
from tests.channels.afterwards import TakesBack
from tests.channels.contract import Trouble
from tests.channels.memory_steps import MemorySteps
from tests.channels.platforms import WeiboPlatform
from tests.channels.samples import PAGE, make_article, picture

SECRETS = {"WEIBO_ACCESS_TOKEN": "sandbox-access-token"}
SHARE, TIMELINE = "/2/statuses/share.json", "/2/statuses/user_timeline.json"
SHOW, DESTROY = "/2/statuses/show.json", "/2/statuses/destroy.json"
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
NOW = datetime(2026, 11, 22, 9, 50, tzinfo=UTC)


def options(url: str, **changes: Any) -> WeiboOptions:
    values = {
        "api_base": url,
        "access_token": "env:WEIBO_ACCESS_TOKEN",
        "safe_domain": "www.example.gov.cn",
        "link_from": "portal",
        "rip": "203.0.113.7",
        "timeout_s": 0.5,
    }
    return WeiboOptions.model_validate(values | changes)


class TestWeibo(TakesBack):
    speaks = WeiboPlatform
    secrets = SECRETS
    troubles = (
        *(Trouble(SHARE, fault, OutcomeUnknown) for fault in (*LOST, "busy", "busy_after")),
        Trouble(SHARE, "slow"),
        Trouble(SHARE, "sync_delayed"),
        Trouble(SHARE, "under_review"),
        Trouble(SHARE, "rate_limited", ChannelUnavailable),
        Trouble(SHARE, "rate_limited_after", ChannelUnavailable),
        Trouble(SHARE, "refused", ProductRefused),
        Trouble(SHARE, "duplicate", ProductRefused),
    )
    recall_troubles = (
        *(Trouble(DESTROY, fault, OutcomeUnknown) for fault in (*LOST, "busy", "busy_after")),
        Trouble(DESTROY, "slow"),
        Trouble(DESTROY, "rate_limited", ChannelUnavailable),
        Trouble(DESTROY, "rate_limited_after", ChannelUnavailable),
        Trouble(DESTROY, "sync_delayed", OutcomeUnknown),
        Trouble(DESTROY, "refused", PersonNeeded),
        Trouble(DESTROY, "duplicate", PersonNeeded),
        *(
            Trouble(SHOW, fault, ChannelUnavailable)
            for fault in (*LOST, "busy", "rate_limited", "refused", "sync_delayed")
        ),
    )

    def make_channel(self, url: str) -> WeiboChannel:
        return WeiboChannel("weibo", options(url), self.place)

    def arrives(self, title: str) -> str:
        return "【" + title.replace("#", "\uff03") + "】"


@pytest.fixture
def weibo(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WeiboChannel:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return make_weibo(sandbox)


def make_weibo(sandbox: Sandbox, **changes: Any) -> WeiboChannel:
    return WeiboChannel("weibo", options(sandbox.url, **changes), Place(Path()))


def product_of(channel: WeiboChannel, number: int = 31, **changes: Any) -> Product:
    values = {"key": f"kzj-{number}-r1", "item": number, "summary": f"第{number}条。", "media": (), **changes}
    return channel.render(make_article(**values)).with_link(f"{PAGE}{number}")


def test_a_post_arrives_with_text_link_picture_and_address(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    photo = picture()
    receipt = weibo.publish(product_of(weibo, title="通知", media=(photo,)), MemorySteps())
    assert isinstance(receipt, Receipt)
    post = sandbox.weibo.posts[0]
    assert post.sent == f"【通知】第31条。 {PAGE}31"
    assert post.link == f"{PAGE}31"
    assert sandbox.weibo.picture_shelf.all()[0].content == photo.content
    assert (receipt.remote_id, receipt.evidence) == (str(post.mid), Evidence.ACCEPTED)
    assert receipt.url == f"https://weibo.com/1234567890/{post.name}"
    assert receipt.published_at == post.created_at.replace(microsecond=0)
    assert receipt.raw["idstr"] == str(post.mid)


def test_the_offices_address_is_sent_along(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.require_rip = True
    assert isinstance(weibo.publish(product_of(weibo), MemorySteps()), Receipt)
    with pytest.raises(PersonNeeded, match="rip"):
        make_weibo(sandbox, rip="").publish(product_of(weibo, 32), MemorySteps())


def test_without_the_items_address_nothing_is_sent(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    with pytest.raises(ProductRefused, match="not known yet"):
        weibo.publish(product_of(weibo).with_link(""), MemorySteps())
    assert sandbox.weibo.calls == []


def test_which_domains_are_safe_is_decided_by_the_platform(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    product = product_of(weibo).with_link("https://elsewhere.cn/31")
    assert [problem.severity for problem in weibo.check(product)] == ["warning"]
    with pytest.raises(ChannelUnavailable, match="10017"):
        weibo.publish(product, MemorySteps())
    assert sandbox.weibo.posts == []
    sandbox.weibo.settings.safe_domains = ("elsewhere.cn",)
    assert isinstance(weibo.publish(product, MemorySteps()), Receipt)


def test_a_link_with_chinese_signs_is_encoded_so_that_it_stays_whole(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    product = product_of(weibo).with_link("https://www.example.gov.cn/政策")
    weibo.publish(product, MemorySteps())
    assert sandbox.weibo.posts[0].link == "https://www.example.gov.cn/%E6%94%BF%E7%AD%96"


@pytest.mark.parametrize("fault", ["sync_delayed", "under_review"])
def test_a_post_that_shows_up_later_is_accepted_and_confirmed(
    weibo: WeiboChannel, sandbox: Sandbox, fault: str
) -> None:
    sandbox.weibo.settings.visible_after_s = 0.05
    sandbox.misbehave(SHARE, fault)
    product, steps = product_of(weibo), MemorySteps()
    accepted = weibo.publish(product, steps)
    assert isinstance(accepted, Accepted)
    assert accepted.remote_id == ""
    assert weibo.find(product, steps) == accepted
    outcome: Receipt | Accepted = accepted
    while isinstance(outcome, Accepted):
        outcome = weibo.confirm(product, accepted, steps)
    assert (outcome.remote_id, outcome.evidence) == (str(sandbox.weibo.posts[0].mid), Evidence.READ_BACK)


@pytest.mark.parametrize("gives_links", [True, False], ids=["by link", "by words"])
def test_a_lost_post_is_recognised(weibo: WeiboChannel, sandbox: Sandbox, gives_links: bool) -> None:
    sandbox.weibo.settings.gives_url_objects = gives_links
    sandbox.misbehave(SHARE, "reset_after")
    product, steps = product_of(weibo, title="A & B #1"), MemorySteps()
    with pytest.raises(OutcomeUnknown):
        weibo.publish(product, steps)
    found = weibo.find(product, steps)
    assert isinstance(found, Receipt)
    assert found.evidence is Evidence.READ_BACK


def test_a_lost_post_whose_words_were_changed_is_recognised_by_its_link(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.misbehave(SHARE, "reset_before")
    product, steps = product_of(weibo), MemorySteps()
    with pytest.raises(OutcomeUnknown):
        weibo.publish(product, steps)
    changed = sandbox.weibo.add_post(f"【通知】字被换了。 {PAGE}31")
    found = weibo.find(product, steps)
    assert isinstance(found, Receipt)
    assert found.remote_id == str(changed.mid)


def test_a_post_that_shows_up_after_its_absence_seemed_proven_is_not_repeated(
    weibo: WeiboChannel, sandbox: Sandbox
) -> None:
    sandbox.weibo.settings.repeat_window = 0
    product, steps = product_of(weibo), MemorySteps()
    sandbox.misbehave(SHARE, "reset_after")
    with pytest.raises(OutcomeUnknown):
        weibo.publish(product, steps)
    steps.prove_absence()
    assert isinstance(weibo.publish(product, steps.fresh_process()), Receipt)
    assert len(sandbox.weibo.posts) == 1


def test_an_older_post_with_the_same_link_is_not_taken_for_ours(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.weibo.add_post(f"【旧】旧文。 {PAGE}31")
    sandbox.misbehave(SHARE, "reset_before")
    product, steps = product_of(weibo), MemorySteps()
    with pytest.raises(OutcomeUnknown):
        weibo.publish(product, steps)
    steps.memory.rows["share"].begun_at += timedelta(minutes=3)
    assert weibo.find(product, steps) is None


def test_when_the_timeline_has_moved_on_a_person_is_asked(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.misbehave(SHARE, "reset_before")
    product, steps = product_of(weibo), MemorySteps()
    with pytest.raises(OutcomeUnknown):
        weibo.publish(product, steps)
    steps.memory.rows["share"].begun_at -= timedelta(seconds=30)
    for number in range(4):
        sandbox.weibo.add_post(f"另一条{number}")
    assert weibo.find(product, steps) is None
    sandbox.weibo.add_post("又一条")
    with pytest.raises(PersonNeeded, match="newest 5 posts"):
        weibo.find(product, steps)


def test_posts_of_the_same_second_may_hide_ours(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    """The timeline tells whole seconds: read as they stand, younger posts would prove that ours is absent."""
    sandbox.misbehave(SHARE, "reset_before")
    product, steps = product_of(weibo), MemorySteps()
    with pytest.raises(OutcomeUnknown):
        weibo.publish(product, steps)
    for number in range(5):
        sandbox.weibo.add_post(f"另一条{number}")
    earliest = min(post.created_at for post in sandbox.weibo.posts).replace(microsecond=0)
    steps.memory.rows["share"].begun_at = earliest + timedelta(milliseconds=900)
    with pytest.raises(PersonNeeded, match="newest 5 posts"):
        weibo.find(product, steps)


def test_a_clear_no_is_not_held_up_by_a_timeline_that_has_moved_on(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.misbehave(SHARE, "rate_limited")
    product, steps = product_of(weibo), MemorySteps()
    with pytest.raises(ChannelUnavailable):
        weibo.publish(product, steps)
    steps.prove_absence()
    steps.memory.rows["share"].begun_at -= timedelta(seconds=30)
    for number in range(5):
        sandbox.weibo.add_post(f"另一条{number}")
    assert isinstance(weibo.publish(product, steps), Receipt)


def test_a_duplicate_answer_after_doubt_means_that_it_is_posted(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.visible_after_s = 3600
    sandbox.misbehave(SHARE, "reset_after")
    product, steps = product_of(weibo), MemorySteps()
    with pytest.raises(OutcomeUnknown):
        weibo.publish(product, steps)
    assert weibo.find(product, steps) is None
    steps.prove_absence()
    with pytest.raises(OutcomeUnknown) as caught:
        weibo.publish(product, steps)
    assert caught.value.code == "20019"
    steps.prove_absence()
    with pytest.raises(PersonNeeded, match="does not show it"):
        weibo.publish(product, steps)
    assert len(sandbox.weibo.posts) == 1


def test_a_text_somebody_posted_before_is_refused(sandbox: Sandbox, weibo: WeiboChannel) -> None:
    careless = make_weibo(sandbox, looks_before=False)
    product = product_of(careless)
    careless.publish(product, MemorySteps())
    with pytest.raises(ProductRefused, match="there already"):
        careless.publish(product, MemorySteps())


def test_what_the_account_says_already_is_noticed_before_it_is_sent(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    """As after a backup was restored over newer publications."""
    product, steps = product_of(weibo), MemorySteps()
    out = weibo.publish(product, MemorySteps())
    assert isinstance(out, Receipt)
    with pytest.raises(PersonNeeded, match=out.url):
        weibo.publish(product, steps)
    sandbox.weibo.settings.repeat_window = 0
    assert isinstance(weibo.publish(product, steps.fresh_process()), Receipt)
    assert len(sandbox.weibo.posts) == 2


@pytest.mark.parametrize(
    ("text", "gives_links", "is_same"),
    [
        (f"【通知】第31条。{PAGE}31", True, True),
        (f"【通知】 第31条。\u200b {PAGE}31", True, True),
        (f"【通知】第31条。 {PAGE}30", True, False),
        (f"【通知】第31条。 {PAGE}30", False, True),
        (f"【通知】第32条。 {PAGE}31", True, False),
    ],
    ids=["by hand", "blanks", "another page", "no long links", "other words"],
)
def test_a_post_is_the_same_by_its_words_and_its_page(
    weibo: WeiboChannel, sandbox: Sandbox, text: str, gives_links: bool, is_same: bool
) -> None:
    sandbox.weibo.settings.gives_url_objects = gives_links
    sandbox.weibo.settings.repeat_window = 0
    sandbox.weibo.post_by_hand(text.replace("。h", "。 h"))
    product = product_of(weibo, title="通知")
    if is_same:
        with pytest.raises(PersonNeeded, match="says the same"):
            weibo.publish(product, MemorySteps())
    else:
        assert isinstance(weibo.publish(product, MemorySteps()), Receipt)


@pytest.mark.parametrize("fault", ["reset_before", "error_before", "busy", "rate_limited"])
def test_without_a_look_the_post_goes_out_all_the_same(weibo: WeiboChannel, sandbox: Sandbox, fault: str) -> None:
    sandbox.misbehave(TIMELINE, fault)
    assert isinstance(weibo.publish(product_of(weibo), MemorySteps()), Receipt)


def test_a_look_counts_what_readers_did(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.reposts, sandbox.weibo.settings.comments, sandbox.weibo.settings.attitudes = 7, 3, 12
    receipt = weibo.publish(product_of(weibo), MemorySteps())
    assert isinstance(receipt, Receipt)
    assert weibo.look(receipt).metrics == {"reposts": 7, "comments": 3, "likes": 12}
    weibo.recall(receipt, MemorySteps())
    assert weibo.look(receipt).metrics == {}


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"token_expired": True}, CredentialsRefused, "new token"),
        ({"access_token": "another"}, CredentialsRefused, "new token"),
        ({"safe_domains": ()}, ChannelUnavailable, "安全域名"),
        ({"posts_per_hour": 0}, ChannelUnavailable, "used up"),
        ({"calls_per_day": 0}, ChannelUnavailable, "used up"),
    ],
    ids=["expired", "wrong token", "no domain", "hour", "day"],
)
def test_each_refusal_of_the_account_has_its_error(
    weibo: WeiboChannel, sandbox: Sandbox, change: dict[str, Any], error: type[ChannelError], text: str
) -> None:
    for name, value in change.items():
        setattr(sandbox.weibo.settings, name, value)
    with pytest.raises(error, match=text):
        weibo.publish(product_of(weibo), MemorySteps())
    assert sandbox.weibo.posts == []


def test_a_domain_that_stays_unknown_is_the_administrators(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.safe_domains = ()
    product, steps = product_of(weibo), MemorySteps()
    with pytest.raises(ChannelUnavailable) as caught:
        weibo.publish(product, steps)
    assert caught.value.retry_after_s == 300
    steps.prove_absence()
    with pytest.raises(CredentialsRefused, match="appkey not bind domain"):
        weibo.publish(product, steps)


@pytest.mark.parametrize("fault", LOST)
def test_a_look_without_an_answer_is_no_look(weibo: WeiboChannel, sandbox: Sandbox, fault: str) -> None:
    product, steps = product_of(weibo), MemorySteps()
    weibo.publish(product, steps)
    steps.lose_answer()
    sandbox.misbehave(TIMELINE, fault)
    with pytest.raises(ChannelUnavailable):
        weibo.find(product, steps)


@pytest.mark.parametrize(
    ("left_s", "ok", "text"),
    [(157_679_999, True, "1824 days."), (10 * 86_400, True, "10 days: authorise"), (0, False, "run out")],
    ids=["years", "days", "none"],
)
def test_the_probe_says_how_long_the_token_lasts(
    weibo: WeiboChannel, sandbox: Sandbox, left_s: int, ok: bool, text: str
) -> None:
    sandbox.weibo.settings.token_left_s = left_s
    (line,) = weibo.probe()
    assert (line.ok, text in str(line.detail)) == (ok, True)


def test_the_probe_tells_a_wrong_token(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.access_token = "another"
    assert [line.ok for line in weibo.probe()] == [False]


# Every code of the table: class → codes. R, Q, A, P, C, B as in the platform's list; V: verify first.
CLASSES: dict[type[ChannelError], tuple[int, ...]] = {
    ChannelUnavailable: (10022, 10023, 10024, 20016),
    OutcomeUnknown: (10001, 10002, 10003, 10009, 10010, 10011, 10025, 20014, 31337),
    CredentialsRefused: (
        *(10004, 10005, 10006, 10013, 10014, 10026, 20015, 20022, 20023, 20033, 21301, 21314, 21315, 21316, 21317),
        *(21318, 21319, 21321, 21327, 21332, 21333, 21334, 21337),
    ),
    ProductRefused: (
        *(10017, 10018, 20005, 20006, 20008, 20012, 20013, 20017, 20018, 20019, 20020, 20021, 20038, 20044, 20045),
        *(20049, 20111),
    ),
    PersonNeeded: (
        *(10007, 10008, 10012, 10016, 10020, 10021, 20001, 20002, 20003, 20007, 20009, 20031, 20102, 20109, 20112),
        *(20121, 20507, 21335),
    ),
}


@pytest.mark.parametrize(("error", "code"), [(error, code) for error, codes in CLASSES.items() for code in codes])
def test_each_code_of_a_post_names_who_must_act(error: type[ChannelError], code: int) -> None:
    found = named_error(code, "the platform's words", posting=True, is_first=True, now=NOW)
    assert (type(found), found.code) == (error, str(code))
    assert str(code) in str(found)
    assert str(found).endswith(".")


@pytest.mark.parametrize("code", [20017, 20019, 20111])
def test_a_repeat_is_evidence_after_an_earlier_attempt(code: int) -> None:
    assert type(named_error(code, "", posting=True, is_first=False, now=NOW)) is OutcomeUnknown


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_no_code_of_a_look_leaves_doubt_about_a_post(code: int) -> None:
    if code not in {20032, 20053}:
        assert not isinstance(named_error(code, "", posting=False, is_first=False, now=NOW), OutcomeUnknown)


@pytest.mark.parametrize(("code", "wait_s"), [(10023, 605), (10024, 605), (20016, 600)])
def test_a_used_up_quota_waits_for_its_window(code: int, wait_s: float) -> None:
    error = named_error(code, "", posting=True, is_first=True, now=NOW)
    assert isinstance(error, ChannelUnavailable)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("mid", "base62"),
    [
        ("4331051486294436", "Hd1N2qpta"),
        ("4404101091169383", "I1IGF4Ud1"),
        ("3512191498379699", "z579Hz9Wr"),
        ("3500330408906190", "z08AUBmUe"),
    ],
)
def test_known_posts_have_their_known_names(mid: str, base62: str) -> None:
    assert (to_base62(mid), to_mid(base62)) == (base62, mid)
    assert post_url("123", mid) == f"https://weibo.com/123/{base62}"


@given(st.integers(min_value=0, max_value=10**20))
def test_every_number_comes_back_from_its_name(number: int) -> None:
    assert to_mid(to_base62(str(number))) == str(number)


@pytest.mark.parametrize("wrong", ["", "12a", "-5", "١٢"])
def test_what_is_no_number_has_no_name(wrong: str) -> None:
    with pytest.raises(ValueError, match="number"):
        to_base62(wrong)


@pytest.mark.parametrize("wrong", ["", "a-b"])
def test_what_is_no_name_has_no_number(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"no post|not found"):
        to_mid(wrong)


def test_dates_are_read_in_english_with_their_zone() -> None:
    date = made_at({"created_at": "Wed Oct 24 23:49:17 +0800 2012"})
    assert date == datetime(2012, 10, 24, 15, 49, 17, tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["", "yesterday", "Wed Abc 24 23:49:17 +0800 2012", "Wed Feb 31 23:49:17 +0800 2012"])
def test_a_row_without_a_date_is_no_row_to_judge_by(wrong: str) -> None:
    with pytest.raises(ChannelUnavailable):
        made_at({"created_at": wrong})


def test_a_number_tells_its_second_where_nothing_else_does() -> None:
    made = made_at({"mid": "3504803600502730"})
    assert abs(made - datetime(2012, 10, 24, 15, 49, 17, tzinfo=UTC)) <= timedelta(seconds=1)


def test_a_refused_address_of_the_office_is_the_administrators() -> None:
    reason = "parameter (rip)'s value invalid, expect (ip address)"
    found = named_error(10017, reason, posting=True, is_first=True, now=NOW)
    assert isinstance(found, CredentialsRefused)
    assert "rip" in str(found)


def test_a_rounded_number_is_the_last_resort() -> None:
    post = {"id": 3504803600502730, "mid": "3504803600502731", "uid": 5, "created_at": "Wed Oct 24 23:49:17 +0800 2012"}
    assert receipt_of(post, Evidence.ACCEPTED).remote_id == "3504803600502731"
    assert receipt_of(post, Evidence.ACCEPTED).url.startswith("https://weibo.com/5/")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"access_token": "2.00abcdef"}, "by reference"),
        ({"safe_domain": "https://www.example.gov.cn/"}, "host name"),
        ({"rip": "256.1.1.1"}, "256.1.1.1"),
        ({"api_base": "api.weibo.com"}, "https://api.weibo.com"),
        ({"max_units": 300}, "280"),
        ({"visible": 1}, "visible"),
    ],
    ids=["token itself", "address for domain", "rip", "base", "length", "unknown key"],
)
def test_a_wrong_option_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        options("http://127.0.0.1", **change)


@pytest.mark.parametrize(
    ("api_base", "hosts"), [("https://api.weibo.com", ("api.weibo.com",)), ("http://127.0.0.1:9", ())]
)
def test_only_the_platforms_own_host_is_official(api_base: str, hosts: tuple[str, ...]) -> None:
    channel = WeiboChannel("weibo", options(api_base), Place(Path()))
    assert channel.official_hosts == hosts


def test_a_refused_question_is_no_verdict_about_the_post(weibo: WeiboChannel, sandbox: Sandbox) -> None:
    product, steps = product_of(weibo), MemorySteps()
    sandbox.misbehave("/2/statuses/share.json", "under_review")
    accepted = weibo.publish(product, steps)
    assert isinstance(accepted, Accepted)
    sandbox.misbehave("/2/statuses/user_timeline.json", "duplicate")
    with pytest.raises(ChannelUnavailable):
        weibo.confirm(product, accepted, steps)
    assert isinstance(weibo.confirm(product, accepted, steps), Receipt)
