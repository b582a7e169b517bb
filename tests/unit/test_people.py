"""Roles, what they may do, who belongs to an office, and what administrators do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.people import accounts, actions, passwords, queries
from publisher.people.actions import NotDone, Place
from publisher.people.models import Account, Membership
from publisher.people.roles import FOUNDER, PERMISSIONS, Permission, Role, permissions
from tests.staff import factor_of, person

READING = {Permission.SEE_ITEMS, Permission.SEE_LOG, Permission.SEE_STATISTICS}
DECIDING = {Permission.REVIEW, Permission.PROOFREAD, Permission.REVIEW_SECRECY, Permission.SIGN}


def newest() -> LogEntry:
    return LogEntry.objects.order_by("-seq")[0]


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
    assert actions.first_place(office).roles == FOUNDER
    actions.add(office, "lina", actions.first_place(office), by="cli:root", password="correct-horse-battery")
    assert actions.first_place(office).roles == (Role.DRAFTER,)
    assert not permissions(FOUNDER) & DECIDING


@pytest.mark.django_db
def test_a_new_person_is_in_the_log_without_the_password(office: Office) -> None:
    made = actions.add(office, "lina", Place((Role.DRAFTER,), ("办公室", "办公室")), by="zhangwei", name="李娜")
    entry = newest()
    assert (entry.event, entry.title, entry.actor) == (Event.PERSON_ADDED, "李娜 (lina)", "zhangwei")
    facts = {"account": "lina", "name": "李娜", "roles": ["drafter"], "sections": ["办公室"]}
    assert entry.detail == facts
    assert made.one_time_password
    assert made.one_time_password not in entry.canonical
    assert made.user.check_password(made.one_time_password)


@pytest.mark.django_db
def test_one_time_passwords_are_never_alike_and_easy_to_read() -> None:
    many = {passwords.one_time_password() for _number in range(200)}
    assert len(many) == 200
    assert not {"0", "o", "1", "l", "i"} & set("".join(many))
    assert all(passwords.flaws(one) == [] for one in list(many)[:20])


NAMES = {
    "taken": ("lina", "already"),
    "taken, in capitals": ("LiNa", "already"),
    "taken, in wide letters": ("\N{FULLWIDTH LATIN SMALL LETTER L}ina", "already"),
    "empty": ("", "no user name"),
    "a space": ("li na", "no user name"),
    "a colon, as the command line's names have": ("cli:root", "no user name"),
    "the program's own name": ("System", "no user name"),
    "too long": ("x" * 151, "no user name"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "reason"), NAMES.values(), ids=NAMES)
def test_names_that_could_be_taken_for_another_are_refused(office: Office, name: str, reason: str) -> None:
    person("lina", Role.DRAFTER)
    with pytest.raises(NotDone, match=reason):
        actions.add(office, name, Place((Role.DRAFTER,)), by="zhangwei")
    assert User.objects.count() == 1
    assert LogEntry.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("weak", ["short", "12345678901234", "passwordpassword1"[:8], "lina.chen"])
def test_weak_passwords_are_refused(office: Office, weak: str) -> None:
    with pytest.raises(NotDone, match="will not do"):
        actions.add(office, "lina.chen", Place((Role.DRAFTER,)), by="zhangwei", password=weak)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_changed_roles_are_in_the_log_with_those_before(office: Office) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    lina = person("lina", Role.DRAFTER)
    actions.change(office, lina, Place((Role.SIGNER, Role.REVIEWER), ("办公室",)), by="zhangwei", name="李娜")
    entry = newest()
    assert entry.event == Event.PERSON_CHANGED
    assert entry.detail["roles"] == ["reviewer", "signer"]
    assert entry.detail["before"] == {"account": "lina", "name": "", "roles": ["drafter"], "sections": []}
    assert queries.may(lina, office, Permission.SIGN)


@pytest.mark.django_db
def test_what_is_the_same_is_no_change(office: Office) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    lina = person("lina", Role.DRAFTER)
    actions.change(office, lina, Place((Role.DRAFTER,)), by="zhangwei")
    assert not LogEntry.objects.exists()


@pytest.mark.django_db
def test_somebody_of_another_office_joins_by_getting_roles(office: Office) -> None:
    lina = person("lina", Role.SIGNER, office="elsewhere")
    person("zhangwei", Role.ADMINISTRATOR)
    actions.change(office, lina, Place((Role.DRAFTER,)), by="cli:root")
    assert newest().event == Event.PERSON_ADDED
    assert queries.permissions_of(lina, office) == PERMISSIONS[Role.DRAFTER]


def demote(office: Office, user: User) -> None:
    actions.change(office, user, Place((Role.DRAFTER,)), by="cli:root")


def dismiss(office: Office, user: User) -> None:
    actions.deactivate(office, user, by="cli:root")


@pytest.mark.django_db
@pytest.mark.parametrize("deed", [demote, dismiss])
def test_somebody_must_remain_who_manages_people(office: Office, deed: Callable[[Office, User], None]) -> None:
    only = person("zhangwei", Role.ADMINISTRATOR)
    with pytest.raises(NotDone, match="Nobody could manage people"):
        deed(office, only)
    assert queries.may(only, office, Permission.MANAGE_PEOPLE)
    person("lina", Role.ADMINISTRATOR)
    deed(office, only)
    assert not queries.may(User.objects.get(pk=only.pk), office, Permission.MANAGE_PEOPLE)


@pytest.mark.django_db
def test_whoever_leaves_is_signed_out_and_comes_back_with_the_same_roles(office: Office, client: Any) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    lina = person("lina", Role.SIGNER)
    client.force_login(lina)
    assert client.get("/board/").status_code == 200
    actions.deactivate(office, lina, by="zhangwei")
    assert client.get("/")["Location"].startswith("/login/")
    assert newest().event == Event.PERSON_LEFT
    actions.reactivate(office, User.objects.get(pk=lina.pk), by="zhangwei")
    assert newest().event == Event.PERSON_RETURNED
    assert queries.may(User.objects.get(pk=lina.pk), office, Permission.SIGN)


@pytest.mark.django_db
def test_nobody_deactivates_themselves(office: Office) -> None:
    zhangwei = person("zhangwei", Role.ADMINISTRATOR)
    person("lina", Role.ADMINISTRATOR)
    with pytest.raises(NotDone, match="yourself"):
        actions.deactivate(office, zhangwei, by="zhangwei")


@pytest.mark.django_db
def test_whoever_works_in_two_offices_leaves_one_of_them(office: Office) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    lina = person("lina", Role.SIGNER)
    Membership.objects.create(user=lina, office="elsewhere", roles=["signer"])
    actions.deactivate(office, lina, by="zhangwei")
    lina.refresh_from_db()
    assert lina.is_active
    assert queries.permissions_of(lina, office) == frozenset()


TAKE_OVERS = {
    "password": actions.reset_password,
    "second factor": actions.remove_second_factor,
    "link": actions.unlink,
}


@pytest.mark.django_db
@pytest.mark.parametrize("deed", TAKE_OVERS.values(), ids=TAKE_OVERS)
def test_no_administrator_gets_into_accounts_of_another_office(office: Office, deed: Callable[..., object]) -> None:
    lina = person("lina", Role.SIGNER)
    factor_of(lina)
    stranger = person("wangfang", Role.ADMINISTRATOR, office="elsewhere")
    Membership.objects.create(user=lina, office="elsewhere", roles=["signer"])
    with pytest.raises(NotDone, match="another office"):
        deed(office, lina, by="zhangwei")
    with pytest.raises(NotDone, match="does not belong"):
        deed(office, stranger, by="zhangwei")
    assert not LogEntry.objects.exists()


@pytest.mark.django_db
def test_a_reset_password_ends_every_session_and_every_lock(office: Office, client: Any) -> None:
    lina = person("lina", Role.DRAFTER)
    client.force_login(lina)
    AccessAttempt.objects.create(username="lina", ip_address="127.0.0.1", failures_since_start=9)
    given = actions.reset_password(office, lina, by="zhangwei")
    assert client.get("/").status_code == 302
    assert not AccessAttempt.objects.exists()
    lina.refresh_from_db()
    assert lina.check_password(given)
    assert newest().event == Event.PASSWORD_RESET
    assert given not in newest().canonical


@pytest.mark.django_db
def test_a_one_time_password_has_its_time(office: Office) -> None:
    lina = person("lina", Role.DRAFTER)
    with time_machine.travel("2026-11-27 08:00+00:00", tick=False):
        actions.reset_password(office, lina, by="zhangwei")
        until = Account.objects.get(user=lina).one_time_until
        assert until == timezone.now() + timedelta(hours=72)
    passwords.choose_password(lina, "correct-horse-battery")
    assert Account.objects.get(user=lina).one_time_until is None


@pytest.mark.django_db
def test_unlocking_is_in_the_log_only_where_there_was_a_lock(office: Office) -> None:
    lina = person("lina", Role.DRAFTER)
    assert not actions.unlock(office, lina, by="zhangwei")
    AccessAttempt.objects.create(username="lina", ip_address="127.0.0.1", failures_since_start=9)
    assert actions.unlock(office, lina, by="zhangwei")
    assert [entry.event for entry in LogEntry.objects.all()] == [Event.PERSON_UNLOCKED]


ISSUER = "https://sso.example.gov.cn"


@pytest.mark.django_db
def test_who_signs_in_elsewhere_is_known_by_their_subject_from_then_on() -> None:
    lina = person("lina", Role.DRAFTER)
    assert accounts.by_openid(ISSUER, "42", "lina") == lina
    assert accounts.by_openid(ISSUER, "42", "renamed") == lina
    with pytest.raises(accounts.NotKnown, match="somebody else signed in as lina"):
        accounts.by_openid(ISSUER, "43", "lina")
    assert accounts.unlink(lina)
    assert accounts.by_openid(ISSUER, "43", "lina") == lina


@pytest.mark.django_db
@pytest.mark.parametrize(("subject", "name"), [("1", "nobody"), ("1", ""), ("", "lina"), ("x" * 256, "lina")])
def test_who_is_not_known_here_gets_no_account(subject: str, name: str) -> None:
    person("lina", Role.DRAFTER)
    with pytest.raises(accounts.NotKnown, match="no account"):
        accounts.by_openid(ISSUER, subject, name)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_who_left_does_not_come_in_from_elsewhere() -> None:
    lina = person("lina", Role.DRAFTER)
    lina.is_active = False
    lina.save()
    with pytest.raises(accounts.NotKnown, match="deactivated"):
        accounts.by_openid(ISSUER, "42", "lina")
