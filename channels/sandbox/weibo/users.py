"""The account itself: who it is, what its token is worth, what is left of its quota.

Source: open.weibo.com/wiki, Oauth2/get_token_info, 2/users/show and Rate-limiting, read 2026-11.
"""

from __future__ import annotations

from datetime import timedelta

from werkzeug.wrappers import Request

from channels.sandbox.books import BEIJING, now
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.weibo.account import Account

CALLS_PER_IP_AND_HOUR = 15_000


def get_token_info(account: Account, request: Request) -> Json:
    """POST /oauth2/get_token_info: ``expire_in`` (without s) is the time left."""
    settings = account.settings
    given = account.token_shelf.get(token_in(request))
    if given is not None:
        return {
            "uid": int(settings.uid),
            "appkey": settings.app_key,
            "scope": "",
            "create_at": int(given.made_at.timestamp()),
            "expire_in": int((given.ends_at - now()).total_seconds()),
        }
    return {
        "uid": int(settings.uid),
        "appkey": settings.app_key,
        "scope": "",
        "create_at": int(now().timestamp()),
        "expire_in": settings.token_left_s,
    }


def token_in(request: Request) -> str:
    """The token a call shows: in its header, its form or its address."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme == "OAuth2" else request.values.get("access_token", "")


def get_uid(account: Account, request: Request) -> Json:  # noqa: ARG001
    """GET /2/account/get_uid.json."""
    return {"uid": int(account.settings.uid)}


def show_user(account: Account, request: Request) -> Json:
    """GET /2/users/show.json: the stand-in knows its own user only. Raises PlatformError: 20003."""
    settings = account.settings
    wanted = request.args.get("uid"), request.args.get("screen_name")
    if wanted not in {(settings.uid, None), (None, settings.screen_name)}:
        raise PlatformError(20003)
    return user(account) | {"statuses_count": len(account.posts)}


def rate_limit_status(account: Account, request: Request) -> Json:  # noqa: ARG001
    """GET /2/account/rate_limit_status.json; not counted itself."""
    settings = account.settings
    local = now().astimezone(BEIJING)
    reset = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    left = settings.calls_per_day - account.used(account.day_window())
    posts_left = settings.posts_per_hour - account.used(account.hour_window())
    share_limit = {
        "api": "/statuses/share",
        "limit": settings.posts_per_hour,
        "limit_time_unit": "HOURS",
        "remaining_hits": posts_left,
    }
    return {
        "ip_limit": CALLS_PER_IP_AND_HOUR,
        "limit_time_unit": "HOURS",
        "remaining_ip_hits": CALLS_PER_IP_AND_HOUR,
        "remaining_user_hits": left,
        "reset_time": f"{reset:%Y-%m-%d %H:%M:%S}",
        "reset_time_in_seconds": int((reset - local).total_seconds()),
        "user_limit": settings.calls_per_day,
        "api_rate_limits": [share_limit],
    }


def user(account: Account) -> Json:
    """The user object."""
    settings = account.settings
    return {
        "id": int(settings.uid),
        "idstr": settings.uid,
        "screen_name": settings.screen_name,
        "name": settings.screen_name,
        "verified": True,
        "followers_count": settings.followers,
        "friends_count": 0,
    }
