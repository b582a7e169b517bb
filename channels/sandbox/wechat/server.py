"""The table of WeChat calls, and what every call goes through before its own code runs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from channels.sandbox.books import now
from channels.sandbox.faults import Fault
from channels.sandbox.platform import Json, PlatformError, json_bytes
from channels.sandbox.wechat import drafts, events, figures, mass, media, publish, tokens
from channels.sandbox.wechat.account import Account, read_json

Endpoint = Callable[[Account, Request], Json]

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid argument",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40033: "invalid charset, please use UTF-8",
    40059: "invalid msg_id",
    40060: "invalid article_idx",
    40065: "invalid url",
    40066: "invalid url",
    40097: "invalid args",
    40113: "unsupported file type",
    40114: "invalid index value",
    40125: "invalid appsecret",
    40152: "invalid tag_id",
    40204: "this type of message cannot be deleted",
    40137: "invalid image format",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41039: "invalid content_source_url",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44001: "empty media data",
    44002: "empty post data",
    44003: "empty news data",
    44004: "empty content",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45005: "url size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45028: "has no masssend quota",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45067: "clientmsgid size out of limit",
    45110: "author size out of limit",
    45166: "invalid content",
    47001: "data format error",
    48022: "videos uploaded by API cannot be sent by API",
    48001: "api unauthorized",
    53503: "the draft did not pass the publish check",
    53600: "invalid article_id",
    61500: "date format error",
    61501: "date range error",
    61503: "data not ready",
    76021: "cgi_path not found",
    88000: "without comment privilege",
    89504: "the administrator is asked to confirm",
}

REFUSED_BY_PATH = {
    "/cgi-bin/media/uploadimg": 40137,
    "/cgi-bin/material/add_material": 40137,
    "/cgi-bin/freepublish/submit": 53503,
    "/cgi-bin/message/mass/sendall": 48022,
}


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    endpoint: Endpoint
    needs_token: bool = True
    needs_verification: bool = False
    #: Read-back answers come as plain text; none of them names a charset.
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class QuotaBody:
    cgi_path: str


def get_quota(account: Account, request: Request) -> Json:
    """POST /cgi-bin/openapi/quota/get: what is left of a path's calls today. Raises PlatformError: 76021."""
    path = read_json(request, QuotaBody).cgi_path
    limit = account.settings.daily_quotas.get(path)
    if limit is None:
        raise PlatformError(76021)
    used = account.used(account.day_window(path))
    return {"errcode": 0, "errmsg": "ok", "quota": {"daily_limit": limit, "used": used, "remain": limit - used}}


TEXT = "text/plain"

ROUTES = {
    "/cgi-bin/token": Route("GET", tokens.get_token, needs_token=False),
    "/cgi-bin/stable_token": Route("POST", tokens.get_stable_token, needs_token=False),
    "/cgi-bin/media/uploadimg": Route("POST", media.upload_image),
    "/cgi-bin/material/add_material": Route("POST", media.add_material),
    "/cgi-bin/material/batchget_material": Route("POST", media.list_materials, content_type=TEXT),
    "/cgi-bin/draft/add": Route("POST", drafts.add_draft),
    "/cgi-bin/draft/get": Route("POST", drafts.get_draft, content_type=TEXT),
    "/cgi-bin/draft/batchget": Route("POST", drafts.list_drafts, content_type=TEXT),
    "/cgi-bin/draft/count": Route("GET", drafts.count_drafts),
    "/cgi-bin/draft/delete": Route("POST", drafts.delete_draft),
    "/cgi-bin/freepublish/submit": Route("POST", publish.submit, needs_verification=True),
    "/cgi-bin/freepublish/get": Route("POST", publish.get_outcome, needs_verification=True),
    "/cgi-bin/freepublish/getarticle": Route("POST", publish.get_article, needs_verification=True, content_type=TEXT),
    "/cgi-bin/freepublish/batchget": Route("POST", publish.list_published, needs_verification=True, content_type=TEXT),
    "/cgi-bin/freepublish/delete": Route("POST", publish.delete, needs_verification=True),
    "/cgi-bin/message/mass/sendall": Route("POST", mass.send_all, needs_verification=True),
    "/cgi-bin/message/mass/get": Route("POST", mass.get_send, needs_verification=True),
    "/cgi-bin/message/mass/delete": Route("POST", mass.delete_send, needs_verification=True),
    "/datacube/getarticletotaldetail": Route("POST", figures.article_totals, needs_verification=True),
    "/datacube/getusercumulate": Route("POST", figures.subscribers, needs_verification=True),
    "/cgi-bin/openapi/quota/get": Route("POST", get_quota),
}


class Wechat(Account):
    """The stand-in of api.weixin.qq.com, for one account."""

    def expire_tokens(self) -> None:
        """Let every token given out be past its time: the next call answers 42001."""
        with self.books.page():
            tokens.expire_tokens(self)

    def revoke_tokens(self) -> None:
        """Let every token given out be replaced, as when another program asks for one: 40001."""
        with self.books.page():
            tokens.revoke_tokens(self)

    def confirm_sends(self) -> None:
        """What the administrator does in WeChat: let everything go out that waits for it."""
        with self.books.page():
            mass.confirm_sends(self)

    def due_events(self) -> list[events.Event]:
        """What has ended and was not told yet."""
        return events.due_events(self)

    def note_told(self, event: events.Event) -> None:
        """Do not tell it any more."""
        with self.books.page():
            events.note_told(self, event)

    def knows(self, path: str) -> bool:
        return path in ROUTES

    def answer(self, request: Request) -> Response:
        route = ROUTES.get(request.path)
        if route is None:
            raise PlatformError(40066)
        self._guard(request, route)
        return Response(json_bytes(route.endpoint(self, request)), content_type=route.content_type)

    def refuse(self, error: PlatformError, path: str) -> Response:  # noqa: ARG002 - WeChat's errors do not name it
        message = error.message or MESSAGES[error.code]
        rid = "-".join((f"{int(now().timestamp()):x}", secrets.token_hex(4), secrets.token_hex(4)))
        body = {"errcode": error.code, "errmsg": f"{message} rid: {rid}", **error.more}
        return Response(json_bytes(body), content_type="application/json")

    def code_of(self, fault: Fault, path: str) -> int:
        if fault is Fault.REFUSED and path in REFUSED_BY_PATH:
            return REFUSED_BY_PATH[path]
        return self.own_words[fault]

    def as_json(self) -> Json:
        at = now()
        return {
            "drafts": [draft.as_json() for draft in self.drafts],
            "submitted": [entry.as_json(at) for entry in self.submitted],
            "published": [entry.as_json(at) for entry in self.published],
            "sends": [entry.as_json(at) for entry in self.sends],
            "images": [picture.as_json() for picture in self.images],
            "materials": [picture.as_json() for picture in self.materials],
            "calls": [call.as_json() for call in self.calls],
        }

    def _guard(self, request: Request, route: Route) -> None:
        """Raises PlatformError: 43001, 43002 method; a token's code; 48001 right missing; 45009 quota used up."""
        if request.method != route.method:
            raise PlatformError(43001 if route.method == "GET" else 43002)
        if route.needs_token:
            tokens.check_token(self, request)
        if route.needs_verification and not self.settings.verified:
            raise PlatformError(48001)
        limit = self.settings.daily_quotas.get(request.path)
        if limit is None:
            return
        window = self.day_window(request.path)
        if self.used(window) >= limit:
            raise PlatformError(45009)
        self.use(window)
