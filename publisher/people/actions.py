"""Verbs about people, each in one transaction with its log entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User

from channels.errors import Text
from publisher.office import Office
from publisher.people import queries
from publisher.people.models import Membership
from publisher.people.queries import Anyone
from publisher.people.roles import FOUNDER, Permission, Role


class NotAllowed(Exception):
    """Somebody wanted what their roles do not give them; ``text`` says what, and who can help."""

    def __init__(self, office: Office, permission: Permission) -> None:
        self.permission = permission
        self.text = refusal(office, permission)
        super().__init__(str(self.text))


def require(user: Anyone, office: Office, permission: Permission) -> None:
    """Raises NotAllowed: none of that person's roles gives it."""
    if not queries.may(user, office, permission):
        raise NotAllowed(office, permission)


def refusal(office: Office, permission: Permission) -> Text:
    """Why somebody may not do that, and whom to ask."""
    names = "、".join(queries.name_of(user) for user in queries.people_who_may(office, Permission.MANAGE_PEOPLE))
    if not names:
        return Text("You have no right to {permission}: ask who runs the program for it.", permission=permission.label)
    return Text(
        "You have no right to {permission}: {names} can give it to you.", permission=permission.label, names=names
    )


def join(office: Office, user: User, roles: Iterable[str], sections: Sequence[str] = ()) -> Membership:
    """Let an account belong to the office."""
    return Membership.objects.create(
        user=user, office=office.slug, roles=in_order(roles), sections=list(dict.fromkeys(sections))
    )


def first_roles(office: Office) -> tuple[Role, ...]:
    """What somebody is made who comes without a role: everything for the first one, else a drafter."""
    return (Role.DRAFTER,) if Membership.objects.filter(office=office.slug).exists() else FOUNDER


def in_order(roles: Iterable[str]) -> list[str]:
    """Each role once, in the order of their table. Raises ValueError: no such role."""
    wanted = {Role(role) for role in roles}
    return [role.value for role in Role if role in wanted]
