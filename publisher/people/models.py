"""Who belongs to an office, what is kept of an account beside Django's own, and where somebody is signed in."""

from __future__ import annotations

import hashlib
from binascii import hexlify, unhexlify
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from channels.later import later
from publisher.people.roles import Role

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import aead
else:
    aead = later("cryptography.hazmat.primitives.ciphers.aead")

ACTOR_PREFIX = "token:"
"""No user name begins so: they have no colons."""


class Scope(models.TextChoices):
    """What a program may do with its token."""

    READ = "read", _("see items and where they went")
    SUBMIT = "submit", _("submit items")
    RELEASE = "release", _("release items at once, where the office allows it")


class Membership(models.Model):
    """One person in one office. Somebody who left keeps the row, so that their name stays known."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    office = models.CharField(max_length=32)
    roles = models.JSONField(default=list, help_text="values of Role, in the order of that table")
    sections = models.JSONField(default=list, help_text="names of the sections they submit for")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "office"], name="membership_once"),)
        indexes = (models.Index(fields=["office", "is_active"], name="membership_office"),)

    def __str__(self) -> str:
        return f"{self.office} {self.user_id}"

    @property
    def role_names(self) -> list[str]:
        """In the reader's language."""
        return [str(Role(role).label) for role in self.roles if role in Role.values]


class Account(models.Model):
    """What the program keeps of an account beside Django's own; made when there is something to keep."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="account"
    )
    language = models.CharField(max_length=10, blank=True, help_text="of the pages; empty: the browser's")
    one_time_until = models.DateTimeField(
        null=True, help_text="the password was given by somebody else, and is to be changed before that"
    )
    subject = models.CharField(
        max_length=600, blank=True, help_text="who they are where they sign in by OpenID: issuer and subject"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject"], condition=~models.Q(subject=""), name="account_subject_once"),
        )

    def __str__(self) -> str:
        return str(self.user_id)


class Session(AbstractBaseSession):
    """Where somebody is signed in; nobody's before they are."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions", db_index=True
    )
    began_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    def __str__(self) -> str:
        # Not its key: whoever knows that is signed in.
        return f"{self.user_id} {self.began_at}"


class Token(models.Model):
    """What another program shows to act for the office. Only the SHA-256 of it is kept; the row outlives its use.

    The last fields count the requests of the minute that began at ``minute_at``.
    """

    office = models.CharField(max_length=32)
    name = models.CharField(max_length=64, help_text="what the log calls it; never given again")
    digest = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=16, help_text="of the secret, so that people know which one it is")
    scopes = models.JSONField(default=list, help_text="values of Scope")
    per_minute = models.PositiveIntegerField(help_text="requests")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    used_at = models.DateTimeField(null=True, help_text="last")
    used_from = models.GenericIPAddressField(null=True)
    minute_at = models.DateTimeField(null=True)
    minute_uses = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "name"], name="token_name_once"),)

    def __str__(self) -> str:
        return f"{self.office} {self.name}"

    @property
    def actor(self) -> str:
        """Who did it, as the log names what came with this token."""
        return f"{ACTOR_PREFIX}{self.name}"

    @property
    def scope_names(self) -> list[str]:
        """In the reader's language."""
        return [str(Scope(scope).label) for scope in self.scopes if scope in Scope.values]


class SecondFactor(TOTPDevice):  # type: ignore[misc]  # django-otp has no types
    """The one-time codes of a person's phone. What they are made from can be read with the program's key only.

    Deterministic encryption needs no number of its own for each secret, and so the column is long enough; the person
    is bound into it, so that a row copied to another account is of no use.
    """

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        """Raises InvalidTag: the program's key has changed since."""
        return _cipher().decrypt(unhexlify(self.key), [self._owner()])

    def keep(self, secret: bytes) -> None:
        self.key = hexlify(_cipher().encrypt(secret, [self._owner()])).decode()

    def _owner(self) -> bytes:
        return str(self.user_id).encode()


def _cipher() -> aead.AESSIV:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=64, person=b"second factor")
    return aead.AESSIV(key.digest())
