"""The second factor: one-time codes of an app on the phone (RFC 6238)."""

from __future__ import annotations

import logging
import re
import secrets
from base64 import b32encode
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from channels.later import later
from publisher.office import Office
from publisher.people.models import SecondFactor

if TYPE_CHECKING:
    from cryptography import exceptions
else:
    exceptions = later("cryptography.exceptions")

logger = logging.getLogger(__name__)

SECRET_BYTES = 20
"""As long as the hash of the codes, which RFC 4226 recommends; encrypted it just fits into its column."""


class Answer(NamedTuple):
    """What became of a code; one that was not even tried has to wait first."""

    is_right: bool
    wait_s: int = 0


def has_second_factor(user: User) -> bool:
    return bool(SecondFactor.objects.filter(user=user, confirmed=True).exists())


def is_required(office: Office, roles: list[str]) -> bool:
    """Whether somebody with these roles must have one."""
    return not set(office.security.totp_roles).isdisjoint(roles)


def begin(user: User) -> SecondFactor:
    """A secret for the phone, which counts once a code of it was typed. Called again it is the same one."""
    begun: SecondFactor | None = SecondFactor.objects.filter(user=user, confirmed=False).first()
    if begun is not None and secret_of(begun) is not None:
        return begun
    SecondFactor.objects.filter(user=user, confirmed=False).delete()
    made = SecondFactor(user=user, name="totp", confirmed=False)
    made.keep(secrets.token_bytes(SECRET_BYTES))
    made.save()
    return made


def secret_of(factor: SecondFactor) -> bytes | None:
    """None where it was encrypted with another key of the program."""
    try:
        return factor.bin_key
    except exceptions.InvalidTag:
        logger.error("the second factor of account %s cannot be read: the program's secret key has changed", factor.pk)
        return None


def address_for_phone(factor: SecondFactor, office: Office) -> str:
    """What the phone reads from the picture."""
    # A short name: each of its characters takes nine in the picture, twice.
    issuer = office.profile.get("short_name", office.name)
    values = {"secret": typed_secret(factor), "issuer": issuer}
    label = quote(f"{issuer}:{factor.user.get_username()}")
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def typed_secret(factor: SecondFactor) -> str:
    """What people type into a phone that has no camera."""
    return b32encode(factor.bin_key).decode()


@transaction.atomic
def confirm(user: User, code: str) -> Answer:
    """The code shows that the phone has the secret: from now on it is asked for."""
    answer = _try(user, code, confirmed=False)
    if answer.is_right:
        SecondFactor.objects.filter(user=user, confirmed=True).delete()
        SecondFactor.objects.filter(user=user).update(confirmed=True)
    return answer


@transaction.atomic
def verify(user: User, code: str) -> Answer:
    """Whether that is the code of now; each is good once, and each wrong one makes the next wait longer."""
    return _try(user, code, confirmed=True)


def _try(user: User, code: str, *, confirmed: bool) -> Answer:
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed=confirmed).first()
    if factor is None or secret_of(factor) is None:
        return Answer(is_right=False)
    may_try, why = factor.verify_is_allowed()
    if not may_try:
        return Answer(is_right=False, wait_s=max(1, round((why["locked_until"] - timezone.now()).total_seconds())))
    return Answer(is_right=factor.verify_token(re.sub(r"\s", "", code)))


def forgive(user: User) -> None:
    """Let the next code be tried at once."""
    SecondFactor.objects.filter(user=user).update(throttling_failure_count=0, throttling_failure_timestamp=None)


def remove(user: User) -> bool:
    """Whether there was one."""
    removed, _rows = SecondFactor.objects.filter(user=user).delete()
    return bool(removed)
