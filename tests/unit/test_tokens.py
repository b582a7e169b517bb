"""Tokens of other programs: made once, shown once, kept as a digest, revoked for good."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client

from publisher.cli.tokens import token
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.people import tokens
from publisher.people.actions import NotDone
from publisher.people.models import Scope, Token
from publisher.people.roles import Role
from publisher.people.tokens import Terms, TokenRefused
from tests.staff import person

SECRET = re.compile(r"pub_[A-Za-z0-9_-]{43}")
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def everything_kept() -> str:
    """All rows of all tables as text."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += map(str, cursor.fetchall())
    return "\n".join(found)


@pytest.mark.django_db
def test_a_secret_is_shown_once_and_kept_nowhere(office: Office) -> None:
    made = tokens.create(office, "oa", Terms(), by="lina")
    assert SECRET.fullmatch(made.secret)
    kept = everything_kept()
    assert made.token.digest in kept
    assert made.secret not in kept
    assert made.secret[: tokens.SHOWN + 1] not in kept
    assert made.secret not in repr(made.token)
    entry = LogEntry.objects.get(event="token_created")
    assert (entry.title, entry.actor, entry.detail["scopes"]) == ("oa", "lina", ["read", "submit"])


@pytest.mark.django_db
def test_a_name_is_given_once_even_when_its_token_is_revoked(office: Office) -> None:
    tokens.create(office, "oa", Terms(), by="lina")
    tokens.revoke(office, "oa", by="lina")
    with pytest.raises(NotDone, match="choose another name"):
        tokens.create(office, " oa ", Terms(), by="lina")
    with pytest.raises(NotDone, match="revoked before"):
        tokens.revoke(office, "oa", by="lina")
    with pytest.raises(NotDone, match="no token"):
        tokens.revoke(office, "nobody", by="lina")
    assert LogEntry.objects.filter(event="token_revoked").count() == 1


BAD = {
    "no name": ("", Terms()),
    "a name with a blank": ("a b", Terms()),
    "a name that would be another actor": ("cli:root", Terms()),
    "a long name": ("a" * 65, Terms()),
    "no scope": ("a", Terms(scopes=())),
    "an unknown scope": ("a", Terms(scopes=("everything",))),
    "no day": ("a", Terms(days=0)),
    "for ever": ("a", Terms(days=36_500)),
    "no request": ("a", Terms(per_minute=0)),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "terms"), BAD.values(), ids=BAD)
def test_what_will_not_do_is_refused(office: Office, name: str, terms: Terms) -> None:
    with pytest.raises(NotDone):
        tokens.create(office, name, terms, by="lina")
    assert not Token.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.django_db
def test_those_that_end_soon_are_named_in_time(office: Office) -> None:
    with time_machine.travel(NOW, tick=False):
        for days in (3, 20, 365):
            tokens.create(office, f"for-{days}", Terms(days=days), by="lina")
        tokens.create(office, "gone", Terms(days=5), by="lina")
        tokens.revoke(office, "gone", by="lina")
    month = timedelta(days=30)
    assert [each.name for each in tokens.expiring(office, now=NOW, within=month)] == ["for-3", "for-20"]
    # What has ended is named for a while, until somebody revokes it or replaces it.
    late = tokens.expiring(office, now=NOW + timedelta(days=25), within=month)
    assert [each.name for each in late] == ["for-3", "for-20"]
    assert tokens.expiring(office, now=NOW + timedelta(days=60), within=month) == []


# The pages


@pytest.fixture
def administrator(office: Office) -> Client:
    client = Client()
    client.force_login(person("lina", Role.ADMINISTRATOR))
    return client


def form(**changes: Any) -> dict[str, Any]:
    return {"name": "协同办公", "scopes": ["read", "submit"], "days": "365", "per_minute": "120", **changes}


@pytest.mark.django_db
def test_a_token_made_on_the_page_opens_the_interface_until_it_is_revoked(administrator: Client) -> None:
    shown = administrator.post("/tokens/new/", form()).content.decode()
    secret = SECRET.search(shown)
    assert secret
    listed = administrator.get("/tokens/").content.decode()
    assert "协同办公" in listed
    assert secret[0] not in listed
    headers = {"Authorization": f"Bearer {secret[0]}"}
    assert Client().get("/api/v1/items", headers=headers).status_code == 200
    made = Token.objects.get()
    assert made.used_at
    assert administrator.post(f"/tokens/{made.pk}/revoke/", follow=True).status_code == 200
    assert Client().get("/api/v1/items", headers=headers).status_code == 401
    assert administrator.post(f"/tokens/{made.pk}/revoke/", follow=True).status_code == 200
    assert LogEntry.objects.filter(event="token_revoked", actor="lina").count() == 1


MISTAKES = {
    "no name": form(name=""),
    "a name that is taken": form(name="oa"),
    "no scope": form(scopes=[]),
    "another duration": form(days="7"),
    "too many requests": form(per_minute="1000000"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("sent", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_said_beside_the_field(administrator: Client, office: Office, sent: dict[str, Any]) -> None:
    tokens.create(office, "oa", Terms(), by="lina")
    answer = administrator.post("/tokens/new/", sent)
    assert answer.status_code == 400
    assert 'class="mistake"' in answer.content.decode()
    assert Token.objects.count() == 1


@pytest.mark.django_db
def test_a_token_of_another_office_is_not_there(administrator: Client, office: Office) -> None:
    made = tokens.create(office, "oa", Terms(), by="lina").token
    Token.objects.update(office="elsewhere")
    assert administrator.post(f"/tokens/{made.pk}/revoke/").status_code == 404
    assert "oa" not in administrator.get("/tokens/").content.decode().split("<main", 1)[1].split("<pre", 1)[0]


@pytest.mark.django_db
def test_the_list_asks_the_same_of_the_database_however_long_it_is(
    administrator: Client, office: Office, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        tokens.create(office, f"system-{number}", Terms(), by="lina")
    with django_assert_max_num_queries(8):
        assert administrator.get("/tokens/").content.decode().count("system-") >= 50


@pytest.mark.django_db
def test_the_guide_runs_its_own_scripts_and_asks_nobody_else(administrator: Client) -> None:
    answer = administrator.get("/tokens/guide/")
    policy = answer.headers["Content-Security-Policy"]
    page = answer.content.decode()
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    own = re.findall(r'(?:src|href)="/static/(ninja/[^"]+)"', page)
    assert len(own) == 3
    assert all(finders.find(name) for name in own)


# The command line


@pytest.mark.django_db
def test_a_token_is_made_listed_and_revoked_on_the_command_line(office: Office) -> None:
    made = publisher_token("create", "oa", "--scope", "read", "--days", "30")
    assert SECRET.fullmatch(made.stdout.strip())
    assert json.loads(publisher_token("create", "json", "--json").stdout)["token"].startswith("pub_")
    publisher_token("revoke", "json")
    listed = publisher_token("list", "--json").stdout
    one, other = json.loads(listed)["tokens"]
    assert (one["name"], one["scopes"], one["revoked_at"]) == ("oa", [Scope.READ], None)
    assert other["revoked_by"].startswith("cli:")
    assert made.stdout.strip() not in listed + publisher_token("list").stdout
    for words in (("create", "oa"), ("revoke", "json"), ("revoke", "nobody")):
        assert isinstance(publisher_token(*words).exception, NotDone)
    assert publisher_token("create", "x", "--scope", "everything").exit_code == 2


def publisher_token(*words: str) -> Result:
    return CliRunner().invoke(token, words)


@pytest.mark.django_db
def test_only_the_whole_secret_is_recognised(office: Office) -> None:
    made = tokens.create(office, "oa", Terms(), by="lina")
    assert tokens.recognise(office, made.secret, now=NOW) == made.token
    for wrong in ("", made.secret[:-1], made.secret + "x", made.token.digest, made.secret.upper()):
        with pytest.raises(TokenRefused):
            tokens.recognise(office, wrong, now=NOW)
