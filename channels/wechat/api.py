"""Calls to the platform's server interface: token, real UTF-8, and error codes that come with HTTP 200.

Source: developers.weixin.qq.com, stable_token, draft, freepublish and material pages, read 2026-11.
"""

from __future__ import annotations

import hashlib
import json
import logging
import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.base import Common, Medium
from channels.errors import ChannelUnavailable, OutcomeUnknown, ProductRefused
from channels.http import Answer, Http
from channels.secret import Secret
from channels.wechat.codes import TOKEN_CODES, named_error
from channels.wechat.token import TOKENS, Sharing

logger = logging.getLogger(__name__)

Object = dict[str, Any]

PICTURE_KEPT_S = 30 * 24 * 3600


class Api:
    """One account's interface.

    ``ask`` and ``upload`` may be repeated without harm, so a lost answer is just unavailability; after ``submit`` it
    leaves the outcome unknown.

    Args:
        common: where the processes that use this account keep its token.
    """

    def __init__(self, api_base: str, app_id: Secret, app_secret: Secret, *, timeout_s: float, common: Common) -> None:
        self._http = Http(api_base, timeout_s=timeout_s)
        self._app_id = app_id
        self._app_secret = app_secret
        self._common = common

    def ask(self, path: str, body: Mapping[str, object], *, expected: Collection[int] = ()) -> Object:
        """A call that may be repeated; ``expected`` as in ``submit``. Raises every named error but OutcomeUnknown."""
        try:
            return self._call(path, data=encode(body), expected=expected)
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text) from None

    def ask_about(self, path: str, body: Mapping[str, object], *, expected: Collection[int] = ()) -> Object:
        """A question about what was handed over: where it is refused, that says nothing about the article.

        Raises ChannelUnavailable, CredentialsRefused, PersonNeeded.
        """
        try:
            return self.ask(path, body, expected=expected)
        except ProductRefused as error:
            raise ChannelUnavailable.from_text(error.text, code=error.code) from error

    def upload(self, path: str, picture: Medium) -> Object:
        """Send a picture as the form field ``media``. Raises every named error but OutcomeUnknown."""
        try:
            return self._call(path, files={"media": (picture.name, picture.content, picture.media_type)})
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text) from None

    def address_of(self, picture: Medium) -> str:
        """The address of a picture for the text of articles; each picture is uploaded once for all articles.

        Raises every named error but OutcomeUnknown.
        """
        known = f"wechat-picture-{hashlib.sha256('/'.join((*self._account, picture.sha256)).encode()).hexdigest()}"
        address = self._common.get(known)
        if address is None:
            address = text_of(self.upload("/cgi-bin/media/uploadimg", picture), "url")
            self._common.put(known, address, keep_s=PICTURE_KEPT_S)
        return address

    def submit(self, path: str, body: Mapping[str, object], *, expected: Collection[int] = ()) -> Object:
        """A call that publishes. Raises OutcomeUnknown unless the answer clearly says yes or no.

        Args:
            expected: codes that are answers of this call and no errors; they stand in the answer as ``errcode``.
        """
        return self._call(path, data=encode(body), irreversible=True, expected=expected)

    def check_token(self) -> None:
        """Fetch a token if none is held. Raises CredentialsRefused, PersonNeeded, ChannelUnavailable."""
        self._token()

    def tokens_ended_early(self) -> int:
        """How often within a day somebody else has ended the token of this account."""
        return TOKENS.ended_early(self._account, self._sharing)

    def _call(self, path: str, *, irreversible: bool = False, expected: Collection[int] = (), **payload: Any) -> Object:
        token = self._token()
        code, answer = self._attempt(path, token, payload)
        if code in TOKEN_CODES:
            # A call with a wrong token has no effect, so repeating it once is safe for every call.
            TOKENS.drop(self._account, self._sharing, token)
            token = self._token()
            code, answer = self._attempt(path, token, payload)
        if code and code not in expected:
            reason = str(answer.get("errmsg", "")).replace(token, "…")
            # The words end with the number (rid) under which the platform can look the call up for seven days.
            logger.warning("WeChat answers %s with %s: %s", path.partition("?")[0], code, reason)
            raise named_error(code, reason, irreversible=irreversible, now=datetime.now(UTC))
        return answer

    def _attempt(self, path: str, token: str, payload: Mapping[str, Any]) -> tuple[int, Object]:
        headers = {"Content-Type": "application/json"} if "data" in payload else None
        answer = self._http.call("POST", path, params={"access_token": token}, headers=headers, **payload)
        return read(answer)

    @property
    def _account(self) -> tuple[str, str]:
        return self._http.base_url, self._app_id.reveal()

    @property
    def _sharing(self) -> Sharing:
        return Sharing(self._common, self._app_secret.reveal())

    def _token(self) -> str:
        return TOKENS.get(self._account, self._sharing, self._fetch_token)

    def _fetch_token(self) -> tuple[str, float]:
        """A new token. An unclear answer here is harmless: nothing else was asked yet."""
        secret = self._app_secret.reveal()
        body = {"grant_type": "client_credential", "appid": self._app_id.reveal(), "secret": secret}
        try:
            headers = {"Content-Type": "application/json"}
            code, answer = read(self._http.call("POST", "/cgi-bin/stable_token", headers=headers, data=encode(body)))
            if code:
                reason = str(answer.get("errmsg", "")).replace(secret, "…")
                logger.warning("WeChat gives no access token (code %s): %s", code, reason)
                raise named_error(code, reason, irreversible=False, now=datetime.now(UTC))
            return text_of(answer, "access_token"), float(answer["expires_in"])
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text) from None
        except (KeyError, TypeError, ValueError):
            raise ChannelUnavailable(
                "WeChat's answer lacks {name}. It will be tried again.", name="expires_in"
            ) from None


def encode(body: Mapping[str, object]) -> bytes:
    """JSON in real UTF-8: escapes would be shown to readers and counted against the limits."""
    return json.dumps(_clean(body), ensure_ascii=False).encode("utf-8")


def clean_text(text: str) -> str:
    """Without control characters and lone surrogates, which the platform stumbles over."""
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})


def _clean(value: object) -> object:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {name: _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value


def read(answer: Answer) -> tuple[int, Object]:
    """The error code (0: success) and the whole answer.

    Raises OutcomeUnknown: a server error, no JSON object, or a code that is no number.
    """
    if answer.status >= 500:
        raise OutcomeUnknown("The server failed (status {status}).", status=answer.status)
    data = answer.json_object()
    try:
        code = int(data.get("errcode", 0))
    except (TypeError, ValueError):
        raise OutcomeUnknown("The server's answer has no readable code.") from None
    if code == 0 and answer.status != 200:
        raise OutcomeUnknown("The server's answer cannot be read (status {status}).", status=answer.status)
    return code, data


def text_of(answer: Object, name: str) -> str:
    """A field that a success always has. Raises ChannelUnavailable: it is not there."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise ChannelUnavailable("WeChat's answer lacks {name}. It will be tried again.", name=name)
    return value
