"""Signing in by OpenID Connect, at a provider that really runs: who comes in, and whom nobody can pass for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from publisher.office import get_office
from publisher.people.models import Account
from publisher.people.roles import Role
from tests.desk_samples import links, texts
from tests.provider import CLIENT, SECRET, Misbehaviour, Person, Provider
from tests.staff import code_of, factor_of, person
from tests.world import write_office

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def provider(home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Running, and named in the office's configuration."""
    with Provider() as running:
        table = f"""[security.oidc]
issuer = "{running.url}/"
client_id = "{CLIENT}"
client_secret = "env:OIDC_CLIENT_SECRET"
name = "省统一身份认证"

[inspection]"""
        monkeypatch.setenv("OIDC_CLIENT_SECRET", SECRET)
        settings.PUBLISHER_CONFIG = write_office(home, running.url, changes=[("[inspection]", table)])
        get_office.cache_clear()
        yield running


@pytest.fixture
def client() -> Client:
    return Client(headers={"Accept-Language": "en"})


def come_back(client: Client, *, to: str = "") -> Any:
    """Go to the provider and come back from there, as a browser does."""
    left = client.get("/login/openid/", {"next": to} if to else {})
    assert left.status_code == 302, left.content.decode()
    there = requests.get(left["Location"], allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    assert back.path == "/login/openid/return/"
    return client.get(f"{back.path}?{back.query}")


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def test_somebody_comes_in_with_the_roles_they_have_here(client: Client, provider: Provider) -> None:
    person("lina", Role.DRAFTER)
    page = client.get("/login/?next=/freshness")
    assert "Sign in at 省统一身份认证" in texts(page, "main a")
    assert "/login/openid/?next=%2Ffreshness" in links(page, "main a")
    assert come_back(client, to="/freshness")["Location"] == "/freshness"
    assert client.get("/freshness").status_code == 200
    assert client.get("/log/").status_code == 403


def test_the_way_on_does_not_lead_to_another_place(client: Client, provider: Provider) -> None:
    person("lina", Role.DRAFTER)
    assert come_back(client, to="https://example.com/")["Location"] == "/"


def test_nobody_gets_an_account_by_coming_from_there(client: Client, provider: Provider) -> None:
    answer = come_back(client)
    assert answer.status_code == 403
    assert texts(answer, "[role=alert]") == ["There is no account lina here: ask the administrator to make one."]
    assert not User.objects.exists()


def test_an_account_without_an_office_gets_no_roles_either(client: Client, provider: Provider) -> None:
    User.objects.create_user("lina")
    assert come_back(client)["Location"] == "/"
    assert client.get("/").status_code == 403


def test_the_subject_counts_from_the_second_time_on(client: Client, provider: Provider) -> None:
    person("lina", Role.DRAFTER)
    come_back(client)
    provider.person = Person(subject="another", claims={"preferred_username": "lina"})
    other = Client(headers={"Accept-Language": "en"})
    answer = come_back(other)
    assert "somebody else signed in as lina" in texts(answer, "[role=alert]")[0]
    assert not is_in(other)
    assert Account.objects.get().subject == f"{provider.url} 8f2e-42"


def test_the_second_factor_is_asked_for_all_the_same(client: Client, provider: Provider) -> None:
    factor = factor_of(person("lina", Role.DRAFTER))
    assert come_back(client)["Location"] == "/login/code/"
    assert not is_in(client)
    client.post("/login/code/", {"code": code_of(factor)})
    assert is_in(client)


def test_a_claim_the_token_lacks_is_asked_for(client: Client, provider: Provider) -> None:
    person("lina", Role.DRAFTER)
    provider.person = Person(claims={})
    provider.wrong = Misbehaviour(userinfo={"sub": "8f2e-42", "preferred_username": "lina"})
    assert come_back(client)["Location"] == "/"


WRONG = {
    "another audience": Misbehaviour(claims={"aud": "another program"}),
    "another issuer in the token": Misbehaviour(claims={"iss": "https://evil.example.com"}),
    "another issuer in its description": Misbehaviour(issuer="https://evil.example.com"),
    "an old token": Misbehaviour(claims={"exp": 1_600_000_000}),
    "a token of another sign-in": Misbehaviour(claims={"nonce": "another"}),
    "no nonce": Misbehaviour(claims={"nonce": None}),
    "no subject": Misbehaviour(claims={"sub": None}),
    "no audience": Misbehaviour(claims={"aud": None}),
    "a key of somebody else": Misbehaviour(foreign_key=True),
    "no signature": Misbehaviour(algorithm="none"),
    "a signature we could make": Misbehaviour(algorithm="HS256"),
    "no token": Misbehaviour(no_token=True),
    "refused by the person": Misbehaviour(denies=True),
    "another person's claims": Misbehaviour(
        claims={"preferred_username": None}, userinfo={"sub": "another", "preferred_username": "lina"}
    ),
    "claims of nobody": Misbehaviour(claims={"preferred_username": None}, userinfo={"preferred_username": "lina"}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_the_provider_does_wrong_lets_nobody_in(client: Client, provider: Provider, wrong: Misbehaviour) -> None:
    person("lina", Role.DRAFTER)
    provider.wrong = wrong
    if wrong.issuer:
        answer: Any = client.get("/login/openid/")
    else:
        answer = come_back(client)
    assert answer.status_code == 502
    assert "Signing in at 省统一身份认证 did not work" in texts(answer, "[role=alert]")[0]
    assert not is_in(client)


def test_an_answer_that_nobody_asked_for_lets_nobody_in(client: Client, provider: Provider) -> None:
    person("lina", Role.DRAFTER)
    left = client.get("/login/openid/")
    there = requests.get(left["Location"], allow_redirects=False, timeout=5)
    victim = Client(headers={"Accept-Language": "en"})
    back = urlsplit(there.headers["Location"])
    assert victim.get(f"{back.path}?{back.query}").status_code == 502
    assert not is_in(victim)


def test_an_answer_is_good_once(client: Client, provider: Provider) -> None:
    person("lina", Role.DRAFTER)
    left = client.get("/login/openid/")
    there = requests.get(left["Location"], allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    assert client.get(f"{back.path}?{back.query}").status_code == 302
    client.post("/logout/")
    assert client.get(f"{back.path}?{back.query}").status_code == 502


def test_a_provider_that_is_away_is_said(client: Client, provider: Provider) -> None:
    provider.stop()
    assert client.get("/login/openid/").status_code == 502


def test_a_missing_secret_is_no_reason_to_fall_over(
    client: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OIDC_CLIENT_SECRET")
    assert client.get("/login/openid/").status_code == 502


def test_no_secret_of_the_provider_is_told(
    client: Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    person("lina", Role.DRAFTER)
    provider.wrong = Misbehaviour(claims={"nonce": "another"})
    answer = come_back(client)
    assert SECRET not in caplog.text + answer.content.decode() + str(dict(client.session))


def test_without_a_provider_there_is_no_such_way(client: Client) -> None:
    assert client.get("/login/openid/").status_code == 404
    assert not [link for link in links(client.get("/login/"), "main a") if "openid" in link]
