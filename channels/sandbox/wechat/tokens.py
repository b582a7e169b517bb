"""Access tokens: the two endpoints that give them out, and the check every other call goes through.

Source: developers.weixin.qq.com, api_getaccesstoken and api_getstableaccesstoken, read 2026-11.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from werkzeug.wrappers import Request

from channels.sandbox.books import now
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.wechat.account import Account, read_json
from channels.sandbox.wechat.entries import Token

TOKEN_LENGTH = 136
FORCED = "forced refresh of stable_token"


@dataclass(frozen=True, slots=True)
class StableTokenBody:
    grant_type: str = ""
    appid: str = ""
    secret: str = ""
    force_refresh: bool = False


def get_token(account: Account, request: Request) -> Json:
    """GET /cgi-bin/token: a new token each time; the one before lives on for some minutes."""
    values = request.args
    _check_credentials(
        account, request, values.get("grant_type", ""), values.get("appid", ""), values.get("secret", "")
    )
    return _told(_issue(account, stable=False, overlap_s=account.settings.token_overlap_s))


def get_stable_token(account: Account, request: Request) -> Json:
    """POST /cgi-bin/stable_token: the same token until its last minutes, unless a new one is forced."""
    body = read_json(request, StableTokenBody)
    _check_credentials(account, request, body.grant_type, body.appid, body.secret)
    settings = account.settings
    latest = _latest(account, stable=True)
    if latest is None or latest.expires_at <= now():
        return _told(_issue(account, stable=True, overlap_s=0))
    if body.force_refresh and _may_force(account, latest):
        account.use(account.day_window(FORCED))
        return _told(_issue(account, stable=True, overlap_s=0))
    if latest.expires_at - now() <= timedelta(seconds=settings.token_overlap_s) < _life(account):
        return _told(_issue(account, stable=True, overlap_s=settings.token_overlap_s))
    return _told(latest)


def check_token(account: Account, request: Request) -> None:
    """Raises PlatformError: 41001 missing, 40014 malformed, 40001 unknown or replaced, 42001 expired."""
    value = request.args.get("access_token", "")
    if not value:
        raise PlatformError(41001)
    token = account.token_shelf.get(value)
    if token is None:
        raise PlatformError(40001 if len(value) == TOKEN_LENGTH else 40014)
    if token.ends_at is not None and token.ends_at <= now():
        raise PlatformError(40001)
    if token.expires_at <= now():
        raise PlatformError(42001)


def expire_tokens(account: Account) -> None:
    """Let every token be past its time (42001)."""
    for token in account.token_shelf.all():
        account.token_shelf.put(token.value, replace(token, expires_at=now()))


def revoke_tokens(account: Account) -> None:
    """Let every token be replaced by one nobody here knows (40001), as when another program asks for one."""
    for token in account.token_shelf.all():
        account.token_shelf.put(token.value, replace(token, expires_at=now(), ends_at=now()))


def _check_credentials(account: Account, request: Request, grant_type: str, app_id: str, secret: str) -> None:
    settings = account.settings
    whitelist = settings.ip_whitelist
    if whitelist and request.remote_addr not in whitelist:
        raise PlatformError(40164, f"invalid ip {request.remote_addr}, not in whitelist")
    if grant_type != "client_credential":
        raise PlatformError(40002)
    if not app_id:
        raise PlatformError(41002)
    if app_id != settings.app_id:
        raise PlatformError(40013)
    if not secret:
        raise PlatformError(41004)
    if secret != settings.app_secret:
        raise PlatformError(40125)


def _latest(account: Account, *, stable: bool) -> Token | None:
    for token in reversed(account.token_shelf.all()):
        if token.stable == stable and token.ends_at is None:
            return token
    return None


def _may_force(account: Account, latest: Token) -> bool:
    settings = account.settings
    rested = now() - latest.issued_at >= timedelta(seconds=settings.force_gap_s)
    return rested and account.used(account.day_window(FORCED)) < settings.forces_per_day


def _issue(account: Account, *, stable: bool, overlap_s: float) -> Token:
    at = now()
    for token in account.token_shelf.all():
        if token.stable == stable and token.ends_at is None:
            account.token_shelf.put(token.value, replace(token, ends_at=at + timedelta(seconds=overlap_s)))
    value = secrets.token_urlsafe(TOKEN_LENGTH)[:TOKEN_LENGTH]
    token = Token(value, stable, at, at + _life(account))
    account.token_shelf.put(value, token)
    return token


def _life(account: Account) -> timedelta:
    return timedelta(seconds=account.settings.token_lives_s)


def _told(token: Token) -> Json:
    return {"access_token": token.value, "expires_in": int((token.expires_at - now()).total_seconds())}
