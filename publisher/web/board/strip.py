"""What is red, on top of every list and whatever is listed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from publisher.queue.findings import Who
from publisher.queue.health import idle_since
from publisher.queue.states import State
from publisher.queue.troubles import Trouble, troubles
from publisher.web import words
from publisher.web.rows import LOOKS, Scene


@dataclass(frozen=True, slots=True)
class Alarm:
    """One line: what is the matter, since when, and who must act; ``query`` shows its items on the board."""

    look: str
    text: str
    since: datetime | None
    who: str
    query: str = ""


def alarms(around: Scene) -> list[Alarm]:
    """Everything red; a constant number of questions."""
    return [*_stopped(around), *_paused(around), *(_alarm(found) for found in _troubles(around))]


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
