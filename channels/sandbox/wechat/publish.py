"""Publishing: submit, outcome, list, delete.

Source: developers.weixin.qq.com, api_freepublish_submit, api_freepublish_get, api_freepublishgetarticle,
api_freepublish_batchget and api_freepublishdelete, read 2026-11.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from werkzeug.wrappers import Request

from channels.sandbox.books import now
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.wechat.account import Account, read_json
from channels.sandbox.wechat.drafts import DraftBody, PageBody, find_draft, news_item
from channels.sandbox.wechat.entries import USES_UP_DRAFT, Draft, Publication, PublishStatus


@dataclass(frozen=True, slots=True)
class GetBody:
    publish_id: int | str


@dataclass(frozen=True, slots=True)
class ArticleBody:
    article_id: str
    index: int = 0


def submit(account: Account, request: Request) -> Json:
    """POST /cgi-bin/freepublish/submit: queue a draft.

    A draft can be submitted again until its first publication is through; each time makes one more publication, since
    the documentation does not promise anything else.

    Raises PlatformError: 40007 no such draft, or published already.
    """
    draft = find_draft(account, read_json(request, DraftBody).media_id)
    if draft is None:
        raise PlatformError(40007)
    publication = _queue(account, draft)
    account.publication_shelf.put(str(publication.publish_id), publication)
    if publication.outcome in USES_UP_DRAFT:
        used_at = min(draft.used_at or publication.due_at, publication.due_at)
        account.draft_shelf.put(draft.media_id, replace(draft, used_at=used_at))
    return {
        "errcode": 0,
        "errmsg": "ok",
        "publish_id": publication.publish_id,
        "msg_data_id": publication.msg_data_id,
    }


def get_outcome(account: Account, request: Request) -> Json:
    """POST /cgi-bin/freepublish/get: how far a publication is. Raises PlatformError: 40002 unknown ``publish_id``."""
    publication = account.publication_shelf.get(str(read_json(request, GetBody).publish_id))
    if publication is None:
        raise PlatformError(40002)
    status = publication.status(now())
    told: Json = {"publish_id": publication.publish_id, "publish_status": int(status), "fail_idx": []}
    if status is PublishStatus.PUBLISHED:
        items = [{"idx": number, "article_url": url} for number, url in enumerate(publication.urls, start=1)]
        told["article_detail"] = {"count": len(items), "item": items}
    if status in USES_UP_DRAFT:
        told["article_id"] = publication.article_id
    if status in {PublishStatus.NOT_ORIGINAL, PublishStatus.REVIEW_REFUSED}:
        told["fail_idx"] = list(account.settings.publish_fails)
    return told


def get_article(account: Account, request: Request) -> Json:
    """POST /cgi-bin/freepublish/getarticle. Raises PlatformError: 53600 unknown ``article_id``."""
    publication = _find(account, read_json(request, ArticleBody).article_id)
    lag = timedelta(seconds=account.settings.gone_after_s)
    if publication.deleted_at is not None and now() - publication.deleted_at < lag:
        publication = replace(publication, deleted=())
    return _content(account, publication)


def list_published(account: Account, request: Request) -> Json:
    """POST /cgi-bin/freepublish/batchget: what is published without a push, newest first."""
    body = read_json(request, PageBody)
    body.check()
    listed_since = now() - timedelta(seconds=account.settings.listed_after_s)
    found = [entry for entry in account.published if entry.due_at <= listed_since and not entry.by_push]
    found.sort(key=lambda entry: entry.due_at, reverse=True)
    rows = [
        {
            "article_id": entry.article_id,
            "content": _content(account, entry, bare=bool(body.no_content)),
            "update_time": int(entry.due_at.timestamp()),
        }
        for entry in found[body.offset : body.offset + body.count]
    ]
    return {"item": rows, "total_count": len(found), "item_count": len(rows)}


def delete(account: Account, request: Request) -> Json:
    """POST /cgi-bin/freepublish/delete: one article by its number from 1, or with 0 all of them.

    Raises PlatformError: 53600 unknown ``article_id``, 40114 no article with that number.
    """
    body = read_json(request, ArticleBody)
    publication = _find(account, body.article_id)
    numbers = range(1, len(publication.articles) + 1)
    if body.index not in {0, *numbers}:
        raise PlatformError(40114)
    gone = numbers if body.index == 0 else (body.index,)
    deleted = tuple(sorted({*publication.deleted, *gone}))
    account.publication_shelf.put(str(publication.publish_id), replace(publication, deleted=deleted, deleted_at=now()))
    return {"errcode": 0, "errmsg": "ok"}


def find_article(account: Account, article_id: str) -> Publication | None:
    """The publication that readers know by ``article_id``, also when it was deleted since."""
    at = now()
    for entry in reversed(account.submitted):
        if entry.article_id == article_id and entry.status(at) in USES_UP_DRAFT:
            return entry
    return None


def _find(account: Account, article_id: str) -> Publication:
    publication = find_article(account, article_id)
    if publication is None:
        raise PlatformError(53600)
    return publication


def _queue(account: Account, draft: Draft) -> Publication:
    at = now()
    number = _new_number(account)
    article_id = secrets.token_urlsafe(32)
    return Publication(
        publish_id=number,
        msg_data_id=number,
        article_id=article_id,
        media_id=draft.media_id,
        articles=draft.articles,
        urls=account.addresses(article_id, len(draft.articles)),
        submitted_at=at,
        due_at=at + timedelta(seconds=account.settings.publish_takes_s),
        outcome=PublishStatus(account.settings.publish_outcome),
    )


def _new_number(account: Account) -> int:
    """A number too large for 32 bits that was never used, also not before the books were emptied."""
    number = int(now().timestamp() * 1000)
    while account.publication_shelf.get(str(number)) is not None:
        number += 1
    return number


def _content(account: Account, publication: Publication, *, bare: bool = False) -> Json:
    items = []
    for number, (article, url) in enumerate(zip(publication.articles, publication.urls, strict=True), start=1):
        item = news_item(account, article, url, bare=bare)
        items.append(item | {"is_deleted": number in publication.deleted})
    published = int(publication.due_at.timestamp())
    return {"news_item": items, "create_time": published, "update_time": published}
