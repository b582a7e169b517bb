"""Corrections and taking back: deliveries like any other, in order with the first one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from channels.sandbox.server import Sandbox
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.queue import actions, orders
from publisher.queue.models import Action, Delivery
from publisher.queue.moves import NotPossible
from publisher.queue.states import State
from publisher.queue.sweep import sweep
from publisher.queue.visits import claims, dispatch
from tests.clocks import HandClock, run
from tests.queued import close_the_page, corrected, events, one, released, visit
from tests.world import write_office

pytestmark = pytest.mark.django_db

COMMENT = '[channels.weibo]\nkind = "weibo"\ncorrection = "comment"'


def test_a_correction_takes_the_place_of_what_is_out(office: Office) -> None:
    item = released(office, "portal")
    first = run(item)["portal"]
    (delivery,) = corrected(office, item)
    assert (delivery.action, delivery.state, delivery.about_id) == (Action.CORRECT, State.WAITING, first.pk)
    done = run(item)["portal"]
    assert (done.state, done.url) == (State.DONE, first.url)
    assert events(item, "portal") == ["published", "corrected"]


def test_a_revision_of_what_is_not_out_yet_is_published_instead(office: Office) -> None:
    item = released(office, "portal")
    first = one(item, "portal")
    corrected(office, item)
    first.refresh_from_db()
    assert first.state == State.CANCELLED
    assert run(item)["portal"].state == State.DONE
    assert events(item, "portal") == ["cancelled", "published"]
    assert LogEntry.objects.get(event="published").revision == 2


def test_a_correction_of_what_is_under_way_comes_after_it(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal")
    claimed = claims.claim(one(item, "portal").pk)
    assert claimed is not None
    (planned,) = corrected(office, item)
    assert planned.state == State.PLANNED
    sweep()
    planned.refresh_from_db()
    assert planned.state == State.PLANNED
    delivery, before = claimed
    visit(delivery, before, office.channels["portal"]).run()
    assert run(item)["portal"].state == State.DONE
    assert events(item, "portal") == ["published", "corrected"]


def test_where_a_channel_cannot_change_what_is_out_it_says_so(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "wechat")
    run(item)
    corrected(office, item)
    refused = one(item, "wechat")
    assert (refused.state, refused.action) == (State.REFUSED, Action.CORRECT)
    assert len(sandbox.wechat.published) == 1
    assert run(item)["portal"].state == State.DONE


def test_a_post_is_corrected_by_taking_it_back_and_posting_anew(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "weibo")
    run(item)
    (before,) = sandbox.weibo.posts
    corrected(office, item)
    assert (one(item, "weibo").state, one(item, "weibo").action) == (State.PLANNED, Action.PUBLISH)
    assert run(item)["weibo"].state == State.DONE
    (after,) = sandbox.weibo.posts
    assert after != before
    assert events(item, "weibo") == ["published", "recall_ordered", "recalled", "published"]
    assert LogEntry.objects.filter(event="published", channel="weibo").order_by("-seq")[0].revision == 2


def test_a_post_in_doubt_is_settled_before_it_is_taken_back_and_posted_anew(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave("/2/statuses/share.json", "reset_after", times=1)
    hands = HandClock()
    item = released(office, "portal", "weibo")
    for channel in ("portal", "weibo"):
        dispatch.work(one(item, channel).pk, clock=hands)
    assert one(item, "weibo").state == State.UNCERTAIN
    corrected(office, item)
    assert run(item, clock=hands)["weibo"].state == State.DONE
    assert len(sandbox.weibo.posts) == 1
    assert events(item, "weibo") == ["doubted", "published", "recall_ordered", "recalled", "published"]


def test_where_taking_it_back_was_stopped_nothing_is_posted_beside_it(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "weibo")
    run(item)
    corrected(office, item)
    recall = Delivery.objects.get(item=item, channel="weibo", action=Action.RECALL)
    actions.cancel(recall, by="clerk")
    assert run(item)["weibo"].state == State.HELD
    assert len(sandbox.weibo.posts) == 1
    assert Delivery.objects.filter(item=item, channel="weibo", action=Action.RECALL).count() == 1


def test_a_third_revision_takes_the_turn_of_the_second_and_one_post_is_there(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "weibo")
    run(item)
    corrected(office, item, title="科技活动周启动（更正）")
    corrected(office, item, title="科技活动周启动（再更正）")
    assert run(item)["weibo"].state == State.DONE
    (post,) = sandbox.weibo.posts
    assert "再更正" in post.text
    assert events(item, "weibo").count("recalled") == 1


def test_where_the_office_corrects_by_a_comment_a_person_writes_it(
    home: Path, office: Office, sandbox: Sandbox
) -> None:
    write_office(home, sandbox.url, changes=[('[channels.weibo]\nkind = "weibo"', COMMENT)])
    get_office.cache_clear()
    here = get_office()
    item = released(here, "portal", "weibo")
    run(item)
    corrected(here, item)
    held = run(item)["weibo"]
    assert (held.state, held.action) == (State.HELD, Action.CORRECT)
    actions.confirm(held, by="clerk", url="https://weibo.com/1/abc", reason="已置顶评论")
    assert len(sandbox.weibo.posts) == 1
    assert events(item, "weibo") == ["published", "held", "corrected"]
    orders.recall(item, ["weibo"], by="leader", reason="仍有误")
    assert run(item)["weibo"].state == State.DONE
    assert sandbox.weibo.posts == []


@pytest.mark.parametrize("channel", ["portal", "wechat", "weibo"])
def test_what_is_out_is_taken_back_and_the_log_says_who_wanted_it(
    office: Office, home: Path, sandbox: Sandbox, channel: str
) -> None:
    item = released(office, "portal", "wechat", "weibo")
    run(item)
    orders.recall(item, [channel], by="leader", reason="内容有误")
    done = run(item)[channel]
    assert (done.state, done.action) == (State.DONE, Action.RECALL)
    assert [event for event in events(item, channel) if event != "accepted"] == [
        "published",
        "recall_ordered",
        "recalled",
    ]
    assert LogEntry.objects.get(event="recall_ordered").actor == "leader"
    assert LogEntry.objects.get(event="recalled").detail["reason"] == "内容有误"
    gone: dict[str, Any] = {
        "weibo": lambda: sandbox.weibo.posts == [],
        "wechat": lambda: all(entry.deleted for entry in sandbox.wechat.published),
        "portal": lambda: "撤回" in next((home / "site").rglob(f"t*_{item.pk}.html")).read_text(encoding="utf-8"),
    }
    assert gone[channel]()


def test_what_has_not_begun_is_simply_cancelled(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "wechat")
    changed = orders.recall(item, ["portal", "wechat"], by="leader", reason="暂缓")
    assert {delivery.state for delivery in changed} == {State.CANCELLED}
    run(item)
    assert sandbox.wechat.submitted == []
    assert events(item, "portal") == ["cancelled"]


def test_taking_back_while_it_is_under_way_happens_after_it(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave("/2/statuses/share.json", "reset_after", times=1)
    clock = HandClock()
    item = released(office, "portal", "weibo")
    for channel in ("portal", "weibo"):
        dispatch.work(one(item, channel).pk, clock=clock)
    assert one(item, "weibo").state == State.UNCERTAIN
    (planned,) = orders.recall(item, ["weibo"], by="leader", reason="内容有误", now=clock())
    assert planned.state == State.PLANNED
    assert orders.recall(item, ["weibo"], by="leader", reason="再说一次", now=clock()) == [planned]
    assert run(item, clock=clock)["weibo"].state == State.DONE
    assert sandbox.weibo.posts == []
    assert events(item, "weibo") == ["doubted", "recall_ordered", "published", "recalled"]


def test_where_the_first_did_not_go_out_there_is_nothing_to_take_back(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave("/2/statuses/share.json", "refused", times=1)
    clock = HandClock()
    item = released(office, "portal", "weibo")
    for channel in ("portal", "weibo"):
        dispatch.work(one(item, channel).pk, clock=clock)
    orders.recall(item, ["weibo"], by="leader", reason="内容有误", now=clock())
    assert run(item, clock=clock)["weibo"].state == State.CANCELLED
    assert events(item, "weibo") == ["doubted", "recall_ordered", "refused", "cancelled"]


@pytest.mark.parametrize(
    "fault",
    [
        "reset_after",
        "error_after",
        "garbage_after",
        "empty_after",
        "rate_limited_after",
        "reset_before",
        "error_before",
    ],
)
def test_a_taking_back_in_doubt_is_looked_for_and_not_believed(office: Office, sandbox: Sandbox, fault: str) -> None:
    item = released(office, "portal", "weibo")
    run(item)
    sandbox.misbehave("/2/statuses/destroy.json", fault, times=1)
    orders.recall(item, ["weibo"], by="leader", reason="内容有误")
    done = run(item)["weibo"]
    assert done.state == State.DONE
    assert sandbox.weibo.posts == []
    assert events(item, "weibo")[-1] == "recalled"
    assert events(item, "weibo").count("recalled") == 1


def test_what_a_newspaper_may_have_printed_is_taken_back_by_a_person_who_says_so(office: Office) -> None:
    item = released(office, "daily")
    run(item)
    close_the_page(item)
    orders.recall(item, ["daily"], by="leader", reason="内容有误")
    held = run(item)["daily"]
    assert held.state == State.HELD
    actions.confirm(held, by="clerk", url="", reason="已电话通知报社撤稿")
    assert events(item, "daily") == ["handed_over", "recall_ordered", "held", "recalled"]


def test_after_taking_back_an_item_can_go_out_again_and_be_taken_back_again(office: Office) -> None:
    item = released(office, "portal")
    run(item)
    orders.recall(item, ["portal"], by="leader", reason="一")
    run(item)
    (again,) = corrected(office, item, title="科技活动周启动（重发）")
    assert again.action == Action.PUBLISH
    assert run(item)["portal"].state == State.DONE
    orders.recall(item, ["portal"], by="leader", reason="二")
    assert run(item)["portal"].state == State.DONE
    assert events(item, "portal") == [
        *("published", "recall_ordered", "recalled"),
        *("published", "recall_ordered", "recalled"),
    ]


def test_taking_back_what_was_never_there_is_refused(office: Office) -> None:
    item = released(office, "portal")
    run(item)
    with pytest.raises(NotPossible):
        orders.recall(item, ["wechat"], by="leader", reason="x")


def test_the_database_allows_one_open_delivery_per_item_and_channel(office: Office) -> None:
    item = released(office, "portal")
    first = one(item, "portal")
    for state in (State.WAITING, State.SENDING, State.ACCEPTED, State.UNCERTAIN, State.HELD):
        twin = Delivery.objects.get(pk=first.pk)
        twin.pk, twin.key, twin.state = None, f"{first.key}-{state}", state
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save(force_insert=True)


def test_an_action_planned_behind_one_that_was_given_up_waits_for_a_person(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave("/2/statuses/share.json", "reset_after", times=1)
    clock = HandClock()
    item = released(office, "portal", "weibo")
    for channel in ("portal", "weibo"):
        dispatch.work(one(item, channel).pk, clock=clock)
    doubtful = one(item, "weibo")
    orders.recall(item, ["weibo"], by="leader", reason="x", now=clock())
    actions.cancel(doubtful, by="clerk", now=clock())
    assert run(item, clock=clock)["weibo"].state == State.HELD
