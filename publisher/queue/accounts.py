"""Accounts: whose turn it is on a channel, and pausing one whose credentials fail or that a person stops."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from channels.base import Limits
from channels.errors import CredentialsRefused
from publisher.log import actions as log
from publisher.log import sql
from publisher.log.events import Event
from publisher.office import ChannelEntry, get_office
from publisher.queue import SYSTEM
from publisher.queue.literal import in_sql, one_of
from publisher.queue.models import Account, Delivery
from publisher.queue.states import State
from publisher.wording import error_sentence

logger = logging.getLogger(__name__)

UNDER_WAY = (State.SENDING, State.UNCERTAIN)
"""One more may not begin meanwhile, where they go one at a time."""

BUSY = f"""EXISTS (
    SELECT 1 FROM queue_delivery busy
    WHERE busy.office = {{table}}.office AND busy.channel = {{table}}.channel AND {in_sql("busy", UNDER_WAY)}
)"""  # noqa: S608 - our own words
HAS_TURN = f"NOT {BUSY.format(table='queue_delivery')}"
IS_NOT_PAUSED = """NOT EXISTS (
    SELECT 1 FROM queue_account account
    WHERE account.office = queue_delivery.office AND account.channel = queue_delivery.channel AND paused_at IS NOT NULL
)"""
COLUMNS = sql.columns(Account)
LOCKED = f"""
    SELECT {BUSY.format(table="account")}, {sql.listed("account", COLUMNS)}
    FROM queue_account account WHERE office = %s AND channel = %s
"""  # noqa: S608 - our own words


def locked(office: str, channel: str) -> Account:
    """The account's row, locked for this transaction; made where it is missing."""
    account, _ = locked_for_visit(office, channel)
    return account


def locked_for_visit(office: str, channel: str) -> tuple[Account, bool]:
    """The same, and whether something seems to be under way on the account.

    Whoever had the lock before may have made it busy meanwhile: only ``HAS_TURN`` in a later statement is certain.
    """
    found = sql.rows(LOCKED + sql.for_update(), [office, channel])
    if not found:
        Account.objects.get_or_create(office=office, channel=channel)
        found = sql.rows(LOCKED + sql.for_update(), [office, channel])
    is_busy, *values = found[0]
    return sql.instance(Account, COLUMNS, iter(values)), bool(is_busy)


def must_be_locked(entry: ChannelEntry) -> bool:
    """Whether deliveries of this channel have to mind each other."""
    plan = entry.channel.issues
    together = plan is not None and plan.together
    return together or entry.channel.capabilities.one_at_a_time or entry.channel.limits != Limits()


def may_begin(entry: ChannelEntry | None) -> list[str]:
    """Conditions, as SQL, under which a new delivery may be taken; of what is locked already, those on other rows."""
    if entry is None or not must_be_locked(entry):
        return [IS_NOT_PAUSED]
    return [HAS_TURN] if entry.channel.capabilities.one_at_a_time else []


def note_sending(account: Account, at: datetime) -> None:
    """Something is begun to be sent now; the account's row is locked."""
    sql.execute("UPDATE queue_account SET last_at = %s WHERE id = %s", [at, account.pk])


def busy_channels(office: str) -> set[str]:
    """Channels of an office on which something is under way or in doubt."""
    found = Delivery.objects.filter(one_of(*UNDER_WAY), office=office)
    return set(found.values_list("channel", flat=True).distinct())


def paused(office: str) -> dict[str, Account]:
    """The paused accounts of an office by channel."""
    return {account.channel: account for account in Account.objects.filter(office=office, paused_at__isnull=False)}


def pause(entry: ChannelEntry, *, by: str, report: Mapping[str, Any], now: datetime) -> bool:
    """Let nothing new be sent on a channel until it is resumed; what is out is still looked for and confirmed.

    ``report`` says why. False where it is paused already.
    """
    office = get_office()
    with transaction.atomic():
        account = locked(office.slug, entry.key)
        if account.paused_at is not None:
            return False
        account.paused_at, account.paused_by, account.pause = now, by, dict(report)
        account.save()
        proof = log.Proof(detail={"error": dict(report)})
        log.record(office, Event.CHANNEL_PAUSED, _subject(entry), actor=by, proof=proof)
    level = logging.ERROR if by == SYSTEM else logging.INFO
    logger.log(level, "channel %s is paused by %s: %s", entry.key, by, error_sentence(report))
    return True


def resume(entry: ChannelEntry, *, by: str) -> bool:
    """Let a paused channel send again; False where it was not paused."""
    office = get_office()
    with transaction.atomic():
        account = locked(office.slug, entry.key)
        if account.paused_at is None:
            return False
        account.paused_at, account.paused_by, account.pause, account.not_before = None, "", None, None
        account.save()
        log.record(office, Event.CHANNEL_RESUMED, _subject(entry), actor=by)
    return True


def keep_off(delivery: Delivery, until: datetime) -> None:
    """Send nothing on the account before ``until``: the platform asked for it."""
    with transaction.atomic():
        account = locked(delivery.office, delivery.channel)
        if account.not_before is None or account.not_before < until:
            Account.objects.filter(pk=account.pk).update(not_before=until)


def held_for_credentials(office: str, channel: str) -> QuerySet[Delivery]:
    """What waits for a person because the channel's credentials failed."""
    held = Delivery.objects.filter(one_of(State.HELD), office=office, channel=channel)
    return held.filter(error__kind=CredentialsRefused.__name__).order_by("pk")


def _subject(entry: ChannelEntry) -> log.Subject:
    return log.Subject(channel=entry.key, channel_kind=entry.kind)
