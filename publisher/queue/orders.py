"""What is to be done on each channel: deliveries of released revisions, corrections of what is out, and taking back."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from channels.errors import Text
from publisher.items.models import Item
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import ChannelEntry, Office, get_office
from publisher.queue import BATCH, SYSTEM, clock, companions
from publisher.queue.issues.deadlines import is_in_time, is_late
from publisher.queue.issues.placing import leave
from publisher.queue.issues.placing import place as place_in_issue
from publisher.queue.literal import IS_OPEN, Literal, is_waiting, one_of
from publisher.queue.models import TAKING_BACK, Action, Delivery, IssueItem
from publisher.queue.moves import NotPossible, error_json, move, subject
from publisher.queue.states import FINAL, OPEN, Outcome, State, Verb
from publisher.queue.visits.steps import open_intent
from publisher.review import actions as review
from publisher.review.models import ChannelProduct, Release
from publisher.wording import sentence

logger = logging.getLogger(__name__)

SUPERSEDED = "Superseded"
"""Class of the error of what gave way to a newer revision."""


def collect(*, now: datetime | None = None) -> list[Delivery]:
    """Make the deliveries of every release that has none yet; each release once, whoever calls."""
    made: list[Delivery] = []
    waiting = Release.objects.filter(collected_at=None).select_related("revision__item").order_by("pk")
    for release in waiting[:BATCH]:
        at = now or clock.now()
        try:
            with transaction.atomic():
                if review.mark_collected(release, now=at):
                    made += _deliveries(get_office(), release, at)
        except Exception:
            # One release that cannot be collected must not keep the others from going out.
            logger.exception("release %s cannot be collected; it is tried again", release.pk)
    return made


def recall(item: Item, channels: Iterable[str], *, by: str, reason: str, now: datetime | None = None) -> list[Delivery]:
    """Take an item back from ``channels``: what has not begun is cancelled, what is out gets a delivery of its own.

    Where something is under way the new delivery is planned and begins after it. Returns the deliveries that were
    changed or made.

    Raises NotPossible: it is not on any of the channels, nor on its way there.
    """
    with transaction.atomic():
        taken = take_back(item, channels, by=by, reason=reason, now=now or clock.now())
        changed = [delivery for deliveries in taken.values() for delivery in deliveries]
        if not changed:
            raise NotPossible("Item {item} is on none of these channels, nor on its way there.", item=item.pk)
    return changed


def take_back(
    item: Item, channels: Iterable[str], *, by: str, reason: str, now: datetime, may_stay: bool = False
) -> dict[str, list[Delivery]]:
    """What ``recall`` does, by channel; nothing is no mistake here. Stands in a transaction of the caller.

    What was released before is put in order first, so that nothing follows that was decided earlier.

    Args:
        may_stay: it is marked as withdrawn where a channel can do that, and goes elsewhere.
    """
    lock(item)
    office = get_office()
    for release in Release.objects.filter(collected_at=None, revision__item=item).order_by("pk"):
        if review.mark_collected(release, now=now):
            _deliveries(office, release, now)
    actions = {channel: _taking_back(office, channel, may_stay=may_stay) for channel in channels}
    return {channel: _recall(item, channel, action, by, reason, now) for channel, action in actions.items()}


def _taking_back(office: Office, channel: str, *, may_stay: bool) -> Action:
    entry = office.channels.get(channel)
    return Action.MARK if may_stay and entry and entry.channel.capabilities.mark else Action.RECALL


def begin_planned(*, now: datetime | None = None) -> list[Delivery]:
    """Let planned deliveries begin whose channel has nothing open any more for their item."""
    at = now or clock.now()
    before = Delivery.objects.filter(IS_OPEN, item=OuterRef("item"), channel=OuterRef("channel"))
    planned = Delivery.objects.filter(~Exists(before), state=Literal(State.PLANNED.value))
    # Found by the index that keeps one of them for each item and channel, and therefore in its order.
    ready = planned.select_related("revision__item", "product").order_by("item", "channel")
    return [delivery for delivery in ready[:BATCH] if _begin(delivery, at)]


def stop_recalled(*, now: datetime | None = None) -> int:
    """Cancel what was under way when it was to be taken back, and has not begun after all; returns how many."""
    at = now or clock.now()
    stopped = Delivery.objects.filter(one_of(State.WAITING, State.HELD), item=OuterRef("item"))
    planned = Delivery.objects.filter(state=Literal(State.PLANNED.value), action__in=TAKING_BACK)
    behind = planned.filter(Exists(stopped.filter(channel=OuterRef("channel")))).order_by("item", "channel")
    count = 0
    for recall in behind[:BATCH]:
        found = _open_one(recall.item_id, recall.channel)
        if found is not None and found.state in (State.WAITING, State.HELD) and not may_be_out(found):
            count += _cancel(found, SYSTEM, _taken_back(recall.reason), at)
    return count


def hold_orphans(*, now: datetime | None = None) -> int:
    """Hold what waits for the address of a delivery that ended without one."""
    at = now or clock.now()
    dead = [state for state in FINAL if state is not State.DONE]
    orphans = Delivery.objects.filter(is_waiting(), waits_for__state__in=dead)
    text = Text("It waits for the address of another channel, and that one did not go out: settle that one first.")
    return sum(
        move(delivery, Verb.HOLD, now=at, actor=SYSTEM, error=error_json(text))
        for delivery in orphans.select_related("revision__item", "product")[:BATCH]
    )


def standing(item: int, channel: str) -> Delivery | None:
    """The delivery whose receipt proves what is out now; None where nothing is known to be out."""
    last = Delivery.objects.filter(item=item, channel=channel, state=State.DONE).order_by("-pk").first()
    return last if last is not None and last.action != Action.RECALL and not was_turned_down(last) else None


def may_be_out(delivery: Delivery) -> bool:
    """Whether a delivery that was begun, or the one that carries it, may have had its effect."""
    leader = companions.lead(delivery)
    return leader.accepted is not None or open_intent(leader) is not None


def valid_until(entry: ChannelEntry | None, action: str, since: datetime) -> datetime | None:
    """Until when something may be begun without asking again; taking back never grows old."""
    if entry is None or action in TAKING_BACK:
        return None
    return since + timedelta(hours=entry.options.valid_hours)


def _deliveries(office: Office, release: Release, now: datetime) -> list[Delivery]:
    """One delivery for each product of a release; givers of addresses before those who wait for them."""

    def waits(product: ChannelProduct) -> bool:
        return product.channel in office.channels and bool(office.channels[product.channel].link_from)

    lock(release.revision.item)
    products = sorted(release.products.order_by("pk"), key=waits)
    return [_deliver(office, product, now) for product in products]


def lock(item: Item) -> None:
    """Keep two orders about one item apart until the end of this transaction."""
    Item.objects.select_for_update().only("pk").get(pk=item.pk)


def _deliver(office: Office, product: ChannelProduct, now: datetime) -> Delivery:
    revision = product.release.revision
    entry = office.channels.get(product.channel)
    delivery = _new(office, product, _first_action(entry, revision.item), now)
    delivery.due_at = max(now, revision.publish_at or now)
    delivery.valid_until = valid_until(entry, Action.PUBLISH, delivery.due_at)
    refusal = _refusal(product)
    if refusal is None and revision.number > 1:
        refusal = _place(delivery, entry, now)
    if refusal is None and entry and product.wants_link:
        delivery.waits_for = _giver(delivery, entry.link_from)
        if delivery.waits_for is None:
            text = Text("It must carry the address on channel {name}: send the item there too.", name=entry.link_from)
            refusal = error_json(text)
    delivery.key = _key(delivery)
    if refusal is not None:
        delivery.state, delivery.error = State.REFUSED, refusal
    delivery.save(force_insert=True)
    if refusal is not None:
        proof = log.Proof(detail={"error": refusal})
        log.record(office, Event.REFUSED, subject(delivery), actor=SYSTEM, proof=proof)
    elif entry is not None:
        place_in_issue(office, entry, delivery, now=now)
    return delivery


def hand_over_again(delivery: Delivery, *, by: str, now: datetime | None = None) -> Delivery:
    """Put what a newspaper did not take into its next issue with room, as it was signed.

    Raises NotPossible: it was taken, a newer revision is out or under way there, or the channel is gone.
    """
    at = now or clock.now()
    office = get_office()
    entry = office.channels.get(delivery.channel)
    with transaction.atomic():
        lock(delivery.item)
        newest = Delivery.objects.filter(item=delivery.item_id, channel=delivery.channel).order_by("-pk")[0]
        if entry is None or newest.pk != delivery.pk or not was_turned_down(delivery):
            raise NotPossible("Item {item} is not among what was not accepted.", item=delivery.item_id)
        again = _new(office, delivery.product, Action(delivery.action), at)
        again.valid_until = valid_until(entry, again.action, at)
        again.key = _key(again)
        again.save(force_insert=True)
        place_in_issue(office, entry, again, now=at)
        log.record(office, Event.RESUMED, subject(again), actor=by)
    return again


def was_turned_down(delivery: Delivery) -> bool:
    """Whether a newspaper had it and did not print it."""
    entry = get_office().channels.get(delivery.channel)
    if entry is None or entry.channel.issues is None:
        return False
    found = list(IssueItem.objects.filter(delivery=delivery).values_list("outcome", flat=True))
    return bool(found) and all(outcome == Outcome.NOT_ACCEPTED for outcome in found)


def _first_action(entry: ChannelEntry | None, item: Item) -> Action:
    """Something that only answers what went out before is no publication of its own."""
    is_notice = entry is not None and entry.channel.capabilities.notice and item.answers.exists()
    return Action.NOTICE if is_notice else Action.PUBLISH


def _place(delivery: Delivery, entry: ChannelEntry | None, now: datetime) -> dict[str, object] | None:
    """Put a new revision in order with what the channel has of the item; returns why it is refused, if it is."""
    text = Text("Revision {number} takes its place.", number=delivery.revision.number)
    report = error_json(text, kind=SUPERSEDED)
    under_way, _ = _withdraw(delivery.item, delivery.channel, by=SYSTEM, report=report, now=now)
    if under_way is not None:
        delivery.state = State.PLANNED
        return None
    delivery.about = standing(delivery.item_id, delivery.channel)
    if delivery.about is None:
        return None
    if entry is not None and entry.channel.capabilities.anew:
        _make_room(delivery, delivery.about, now)
        delivery.state, delivery.about = State.PLANNED, None
        return None
    delivery.action = Action.CORRECT
    return _correction_refused(entry, delivery.about, now)


def _make_room(delivery: Delivery, about: Delivery, now: datetime) -> None:
    """Take back what is out, so that ``delivery`` may follow it."""
    text = Text("Revision {number} takes its place.", number=delivery.revision.number)
    _order_back(about, Action.RECALL, about=about, by=SYSTEM, reason=sentence(text), now=now)


def _withdraw(
    item: Item, channel: str, *, by: str, report: dict[str, object], now: datetime
) -> tuple[Delivery | None, list[Delivery]]:
    """Cancel what has not begun; returns what is under way all the same, and what was cancelled."""
    cancelled = []
    for later in _planned(item, channel):
        cancelled += [later] if _cancel(later, by, report, now) else []
    while (found := _open_one(item.pk, channel)) is not None:
        if found.state not in (State.WAITING, State.HELD) or may_be_out(found):
            return found, cancelled
        cancelled += [found] if _cancel(found, by, report, now) else []
    return None, cancelled


def _taken_back(reason: str) -> dict[str, object]:
    return error_json(Text("It is taken back: {reason}", reason=reason), kind="Recalled")


def _planned(item: Item, channel: str) -> QuerySet[Delivery]:
    planned = Delivery.objects.filter(item=item, channel=channel, state=State.PLANNED)
    return planned.select_related("revision__item", "product")


def _cancel(delivery: Delivery, by: str, report: dict[str, object], now: datetime) -> bool:
    return move(delivery, Verb.CANCEL, now=now, actor=by, error=report)


def _recall(item: Item, channel: str, action: Action, by: str, reason: str, now: datetime) -> list[Delivery]:
    # What is to go is not done with a mark; what is about to go needs none.
    asked = Delivery.objects.filter(item=item, channel=channel, action__in={action, Action.RECALL})
    report = _taken_back(reason)
    if before := list(asked.filter(state__in=(State.PLANNED, *OPEN)).select_related("revision__item", "product")):
        # A newer revision that was to follow what is taken back already must not go out after all.
        later = _planned(item, channel).exclude(action__in=TAKING_BACK)
        return [*before, *(delivery for delivery in later if _cancel(delivery, by, report, now))]
    under_way, cancelled = _withdraw(item, channel, by=by, report=report, now=now)
    about = standing(item.pk, channel)
    target = under_way or about
    if target is None:
        return cancelled
    delivery = _order_back(target, action, about=about, by=by, reason=reason, now=now)
    return [*cancelled, delivery]


def _order_back(
    target: Delivery, action: Action, *, about: Delivery | None, by: str, reason: str, now: datetime
) -> Delivery:
    """A delivery that takes ``target`` back; without ``about`` it is not out yet, and this begins after it."""
    office = get_office()
    delivery = _new(office, target.product, action, now)
    delivery.about, delivery.reason = about, reason
    if target.state in OPEN:
        delivery.state = State.PLANNED
    delivery.key = _key(delivery)
    delivery.save(force_insert=True)
    proof = log.Proof(url=target.url, detail={"reason": reason})
    log.record(office, Event.RECALL_ORDERED, subject(delivery), actor=by, proof=proof)
    return delivery


def _begin(delivery: Delivery, now: datetime) -> bool:
    """Begin a planned delivery, now that what was under way has ended one way or another."""
    about = standing(delivery.item_id, delivery.channel)
    if _ended_in_doubt(delivery):
        text = Text(
            "Nobody knows whether the one before it is out: look on the channel, then take this one up again or "
            "cancel it."
        )
        return move(delivery, Verb.HOLD, now=now, actor=SYSTEM, about=about, error=error_json(text))
    due_at = max(now, delivery.due_at)
    if delivery.action in TAKING_BACK:
        return _begin_recall(delivery, about, now)
    if about is None:
        return move(delivery, Verb.BEGIN, now=now, actor=SYSTEM, due_at=due_at)
    entry = get_office().channels.get(delivery.channel)
    if entry is not None and entry.channel.capabilities.anew:
        return _follow_anew(delivery, about, now)
    delivery.action = Action.CORRECT
    if (report := _correction_refused(entry, about, now)) is not None:
        return move(delivery, Verb.REFUSE, now=now, actor=SYSTEM, error=report, action=Action.CORRECT)
    if leave(delivery):
        due_at = max(now, delivery.revision.publish_at or now)
    return move(delivery, Verb.BEGIN, now=now, actor=SYSTEM, due_at=due_at, about=about, action=Action.CORRECT)


def _follow_anew(delivery: Delivery, about: Delivery, now: datetime) -> bool:
    """Have what is out taken back first; where that was stopped, a person decides."""
    tried = Delivery.objects.filter(item=delivery.item_id, channel=delivery.channel, action=Action.RECALL)
    ended = tried.filter(pk__gt=about.pk, state__in=FINAL).values_list("error", flat=True)
    if any((error or {}).get("kind") != SUPERSEDED for error in ended):
        text = Text("What it is to replace is still out, and taking that back was stopped: decide about it first.")
        return move(delivery, Verb.HOLD, now=now, actor=SYSTEM, error=error_json(text))
    with transaction.atomic():
        lock(delivery.item)
        if _open_one(delivery.item_id, delivery.channel) is None:
            _make_room(delivery, about, now)
    return False


def _begin_recall(delivery: Delivery, about: Delivery | None, now: datetime) -> bool:
    if about is None:
        text = Text("There was nothing to take back: it did not go out.")
        return move(delivery, Verb.CANCEL, now=now, actor=SYSTEM, error=error_json(text))
    return move(
        delivery,
        Verb.BEGIN,
        now=now,
        actor=SYSTEM,
        about=about,
        product=about.product,
        revision=about.revision,
    )


def _ended_in_doubt(delivery: Delivery) -> bool:
    """Whether a person gave the one before it up without knowing what became of it."""
    before = Delivery.objects.filter(item=delivery.item_id, channel=delivery.channel, state__in=FINAL)
    last = before.order_by("-since", "-pk").first()
    return last is not None and last.state == State.FAILED


def _new(office: Office, product: ChannelProduct, action: Action, now: datetime) -> Delivery:
    revision = product.release.revision
    entry = office.channels.get(product.channel)
    return Delivery(
        office=office.slug,
        item=revision.item,
        revision=revision,
        product=product,
        channel=product.channel,
        channel_kind=entry.kind if entry else "",
        action=action,
        state=State.WAITING,
        since=now,
        due_at=now,
        created_at=now,
    )


def _key(delivery: Delivery) -> str:
    """Names the wish for ever: item, revision, channel, action.

    A second order to take back is another wish, and so is an issue after one that was not accepted. Any other wish that
    comes twice is one, which the database refuses.
    """
    key = f"{delivery.revision.key}/{delivery.channel}/{delivery.action}"
    same = Delivery.objects.filter(revision=delivery.revision, channel=delivery.channel, action=delivery.action)
    if delivery.action not in TAKING_BACK:
        entry = get_office().channels.get(delivery.channel)
        if entry is None or entry.channel.issues is None:
            return key
        turned_down = IssueItem.objects.filter(delivery__in=same, outcome=Outcome.NOT_ACCEPTED)
        same = same.filter(pk__in=turned_down.values("delivery"))
    before = same.count()
    return f"{key}-{before + 1}" if before else key


def _open_one(item: int, channel: str) -> Delivery | None:
    found = Delivery.objects.filter(IS_OPEN, item=item, channel=channel)
    return found.select_related("revision__item", "product").first()


def _correction_refused(entry: ChannelEntry | None, about: Delivery, now: datetime) -> dict[str, object] | None:
    """Why what is out there cannot be corrected; None: it can."""
    if entry is None or (entry.channel.capabilities.correct and is_in_time(entry, about, now=now)):
        return None
    text = Text("What is out on {name} cannot be changed: take it back and submit the item anew.", name=entry.name)
    if entry.channel.capabilities.correct:
        text = is_late(entry, about)
    return error_json(text, kind="CannotCorrect")


def _refusal(product: ChannelProduct) -> dict[str, object] | None:
    """Why a product was not signed: the first error the checks found; None where it was signed."""
    if product.is_signed:
        return None
    template, values = next((t, v) for severity, t, v in product.problems if severity == "error")
    return error_json(Text(template, **values), kind="ProductRefused")


def _giver(delivery: Delivery, channel: str) -> Delivery | None:
    givers = Delivery.objects.filter(item=delivery.item, channel=channel).exclude(action__in=TAKING_BACK)
    return givers.exclude(state__in=[s for s in FINAL if s is not State.DONE]).order_by("-pk").first()
