"""Calls to a WordPress site: where its REST interface is, and what its answers mean.

Source: WordPress 6.1 (wp-includes/rest-api), tried on that version; its messages are in the site's language, so that
they are shown and never compared.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from html import unescape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    message_id,
)
from channels.http import Answer, Http
from channels.secret import Secret

Object = dict[str, Any]

RELATION = re.compile(r"<([^>]+)>\s*;[^,]*rel=\"?https://api\.w\.org/\"?", re.I)
TAGS = re.compile(r"<[^>]*>")
REASON_LENGTH = 300

BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
TRASHED, GONE, HASH = "rest_already_trashed", "rest_post_invalid_id", "rest_upload_hash_mismatch"
FORBIDDEN_STATUS = "rest_forbidden_status"
MAY = ("publish_posts", "upload_files")

SPOKEN: tuple[tuple[Callable[[int, str], bool], type[ChannelError], str], ...] = (
    (
        lambda status, code: status == HTTPStatus.FORBIDDEN and code in {"rest_cannot_edit", "rest_cannot_delete"},
        PersonNeeded,
        message_id(
            "The account may not change this post, which belongs to somebody else ({reason}): give it the role editor, "
            "or change the post by hand."
        ),
    ),
    (
        lambda status, code: status == HTTPStatus.FORBIDDEN and bool(code),
        CredentialsRefused,
        message_id("The account may not do this ({reason}): give it the role editor in WordPress."),
    ),
    (
        lambda status, code: status == HTTPStatus.FORBIDDEN and not code,
        PersonNeeded,
        message_id(
            "Something in front of WordPress refuses the call (status 403: {reason}), a firewall or a security plugin: "
            "ask whoever runs the site to let it pass."
        ),
    ),
    (
        lambda _status, code: code in {GONE, TRASHED},
        PersonNeeded,
        message_id("The post is no longer there ({reason}): somebody deleted it for good. Decide what is to be done."),
    ),
    (
        lambda status, _code: status == HTTPStatus.NOT_FOUND,
        CredentialsRefused,
        message_id(
            "There is no REST interface of WordPress at this address ({reason}): correct base_url, or let whoever runs "
            "the site switch it on."
        ),
    ),
    (
        lambda _status, code: code == HASH,
        ChannelUnavailable,
        message_id("A file arrived damaged at the site ({reason}). It will be sent again."),
    ),
    (
        lambda status, _code: status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ProductRefused,
        message_id(
            "The site does not take files or texts of this size ({reason}): make them smaller, or let whoever runs the "
            "site raise upload_max_filesize and client_max_body_size."
        ),
    ),
    (
        lambda status, code: status == HTTPStatus.BAD_REQUEST and bool(code),
        ProductRefused,
        message_id("WordPress does not take it ({reason}): change what it names and submit it again."),
    ),
    (
        # With status 500, and meant for good: the type or the size of the file.
        lambda _status, code: code in {"rest_upload_sideload_error", "rest_upload_unknown_error"},
        ProductRefused,
        message_id("WordPress does not take the file ({reason}): save it as PDF or as a picture, or make it smaller."),
    ),
)
"""What an answer means that WordPress, or what stands before it, has worded: when, error, text; the first holds."""


class Api:
    """One site's interface as one account may use it."""

    def __init__(self, base_url: str, username: Secret, app_password: Secret, *, timeout_s: float) -> None:
        self._http = Http(base_url, timeout_s=timeout_s)
        self._username = username
        self._app_password = app_password
        self._root: str | None = None

    def root(self) -> str:
        """Path and query of the interface below the site's address; asked once. Raises what ``ask`` raises.

        With pretty permalinks it is ``/wp-json``, without them ``/?rest_route=``, and the site says which.
        """
        if self._root is None:
            answer = self._quietly("HEAD", "/", {})
            self._refuse_redirect(answer)
            found = RELATION.search(_header(answer, "link"))
            told = urlsplit(found[1]) if found else None
            base = urlsplit(self._http.base_url).path.rstrip("/")
            # Its path only: behind a proxy, sites often call themselves by another host or scheme than readers do.
            if told is None or "rest_route=" in told.query or not told.path.startswith(f"{base}/"):
                self._root = "/?rest_route="
            else:
                self._root = told.path.removeprefix(base).rstrip("/")
        return self._root

    def me(self) -> Object:
        """The account, with its rights. Raises what ``ask`` raises."""
        answer = self.ask("/wp/v2/users/me", {"context": "edit"})
        if not isinstance(answer, dict) or "capabilities" not in answer:
            raise ChannelUnavailable("The site's answer about the account cannot be read. It will be asked again.")
        return answer

    def ask(self, path: str, params: Mapping[str, str | int]) -> Any:
        """The JSON of a call without effect. Raises ChannelUnavailable, CredentialsRefused, PersonNeeded."""
        answer = self._quietly("GET", self.root() + path, self._login(), params)
        if answer.status != HTTPStatus.OK:
            raise _of_question(named_error(answer))
        try:
            return json.loads(answer.body)
        except ValueError:
            raise ChannelUnavailable("The site's answer is no JSON. It will be asked again.") from None

    def one(self, path: str, params: Mapping[str, str | int]) -> Object | None:
        """One thing by its number, None where there is none any more. Raises what ``ask`` raises."""
        try:
            answer = self.ask(path, params)
        except PersonNeeded as error:
            if error.code == GONE:
                return None
            raise
        return answer if isinstance(answer, dict) else None

    def send(self, path: str, content: Mapping[str, object]) -> Object:
        """Make or change something; the answer names it by its number. Raises the named errors, OutcomeUnknown too."""
        headers = self._login() | {"Content-Type": "application/json; charset=utf-8"}
        return self._written(self._http.call("POST", self.root() + path, headers=headers, data=_json(content)))

    def upload(self, name: str, media_type: str, content: bytes, *, md5: str, facts: Mapping[str, str]) -> Object:
        """Put a file into the library. Raises the named errors, OutcomeUnknown too.

        Args:
            name: ASCII; md5: digest of ``content``, so that half a file is not taken for a whole one.
        """
        headers = self._login() | {"Content-MD5": md5}
        files = {"file": (name, content, media_type)}
        answer = self._http.call("POST", f"{self.root()}/wp/v2/media", headers=headers, data=facts, files=files)
        return self._written(answer)

    def delete(self, path: str, params: Mapping[str, str | int] | None = None) -> Object:
        """Remove something; what is gone already is removed. Raises the named errors, OutcomeUnknown too."""
        answer = self._http.call("DELETE", self.root() + path, headers=self._login(), params=params)
        code = _code(answer)
        if code in {TRASHED, GONE}:
            return {"code": code}
        if answer.status != HTTPStatus.OK:
            raise named_error(answer)
        return {"status": str(answer.json_object().get("status", "deleted"))}

    def is_shown(self, path: str) -> bool:
        """Whether a reader without an account gets what stands at ``path`` of the site. Raises ChannelUnavailable."""
        return self._quietly("HEAD", path, {}).status == HTTPStatus.OK

    def _written(self, answer: Answer) -> Object:
        if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise named_error(answer)
        data = answer.json_object()
        if not isinstance(data.get("id"), int):
            raise OutcomeUnknown("The site's answer names nothing that was made. It will be looked up.")
        return data

    def _quietly(
        self, method: str, path: str, headers: Mapping[str, str], params: Mapping[str, str | int] | None = None
    ) -> Answer:
        try:
            return self._http.call(method, path, headers=headers, params=params)
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text) from None

    def _login(self) -> dict[str, str]:
        pair = f"{self._username.reveal()}:{self._app_password.reveal()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}

    def _refuse_redirect(self, answer: Answer) -> None:
        target = _header(answer, "location")
        if target and HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            raise moved(target)


def moved(target: str) -> CredentialsRefused:
    """The site stands at another address: written there, nothing would arrive."""
    return CredentialsRefused(
        "The site says that it stands at {address}: write that address as base_url. Nothing was sent there.",
        address=target,
    )


def named_error(answer: Answer) -> ChannelError:
    """What an answer that is no success means, by who must act. Its text shows the site's own words."""
    code, reason = _code(answer), _reason(answer)
    status = answer.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return moved(_header(answer, "location") or "?")
    if status in BUSY:
        return ChannelUnavailable(
            "The site asks to wait (status {status}: {reason}).",
            code=code,
            retry_after_s=_retry_after(answer),
            status=status,
            reason=reason,
        )
    if status == HTTPStatus.UNAUTHORIZED or FORBIDDEN_STATUS in answer.body.decode("utf-8", "replace"):
        return CredentialsRefused(
            "WordPress does not accept the login ({reason}): make a new Application Password for the account and check "
            "the user name. If both are right, the web server in front drops the header Authorization: let it pass.",
            code=code,
            reason=reason,
        )
    return _spoken_error(answer, code, reason)


def _spoken_error(answer: Answer, code: str, reason: str) -> ChannelError:
    """Answers in which WordPress itself says what is wrong, and those that say nothing."""
    for applies, error, template in SPOKEN:
        if applies(answer.status, code):
            return error(template, code=code, reason=reason)
    return OutcomeUnknown(
        "The site answers with status {status} ({reason}).", code=code, status=answer.status, reason=reason
    )


def _of_question(error: ChannelError) -> ChannelError:
    """The same about a call without effect, which says nothing about a product."""
    if isinstance(error, OutcomeUnknown):
        return ChannelUnavailable.from_text(error.text, code=error.code)
    if isinstance(error, ProductRefused):
        return PersonNeeded.from_text(error.text, code=error.code)
    return error


def _json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8")


def _body(answer: Answer) -> Object:
    try:
        data = json.loads(answer.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _code(answer: Answer) -> str:
    code = _body(answer).get("code")
    return code if isinstance(code, str) else ""


def _reason(answer: Answer) -> str:
    """The site's own words on one line, without HTML; of a page that is none of WordPress's, its title at most."""
    message = _body(answer).get("message")
    text = message if isinstance(message, str) else _title(answer.body)
    words = " ".join(unescape(TAGS.sub(" ", text)).split())
    return words[:REASON_LENGTH] or "?"


def _title(body: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.{0,300}?)</title>", body, re.I | re.S)
    return found[1].decode("utf-8", "replace") if found else ""


def _header(answer: Answer, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")


def _retry_after(answer: Answer) -> float | None:
    told = _header(answer, "retry-after")
    return float(told) if told.isascii() and told.isdigit() else None
