"""Approvals as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.translation import gettext as _

from publisher.office import Office
from publisher.people.models import Membership
from publisher.people.roles import Role
from publisher.review import queries
from publisher.review.models import Decision, Emergency, EmergencyConfirmation, Review, ReviewStep
from publisher.review.places import Standing, waits_for
from publisher.review.queries import Deadline, Open
from publisher.web import words
from publisher.web.names import Names
from publisher.web.rows import Chip

PAGE_LENGTH = 50

LOOKS = {
    Review.State.OPEN: "active",
    Review.State.APPROVED: "good",
    Review.State.SENT_BACK: "person",
    Review.State.REJECTED: "bad",
    Review.State.WITHDRAWN: "off",
    Review.State.SUPERSEDED: "off",
    Review.State.EMERGENCY: "doubt",
}
VERDICTS = {
    Decision.Verdict.APPROVE: "good",
    Decision.Verdict.STANDS: "good",
    Decision.Verdict.SEND_BACK: "person",
    Decision.Verdict.REJECT: "bad",
}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One approval in a list; ``waits_for`` and the deadline only while it is open."""

    review: Review
    title: str
    column: str
    author: str
    chip: Chip
    step: str = ""
    waits_for: str = ""
    since: datetime | None = None
    deadline: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What one person decided."""

    decision: Decision
    person: str
    on_behalf_of: str
    chip: Chip


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step on its way: done, the one it is at, or still to come."""

    step: ReviewStep
    state: str
    who: str
    decisions: Sequence[DecisionRow]


def open_rows(office: Office, every: Sequence[Open], number: str | None) -> tuple[Page[Open], list[ReviewRow]]:
    """A page of approvals that have not ended, in the order they are given."""
    found = Paginator(every, PAGE_LENGTH).get_page(number)
    names = Names.named(name for one in found for name in (one.review.opened_by, *_named(one.step)))
    return found, [_open_row(office, one, names) for one in found]


def ended_rows(office: Office, number: str | None) -> tuple[Page[int], list[ReviewRow]]:
    """A page of approvals that have ended, newest first; those before it are counted by their numbers alone."""
    page = Paginator(queries.ended(office), PAGE_LENGTH).get_page(number)
    found = queries.reviews(page)
    names = Names.named(name for review in found for name in (review.opened_by, review.closed_by))
    return page, [_row(office, review, names) for review in found]


def step_rows(standing: Standing) -> list[StepRow]:
    """The steps of an approval with what was decided there."""
    people = [decision.person for decision in standing.decisions]
    deputies = [decision.on_behalf_of for decision in standing.decisions]
    names = Names.named([*people, *deputies, *(name for step in standing.steps for name in _named(step))])
    return [_step_row(standing, step, names) for step in standing.steps]


def deadline_words(deadline: Deadline) -> str:
    """How many working days are left, or since when it is late."""
    if deadline.unknown_year:
        return _("last day not known: the holidays of {year} are not announced yet").format(year=deadline.unknown_year)
    if deadline.due_on is None:
        return ""
    if deadline.left is None:
        return _("until {day}").format(day=deadline.due_on.isoformat())
    if deadline.left < 0:
        return _("late, working days: {count}").format(count=-deadline.left)
    if deadline.left == 0:
        return _("due today")
    return _("working days left: {count}").format(count=deadline.left)


def who_decides(step: ReviewStep, names: Names) -> str:
    """The people of a step, or the roles that decide it."""
    if step.people:
        told = [_named_one(step, name, names) for name in step.people]
        return "、".join(told)
    return "、".join(str(Role(role).label) for role in step.roles if role in Role.values)


def _named_one(step: ReviewStep, name: str, names: Names) -> str:
    if name not in step.deputies:
        return names[name]
    return _("{person} (deputy: {deputy})").format(person=names[name], deputy=names[step.deputies[name]])


@dataclass(frozen=True, slots=True)
class EmergencyRow:
    """A release before its approval, and what was said of it afterwards."""

    emergency: Emergency
    title: str
    person: str
    chip: Chip
    said_by: str
    is_late: bool


def emergency_rows(emergencies: Sequence[Emergency]) -> list[EmergencyRow]:
    people = [(one.release.released_by, said.person if (said := _said_of(one)) else "") for one in emergencies]
    names = Names.named(name for pair in people for name in pair)
    return [_emergency_row(one, names) for one in emergencies]


def emergency_row(emergency: Emergency) -> EmergencyRow:
    return emergency_rows([emergency])[0]


def _said_of(emergency: Emergency) -> EmergencyConfirmation | None:
    return getattr(emergency, "confirmation", None)


def _emergency_row(emergency: Emergency, names: Names) -> EmergencyRow:
    said = _said_of(emergency)
    is_late = said is None and emergency.confirm_by < timezone.now()
    if said is None:
        chip = Chip("bad" if is_late else "doubt", _("not confirmed in time") if is_late else _("not confirmed yet"))
    else:
        chip = Chip("good", _("confirmed")) if said.agrees else Chip("bad", _("objected to"))
    title = emergency.review.revision.title
    return EmergencyRow(
        emergency, title, names[emergency.release.released_by], chip, names[said.person] if said else "", is_late
    )


def _row(office: Office, review: Review, names: Names) -> ReviewRow:
    state = Review.State(review.state)
    return ReviewRow(
        review=review,
        title=review.revision.title,
        column=words.column_name(office, review.item.column),
        author=names[review.opened_by],
        chip=Chip(LOOKS[state], str(state.label)),
    )


def _open_row(office: Office, one: Open, names: Names) -> ReviewRow:
    row = _row(office, one.review, names)
    return ReviewRow(
        review=row.review,
        title=row.title,
        column=row.column,
        author=row.author,
        chip=row.chip,
        step=one.step.name,
        waits_for=who_decides(one.step, names),
        since=one.since,
        deadline=deadline_words(one.nearest),
        is_late=one.is_late,
    )


def _step_row(standing: Standing, step: ReviewStep, names: Names) -> StepRow:
    found = [decision for decision in standing.decisions if decision.step_id == step.pk]
    is_open = standing.review.state == Review.State.OPEN
    current = standing.current
    state = "done" if standing.is_complete(step) else "here" if is_open and current and current.pk == step.pk else ""
    if found and not found[-1].is_approval:
        state = "ended"
    return StepRow(step, state, who_decides(step, names), [_decision_row(decision, names) for decision in found])


def _decision_row(decision: Decision, names: Names) -> DecisionRow:
    verdict = Decision.Verdict(decision.verdict)
    behalf = names[decision.on_behalf_of] if decision.on_behalf_of else ""
    return DecisionRow(decision, names[decision.person], behalf, Chip(VERDICTS[verdict], str(verdict.label)))


def _named(step: ReviewStep) -> list[str]:
    return [*step.people, *step.deputies.values()]


def count_waiting(office: Office, member: Membership | None, today: date) -> Mapping[str, list[Open]]:
    """Open approvals by list: those that wait for the reader, all, and the late ones."""
    every = queries.open_reviews(office, today=today)
    mine = [one for one in every if member and waits_for(one.standing, member)]
    return {"mine": mine, "open": every, "late": [one for one in every if one.is_late]}
