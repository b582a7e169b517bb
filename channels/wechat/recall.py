"""Taking an article back: delete it, and look whether it is gone; and looking at what is out.

Source: developers.weixin.qq.com, api_freepublishdelete, api_freepublishgetarticle, api_sendall (delete) and
api_massmsgget, read 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Protocol

from channels.base import Json, Receipt, Sighting
from channels.errors import ChannelError, ChannelUnavailable, PersonNeeded, ProductRefused, Text
from channels.wechat import statistics
from channels.wechat.api import Api, Object
from channels.wechat.codes import BEIJING, UNKNOWN_ARTICLE
from channels.wechat.listing import plain
from channels.wechat.publishing import BLOCKED, DELETED, number

COUNTED_FOR = timedelta(days=31)
"""The platform counts an article for thirty days after its publication."""


class Target(Protocol):
    """What a receipt proves, as the platform knows it.

    ``shows_deletion``: a look tells whether it is deleted; else only the answer of the deletion itself does.
    """

    @property
    def shows_deletion(self) -> bool: ...

    def delete(self, api: Api) -> Json:
        """Delete it, for ever; one that is gone already is deleted. Raises OutcomeUnknown unless that is clear."""

    def look(self, api: Api) -> Sighting:
        """Raises ChannelUnavailable, CredentialsRefused, PersonNeeded."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a publication; ``index`` from 1."""

    article_id: str
    index: int
    shows_deletion: ClassVar[bool] = True

    def delete(self, api: Api) -> Json:
        try:
            return api.submit("/cgi-bin/freepublish/delete", {"article_id": self.article_id, "index": self.index})
        except ProductRefused as error:
            if error.code == str(UNKNOWN_ARTICLE):
                return {"errcode": UNKNOWN_ARTICLE}
            raise _by_hand(error) from None

    def look(self, api: Api) -> Sighting:
        body = {"article_id": self.article_id}
        try:
            answer = api.ask("/cgi-bin/freepublish/getarticle", body, expected={UNKNOWN_ARTICLE})
        except ProductRefused as error:
            raise PersonNeeded.from_text(error.text, code=error.code) from None
        if answer.get("errcode") == UNKNOWN_ARTICLE:
            return Sighting(False, {"errcode": UNKNOWN_ARTICLE})
        article = _article(answer, self.index)
        raw = {name: part for name, part in article.items() if name != "content"}
        return Sighting(not article.get("is_deleted"), raw)


@dataclass(frozen=True, slots=True)
class Sent:
    """One article of what was sent to subscribers; ``index`` from 1, ``count`` how many were sent together.

    Of several the platform tells only whether all of them are deleted.
    """

    msg_id: str
    index: int
    count: int

    @property
    def shows_deletion(self) -> bool:
        return self.count == 1

    def delete(self, api: Api) -> Json:
        which = {"article_idx": self.index} if self.count > 1 else {}
        try:
            return api.submit("/cgi-bin/message/mass/delete", {"msg_id": number(self.msg_id), **which})
        except ProductRefused as error:
            raise _by_hand(error) from None

    def look(self, api: Api) -> Sighting:
        try:
            answer = api.ask("/cgi-bin/message/mass/get", {"msg_id": number(self.msg_id)})
        except ProductRefused as error:
            raise PersonNeeded.from_text(error.text, code=error.code) from None
        return Sighting(answer.get("msg_status") != "DELETE", answer)


def target_of(receipt: Receipt) -> Target:
    """Raises PersonNeeded: a person published it by hand, and the platform's number for it is not known."""
    if not receipt.remote_id or "/" in receipt.remote_id or ":" in receipt.remote_id:
        raise PersonNeeded(
            "WeChat's number of the article is not known: delete the article in the WeChat console, then confirm this "
            "delivery."
        )
    number_of_all, _, behind = receipt.remote_id.partition("#")
    index = int(str(receipt.raw.get("index") or behind or 1))
    if receipt.raw.get("mode") == "mass":
        return Sent(number_of_all, index, int(str(receipt.raw.get("count") or 1)))
    return Article(number_of_all, index)


def look(api: Api, receipt: Receipt) -> Sighting:
    """Whether it is there, what the platform has done to it, and how often it was read."""
    seen = target_of(receipt).look(api)
    status = _status(api, receipt) if seen.is_there else None
    if status == DELETED:
        return Sighting(False, {**seen.raw, "publish_status": status})
    if status == BLOCKED:
        text = Text("WeChat has blocked the article: look for the reason in the WeChat console.")
        return Sighting(False, {**seen.raw, "publish_status": status}, problems=(text,))
    counted = _counted(api, receipt) if seen.is_there else None
    if counted is None:
        return seen
    return Sighting(True, {**seen.raw, "content_url": counted.url}, metrics=counted.metrics, url=counted.url)


def _status(api: Api, receipt: Receipt) -> object:
    """``publish_status``, which alone tells what the platform itself took away; None where it is not to be had."""
    publish_id = str(receipt.raw.get("publish_id") or "")
    if not publish_id:
        return None
    try:
        return api.ask("/cgi-bin/freepublish/get", {"publish_id": number(publish_id)}).get("publish_status")
    except ChannelError:
        # Publications are not asked about for ever: what does not answer says nothing.
        return None


def _counted(api: Api, receipt: Receipt) -> statistics.Counted | None:
    day = receipt.published_at.astimezone(BEIJING).date()
    if not _is_counted(day, datetime.now(UTC).astimezone(BEIJING).date()):
        return None
    number_of_all, title = str(receipt.raw.get("msg_data_id") or ""), str(receipt.raw.get("title") or "")
    wanted = f"{number_of_all}_{receipt.raw.get('index') or 1}"
    try:
        found = statistics.articles_of(api, day)
    except ChannelError:
        # A look is about whether it is there; figures come with a later one.
        return None
    same = [row for row in found if row.msgid == wanted or (receipt.url and row.url == receipt.url)]
    if not same and not number_of_all and not receipt.url and title:
        # A send that was asked about by repeating it has no number that the figures go by.
        named = [row for row in found if row.publish_type == statistics.PUSHED and plain(row.title) == plain(title)]
        same = named if len(named) == 1 else []
    return same[0] if same else None


def _is_counted(day: date, today: date) -> bool:
    return statistics.FIRST_DAY <= day < today <= day + COUNTED_FOR


def _by_hand(error: ChannelError) -> PersonNeeded:
    return PersonNeeded(
        "WeChat refuses to take the article back (code {number}). Delete it in the WeChat console, then confirm "
        "this delivery.",
        code=error.code,
        number=error.code,
    )


def _article(answer: Object, index: int) -> Object:
    found = answer.get("news_item")
    articles = [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
    if len(articles) < index:
        raise ChannelUnavailable("WeChat's answer lacks {name}. It will be tried again.", name="news_item")
    return articles[index - 1]
