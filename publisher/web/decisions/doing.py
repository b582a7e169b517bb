"""Doing what somebody decided, to each of the deliveries as they saw it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from publisher.office import Office
from publisher.queue import actions, bells
from publisher.queue.deeds import Deed
from publisher.queue.models import Delivery
from publisher.queue.moves import NotPossible
from publisher.wording import sentence

MOST = 200
"""Deliveries that are decided about together; more are decided about in several goes."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A delivery as somebody saw it when they marked it: every change of it raises ``attempt``."""

    pk: int
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody gave with their decision: why, where it can be seen, and the name and SHA-256 of a file."""

    reason: str = ""
    url: str = ""
    file: Mapping[str, str] | None = None


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    done: list[Delivery] = field(default_factory=list)
    changed: list[Delivery] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read(texts: Sequence[str]) -> list[Marked]:
    """``12`` or ``12.3``: the number of a delivery, and its attempt where a form says what was seen."""
    found = {}
    for text in texts:
        number, _point, attempt = text.partition(".")
        if number.isdecimal() and len(number) < 19:
            seen = int(attempt) if attempt.isdecimal() and len(attempt) < 10 else None
            found[int(number)] = Marked(int(number), seen)
    return list(found.values())[:MOST]


def deliveries(office: Office, marked: Sequence[Marked]) -> list[Delivery]:
    """Those of the office, in the order of their numbers, with what the pages show of them."""
    found = Delivery.objects.filter(office=office.slug, pk__in=[one.pk for one in marked])
    return list(found.select_related("revision__item", "product", "waits_for").order_by("pk"))


def decide(office: Office, deed: Deed, marked: Sequence[Marked], said: Said, *, by: str) -> Outcome:
    """Do it to each; one that has changed since it was seen is left alone, whoever changed it."""
    outcome = Outcome()
    seen = {one.pk: one.attempt for one in marked}
    do = _verb(deed, said, by)
    for delivery in deliveries(office, marked):
        if seen[delivery.pk] != delivery.attempt:
            outcome.changed.append(delivery)
            continue
        try:
            do(delivery)
        except NotPossible as error:
            outcome.refused.append(sentence(error.text))
            continue
        outcome.done.append(delivery)
        bells.ring([delivery])
        bells.ring_next(delivery)
    return outcome


def _verb(deed: Deed, said: Said, by: str) -> Callable[[Delivery], None]:
    match deed:
        case Deed.RETRY:
            return partial(actions.retry, by=by)
        case Deed.HOLD:
            return partial(actions.hold, by=by, reason=said.reason)
        case Deed.CANCEL:
            return partial(actions.cancel, by=by, reason=said.reason)
        case Deed.CONFIRM:
            return partial(actions.confirm, by=by, url=said.url, reason=said.reason, file=said.file)
        case Deed.DENY:
            return partial(actions.deny, by=by, reason=said.reason, file=said.file)
