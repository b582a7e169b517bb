"""Passwords: what is wrong with one, and those that are given for one time."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from publisher.people.models import Account

ONE_TIME_LASTS = timedelta(hours=72)
"""Over a weekend; a note that is found later opens nothing."""

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another one when it is read from paper or over the telephone."""
GROUPS, LENGTH = 3, 4


def flaws(password: str, user: User | None = None) -> list[str]:
    """What is wrong with a password, in the reader's language."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(_sentences(error))
    return []


def _sentences(error: ValidationError) -> Iterator[str]:
    """Django's own Chinese has no words for a password that is too short."""
    for flaw in error.error_list:
        if flaw.code == "password_too_short" and flaw.params:
            yield _("It must have at least {count} characters.").format(count=flaw.params["min_length"])
        else:
            yield from flaw.messages


def one_time_password() -> str:
    """Such as ``k7fp-m2xd-9qhw``: 59 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _letter in range(LENGTH)) for _group in range(GROUPS))


def give_one_time_password(user: User, *, now: datetime) -> str:
    """Set it and say so in the account; the person chooses their own when they sign in with it."""
    password = one_time_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    Account.objects.update_or_create(user=user, defaults={"one_time_until": now + ONE_TIME_LASTS})
    return password


def choose_password(user: User, password: str) -> None:
    """Set a password that the person, or whoever runs the program, chose themselves."""
    user.set_password(password)
    user.save(update_fields=["password"])
    Account.objects.filter(user=user).update(one_time_until=None)
