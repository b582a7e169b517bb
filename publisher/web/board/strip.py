"""What is red, on top of every list and whatever is listed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from urllib.parse import urlencode

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from publisher.queue.diagnosis.findings import Who
from publisher.queue.diagnosis.health import idle_since
from publisher.queue.models import RecallLine
from publisher.queue.states import OPEN_LINES, State
from publisher.queue.troubles import Trouble, troubles
from publisher.review.models import Emergency
from publisher.review.opening import has_steps
from publisher.web import words
from publisher.web.rows import LOOKS, Scene


@dataclass(frozen=True, slots=True)
class Alarm:
    """One line: what is the matter, since when, and who must act; ``query`` shows its items on the
    board, ``address`` leads elsewhere.
    """

    look: str
    text: str
    since: datetime | None
    who: str
    query: str = ""
    address: str = ""


def alarms(around: Scene) -> list[Alarm]:
    """Everything red; a constant number of questions."""
    troubled = [_alarm(found) for found in _troubles(around)]
    return [*_stopped(around), *_paused(around), *_late_recalls(around), *_emergencies(around), *troubled]


def fingerprint(shown: Sequence[Alarm]) -> str:
    return blake2b(repr(shown).encode(), digest_size=6).hexdigest()


def _troubles(around: Scene) -> list[Trouble]:
    return troubles(around.office, around.paused, now=around.now)


def _stopped(around: Scene) -> list[Alarm]:
    """That nobody looks for due deliveries: then nothing goes out."""
    since = idle_since(around.office, now=around.now)
    if since is None:
        return []
    text = _("Nothing is sent: the part of the program that looks for due deliveries does not run.")
    return [Alarm("bad", text, since, str(Who.ADMINISTRATOR.label))]


def _paused(around: Scene) -> list[Alarm]:
    return [
        Alarm(
            "bad",
            f"{words.channel_name(around.office, channel)} · {words.pause_reason(account)}",
            account.paused_at,
            str(Who.ADMINISTRATOR.label),
            urlencode({"channel": channel, "state": State.WAITING}),
        )
        for channel, account in around.paused.items()
    ]


def _late_recalls(around: Scene) -> list[Alarm]:
    late = RecallLine.objects.filter(
        recall__office=around.office.slug, recall__closed_at=None, state__in=OPEN_LINES, due_at__lt=around.now
    ).aggregate(count=Count("pk"), since=Min("due_at"))
    if not late["count"]:
        return []
    text = _("To be taken back, and past its time without evidence: {count}.").format(count=late["count"])
    return [Alarm("bad", text, late["since"], str(Who.CLERK.label), address=reverse("recalls"))]


def _emergencies(around: Scene) -> list[Alarm]:
    """Released before approval and confirmed by nobody yet."""
    if not has_steps(around.office):
        return []
    open_ones = Emergency.objects.filter(office=around.office.slug, confirmation=None)
    found = open_ones.aggregate(count=Count("pk"), since=Min("release__released_at"))
    if not found["count"]:
        return []
    text = _("Emergency releases that nobody has confirmed: {count}.").format(count=found["count"])
    return [Alarm("bad", text, found["since"], _("a second signer must act"), address=reverse("reviews"))]


def _alarm(found: Trouble) -> Alarm:
    sentences = {
        State.UNCERTAIN: _("Nobody knows yet whether they are out: {count}."),
        State.HELD: _("Deliveries that wait for a person: {count}."),
        State.FAILED: _("Given up, and nobody knows whether they are out: {count}."),
        State.REFUSED: _("Refused, the text must be changed: {count}."),
    }
    query = urlencode({"state": found.state, "turn": found.who})
    text = sentences[found.state].format(count=found.count)
    return Alarm(LOOKS[found.state], text, found.since, str(found.who.label), query)
