"""What people call those whom rows and the log name by their user names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from django.contrib.auth.models import User

from publisher.office import Office
from publisher.people.queries import name_of
from publisher.web import words

COMMAND_LINE = "cli:"


class Names:
    """Of some people, by user name, who are asked for when somebody is named first. Whoever is not among them keeps the
    user name."""

    def __init__(self, people: Iterable[User]) -> None:
        self._people = people

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {user.get_username(): name_of(user) for user in self._people}

    @classmethod
    def named(cls, actors: Iterable[str]) -> Names:
        """Of these; asks once for all of them."""
        return cls(User.objects.filter(username__in={actor.removeprefix(COMMAND_LINE) for actor in actors}))

    @classmethod
    def of_office(cls, office: Office) -> Names:
        """Of all who belong to the office or did: for pages on which anybody may be named."""
        return cls(User.objects.filter(memberships__office=office.slug))

    def __getitem__(self, actor: str) -> str:
        username = actor.removeprefix(COMMAND_LINE)
        scheme = actor[: len(actor) - len(username)]
        return words.actor_name(scheme + self._names.get(username, username))
