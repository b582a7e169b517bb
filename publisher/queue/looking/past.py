"""Asking a channel for what was published before, at the pace its platform bears: only the queue knows about time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from channels.base import PastPage, Visit
from channels.errors import ChannelUnavailable, Text
from publisher.office import ChannelEntry, get_office
from publisher.queue import accounts, clock, delays, slots

TRIES_S = (5.0, 30.0, 120.0)
"""Waits before a call that failed is made again."""

LONGEST_WAIT_S = 600.0
"""A platform that asks for more is left alone until somebody runs it again."""


class LaterOn(Exception):
    """It cannot go on now; ``text`` says why and, where that is known, when it can. What was read so far stays."""

    def __init__(self, text: Text, until: datetime | None = None) -> None:
        self.text = text
        self.until = until
        super().__init__(str(text))


@dataclass(frozen=True, slots=True)
class Question:
    """What a channel is asked for: a year, from where on, and what need not be looked at any more."""

    year: int
    after: str
    is_known: Callable[[str], bool]


def pages(
    entry: ChannelEntry,
    question: Question,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: clock.Clock = clock.now,
) -> Iterator[PastPage]:
    """The pages of a channel's past, one after the other, with the waits that belong between them.

    Raises LaterOn: the account's calls for today are used up, or the channel does not answer.
    Raises CredentialsRefused, PersonNeeded.
    """
    after, tries = question.after, 0
    listing = entry.channel.past(question.year, after=after, is_known=question.is_known)
    while True:
        _reserve(entry, now())
        try:
            page = next(listing, None)
        except ChannelUnavailable as error:
            sleep(_wait_s(entry, error, tries))
            tries += 1
            listing = entry.channel.past(question.year, after=after, is_known=question.is_known)
            continue
        if page is None:
            return
        if page.after and page.after != after:
            # Pages that are asked for a second time on the way are no progress.
            after, tries = page.after, 0
        yield page
        # As the site asks for it, also in a drill.
        sleep(page.pause_s)


def _reserve(entry: ChannelEntry, now: datetime) -> None:
    """Charge one call. Raises LaterOn: there is no room for it now."""
    limits = entry.channel.limits
    if not limits.costs.get(Visit.PAST):
        return
    with transaction.atomic():
        account = accounts.locked(get_office().slug, entry.key)
        until = slots.take(account, limits, Visit.PAST, now=now)
    if until is not None:
        local = until.astimezone(get_office().timezone)
        text = Text(
            "The calls for looking back are used up for now; the others are for what goes out. Run it again from "
            "{time} on: it goes on where it is.",
            time=f"{local:%Y-%m-%d %H:%M}",
        )
        raise LaterOn(text, until)


def _wait_s(entry: ChannelEntry, error: ChannelUnavailable, tries: int) -> float:
    """Raises LaterOn: it was tried often enough, or it would take too long."""
    if tries >= len(TRIES_S) or (error.retry_after_s or 0) > LONGEST_WAIT_S:
        # Not in the channel's words: they promise that the queue tries again, and here nobody does.
        reason = ", ".join(map(str, error.text.values.values())) or error.code
        text = Text(
            "{name} does not answer now, or asks to wait ({reason}). Run it again later: it goes on where it is.",
            name=entry.name,
            reason=reason,
        )
        raise LaterOn(text) from error
    return delays.scaled(max(TRIES_S[tries], error.retry_after_s or 0))
