"""What WeChat says by itself: who is believed, what is understood, and that nothing else changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import OwnMemory, Reply
from channels.sandbox.wechat import WechatSettings
from channels.sandbox.wechat.events import signed
from channels.wechat.callback import Forged, decrypt, hear, signature
from channels.wechat.options import WechatOptions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN, NONCE, STAMP = "FactsToken2026", "483920175", "1767225600"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wx0123456789abcdef"
# Made with another program than ours.
ENCRYPTED = (
    "Q3stYC6hdFzMh9T8HCvyDJWvH3H+IQMNPc4CJ/QnCGi0z1atlR2y2KENT5/w07OaRQU8n+6xQApd6GL4iprh/v3+6t38owC8E2wX3mdv6zMTVOKvm4h6"
    "mUzDpWcI+myd3WzV6wNN+8oIORrOKTkFpPTpW2ZxsQZ3BPZrY/FYARRfuNYJRNUNbI2HsOdncDVDmhy3S5KpT9Pm3jjqjrSaBg=="
)
PUBLISHED = """<FromUserName>o1</FromUserName><CreateTime>1767225600</CreateTime><MsgType>event</MsgType>
<Event><![CDATA[PUBLISHJOBFINISH]]></Event><PublishEventInfo><publish_id>2247503051</publish_id>
<publish_status>0</publish_status><article_id><![CDATA[b5O2]]></article_id><article_detail><count>1</count>
<item><idx>1</idx><article_url><![CDATA[https://mp.weixin.qq.com/s?a=1&b=2]]></article_url></item></article_detail>
</PublishEventInfo>"""
SENT = """<FromUserName>o1</FromUserName><CreateTime>1767225600</CreateTime><MsgType>event</MsgType>
<Event>MASSSENDJOBFINISH</Event><MsgID>1000001625</MsgID><Status><![CDATA[err(30003)]]></Status><TotalCount>0</TotalCount>
<SentCount>0</SentCount><CopyrightCheckResult><Count>2</Count><ResultList/><CheckState>3</CheckState>
</CopyrightCheckResult><ArticleUrlResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx>
<ArticleUrl><![CDATA[http://mp.weixin.qq.com/s?x]]></ArticleUrl></item></ResultList></ArticleUrlResult>"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TOKEN": TOKEN, "KEY": AES_KEY, "OLD": "b" * 43, "APP": APP_ID}.items():
        monkeypatch.setenv(f"CALLBACK_{name}", value)


def options(**changes: Any) -> WechatOptions:
    values = {
        "app_id": "env:CALLBACK_APP",
        "app_secret": "env:CALLBACK_APP",
        "callback_token": "env:CALLBACK_TOKEN",
        "callback_aes_key": "env:CALLBACK_KEY",
    }
    return WechatOptions.model_validate(values | changes)


def ours(**changes: Any) -> WechatSettings:
    made = WechatSettings(app_id=APP_ID, callback_token=TOKEN, callback_aes_key=AES_KEY)
    return replace(made, **changes)


def said(query: Mapping[str, str], body: bytes, *, method: str = "POST", **changes: Any) -> Reply:
    return hear(options(**changes), OwnMemory(), method, query, body, now=NOW)


def test_the_platforms_signatures_and_secrets_are_read_as_others_write_them() -> None:
    assert signature(TOKEN, STAMP, NONCE) == "92f7141334edef802d7031a7f4d89b53a53cb05c"
    assert signature(TOKEN, STAMP, NONCE, ENCRYPTED) == "7faa664a2100ed6f51c2ae2c21b8507dc730d547"
    assert decrypt(ENCRYPTED, AES_KEY, APP_ID) == (
        b"<xml><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[PUBLISHJOBFINISH]]></Event></xml>"
    )
    with pytest.raises(Forged):
        decrypt(ENCRYPTED, AES_KEY, "wxanother")


def test_the_consoles_test_is_answered_and_a_strangers_is_not() -> None:
    query = {"timestamp": STAMP, "nonce": NONCE, "echostr": "1234<b>"}
    good = query | {"signature": signature(TOKEN, STAMP, NONCE)}
    assert said(good, b"", method="GET") == Reply(200, "1234<b>")
    assert said(query | {"signature": "0" * 40}, b"", method="GET") == Reply(403)
    assert said(good | {"timestamp": "1767222000"}, b"", method="GET") == Reply(403)
    assert said(good, b"", method="GET", callback_token=None) == Reply(404)


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_events_are_heard_in_every_mode(mode: str) -> None:
    event = signed(ours(callback_mode=mode), PUBLISHED, "", NOW)
    changes = {"callback_aes_key": None, "callback_plain": True} if mode == "plain" else {}
    reply = said(event.query, event.body, **changes)
    assert (reply.status, reply.body) == (200, "success")
    assert reply.notice is not None
    assert reply.notice.remote_id == "2247503051"
    assert reply.notice.data["urls"] == [{"ArticleUrl": "https://mp.weixin.qq.com/s?a=1&b=2"}]


def test_the_outcome_of_a_send_is_heard_with_its_addresses() -> None:
    event = signed(ours(), SENT, "", NOW)
    notice = said(event.query, event.body).notice
    assert notice is not None
    assert (notice.remote_id, notice.data["Status"], notice.data["CheckState"]) == ("1000001625", "err(30003)", "3")
    assert notice.data["urls"] == [{"ArticleIdx": "1", "ArticleUrl": "http://mp.weixin.qq.com/s?x"}]


def test_an_event_said_twice_has_one_key_and_another_one_another() -> None:
    events = [signed(ours(), xml, "", NOW) for xml in (PUBLISHED, PUBLISHED, SENT)]
    keys = [reply.notice.key for event in events if (reply := said(event.query, event.body)).notice]
    assert keys[0] == keys[1] != keys[2]


def test_while_the_key_changes_the_old_one_is_tried_second() -> None:
    event = signed(ours(callback_aes_key="b" * 43), PUBLISHED, "", NOW)
    assert said(event.query, event.body) == Reply(403)
    assert said(event.query, event.body, callback_old_aes_key="env:CALLBACK_OLD").notice is not None


def test_a_plain_signature_is_good_once() -> None:
    event, common = signed(ours(callback_mode="plain"), PUBLISHED, "", NOW), OwnMemory()
    plain = options(callback_aes_key=None, callback_plain=True)
    replies = [hear(plain, common, "POST", event.query, body, now=NOW) for body in (event.body, b"<xml/>")]
    assert [reply.status for reply in replies] == [200, 403]


def test_other_messages_are_taken_and_of_no_use() -> None:
    event = signed(ours(), "<MsgType>text</MsgType><Content>你好</Content>", "", NOW)
    assert said(event.query, event.body) == Reply(200, "success")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"no xml",
        b"<xml><Encrypt>AAAA</Encrypt></xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
        b"<xml>" + b"a" * 70_000 + b"</xml>",
        b"<xml><Event>PUBLISHJOBFINISH</Event></xml>",
    ],
    ids=["nothing", "half", "text", "short", "entities", "long", "not encrypted"],
)
def test_what_is_broken_or_not_encrypted_changes_nothing(body: bytes) -> None:
    event = signed(ours(), PUBLISHED, "", NOW)
    assert said(event.query, body) == Reply(403)


@given(body=st.binary(max_size=200), name=st.sampled_from(["signature", "msg_signature", "timestamp", "nonce"]),
       value=st.text(max_size=50))  # fmt: skip
def test_nothing_a_stranger_can_send_is_believed(body: bytes, name: str, value: str) -> None:
    event = signed(ours(), PUBLISHED, "", NOW)
    assert said(event.query, body).notice is None
    if value != event.query[name]:
        assert said(event.query | {name: value}, event.body) == Reply(403)
