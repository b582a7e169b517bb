"""Sending to subscribers: send, outcome, delete.

Source: developers.weixin.qq.com, api_sendall, api_massmsgget, Batch_Sends, read 2026-11.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from channels.sandbox.books import BEIJING, now
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.wechat.account import Account, read_json
from channels.sandbox.wechat.drafts import DraftBody, find_draft
from channels.sandbox.wechat.entries import SENT_WELL, Draft, Send, SendStatus

CLIENT_BYTES = 32
REMEMBERED = timedelta(hours=24)
ADMINISTRATOR_HAS = timedelta(minutes=30)
SERVICE_SENDS_A_MONTH = 4
TOO_LATE = "err(40002)"


@dataclass(frozen=True, slots=True)
class Filter:
    is_to_all: bool
    tag_id: int | None = None


@dataclass(frozen=True, slots=True)
class SendBody:
    filter: Filter
    msgtype: str
    mpnews: DraftBody | None = None
    send_ignore_reprint: int = 0
    clientmsgid: str = ""


@dataclass(frozen=True, slots=True)
class GetBody:
    msg_id: int | str


@dataclass(frozen=True, slots=True)
class DeleteBody:
    msg_id: int | str = ""
    article_idx: int = 0
    url: str = ""


def send_all(account: Account, request: Request) -> Json:
    """POST /cgi-bin/message/mass/sendall: queue a draft for all subscribers or those with a tag.

    Raises PlatformError: 40008 no article, 40152 unknown tag, 45067 number too long, 45065 and 45066 a number that
    is known, 40007 no such draft, 45028 quota used up, 89504 the administrator is asked.
    """
    body = read_json(request, SendBody)
    if body.msgtype != "mpnews" or body.mpnews is None:
        raise PlatformError(40008)
    if not body.filter.is_to_all and body.filter.tag_id not in account.settings.tags:
        raise PlatformError(40152)
    if len(body.clientmsgid.encode()) > CLIENT_BYTES:
        raise PlatformError(45067)
    _check_repetition(account, body.clientmsgid)
    draft = find_draft(account, body.mpnews.media_id)
    if draft is None:
        raise PlatformError(40007)
    _check_quota(account, to_all=body.filter.is_to_all)
    send = _queue(account, draft, body)
    account.send_shelf.put(str(send.msg_id), send)
    if send.outcome == SENT_WELL:
        account.draft_shelf.put(draft.media_id, replace(draft, used_at=send.due_at))
    if account.settings.administrator == "asked":
        raise PlatformError(89504)
    return {"errcode": 0, "errmsg": "ok", "msg_id": send.msg_id, "msg_data_id": send.msg_data_id}


def get_send(account: Account, request: Request) -> Json:
    """POST /cgi-bin/message/mass/get: how far it is; no addresses. Raises PlatformError: 40059 unknown."""
    send = _find(account, str(read_json(request, GetBody).msg_id))
    return {"msg_id": send.msg_id, "msg_status": send.status(now()).value}


def delete_send(account: Account, request: Request) -> Json:
    """POST /cgi-bin/message/mass/delete: one article by its number from 1, or with 0 all of them.

    Raises PlatformError: 40059 unknown, 40060 no article with that number, 40065 unknown address.
    """
    body = read_json(request, DeleteBody)
    send, index = (_by_address(account, body.url)) if body.url else (_find(account, str(body.msg_id)), body.article_idx)
    numbers = range(1, len(send.articles) + 1)
    if index not in {0, *numbers}:
        raise PlatformError(40060)
    if send.status(now()) not in {SendStatus.SUCCESS, SendStatus.DELETED}:
        raise PlatformError(40204)
    gone = numbers if index == 0 else (index,)
    account.send_shelf.put(str(send.msg_id), replace(send, deleted=tuple(sorted({*send.deleted, *gone}))))
    return {"errcode": 0, "errmsg": "ok"}


def confirm_sends(account: Account) -> None:
    """What the administrator does in WeChat: let everything go out that waits for it."""
    at = now()
    for send in account.sends:
        if send.outcome == TOO_LATE and at < send.due_at:
            account.send_shelf.put(str(send.msg_id), replace(send, due_at=at, outcome=SENT_WELL))
            draft = account.draft_shelf.get(send.media_id)
            if draft is not None:
                account.draft_shelf.put(draft.media_id, replace(draft, used_at=at))


def find_sent(account: Account, article_id: str) -> Send | None:
    """The send whose articles readers find under ``article_id``."""
    address = account.addresses(article_id, 1)[0]
    return next((send for send in account.sends if _path(send.urls[0]) == _path(address)), None)


def _path(url: str) -> str:
    """Without the port, which was that of its day."""
    return urlsplit(url).path


def _check_repetition(account: Account, client: str) -> None:
    at = now()
    for send in reversed(account.sends):
        if not client or send.clientmsgid != client or at - send.submitted_at > REMEMBERED:
            continue
        is_hasty = at - send.tried_at < timedelta(seconds=account.settings.repeats_after_s)
        account.send_shelf.put(str(send.msg_id), replace(send, tried_at=at))
        if is_hasty:
            raise PlatformError(45066)
        raise PlatformError(45065, more={"msg_id": send.msg_id})


def _check_quota(account: Account, *, to_all: bool) -> None:
    """Raises PlatformError: 45028. What failed was no send; tags of a service account count for readers only."""
    settings = account.settings
    today = now().astimezone(BEIJING)
    counted = [entry for entry in account.sends if entry.outcome == SENT_WELL]
    if settings.account_type == "service":
        if not to_all:
            return
        counted = [entry for entry in counted if entry.audience == "all"]
        month = [entry for entry in counted if _day(entry.submitted_at)[:2] == (today.year, today.month)]
        if len(month) >= SERVICE_SENDS_A_MONTH:
            raise PlatformError(45028)
    day = [entry for entry in counted if _day(entry.submitted_at) == (today.year, today.month, today.day)]
    if len(day) >= settings.sends_per_day:
        raise PlatformError(45028)


def _day(at: datetime) -> tuple[int, int, int]:
    local = at.astimezone(BEIJING)
    return local.year, local.month, local.day


def _queue(account: Account, draft: Draft, body: SendBody) -> Send:
    at, settings = now(), account.settings
    msg_id = int(at.timestamp() * 1000)
    while account.send_shelf.get(str(msg_id)) is not None:
        msg_id += 1
    waits = bool(settings.administrator)
    return Send(
        msg_id=msg_id,
        msg_data_id=msg_id + 7,
        media_id=draft.media_id,
        articles=draft.articles,
        urls=account.addresses(secrets.token_urlsafe(32), len(draft.articles)),
        clientmsgid=body.clientmsgid,
        audience="all" if body.filter.is_to_all else str(body.filter.tag_id),
        submitted_at=at,
        tried_at=at,
        due_at=at + (ADMINISTRATOR_HAS if waits else timedelta(seconds=settings.mass_takes_s)),
        outcome=TOO_LATE if waits else settings.mass_outcome,
    )


def _find(account: Account, msg_id: str) -> Send:
    send = account.send_shelf.get(msg_id)
    if send is None:
        raise PlatformError(40059)
    return send


def _by_address(account: Account, url: str) -> tuple[Send, int]:
    for send in account.sends:
        if url in send.urls:
            return send, send.urls.index(url) + 1
    raise PlatformError(40065)
