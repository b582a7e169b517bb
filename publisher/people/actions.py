"""Verbs about people, each in one transaction with its log entry."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from channels.errors import Text
from publisher.log import actions as log
from publisher.log.actions import Proof, Subject
from publisher.log.events import Event
from publisher.office import Office
from publisher.people import accounts, passwords, queries, second_factor
from publisher.people.models import Membership
from publisher.people.queries import Anyone
from publisher.people.roles import FOUNDER, Permission, Role
from publisher.people.sessions import end_sessions

NOBODY = frozenset({"system"})
"""Names the log gives to what no person did; a person of that name would be taken for the program."""


class NotDone(Exception):
    """Something about a person that cannot be done; ``text`` says why, and what to do instead."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


class NotAllowed(NotDone):
    """Somebody wanted what their roles do not give them."""


def require(user: Anyone, office: Office, permission: Permission) -> None:
    """Raises NotAllowed: none of that person's roles gives it."""
    if not queries.may(user, office, permission):
        raise NotAllowed(refusal(office, permission))


def refusal(office: Office, permission: Permission) -> Text:
    """Why somebody may not do that, and whom to ask."""
    names = "、".join(queries.name_of(user) for user in queries.people_who_may(office, Permission.MANAGE_PEOPLE))
    if not names:
        return Text("You have no right to {permission}: ask who runs the program for it.", permission=permission.label)
    return Text(
        "You have no right to {permission}: {names} can give it to you.", permission=permission.label, names=names
    )


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody is in an office."""

    roles: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


class Added(NamedTuple):
    """A new account; ``one_time_password`` is shown once and kept nowhere."""

    user: User
    one_time_password: str


@transaction.atomic
def add(office: Office, username: str, place: Place, *, by: str, name: str = "", password: str = "") -> Added:
    """A new account that belongs to the office. Without a password it is given one for one time.

    Raises NotDone: the name is taken or not possible, or the password will not do.
    """
    user = _new_user(username, name)
    if password:
        _refuse_weak(password, user)
        passwords.choose_password(user, password)
        given = ""
    else:
        given = passwords.give_one_time_password(user, now=timezone.now())
    member = _join(office, user, place)
    _record(office, Event.PERSON_ADDED, member, by)
    return Added(user, given)


def _new_user(username: str, name: str) -> User:
    username = unicodedata.normalize("NFKC", username).strip()
    refuse_taken(username)
    user = User(username=username, first_name=name.strip())
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError:
        raise NotDone(_bad_name(username)) from None
    if username.lower() in NOBODY:
        raise NotDone(_bad_name(username))
    user.save()
    return user


def refuse_taken(username: str) -> None:
    """Raises NotDone: there is such an account, perhaps in capitals; both would look like one person."""
    if User.objects.filter(username__iexact=username).exists():
        raise NotDone(Text("There is an account {name} already: choose another name.", name=username))


def _bad_name(username: str) -> Text:
    return Text(
        "{name} is no user name: write at most 150 letters, Chinese characters, digits and @ . + - _ without spaces.",
        name=username or "“”",
    )


def _refuse_weak(password: str, user: User) -> None:
    if found := passwords.flaws(password, user):
        raise NotDone(Text("This password will not do: {reason}", reason=" ".join(found)))


def first_place(office: Office) -> Place:
    """What somebody is made who comes without a role: everything one may do alone for the first one, else a drafter."""
    is_first = not Membership.objects.filter(office=office.slug).exists()
    return Place(roles=tuple(role.value for role in (FOUNDER if is_first else (Role.DRAFTER,))))


def _join(office: Office, user: User, place: Place) -> Membership:
    roles, sections = in_order(place.roles), list(dict.fromkeys(place.sections))
    return Membership.objects.create(user=user, office=office.slug, roles=roles, sections=sections)


def in_order(roles: Iterable[str]) -> list[str]:
    """Each role once, in the order of their table. Raises ValueError: no such role."""
    wanted = {Role(role) for role in roles}
    return [role.value for role in Role if role in wanted]


@transaction.atomic
def change(office: Office, user: User, place: Place, *, by: str, name: str | None = None) -> Membership:
    """Give somebody these roles and sections instead of those they have; who has none yet joins the office.

    Raises NotDone: nobody could manage people any more.
    """
    member = _locked(office, user)
    if member is None:
        member = _join(office, user, place)
        _record(office, Event.PERSON_ADDED, member, by)
        return member
    before = _facts(member)
    if name is not None:
        member.user.first_name = name.strip()
        member.user.save(update_fields=["first_name"])
    member.roles, member.sections = in_order(place.roles), list(dict.fromkeys(place.sections))
    member.save(update_fields=["roles", "sections"])
    if _facts(member) != before:
        _keep_somebody(office)
        _record(office, Event.PERSON_CHANGED, member, by, before=before)
    return member


@transaction.atomic
def deactivate(office: Office, user: User, *, by: str) -> None:
    """Somebody leaves: they are signed out and may do nothing here any more; their name stays in what they did.

    Who belongs to no other office can no longer sign in. Raises NotDone: they are not here, it is their own account,
    or nobody could manage people any more.
    """
    member = _member(office, user)
    if not member.is_active:
        return
    if user.get_username() == by:
        raise NotDone(Text("You cannot deactivate yourself: another administrator can."))
    member.is_active = False
    member.save(update_fields=["is_active"])
    _keep_somebody(office)
    if not _is_elsewhere(office, user):
        user.is_active = False
        user.save(update_fields=["is_active"])
        end_sessions(user)
    _record(office, Event.PERSON_LEFT, member, by)


@transaction.atomic
def reactivate(office: Office, user: User, *, by: str) -> None:
    """Somebody comes back, with the roles they had. Raises NotDone: they were never here."""
    member = _member(office, user)
    if member.is_active:
        return
    member.is_active = user.is_active = True
    member.save(update_fields=["is_active"])
    user.save(update_fields=["is_active"])
    _record(office, Event.PERSON_RETURNED, member, by)


@transaction.atomic
def reset_password(office: Office, user: User, *, by: str, for_all_offices: bool = False) -> str:
    """A one-time password for somebody who forgot theirs, and an end to wherever they are signed in.

    Raises NotDone: they are not here; or in another office too, and it is not for all of them.
    """
    member = _member(office, user) if for_all_offices else _own_member(office, user)
    given = passwords.give_one_time_password(user, now=timezone.now())
    end_sessions(user)
    _forgive(user)
    _record(office, Event.PASSWORD_RESET, member, by)
    return given


@transaction.atomic
def remove_second_factor(office: Office, user: User, *, by: str, for_all_offices: bool = False) -> bool:
    """For somebody whose phone is gone. Whether there was one. Raises NotDone as ``reset_password``."""
    member = _member(office, user) if for_all_offices else _own_member(office, user)
    if not second_factor.remove(user):
        return False
    _record(office, Event.SECOND_FACTOR_REMOVED, member, by)
    return True


@transaction.atomic
def unlink(office: Office, user: User, *, by: str) -> bool:
    """For somebody who got another account where they sign in by OpenID. Whether there was a link. Raises NotDone."""
    member = _own_member(office, user)
    if not accounts.unlink(user):
        return False
    _record(office, Event.SIGN_IN_UNLINKED, member, by)
    return True


@transaction.atomic
def unlock(office: Office, user: User, *, by: str) -> bool:
    """Let somebody sign in again who was locked out for wrong passwords or codes. Whether anything stood against it."""
    member = _member(office, user)
    if not _forgive(user):
        return False
    _record(office, Event.PERSON_UNLOCKED, member, by)
    return True


def note_second_factor(office: Office, user: User) -> None:
    """That somebody set up their second factor themselves; in the transaction in which it is confirmed."""
    member = queries.membership(user, office)
    if member is not None:
        _record(office, Event.SECOND_FACTOR_SET, member, user.get_username())


def _forgive(user: User) -> bool:
    second_factor.forgive(user)
    forgiven, _rows = AccessAttempt.objects.filter(username=user.get_username()).delete()
    return bool(forgiven)


def _locked(office: Office, user: User) -> Membership | None:
    """The office's memberships, locked until the end: of two administrators who dismiss each other one comes first."""
    here = list(Membership.objects.select_for_update(of=("self",)).filter(office=office.slug).select_related("user"))
    return next((member for member in here if member.user_id == user.pk), None)


def _member(office: Office, user: User) -> Membership:
    member = _locked(office, user)
    if member is None:
        raise NotDone(Text("{name} does not belong to this office.", name=user.get_username()))
    return member


def _own_member(office: Office, user: User) -> Membership:
    """An administrator of one office must not be able to sign in as somebody of another one."""
    member = _member(office, user)
    if _is_elsewhere(office, user):
        text = Text(
            "{name} belongs to another office too: who runs the program does it on the command line.",
            name=user.get_username(),
        )
        raise NotDone(text)
    return member


def _is_elsewhere(office: Office, user: User) -> bool:
    return Membership.objects.filter(user=user, is_active=True).exclude(office=office.slug).exists()


def _keep_somebody(office: Office) -> None:
    if not queries.people_who_may(office, Permission.MANAGE_PEOPLE):
        raise NotDone(
            Text("Nobody could manage people any more: first make somebody else {role}.", role=Role.ADMINISTRATOR.label)
        )


def _record(
    office: Office, event: Event, member: Membership, by: str, *, before: Mapping[str, Any] | None = None
) -> None:
    detail = _facts(member) | ({"before": dict(before)} if before else {})
    log.record(office, event, Subject(title=_called(member.user)), actor=by, proof=Proof(detail=detail))


def _facts(member: Membership) -> dict[str, Any]:
    """What the log says of a person: nothing that is secret."""
    user = member.user
    return {
        "account": user.get_username(),
        "name": user.first_name,
        "roles": list(member.roles),
        "sections": list(member.sections),
    }


def _called(user: User) -> str:
    return f"{user.first_name} ({user.get_username()})" if user.first_name else user.get_username()
