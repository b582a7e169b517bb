"""Questions about people: who belongs to an office, and who may do what there."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

from publisher.office import Office
from publisher.people.models import Membership
from publisher.people.roles import Permission, permissions

Anyone = User | AnonymousUser


def membership(user: Anyone, office: Office) -> Membership | None:
    """That person's place in the office; None for strangers and for people who left."""
    if not user.is_authenticated or not user.is_active:
        return None
    return Membership.objects.filter(user=user, office=office.slug, is_active=True).first()


def permissions_of(user: Anyone, office: Office) -> frozenset[Permission]:
    """Everything that person may do in the office; nothing for strangers."""
    found = membership(user, office)
    return permissions(found.roles) if found else frozenset()


def may(user: Anyone, office: Office, permission: Permission) -> bool:
    return permission in permissions_of(user, office)


def members(office: Office) -> list[Membership]:
    """Everybody who belongs to the office now, by user name."""
    found = Membership.objects.filter(office=office.slug, is_active=True, user__is_active=True)
    return list(found.select_related("user").order_by("user__username"))


def everybody(office: Office) -> list[Membership]:
    """Those who belong to the office and those who left, by user name."""
    return list(Membership.objects.filter(office=office.slug).select_related("user").order_by("user__username"))


def is_here(member: Membership) -> bool:
    """Whether somebody has not left."""
    return member.is_active and member.user.is_active


def place_of(user: User, office: Office) -> Membership | None:
    """That person's place in the office, even where they left it."""
    return Membership.objects.filter(user=user, office=office.slug).first()


def people_who_may(office: Office, permission: Permission) -> list[User]:
    return [found.user for found in members(office) if permission in permissions(found.roles)]


def name_of(user: Anyone) -> str:
    """What people call somebody: the full name where the account has one, else the user name."""
    return user.get_full_name() or user.get_username() if isinstance(user, User) else ""
