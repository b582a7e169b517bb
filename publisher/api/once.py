"""Doing what a request asks for once, however often it comes: in the database, not in anybody's memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from channels.errors import Text
from publisher.api.models import KeyedRequest
from publisher.api.problems import Problem
from publisher.items.models import Item
from publisher.people.models import Token

MAX_KEY = 200


class Done(NamedTuple):
    """The answer, and whether it had been given before."""

    answer: dict[str, Any]
    is_repetition: bool


def key_of(header: str | None) -> str:
    """The request's key; empty where it has none. Raises Problem: it cannot be one."""
    key = (header or "").strip()
    if len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        text = Text("The Idempotency-Key must be at most {limit} ASCII characters: use a UUID.", limit=MAX_KEY)
        raise Problem(400, "key", text)
    return key


def earlier(token: Token, key: str, digest: str) -> KeyedRequest | None:
    """The same request, when it came before. Raises Problem: the key belongs to another request."""
    found = KeyedRequest.objects.filter(token=token, key=key).first() if key else None
    if found is not None and found.digest != digest:
        text = Text("The Idempotency-Key was used for another request: use a new key for each item.")
        raise Problem(422, "key-reused", text)
    return found


def begin(token: Token, key: str, digest: str, make: Callable[[], Item]) -> KeyedRequest:
    """Make the item together with the row that says so, or find what another process made of the same request.

    Of two at once one commits first: the other fails at the constraint, and nothing of it stays.
    Raises Problem: the key belongs to another request.
    """
    try:
        with transaction.atomic():
            row = KeyedRequest.objects.create(token=token, key=key, digest=digest, at=timezone.now())
            row.item = make()
            row.save(update_fields=["item"])
    except IntegrityError:
        if (found := earlier(token, key, digest)) is None:
            raise
        return found
    return row


def finish(row: KeyedRequest, answer: dict[str, Any]) -> Done:
    """Keep the answer, or find the one that was kept meanwhile."""
    if KeyedRequest.objects.filter(pk=row.pk, answer__isnull=True).update(answer=answer):
        return Done(answer, is_repetition=False)
    row.refresh_from_db()
    return Done(dict(row.answer or {}), is_repetition=True)
