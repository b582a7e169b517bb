"""What people are called, by the user names that drafts and their history keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User

from publisher.people import queries


def names_of(usernames: Iterable[str]) -> Mapping[str, str]:
    """User name → what people call that person; one query."""
    wanted = set(usernames)
    found = User.objects.filter(username__in=wanted)
    return {name: name for name in wanted} | {user.username: queries.name_of(user) for user in found}


def name_of(username: str) -> str:
    return names_of([username])[username]
