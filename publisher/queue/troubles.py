"""All that is red, counted: what the desk says on every list whatever is listed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from publisher.office import Office
from publisher.queue.diagnosis.findings import Who
from publisher.queue.models import Account, Delivery
from publisher.queue.states import State
from publisher.queue.turns import IS_RED, is_undone, turn


@dataclass(frozen=True, slots=True)
class Trouble:
    """Deliveries in the same state that the same people settle; ``since`` is when the first of them came there."""

    state: State
    who: Who
    count: int
    since: datetime


def troubles(office: Office, paused: Mapping[str, Account], *, now: datetime) -> list[Trouble]:
    """Everything that is held, in doubt, refused or given up, by whose turn it is. Two questions, over open rows and
    what ended badly only; paused channels are for those to tell who have them in hand."""
    ours = Delivery.objects.filter(office=office.slug)
    rows = list(ours.filter(IS_RED).values_list("state", "error__kind").annotate(Count("pk"), Min("since")))
    undone = ours.filter(is_undone(State.REFUSED, State.FAILED))
    rows += [(state, "", *rest) for state, *rest in undone.values_list("state").annotate(Count("pk"), Min("since"))]
    found: dict[tuple[State, Who], Trouble] = {}
    for state, kind, count, since in rows:
        like = Delivery(state=state, error={"kind": kind or ""}, since=since)
        key = State(state), turn(like, paused, now=now)
        before = found.get(key)
        if before is not None:
            count, since = count + before.count, min(since, before.since)
        found[key] = Trouble(*key, count, since)
    return sorted(found.values(), key=lambda trouble: (ORDER.index(trouble.state), trouble.since))


ORDER = (State.UNCERTAIN, State.HELD, State.FAILED, State.REFUSED)
"""The most pressing first."""
