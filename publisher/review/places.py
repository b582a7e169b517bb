"""Who may decide at a step of a review: the roles, the people named, their deputies, and who must not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from channels.errors import Text
from publisher.items.models import Item
from publisher.people.models import Membership
from publisher.people.roles import Role
from publisher.review.models import Decision, Review, ReviewStep


@dataclass(frozen=True, slots=True)
class Place:
    """One of the approvals a step needs, as one person may give it; ``on_behalf_of`` names whom they stand in for."""

    number: int
    on_behalf_of: str = ""


class Standing:
    """How far a review has come: its steps, its decisions, and who wrote the item. Reads nothing by itself.

    Args:
        authors: who wrote any revision up to this one, as the log names them.
    """

    def __init__(
        self, review: Review, steps: Sequence[ReviewStep], decisions: Sequence[Decision], authors: Iterable[str]
    ) -> None:
        self.review = review
        self.steps = steps
        self.decisions = decisions
        self.authors = frozenset(_person(author) for author in authors)

    @classmethod
    def of(cls, review: Review) -> Standing:
        """Asks the database unless steps, decisions and revisions were fetched with the review."""
        revisions = review.item.revisions.all()
        authors = [revision.created_by for revision in revisions if revision.number <= review.revision.number]
        return cls(review, list(review.steps.all()), list(review.decisions.all()), authors)

    def approvals(self, step: ReviewStep) -> list[Decision]:
        return [found for found in self.decisions if found.step_id == step.pk and found.is_approval]

    def is_complete(self, step: ReviewStep) -> bool:
        return len(self.approvals(step)) >= step.places

    @property
    def current(self) -> ReviewStep | None:
        """The first step that is not complete; None where all are."""
        return next((step for step in self.steps if not self.is_complete(step)), None)

    def place_for(self, step: ReviewStep, member: Membership) -> Place | None:
        """The place of a step that is still free for somebody; None where there is none.

        Says nothing of who must not decide.
        """
        if not set(member.roles) & set(step.roles):
            return None
        if step.own_section and self.review.item.section and self.review.item.section not in member.sections:
            return None
        if not step.people:
            return Place(0)
        return self._named_place(step, member.user.get_username())

    def hindrance(self, step: ReviewStep, person: str) -> Text | None:
        """Why somebody must not decide at a step although they could; None where nothing is in the way."""
        if person.lower() in self.authors and not step.own_item:
            return Text("Nobody decides on an item of their own: leave it to somebody else.")
        if any(found.person == person and found.step_id == step.pk for found in self.decisions):
            return Text("You have decided at this step already.")
        if not step.same_person and any(found.person == person for found in self.decisions):
            return Text("You have decided at another step of this approval: this one is for somebody else.")
        return None

    def _named_place(self, step: ReviewStep, person: str) -> Place | None:
        taken = {found.place for found in self.approvals(step)}
        for number, name in enumerate(step.people):
            place = number if step.needs_all else 0
            if place in taken:
                continue
            if name == person:
                return Place(place)
            if step.deputies.get(name) == person:
                return Place(place, on_behalf_of=name)
        return None


def waits_for(standing: Standing, member: Membership) -> Place | None:
    """The place at which an open review waits for somebody; None where it does not."""
    step = standing.current
    if step is None or standing.review.state != Review.State.OPEN:
        return None
    place = standing.place_for(step, member)
    return place if place and standing.hindrance(step, member.user.get_username()) is None else None


def refusal(standing: Standing, step: ReviewStep, member: Membership) -> Text | None:
    """Why somebody cannot decide at a step; None where they can."""
    if standing.place_for(step, member) is None:
        return not_theirs(step)
    return standing.hindrance(step, member.user.get_username())


def not_theirs(step: ReviewStep) -> Text:
    roles = "、".join(str(Role(role).label) for role in step.roles if role in Role.values)
    if step.people:
        return Text("“{step}” is decided by: {people}.", step=step.name, people="、".join(_named(step)))
    if step.own_section:
        return Text("“{step}” is decided by {roles} of the item's own section.", step=step.name, roles=roles)
    return Text("“{step}” is decided by: {roles}.", step=step.name, roles=roles)


def authors_of(item: Item, up_to: int) -> list[str]:
    """Who wrote the revisions of an item up to that number."""
    return list(item.revisions.filter(number__lte=up_to).values_list("created_by", flat=True))


def is_author(item: Item, up_to: int, person: str) -> bool:
    return person.lower() in {_person(author) for author in authors_of(item, up_to)}


def _named(step: ReviewStep) -> list[str]:
    return [f"{name}（{step.deputies[name]}）" if name in step.deputies else name for name in step.people]


def _person(author: str) -> str:
    """The user name behind an actor of the log; who submits from a terminal is the same person."""
    return author.removeprefix("cli:").lower()
