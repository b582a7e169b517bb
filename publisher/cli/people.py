"""Accounts of the people who sign in to the web pages, and what they may do."""

from __future__ import annotations

import sys
from typing import Any

import click
from django.contrib.auth.models import User
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, actor, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.office import Office, get_office
from publisher.people import actions, queries
from publisher.people.actions import Place
from publisher.people.models import Membership
from publisher.people.roles import Role

role_option = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(Role.values),
    help="角色，可写多次。 A role; may be repeated.",
)
section_option = click.option(
    "--section", "sections", multiple=True, help="供稿科室，可写多次。 A section; may be repeated."
)


@click.group()
def user() -> None:
    """人员账号与角色。 People, their accounts and roles."""


@user.command()
@click.argument("username")
@role_option
@section_option
@click.option("--name", default="", help="姓名。 The person's full name.")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取密码。 Read the password from standard input.")
@click.option(
    "--one-time",
    is_flag=True,
    help="生成一次性密码，首次登录时修改。 Print a one-time password, changed at the first sign-in.",
)
def create(
    username: str, roles: tuple[str, ...], sections: tuple[str, ...], name: str, password_stdin: bool, one_time: bool
) -> None:
    """新建账号；第一个账号是管理员，其后默认为拟稿人。 Make an account; the first one is an administrator's."""
    office = _office()
    actions.refuse_taken(username)
    place = Place(roles or actions.first_place(office).roles, sections)
    password = "" if one_time else _password(from_stdin=password_stdin)
    made = actions.add(office, username, place, by=actor(), name=name, password=password)
    say(Text("The account {name} is ready: sign in with it in the browser.", name=made.user.get_username()))
    _tell(made.one_time_password)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    typed: str = click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
    return typed


def _tell(one_time_password: str) -> None:
    """The password alone on stdout, what to do with it on stderr."""
    if one_time_password:
        say(Text("Tell them this one-time password; it is good for 72 hours and is changed when they sign in."))
        click.echo(one_time_password)


@user.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_people(as_json: bool) -> None:
    """列出本单位人员。 Show the people of the office."""
    members = queries.everybody(_office())
    if as_json:
        print_json([_json(member) for member in members])
        return
    headings = [_("User name"), _("Full name"), _("Roles"), _("Sections"), _("Last sign-in"), _("State")]
    print_table(headings, (_row(member) for member in members))


def _row(member: Membership) -> tuple[str, ...]:
    person = member.user
    return (
        person.get_username(),
        person.first_name,
        "、".join(member.role_names),
        "、".join(member.sections),
        localtime(person.last_login, get_office().timezone).strftime("%Y-%m-%d %H:%M") if person.last_login else "",
        "" if queries.is_here(member) else _("deactivated"),
    )


def _json(member: Membership) -> dict[str, Any]:
    person = member.user
    return {
        "username": person.get_username(),
        "name": person.first_name,
        "roles": member.roles,
        "sections": member.sections,
        "last_login": person.last_login.isoformat() if person.last_login else None,
        "active": queries.is_here(member),
    }


@user.command("roles")
@click.argument("username")
@role_option
@section_option
def change_roles(username: str, roles: tuple[str, ...], sections: tuple[str, ...]) -> None:
    """改为这些角色（和科室，不写则不变）。 Give these roles instead; sections stay where none is named."""
    office, person = _person(username)
    if not roles:
        stop(Text("Name the roles with --role: {roles}.", roles=", ".join(Role.values)), Exit.USAGE)
    before = queries.place_of(person, office)
    place = Place(roles, sections or tuple(before.sections if before else ()))
    member = actions.change(office, person, place, by=actor())
    say(Text("{name} is now: {roles}.", name=username, roles="、".join(member.role_names)))


@user.command()
@click.argument("username")
def deactivate(username: str) -> None:
    """停用账号（人员离开）。 Somebody left: they can no longer sign in."""
    office, person = _person(username)
    actions.deactivate(office, person, by=actor())
    say(Text("{name} can no longer work here.", name=username))


@user.command()
@click.argument("username")
def reactivate(username: str) -> None:
    """重新启用账号。 Somebody came back."""
    office, person = _person(username)
    actions.reactivate(office, person, by=actor())
    say(Text("{name} can work here again.", name=username))


@user.command()
@click.argument("username")
def password(username: str) -> None:
    """重置密码：给一个一次性密码。 Print a one-time password for somebody who forgot theirs."""
    office, person = _person(username)
    _tell(actions.reset_password(office, person, by=actor(), for_all_offices=True))


@user.command("second-factor")
@click.argument("username")
def second_factor(username: str) -> None:
    """移除动态口令（手机丢失时）。 Remove the second factor of somebody whose phone is gone."""
    office, person = _person(username)
    removed = actions.remove_second_factor(office, person, by=actor(), for_all_offices=True)
    _say_whether(
        removed,
        Text("The second factor of {name} is removed: they sign in with the password alone.", name=username),
        Text("{name} has no second factor.", name=username),
    )


@user.command()
@click.argument("username")
def unlock(username: str) -> None:
    """解除登录锁定。 Let somebody sign in again who was locked out for wrong passwords."""
    office, person = _person(username)
    unlocked = actions.unlock(office, person, by=actor())
    _say_whether(
        unlocked,
        Text("{name} can sign in again at once.", name=username),
        Text("{name} was not locked out.", name=username),
    )


def _say_whether(was_done: bool, done: Text, not_done: Text) -> None:
    say(done if was_done else not_done)


def _person(username: str) -> tuple[Office, User]:
    """The office, and the account of that name. Stops the command where there is none."""
    office = _office()
    found = User.objects.filter(username=username).first()
    if found is None:
        stop(Text("There is no account {name}: `publisher user list` shows those there are.", name=username))
    return office, found


def _office() -> Office:
    ensure_schema()
    return get_office()
