"""Random trouble, one fault after another: the platforms' books never hold an item twice, and the log never lies."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.sandbox.server import Sandbox
from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue import orders
from publisher.queue.models import Delivery
from publisher.queue.states import FINAL, State
from publisher.queue.visits import claims, dispatch
from publisher.review.actions import release_directly
from tests.queued import intend

pytestmark = pytest.mark.django_db

FAULTS = (
    *("ok", "reset_before", "reset_after", "error_before", "error_after", "garbage_after", "empty_after", "half_after"),
    *("rate_limited", "rate_limited_after", "busy", "busy_after"),
)
PATHS = {
    "weibo": ("/2/statuses/share.json", "/2/statuses/user_timeline.json"),
    "wechat": (
        *("/cgi-bin/stable_token", "/cgi-bin/material/add_material", "/cgi-bin/draft/add", "/cgi-bin/draft/get"),
        *("/cgi-bin/freepublish/submit", "/cgi-bin/freepublish/get", "/cgi-bin/freepublish/batchget"),
    ),
}
ROUNDS = 60


def let_time_pass() -> None:
    """What is planned for later is due now, and every call in doubt is long over."""
    long_ago = timezone.now() - timedelta(hours=1)
    for delivery in Delivery.objects.all():
        intend(delivery, long_ago, *(name for name, step in delivery.steps.items() if step["intended_at"]))
    Delivery.objects.exclude(state__in=FINAL).update(due_at=timezone.now())


def die_in_the_middle(delivery: Delivery) -> None:
    """A worker takes it and is gone before it did anything; the sweep takes it back."""
    if claims.claim(delivery.pk) is not None:
        claims.recover(now=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_goes_wrong_each_item_is_out_at_most_once(office: Office, sandbox: Sandbox, seed: int) -> None:
    chance = random.Random(seed)
    sandbox.weibo.settings.repeat_window = 0
    for paths in PATHS.values():
        for path in paths:
            for _ in range(chance.randrange(5)):
                sandbox.misbehave(path, chance.choice(FAULTS), times=1)
    manuscript = Manuscript(title=f"第{seed}号", html="<p>正文。</p>", media=())
    revision = submit(office, manuscript, Wish(channels=("portal", "wechat", "weibo")), by="tester")
    release_directly(office, revision, by="tester")
    orders.collect()
    for _ in range(ROUNDS):
        delivery = chance.choice(list(Delivery.objects.all()))
        let_time_pass()
        if chance.random() < 0.2:
            die_in_the_middle(delivery)
        else:
            dispatch.work(delivery.pk)

    out = {"weibo": len(sandbox.weibo.posts), "wechat": len(sandbox.wechat.submitted)}
    assert max(out.values()) <= 1
    for channel, count in out.items():
        told = LogEntry.objects.filter(channel=channel, event="published").count()
        state = Delivery.objects.get(channel=channel).state
        assert told == (state == State.DONE)
        assert told <= count
        if state in (State.REFUSED, State.CANCELLED):
            assert count == 0
