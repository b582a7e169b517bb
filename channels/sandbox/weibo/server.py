"""The table of Weibo calls, and what every call goes through before its own code runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from channels.sandbox.books import now
from channels.sandbox.faults import Fault
from channels.sandbox.platform import Json, PlatformError, json_bytes
from channels.sandbox.weibo import articles, oauth, statuses, users
from channels.sandbox.weibo.account import Account

Endpoint = Callable[[Account, Request], Any]

MESSAGES = {
    10001: "system error",
    10006: "source paramter(appkey) is missing",
    10008: "param error, see doc for more info.",
    10014: "Insufficient app permissions!",
    10020: "request api not found!",
    10021: "HTTP METHOD is not suported for this request!",
    10023: "User requests out of rate limit!",
    10024: "User requests for (/statuses/share) out of rate limit!",
    20001: "IDs is null.",
    20003: "User does not exists!",
    20005: "unsupport image type, only suport JPG, GIF, PNG.",
    20006: "image size too large.",
    20007: "does multipart has image?",
    20008: "content is null.",
    20009: "IDs is too many.",
    20012: "text too long, please input text less than 140 characters!",
    20019: "repeat content!",
    20021: "content is illegal!",
    20032: "update success, while server slow now, please wait 1-2 minutes.",
    20053: "your weibo has been successfully released, it takes about 3 minutes for manual review.",
    20121: "visible is invalid!",
    20101: "target weibo does not exist!",
    21317: "token_revoked",
    21322: "redirect_uri_mismatch",
    21323: "invalid_request",
    21324: "invalid_client",
    21325: "invalid_grant",
    21327: "expired_token",
    21328: "unsupported_grant_type",
    21329: "unsupported_response_type",
    21332: "invalid_access_token",
    21335: "uid parameter must be current user",
}

POSTING = frozenset({"/2/statuses/share.json", "/2/statuses/update.json", "/2/statuses/upload_url_text.json"})
"""Calls that count as a post of the hour."""

FORBIDDEN = frozenset({10014, 10023, 10024, 20053, 21327, 21332, 21335})
"""Codes that come with HTTP 403; the others come with 400. Callers must not rely on either."""

GRANTS = {
    "/2/statuses/update.json": "update",
    "/2/statuses/upload_url_text.json": "update",
    "/2/statuses/upload_pic.json": "update",
    "/proxy/article/publish.json": "article",
    "/2/statuses/upload.json": "",
    "/2/statuses/repost.json": "",
}
"""Calls that an ordinary app has no right to (10014), and the grant that opens them; this stand-in does not know those
without one."""


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    endpoint: Endpoint
    is_counted: bool = True
    needs_token: bool = True


ROUTES = {
    "/oauth2/authorize": Route("GET", oauth.authorize, is_counted=False, needs_token=False),
    "/oauth2/access_token": Route("POST", oauth.give_token, is_counted=False, needs_token=False),
    "/oauth2/revokeoauth2": Route("POST", oauth.revoke, is_counted=False),
    "/oauth2/get_token_info": Route("POST", users.get_token_info, is_counted=False),
    "/2/statuses/share.json": Route("POST", statuses.share),
    "/2/statuses/update.json": Route("POST", statuses.update),
    "/2/statuses/upload_pic.json": Route("POST", statuses.upload_pic),
    "/2/statuses/upload_url_text.json": Route("POST", statuses.upload_url_text),
    "/proxy/article/publish.json": Route("POST", articles.publish),
    "/2/statuses/user_timeline.json": Route("GET", statuses.list_own),
    "/2/statuses/show.json": Route("GET", statuses.show),
    "/2/statuses/destroy.json": Route("POST", statuses.destroy),
    "/2/statuses/count.json": Route("GET", statuses.count),
    "/2/users/show.json": Route("GET", users.show_user),
    "/2/account/get_uid.json": Route("GET", users.get_uid),
    "/2/account/rate_limit_status.json": Route("GET", users.rate_limit_status, is_counted=False),
}


class Weibo(Account):
    """The stand-in of api.weibo.com, for one app and one user."""

    def knows(self, path: str) -> bool:
        return path in ROUTES

    def answer(self, request: Request) -> Response:
        route = ROUTES.get(request.path)
        if route is None or route.needs_token:
            self._check_token(request)
        if request.path in GRANTS and GRANTS[request.path] not in self.settings.grants:
            raise PlatformError(10014)
        if route is None:
            raise PlatformError(10020)
        if request.method != route.method:
            raise PlatformError(10021)
        if route.is_counted:
            self._count()
        answer = route.endpoint(self, request)
        return answer if isinstance(answer, Response) else _answer(answer, HTTPStatus.OK)

    def refuse(self, error: PlatformError, path: str) -> Response:
        if path == articles.PATH and error.code in articles.OWN_CODES:
            return _answer({"code": str(error.code), "msg": error.message, "data": ""}, HTTPStatus.OK)
        message = error.message or MESSAGES[error.code]
        body = {"error": message, "error_code": error.code, "request": path}
        return _answer(body, HTTPStatus.FORBIDDEN if error.code in FORBIDDEN else HTTPStatus.BAD_REQUEST)

    def code_of(self, fault: Fault, path: str) -> int:
        if fault in {Fault.RATE_LIMITED, Fault.RATE_LIMITED_AFTER} and path in POSTING:
            return 10024
        return self.own_words[fault]

    def as_json(self) -> Json:
        return {
            "posts": [post.as_json() for post in self.posts],
            "destroyed": [post.as_json() for post in self.destroyed],
            "pictures": [picture.as_json() for picture in self.picture_shelf.all()],
            "calls": [call.as_json() for call in self.calls],
        }

    def _check_token(self, request: Request) -> None:
        """Raises PlatformError: 10006 none, 21332 unknown, 21317 revoked, 21327 expired."""
        token = users.token_in(request)
        if not token:
            raise PlatformError(10006)
        given = self.token_shelf.get(token)
        if given is None and token != self.settings.access_token:
            raise PlatformError(21332)
        if given is not None and given.is_revoked:
            raise PlatformError(21317)
        if self.settings.token_expired or (given is not None and given.ends_at <= now()):
            raise PlatformError(21327)

    def _count(self) -> None:
        window = self.day_window()
        if self.used(window) >= self.settings.calls_per_day:
            raise PlatformError(10023)
        self.use(window)


def _answer(data: object, http_status: HTTPStatus) -> Response:
    return Response(json_bytes(data), http_status, content_type="application/json;charset=UTF-8")
