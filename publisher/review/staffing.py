"""Whether the steps of the approval can be decided by the people there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from channels.errors import Text
from publisher.office import Flaw, Office, StepSection
from publisher.people import queries as people
from publisher.people.models import Membership
from publisher.roles import Role


def staffing_flaws(office: Office) -> list[Flaw]:
    """What keeps a step from ever being decided; nothing while the office has no people at all."""
    members = people.members(office)
    if not members or not office.workflow.steps:
        return []
    flaws = [flaw for numbered in enumerate(office.workflow.steps) for flaw in _of_step(*numbered, members)]
    return flaws or list(_of_all(office.workflow.steps, members))


def able(step: StepSection, members: Sequence[Membership]) -> set[str]:
    """User names of those who may decide at a step, deputies included."""
    named = {*step.people, *step.deputies.values()}
    return {
        name
        for member in members
        if set(member.roles) & set(step.deciding_roles)
        if (name := member.user.get_username()) in named or not named
    }


def _of_step(number: int, step: StepSection, members: Sequence[Membership]) -> Iterator[Flaw]:
    where = f"workflow.steps.{number}"
    roles = ", ".join(step.deciding_roles)
    there = able(step, members)
    known = {member.user.get_username() for member in members}
    for name in (*step.people, *step.deputies.values()):
        if name not in known:
            yield Flaw(f"{where}.people", Text("Nobody here is called {name}: correct the user name.", name=name))
        elif name not in there:
            text = Text(
                "{name} has none of the roles {roles}: give them one, or name somebody else.", name=name, roles=roles
            )
            yield Flaw(f"{where}.people", text)
    if not step.people and not there:
        text = Text(
            "Nobody can decide this step: give somebody the role {role}, as `publisher user roles NAME --role {role}` "
            "does.",
            role=step.deciding_roles[0],
        )
        yield Flaw(where, text)
    elif (
        step.own_section and not step.people and not any(m.sections for m in members if m.user.get_username() in there)
    ):
        names = "、".join(str(Role(role).label) for role in step.deciding_roles)
        yield Flaw(where, Text("None of those who are {roles} has a section: give them one.", roles=names))


def _of_all(steps: Sequence[StepSection], members: Sequence[Membership]) -> Iterator[Flaw]:
    """Whether there are enough people for steps that must be decided by different ones."""
    choices = [able(step, members) for step in steps if step.needs == "any" and not step.same_person]
    if not _can_be_shared_out(choices, frozenset()):
        yield Flaw(
            "workflow.steps",
            Text(
                "The steps need more different people than there are: give further people the roles, or let a step be "
                "decided by the same_person."
            ),
        )


def _can_be_shared_out(choices: Sequence[set[str]], taken: frozenset[str]) -> bool:
    """Whether each of the sets can give somebody whom no other one gives."""
    if not choices:
        return True
    return any(_can_be_shared_out(choices[1:], taken | {name}) for name in choices[0] - taken)
