"""Several items of one issue go out by one call: together or not at all, each with its own proof and its own line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from channels.sandbox.server import Sandbox
from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item
from publisher.log import verify
from publisher.office import Office, get_office
from publisher.queue import actions as deliveries
from publisher.queue import companions, orders
from publisher.queue.deeds import Deed
from publisher.queue.issues import actions, queries
from publisher.queue.issues.following import follow_issues
from publisher.queue.models import Delivery, Issue, IssueItem
from publisher.queue.moves import NotPossible, move
from publisher.queue.states import IssueState, State, Verb
from publisher.queue.sweep import due, sweep
from publisher.queue.visits import claims, dispatch
from publisher.queue.visits.steps import DurableSteps
from publisher.review.actions import release_directly
from publisher.web.decisions.sentences import consequence
from publisher.web.names import Names
from publisher.web.rows import Scene
from tests.channels.samples import picture
from tests.clocks import HandClock, run
from tests.queued import corrected, events, one, released
from tests.world import write_office

pytestmark = pytest.mark.django_db

SUBMIT = "/cgi-bin/freepublish/submit"
TITLES = ("科技活动周启动", "专利申请辅导", "创新券申领")
TOGETHER = ("# [channels.wechat.issues]", "[channels.wechat.issues]")


@pytest.fixture
def pushing(home: Path, sandbox: Sandbox, office: Office, settings: Settings) -> Office:
    """The office whose WeChat articles come together in issues, opened by hand."""
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url, changes=[TOGETHER])
    get_office.cache_clear()
    return get_office()


def opened(office: Office) -> Issue:
    tomorrow = (timezone.now().astimezone(office.timezone) + timedelta(days=1)).date()
    return actions.open_issue(office.channels["wechat"], tomorrow, by="wang")


def closed(office: Office, *titles: str, first: int = 0) -> list[Item]:
    """Items in an issue that has just been closed; ``first`` is put in front."""
    issue = opened(office)
    items = [released(office, "wechat", title=title) for title in titles]
    if first:
        actions.lead_with(issue, items[first].pk, by="wang")
    actions.close(issue, by="wang")
    return items


def states(items: Sequence[Item]) -> list[str]:
    return [one(item, "wechat").state for item in items]


def published(sandbox: Sandbox) -> list[list[str]]:
    return [[article.title for article in entry.articles] for entry in sandbox.wechat.published]


def test_they_go_out_in_their_order_each_with_its_own_address_and_line(pushing: Office, sandbox: Sandbox) -> None:
    items = closed(pushing, *TITLES, first=2)
    run(items[2])
    assert published(sandbox) == [[TITLES[2], TITLES[0], TITLES[1]]]
    assert states(items) == [State.DONE] * 3
    (publication,) = sandbox.wechat.published
    assert [one(items[index], "wechat").url for index in (2, 0, 1)] == list(publication.urls)
    assert [events(item, "wechat") for item in items] == [["accepted", "published"]] * 3
    assert verify.verify_database(pushing.slug).is_sound
    follow_issues()
    assert Issue.objects.get().state == IssueState.SENT
    assert queries.alarms(pushing, now=timezone.now() + timedelta(days=30)) == []


STORIES = [
    ("reset_after", 1, ["doubted", "published"]),
    ("error_after", 1, ["doubted", "published"]),
    ("reset_before", 1, ["doubted", "absent", "published"]),
    ("error_before", 1, ["doubted", "absent", "published"]),
    ("refused", 0, ["doubted", "held"]),
]


@pytest.mark.parametrize(("fault", "pushes", "story"), STORIES, ids=[fault for fault, _, _ in STORIES])
def test_whatever_the_platform_answers_each_is_out_once_with_the_others_or_not_at_all(
    pushing: Office, sandbox: Sandbox, fault: str, pushes: int, story: list[str]
) -> None:
    sandbox.misbehave(SUBMIT, fault, times=1)
    items = closed(pushing, *TITLES)
    run(items[0])
    assert published(sandbox) == [list(TITLES)] * pushes
    for item in items:
        assert [event for event in events(item, "wechat") if event != "accepted"] == story
    assert verify.verify_database(pushing.slug).is_sound


def test_a_worker_that_dies_leaves_all_of_them_in_doubt_and_all_are_found(pushing: Office, sandbox: Sandbox) -> None:
    items = closed(pushing, *TITLES)
    hands = HandClock()
    sweep(now=hands())
    claimed = claims.claim(one(items[0], "wechat").pk, now=hands())
    assert claimed is not None
    leader = claimed[0]
    entry = pushing.channels["wechat"]
    steps = DurableSteps(leader, timeout_s=entry.timeout_s, clock=hands)
    # The call leaves, and nobody is there any more to write down what came of it.
    entry.channel.publish(dispatch.to_send(entry, leader, companions.carried(leader)), steps)
    hands.advance(minutes=30)
    sweep(now=hands())
    assert states(items) == [State.UNCERTAIN] * 3
    run(items[0], clock=hands)
    assert states(items) == [State.DONE] * 3
    assert published(sandbox) == [list(TITLES)]


def test_only_the_first_is_visited_and_takes_the_others_along(pushing: Office) -> None:
    items = closed(pushing, *TITLES)
    hands = HandClock()
    sweep(now=hands())
    later = one(items[1], "wechat")
    assert claims.claim(later.pk, now=hands()) is None
    assert states(items) == [State.WAITING] * 3
    assert claims.claim(one(items[0], "wechat").pk, now=hands()) is not None
    assert states(items) == [State.SENDING] * 3
    assert claims.claim(later.pk, now=hands()) is None
    assert due(hands.advance(hours=1)) == []


@pytest.mark.once
def test_what_is_not_ready_goes_by_itself_later(pushing: Office, sandbox: Sandbox) -> None:
    issue = opened(pushing)
    items = [released(pushing, "wechat", title=title) for title in TITLES]
    deliveries.hold(one(items[0], "wechat"), by="li", reason="照片待核")
    actions.close(issue, by="wang")
    run(items[1])
    assert published(sandbox) == [[TITLES[1], TITLES[2]]]
    deliveries.retry(one(items[0], "wechat"), by="li")
    run(items[0])
    assert published(sandbox) == [[TITLES[1], TITLES[2]], [TITLES[0]]]
    follow_issues()
    assert Issue.objects.get().state == IssueState.SENT


@pytest.mark.once
@pytest.mark.parametrize("bad", [0, 1], ids=["the headline", "another one"])
def test_one_that_is_refused_keeps_none_of_the_others_from_going(pushing: Office, sandbox: Sandbox, bad: int) -> None:
    sandbox.wechat.settings.publish_outcome = 4
    sandbox.wechat.settings.publish_fails = (bad + 1,)
    items = closed(pushing, *TITLES)
    run(items[0])
    assert states(items) == [State.HELD] * 3
    told = {str((one(item, "wechat").error or {})["values"]) for item in items}
    assert len(told) == 1
    assert TITLES[bad] in told.pop()
    sandbox.wechat.settings.publish_outcome = 0
    deliveries.cancel(one(items[bad], "wechat"), by="li", reason="平台拒绝")
    left = [item for item in items if item != items[bad]]
    deliveries.retry(one(left[-1], "wechat"), by="li")
    assert states(left) == [State.WAITING] * 2
    run(left[0])
    assert published(sandbox) == [[title for index, title in enumerate(TITLES) if index != bad]]
    assert states(items).count(State.DONE) == 2
    assert one(items[bad], "wechat").state == State.CANCELLED


def in_doubt(office: Office, sandbox: Sandbox, fault: str = "reset_before") -> list[Item]:
    """Items whose call has left, and nobody knows what came of it."""
    sandbox.misbehave(SUBMIT, fault, times=1)
    items = closed(office, *TITLES)
    hands = HandClock()
    sweep(now=hands())
    dispatch.work(one(items[0], "wechat").pk, clock=hands)
    assert states(items) == [State.UNCERTAIN] * 3
    return items


@pytest.mark.once
def test_what_a_person_says_of_one_holds_for_all_and_the_address_is_its_own(pushing: Office, sandbox: Sandbox) -> None:
    items = in_doubt(pushing, sandbox)
    shown = one(items[1], "wechat")
    deliveries.confirm(shown, by="li", url="https://mp.weixin.qq.com/s/two", reason="在公众号上看到")
    assert shown.state == State.DONE
    assert states(items) == [State.DONE] * 3
    assert [one(item, "wechat").url for item in items] == ["", "https://mp.weixin.qq.com/s/two", ""]
    assert [one(item, "wechat").evidence for item in items] == ["E0"] * 3
    assert [events(item, "wechat")[-1] for item in items] == ["published"] * 3


@pytest.mark.once
def test_who_decides_about_one_is_told_that_it_holds_for_the_others(pushing: Office, sandbox: Sandbox) -> None:
    items = in_doubt(pushing, sandbox)
    around = Scene(pushing, Names.of_office(pushing), {}, timezone.now())
    for item in items:
        assert "2" in consequence(around, Deed.DENY, one(item, "wechat"))


@pytest.mark.once
def test_who_gives_one_up_that_may_be_out_gives_all_of_them_up(pushing: Office, sandbox: Sandbox) -> None:
    items = in_doubt(pushing, sandbox)
    with pytest.raises(NotPossible):
        deliveries.hold(one(items[1], "wechat"), by="li", reason="慢")
    deliveries.cancel(one(items[1], "wechat"), by="li", reason="不再需要")
    assert states(items) == [State.FAILED] * 3


@pytest.mark.once
def test_a_refusal_is_believed_only_when_a_late_look_agrees_since_the_others_go_out_after_it(
    pushing: Office, sandbox: Sandbox
) -> None:
    sandbox.misbehave(SUBMIT, "refused", times=1)
    items = closed(pushing, *TITLES)
    hands = HandClock()
    sweep(now=hands())
    leader = one(items[0], "wechat").pk
    dispatch.work(leader, clock=hands)
    dispatch.work(leader, clock=lambda: hands.reach(one(items[0], "wechat").due_at))
    assert states(items) == [State.UNCERTAIN] * 3
    run(items[0], clock=hands)
    assert states(items) == [State.HELD] * 3


@pytest.mark.once
def test_a_channel_that_is_let_go_on_takes_up_the_whole_issue(pushing: Office, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.verified = False
    items = closed(pushing, *TITLES, first=2)
    run(items[2])
    alone = released(pushing, "wechat", title="另一篇")
    assert states(items) == [State.HELD] * 3
    sandbox.wechat.settings.verified = True
    taken_up = deliveries.resume(pushing.channels["wechat"], by="admin")
    assert [delivery.item_id for delivery in taken_up] == [items[2].pk]
    run(items[2])
    run(alone)
    assert published(sandbox)[0] == [TITLES[2], TITLES[0], TITLES[1]]
    assert states([*items, alone]) == [State.DONE] * 4


@pytest.mark.once
def test_who_denies_one_lets_all_of_them_go_out_anew(pushing: Office, sandbox: Sandbox) -> None:
    items = in_doubt(pushing, sandbox)
    deliveries.deny(one(items[2], "wechat"), by="li", reason="公众号后台没有")
    assert states(items) == [State.WAITING] * 3
    run(items[0])
    assert published(sandbox) == [list(TITLES)]


@pytest.mark.once
def test_a_companion_cannot_be_moved_by_itself(pushing: Office, sandbox: Sandbox) -> None:
    items = in_doubt(pushing, sandbox)
    with pytest.raises(ValueError, match="follows"):
        move(one(items[1], "wechat"), Verb.DENY, now=timezone.now(), actor="li")
    with pytest.raises(NotPossible):
        actions.reopen(Issue.objects.get(), by="li")
    with pytest.raises(NotPossible):
        actions.put(one(items[1], "wechat"), opened(pushing), by="li")


@pytest.mark.once
def test_one_is_taken_back_and_the_others_stay(pushing: Office, sandbox: Sandbox) -> None:
    items = closed(pushing, *TITLES)
    run(items[0])
    orders.recall(items[1], ["wechat"], by="li", reason="内容有误")
    run(items[1])
    (publication,) = sandbox.wechat.published
    assert publication.deleted == (2,)
    assert events(items[1], "wechat")[-1] == "recalled"
    assert "recalled" not in events(items[0], "wechat") + events(items[2], "wechat")


@pytest.mark.once
def test_what_was_taken_back_before_the_call_does_not_go_with_the_others(pushing: Office, sandbox: Sandbox) -> None:
    items = closed(pushing, *TITLES)
    orders.recall(items[0], ["wechat"], by="li", reason="内容有误")
    run(items[1])
    assert published(sandbox) == [[TITLES[1], TITLES[2]]]


def test_they_come_to_their_end_though_nobody_wants_issues_any_more(
    pushing: Office, sandbox: Sandbox, home: Path, settings: Settings
) -> None:
    items = in_doubt(pushing, sandbox, "reset_after")
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url)
    get_office.cache_clear()
    run(items[0])
    assert published(sandbox) == [list(TITLES)]
    assert states(items) == [State.DONE] * 3


@pytest.mark.once
def test_a_full_issue_takes_no_more(pushing: Office, home: Path, sandbox: Sandbox, settings: Settings) -> None:
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url, changes=[TOGETHER, ("# items = 8 ", "items = 2 ")])
    get_office.cache_clear()
    issue = opened(get_office())
    items = [released(get_office(), "wechat", title=title) for title in TITLES]
    assert queries.collecting(one(items[2], "wechat")) is None
    with pytest.raises(NotPossible, match="full"):
        actions.put(one(items[2], "wechat"), issue, by="wang")


@pytest.mark.once
def test_a_picture_post_goes_out_by_itself(pushing: Office, sandbox: Sandbox, home: Path, settings: Settings) -> None:
    posts = ('# picture_posts = "short"', 'picture_posts = "short"')
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url, changes=[TOGETHER, posts])
    get_office.cache_clear()
    office = get_office()
    issue = opened(office)
    shown = picture("navy", (400, 300), "a.png")
    manuscript = Manuscript(title=TITLES[0], html=f'<p>图</p><img src="asset:{shown.sha256}" alt="图">', media=(shown,))
    revision = submit(office, manuscript, Wish(channels=("wechat",)), by="tester")
    release_directly(office, revision, by="tester")
    orders.collect()
    delivery = one(revision.item, "wechat")
    assert IssueItem.objects.get(delivery=delivery).issue != issue
    with pytest.raises(NotPossible, match="by itself"):
        actions.put(delivery, issue, by="wang")
    assert run(revision.item)["wechat"].state == State.DONE


@pytest.mark.once
def test_one_that_was_refused_and_changed_comes_with_the_next_issue(pushing: Office, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.publish_outcome = 4
    items = closed(pushing, *TITLES)
    run(items[0])
    later = opened(pushing)
    corrected(pushing, items[0])
    assert IssueItem.objects.get(delivery=one(items[0], "wechat")).issue == later
    sandbox.wechat.settings.publish_outcome = 0
    deliveries.retry(one(items[1], "wechat"), by="li")
    run(items[1])
    assert published(sandbox) == [[TITLES[1], TITLES[2]]]


@pytest.mark.once
def test_what_may_be_done_about_a_carried_one_is_what_may_be_done_about_its_leader(
    pushing: Office, sandbox: Sandbox
) -> None:
    items = in_doubt(pushing, sandbox)
    assert all(orders.may_be_out(one(item, "wechat")) for item in items)
    assert Delivery.objects.filter(leader=one(items[0], "wechat")).count() == 3
