"""Asking platforms once a day how the credentials of their channels stand, and telling people before they end.

It goes beside the sweep and is never in its way.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F

from channels.base import Standing as Told
from channels.base import Visit
from channels.errors import ChannelUnavailable, CredentialsRefused, PersonNeeded, Text
from publisher.credentials import standings
from publisher.credentials.models import Standing
from publisher.notices import actions as notices
from publisher.notices import sending
from publisher.notices.actions import News
from publisher.notices.models import NoticeSending
from publisher.office import BadConfiguration, ChannelEntry, Office, get_office
from publisher.people.roles import Permission
from publisher.queue import BATCH, SYSTEM, accounts, clock, delays, outage, slots
from publisher.queue.moves import error_json
from publisher.queue.patience import aside
from publisher.wording import sentence

logger = logging.getLogger(__name__)

NOTICE_DAYS = (14, 7, 3, 1)
"""So many days before credentials end people are told, each time anew."""

LOOK_S = 60.0
ASK_AGAIN_S = 1800.0
RETRY_S = (60.0, 300.0, 1800.0, 3600.0)

FIRST_S = 20.0
"""A program that has just started has more urgent things to do."""

PAGE = "accounts"


class Watching:
    """What a process that goes the rounds does for it; several at once do no harm."""

    def __init__(self) -> None:
        self._not_before = time.monotonic() + FIRST_S
        self._asked: dict[str, float] = {}
        self._step: Future[None] | None = None

    def keep(self) -> None:
        """Begin a step, unless one is under way or it is not time yet."""
        if time.monotonic() < self._not_before or (self._step is not None and not self._step.done()):
            return
        self._not_before = time.monotonic() + delays.scaled(LOOK_S)
        self._step = aside(partial(self._look, self._step))

    def _look(self, before: Future[None] | None) -> None:
        if before is not None and (error := before.exception()) is not None:
            _say(error)
        office = get_office()
        for entry in due(office, now=clock.now()):
            if time.monotonic() >= self._asked.get(entry.key, 0):
                self._asked[entry.key] = time.monotonic() + delays.scaled(ASK_AGAIN_S)
                ask(office, entry)
        post(office)


def due(office: Office, *, now: datetime) -> list[ChannelEntry]:
    """Channels that can say how their credentials stand, and have not been asked today."""
    able = [entry for entry in office.channels.values() if entry.channel.capabilities.standing]
    if not able:
        return []
    today = now.astimezone(office.timezone).date()
    asked = {channel for channel, row in standings.newest(office).items() if row.day >= today}
    return [entry for entry in able if entry.key not in asked]


def ask(office: Office, entry: ChannelEntry, *, now: datetime | None = None) -> Standing | None:
    """Ask how a channel's credentials stand; None where it cannot be told now. Tells people, and stops the channel
    whose credentials are no longer good."""
    at = now or clock.now()
    with transaction.atomic():
        wait = slots.take(accounts.locked(office.slug, entry.key), entry.channel.limits, Visit.STANDING, now=at)
    row = standings.newest(office).get(entry.key)
    told = False
    if wait is None:
        try:
            row, told = standings.note(office, entry.key, entry.channel.standing(), now=at), True
        except CredentialsRefused as error:
            report = error_json(error.text, code=error.code, kind=CredentialsRefused.__name__)
            row, told = standings.note(office, entry.key, Told(), now=at, error=report), True
        except (ChannelUnavailable, PersonNeeded) as error:
            logger.info("channel %s does not say how its credentials stand: %s", entry.key, error)
    if row is not None:
        judge(office, entry, row, now=at)
    return row if told else None


def judge(office: Office, entry: ChannelEntry, row: Standing, *, now: datetime) -> None:
    """Tell people what ``row`` means now, and stop the channel where nothing can be sent any more."""
    about = f"credentials:{entry.key}:"
    name, news = _news(entry, row, now)
    if news is None:
        notices.settle(office, about, now=now)
        return
    notices.give(office, about + name, news, now=now)
    notices.settle(office, about, now=now, but=about + name)
    # What is only missing here was never good, and may come with the next start: the first delivery says so.
    if has_ended(row, now) or (row.error and row.error.get("code")):
        report = row.error or error_json(news.title, kind=CredentialsRefused.__name__)
        accounts.pause(entry, by=SYSTEM, report=report, now=now)


def has_ended(row: Standing, now: datetime) -> bool:
    return row.ends_at is not None and row.ends_at <= now


def remedy_of(entry: ChannelEntry) -> Text:
    """What an administrator does to renew a channel's credentials."""
    if entry.channel.sign_in is not None:
        return Text("Sign in at the platform again on the page of accounts, then let the channel go on.")
    return Text("Store a new token where the channel's settings point to, then let the channel go on.")


def _news(entry: ChannelEntry, row: Standing, now: datetime) -> tuple[str, News | None]:
    remedy, may = remedy_of(entry), Permission.MANAGE_CHANNELS.value
    if row.error and not row.error.get("code"):
        title = Text("The credentials of {name} are not there: nothing can be sent there.", name=entry.name)
        return "missing", News(title, remedy, PAGE, may, is_urgent=True)
    if row.error:
        title = Text("The credentials of {name} are not accepted: nothing can be sent there.", name=entry.name)
        return "refused", News(title, remedy, PAGE, may, is_urgent=True)
    if has_ended(row, now):
        title = Text("The credentials of {name} have ended: nothing can be sent there.", name=entry.name)
        return "ended", News(title, remedy, PAGE, may, is_urgent=True)
    days = notice_days(row, now)
    if days is None or row.ends_at is None:
        return "", None
    day = row.ends_at.astimezone(get_office().timezone)
    title = Text("The credentials of {name} end on {day}.", name=entry.name, day=f"{day:%Y-%m-%d %H:%M}")
    return str(days), News(title, remedy, PAGE, may, is_urgent=days <= NOTICE_DAYS[-2])


def notice_days(row: Standing, now: datetime) -> int | None:
    """The smallest number of ``NOTICE_DAYS`` within which the credentials end; None where they last longer."""
    if row.ends_at is None:
        return None
    return min((days for days in NOTICE_DAYS if row.ends_at - now <= timedelta(days=days)), default=None)


def post(office: Office) -> None:
    """Send the notices that are due; what fails is tried again later."""
    for letter in sending.due(office, clock.now()).select_related("notice").order_by("due_at")[:BATCH]:
        again = delays.after(clock.now(), delays.nth(RETRY_S, letter.tries))
        ours = NoticeSending.objects.filter(pk=letter.pk, due_at=letter.due_at, sent_at=None)
        if not ours.update(due_at=again, tries=F("tries") + 1):
            continue  # another process sends it
        told = NoticeSending.objects.filter(pk=letter.pk)
        try:
            sending.send(office, letter)
        except sending.NotSent as error:
            logger.warning("a notice could not be sent to %s: %s", letter.address, error)
            told.update(error=sentence(error.text))
        else:
            told.update(sent_at=clock.now(), error="")


def _say(error: BaseException) -> None:
    """Whatever went wrong, the next step comes."""
    if isinstance(error, outage.LOST):
        logger.warning("how credentials stand cannot be asked now (%s)", outage.reason(error))
    elif isinstance(error, BadConfiguration):
        logger.warning("how credentials stand cannot be asked: %s has mistakes", error.path)
    else:
        logger.error("asking how credentials stand failed; it is tried again", exc_info=error)
