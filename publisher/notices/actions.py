"""Giving notice of something, and settling it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from channels.errors import Text
from publisher.notices.models import Notice, NoticeSending
from publisher.office import Office


@dataclass(frozen=True, slots=True)
class News:
    """What people are told, what they do about it and where, and who can."""

    title: Text
    remedy: Text | None
    page: str
    permission: str
    is_urgent: bool = False


def give(office: Office, key: str, news: News, *, now: datetime) -> Notice | None:
    """Tell people of ``news``; None where they have been told of ``key`` and it is not settled."""
    with transaction.atomic():
        notice, is_new = Notice.objects.get_or_create(
            office=office.slug,
            key=key,
            settled_at=None,
            defaults={
                "title": _json(news.title),
                "remedy": _json(news.remedy) if news.remedy else None,
                "page": news.page,
                "permission": news.permission,
                "is_urgent": news.is_urgent,
                "made_at": now,
            },
        )
        if not is_new:
            return None
        sendings = [NoticeSending(notice=notice, address=address, due_at=now) for address in office.notices.mail]
        NoticeSending.objects.bulk_create(sendings)
    return notice


def settle(office: Office, beginning: str, *, now: datetime, but: str = "") -> int:
    """What the notices whose key begins so were about is no more; ``but`` one that still stands."""
    standing = Notice.objects.filter(office=office.slug, key__startswith=beginning, settled_at=None)
    return standing.exclude(key=but).update(settled_at=now) if but else standing.update(settled_at=now)


def standing(office: Office, permissions: Sequence[str]) -> QuerySet[Notice]:
    """What is not settled, for people with one of the permissions: urgent ones first, then the oldest."""
    found = Notice.objects.filter(office=office.slug, settled_at=None, permission__in=permissions)
    return found.order_by("-is_urgent", "made_at", "pk")


def text_of(stored: dict[str, Any] | None) -> Text | None:
    return Text(stored["template"], **stored["values"]) if stored else None


def _json(text: Text) -> dict[str, Any]:
    return {"template": text.template, "values": text.values}
