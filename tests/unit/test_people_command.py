"""People on the command line, and what becomes of accounts from before there were roles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module

import pytest
from axes.models import AccessAttempt
from click.testing import CliRunner, Result
from django.apps import apps
from django.contrib.auth.models import User

from publisher.cli.people import user
from publisher.log.events import Event
from publisher.log.models import LogEntry, LogHead
from publisher.office import Office
from publisher.people.actions import NotDone
from publisher.people.models import Membership
from publisher.people.roles import FOUNDER, Role
from tests.staff import factor_of, person

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PASSWORD = "correct-horse-battery"


def publisher_user(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(user, words, input=stdin)


def roles_of(name: str) -> Sequence[str]:
    roles: list[str] = Membership.objects.get(user__username=name, office="kzj").roles
    return roles


def test_the_first_account_is_an_administrators_and_the_next_a_drafters(office: Office) -> None:
    for name in ("zhangwei", "lina"):
        assert publisher_user("create", name, "--password-stdin", stdin=f"{PASSWORD}\n").exit_code == 0
    assert set(roles_of("zhangwei")) == set(FOUNDER)
    assert roles_of("lina") == ["drafter"]
    assert User.objects.get(username="lina").check_password(PASSWORD)
    logged = LogEntry.objects.order_by("seq")
    assert [entry.event for entry in logged] == [Event.PERSON_ADDED] * 2
    assert logged[0].actor.startswith("cli:")


def test_roles_and_sections_are_said_with_the_account(office: Office) -> None:
    options = ["--role", "auditor", "--role", "drafter", "--section", "办公室", "--name", "李娜", "--one-time"]
    result = publisher_user("create", "lina", *options)
    assert result.exit_code == 0
    member = Membership.objects.select_related("user").get()
    assert (member.roles, member.sections) == (["drafter", "auditor"], ["办公室"])
    assert member.user.first_name == "李娜"
    assert member.user.check_password(result.stdout.strip())


def test_a_name_that_is_taken_is_told_before_a_password_is_asked_for(office: Office) -> None:
    person("lina", Role.DRAFTER)
    result = publisher_user("create", "Lina")
    assert isinstance(result.exception, NotDone)
    assert result.stdout == ""


def test_a_role_there_is_not_is_wrong_usage(office: Office) -> None:
    result = publisher_user("create", "lina", "--role", "king", "--one-time")
    assert result.exit_code == 2
    assert "secrecy_reviewer" in result.stderr


def test_the_list_shows_everybody_who_is_or_was_here(office: Office) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    person("lina", Role.DRAFTER).memberships.update(is_active=False, sections=["办公室"])
    result = publisher_user("list", "--json")
    assert json.loads(result.stdout) == [
        {"username": name, "name": "", "roles": [role], "sections": sections, "last_login": None, "active": is_here}
        for name, role, sections, is_here in (
            ("lina", "drafter", ["办公室"], False),
            ("zhangwei", "administrator", [], True),
        )
    ]
    assert "办公室" in publisher_user("list").stdout


def test_roles_replace_those_before_and_leave_the_sections(office: Office) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    person("lina", Role.DRAFTER).memberships.update(sections=["办公室"])
    assert publisher_user("roles", "lina", "--role", "signer", "--role", "reviewer").exit_code == 0
    member = Membership.objects.get(user__username="lina")
    assert (member.roles, member.sections) == (["reviewer", "signer"], ["办公室"])
    assert publisher_user("roles", "lina").exit_code == 2


def test_an_account_of_another_office_joins(office: Office) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    person("lina", Role.SIGNER, office="elsewhere")
    assert publisher_user("roles", "lina", "--role", "drafter").exit_code == 0
    assert roles_of("lina") == ["drafter"]


def test_who_runs_the_program_helps_where_administrators_may_not(office: Office) -> None:
    lina = person("lina", Role.DRAFTER)
    Membership.objects.create(user=lina, office="elsewhere", roles=["drafter"])
    factor_of(lina)
    given = publisher_user("password", "lina").stdout.strip()
    lina.refresh_from_db()
    assert lina.check_password(given)
    assert publisher_user("second-factor", "lina").exit_code == 0
    events = [entry.event for entry in LogEntry.objects.order_by("seq")]
    assert events == [Event.PASSWORD_RESET, Event.SECOND_FACTOR_REMOVED]


def test_somebody_leaves_and_comes_back(office: Office) -> None:
    person("zhangwei", Role.ADMINISTRATOR)
    person("lina", Role.DRAFTER)
    publisher_user("deactivate", "lina")
    assert not User.objects.get(username="lina").is_active
    publisher_user("reactivate", "lina")
    assert User.objects.get(username="lina").is_active


def test_unlocking_says_whether_there_was_a_lock(office: Office) -> None:
    person("lina", Role.DRAFTER)
    AccessAttempt.objects.create(username="lina", ip_address="10.0.0.1", failures_since_start=6)
    first, second = publisher_user("unlock", "lina"), publisher_user("unlock", "lina")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stderr != second.stderr
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("command", ["roles", "deactivate", "reactivate", "password", "second-factor", "unlock"])
def test_an_account_there_is_not_is_refused(office: Office, command: str) -> None:
    assert publisher_user(command, "nobody").exit_code == 1


@pytest.mark.parametrize(("offices", "expected"), [(["kzj"], 2), ([], 2), (["kzj", "elsewhere"], 0)])
def test_accounts_from_before_keep_what_they_could_do(office: Office, offices: list[str], expected: int) -> None:
    for name in ("zhangwei", "lina"):
        User.objects.create_user(name)
    LogHead.objects.bulk_create(LogHead(office=slug, hash="") for slug in offices)
    migration = import_module("publisher.people.migrations.0002_roles_for_accounts_that_are_there")
    migration.give_roles(apps, None)
    members = Membership.objects.filter(office="kzj")
    assert len(members) == expected
    assert all(set(member.roles) == set(FOUNDER) for member in members)
