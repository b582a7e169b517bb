"""Calls to the platform: what an answer means is decided by ``error_code`` in its body, never by the HTTP status.

Source: open.weibo.com/wiki, 授权机制, Error_code, 2/statuses/share, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from channels.base import Medium
from channels.errors import ChannelError, ChannelUnavailable, OutcomeUnknown, PersonNeeded, ProductRefused
from channels.http import Answer, Http
from channels.secret import Secret
from channels.weibo.codes import GONE, POSTED_LATER, article_error, named_error

Object = dict[str, Any]

SHARE_PATH = "/2/statuses/share.json"
UPDATE_PATH = "/2/statuses/update.json"
UPLOAD_PATH = "/2/statuses/upload_pic.json"
WITH_PICTURES_PATH = "/2/statuses/upload_url_text.json"
ARTICLE_PATH = "/proxy/article/publish.json"
ARTICLE_DONE = "100000"
SHOW_PATH = "/2/statuses/show.json"
DESTROY_PATH = "/2/statuses/destroy.json"


class Api:
    """One account's interface."""

    def __init__(self, api_base: str, access_token: Secret, *, timeout_s: float) -> None:
        self._http = Http(api_base, timeout_s=timeout_s)
        self._access_token = access_token

    def check_token(self) -> None:
        """Raises CredentialsRefused: there is no token."""
        self._access_token.reveal()

    def ask(self, method: str, path: str, params: Mapping[str, str | int] | None = None) -> Object:
        """A call without effect. Raises every named error but OutcomeUnknown and ProductRefused."""
        return _asked(lambda: self._call(method, path, params=params))

    def ask_bare(self, path: str, form: Mapping[str, str]) -> Object:
        """The same without our token: for signing in, which says in the form what it needs."""
        return _asked(lambda: _readable(self._http.call("POST", path, data=form)))

    def share(self, text: str, picture: Medium | None, *, rip: str, is_first: bool) -> Object:
        """Post once; return the post, or the answer that says it is posted and shows up later.

        Raises OutcomeUnknown unless the answer clearly says yes or no.
        """
        form = {"status": text} | ({"rip": rip} if rip else {})
        # A file turns the form into multipart; without one it must not be.
        files = {"pic": (picture.name, picture.content, picture.media_type)} if picture else None
        return _posted(self._call("POST", SHARE_PATH, data=form, files=files), is_first=is_first)

    def upload(self, picture: Medium) -> Object:
        """Put a picture there for a post to come; its name there is ``pic_id``.

        Raises OutcomeUnknown: no clear answer came back, and it may be done again.
        """
        files = {"pic": (picture.name, picture.content, picture.media_type)}
        answer = self._call("POST", UPLOAD_PATH, files=files)
        if code := _code(answer):
            raise _error(code, answer, posting=False)
        if not answer.get("pic_id"):
            raise OutcomeUnknown("Weibo's answer names no picture. It will be uploaded again.")
        return answer

    def update(self, text: str, pictures: Sequence[str], *, rip: str, is_first: bool) -> Object:
        """Post once with the higher grant, and with the pictures of these names; as ``share``."""
        form = {"status": text} | ({"rip": rip} if rip else {})
        if not pictures:
            return _posted(self._call("POST", UPDATE_PATH, data=form), is_first=is_first)
        answer = self._call("POST", WITH_PICTURES_PATH, data=form | {"pic_id": ",".join(pictures)})
        return _posted(answer, is_first=is_first)

    def publish_article(self, form: Mapping[str, str], *, is_first: bool) -> Object:
        """Publish a long article once, with the post that carries it; as ``share``.

        The article's HTML is encoded before the form is: twice, unlike everything else.
        """
        form = {**form, "content": quote(form["content"], safe="")}
        answer = self._call("POST", ARTICLE_PATH, data=form)
        if code := _code(answer):
            raise _error(code, answer, posting=True, is_first=is_first)
        if (own := str(answer.get("code", ""))) != ARTICLE_DONE:
            raise article_error(own, str(answer.get("msg", "")))
        data = answer.get("data")
        post = dict(data) if isinstance(data, dict) else {}
        if not mid_of(post):
            raise OutcomeUnknown("Weibo's answer names no post. It will be looked up.")
        return {**post, "mid": mid_of(post)}

    def show(self, mid: str) -> Object | None:
        """One post by its number, None where there is none any more.

        Raises ChannelUnavailable, CredentialsRefused, PersonNeeded.
        """
        try:
            post = self.ask("GET", SHOW_PATH, {"id": mid})
        except PersonNeeded as error:
            if error.code == str(GONE):
                return None
            raise
        except ProductRefused as error:
            raise PersonNeeded.from_text(error.text, code=error.code) from None
        if mid_of(post) != mid:
            raise ChannelUnavailable("Weibo's answer names another post or none. It will be asked again.")
        return post

    def destroy(self, mid: str) -> Object:
        """Delete one post; return the platform's answer. One that is gone already is deleted.

        Raises OutcomeUnknown unless the answer clearly says yes or no.
        """
        answer = self._call("POST", DESTROY_PATH, data={"id": mid})
        code = _code(answer)
        if code and code != GONE:
            try:
                raise _error(code, answer, posting=True)
            except ProductRefused:
                raise PersonNeeded(
                    "Weibo refuses to take the post back (code {number}: {reason}). "
                    "Delete it by hand on the account's page, then confirm this delivery.",
                    code=str(code),
                    number=code,
                    reason=_reason(answer),
                ) from None
        if not code and mid_of(answer) != mid:
            raise OutcomeUnknown("Weibo's answer names no post. It will be looked up.")
        return answer

    def _call(self, method: str, path: str, **payload: Any) -> Object:
        # OAuth2 is the scheme's name here. In the header, because addresses end up in logs.
        token = self._access_token.reveal()
        return _readable(self._http.call(method, path, headers={"Authorization": f"OAuth2 {token}"}, **payload))


def _posted(answer: Object, *, is_first: bool) -> Object:
    """The post, or the answer that says it is posted and shows up later."""
    code = _code(answer)
    if code and code not in POSTED_LATER:
        raise _error(code, answer, posting=True, is_first=is_first)
    if not code and not mid_of(answer):
        raise OutcomeUnknown("Weibo's answer names no post. It will be looked up.")
    return answer


def _readable(answer: Answer) -> Object:
    """Raises OutcomeUnknown: it is no answer of the platform."""
    data = answer.json_object()
    if not _code(data) and answer.status != 200:
        raise OutcomeUnknown("The server's answer cannot be read (status {status}).", status=answer.status)
    return data


def _asked(call: Callable[[], Object]) -> Object:
    try:
        answer = call()
        if code := _code(answer):
            raise _error(code, answer, posting=False)
    except (OutcomeUnknown, ProductRefused) as error:
        # What is refused here is the question, which says nothing about a post.
        raise ChannelUnavailable.from_text(error.text, code=error.code) from None
    return answer


def mid_of(post: Mapping[str, Any]) -> str:
    """The post's number as text, empty where there is none; ``id`` is rounded in some answers and comes last."""
    found = (str(post.get(name) or "") for name in ("mid", "idstr", "id"))
    return next((mid for mid in found if mid.isascii() and mid.isdigit()), "")


def _code(answer: Object) -> int:
    """The error code, a number or a text; 0 without one. Raises OutcomeUnknown: it is neither."""
    try:
        return int(answer.get("error_code") or 0)
    except (TypeError, ValueError):
        raise OutcomeUnknown("The server's answer has no readable code.") from None


def _error(code: int, answer: Object, *, posting: bool, is_first: bool = True) -> ChannelError:
    return named_error(code, _reason(answer), posting=posting, is_first=is_first, now=datetime.now(UTC))


def _reason(answer: Object) -> str:
    return str(answer.get("error", ""))
