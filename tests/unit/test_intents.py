"""Where a channel begins with its irreversible call, the claim intends it: one commit less, and not one promise."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from channels.sandbox.server import Sandbox
from publisher.items.models import Item
from publisher.office import Office, get_office
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.queue.visits import claims, dispatch
from publisher.queue.visits.steps import open_intent
from tests.clocks import HandClock, run
from tests.queued import events, one, released
from tests.unit.test_quotas import with_quotas
from tests.world import write_office

pytestmark = pytest.mark.django_db

SHARE = "/2/statuses/share.json"


@pytest.fixture
def office(home: Path, office: Office, sandbox: Sandbox, settings: Settings) -> Office:
    """Weibo begins with its post where nobody wants the newest posts read before."""
    blind = ('link_from = "portal"', 'link_from = "portal"\nlooks_before = false')
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url, changes=[blind])
    get_office.cache_clear()
    return get_office()


@pytest.fixture
def item(office: Office) -> Item:
    """Its page is out, its post is due."""
    made = released(office, "portal", "weibo", "wechat")
    dispatch.work(one(made, "portal").pk)
    return made


def claimed(item: Item, channel: str, clock: HandClock) -> Delivery:
    assert claims.claim(one(item, channel).pk, now=clock())
    return one(item, channel)


def test_the_claim_of_a_first_post_intends_it(item: Item) -> None:
    clock = HandClock()
    post = claimed(item, "weibo", clock)
    assert (post.state, open_intent(post)) == (State.SENDING, clock())
    assert open_intent(claimed(item, "wechat", clock)) is None


def test_a_first_post_is_not_looked_for_before(item: Item, sandbox: Sandbox) -> None:
    dispatch.work(one(item, "weibo").pk)
    assert one(item, "weibo").state == State.DONE
    assert [call.path for call in sandbox.weibo.calls] == [SHARE]


def test_who_dies_between_claim_and_call_leaves_a_doubt_that_is_looked_up(item: Item, sandbox: Sandbox) -> None:
    clock = HandClock()
    claimed(item, "weibo", clock)
    clock.advance(hours=1)
    assert run(item, clock=clock)["weibo"].state == State.DONE
    assert events(item, "weibo") == ["doubted", "absent", "published"]
    assert len(sandbox.weibo.posts) == 1


def test_what_stops_before_the_call_leaves_nothing_begun(
    item: Item, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEIBO_ACCESS_TOKEN")
    dispatch.work(one(item, "weibo").pk)
    post = one(item, "weibo")
    assert (post.state, post.steps) == (State.HELD, {})
    assert not sandbox.weibo.calls


def test_who_sleeps_past_the_lease_of_the_claim_sends_nothing(item: Item, sandbox: Sandbox, office: Office) -> None:
    """The lease in hand counts, not one that is renewed on waking."""
    times = iter([timedelta(), timedelta(hours=1)])
    clock = HandClock()

    def wakes_late() -> object:
        return clock() + next(times, timedelta(hours=1))

    dispatch.work(one(item, "weibo").pk, clock=wakes_late)  # type: ignore[arg-type]
    post = one(item, "weibo")
    assert (post.state, post.tries, open_intent(post)) == (State.WAITING, 1, None)
    assert not sandbox.weibo.posts


def test_an_attempt_that_sent_nothing_is_not_taken_for_a_first_one(item: Item, sandbox: Sandbox, home: Path) -> None:
    """It has begun once, so the next claim intends nothing, and the post is looked for before."""
    with_quotas(home, "weibo", min_gap_s=0)
    clock = HandClock()
    sandbox.misbehave(SHARE, "reset_before", times=1)
    dispatch.work(one(item, "weibo").pk, clock=clock)
    assert one(item, "weibo").state == State.UNCERTAIN
    post = run(item, clock=clock)["weibo"]
    assert post.state == State.DONE
    paths = [call.path for call in sandbox.weibo.calls]
    assert paths[0] == paths[-1] == SHARE
    assert paths.count(SHARE) == 2
    assert post.steps["share"]["attempt"] == 1
