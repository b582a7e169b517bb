"""The page of accounts: how each channel stands, pausing it with a reason, and signing in at the platform."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from channels.sandbox.server import Sandbox
from channels.secret import Secret
from publisher.credentials.models import Credential
from publisher.log import queries as log
from publisher.office import Office
from publisher.people.roles import Role
from publisher.queue import accounts
from publisher.queue.states import State
from tests.accounts import office_that_signs_in
from tests.desk_samples import elements, put, released
from tests.staff import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(person("zhangwei", Role.ADMINISTRATOR))
    return client


@pytest.fixture
def signs_in(home: Path, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Office:
    return office_that_signs_in(home, sandbox, settings, monkeypatch)


def texts(page: Any, query: str) -> list[str]:
    return [" ".join(element.get_text(" ", strip=True).split()) for element in elements(page, query)]


def said(page: Any) -> str:
    return " ".join(texts(page, "main > .reason"))


def agree(address: str, answer: str = "agree") -> str:
    """Press a link on the platform's page; returns where it sends the browser, as an address of ours."""
    sent = requests.get(f"{address}&answer={answer}", allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(sent)
    return f"{parts.path}?{parts.query}"


def test_every_channel_is_there_with_its_state(office: Office, desk: Client) -> None:
    page = desk.get("/accounts/")
    assert texts(page, "h2") == ["门户网站", "微信公众号", "新浪微博", "攀枝花日报"]
    assert texts(page, ".account-head .chip") == ["正常发布"] * 4


def test_a_channel_is_paused_with_a_reason_and_goes_on(office: Office, desk: Client) -> None:
    page = desk.post("/accounts/weibo/pause/", {"reason": " "}, follow=True)
    assert "理由" in said(page)
    assert accounts.paused(office.slug) == {}
    page = desk.post("/accounts/weibo/pause/", {"reason": "平台维护"}, follow=True)
    assert "平台维护" in " ".join(texts(page, ".account-card .reason"))
    assert log.book(office.slug).latest("seq").actor == "zhangwei"
    desk.post("/accounts/weibo/resume/")
    assert accounts.paused(office.slug) == {}


def test_the_platform_is_asked_on_request(office: Office, desk: Client, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.token_left_s = 5 * 86_400 + 60
    sandbox.weibo.settings.followers = 18_236
    page = desk.post("/accounts/weibo/ask/", follow=True)
    words = " ".join(texts(page, ".account-facts"))
    assert "还有 5 天" in words
    assert "18236" in words
    assert "新浪微博" in " ".join(texts(desk.get("/todo/"), "main"))
    sandbox.weibo.settings.token_expired = True
    page = desk.post("/accounts/weibo/ask/", follow=True)
    assert "21327" in said(page)
    assert "已暂停" in texts(page, ".account-head .chip")


def test_no_answer_is_said_as_such(office: Office, desk: Client, sandbox: Sandbox) -> None:
    sandbox.misbehave("/oauth2/get_token_info", "error_before")
    assert "没有答复" in said(desk.post("/accounts/weibo/ask/", follow=True))


def test_somebody_signs_in_and_the_token_is_kept(signs_in: Office, desk: Client, sandbox: Sandbox) -> None:
    leaving = desk.get("/accounts/weibo/sign-in/")
    assert leaving["Location"].startswith(f"{sandbox.url}/oauth2/authorize?")
    page = desk.get(agree(leaving["Location"]), follow=True)
    assert "登录成功" in said(page)
    kept = Credential.objects.get()
    assert (kept.account, kept.signed_in_by) == ("1234567890", "zhangwei")
    assert sandbox.weibo.token_shelf.get(Secret("desk:weibo").reveal()) is not None
    assert "还有 1824 天" in " ".join(texts(page, ".account-facts"))
    page = desk.post("/accounts/weibo/sign-out/", follow=True)
    assert "已删除" in said(page)
    assert not Credential.objects.exists()


def test_a_code_is_taken_only_where_it_was_asked_for(signs_in: Office, desk: Client) -> None:
    """Nobody can have somebody else's account kept here by giving them a link."""
    leaving = desk.get("/accounts/weibo/sign-in/")
    back = agree(leaving["Location"])
    stranger = Client()
    stranger.force_login(person("lina", Role.ADMINISTRATOR))
    assert "不是从这里发起" in said(stranger.get(back, follow=True))
    assert "不是从这里发起" in said(desk.get(back.replace("state=", "state=x"), follow=True))
    # Whatever came back first, the sign-in is over.
    assert "不是从这里发起" in said(desk.get(back, follow=True))
    assert not Credential.objects.exists()


def test_a_sign_in_that_took_too_long_is_begun_again(signs_in: Office, desk: Client) -> None:
    back = agree(desk.get("/accounts/weibo/sign-in/")["Location"])
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert "时间过长" in said(desk.get(back, follow=True))


@pytest.mark.parametrize(
    ("change", "answer", "text"),
    [
        ({}, "refuse", "没有同意"),
        ({"uid": "99"}, "agree", "本单位的账号是 1234567890"),
        ({"app_secret": "changed"}, "agree", "21324"),
    ],
    ids=["refused", "another account", "another secret"],
)
def test_what_goes_wrong_there_is_said_here(
    signs_in: Office, desk: Client, sandbox: Sandbox, change: dict[str, str], answer: str, text: str
) -> None:
    for name, value in change.items():
        setattr(sandbox.weibo.settings, name, value)
    leaving = desk.get("/accounts/weibo/sign-in/")
    assert text in said(desk.get(agree(leaving["Location"], answer), follow=True))
    assert not Credential.objects.exists()


def test_channels_nobody_signs_in_at_have_no_such_page(office: Office, desk: Client) -> None:
    assert desk.get("/accounts/weibo/sign-in/").status_code == 404
    assert desk.get("/accounts/nothing/sign-in/").status_code == 404
    assert desk.post("/accounts/daily/ask/").status_code == 404


def test_the_page_costs_the_same_however_much_there_is(office: Office, desk: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            desk.get("/accounts/")
        return len(asked)

    desk.post("/accounts/daily/pause/", {"reason": "改版"})
    desk.get("/accounts/")
    before = count()
    for number in range(3):
        put(released(f"第{number}条消息"), "weibo", State.WAITING)
        desk.post("/accounts/wechat/pause/", {"reason": "改版"})
    assert count() == before
