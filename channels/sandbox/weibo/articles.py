"""头条文章: a long article with the short post that carries it; only with the grant.

Source: open.weibo.com/wiki, Toutiao/api, read 2026-11.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from werkzeug.wrappers import Request

from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.weibo.account import Account
from channels.sandbox.weibo.entries import Article
from channels.sandbox.weibo.statuses import check_address, count_post

PATH = "/proxy/article/publish.json"
OWN_CODES = frozenset({10001, 10008, 11001, 11002, 11003})
"""Answered as ``code``, a text, with status 200; the gateway's own errors look as everywhere."""

TITLE_SIGNS = 32
CONTENT_SIGNS = 90_000
TEXT_SIGNS = 1900


def publish(account: Account, request: Request) -> Json:
    """POST /proxy/article/publish.json. Raises PlatformError: 10008 what is missing, too long or not encoded."""
    form = request.form
    title, text, cover = (form.get(name, "").strip() for name in ("title", "text", "cover"))
    content = _decoded(form.get("content", ""))
    if not title or len(title) > TITLE_SIGNS:
        raise PlatformError(10008, "title")
    if not content or len(content) > CONTENT_SIGNS:
        raise PlatformError(10008, "content")
    if not text or len(text) > TEXT_SIGNS:
        raise PlatformError(10008, "text")
    if urlsplit(cover).scheme not in {"http", "https"}:
        raise PlatformError(10008, "cover")
    if not form.get("rip"):
        raise PlatformError(10008, "rip")
    check_address(account, form["rip"])
    count_post(account)
    number = f"2309{len(account.post_shelf):016}"
    url = f"{account.url}/weibo/articles/{number}"
    article = Article(number, url, title, content, form.get("summary", ""), cover)
    post = account.add_post(text, article=article)
    return {"code": "100000", "msg": "", "data": {"object_id": number, "url": url, "mid": str(post.mid)}}


def _decoded(content: str) -> str:
    """The article's HTML, which arrives encoded once more. Raises PlatformError: 10008 it does not."""
    if "<" in content or quote(unquote(content), safe="-_.~") != content:
        raise PlatformError(10008, "content")
    return unquote(content)
