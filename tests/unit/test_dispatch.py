"""A delivery and a misbehaving platform: what is told is what the platform's own books hold."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from channels.sandbox.server import Sandbox
from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item
from publisher.log import verify
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.queue import actions, orders
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.queue.sweep import due, sweep
from publisher.queue.visits import claims, dispatch
from publisher.review import guard
from publisher.review.actions import NotReleased, release_directly
from publisher.review.models import ChannelProduct
from tests.clocks import HandClock, run
from tests.queued import events, intend, released, visit
from tests.world import wait_until

pytestmark = pytest.mark.django_db

WEIBO, WECHAT = "/2/statuses/share.json", "/cgi-bin/freepublish/submit"


FAULTS = [
    ("ok", 1, ["published"]),
    ("slow", 1, ["published"]),
    ("reset_after", 1, ["doubted", "published"]),
    ("error_after", 1, ["doubted", "published"]),
    ("garbage_after", 1, ["doubted", "published"]),
    ("empty_after", 1, ["doubted", "published"]),
    ("rate_limited_after", 1, ["doubted", "published"]),
    ("reset_before", 1, ["doubted", "absent", "published"]),
    ("error_before", 1, ["doubted", "absent", "published"]),
    ("rate_limited", 1, ["doubted", "absent", "published"]),
    ("refused", 0, ["doubted", "refused"]),
]


@pytest.mark.parametrize(("fault", "posts", "story"), FAULTS, ids=[fault for fault, _, _ in FAULTS])
def test_weibo_holds_the_post_once_and_the_log_says_so(
    office: Office, sandbox: Sandbox, fault: str, posts: int, story: list[str]
) -> None:
    sandbox.misbehave(WEIBO, fault, times=1)
    item = released(office, "portal", "weibo")
    delivery = run(item)["weibo"]
    assert len(sandbox.weibo.posts) == posts
    assert events(item, "weibo") == story
    assert delivery.state == (State.DONE if posts else State.REFUSED)
    assert verify.verify_database(office.slug).is_sound


@pytest.mark.parametrize(("fault", "articles", "story"), FAULTS, ids=[fault for fault, _, _ in FAULTS])
def test_wechat_holds_the_article_once_and_the_log_says_so(
    office: Office, sandbox: Sandbox, fault: str, articles: int, story: list[str]
) -> None:
    sandbox.misbehave(WECHAT, fault, times=1)
    item = released(office, "portal", "wechat")
    delivery = run(item)["wechat"]
    assert len(sandbox.wechat.published) == articles
    assert [event for event in events(item, "wechat") if event != "accepted"] == story
    assert delivery.state == (State.DONE if articles else State.REFUSED)


def test_a_post_that_shows_up_late_is_not_posted_again(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave(WEIBO, "reset_after", times=1)
    sandbox.weibo.settings.visible_after_s = 0.2
    item = released(office, "portal", "weibo")
    portal, weibo = Delivery.objects.filter(item=item).order_by("pk")
    for delivery in (portal, weibo, weibo):
        dispatch.work(delivery.pk)
    weibo.refresh_from_db()
    assert (weibo.state, weibo.looks) == (State.UNCERTAIN, 1)
    assert wait_until(lambda: _worked(weibo).state == State.DONE, 3)
    assert len(sandbox.weibo.posts) == 1


def test_a_post_that_never_shows_goes_to_a_person_and_not_out_twice(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave(WEIBO, "reset_after", times=1)
    sandbox.weibo.settings.visible_after_s = 3600
    item = released(office, "portal", "weibo")
    assert run(item)["weibo"].state == State.HELD
    assert len(sandbox.weibo.posts) == 1


def _worked(delivery: Delivery) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    dispatch.work(delivery.pk)
    delivery.refresh_from_db()
    return delivery


def test_a_dead_server_leaves_the_others_alone_and_is_tried_again(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "wechat", "daily")
    sandbox.misbehave("/cgi-bin/stable_token", "error_before", times=3)
    done = run(item, rounds=1)
    assert (done["portal"].state, done["daily"].state) == (State.DONE, State.DONE)
    assert done["wechat"].state == State.WAITING
    assert done["wechat"].tries == 1
    assert run(item)["wechat"].state == State.DONE


def test_a_channel_without_credentials_is_held_and_can_be_taken_up(
    office: Office, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WECHAT_APP_SECRET")
    item = released(office, "portal", "wechat")
    held = run(item)["wechat"]
    assert held.state == State.HELD
    assert "WECHAT_APP_SECRET" in str(held.error)
    monkeypatch.setenv("WECHAT_APP_SECRET", sandbox.wechat.settings.app_secret)
    actions.retry(held, by="administrator")
    assert run(item)["wechat"].state == State.DONE
    assert events(item, "wechat")[:2] == ["held", "resumed"]


def test_a_missing_token_leaves_no_doubt(office: Office, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEIBO_ACCESS_TOKEN")
    item = released(office, "portal", "weibo")
    assert run(item)["weibo"].state == State.HELD
    assert events(item, "weibo") == ["held"]


def test_weibo_waits_for_the_address_of_the_website(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "weibo")
    portal, weibo = Delivery.objects.filter(item=item).order_by("pk")
    assert claims.claim(weibo.pk) is None
    dispatch.work(portal.pk)
    assert dispatch.work(weibo.pk) is not None
    portal.refresh_from_db()
    assert portal.url in sandbox.weibo.posts[0].link


def test_weibo_without_the_website_is_refused_with_the_way_out(office: Office) -> None:
    item = released(office, "weibo")
    delivery = Delivery.objects.get(item=item)
    assert delivery.state == State.REFUSED
    assert "portal" in str(delivery.error)
    assert events(item, "weibo") == ["refused"]


def test_who_waits_for_a_cancelled_website_is_held(office: Office) -> None:
    item = released(office, "portal", "weibo")
    actions.cancel(Delivery.objects.get(item=item, channel="portal"), by="tester")
    sweep()
    assert Delivery.objects.get(item=item, channel="weibo").state == State.HELD


def test_a_second_post_waits_while_the_first_is_in_doubt(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave(WEIBO, "reset_before", times=1)
    first, second = (released(office, "portal", "weibo", title=f"第{n}号公告") for n in (1, 2))
    for item in (first, second):
        dispatch.work(Delivery.objects.get(item=item, channel="portal").pk)
    waiting = Delivery.objects.get(item=second, channel="weibo")
    dispatch.work(Delivery.objects.get(item=first, channel="weibo").pk)
    assert claims.claim(waiting.pk) is None
    clock = HandClock()
    assert run(first, clock=clock)["weibo"].state == State.DONE
    assert claims.claim(waiting.pk, now=clock.advance(minutes=1)) is not None


def test_a_product_that_is_not_the_signed_one_is_not_sent(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "wechat")
    product = ChannelProduct.objects.get(release__revision__item=item, channel="wechat")
    # The database refuses that as long as its guard stands.
    guard.remove(connection)
    ChannelProduct.objects.filter(pk=product.pk).update(canonical=product.canonical.replace("欢迎", "谢绝"))
    guard.install(connection)
    assert run(item)["wechat"].state == State.HELD
    assert not sandbox.wechat.published


def test_only_proactive_items_are_released(office: Office) -> None:
    manuscript = Manuscript(title="内部事项", html="<p>不公开。</p>", media=())
    revision = submit(office, manuscript, Wish(disclosure="withheld", disclosure_reason="内部事项"), by="tester")
    with pytest.raises(NotReleased):
        release_directly(office, revision, by="tester")
    assert not Delivery.objects.exists()


def test_an_item_for_a_channel_that_is_gone_is_not_released(office: Office) -> None:
    manuscript = Manuscript(title="渠道已撤", html="<p>正文。</p>", media=())
    revision = submit(office, manuscript, Wish(channels=["daily"]), by="tester")
    channels = {key: entry for key, entry in office.channels.items() if key != "daily"}
    with pytest.raises(NotReleased, match="daily"):
        release_directly(replace(office, channels=channels), revision, by="tester")
    assert Item.objects.get(pk=revision.item_id).state == "submitted"


def test_a_zombie_writes_nothing_after_its_delivery_was_taken_over(office: Office) -> None:
    item = released(office, "portal")
    delivery = Delivery.objects.get(item=item)
    claimed = claims.claim(delivery.pk)
    assert claimed is not None
    later = timezone.now() + timedelta(hours=1)
    assert claims.recover(now=later) == 1
    zombie, before = claimed
    visit(zombie, before, office.channels["portal"]).run()
    delivery.refresh_from_db()
    assert delivery.state == State.WAITING
    assert not LogEntry.objects.filter(event="published").exists()
    assert run(item)["portal"].state == State.DONE


def test_two_claims_of_one_delivery_give_it_to_one(office: Office) -> None:
    item = released(office, "portal")
    delivery = Delivery.objects.get(item=item)
    assert claims.claim(delivery.pk) is not None
    assert claims.claim(delivery.pk) is None


def test_collecting_twice_makes_deliveries_once(office: Office) -> None:
    item = released(office, "portal", "daily")
    assert orders.collect() == []
    assert Delivery.objects.filter(item=item).count() == 2


def test_a_worker_dead_in_mid_call_leaves_doubt_and_one_dead_before_it_leaves_none(office: Office) -> None:
    item = released(office, "portal", "daily")
    with_intent, without = Delivery.objects.filter(item=item).order_by("pk")
    for delivery in (with_intent, without):
        claims.claim(delivery.pk)
    now = timezone.now()
    intend(with_intent, now, "call")
    claims.recover(now=now + timedelta(hours=1))
    with_intent.refresh_from_db()
    without.refresh_from_db()
    assert (with_intent.state, without.state) == (State.UNCERTAIN, State.WAITING)


def test_a_delivery_claimed_by_a_dead_process_is_taken_back_at_once(office: Office) -> None:
    item = released(office, "portal")
    delivery = Delivery.objects.get(item=item)
    claims.claim(delivery.pk)
    assert claims.recover() == 0
    host = claims.machine()
    Delivery.objects.filter(pk=delivery.pk).update(owner=f"{host}|999999|1.0")
    assert claims.recover() == 1


def test_the_sweep_finds_the_oldest_first_and_does_not_ring_twice(office: Office) -> None:
    items = [released(office, "portal", title=f"第{n}号") for n in range(3)]
    now = timezone.now()
    for age, item in enumerate(items):
        Delivery.objects.filter(item=item).update(due_at=now - timedelta(minutes=age))
    assert [delivery.item_id for delivery in due(now)] == [item.pk for item in reversed(items)]
    Delivery.objects.update(rung_at=now)
    assert due(now) == []
    assert len(due(now + timedelta(minutes=2))) == 3


def test_a_scheduled_item_is_not_due_before_its_time(office: Office) -> None:
    manuscript = Manuscript(title="定时", html="<p>明天发布。</p>", media=())
    tomorrow = timezone.now() + timedelta(days=1)
    revision = submit(office, manuscript, Wish(channels=["portal"], publish_at=tomorrow), by="tester")
    release_directly(office, revision, by="tester")
    (delivery,) = orders.collect()
    assert claims.claim(delivery.pk) is None
    assert claims.claim(delivery.pk, now=tomorrow + timedelta(seconds=1)) is not None


def test_a_person_decides_about_what_stays_in_doubt(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave(WEIBO, "reset_before", times=1)
    item = released(office, "portal", "weibo")
    portal, weibo = Delivery.objects.filter(item=item).order_by("pk")
    dispatch.work(portal.pk)
    dispatch.work(weibo.pk)
    weibo.refresh_from_db()
    assert weibo.state == State.UNCERTAIN
    actions.deny(weibo, by="manager", reason="看过主页，没有")
    assert run(item)["weibo"].state == State.DONE
    assert len(sandbox.weibo.posts) == 1
    entry = LogEntry.objects.get(event="denied")
    assert (entry.actor, entry.detail) == ("manager", {"reason": "看过主页，没有"})


def test_a_channel_that_left_the_configuration_is_held_and_traps_nobody(
    office: Office, home: Path, sandbox: Sandbox
) -> None:
    """The portal is waiting, WeChat not yet collected, when both tables are deleted."""
    waiting = released(office, "portal")
    manuscript = Manuscript(title="稍后", html="<p>稍后。</p>", media=())
    later = submit(office, manuscript, Wish(channels=["wechat", "daily"]), by="tester")
    release_directly(office, later, by="tester")
    path = home / "office.toml"
    tables = re.split(r"(?m)^(?=\[)", path.read_text(encoding="utf-8"))
    gone = ("[channels.portal]", "[channels.wechat]", "[channels.weibo]")
    path.write_text("".join(table for table in tables if not table.startswith(gone)), encoding="utf-8")
    get_office.cache_clear()
    sweep()
    assert run(waiting)["portal"].state == State.HELD
    states = {channel: delivery.state for channel, delivery in run(later.item).items()}
    assert states == {"wechat": State.HELD, "daily": State.DONE}


def test_a_confirmation_by_a_person_is_the_weakest_evidence(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave(WEIBO, "reset_after", times=1)
    item = released(office, "portal", "weibo")
    portal, weibo = Delivery.objects.filter(item=item).order_by("pk")
    dispatch.work(portal.pk)
    dispatch.work(weibo.pk)
    weibo.refresh_from_db()
    actions.confirm(weibo, by="manager", url="https://weibo.com/1/a", reason="已在主页看到")
    weibo.refresh_from_db()
    assert (weibo.state, weibo.evidence) == (State.DONE, "E0")
    with pytest.raises(actions.NotPossible):
        actions.confirm(weibo, by="manager", url="", reason="again")


def test_questions_that_get_no_answer_do_not_use_up_the_times_of_asking(office: Office, sandbox: Sandbox) -> None:
    """WeChat has it, and cannot be asked for a while: it is asked again soon, not in hours."""
    sandbox.misbehave("/cgi-bin/freepublish/get", "error_before", times=8)
    clock = HandClock()
    item = released(office, "wechat")
    begun = clock()
    assert run(item, clock=clock)["wechat"].state == State.DONE
    assert (clock() - begun).total_seconds() < 100  # 200 and more, if each question counted
