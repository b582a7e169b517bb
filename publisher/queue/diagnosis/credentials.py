"""Whether the credentials of the channels are good, and for how long."""

from __future__ import annotations

from datetime import datetime

from channels.errors import Text
from publisher.credentials import standings
from publisher.credentials.models import Standing
from publisher.notices.models import NoticeSending
from publisher.office import ChannelEntry, Office
from publisher.queue.diagnosis.findings import Finding, Who, problem, warning, well
from publisher.queue.looking.credentials import has_ended, notice_days, remedy_of
from publisher.wording import error_sentence


def standing(office: Office, now: datetime) -> list[Finding]:
    """What platforms last said of each channel's credentials, and notices that nobody could be sent."""
    newest = standings.newest(office)
    rows = [(entry, newest[key]) for key, entry in office.channels.items() if key in newest]
    found = [finding for entry, row in rows for finding in _of(office, entry, row, now)]
    return [*(found or [well("credentials", Text("No credentials end soon."))]), *_unsent(office)]


def _of(office: Office, entry: ChannelEntry, row: Standing, now: datetime) -> list[Finding]:
    if row.error:
        text = Text(
            "The credentials of channel {name} are not accepted: {reason}",
            name=entry.name,
            reason=error_sentence(row.error),
        )
        return [problem("credentials", text, Who.ADMINISTRATOR, remedy_of(entry), since=row.asked_at)]
    if row.ends_at is None or notice_days(row, now) is None:
        return []
    at = row.ends_at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M")
    if has_ended(row, now):
        text = Text("The credentials of channel {name} ended at {time}.", name=entry.name, time=at)
        return [problem("credentials", text, Who.ADMINISTRATOR, remedy_of(entry), since=row.ends_at)]
    text = Text("The credentials of channel {name} end at {time}.", name=entry.name, time=at)
    return [warning("credentials", text, Who.ADMINISTRATOR, remedy_of(entry))]


def _unsent(office: Office) -> list[Finding]:
    """Notices that were not taken, the last one of each address."""
    refused = NoticeSending.objects.filter(
        sent_at=None, notice__office=office.slug, notice__settled_at=None, address__in=office.notices.mail
    ).exclude(error="")
    found = {one.address: one for one in refused.select_related("notice").order_by("due_at")}
    return [
        warning(
            "notices",
            Text("A notice could not be sent to {address}: {reason}", address=address, reason=one.error),
            Who.ADMINISTRATOR,
            Text("Mend the tables mail and notices of the configuration or the server; it is tried again by itself."),
            since=one.notice.made_at,
        )
        for address, one in found.items()
    ]
