"""Tokens with which other programs of the office submit items and read what became of them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from channels.errors import Text
from publisher.log import actions as log
from publisher.log.actions import Proof, Subject
from publisher.log.events import Event
from publisher.office import Office
from publisher.people.actions import NotDone
from publisher.people.models import Scope, Token

PREFIX = "pub_"
"""Lets programs that look for leaked secrets recognise ours."""

SHOWN = 10
"""Characters of a secret that lists show: 36 bits of it, of 256."""

MAX_DAYS = 1096
MAX_PER_MINUTE = 6000
DEFAULT_SCOPES = (Scope.READ, Scope.SUBMIT)
MINUTE = timedelta(minutes=1)
NAME = re.compile(r"[\w.@+-]{1,64}")


class TokenRefused(Exception):
    """What was shown opens nothing; ``text`` says why."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a new token may do, for how long, and how often."""

    scopes: Collection[str] = DEFAULT_SCOPES
    days: int = 365
    per_minute: int = 120


class Created(NamedTuple):
    """A new token; ``secret`` is shown once and kept nowhere."""

    token: Token
    secret: str


@transaction.atomic
def create(office: Office, name: str, terms: Terms, *, by: str) -> Created:
    """A new token. Raises NotDone: the name is taken or not possible, or the terms will not do."""
    name = name.strip()
    _require(name, terms)
    if Token.objects.filter(office=office.slug, name=name).exists():
        raise NotDone(
            Text(
                "There is or was a token {name}: choose another name, so that the log tells them apart.",
                name=name,
            )
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    now = timezone.now()
    token = Token.objects.create(
        office=office.slug,
        name=name,
        digest=_digest(secret),
        beginning=secret[:SHOWN],
        scopes=[scope.value for scope in Scope if scope in terms.scopes],
        per_minute=terms.per_minute,
        created_at=now,
        created_by=by,
        expires_at=now + timedelta(days=terms.days),
    )
    _record(office, Event.TOKEN_CREATED, token, by)
    return Created(token, secret)


@transaction.atomic
def revoke(office: Office, name: str, *, by: str) -> None:
    """Let a token open nothing from now on. Raises NotDone: there is none of that name, or it is revoked."""
    token = Token.objects.select_for_update().filter(office=office.slug, name=name).first()
    if token is None:
        raise NotDone(Text("There is no token {name}: `publisher token list` shows those there are.", name=name))
    if token.revoked_at:
        raise NotDone(Text("The token {name} was revoked before.", name=name))
    token.revoked_at, token.revoked_by = timezone.now(), by
    token.save(update_fields=["revoked_at", "revoked_by"])
    _record(office, Event.TOKEN_REVOKED, token, by)


def tokens(office: Office) -> list[Token]:
    """All the office ever had, those in use first, then the newest."""
    return list(Token.objects.filter(office=office.slug).order_by(F("revoked_at").asc(nulls_first=True), "-pk"))


def expiring(office: Office, *, now: datetime, within: timedelta) -> list[Token]:
    """Those in use that end soon or have ended lately without being revoked, soonest first."""
    found = Token.objects.filter(office=office.slug, revoked_at=None)
    return list(found.filter(expires_at__gt=now - within, expires_at__lte=now + within).order_by("expires_at"))


def recognise(office: Office, secret: str, *, now: datetime) -> Token:
    """The token with that secret. Raises TokenRefused: there is none, or it opens nothing any more."""
    # The secret has 256 random bits: its plain digest can neither be guessed nor looked up elsewhere.
    token = Token.objects.filter(digest=_digest(secret), office=office.slug).first()
    if token is None:
        raise TokenRefused(Text("The token is not known here: check that it was copied whole."))
    if token.revoked_at:
        raise TokenRefused(Text("The token {name} was revoked: ask the administrator for another.", name=token.name))
    if token.expires_at <= now:
        raise TokenRefused(Text("The token {name} has expired: ask the administrator for another.", name=token.name))
    return token


def use(token: Token, *, now: datetime, address: str | None) -> int:
    """Count one request, and say how many seconds to wait before it may be answered; 0: it may.

    Two conditional updates, so that all processes share one count: the first request of a minute begins it anew.
    """
    mine = Token.objects.filter(pk=token.pk)
    seen = {"used_at": now, "used_from": address}
    is_over = Q(minute_at=None) | Q(minute_at__lte=now - MINUTE) | Q(minute_at__gt=now + MINUTE)
    if mine.filter(is_over).update(minute_at=now, minute_uses=1, **seen):
        return 0
    if mine.filter(minute_uses__lt=F("per_minute")).update(minute_uses=F("minute_uses") + 1, **seen):
        return 0
    began = mine.values_list("minute_at", flat=True).get() or now
    return max(1, int((began + MINUTE - now).total_seconds()) + 1)


def _require(name: str, terms: Terms) -> None:
    if not NAME.fullmatch(name):
        raise NotDone(
            Text(
                "{name} is no name for a token: write at most 64 letters, Chinese characters, digits and @ . + - _ "
                "without spaces.",
                name=name or "“”",
            )
        )
    if not set(terms.scopes) & set(Scope.values):
        raise NotDone(Text("A token that may do nothing is of no use: choose at least one right."))
    if not 1 <= terms.days <= MAX_DAYS:
        raise NotDone(Text("A token is good for 1 to {limit} days: choose a number between them.", limit=MAX_DAYS))
    if not 1 <= terms.per_minute <= MAX_PER_MINUTE:
        raise NotDone(
            Text("A token may ask 1 to {limit} times a minute: choose a number between them.", limit=MAX_PER_MINUTE)
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _record(office: Office, event: Event, token: Token, by: str) -> None:
    detail = {"token": token.name, "scopes": list(token.scopes), "expires_at": token.expires_at.isoformat()}
    log.record(office, event, Subject(title=token.name), actor=by, proof=Proof(detail=detail))
