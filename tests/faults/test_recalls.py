"""Taking back everywhere under trouble: faults before and after the effect, workers that die, and everything at random.

The judge is the platforms' own books: what a recall calls removed is gone, and is deleted once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from channels.base import Evidence, Receipt
from channels.sandbox.server import Sandbox
from publisher.items.models import Item
from publisher.log import verify
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue import actions
from publisher.queue.models import Action, Delivery, Recall, RecallLine
from publisher.queue.moves import NotPossible
from publisher.queue.recalls import evidence, following
from publisher.queue.recalls.asking import Wish, ask
from publisher.queue.states import FINAL, MACHINE, OPEN_LINES, LineState, State
from publisher.queue.sweep import sweep
from publisher.queue.visits import claims, dispatch
from tests.channels.memory_steps import MemorySteps
from tests.clocks import HandClock, run
from tests.queued import corrected, intend, one, released

pytestmark = pytest.mark.django_db

DESTROY, SHOW = "/2/statuses/destroy.json", "/2/statuses/show.json"
DELETE, ARTICLE = "/cgi-bin/freepublish/delete", "/cgi-bin/freepublish/getarticle"
REMOVING = {"weibo": (DESTROY, SHOW), "wechat": (DELETE, ARTICLE)}
FAULTS = (
    *("reset_before", "reset_after", "error_before", "error_after", "garbage_after", "empty_after", "half_after"),
    *("rate_limited", "rate_limited_after", "busy", "busy_after"),
)
LOOKING = ("reset_after", "error_before", "garbage_after", "busy")
"""A look changes nothing, so it does not matter when it fails."""


def visible(sandbox: Sandbox, home: Path, item: Item) -> Counter[str]:
    """What readers can see of an item, by the books of whoever shows it."""
    pages = (home / "site").rglob(f"t*_{item.pk}.html")
    seen = {
        "weibo": len(sandbox.weibo.posts),
        "wechat": sum(not entry.deleted for entry in sandbox.wechat.published),
        "portal": sum("撤回本页内容" not in page.read_text(encoding="utf-8") for page in pages),
    }
    return +Counter(seen)


def told(event: str, recall: Recall, channel: str = "") -> int:
    """How often the log says that of a recall."""
    found = LogEntry.objects.filter(event=event, detail__recall=recall.pk)
    return (found.filter(channel=channel) if channel else found).count()


@pytest.mark.parametrize(
    ("place", "fault"), [*(("removing", fault) for fault in FAULTS), *(("looking", fault) for fault in LOOKING)]
)
@pytest.mark.parametrize("channel", REMOVING)
def test_a_fault_while_removing_or_looking_leaves_no_false_line(
    office: Office, home: Path, sandbox: Sandbox, channel: str, place: str, fault: str
) -> None:
    hands = HandClock()
    item = released(office, "portal", channel)
    run(item, clock=hands)
    path = REMOVING[channel][place == "looking"]
    sandbox.misbehave(path, fault, times=1)
    recall, _ = ask(item, Wish("数字有误", channels=(channel,)), by="leader", now=hands())
    for _ in range(40):
        sweep(now=hands())
        delivery = one(item, channel)
        if delivery.state in FINAL:
            break
        dispatch.work(delivery.pk, clock=hands)
        if one(item, channel).state == State.DONE:
            assert visible(sandbox, home, item)[channel] == 0
        hands.advance(minutes=6)
    sweep(now=hands())
    (line,) = recall.lines.all()
    assert (line.state, line.evidence) == (LineState.REMOVED, Evidence.READ_BACK)
    assert told("recall_settled", recall) == told("recall_completed", recall) == 1
    removals = [call for call in (*sandbox.weibo.calls, *sandbox.wechat.calls) if call.path == REMOVING[channel][0]]
    assert len(removals) <= 2  # a call that never had its effect is made once more


@pytest.mark.parametrize("has_effect", [False, True], ids=["before the effect", "after the effect"])
@pytest.mark.parametrize("channel", ["portal", "wechat", "weibo"])
def test_a_worker_that_dies_while_removing_leaves_it_to_the_next_one(
    office: Office, home: Path, sandbox: Sandbox, channel: str, has_effect: bool
) -> None:
    hands = HandClock()
    item = released(office, "portal", channel) if channel != "portal" else released(office, "portal")
    out = run(item, clock=hands)[channel]
    recall, _ = ask(item, Wish("数字有误", channels=(channel,)), by="leader", now=hands())
    taking_back = one(item, channel)
    assert claims.claim(taking_back.pk, now=hands.advance(minutes=1))
    if has_effect:
        assert out.published_at is not None
        proof = Receipt(out.remote_id, out.published_at, out.url, Evidence(out.evidence), out.receipt or {})
        office.channels[channel].channel.recall(proof, MemorySteps())
    intend(one(item, channel), hands(), "recall")
    hands.advance(hours=1)
    run(item, clock=hands)
    recall.refresh_from_db()
    assert [line.state for line in recall.lines.all()] == [LineState.REMOVED]
    assert recall.closed_at is not None
    assert visible(sandbox, home, item)[channel] == 0
    assert LogEntry.objects.filter(event="recalled", channel=channel).count() == 1


# Everything at random


class Desk:
    """People and workers of one office, doing whatever comes to their mind."""

    def __init__(self, office: Office, sandbox: Sandbox, chance: random.Random) -> None:
        self.office, self.sandbox, self.chance, self.hands = office, sandbox, chance, HandClock()
        self.item = released(office, "portal", "wechat", "weibo", "daily")
        self.revisions = 1

    def anything(self) -> None:
        deeds: list[Callable[[], object]] = [
            *[self.work] * 8,
            *[self.sweep] * 4,
            *[self.let_time_pass] * 3,
            *(self.ask, self.ask, self.die, self.correct, self.cancel, self.say, self.give, self.misbehave),
        ]
        with suppress(NotPossible):
            self.chance.choice(deeds)()

    def work(self) -> None:
        dispatch.work(self.delivery().pk, clock=self.hands)

    def sweep(self) -> None:
        sweep(now=self.hands())

    def let_time_pass(self) -> None:
        self.hands.advance(minutes=self.chance.choice([1, 20, 240]))

    def ask(self) -> None:
        channels = self.chance.sample(["portal", "wechat", "weibo", "daily"], self.chance.randint(1, 4))
        ask(self.item, Wish("数字有误", channels=channels), by="leader", now=self.hands())

    def die(self) -> None:
        claims.claim(self.delivery().pk, now=self.hands())
        self.hands.advance(hours=1)

    def correct(self) -> None:
        if self.revisions < 4:
            self.revisions += 1
            corrected(self.office, self.item, title=f"第{self.revisions}版")

    def cancel(self) -> None:
        actions.cancel(self.delivery(), by="clerk", now=self.hands())

    def say(self) -> None:
        """A person who looks says what is there, and never anything else."""
        delivery = self.delivery()
        is_out = visible(self.sandbox, self.office.channels["portal"].channel.place.home, self.item)[delivery.channel]
        is_right = (delivery.action == Action.RECALL) != bool(is_out)
        if delivery.channel == "daily" or delivery.action == Action.CORRECT:
            return
        if is_right:
            actions.confirm(delivery, by="clerk", url="", reason="看过", now=self.hands())
        else:
            actions.deny(delivery, by="clerk", reason="看过", now=self.hands())

    def give(self) -> None:
        open_lines = list(RecallLine.objects.filter(state__in=OPEN_LINES).select_related("recall__item"))
        if open_lines and self.chance.random() < 0.3:
            given = evidence.Given(LineState.KEPT, "领导决定")
            evidence.give(self.chance.choice(open_lines), given, by="clerk", now=self.hands())

    def misbehave(self) -> None:
        path = self.chance.choice([DESTROY, SHOW, DELETE, ARTICLE, "/2/statuses/share.json"])
        self.sandbox.misbehave(path, self.chance.choice(FAULTS), times=1)

    def delivery(self) -> Delivery:
        return self.chance.choice(list(Delivery.objects.filter(item=self.item).select_related("item", "product")))

    def come_to_rest(self) -> None:
        """No more trouble: the program does what it can, people hand in the rest."""
        for _ in range(6):
            self.hands.advance(hours=2)
            run(self.item, clock=self.hands)
            if not Delivery.objects.filter(item=self.item, state__in=(State.SENDING, State.PLANNED, *MACHINE)).exists():
                break
        for line in RecallLine.objects.filter(state__in=OPEN_LINES).select_related("recall__item"):
            for held in Delivery.objects.filter(item=self.item, channel=line.channel, state=State.HELD):
                if held.action != Action.RECALL:
                    actions.cancel(held, by="clerk", now=self.hands())
            following.follow(line.recall, now=self.hands())
            with suppress(NotPossible):  # what that cancelled may have settled it
                evidence.give(line, evidence.Given(LineState.KEPT, "领导决定"), by="clerk", now=self.hands())


def lies(sandbox: Sandbox, home: Path, seen: set[int]) -> list[str]:
    """Lines that have just been called removed and whose publication readers can still see."""
    found = []
    for line in (
        RecallLine.objects.filter(state=LineState.REMOVED).exclude(pk__in=seen).select_related("delivery__about")
    ):
        seen.add(line.pk)
        about = line.delivery and line.delivery.about
        if line.evidence not in ("E2", "E3") or about is None:
            found.append(f"{line}: without proof")
        elif line.channel == "weibo" and any(str(post.mid) == about.remote_id for post in sandbox.weibo.posts):
            found.append(f"{line}: still there")
        elif line.channel == "wechat":
            shown = [entry for entry in sandbox.wechat.published if not entry.deleted]
            found += [f"{line}: still there" for entry in shown if entry.article_id == about.remote_id]
    return found


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_in_whatever_order_no_line_lies_and_every_recall_ends(
    office: Office, home: Path, sandbox: Sandbox, seed: int
) -> None:
    sandbox.weibo.settings.repeat_window = 0
    chance, seen = random.Random(seed), set[int]()
    desk = Desk(office, sandbox, chance)
    if seed % 2:
        run(desk.item, clock=desk.hands)
    for _ in range(60):
        desk.anything()
        assert lies(sandbox, home, seen) == []
        assert Recall.objects.filter(closed_at=None).count() <= 1
        assert max(visible(sandbox, home, desk.item).values(), default=0) <= 1
    desk.come_to_rest()
    for recall in Recall.objects.all():
        states = list(recall.lines.values_list("state", flat=True))
        assert recall.closed_at is not None, states
        assert not set(states) & set(OPEN_LINES)
        assert told("recall_completed", recall) == 1
        assert [told("recall_settled", recall, line.channel) for line in recall.lines.all()] == [1] * len(states)
    assert lies(sandbox, home, seen) == []
    assert verify.verify_database(office.slug).fault is None
