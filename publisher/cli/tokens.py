"""Tokens with which other programs use the HTTP interface."""

from __future__ import annotations

from typing import Any

import click
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import actor, print_json, print_table, say
from publisher.cli.schema import ensure_schema
from publisher.office import get_office
from publisher.people import tokens
from publisher.people.models import Scope, Token
from publisher.people.tokens import Terms


@click.group()
def token() -> None:
    """其他系统提交稿件用的令牌。 Tokens for other programs that submit items."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(Scope.values),
    default=tuple(scope.value for scope in tokens.DEFAULT_SCOPES),
    show_default=True,
    help="权限，可写多次。 What it may do; may be repeated.",
)
@click.option("--days", type=int, default=365, show_default=True, help="有效天数。 Days until it expires.")
@click.option("--per-minute", type=int, default=120, show_default=True, help="每分钟最多请求次数。 Requests a minute.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def create(name: str, scopes: tuple[str, ...], days: int, per_minute: int, as_json: bool) -> None:
    """新建令牌，只显示这一次。 Make a token; it is shown this once."""
    ensure_schema()
    made = tokens.create(get_office(), name, Terms(scopes, days, per_minute), by=actor())
    say(Text("This is the token {name}: it is shown only now and kept nowhere, so note it.", name=made.token.name))
    if as_json:
        print_json({**_json(made.token), "token": made.secret})
    else:
        click.echo(made.secret)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def list_tokens(as_json: bool) -> None:
    """列出令牌及其最近使用时间。 Show the tokens, and when each was last used."""
    ensure_schema()
    found = tokens.tokens(get_office())
    if as_json:
        print_json({"tokens": [_json(each) for each in found]})
        return
    headings = [_("Name"), _("Begins with"), _("May do"), _("Expires"), _("Last used"), _("State")]
    print_table(headings, (_row(each) for each in found))


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """吊销令牌，立即失效。 Let a token open nothing from now on."""
    ensure_schema()
    tokens.revoke(get_office(), name, by=actor())
    say(Text("The token {name} opens nothing any more.", name=name))


def _row(each: Token) -> tuple[str, ...]:
    zone = get_office().timezone
    used = localtime(each.used_at, zone).strftime("%Y-%m-%d %H:%M") if each.used_at else ""
    return (
        each.name,
        f"{each.beginning}…",
        "、".join(each.scope_names),
        localtime(each.expires_at, zone).strftime("%Y-%m-%d"),
        used,
        _("revoked") if each.revoked_at else "",
    )


def _json(each: Token) -> dict[str, Any]:
    moments = ("created_at", "expires_at", "revoked_at", "used_at")
    stamps = {name: value.isoformat() if (value := getattr(each, name)) else None for name in moments}
    return {
        "name": each.name,
        "beginning": each.beginning,
        "scopes": each.scopes,
        "per_minute": each.per_minute,
        "created_by": each.created_by,
        "revoked_by": each.revoked_by,
        "used_from": each.used_from,
        **stamps,
    }
