"""For whom the page of things to do is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest

from publisher.people.models import Membership
from publisher.people.roles import Permission
from publisher.web.access import membership_here, permissions_here
from publisher.web.rows import Scene


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the desk, what they may do, and what they look at."""

    name: str
    member: Membership
    permissions: frozenset[Permission]
    around: Scene

    @property
    def names(self) -> tuple[str, str]:
        """How revisions and drafts name them, on the pages and on the command line."""
        return self.name, f"cli:{self.name}"

    @property
    def today(self) -> date:
        return self.around.now.astimezone(self.around.office.timezone).date()

    def may(self, *wanted: Permission) -> bool:
        return not self.permissions.isdisjoint(wanted)


def person(request: HttpRequest, around: Scene) -> Person | None:
    """Whoever asks; None where they do not belong to the office."""
    member = membership_here(request)
    if member is None:
        return None
    return Person(request.user.get_username(), member, permissions_here(request), around)
