"""What the platform says by itself when a publication or a send has ended, signed as the account is set.

Source: developers.weixin.qq.com, guide/dev/push/encryption and the pages of the two events, read 2026-11.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels.sandbox.books import now
from channels.sandbox.wechat.account import Account, Told, WechatSettings
from channels.sandbox.wechat.entries import USES_UP_DRAFT, Publication, PublishStatus, Send, SendStatus

BLOCK = 32
"""Padding is by blocks of this size, though AES has smaller ones."""

OWN_NAME, A_READER = "gh_0123456789ab", "oReader0123456789"


@dataclass(frozen=True, slots=True)
class Event:
    """One message as it is posted: the query behind the callback's address, and the body."""

    key: str
    query: dict[str, str]
    body: bytes


def due_events(account: Account) -> list[Event]:
    """What has ended and was not told yet, oldest first; asking again gives the same."""
    at = now()
    return [
        signed(account.settings, xml, key, at)
        for key, xml in _ended(account, at)
        if account.told_shelf.get(key) is None
    ]


def note_told(account: Account, event: Event) -> None:
    """Do not tell it any more."""
    account.told_shelf.put(event.key, Told(event.key))


def signed(settings: WechatSettings, xml: str, key: str, at: datetime) -> Event:
    """A message in the mode the account is set to: plain, compatible or safe."""
    stamp, nonce = str(int(at.timestamp())), str(secrets.randbelow(10**9))
    query = {"timestamp": stamp, "nonce": nonce, "openid": A_READER}
    query["signature"] = _signature(settings.callback_token, stamp, nonce)
    if settings.callback_mode == "plain":
        return Event(key, query, f"<xml>{xml}</xml>".encode())
    encrypted = _encrypt(f"<xml>{xml}</xml>", settings)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = _signature(settings.callback_token, stamp, nonce, encrypted)
    outside = xml if settings.callback_mode == "compatible" else _tag("ToUserName", OWN_NAME)
    return Event(key, query, f"<xml>{outside}{_tag('Encrypt', encrypted)}</xml>".encode())


def _ended(account: Account, at: datetime) -> Iterator[tuple[str, str]]:
    late = timedelta(seconds=account.settings.told_after_s)
    for publication in account.submitted:
        has_ended = not publication.by_push and publication.status(at) is not PublishStatus.UNDER_WAY
        if has_ended and at - publication.due_at >= late:
            yield f"publication {publication.publish_id}", _of_publication(account, publication, at)
    for send in account.sends:
        if send.status(at) is not SendStatus.UNDER_WAY and at - send.due_at >= late:
            yield f"send {send.msg_id}", _of_send(account, send)


def _of_publication(account: Account, publication: Publication, at: datetime) -> str:
    status = publication.status(at)
    info = f"<publish_id>{publication.publish_id}</publish_id><publish_status>{int(status)}</publish_status>"
    if status in USES_UP_DRAFT:
        info += _tag("article_id", publication.article_id)
        rows = "".join(
            f"<item><idx>{number}</idx>{_tag('article_url', url)}</item>"
            for number, url in enumerate(publication.urls, start=1)
        )
        info += f"<article_detail><count>{len(publication.urls)}</count>{rows}</article_detail>"
    else:
        info += "".join(f"<fail_idx>{number}</fail_idx>" for number in account.settings.publish_fails)
    return _head("PUBLISHJOBFINISH", publication.due_at) + f"<PublishEventInfo>{info}</PublishEventInfo>"


def _of_send(account: Account, send: Send) -> str:
    rows = "".join(
        f"<item><ArticleIdx>{number}</ArticleIdx>{_tag('ArticleUrl', url)}</item>"
        for number, url in enumerate(send.urls if account.settings.mass_tells_addresses else (), start=1)
    )
    total = account.settings.subscribers
    return (
        _head("MASSSENDJOBFINISH", send.due_at)
        + f"<MsgID>{send.msg_id}</MsgID>{_tag('Status', send.outcome)}<TotalCount>{total}</TotalCount>"
        + f"<FilterCount>{total}</FilterCount><SentCount>{total}</SentCount><ErrorCount>0</ErrorCount>"
        + "<CopyrightCheckResult><Count>0</Count><ResultList/><CheckState>1</CheckState></CopyrightCheckResult>"
        + f"<ArticleUrlResult><Count>{len(send.urls)}</Count><ResultList>{rows}</ResultList></ArticleUrlResult>"
    )


def _head(event: str, at: datetime) -> str:
    return (
        _tag("ToUserName", OWN_NAME)
        + _tag("FromUserName", A_READER)
        + f"<CreateTime>{int(at.timestamp())}</CreateTime>"
        + _tag("MsgType", "event")
        + _tag("Event", event)
    )


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's own way


def _encrypt(xml: str, settings: WechatSettings) -> str:
    key = b64decode(settings.callback_aes_key + "=")
    content = xml.encode()
    plain = secrets.token_bytes(16) + len(content).to_bytes(4, "big") + content + settings.app_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()
