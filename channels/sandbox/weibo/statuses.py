"""Posts: make, list, show, delete, count.

Source: open.weibo.com/wiki, 2/statuses/share, user_timeline, show, destroy and count, read 2026-11.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import replace
from datetime import datetime
from html import escape
from itertools import islice
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from channels.sandbox.books import BEIJING, now
from channels.sandbox.pictures import Picture, picture_format
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.weibo.account import PICTURE_PATH, Account
from channels.sandbox.weibo.entries import Post
from channels.sandbox.weibo.text import links_in, tidy, units
from channels.sandbox.weibo.users import user

PICTURE_BYTES = 5 * 1024 * 1024
PICTURE_FORMATS = ("JPEG", "PNG", "GIF")
IDS_AT_ONCE = 100
POSTS_AT_ONCE = 100
PICTURES_AT_ONCE = 9
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def share(account: Account, request: Request) -> Json:
    """POST /2/statuses/share.json: post a text with a link to the app's own site, and at most one picture."""
    count_post(account)
    text = request.values.get("status", "").strip()
    _check_length(account, text)
    _check_domain(account, text)
    check_address(account, request.values.get("rip", ""))
    picture = _receive(account, request)
    _check_repeat(account, text)
    if picture is not None:
        account.picture_shelf.put(picture.key, picture)
    return status(account, account.add_post(text, pictures=(picture.key,) if picture else ()))


def update(account: Account, request: Request) -> Json:
    """POST /2/statuses/update.json: a text with or without a link; only with the grant."""
    return status(account, account.add_post(_own_text(account, request)))


def upload_pic(account: Account, request: Request) -> Json:
    """POST /2/statuses/upload_pic.json: a picture for a post to come; only with the grant."""
    picture = _receive(account, request)
    if picture is None:
        raise PlatformError(20007)
    account.picture_shelf.put(picture.key, picture)
    sizes = dict.fromkeys(("thumbnail_pic", "bmiddle_pic", "original_pic"), picture.url)
    return {"pic_id": picture.key, **sizes}


def upload_url_text(account: Account, request: Request) -> Json:
    """POST /2/statuses/upload_url_text.json: a text with 1 to 9 pictures that were uploaded; only with the grant."""
    ids = tuple(filter(None, request.values.get("pic_id", "").split(",")))
    if not 1 <= len(ids) <= PICTURES_AT_ONCE or any(account.picture_shelf.get(key) is None for key in ids):
        raise PlatformError(10008)
    return status(account, account.add_post(_own_text(account, request), pictures=ids))


def _own_text(account: Account, request: Request) -> str:
    """The text of a post that needs no link of ours. Topics stay in it, but this stand-in drops them everywhere."""
    count_post(account)
    text = request.values.get("status", "").strip()
    _check_length(account, text)
    if not request.values.get("rip"):
        raise PlatformError(10016, "miss required parameter (rip)")
    check_address(account, request.values["rip"])
    if request.values.get("visible", "0") not in {"0", "1", "2", "3"}:
        raise PlatformError(20121)
    _check_repeat(account, text)
    return text


def count_post(account: Account) -> None:
    """Count one post of the hour, whatever becomes of it. Raises PlatformError: 10024."""
    window = account.hour_window()
    if account.used(window) >= account.settings.posts_per_hour:
        raise PlatformError(10024)
    account.use(window)


def list_own(account: Account, request: Request) -> Json:
    """GET /2/statuses/user_timeline.json: the newest few posts. Raises PlatformError: 21335 not our own account."""
    values = request.args
    settings = account.settings
    if values.get("uid", settings.uid) != settings.uid:
        raise PlatformError(21335)
    if values.get("screen_name", settings.screen_name) != settings.screen_name:
        raise PlatformError(21335)
    since, until = number(values.get("since_id", "0")), number(values.get("max_id", "0"))
    count, page = min(number(values.get("count", "20")), POSTS_AT_ONCE), number(values.get("page", "1"))
    posts = [post for post in account.timeline if post.by_app or values.get("base_app") != "1"]
    shown = [
        post for post in posts[: settings.timeline_length] if post.mid > since and (not until or post.mid <= until)
    ]
    rows = shown[(page - 1) * count : page * count]
    bare = values.get("trim_user") == "1"
    return {
        "statuses": [status(account, post, bare=bare) for post in rows],
        "total_number": len(posts),
        "previous_cursor": 0,
        "next_cursor": 0,
    }


def show(account: Account, request: Request) -> Json:
    """GET /2/statuses/show.json. Raises PlatformError: 20101 unknown or deleted."""
    return status(account, _find(account, request, still_shown_s=account.settings.gone_after_s))


def destroy(account: Account, request: Request) -> Json:
    """POST /2/statuses/destroy.json. Raises PlatformError: 20101 unknown or deleted already."""
    post = _find(account, request)
    account.post_shelf.put(str(post.mid), replace(post, deleted=True, deleted_at=now()))
    return status(account, post)


def count(account: Account, request: Request) -> list[Json]:
    """GET /2/statuses/count.json: deleted and unknown posts are left out. Raises PlatformError: 20001, 20009."""
    ids = [part.strip() for part in request.args.get("ids", "").split(",") if part.strip()]
    if not ids:
        raise PlatformError(20001)
    if len(ids) > IDS_AT_ONCE:
        raise PlatformError(20009)
    settings = account.settings
    posts = filter(None, map(account.post_shelf.get, ids))
    return [
        {
            "id": post.mid,
            "comments": settings.comments,
            "reposts": settings.reposts,
            "attitudes": settings.attitudes,
        }
        for post in posts
        if not post.deleted
    ]


def status(account: Account, post: Post, *, bare: bool = False) -> Json:
    """A post as it is told; ``bare`` names its user by number only."""
    settings = account.settings
    told: Json = {
        "created_at": written_date(post.created_at),
        "id": post.mid,
        "idstr": str(post.mid),
        "mid": str(post.mid),
        "text": escape(post.text, quote=False),
        "textLength": units(post.text),
        "source": f'<a href="{account.url}" rel="nofollow">{escape(settings.app_name)}</a>' if post.by_app else "",
        "favorited": False,
        "truncated": False,
        "isLongText": False,
        "pic_urls": [],
        "geo": None,
        "reposts_count": settings.reposts,
        "comments_count": settings.comments,
        "attitudes_count": settings.attitudes,
        "visible": {"type": 0, "list_id": 0},
    }
    told |= {"uid": int(post.uid)} if bare else {"user": user(account)}
    if post.reposted:
        told["retweeted_status"] = {"user": {"screen_name": post.reposted}}
    if settings.gives_url_objects and post.links:
        told["url_objects"] = [
            {"url_ori": link.short, "info": {"url_short": link.short, "url_long": link.long, "result": True}}
            for link in post.links
        ]
    return told | _picture_fields(account, post)


def written_date(at: datetime) -> str:
    """``Sun Nov 22 17:30:00 +0800 2026``: English whatever the locale."""
    local = at.astimezone(BEIJING)
    return f"{DAYS[local.weekday()]} {MONTHS[local.month - 1]} {local:%d %H:%M:%S} +0800 {local.year}"


def number(value: str) -> int:
    """Raises PlatformError: 10008 not a whole number."""
    if not (value.isascii() and value.isdigit()):
        raise PlatformError(10008)
    return int(value)


def _picture_fields(account: Account, post: Post) -> Json:
    pictures = [picture for key in post.pictures if (picture := account.picture_shelf.get(key)) is not None]
    if not pictures:
        return {}
    sizes = dict.fromkeys(("thumbnail_pic", "bmiddle_pic", "original_pic"), pictures[0].url)
    return {"pic_urls": [{"thumbnail_pic": picture.url} for picture in pictures], **sizes}


def _find(account: Account, request: Request, *, still_shown_s: float = 0) -> Post:
    """Raises PlatformError: 10016 no number, 20101 unknown, or deleted longer ago than ``still_shown_s``."""
    wanted = request.values.get("id", "")
    if not wanted:
        raise PlatformError(10016, "miss required parameter (id)")
    post = account.post_shelf.get(wanted)
    if post is None or (post.deleted and not _was_deleted_within(post, still_shown_s)):
        raise PlatformError(20101)
    return post


def _was_deleted_within(post: Post, seconds: float) -> bool:
    return post.deleted_at is not None and (now() - post.deleted_at).total_seconds() < seconds


def _check_length(account: Account, text: str) -> None:
    if not text:
        raise PlatformError(20008)
    if units(text) > account.settings.length_units:
        raise PlatformError(20012)


def _check_domain(account: Account, text: str) -> None:
    settings = account.settings
    if not settings.safe_domains:
        raise PlatformError(10017, "param error, appkey not bind domain!")
    if not any(_host(link) in settings.safe_domains for link in links_in(text)):
        raise PlatformError(10017, "param error, text not find domain!")


def _host(link: str) -> str | None:
    try:
        return urlsplit(link).hostname
    except ValueError:
        return None


def check_address(account: Account, rip: str) -> None:
    if not rip and account.settings.require_rip:
        raise PlatformError(10016, "miss required parameter (rip)")
    if not rip:
        return
    try:
        ipaddress.IPv4Address(rip)
    except ValueError:
        raise PlatformError(10017, "parameter (rip)'s value invalid, expect (ip address)") from None


def _check_repeat(account: Account, text: str) -> None:
    standing = (post for post in account.post_shelf.newest_first() if not post.deleted)
    if any(tidy(post.sent) == tidy(text) for post in islice(standing, account.settings.repeat_window)):
        raise PlatformError(20019)


def _receive(account: Account, request: Request) -> Picture | None:
    """The picture of a post. Raises PlatformError: 20007 not multipart, 20005 no picture, 20006 too large."""
    upload = request.files.get("pic")
    if upload is None:
        if "pic" in request.values:
            raise PlatformError(20007)
        return None
    content = upload.read()
    found = picture_format(content)
    if found not in PICTURE_FORMATS:
        raise PlatformError(20005)
    if len(content) >= PICTURE_BYTES:
        raise PlatformError(20006)
    key = secrets.token_hex(16)
    name = upload.filename or ""
    ending = "jpg" if found == "JPEG" else found.lower()
    return Picture(key, name, found, content, f"{account.url}{PICTURE_PATH}{key}.{ending}", now())
