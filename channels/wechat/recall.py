"""Taking an article back: delete it, and look whether it is gone.

Source: developers.weixin.qq.com, api_freepublishdelete and api_freepublishgetarticle, read 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass

from channels.base import Json, Receipt, Sighting
from channels.errors import ChannelUnavailable, PersonNeeded, ProductRefused
from channels.wechat.api import Api, Object
from channels.wechat.codes import UNKNOWN_ARTICLE


@dataclass(frozen=True, slots=True)
class Target:
    """One article of a publication; ``index`` from 1."""

    article_id: str
    index: int


def target_of(receipt: Receipt) -> Target:
    """Raises PersonNeeded: a person published it by hand, and the platform's number for it is not known."""
    if not receipt.remote_id or "/" in receipt.remote_id:
        raise PersonNeeded(
            "WeChat's number of the article is not known: delete the article in the WeChat console, then confirm this "
            "delivery."
        )
    return Target(receipt.remote_id, int(str(receipt.raw.get("index") or 1)))


def look(api: Api, target: Target) -> Sighting:
    """Raises ChannelUnavailable, CredentialsRefused, PersonNeeded."""
    try:
        answer = api.ask("/cgi-bin/freepublish/getarticle", {"article_id": target.article_id})
    except ProductRefused as error:
        if error.code == str(UNKNOWN_ARTICLE):
            return Sighting(False, {"errcode": UNKNOWN_ARTICLE})
        raise PersonNeeded.from_text(error.text, code=error.code) from None
    article = _article(answer, target.index)
    return Sighting(not article.get("is_deleted"), {name: part for name, part in article.items() if name != "content"})


def delete(api: Api, target: Target) -> Json:
    """Delete it, for ever; one that is gone already is deleted. Raises OutcomeUnknown unless the answer is clear."""
    try:
        answer = api.submit("/cgi-bin/freepublish/delete", {"article_id": target.article_id, "index": target.index})
    except ProductRefused as error:
        if error.code == str(UNKNOWN_ARTICLE):
            return {"errcode": UNKNOWN_ARTICLE}
        raise PersonNeeded(
            "WeChat refuses to take the article back (code {number}). Delete it in the WeChat console, then confirm "
            "this delivery.",
            code=error.code,
            number=error.code,
        ) from None
    return answer


def _article(answer: Object, index: int) -> Object:
    found = answer.get("news_item")
    articles = [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
    if len(articles) < index:
        raise ChannelUnavailable("WeChat's answer lacks {name}. It will be tried again.", name="news_item")
    return articles[index - 1]
