"""What is the matter with deliveries: what is stuck, since when, and who must act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef

from channels.base import Limits
from channels.errors import Text, message_id
from publisher.log import verify
from publisher.office import ChannelEntry, Office
from publisher.queue import SYSTEM, accounts, delays, slots
from publisher.queue.diagnosis.findings import Finding, Severity, Who, problem, warning, well
from publisher.queue.diagnosis.health import Health, patience
from publisher.queue.literal import IS_OPEN
from publisher.queue.models import Account, Delivery, Recall, Usage
from publisher.queue.recalls.queries import overdue
from publisher.queue.states import State
from publisher.queue.visits.claims import OVERDUE
from publisher.wording import error_sentence

ADMINISTRATORS = frozenset(
    [
        "Bug",
        "ChannelUnavailable",
        "CredentialsRefused",
        "DamagedAsset",
        "DamagedRevision",
        "NeverSent",
        "NotWhatWasSigned",
    ]
)
"""Errors behind a held delivery that are settled on the machine or at the account, not in the text."""

LONG_IN_DOUBT_S = 3600.0

NEWEST = 100
"""Entries of the log that are checked each time; `publisher log verify` checks all."""


@dataclass(frozen=True, slots=True)
class _Sort:
    """A sort of held deliveries: those that the same person settles in the same way."""

    severity: Severity
    who: Who
    template: str
    remedy: Text


FOR_ADMINISTRATOR = _Sort(
    Severity.PROBLEM,
    Who.ADMINISTRATOR,
    message_id("Deliveries that wait for the administrator: {count}."),
    Text("Do what `publisher status --held` says of them, then `publisher retry NUMBER`."),
)
FOR_EDITOR = _Sort(
    Severity.WARNING,
    Who.EDITOR,
    message_id("Deliveries whose text must be changed: {count}."),
    Text("`publisher status --held` says what: change it and hand it in with `publisher correct`."),
)
OUT_OF_TIME = _Sort(
    Severity.WARNING,
    Who.CLERK,
    message_id("Deliveries that could not be sent in time: {count}."),
    Text("`publisher retry --overdue` takes all of them up again, `publisher cancel --overdue` gives them up."),
)
FOR_CLERK = _Sort(
    Severity.WARNING,
    Who.CLERK,
    message_id("Deliveries that wait for somebody's decision: {count}."),
    Text(
        "`publisher status --held` says why: then `publisher retry`, `cancel`, `confirm` or `deny` with their NUMBER."
    ),
)

START = Text("Start `publisher up`, or `publisher worker` and `publisher beat`.")


def sweeping(office: Office, found: Health) -> list[Finding]:
    """Whether somebody looks for due deliveries."""
    if found.swept_at is not None and found.is_swept:
        text = Text(
            "Due deliveries are looked for: the last sign of it is from {time}.", time=_local(office, found.swept_at)
        )
        return [well("sweep", text)]
    if found.swept_at is not None:
        text = Text("Nobody has looked for due deliveries for too long.")
        return [problem("sweep", text, Who.ADMINISTRATOR, START, since=found.swept_at)]
    if found.released or any(found.counts.values()):
        text = Text("There are deliveries and nobody has ever looked whether they are due.")
        return [problem("sweep", text, Who.ADMINISTRATOR, START, since=found.idle_since)]
    text = Text("Nobody has ever looked for due deliveries: the program was not started yet.")
    return [warning("sweep", text, Who.ADMINISTRATOR, START)]


def moving(office: Office, found: Health) -> list[Finding]:
    """Whether everything that is due moves, and every release has its deliveries."""
    stuck = [
        problem(
            "deliveries",
            Text("Channel {name}: deliveries are due and nothing moves.", name=_name(office, channel)),
            Who.ADMINISTRATOR,
            Text(
                "See that `publisher up` or a worker runs and look into its log; `publisher channel test {channel}` "
                "tries the channel.",
                channel=channel,
            ),
            since=found.due[channel],
        )
        for channel in found.stuck
    ]
    if found.is_release_stuck:
        text = Text("Items were released and have no deliveries yet.")
        remedy = Text("See that `publisher up` or a worker runs; its log says why a release cannot be collected.")
        stuck.append(problem("releases", text, Who.ADMINISTRATOR, remedy, since=found.released))
    if stuck:
        return stuck
    if found.since is None:
        return [well("deliveries", Text("Nothing is due."))]
    return [well("deliveries", Text("Everything that is due moves."), since=found.since)]


def leases(office: Office, now: datetime) -> list[Finding]:
    """Whether what dead workers held has been taken back."""
    late = now - timedelta(seconds=delays.grace_s()) - patience()
    lost = Delivery.objects.filter(office=office.slug, lease_until__lt=late)
    count, since = _measured(lost.aggregate(count=Count("pk"), since=Min("lease_until")))
    if not count:
        return []
    text = Text("Deliveries that nobody has taken back from workers that disappeared: {count}.", count=count)
    return [problem("leases", text, Who.ADMINISTRATOR, START, since=since)]


def pauses(office: Office) -> list[Finding]:
    """Which channels are paused, and what waits there."""
    waiting = Delivery.objects.filter(IS_OPEN, office=office.slug, state=State.WAITING)
    counts = dict(waiting.values_list("channel").annotate(Count("pk")))
    stopped = accounts.paused(office.slug)
    found = [_pause(office, account, counts.get(channel, 0)) for channel, account in sorted(stopped.items())]
    return found or [well("paused", Text("No channel is paused."))]


def held(office: Office) -> list[Finding]:
    """What waits for a person, by who that is."""
    rows = Delivery.objects.filter(IS_OPEN, office=office.slug, state=State.HELD).values_list("error__kind")
    sorts: dict[_Sort, tuple[int, datetime]] = {}
    for kind, count, since in rows.annotate(Count("pk"), Min("since")):
        sort = _sort(kind or "")
        before, first = sorts.get(sort, (0, since))
        sorts[sort] = before + count, min(first, since)
    found = [
        Finding("held", sort.severity, Text(sort.template, count=count), sort.who, since, sort.remedy)
        for sort, (count, since) in sorts.items()
    ]
    return found or [well("held", Text("Nothing waits for a person."))]


def uncertain(office: Office, now: datetime) -> list[Finding]:
    """What is in doubt, and when the program looks for it again."""
    doubted = Delivery.objects.filter(IS_OPEN, office=office.slug, state=State.UNCERTAIN)
    told = doubted.aggregate(count=Count("pk"), since=Min("since"), due=Min("due_at"))
    count, since = _measured(told)
    if not count or since is None:
        return [well("uncertain", Text("Nothing is in doubt."))]
    text = Text(
        "Deliveries of which it is not known whether they are out: {count}. The program looks again at {time}.",
        count=count,
        time=_local(office, max(told["due"], now)),
    )
    if since >= delays.before(now, LONG_IN_DOUBT_S):
        return [well("uncertain", text, since=since)]
    remedy = Text(
        "Look on the platform, then `publisher confirm NUMBER` or `publisher deny NUMBER`; `publisher status` shows "
        "the numbers."
    )
    return [warning("uncertain", text, Who.CLERK, remedy, since=since)]


def behind(office: Office) -> list[Finding]:
    """What waits for something that waits for a person itself."""
    before = Delivery.objects.filter(item=OuterRef("item"), channel=OuterRef("channel"), state=State.HELD)
    ours = Delivery.objects.filter(office=office.slug)
    planned = ours.filter(Exists(before), state=State.PLANNED).aggregate(count=Count("pk"), since=Min("since"))
    linked = Delivery.objects.filter(IS_OPEN, office=office.slug, state=State.WAITING, waits_for__state=State.HELD)
    following = linked.aggregate(count=Count("pk"), since=Min("since"))
    count = planned["count"] + following["count"]
    if not count:
        return []
    text = Text("Deliveries that wait for another one that waits for a person: {count}.", count=count)
    since = min(filter(None, (planned["since"], following["since"])))
    remedy = Text("Settle that one first: `publisher status --held` lists it.")
    return [warning("behind", text, Who.CLERK, remedy, since=since)]


def recalls(office: Office, now: datetime) -> list[Finding]:
    """Which recalls still lack the evidence of a channel, and which of them are late."""
    open_ones = Recall.objects.filter(office=office.slug, closed_at=None)
    told = open_ones.aggregate(count=Count("pk"), since=Min("asked_at"), due=Min("due_at"))
    if not told["count"]:
        return [well("recalls", Text("No recall is open."))]
    late = overdue(office, now)
    remedy = Text("`publisher recalls` says what is to be done and until when; hand the evidence in there.")
    if late:
        text = Text("Channels of recalls whose evidence is overdue: {count}.", count=len(late))
        return [problem("recalls", text, Who.CLERK, remedy, since=late[0].due_at)]
    text = Text("Recalls that are open: {count}. The first one is due at {time}.", **_due(office, told))
    return [warning("recalls", text, Who.CLERK, remedy, since=told["since"])]


def _due(office: Office, told: dict[str, Any]) -> dict[str, object]:
    return {"count": told["count"], "time": _local(office, told["due"])}


def quotas(office: Office, now: datetime) -> list[Finding]:
    """Which accounts may send nothing more for now, and until when."""
    waiting = Delivery.objects.filter(IS_OPEN, office=office.slug, state=State.WAITING, error__kind="QuotaUsedUp")
    counts = dict(waiting.values_list("channel").annotate(Count("pk")))
    known = {a.channel: a for a in Account.objects.filter(office=office.slug)}
    found: list[Finding] = []
    for channel, entry in office.channels.items():
        if channel in known and entry.channel.limits != Limits():
            found += _waits(office, entry, known[channel], counts.get(channel, 0), now)
    return found or [well("quotas", Text("No account has used up what it may send."))]


def log_end(office: Office) -> list[Finding]:
    """Whether the newest entries of the log are what was written."""
    verdict = verify.verify_end(office.slug, NEWEST)
    if verdict.fault is None:
        text = Text("The newest entries of the log are sound, up to number {last}.", last=verdict.last)
        return [well("log", text)]
    remedy = Text("Keep everything as it is, check all of it with `publisher log verify` and find out who was there.")
    return [problem("log", verdict.fault, Who.ADMINISTRATOR, remedy)]


def _pause(office: Office, account: Account, waiting: int) -> Finding:
    values: dict[str, object] = {
        "name": _name(office, account.channel),
        "reason": error_sentence(account.pause),
        "count": waiting,
    }
    remedy = Text("Once the cause is mended, `publisher channel resume {channel}` goes on.", channel=account.channel)
    if account.paused_by == SYSTEM:
        text = Text("Channel {name} has paused itself. Deliveries waiting there: {count}. Reason: {reason}", **values)
        return problem("paused", text, Who.ADMINISTRATOR, remedy, since=account.paused_at)
    text = Text(
        "Channel {name} was paused by {actor}. Deliveries waiting there: {count}. Reason: {reason}",
        actor=account.paused_by,
        **values,
    )
    return warning("paused", text, Who.ADMINISTRATOR, remedy, since=account.paused_at)


def _sort(kind: str) -> _Sort:
    if kind in ADMINISTRATORS:
        return FOR_ADMINISTRATOR
    return {"ProductRefused": FOR_EDITOR, OVERDUE: OUT_OF_TIME}.get(kind, FOR_CLERK)


def _waits(office: Office, entry: ChannelEntry, account: Account, waiting: int, now: datetime) -> Iterator[Finding]:
    severity = Severity.WARNING if waiting else Severity.OK
    if account.not_before and account.not_before > now:
        text = Text(
            "Channel {name}: the platform asked to wait until {time}. Deliveries waiting for it: {count}.",
            name=entry.name,
            time=_local(office, account.not_before),
            count=waiting,
        )
        yield Finding("quotas", severity, text)
    for quota in entry.channel.limits.quotas:
        begins_at = slots.window_start(quota, now)
        usage = Usage.objects.filter(account=account, quota=quota.name, begins_at=begins_at).first()
        if usage is not None and usage.used >= quota.limit - quota.reserve:
            text = Text(
                "Channel {name}: {quota} is used up ({used} of {limit}) until {time}. Deliveries waiting for it: "
                "{count}.",
                name=entry.name,
                quota=quota.name,
                used=usage.used,
                limit=quota.limit,
                time=_local(office, slots.window_end(quota, now)),
                count=waiting,
            )
            yield Finding("quotas", severity, text)


def _measured(told: dict[str, Any]) -> tuple[int, datetime | None]:
    return told["count"], told["since"]


def _name(office: Office, channel: str) -> str:
    entry = office.channels.get(channel)
    return entry.name if entry else channel


def _local(office: Office, at: datetime) -> str:
    return at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M:%S")
