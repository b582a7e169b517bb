"""Making the calls the configuration describes, and reading their answers: what they say, never their status alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from channels.base import Medium
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
)
from channels.http import Answer, Http
from channels.website.handing import file_name
from channels.website.system import xml
from channels.website.system.options import Call, Says, Signature, SystemOptions, Upload
from channels.website.system.templates import at, fill, shown, written

Values = Mapping[str, object]

REASON_LENGTH = 300
SUCCESS = Says(status=(200, 201))


@dataclass(frozen=True, slots=True)
class Request:
    """A call with everything filled in. ``parameters`` is what a signature is made over: query and form."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    files: Mapping[str, Any] | None = field(default=None, repr=False)
    charset: str = "utf-8"

    @property
    def parameters(self) -> dict[str, str]:
        return {**self.query, **(self.form or {})}


class Calls:
    """The system as the configuration describes it."""

    def __init__(self, options: SystemOptions) -> None:
        self._options = options
        self._http = Http(options.api_base, timeout_s=options.timeout_s)
        self._token, self._token_until = "", float("-inf")

    def do(self, call: Call, values: Values, medium: Medium | None = None) -> Any:
        """Make a call with an effect; return the JSON of its answer.

        Raises the named errors: OutcomeUnknown unless the answer clearly says yes or no.
        """
        answer = self._call(call, values, medium)
        data = self._read(call, answer)
        if self.is_ok(call, answer.status, data):
            return data
        raise self._error(call, answer.status, data)

    def is_ok(self, call: Call, status: int, data: Any) -> bool:
        """Whether an answer says that the call has succeeded."""
        return says(call.ok or self._options.answers.ok or SUCCESS, status, data)

    def ask(self, call: Call, values: Values) -> tuple[int, Any]:
        """Make a call without effect; return status and content of its answer, whatever it says.

        Raises ChannelUnavailable, CredentialsRefused, PersonNeeded.
        """
        status, data = self._question(call, values)
        if self._wants_login(call, status, data) and call is not self._options.token:
            # Another process may have asked for a token meanwhile, which ends ours.
            self._token_until = float("-inf")
            status, data = self._question(call, values)
            if self._wants_login(call, status, data):
                raise _login_refused(self._reason(call, data, status))
        return status, data

    def _question(self, call: Call, values: Values) -> tuple[int, Any]:
        try:
            answer = self._call(call, values, None)
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text, code=error.code) from None
        return answer.status, self._read(call, answer)

    def _read(self, call: Call, answer: Answer) -> Any:
        """What an answer says; None where it is not what it should be."""
        return xml.read(answer.body) if self.is_xml(call) else _json(answer)

    def is_xml(self, call: Call) -> bool:
        """Whether the answers to a call are XML."""
        return (call.format or self._options.answers.format) == "xml"

    def refuse(self, call: Call, status: int, data: Any) -> ChannelError:
        """The error of an answer to a question that is no success."""
        error = self._error(call, status, data)
        if isinstance(error, OutcomeUnknown):
            return ChannelUnavailable.from_text(error.text, code=error.code)
        return PersonNeeded.from_text(error.text, code=error.code) if isinstance(error, ProductRefused) else error

    def check_login(self) -> None:
        """Raises CredentialsRefused, ChannelUnavailable: there is no token to be had, or a secret is missing."""
        for secret in self._options.secrets.values():
            secret.reveal()
        if self._options.signature:
            self._options.signature.secret.reveal()
        self._valid_token()

    def request(self, call: Call, values: Values, secrets: Mapping[str, str], medium: Medium | None = None) -> Request:
        """The call as it goes out, signed.

        Args:
            secrets: by name; whoever only shows the call gives masks. ``signature`` is what signs.
        """
        seconds = time.time()
        filled: dict[str, object] = {
            **values,
            **{f"secret.{name}": value for name, value in secrets.items()},
            "timestamp": int(seconds * 1000) if self._options.timestamp == "ms" else int(seconds),
            "nonce": uuid.uuid4().hex,
        }
        query = {name: written(template, filled) for name, template in call.query.items()}
        common = {} if call is self._options.token else self._options.headers
        headers = {name: written(template, filled) for name, template in (common | call.headers).items()}
        path = written(call.path, {name: quote(shown(value), safe="") for name, value in filled.items()})
        made = _with_body(Request(call.method, path, query, headers, charset=call.charset), call, filled, medium)
        return self._signed(made, filled, secrets.get("signature", ""))

    def _call(self, call: Call, values: Values, medium: Medium | None) -> Answer:
        options = self._options
        secrets = {name: secret.reveal() for name, secret in options.secrets.items()}
        if options.signature:
            secrets["signature"] = options.signature.secret.reveal()
        known = values if call is options.token else {**values, "token": self._valid_token()}
        made = self.request(call, known, secrets, medium)
        answer = self._http.call(
            made.method,
            made.path,
            params=made.query,
            headers=made.headers,
            data=made.body if made.files is None else made.form,
            files=made.files,
        )
        target = next((value for name, value in answer.headers.items() if name.lower() == "location"), "")
        if target and HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            raise CredentialsRefused(
                "The system says that it stands at {address}: write that address as api_base. Nothing was sent there.",
                address=target,
            )
        return answer

    def _valid_token(self) -> str:
        call = self._options.token
        if call is None or time.monotonic() < self._token_until:
            return self._token
        status, data = self.ask(call, {})
        token = shown(at(data, call.token))
        if not self.is_ok(call, status, data) or not token:
            raise CredentialsRefused(
                "The system gives no token ({reason}): check the account, its secrets and the call under token.",
                reason=self._reason(call, data, status),
            )
        told = shown(at(data, call.expires)) if call.expires else ""
        lasts = float(told) if told.isascii() and told.isdigit() and int(told) < 10**8 else call.lasts_s
        self._token, self._token_until = token, time.monotonic() + lasts * 0.9
        return token

    def _error(self, call: Call, status: int, data: Any) -> ChannelError:
        reason = self._reason(call, data, status)
        if self._wants_login(call, status, data):
            if self._options.token is None:
                return _login_refused(reason)
            self._token_until = float("-inf")
            return ChannelUnavailable("The system wants a new token ({reason}). It will be tried again.", reason=reason)
        wait = call.wait or self._options.answers.wait
        if wait and says(wait, status, data):
            return ChannelUnavailable("The system asks to wait ({reason}).", reason=reason)
        return _plain_error(status, data, reason)

    def _wants_login(self, call: Call, status: int, data: Any) -> bool:
        login = call.login or self._options.answers.login
        return login is not None and says(login, status, data)

    def _reason(self, call: Call, data: Any, status: int) -> str:
        path = call.error or self._options.answers.error
        told = shown(at(data, path)) if path else ""
        return " ".join(told.split())[:REASON_LENGTH] or str(status)

    def _signed(self, made: Request, values: Values, secret: str) -> Request:
        signature = self._options.signature
        if signature is None:
            return made
        parts: dict[str, object] = {
            **values,
            "method": made.method,
            "path": made.path,
            "query": urlencode(sorted(made.query.items())),
            "body": (made.body or b"").decode(made.charset, "replace"),
            "body_sha256": hashlib.sha256(made.body or b"").hexdigest(),
            "parameters": "&".join(f"{name}={value}" for name, value in sorted(made.parameters.items())),
        }
        signed = sign(written(signature.over, parts).encode(), secret.encode(), signature.method, signature.encoding)
        return with_signature(made, signature, signed)


def with_signature(made: Request, signature: Signature, signed: str) -> Request:
    """The call with its signature: in a header, or among the fields of its form, or else in its query."""
    if signature.header:
        return replace(made, headers={**made.headers, signature.header: signed})
    if made.files is not None:
        return replace(made, files={**made.files, signature.parameter: (None, signed.encode())})
    if made.form is not None:
        form = {**made.form, signature.parameter: signed}
        return replace(made, form=form, body=_form_body(form, made.charset))
    return replace(made, query={**made.query, signature.parameter: signed})


def sign(message: bytes, secret: bytes, method: str, encoding: str) -> str:
    """The signature of ``message``; a method without hmac is the digest of what ``over`` says, secret and all."""
    name = method.removeprefix("hmac-")
    digest = (
        hmac.new(secret, message, name).digest() if method.startswith("hmac-") else hashlib.new(name, message).digest()
    )
    if encoding == "base64":
        return base64.b64encode(digest).decode("ascii")
    return digest.hex().upper() if encoding == "HEX" else digest.hex()


def says(test: Says, status: int, data: Any) -> bool:
    """Whether an answer passes a test."""
    if test.status and status not in test.status:
        return False
    if not test.path:
        return True
    found = at(data, test.path)
    return shown(found) in test.values if test.values else found not in (None, "", [], {})


def _login_refused(reason: str) -> CredentialsRefused:
    return CredentialsRefused(
        "The system does not accept the login ({reason}): renew the secrets of this channel.", reason=reason
    )


def _plain_error(status: int, data: Any, reason: str) -> ChannelError:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _login_refused(reason)
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return ChannelUnavailable("The system asks to wait ({reason}).", reason=reason)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or data is None:
        return OutcomeUnknown("The system answers with status {status} ({reason}).", status=status, reason=reason)
    return ProductRefused("The system refuses it ({reason}): change what it names and submit it again.", reason=reason)


def _with_body(made: Request, call: Call, values: Values, medium: Medium | None) -> Request:
    if call.json_body is not None:
        body = json.dumps(fill(call.json_body, values), ensure_ascii=False, default=shown).encode("utf-8")
        return replace(made, body=body, headers={"Content-Type": "application/json; charset=utf-8", **made.headers})
    if call.xml is not None:
        body = written(call.xml, values, xml.escaped).encode(call.charset, "xmlcharrefreplace")
        return replace(made, body=body, headers={"Content-Type": f"text/xml; charset={call.charset}", **made.headers})
    form = {name: written(template, values) for name, template in ((call.form or call.multipart) or {}).items()}
    if call.form is not None:
        body = _form_body(form, call.charset)
        kind = f"application/x-www-form-urlencoded; charset={call.charset}"
        return replace(made, body=body, form=form, headers={"Content-Type": kind, **made.headers})
    if call.multipart is None:
        return made
    return _with_files(made, call, form, medium)


def _form_body(form: Mapping[str, str], charset: str) -> bytes:
    return urlencode(form, encoding=charset, errors="xmlcharrefreplace").encode("ascii")


def _with_files(made: Request, call: Call, form: Mapping[str, str], medium: Medium | None) -> Request:
    """A multipart form is one also where no file is among it; the field that says ``{file}`` is the file."""
    multipart = call.multipart or {}
    places = {name for name, template in multipart.items() if template == "{file}"}
    files: dict[str, Any] = {name: (None, value.encode(call.charset)) for name, value in form.items()}
    if medium is not None and isinstance(call, Upload):
        files |= dict.fromkeys(places, (file_name(medium), medium.content, medium.media_type))
    return replace(made, form={}, files=files)


def _json(answer: Answer) -> Any:
    """The JSON of an answer, None where it is none."""
    try:
        return json.loads(answer.body.decode("utf-8"), strict=False)
    except ValueError:
        try:
            return json.loads(answer.body.decode("gb18030", "replace"), strict=False)
        except ValueError:
            return None
