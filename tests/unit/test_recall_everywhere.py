"""Taking back everywhere: one thing with a reason, open until every channel has its evidence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from channels.base import Medium
from channels.sandbox.server import Sandbox
from publisher.items.actions import Wish as Submission
from publisher.items.actions import asset_store, revise
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item, Revision
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue import actions, clock, orders
from publisher.queue.diagnosis import deliveries
from publisher.queue.diagnosis.findings import Severity
from publisher.queue.models import Delivery, Recall, RecallEvidence, RecallLine
from publisher.queue.moves import NotPossible
from publisher.queue.recalls import evidence, following, notices, open_recalls, queries
from publisher.queue.recalls.asking import Wish, ask
from publisher.queue.states import OPEN_LINES, LineState, RecallKind, State
from publisher.queue.sweep import sweep
from publisher.queue.visits import claims, dispatch
from publisher.review.actions import release_directly
from publisher.review.models import Release
from tests.clocks import HandClock, run
from tests.queued import close_the_page, corrected, events, intend, keep_the_page_open, one, released

pytestmark = pytest.mark.django_db

SHARE = "/2/statuses/share.json"
DESTROY = "/2/statuses/destroy.json"
DELETE = "/cgi-bin/freepublish/delete"
ALL = ("portal", "wechat", "weibo", "daily")
BECAUSE = Wish("数字有误")


def states(recall: Recall) -> dict[str, str]:
    return dict(recall.lines.values_list("channel", "state"))


def line_of(recall: Recall, channel: str) -> RecallLine:
    return recall.lines.select_related("recall__item").get(channel=channel)


def settled(item: Item) -> list[str]:
    """What the log says of a recall as a whole."""
    told = LogEntry.objects.filter(item=item.pk, channel="", event__startswith="recall")
    return list(told.order_by("seq").values_list("event", flat=True))


def readers_see(sandbox: Sandbox, home: Path, item: Item, channel: str) -> int:
    """How many of this item readers can see, by the books of whoever shows them."""
    if channel == "weibo":
        return len(sandbox.weibo.posts)
    if channel == "wechat":
        return sum(not entry.deleted for entry in sandbox.wechat.published)
    if channel == "portal":
        pages = (home / "site").rglob(f"t*_{item.pk}.html")
        return sum("撤回本页内容" not in page.read_text(encoding="utf-8") for page in pages)
    return sum(1 for _ in (home / "exports" / "daily").glob("*/manifest.json"))


# The states in which a recall can meet a channel


def not_begun(_item: Item, _channel: str, _clock: HandClock, _sandbox: Sandbox) -> None:
    """Waiting for its turn."""


def taken_and_lost(item: Item, channel: str, clock: HandClock, _sandbox: Sandbox) -> None:
    """A worker had taken it and was gone before it did anything."""
    assert claims.claim(one(item, channel).pk, now=clock())


def begun_and_lost(item: Item, channel: str, clock: HandClock, sandbox: Sandbox) -> None:
    """A worker was gone in the middle of the call; nothing arrived."""
    taken_and_lost(item, channel, clock, sandbox)
    names = {"portal": "put", "wechat": "submit", "weibo": "share", "daily": "hand_over"}
    intend(one(item, channel), clock(), names[channel])


def out(item: Item, _channel: str, clock: HandClock, _sandbox: Sandbox) -> None:
    run(item, clock=clock)
    keep_the_page_open(item)


def out_and_late(item: Item, _channel: str, clock: HandClock, _sandbox: Sandbox) -> None:
    run(item, clock=clock)
    close_the_page(item)


def doubtful(item: Item, channel: str, clock: HandClock, sandbox: Sandbox) -> None:
    """The platform has it, and its answer was lost."""
    sandbox.misbehave(SHARE, "reset_after", times=1)
    sandbox.misbehave("/cgi-bin/freepublish/submit", "reset_after", times=1)
    dispatch.work(one(item, channel).pk, clock=clock)
    assert one(item, channel).state == State.UNCERTAIN


def accepted(item: Item, channel: str, clock: HandClock, sandbox: Sandbox) -> None:
    sandbox.wechat.settings.publish_takes_s = 0.01
    dispatch.work(one(item, channel).pk, clock=clock)
    assert one(item, channel).state == State.ACCEPTED


def refused(item: Item, channel: str, clock: HandClock, _sandbox: Sandbox) -> None:
    Delivery.objects.filter(item=item, channel=channel).update(state=State.REFUSED)


def given_up(item: Item, channel: str, clock: HandClock, sandbox: Sandbox) -> None:
    """A person had stopped looking for one in doubt."""
    begun_and_lost(item, channel, clock, sandbox)
    sweep(now=clock.advance(hours=1))
    actions.cancel(one(item, channel), by="clerk", now=clock())
    assert one(item, channel).state == State.FAILED


def taken_back_before(item: Item, channel: str, clock: HandClock, _sandbox: Sandbox) -> None:
    run(item, clock=clock)
    orders.recall(item, [channel], by="leader", reason="先前", now=clock())
    held = run(item, clock=clock)[channel]
    if held.state == State.HELD:
        actions.confirm(held, by="clerk", url="", reason="报社已撤", now=clock())


Stage = Callable[[Item, str, HandClock, Sandbox], None]

TABLE: list[tuple[str, Stage, str]] = [
    # channel, how it stands there when it is asked for, what becomes of it without a person
    ("portal", not_begun, "absent"),
    ("wechat", not_begun, "absent"),
    ("weibo", not_begun, "absent"),
    ("daily", not_begun, "absent"),
    ("portal", taken_and_lost, "absent"),
    ("wechat", taken_and_lost, "absent"),
    ("weibo", taken_and_lost, "absent"),
    ("daily", taken_and_lost, "absent"),
    ("portal", begun_and_lost, "absent"),
    ("wechat", begun_and_lost, "absent"),
    ("weibo", begun_and_lost, "absent"),
    ("portal", out, "removed"),
    ("wechat", out, "removed"),
    ("weibo", out, "removed"),
    ("daily", out, "removed"),
    ("daily", out_and_late, "notice"),
    ("wechat", doubtful, "removed"),
    ("weibo", doubtful, "removed"),
    ("wechat", accepted, "removed"),
    ("portal", given_up, "by_hand"),
    ("wechat", given_up, "by_hand"),
    ("weibo", given_up, "by_hand"),
    ("daily", given_up, "notice"),
]
NOTHING_TO_DO: list[tuple[str, Stage]] = [
    *((channel, refused) for channel in ALL),
    *((channel, taken_back_before) for channel in ALL),
]


def prepared(office: Office, channel: str, stage: Stage, sandbox: Sandbox, clock: HandClock) -> Item:
    channels = ("portal", "weibo") if channel == "weibo" else (channel,)
    item = released(office, *channels)
    if channel == "weibo":
        dispatch.work(one(item, "portal").pk, clock=clock)
    stage(item, channel, clock, sandbox)
    return item


@pytest.mark.parametrize(("channel", "stage", "ends"), TABLE, ids=[f"{c}-{s.__name__}" for c, s, _ in TABLE])
def test_what_becomes_of_a_channel_hangs_on_how_it_stands_there(
    office: Office, home: Path, sandbox: Sandbox, channel: str, stage: Stage, ends: str
) -> None:
    hands = HandClock()
    item = prepared(office, channel, stage, sandbox, hands)
    recall, _ = ask(item, Wish("数字有误", channels=(channel,)), by="leader", now=hands())
    hands.advance(hours=1)
    run(item, clock=hands)
    recall.refresh_from_db()
    assert states(recall) == {channel: ends}
    told = events(item, channel)
    is_out = readers_see(sandbox, home, item, channel)
    assert is_out == (1 if stage is out_and_late else 0)
    assert told.count("recalled") == (ends == "removed")
    assert told.count("recall_settled") == (ends not in OPEN_LINES)
    assert told.count("recall_left_to_person") == (ends in OPEN_LINES)
    assert settled(item) == ["recall_asked", *(["recall_completed"] if ends not in OPEN_LINES else [])]
    assert (recall.closed_at is None) == (ends in OPEN_LINES)
    if ends == "removed":
        assert LogEntry.objects.get(event="recalled").evidence in ("E2", "E3")


@pytest.mark.parametrize(
    ("channel", "stage"), NOTHING_TO_DO, ids=[f"{channel}-{stage.__name__}" for channel, stage in NOTHING_TO_DO]
)
def test_where_nothing_is_there_is_nothing_to_ask_for(
    office: Office, sandbox: Sandbox, channel: str, stage: Stage
) -> None:
    item = prepared(office, channel, stage, sandbox, HandClock())
    with pytest.raises(NotPossible):
        ask(item, Wish("数字有误", channels=(channel,)), by="leader")
    assert not Recall.objects.exists()
    assert settled(item) == []


def test_a_channel_where_it_never_was_says_so_beside_the_others(office: Office) -> None:
    item = released(office, "portal", "daily")
    Delivery.objects.filter(item=item, channel="daily").update(state=State.REFUSED)
    run(item)
    recall, _ = ask(item, BECAUSE, by="leader")
    run(item)
    line = line_of(recall, "daily")
    assert (line.state, (line.why or {})["template"]) == ("absent", "It never went out there.")
    recall.refresh_from_db()
    assert recall.closed_at is not None


def test_it_stays_open_until_the_last_channel_and_says_how_long_it_took(office: Office, sandbox: Sandbox) -> None:
    hands = HandClock()
    item = released(office, *ALL)
    run(item, clock=hands)
    close_the_page(item)
    recall, _ = ask(item, BECAUSE, by="leader", now=hands())
    run(item, clock=hands)
    assert states(recall) == {"portal": "removed", "wechat": "removed", "weibo": "removed", "daily": "notice"}
    assert open_recalls(office) == [recall]
    given = evidence.Given(LineState.DECLARED, "报社值班室答复已撤稿")
    evidence.give(line_of(recall, "daily"), given, by="clerk", now=recall.asked_at + timedelta(hours=3))
    recall.refresh_from_db()
    assert recall.closed_at == recall.asked_at + timedelta(hours=3)
    assert open_recalls(office) == []
    completed = LogEntry.objects.get(event="recall_completed")
    assert completed.detail["seconds"] == 3 * 3600
    assert completed.detail["in_time"]
    times = queries.times(office, recall.asked_at, recall.asked_at + timedelta(days=1))
    assert times == queries.Times(1, 1, timedelta(hours=3), timedelta(hours=3))
    assert queries.times(office, recall.asked_at + timedelta(days=1), recall.asked_at + timedelta(days=2)) is None


# Asking


def test_readers_of_the_website_are_told_what_takes_the_place(office: Office, home: Path) -> None:
    item, clock = released(office, "portal"), HandClock()
    run(item, clock=clock)
    page = "https://www.example.gov.cn/202611/t20261120_9.html"
    ask(item, Wish("已有新文件", RecallKind.SUPERSEDED, replaced_by=page), by="zhangwei", now=clock())
    run(item, clock=clock)
    (notice,) = (home / "site").rglob(f"t*_{item.pk}.html")
    assert f'<a href="{page}">' in notice.read_text(encoding="utf-8")


REPEALED = Wish("已被废止", RecallKind.LAW, note="依据攀科〔2026〕30号")


def test_what_was_repealed_stays_where_it_can_be_marked_and_the_log_says_so(
    office: Office, home: Path, sandbox: Sandbox
) -> None:
    item = released(office, "portal", "wechat")
    run(item)
    recall, _ = ask(item, REPEALED, by="leader")
    run(item)
    recall.refresh_from_db()
    assert states(recall) == {"portal": "marked", "wechat": "removed"}
    assert recall.closed_at is not None
    (page,) = (home / "site").rglob(f"t*_{item.pk}.html")
    assert REPEALED.note in page.read_text(encoding="utf-8")
    assert events(item, "portal")[-2:] == ["marked_withdrawn", "recall_settled"]
    assert "recalled" not in events(item, "portal")
    entry = LogEntry.objects.get(event="marked_withdrawn")
    assert (entry.evidence, entry.action, entry.channel) == ("E2", "mark", "portal")
    assert orders.standing(item.pk, "portal") == one(item, "portal")


def test_a_mark_whose_answer_is_lost_is_looked_for(office: Office) -> None:
    item, hands = released(office, "portal"), HandClock()
    run(item, clock=hands)
    recall, _ = ask(item, REPEALED, by="leader", now=hands())
    delivery = one(item, "portal")
    claimed = claims.claim(delivery.pk, now=hands())
    assert claimed is not None
    intend(delivery, hands(), "mark")
    sweep(now=hands.advance(hours=1))
    run(item, clock=hands)
    assert states(recall) == {"portal": "marked"}
    assert events(item, "portal").count("marked_withdrawn") == 1


@pytest.mark.parametrize("is_done", [True, False], ids=["marked already", "not yet"])
def test_what_was_to_stay_and_must_go_goes_by_the_same_recall(office: Office, home: Path, is_done: bool) -> None:
    item, hands = released(office, "portal", "daily"), HandClock()
    run(item, clock=hands)
    close_the_page(item)
    recall, _ = ask(item, REPEALED, by="leader", now=hands())
    if is_done:
        run(item, clock=hands)
        assert states(recall)["portal"] == "marked"
    again, _ = ask(item, Wish("涉及个人信息", RecallKind.SECRECY), by="another", now=hands.advance(days=3))
    run(item, clock=hands)
    assert again == recall
    assert states(again)["portal"] == "removed"
    assert (again.kind, again.reason, again.asked_by) == ("secrecy", "涉及个人信息", "another")
    assert again.due_at > hands()
    (page,) = (home / "site").rglob(f"t*_{item.pk}.html")
    assert "本页内容已撤回" in page.read_text(encoding="utf-8")
    assert events(item, "portal").count("marked_withdrawn") == is_done
    assert events(item, "portal").count("recalled") == 1


def test_what_stays_marked_can_be_taken_back_or_corrected_later(office: Office) -> None:
    gone, corrected_one = released(office, "portal"), released(office, "portal", title="另一件")
    for item in (gone, corrected_one):
        run(item)
        ask(item, REPEALED, by="leader")
        run(item)
    recall, _ = ask(gone, BECAUSE, by="leader")
    corrected(office, corrected_one)
    run(gone)
    run(corrected_one)
    assert states(recall) == {"portal": "removed"}
    assert events(corrected_one, "portal")[-1] == "corrected"


def test_a_person_may_have_removed_what_was_to_be_marked(office: Office) -> None:
    item = released(office, "portal")
    run(item)
    recall, _ = ask(item, REPEALED, by="leader")
    evidence.give(line_of(recall, "portal"), evidence.Given(LineState.DECLARED, "已直接删除"), by="clerk")
    assert states(recall) == {"portal": "declared"}
    assert "marked_withdrawn" not in events(item, "portal")
    assert LogEntry.objects.get(event="recalled").evidence == "E0"


def test_who_asks_again_gets_the_same_recall_and_nothing_is_written_twice(office: Office) -> None:
    item = released(office, "portal", "daily")
    run(item)
    close_the_page(item)
    recall, changed = ask(item, BECAUSE, by="leader")
    entries = LogEntry.objects.count()
    again, nothing = ask(item, Wish("别的理由"), by="another")
    assert (again, nothing, len(changed)) == (recall, [], 2)
    assert LogEntry.objects.count() == entries
    run(item)
    assert ask(item, BECAUSE, by="another") == (recall, [])
    assert events(item, "portal").count("recalled") == 1


def test_a_further_channel_joins_the_recall_that_is_open(office: Office) -> None:
    item = released(office, "portal", "daily")
    run(item)
    close_the_page(item)
    recall, _ = ask(item, Wish("数字有误", channels=("daily",)), by="leader")
    run(item)
    again, _ = ask(item, BECAUSE, by="another")
    run(item)
    assert again == recall
    assert states(recall) == {"daily": "notice", "portal": "removed"}
    told = LogEntry.objects.filter(event="recall_asked").order_by("seq")
    assert [entry.detail["channels"] for entry in told] == [["daily"], ["portal"]]


def test_after_it_is_closed_asking_begins_another_one(office: Office) -> None:
    item = released(office, "portal")
    run(item)
    first, _ = ask(item, BECAUSE, by="leader")
    run(item)
    corrected(office, item, title="科技活动周启动（重发）")
    run(item)
    second, _ = ask(item, BECAUSE, by="leader")
    run(item)
    assert first != second
    assert events(item, "portal").count("recalled") == 2
    assert [recall.closed_at is None for recall in Recall.objects.order_by("pk")] == [False, False]


def test_what_was_released_and_not_collected_yet_is_taken_back_too(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "wechat")
    run(item)
    revised = corrected_without_collecting(office, item)
    recall, _ = ask(item, BECAUSE, by="leader")
    run(item)
    assert states(recall) == {"portal": "removed", "wechat": "removed"}
    assert not Release.objects.filter(collected_at=None).exists()
    assert not Delivery.objects.filter(revision=revised, state=State.DONE, action="correct").exists()


def corrected_without_collecting(office: Office, item: Item) -> Revision:
    manuscript = Manuscript(title="更正", html="<p>更正。</p>", media=())
    revision = revise(office, item, manuscript, Submission(), by="tester")
    release_directly(office, revision, by="tester")
    return revision


BAD_WISHES = {
    "without a reason": Wish("  "),
    "of an unknown kind": Wish("x", kind="whim"),
    "for a channel it was never meant for": Wish("x", channels=("weibo",)),
    "with an address that is none": Wish("x", kind="superseded", replaced_by="javascript:alert(1)"),
    "with words for readers and not repealed": Wish("x", note="依据文件"),
    "with an address and not superseded": Wish("x", replaced_by="https://www.example.gov.cn/"),
}


@pytest.mark.parametrize("wish", BAD_WISHES.values(), ids=BAD_WISHES)
def test_a_wish_that_cannot_be_is_refused_and_leaves_nothing(office: Office, wish: Wish) -> None:
    item = released(office, "portal")
    run(item)
    entries = LogEntry.objects.count()
    with pytest.raises(NotPossible):
        ask(item, wish, by="leader")
    assert (Recall.objects.count(), LogEntry.objects.count()) == (0, entries)


def test_the_database_allows_one_open_recall_per_item(office: Office) -> None:
    item = released(office, "portal", "daily")
    run(item)
    recall, _ = ask(item, BECAUSE, by="leader")
    twin = Recall.objects.get(pk=recall.pk)
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_many_people_asking_at_once_make_one_recall(office: Office, committed: None) -> None:
    item = released(office, "portal", "daily")
    run(item)
    start = threading.Barrier(6)

    def person(name: str) -> int:
        start.wait()
        try:
            return ask(item, Wish(f"{name}说有误"), by=name)[0].pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as people:
        asked = list(people.map(person, [f"p{number}" for number in range(6)]))
    assert asked == [Recall.objects.get().pk] * 6
    assert LogEntry.objects.filter(event="recall_asked").count() == 1
    assert LogEntry.objects.filter(event="recall_ordered").count() == 2


# What else happens on the channel


def test_a_later_revision_that_is_out_instead_replaces_it(office: Office, sandbox: Sandbox) -> None:
    hands = HandClock()
    item = released(office, "portal")
    assert claims.claim(one(item, "portal").pk, now=hands())
    intend(one(item, "portal"), hands(), "put")
    recall, _ = ask(item, BECAUSE, by="leader", now=hands())
    corrected(office, item)
    hands.advance(hours=1)
    run(item, clock=hands)
    assert states(recall) == {"portal": "replaced"}


def test_a_recall_that_gave_way_to_a_revision_which_cannot_go_out_is_ordered_again(
    office: Office, sandbox: Sandbox
) -> None:
    hands = HandClock()
    item = released(office, "wechat")
    run(item, clock=hands)
    recall, _ = ask(item, BECAUSE, by="leader", now=hands())
    corrected(office, item)
    assert one(item, "wechat").state == State.REFUSED
    run(item, clock=hands)
    assert states(recall) == {"wechat": "removed"}
    assert all(entry.deleted for entry in sandbox.wechat.published)
    assert events(item, "wechat").count("recalled") == 1


def test_a_newer_revision_planned_behind_a_recall_gives_way_when_it_is_asked_for_again(
    office: Office, home: Path, sandbox: Sandbox
) -> None:
    hands = HandClock()
    item = released(office, "portal")
    run(item, clock=hands)
    orders.recall(item, ["portal"], by="leader", reason="一", now=hands())
    assert claims.claim(one(item, "portal").pk, now=hands())
    (planned,) = corrected(office, item)
    assert planned.state == State.PLANNED
    recall, _ = ask(item, BECAUSE, by="leader", now=hands())
    hands.advance(hours=1)
    run(item, clock=hands)
    planned.refresh_from_db()
    assert planned.state == State.CANCELLED
    assert states(recall) == {"portal": "removed"}
    assert readers_see(sandbox, home, item, "portal") == 0


def test_one_that_a_person_says_is_not_out_is_not_sent_again_to_be_taken_back(office: Office, sandbox: Sandbox) -> None:
    hands = HandClock()
    item = prepared(office, "weibo", begun_and_lost, sandbox, hands)
    sweep(now=hands.advance(hours=1))
    doubted = one(item, "weibo")
    ask(item, Wish("数字有误", channels=("weibo",)), by="leader", now=hands())
    actions.deny(doubted, by="clerk", reason="看过了，没有", now=hands())
    assert claims.claim(doubted.pk, now=hands()) is None
    run(item, clock=hands)
    assert sandbox.weibo.posts == []
    assert events(item, "weibo")[-1] == "recall_settled"


@pytest.mark.parametrize("channel", ["portal", "weibo"])
def test_a_taking_back_that_a_person_stops_stays_open_for_them(office: Office, sandbox: Sandbox, channel: str) -> None:
    item = released(office, "portal", "weibo")
    run(item)
    recall, _ = ask(item, Wish("数字有误", channels=(channel,)), by="leader")
    actions.cancel(one(item, channel), by="clerk")
    sweep()
    assert states(recall) == {channel: "by_hand"}
    recall.refresh_from_db()
    assert recall.closed_at is None


# Evidence of people


def left_to_a_person(office: Office, sandbox: Sandbox) -> tuple[Item, Recall]:
    """An item whose post Weibo will not delete for us, and the rest is done."""
    item = released(office, "portal", "weibo", "daily")
    run(item)
    close_the_page(item)
    recall, _ = ask(item, BECAUSE, by="leader")
    actions.cancel(one(item, "weibo"), by="clerk")
    run(item)
    assert states(recall) == {"portal": "removed", "weibo": "by_hand", "daily": "notice"}
    return item, recall


PROOFS = {
    "text": evidence.Given(LineState.DECLARED, "王芳 9:30 在微博后台删除"),
    "address": evidence.Given(LineState.DECLARED, address="https://weibo.com/1/abc"),
    "file": evidence.Given(LineState.DECLARED, file=Medium("截图.png", "image/png", b"picture")),
}


@pytest.mark.parametrize("given", PROOFS.values(), ids=PROOFS)
def test_a_persons_evidence_is_kept_with_its_digest(office: Office, sandbox: Sandbox, given: evidence.Given) -> None:
    item, recall = left_to_a_person(office, sandbox)
    proof = evidence.give(line_of(recall, "weibo"), given, by="wangfang")
    stored = RecallEvidence.objects.get(pk=proof.pk)
    assert evidence.digest_of(stored) == stored.digest
    if given.file is not None:
        assert asset_store().read(stored.sha256) == given.file.content
    told = events(item, "weibo")
    assert told[-4:] == ["recall_ordered", "held", "recalled", "recall_evidence"] or told[-1] == "recall_settled"
    assert told.count("recalled") == 1
    entry = LogEntry.objects.get(event="recall_evidence")
    assert (entry.actor, entry.evidence, entry.detail["digest"]) == ("wangfang", "E0", proof.digest)
    assert states(recall)["weibo"] == "declared"


@pytest.mark.parametrize("part", ["text", "address", "given_by", "outcome", "sha256"])
def test_no_part_of_the_evidence_can_change_unnoticed(office: Office, sandbox: Sandbox, part: str) -> None:
    _item, recall = left_to_a_person(office, sandbox)
    proof = evidence.give(line_of(recall, "weibo"), PROOFS["file"], by="wangfang")
    setattr(proof, part, "kept" if part == "outcome" else "other")
    assert evidence.digest_of(proof) != proof.digest


BAD_PROOFS = {
    "nothing": evidence.Given(LineState.DECLARED),
    "blanks": evidence.Given(LineState.DECLARED, "  "),
    "that the program read it back": evidence.Given(LineState.REMOVED, "x"),
    "that it stays, without a word why": evidence.Given(LineState.KEPT, address="https://weibo.com/1/abc"),
    "an address that is none": evidence.Given(LineState.DECLARED, address="weibo.com/1/abc"),
    "a notice where there is none": evidence.Given(LineState.ANSWERED, "11月28日3版"),
    "too large a file": evidence.Given(LineState.DECLARED, file=Medium("x", "x/x", bytes(evidence.LARGEST_FILE + 1))),
}


@pytest.mark.parametrize("given", BAD_PROOFS.values(), ids=BAD_PROOFS)
def test_what_shows_nothing_settles_nothing(office: Office, sandbox: Sandbox, given: evidence.Given) -> None:
    _item, recall = left_to_a_person(office, sandbox)
    entries = LogEntry.objects.count()
    with pytest.raises(NotPossible):
        evidence.give(line_of(recall, "weibo"), given, by="wangfang")
    assert (RecallEvidence.objects.count(), LogEntry.objects.count()) == (0, entries)
    assert states(recall)["weibo"] == "by_hand"


OUTCOMES = {
    LineState.DECLARED: True,
    LineState.REPLACED: False,
    LineState.ABSENT: False,
    LineState.KEPT: False,
}


@pytest.mark.parametrize(("outcome", "is_taken_back"), OUTCOMES.items(), ids=OUTCOMES)
@pytest.mark.parametrize("channel", ["weibo", "daily"], ids=["stopped before", "held"])
def test_only_a_removal_goes_into_the_log_as_taken_back(
    office: Office, sandbox: Sandbox, channel: str, outcome: LineState, is_taken_back: bool
) -> None:
    item, recall = left_to_a_person(office, sandbox)
    evidence.give(line_of(recall, channel), evidence.Given(outcome, "领导决定"), by="wangfang")
    assert states(recall)[channel] == outcome
    assert events(item, channel).count("recalled") == is_taken_back
    assert (orders.standing(item.pk, channel) is None) == is_taken_back
    run(item)
    assert (
        not Delivery.objects.filter(item=item, state__in=(State.WAITING, State.HELD)).exclude(channel="daily").exists()
    )
    assert events(item, channel)[-1] == "recall_settled"


def test_a_settled_channel_takes_no_more_evidence(office: Office, sandbox: Sandbox) -> None:
    _item, recall = left_to_a_person(office, sandbox)
    for channel in ("portal", "weibo"):
        if channel == "weibo":
            evidence.give(line_of(recall, channel), PROOFS["text"], by="wangfang")
        with pytest.raises(NotPossible):
            evidence.give(line_of(recall, channel), PROOFS["text"], by="wangfang")


def test_while_a_call_is_under_way_nobody_may_say_how_it_ended(office: Office, sandbox: Sandbox) -> None:
    hands = HandClock()
    item = released(office, "portal")
    run(item, clock=hands)
    recall, _ = ask(item, BECAUSE, by="leader", now=hands())
    assert claims.claim(one(item, "portal").pk, now=hands())
    with pytest.raises(NotPossible):
        evidence.give(line_of(recall, "portal"), PROOFS["text"], by="wangfang", now=hands())


def test_on_a_channel_that_is_paused_a_person_may_do_it(office: Office, sandbox: Sandbox) -> None:
    item = released(office, "portal", "weibo")
    run(item)
    report = {"template": "x", "values": {}, "code": "", "kind": ""}
    assert claims.accounts.pause(office.channels["weibo"], by="leader", report=report, now=clock.now())
    recall, _ = ask(item, BECAUSE, by="leader")
    run(item)
    assert states(recall) == {"portal": "removed", "weibo": "under_way"}
    evidence.give(line_of(recall, "weibo"), PROOFS["text"], by="wangfang")
    recall.refresh_from_db()
    assert recall.closed_at is not None
    assert events(item, "weibo")[-4:] == ["held", "recalled", "recall_evidence", "recall_settled"]


# The newspaper


def noticed(office: Office) -> tuple[Item, Recall, Item]:
    item = released(office, "daily")
    run(item)
    close_the_page(item)
    recall, _ = ask(item, BECAUSE, by="leader")
    run(item)
    line = line_of(recall, "daily")
    words = notices.proposed(office, recall, line)
    notice = notices.submit(line, notices.Notice(words.title, words.text, "第32期"), by="wangfang")
    return item, recall, notice


def test_a_newspaper_is_answered_by_a_notice_that_goes_the_way_of_every_item(
    office: Office, home: Path, sandbox: Sandbox
) -> None:
    item, recall, notice = noticed(office)
    revision = notice.revisions.get()
    assert revision.channels == ["daily"]
    assert "科技活动周启动" in revision.html
    assert "数字有误" in revision.html
    line = line_of(recall, "daily")
    assert notices.handed_over(line) is None
    printed = evidence.Given(LineState.ANSWERED, "11月28日3版")
    with pytest.raises(NotPossible):
        evidence.give(line, printed, by="wangfang")
    release_directly(office, revision, by="leader")
    run(notice)
    assert events(notice, "daily") == ["notice_handed_over"]
    assert readers_see(sandbox, home, item, "daily") == 2
    recall.refresh_from_db()
    assert (states(recall), recall.closed_at) == ({"daily": "notice"}, None)
    evidence.give(line_of(recall, "daily"), printed, by="wangfang")
    recall.refresh_from_db()
    assert (states(recall), recall.closed_at is None) == ({"daily": "answered"}, False)
    assert "recalled" not in events(item, "daily")


def test_a_second_notice_is_submitted_only_where_the_first_did_not_go_out(office: Office, sandbox: Sandbox) -> None:
    _item, recall, notice = noticed(office)
    again = notices.Notice("更正启事", "再来一份。")
    with pytest.raises(NotPossible):
        notices.submit(line_of(recall, "daily"), again, by="wangfang")
    release_directly(office, notice.revisions.get(), by="leader")
    orders.collect()
    actions.cancel(one(notice, "daily"), by="leader")
    assert notices.submit(line_of(recall, "daily"), again, by="wangfang") != notice


@pytest.mark.parametrize("kind", RecallKind)
def test_every_kind_has_its_times_and_its_notice(office: Office, kind: RecallKind) -> None:
    item = released(office, "daily")
    run(item)
    recall, _ = ask(item, Wish("理由。", kind=kind), by="leader")
    run(item)
    line = line_of(recall, "daily")
    words = notices.proposed(office, recall, line)
    assert "《科技活动周启动》" in words.text
    assert "{" not in words.text
    assert "。。" not in words.text
    assert line.due_at > recall.asked_at


# Time and order


def test_what_is_overdue_is_a_problem_for_the_doctor(office: Office, sandbox: Sandbox) -> None:
    assert [finding.severity for finding in deliveries.recalls(office, clock.now())] == [Severity.OK]
    _item, recall = left_to_a_person(office, sandbox)
    line = line_of(recall, "weibo")
    (finding,) = deliveries.recalls(office, line.due_at - timedelta(seconds=1))
    assert finding.severity == Severity.WARNING
    (finding,) = deliveries.recalls(office, line.due_at + timedelta(seconds=1))
    assert (finding.severity, finding.since) == (Severity.PROBLEM, line.due_at)
    assert queries.is_overdue(recall, line.due_at + timedelta(seconds=1))


def test_the_sweep_looks_only_at_what_has_moved(office: Office, sandbox: Sandbox) -> None:
    _item, recall = left_to_a_person(office, sandbox)
    assert following.follow_all() == 0
    actions.retry(one(recall.item, "daily"), by="clerk")
    assert following.follow_all() == 1
    assert following.follow_all() == 0


def test_one_recall_that_cannot_be_followed_does_not_keep_the_others_open(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = (released(office, "portal", title=f"第{number}号") for number in range(2))
    for item in (broken, sound):
        run(item)
    for item in (broken, sound):
        ask(item, BECAUSE, by="leader")
        dispatch.work(one(item, "portal").pk)
    Delivery.objects.filter(item=broken, action="recall").update(state=State.CANCELLED, error="nonsense")
    assert following.follow_all() == 1
    assert [recall.item for recall in open_recalls(office)] == [broken]
    assert "cannot be followed" in caplog.text
