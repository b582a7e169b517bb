"""Signing in at Weibo: the address people are sent to, the code they bring back, and the token for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import ValidationError

from channels.base import Place
from channels.errors import ChannelError, ChannelUnavailable, CredentialsRefused
from channels.sandbox.server import Sandbox
from channels.secret import Secret
from channels.weibo.channel import WeiboChannel
from channels.weibo.options import WeiboOptions
from channels.weibo.signing_in import WeiboSignIn, standing_of

BACK = "https://desk.example.gov.cn/accounts/return/"
TOKEN = "/oauth2/access_token"
INFO = "/oauth2/get_token_info"


@pytest.fixture
def app(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox.weibo.settings.redirect_uri = BACK
    monkeypatch.setenv("WEIBO_APP_SECRET", sandbox.weibo.settings.app_secret)
    return sandbox


def signing_in(app: Sandbox, **changes: Any) -> WeiboSignIn:
    values = {
        "api_base": app.url,
        "access_token": "desk:weibo",
        "app_key": "1234567890",
        "app_secret": "env:WEIBO_APP_SECRET",
        "redirect_uri": BACK,
        "uid": "1234567890",
        "timeout_s": 0.5,
    }
    found = WeiboChannel("weibo", WeiboOptions.model_validate(values | changes), Place(Path())).sign_in
    assert isinstance(found, WeiboSignIn)
    return found


def answer(sign_in: WeiboSignIn, press: str) -> dict[str, str]:
    """What the browser brings back after somebody pressed a link on the platform's page."""
    page = requests.get(f"{sign_in.address('a state')}&answer={press}", allow_redirects=False, timeout=5)
    address = urlsplit(page.headers["Location"])
    assert address._replace(query="").geturl() == BACK
    return {name: values[0] for name, values in parse_qs(address.query).items()}


def test_a_code_is_worth_a_token_for_the_offices_account(app: Sandbox) -> None:
    sign_in = signing_in(app)
    brought = answer(sign_in, "agree")
    assert (brought["state"], sign_in.refusal(brought)) == ("a state", None)
    grant = sign_in.redeem(brought["code"])
    assert grant.account == "1234567890"
    assert grant.ends_at is not None
    assert grant.token not in repr(grant)
    assert app.weibo.token_shelf.get(grant.token) is not None
    assert grant.token not in str(app.as_json())


def test_the_page_of_the_platform_asks_people(app: Sandbox) -> None:
    page = requests.get(signing_in(app).address("s"), timeout=5)
    assert "同意授权" in page.text


def test_a_code_is_good_once(app: Sandbox) -> None:
    sign_in = signing_in(app)
    code = answer(sign_in, "agree")["code"]
    sign_in.redeem(code)
    with pytest.raises(CredentialsRefused, match="21325"):
        sign_in.redeem(code)


def test_whoever_does_not_agree_changes_nothing(app: Sandbox) -> None:
    sign_in = signing_in(app)
    refused = sign_in.refusal(answer(sign_in, "refuse"))
    assert "did not agree" in str(refused)
    assert "21322" in str(sign_in.refusal({"error": "redirect_uri_mismatch", "error_code": "21322"}))
    assert sign_in.refusal({}) is not None


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"redirect_uri": f"{BACK}?x"[:-2] + "x"}, "21322"),
        ({"app_secret": "env:OTHER"}, "21324"),
        ({"uid": "99"}, "the office's account is 99"),
    ],
    ids=["another address", "another secret", "another account"],
)
def test_what_is_not_ours_is_turned_away(
    app: Sandbox, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], text: str
) -> None:
    monkeypatch.setenv("OTHER", "another secret")
    code = answer(signing_in(app), "agree")["code"]
    with pytest.raises(CredentialsRefused, match=text):
        signing_in(app, **changes).redeem(code)


def test_a_token_of_another_app_is_not_kept(app: Sandbox) -> None:
    sign_in = signing_in(app)
    code = answer(sign_in, "agree")["code"]
    with pytest.raises(CredentialsRefused, match="for the app 5"):
        # Who answers the second question speaks of another app than who answered the first.
        sign_in._checked("2.00x", {"appkey": "5", "uid": 1, "expire_in": 5})
    assert sign_in.redeem(code).token


@pytest.mark.parametrize("path", [TOKEN, INFO])
@pytest.mark.parametrize("fault", ["reset_before", "error_after", "garbage_after", "busy"])
def test_without_a_readable_answer_it_is_begun_again(app: Sandbox, path: str, fault: str) -> None:
    sign_in = signing_in(app)
    code = answer(sign_in, "agree")["code"]
    app.misbehave(path, fault)
    with pytest.raises(ChannelUnavailable):
        sign_in.redeem(code)


@pytest.mark.parametrize("value", [None, "", "soon", [], {}])
def test_a_time_that_cannot_be_read_is_no_time(value: object) -> None:
    with pytest.raises(ChannelUnavailable):
        standing_of({"expire_in": value, "uid": 1})


def test_numbers_come_as_texts_too() -> None:
    assert standing_of({"expire_in": "60", "uid": "7"}).account == standing_of({"expire_in": 60, "uid": 7}).account


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"is_revoked": True}, "21317"), ({"ends_at": None}, "21327")],
    ids=["revoked", "expired"],
)
def test_a_token_that_ended_early_says_so(app: Sandbox, changes: dict[str, Any], code: str) -> None:
    sign_in = signing_in(app)
    token = sign_in.redeem(answer(sign_in, "agree")["code"]).token
    held = app.weibo.token_shelf.get(token)
    assert held is not None
    if "is_revoked" in changes:
        requests.post(f"{app.url}/oauth2/revokeoauth2", data={"access_token": token}, timeout=5)
    else:
        app.weibo.token_shelf.put(token, type(held)(token, held.made_at, held.made_at))
    Secret.desk, before = staticmethod(lambda _name: token), Secret.desk
    try:
        options = signing_in(app)._options
        with pytest.raises(ChannelError) as caught:
            WeiboChannel("weibo", options, Place(Path())).standing()
    finally:
        Secret.desk = before
    assert (type(caught.value), caught.value.code) == (CredentialsRefused, code)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"app_key": ""}, "app_key"),
        ({"app_secret": None}, "app_secret"),
        ({"redirect_uri": ""}, "redirect_uri"),
        ({"redirect_uri": "desk.example.gov.cn"}, "web address"),
        ({"uid": "某局"}, "number"),
    ],
)
def test_signing_in_needs_its_settings(app: Sandbox, changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        signing_in(app, **changes)
