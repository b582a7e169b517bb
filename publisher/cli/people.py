"""Accounts of the people who sign in to the web pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, say, stop
from publisher.cli.schema import ensure_schema
from publisher.office import get_office
from publisher.people.actions import first_roles, join
from publisher.people.roles import Role


@click.group()
def user() -> None:
    """用户账号。 Accounts for the web pages."""


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取密码。 Read the password from standard input.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(Role.values), help="角色，可多次。 A role; repeatable."
)
def create(name: str, password_stdin: bool, roles: tuple[Role, ...]) -> None:
    """新建账号。 Make an account."""
    ensure_schema()
    office = get_office()
    people = get_user_model().objects
    if people.filter(username=name).exists():
        stop(Text("There is an account {name} already: choose another name.", name=name), Exit.REFUSED)
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
    )
    try:
        validate_password(password)
    except ValidationError as error:
        stop(Text("This password will not do: {reason}", reason=" ".join(_flaws(error))), Exit.REFUSED)
    with transaction.atomic():
        join(office, people.create_user(username=name, password=password), roles or first_roles(office))
    say(Text("The account {name} is ready: sign in with it in the browser.", name=name))


def _flaws(error: ValidationError) -> Iterator[str]:
    """What is wrong with a password. Django's own Chinese has no words for one that is too short."""
    for flaw in error.error_list:
        if flaw.code == "password_too_short" and flaw.params:
            yield _("It must have at least {count} characters.").format(count=flaw.params["min_length"])
        else:
            yield from flaw.messages
