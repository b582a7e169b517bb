"""Keeping a token, giving it to the channel that asks, and forgetting it."""

from __future__ import annotations

import hashlib
from binascii import hexlify, unhexlify
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from channels.base import Grant
from channels.errors import CredentialsRefused
from channels.later import later
from publisher.credentials.models import Credential
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import ChannelEntry, Office, get_office

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives.ciphers import aead
else:
    exceptions = later("cryptography.exceptions")
    aead = later("cryptography.hazmat.primitives.ciphers.aead")


@transaction.atomic
def keep(office: Office, entry: ChannelEntry, name: str, grant: Grant, *, by: str, now: datetime) -> Credential:
    """Keep what somebody who signed in has brought, in the place of what was kept under ``name``."""
    kept, _ = Credential.objects.update_or_create(
        office=office.slug,
        name=name,
        defaults={
            "sealed": _seal(office.slug, name, grant.token),
            "account": grant.account,
            "ends_at": grant.ends_at,
            "signed_in_at": now,
            "signed_in_by": by,
        },
    )
    ends_at = grant.ends_at.isoformat() if grant.ends_at else None
    _record(office, entry, Event.CHANNEL_SIGNED_IN, by, account=grant.account, ends_at=ends_at)
    return kept


@transaction.atomic
def forget(office: Office, entry: ChannelEntry, name: str, *, by: str) -> bool:
    """Delete what is kept under ``name``; False where nothing is."""
    kept = Credential.objects.filter(office=office.slug, name=name).first()
    if kept is None:
        return False
    kept.delete()
    _record(office, entry, Event.CHANNEL_SIGNED_OUT, by, account=kept.account)
    return True


def reveal(name: str) -> str:
    """The token kept under ``name``. Raises CredentialsRefused: there is none, or this program cannot read it."""
    office = get_office().slug
    kept = Credential.objects.filter(office=office, name=name).only("sealed").first()
    if kept is None:
        raise CredentialsRefused(
            "Nobody has signed in at the platform for {name} yet: an administrator does so on the page of accounts.",
            name=name,
        )
    try:
        return _cipher().decrypt(unhexlify(kept.sealed), _bound_to(office, name)).decode()
    except exceptions.InvalidTag:
        raise CredentialsRefused(
            "The token {name} was kept with another key of the program (PUBLISHER_SECRET_KEY): sign in at the platform "
            "again on the page of accounts.",
            name=name,
        ) from None


def _seal(office: str, name: str, token: str) -> str:
    return hexlify(_cipher().encrypt(token.encode(), _bound_to(office, name))).decode()


def _bound_to(office: str, name: str) -> list[bytes]:
    """A row copied elsewhere is of no use."""
    return [office.encode(), name.encode()]


def _cipher() -> aead.AESSIV:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=64, person=b"credentials")
    return aead.AESSIV(key.digest())


def _record(office: Office, entry: ChannelEntry, event: Event, by: str, **detail: object) -> None:
    subject = log.Subject(channel=entry.key, channel_kind=entry.kind)
    log.record(office, event, subject, actor=by, proof=log.Proof(detail=detail))
