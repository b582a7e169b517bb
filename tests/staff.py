"""People of the model office for tests."""

from __future__ import annotations

from django.contrib.auth.models import User
from django_otp.oath import TOTP

from publisher.people import second_factor
from publisher.people.actions import in_order
from publisher.people.models import Membership, SecondFactor
from publisher.people.roles import Role

OFFICE = "kzj"


def person(name: str, *roles: Role, office: str = OFFICE, password: str | None = None) -> User:
    """Somebody with these roles. Without a password, which takes its time to hash: sign in with ``force_login``."""
    user = User.objects.create_user(name, password=password)
    Membership.objects.create(user=user, office=office, roles=in_order(roles))
    return user


def factor_of(user: User) -> SecondFactor:
    """A second factor that was set up."""
    factor = second_factor.begin(user)
    SecondFactor.objects.filter(pk=factor.pk).update(confirmed=True)
    return factor


def code_of(factor: SecondFactor) -> str:
    """What the phone shows now."""
    return f"{TOTP(factor.bin_key).token():06}"
