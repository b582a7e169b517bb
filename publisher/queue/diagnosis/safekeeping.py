"""Bringing checkpoints of the log to where they belong, day by day, and saying whether the log is kept safe.

It goes beside the sweep and is never in its way.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from datetime import date, datetime, timedelta
from functools import partial

from django.db import connection
from django.db.models import F, QuerySet

from channels.errors import CredentialsRefused, Text
from publisher.log import checkpoints, guard, mailing
from publisher.log.models import CheckpointMail
from publisher.office import Office, get_office
from publisher.queue import BATCH, clock, delays
from publisher.queue.diagnosis.findings import Finding, Who, problem, warning, well
from publisher.queue.patience import aside
from publisher.wording import sentence

logger = logging.getLogger(__name__)

RETRY_FOLDERS_S = 60.0
RETRY_MAIL_S = (60.0, 300.0, 1800.0, 3600.0)

DUE_SINCE = timedelta(hours=1)
"""So long after the end of a day its checkpoint may be outstanding."""


class Safekeeping:
    """What a process that goes the rounds does for checkpoints; several at once do no harm.

    Once all of a day is done, this costs no question to the database until the next, but one for mails that are due.
    """

    def __init__(self) -> None:
        self._done_on: date | None = None
        self._not_before = float("-inf")
        self._posting: Future[None] | None = None

    def keep(self) -> None:
        """Make the checkpoint of the day, put it into its folders and send it."""
        office, now = get_office(), clock.now()
        today = now.astimezone(office.timezone).date()
        if today != self._done_on and time.monotonic() >= self._not_before:
            self._not_before = time.monotonic() + delays.scaled(RETRY_FOLDERS_S)
            checkpoints.make_daily(office, now=now)
            if lodge(office, now=now):
                self._done_on = today
        if due(office, now).exists() and (self._posting is None or self._posting.done()):
            # A mail server may take its time; the sweep must not.
            self._posting = aside(partial(post, office))


def lodge(office: Office, *, now: datetime) -> bool:
    """Put the newest checkpoint into every folder, and let it be mailed; False where a folder does not take it."""
    checkpoint = checkpoints.newest(office.slug)
    if checkpoint is None:
        return True
    for address in office.log.checkpoint_mail:
        CheckpointMail.objects.get_or_create(checkpoint=checkpoint, address=address, defaults={"due_at": now})
    absent = checkpoints.absent_from(office, checkpoint)
    for folder in absent:
        try:
            checkpoints.write(office, checkpoint, folder)
        except OSError as error:
            logger.warning("a checkpoint of the log cannot be put into %s (%s)", folder, error.strerror)
    return not absent or not checkpoints.absent_from(office, checkpoint)


def due(office: Office, now: datetime) -> QuerySet[CheckpointMail]:
    """Mails to addresses that are still named, whose time has come."""
    addresses = office.log.checkpoint_mail if office.mail else ()
    waiting = CheckpointMail.objects.filter(sent_at=None, due_at__lte=now, checkpoint__office=office.slug)
    return waiting.filter(address__in=addresses) if addresses else waiting.none()


def post(office: Office) -> None:
    """Send what is due; what fails is tried again later, and told by the doctor."""
    for mail in due(office, clock.now()).select_related("checkpoint").order_by("due_at")[:BATCH]:
        again = delays.after(clock.now(), delays.nth(RETRY_MAIL_S, mail.tries))
        ours = CheckpointMail.objects.filter(pk=mail.pk, due_at=mail.due_at, sent_at=None)
        if not ours.update(due_at=again, tries=F("tries") + 1):
            continue  # another process sends it
        told = CheckpointMail.objects.filter(pk=mail.pk)
        try:
            mailing.send(office, mail.checkpoint, mail.address)
        except CredentialsRefused as error:
            told.update(error=sentence(error.text))
        except OSError as error:
            told.update(error=mailing.reason(error))
        else:
            told.update(sent_at=clock.now(), error="")


def guarded() -> list[Finding]:
    """Whether the database refuses to change the log."""
    missing = guard.missing(connection)
    if not missing:
        return [well("log-guard", Text("The database refuses to change or delete entries of the log."))]
    text = Text("The database no longer refuses to change the log. Missing: {names}.", names=", ".join(missing))
    remedy = Text("Find out who removed it, check everything with `publisher log verify`, then `publisher log guard`.")
    return [problem("log-guard", text, Who.ADMINISTRATOR, remedy)]


def checkpointed(office: Office, now: datetime) -> list[Finding]:
    """Whether the log has its checkpoints, and they are where they belong."""
    newest = checkpoints.newest(office.slug)
    found: list[Finding] = []
    if checkpoints.is_due(office, now - DUE_SINCE):
        text = Text("Entries of earlier days are in no checkpoint of the log yet.")
        remedy = Text("Start `publisher up` or `publisher beat`, or make one with `publisher log checkpoint`.")
        found.append(warning("checkpoint", text, Who.ADMINISTRATOR, remedy))
    for folder in checkpoints.absent_from(office, newest) if newest else ():
        text = Text("The newest checkpoint of the log is not in {folder}, or was changed there.", folder=folder)
        remedy = Text("See that it can be written; `publisher log checkpoint` puts it there.")
        found.append(warning("checkpoint", text, Who.ADMINISTRATOR, remedy))
    found += _unsent(office)
    if newest and not found:
        made = newest.made_at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M:%S")
        text = Text("The newest checkpoint of the log, of {time}, has entry {number}.", time=made, number=newest.number)
        return [well("checkpoint", text)]
    return found or [well("checkpoint", Text("No day of the log is over yet, so there is no checkpoint."))]


def _unsent(office: Office) -> list[Finding]:
    """Mails that were refused, the last one to each address."""
    refused = CheckpointMail.objects.filter(
        sent_at=None, checkpoint__office=office.slug, address__in=office.log.checkpoint_mail
    ).exclude(error="")
    found = {mail.address: mail for mail in refused.select_related("checkpoint").order_by("due_at")}
    return [
        warning(
            "checkpoint",
            Text(
                "The checkpoint of the log with entry {number} could not be mailed to {address}: {reason}",
                number=mail.checkpoint.number,
                address=address,
                reason=mail.error,
            ),
            Who.ADMINISTRATOR,
            Text("Mend the table mail of the configuration or the server; it is tried again by itself."),
            since=mail.checkpoint.made_at,
        )
        for address, mail in found.items()
    ]
