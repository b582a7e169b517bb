"""Who asks: the token of another program, what it may do, and how often it may ask."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from channels.errors import Text
from publisher.api.problems import Problem
from publisher.office import get_office
from publisher.people import tokens
from publisher.people.models import Scope, Token
from publisher.people.tokens import TokenRefused

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="publisher"'}


class Bearer(HttpBearer):
    """``Authorization: Bearer pub_…``; the cookies of a browser count for nothing here."""

    openapi_description = (
        "令牌由管理员在“令牌”页面或用 publisher token create 生成。 A token made by the administrator."
    )

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        """The token of the request, which is counted. Raises Problem: it opens nothing, or asks too often."""
        now = timezone.now()
        try:
            found = tokens.recognise(get_office(), token, now=now)
        except TokenRefused as error:
            raise Problem(401, "token", error.text, headers=CHALLENGE) from None
        if wait_s := tokens.use(found, now=now, address=request.META.get("REMOTE_ADDR") or None):
            text = Text(
                "The token {name} may ask {limit} times a minute: try again in {wait} seconds.",
                name=found.name,
                limit=found.per_minute,
                wait=wait_s,
            )
            raise Problem(429, "too-often", text, headers={"Retry-After": str(wait_s)})
        return found


def token_of(request: HttpRequest, *scopes: Scope) -> Token:
    """The token of a request that was let in. Raises Problem: it lacks one of the scopes."""
    token: Token = request.auth  # type: ignore[attr-defined]  # set by the library
    for scope in scopes:
        if scope not in token.scopes:
            text = Text(
                "The token {name} may not do this; it lacks “{scope}”: ask the administrator for another.",
                name=token.name,
                scope=scope.value,
            )
            raise Problem(403, "scope", text)
    return token


def missing_token() -> Problem:
    text = Text("Send the office's token: Authorization: Bearer pub_…")
    return Problem(401, "token", text, headers=CHALLENGE)
