"""What WeChat says by itself (服务器配置): is it WeChat, what does it say, and what is it about.

Source: developers.weixin.qq.com, guide/dev/push/encryption and the pages of the two events, read 2026-11.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import logging
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from lxml import etree

from channels.base import Common, Notice, Reply
from channels.later import later
from channels.secret import Secret
from channels.wechat.api import Object
from channels.wechat.options import WechatOptions

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import ciphers
else:
    ciphers = later("cryptography.hazmat.primitives.ciphers")

logger = logging.getLogger(__name__)

FRESH_S = 600
"""A message that says another time than this around ours is not taken: it may be an old one, said again."""

SIZE_LIMIT = 64 * 1024

PUBLISHED, SENT = "PUBLISHJOBFINISH", "MASSSENDJOBFINISH"

HEARD = Reply(200, "success")
"""Also for what is of no use to us: the platform would only say it again."""

REFUSED = Reply(403)


class Forged(Exception):
    """It is not what the platform would say; the text says why, for the log."""


def hear(
    options: WechatOptions, common: Common, method: str, query: Mapping[str, str], body: bytes, *, now: datetime
) -> Reply:
    """The answer, and the notice where it is one of ours. Whatever is forged, old or broken changes nothing."""
    if options.callback_token is None:
        return Reply(404)
    try:
        _check_signature(options.callback_token.reveal(), query, "signature")
        _check_time(query, now)
        if method == "GET":
            return Reply(200, query.get("echostr", ""))
        message = _opened(options, common, query, body)
    except Forged as error:
        logger.warning("a call that says to be WeChat's is refused: %s", error)
        return REFUSED
    return Reply(HEARD.status, HEARD.body, notice_of(message))


def notice_of(message: etree._Element) -> Notice | None:
    """What an event says about a publication or a send; None where it is about something else."""
    event = _text(message, "Event")
    if event == PUBLISHED and (info := message.find("PublishEventInfo")) is not None:
        data: Object = {
            "publish_status": _text(info, "publish_status"),
            "article_id": _text(info, "article_id"),
            "urls": [{"ArticleUrl": _text(item, "article_url")} for item in info.iterfind("article_detail/item")],
        }
        remote_id = _text(info, "publish_id")
    elif event == SENT:
        names = ("MsgID", "Status", "TotalCount", "FilterCount", "SentCount", "ErrorCount")
        data = {name: _text(message, name) for name in names if _text(message, name)}
        rows = message.iterfind("ArticleUrlResult/ResultList/item")
        data["urls"] = [{name: _text(row, name) for name in ("ArticleIdx", "ArticleUrl")} for row in rows]
        data["CheckState"] = _text(message, "CopyrightCheckResult/CheckState")
        remote_id = _text(message, "MsgID")
    else:
        return None
    # Events have no number of their own.
    key = "-".join((event, remote_id, _text(message, "CreateTime"), _text(message, "FromUserName")))
    return Notice(key[:200], remote_id[:200], {"event": event, **data}) if remote_id else None


def signature(*parts: str) -> str:
    """As the platform signs."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's own way


def decrypt(encrypted: str, aes_key: str, app_id: str) -> bytes:
    """The message inside ``Encrypt``. Raises Forged: the key does not open it, or it is for another account."""
    try:
        key = b64decode(aes_key + "=")
        cipher = ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CBC(key[:16])).decryptor()
        padded = cipher.update(b64decode(encrypted, validate=True)) + cipher.finalize()
    except (ValueError, binascii.Error):
        raise Forged("it cannot be decrypted") from None
    content = padded[16 : -padded[-1]] if padded and 1 <= padded[-1] <= 32 else b""
    length = int.from_bytes(content[:4], "big")
    message, owner = content[4 : 4 + length], content[4 + length :]
    if len(message) != length or not hmac.compare_digest(owner, app_id.encode()):
        raise Forged("it was encrypted for another account, or with another key")
    return message


def _check_signature(token: str, query: Mapping[str, str], name: str, *more: str) -> None:
    expected = signature(token, query.get("timestamp", ""), query.get("nonce", ""), *more)
    if not hmac.compare_digest(expected.encode(), query.get(name, "").encode()):
        raise Forged(f"its {name} is wrong")


def _check_time(query: Mapping[str, str], now: datetime) -> None:
    said = query.get("timestamp", "")
    if not (said.isascii() and said.isdigit() and len(said) < 12) or abs(int(said) - now.timestamp()) > FRESH_S:
        raise Forged("it is too old, or the clocks are apart")


def _opened(options: WechatOptions, common: Common, query: Mapping[str, str], body: bytes) -> etree._Element:
    """The message: in safe and compatible mode what was encrypted, in plain mode what is there.

    What is encrypted may come again, for events are known by their keys. In plain mode the signature says nothing
    about the body: who has overheard one could put it on another, so each is good once.
    """
    outside = _parsed(body)
    encrypted = _text(outside, "Encrypt")
    if encrypted and options.callback_aes_key is not None:
        token = options.callback_token
        _check_signature(token.reveal() if token else "", query, "msg_signature", encrypted)
        return _parsed(_decrypted(options, encrypted))
    if encrypted or not options.callback_plain:
        raise Forged("the mode of encryption is not the one that is set for this channel")
    if not common.is_first(f"wechat-heard-{query['signature']}", within_s=2 * FRESH_S):
        raise Forged("its signature was used before")
    return outside


def _decrypted(options: WechatOptions, encrypted: str) -> bytes:
    failed = Forged("no key is set")
    for key in _keys(options):
        try:
            return decrypt(encrypted, key.reveal(), options.app_id.reveal())
        except Forged as error:
            failed = error
    raise failed


def _keys(options: WechatOptions) -> Iterator[Secret]:
    yield from filter(None, (options.callback_aes_key, options.callback_old_aes_key))


def _parsed(body: bytes) -> etree._Element:
    """XML that loads nothing and contains no entities of its own. Raises Forged."""
    if len(body) > SIZE_LIMIT or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Forged("it is too long, or no plain XML")
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        raise Forged("it is no XML") from None


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
