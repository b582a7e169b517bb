"""Steps that nobody can decide are named before anything waits for them."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.office import Office, StepSection
from publisher.people.roles import Role
from publisher.review.staffing import staffing_flaws
from publisher.roles import StepKind
from tests.approval import STEPS, deciders, with_steps
from tests.staff import person

pytestmark = pytest.mark.django_db


def flaws(office: Office, *steps: StepSection) -> list[str]:
    return [flaw.key for flaw in staffing_flaws(with_steps(office, *steps))]


def step(**settings: Any) -> StepSection:
    return StepSection(**{"key": "head", "name": "初审", "kind": StepKind.REVIEW, **settings})


def test_with_somebody_for_each_step_nothing_is_wrong(office: Office) -> None:
    deciders()
    assert flaws(office) == []


def test_before_there_are_people_nothing_is_said(office: Office) -> None:
    assert flaws(office) == []


def test_a_step_without_anybody_is_named(office: Office) -> None:
    person("lina", Role.REVIEWER)
    assert flaws(office) == ["workflow.steps.1", "workflow.steps.2"]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"people": ("nobody",)}, "workflow.steps.0.people"),
        ({"people": ("sunli",)}, "workflow.steps.0.people"),
        ({"people": ("lina",), "deputies": {"lina": "sunli"}}, "workflow.steps.0.people"),
        ({"own_section": True}, "workflow.steps.0"),
    ],
    ids=["not here", "without the role", "a deputy without the role", "without a section"],
)
def test_people_who_cannot_do_it_are_named(office: Office, given: dict[str, Any], key: str) -> None:
    person("lina", Role.REVIEWER)
    person("sunli", Role.DRAFTER)
    assert flaws(office, step(**given)) == [key]


def test_one_person_for_two_steps_is_too_few(office: Office) -> None:
    person("lina", Role.REVIEWER, Role.SIGNER)
    assert flaws(office, STEPS[0], STEPS[2]) == ["workflow.steps"]
    assert flaws(office, STEPS[0], STEPS[2].model_copy(update={"same_person": True})) == []
