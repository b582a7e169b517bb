"""People of the model office for tests."""

from __future__ import annotations

from django.contrib.auth.models import User

from publisher.people.actions import in_order
from publisher.people.models import Membership
from publisher.people.roles import Role

OFFICE = "kzj"


def person(name: str, *roles: Role, office: str = OFFICE, password: str | None = None) -> User:
    """Somebody with these roles. Without a password, which takes its time to hash: sign in with ``force_login``."""
    user = User.objects.create_user(name, password=password)
    Membership.objects.create(user=user, office=office, roles=in_order(roles))
    return user
