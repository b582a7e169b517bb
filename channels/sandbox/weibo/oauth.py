"""Signing in: a page where the account agrees, the code it sends back, and the token for that code.

Source: open.weibo.com/wiki, Oauth2/authorize, OAuth2/access_token, 授权机制, read 2026-11.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from channels.sandbox.books import now
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.weibo.account import Account
from channels.sandbox.weibo.entries import Code, Token
from channels.sandbox.weibo.users import token_in

CODE_LIFE = timedelta(minutes=10)
"""Not documented."""

DENIED = {"error": "access_denied", "error_code": "21330", "error_description": "user denied your request."}

PAGE = Markup("""<!DOCTYPE html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>微博登录（沙箱）</title>
<style>body {{ font: 16px/1.7 sans-serif; max-width: 30rem; margin: 4rem auto; padding: 0 1rem }}
a {{ margin-right: 1.5rem }}</style>
<h1>沙箱里的微博</h1>
<p>应用“{app}”请求以帐号“{account}”（{uid}）的名义发布微博。</p>
<p><a href="{agree}">同意授权</a><a href="{refuse}">取消</a></p>
</html>""")


def authorize(account: Account, request: Request) -> Response:
    """GET /oauth2/authorize: the page where people agree; ``answer`` is the press of a link on it."""
    settings, asked = account.settings, request.args
    if asked.get("client_id") != settings.app_key:
        raise PlatformError(21324)
    if asked.get("redirect_uri") != settings.redirect_uri:
        raise PlatformError(21322)
    if asked.get("response_type", "code") != "code":
        raise PlatformError(21329)
    state = {"state": asked["state"]} if "state" in asked else {}
    answer = asked.get("answer")
    if answer == "agree":
        code = Code(secrets.token_hex(16), now())
        account.code_shelf.put(code.value, code)
        return redirect(f"{settings.redirect_uri}?{urlencode({**state, 'code': code.value})}")
    if answer == "refuse":
        return redirect(f"{settings.redirect_uri}?{urlencode({**state, **DENIED})}")
    here = {name: value for name, value in asked.items() if name != "answer"}
    page = PAGE.format(
        app=settings.app_name,
        account=settings.screen_name,
        uid=settings.uid,
        agree=f"?{urlencode({**here, 'answer': 'agree'})}",
        refuse=f"?{urlencode({**here, 'answer': 'refuse'})}",
    )
    return Response(page, content_type="text/html; charset=utf-8")


def give_token(account: Account, request: Request) -> Json:
    """POST /oauth2/access_token: a token for a code that was not used yet.

    Raises PlatformError: 21324 wrong app or secret, 21328 another way, 21322 another address, 21325 no such code.
    """
    settings, form = account.settings, request.form
    if (form.get("client_id"), form.get("client_secret")) != (settings.app_key, settings.app_secret):
        raise PlatformError(21324)
    if form.get("grant_type") != "authorization_code":
        raise PlatformError(21328)
    if form.get("redirect_uri") != settings.redirect_uri:
        raise PlatformError(21322)
    code = account.code_shelf.get(form.get("code", ""))
    if code is None or code.is_used or now() - code.made_at > CODE_LIFE:
        raise PlatformError(21325)
    account.code_shelf.put(code.value, replace(code, is_used=True))
    at = now()
    token = Token(f"2.00{secrets.token_hex(14)}", at, at + timedelta(seconds=settings.token_left_s))
    account.token_shelf.put(token.value, token)
    # The number of the account is a text here and a number in get_token_info.
    return {
        "access_token": token.value,
        "remind_in": str(settings.token_left_s),
        "expires_in": settings.token_left_s,
        "uid": settings.uid,
        "isRealName": "true",
    }


def revoke(account: Account, request: Request) -> Json:
    """POST /oauth2/revokeoauth2, which is also what happens when the account cancels the app by hand."""
    token = account.token_shelf.get(token_in(request))
    if token is not None:
        account.token_shelf.put(token.value, replace(token, is_revoked=True))
    return {"result": "true"}
