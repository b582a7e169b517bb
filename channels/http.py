"""One HTTP call with a deadline, a size limit and an honest error; never a retry, never a redirect.

What decides is whether the request can have left: only a connection that was never made, or a deadline that had passed
before the first byte, proves that it did not. Every other trouble leaves the outcome unknown.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import default_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError
from urllib3.exceptions import SSLError as TransportSSLError

from channels import deadline
from channels.errors import NeverSent, OutcomeUnknown, PersonNeeded

CONNECT_TIMEOUT_S = 5.0
SIZE_LIMIT = 8 * 1024 * 1024
CHUNK = 64 * 1024

# urllib3 writes whole addresses into its debug log, and some platforms want their token in the address.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

try:
    USER_AGENT = f"publisher/{version('publisher')}"
except PackageNotFoundError:
    USER_AGENT = "publisher"

HEADERS = {**default_headers(), "User-Agent": USER_AGENT}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole: status, body as bytes, headers."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object, read as UTF-8 whatever the headers claim.

        Raises OutcomeUnknown: the body is no JSON object (an HTML error page, half an answer, nothing).
        """
        try:
            # strict=False: platforms leave raw control characters inside strings.
            data = json.loads(self.body.decode("utf-8", "replace"), strict=False)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise OutcomeUnknown("The server's answer cannot be read (status {status}).", status=self.status)
        return data


class _Punctual(HTTPConnection):
    """A connection on which no request begins too late: asked when it is up, right before the first byte."""

    _has_begun = False

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        self._has_begun = False
        super().putrequest(*args, **kwargs)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if deadline.too_late():
            self.close()
            if self._has_begun:
                # The head is out. Without its body it should come to nothing, but that is not for certain.
                raise ConnectionAbortedError(errno.ECONNABORTED, "too late for the rest")
            deadline.check()
        self._has_begun = True
        super().send(data)


class _PunctualTls(_Punctual, HTTPSConnection):
    """The same with TLS: its handshake is no byte of the request."""


class _Outward(_Punctual):
    """A connection that stays outside: asked of the address itself, since a name may lead anywhere."""

    def _new_conn(self) -> socket.socket:
        # Looked at before, so that no port inside is touched, and after, for a name may say one thing now and another
        # a moment later.
        with suppress(OSError, UnicodeError):
            for found in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
                self._require_outside(str(found[4][0]))
        connection = super()._new_conn()
        try:
            self._require_outside(connection.getpeername()[0])
        except PersonNeeded:
            connection.close()
            raise
        return connection

    def _require_outside(self, address: str) -> None:
        if is_internal(address):
            raise PersonNeeded(
                "{host} has the internal address {address}, which is not asked. Where that is right, write {setting} "
                "beside its address in the configuration.",
                host=self.host,
                address=address,
                setting="internal = true",
            )


class _OutwardTls(_Outward, HTTPSConnection):
    """The same with TLS: its handshake comes later."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Punctual


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _PunctualTls


class _OutwardPool(HTTPConnectionPool):
    ConnectionCls = _Outward


class _OutwardTlsPool(HTTPSConnectionPool):
    ConnectionCls = _OutwardTls


class _Adapter(HTTPAdapter):
    pools: ClassVar[dict[str, Any]] = {"http": _Pool, "https": _TlsPool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools


class _OutwardAdapter(_Adapter):
    pools: ClassVar[dict[str, Any]] = {"http": _OutwardPool, "https": _OutwardTlsPool}


class Http:
    """Calls to one server.

    Args:
        base_url: scheme, host and optional path; paths of calls are appended to it.
        timeout_s: how long a call may take from its first byte to the last of the answer.
        outward: never talk to an address of the internal network or of this machine.
    """

    def __init__(self, base_url: str, *, timeout_s: float, outward: bool = False) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout_s = timeout_s
        self._kind = _OutwardAdapter if outward else _Adapter
        self._local = threading.local()

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Answer:
        """Make one call and return the answer, whatever its status.

        Args:
            data: raw body, or fields of a form.
            files: field → (ASCII file name, bytes, media type); makes the form multipart.
        Raises NeverSent: no connection could be made, or it was too late then; nothing was sent.
        Raises OutcomeUnknown: it may have been sent, and no whole answer came back in time.
        Raises PersonNeeded: only outward, and the host is inside; nothing was sent.
        """
        until = time.monotonic() + self.timeout_s
        try:
            request = self._prepared(method, path, params, headers)
            request.prepare_body(data, files)
            timeout = (min(CONNECT_TIMEOUT_S, self.timeout_s), self.timeout_s)
            with self._adapter.send(request, stream=True, timeout=timeout) as response:
                body = self._read(response, until)
                return Answer(response.status_code, body, dict(response.headers))
        except (requests.RequestException, HTTPError, OSError) as error:
            if never_left(error):
                raise NeverSent(
                    "{host} cannot be reached ({reason}). Nothing was sent; it will be tried again.",
                    host=self.host,
                    reason=type(error).__name__,
                ) from None
            raise OutcomeUnknown(
                "The connection to {host} broke before the answer was complete ({reason}).",
                host=self.host,
                reason=type(error).__name__,
            ) from None

    def _prepared(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
    ) -> requests.PreparedRequest:
        """Everything but the body. There is no session: it would follow redirects, keep cookies and read the
        environment, none of which a platform's call needs, and cost a seventh of the call."""
        request = requests.PreparedRequest()
        request.prepare_method(method)
        request.prepare_url(self.base_url + path, params)
        request.prepare_headers({**HEADERS, **(headers or {})})
        request.prepare_auth(None)
        return request

    @property
    def _adapter(self) -> HTTPAdapter:
        """That of this thread: requests does not promise that one may be shared."""
        adapter: HTTPAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = self._kind()
        return adapter

    def _read(self, response: requests.Response, until: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(CHUNK):
            size += len(part)
            if size > SIZE_LIMIT or time.monotonic() > until:
                raise OutcomeUnknown("The answer of {host} is too long or too slow to be read.", host=self.host)
            parts.append(part)
        return b"".join(parts)


def is_internal(address: str) -> bool:
    """Whether an IP address is not one of the public internet; False for a name."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return not (getattr(found, "ipv4_mapped", None) or found).is_global


def never_left(error: BaseException) -> bool:
    """Whether ``error`` proves that no byte of the request reached the server.

    ``requests`` puts refused connections, resets and failed certificates into overlapping classes; the cause underneath
    tells them apart.
    """
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    return isinstance(cause, NewConnectionError | ConnectTimeoutError) or _is_bad_certificate(cause)


def _is_bad_certificate(cause: object) -> bool:
    return isinstance(cause, TransportSSLError) and "CERTIFICATE_VERIFY_FAILED" in str(cause)
