"""Roles, what they may do, and who belongs to an office."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User

from publisher.office import Office
from publisher.people import actions, queries
from publisher.people.models import Membership
from publisher.people.roles import FOUNDER, PERMISSIONS, Permission, Role, permissions
from tests.staff import person

READING = {Permission.SEE_ITEMS, Permission.SEE_LOG, Permission.SEE_STATISTICS}
DECIDING = {Permission.REVIEW, Permission.PROOFREAD, Permission.REVIEW_SECRECY, Permission.SIGN}


def test_every_role_has_its_row_and_every_permission_its_role() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert frozenset().union(*PERMISSIONS.values()) == set(Permission)


def test_an_auditor_only_reads() -> None:
    assert permissions([Role.AUDITOR]) == READING


def test_an_administrator_publishes_nothing() -> None:
    assert not PERMISSIONS[Role.ADMINISTRATOR] & {Permission.SUBMIT, Permission.DECIDE_DELIVERIES, *DECIDING}


def test_no_single_role_both_submits_and_decides() -> None:
    assert [role for role in Role if Permission.SUBMIT in PERMISSIONS[role] and DECIDING & PERMISSIONS[role]] == []


def test_an_unknown_role_gives_nothing() -> None:
    assert permissions(["of tomorrow"]) == frozenset()


def test_roles_are_kept_once_and_in_order() -> None:
    assert actions.in_order(["auditor", "drafter", "auditor"]) == ["drafter", "auditor"]
    with pytest.raises(ValueError, match="king"):
        actions.in_order(["king"])


@pytest.mark.django_db
def test_roles_hold_in_their_office_only(office: Office) -> None:
    here, there = person("lina", Role.SIGNER), person("wangfang", Role.SIGNER, office="elsewhere")
    assert queries.may(here, office, Permission.SIGN)
    assert not queries.may(here, office, Permission.SUBMIT)
    assert queries.permissions_of(there, office) == frozenset()
    assert queries.people_who_may(office, Permission.SIGN) == [here]


@pytest.mark.django_db
def test_whoever_left_or_never_came_may_nothing(office: Office) -> None:
    left, closed = person("lina", Role.SIGNER), person("wangfang", Role.SIGNER)
    Membership.objects.filter(user=left).update(is_active=False)
    closed.is_active = False
    closed.save()
    for user in (left, closed, User.objects.create_user("new"), AnonymousUser()):
        assert queries.permissions_of(user, office) == frozenset()
    assert queries.members(office) == []


@pytest.mark.django_db
def test_what_is_not_allowed_is_said_with_who_can_help(office: Office) -> None:
    drafter = person("lina", Role.DRAFTER)
    actions.require(drafter, office, Permission.SUBMIT)
    with pytest.raises(actions.NotAllowed, match="ask who runs the program"):
        actions.require(drafter, office, Permission.SIGN)
    person("wangfang", Role.ADMINISTRATOR)
    with pytest.raises(actions.NotAllowed, match="wangfang can give it to you"):
        actions.require(drafter, office, Permission.SIGN)


@pytest.mark.django_db
def test_the_first_person_may_do_all_that_one_may_do_alone(office: Office) -> None:
    assert actions.first_roles(office) == FOUNDER
    actions.join(office, User.objects.create_user("lina"), FOUNDER)
    assert actions.first_roles(office) == (Role.DRAFTER,)
    assert not permissions(FOUNDER) & DECIDING
