"""Servers that break calls on request, before or after their effect: a proxy, or the base of a stand-in."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from channels.sandbox.faults import Fault, Faults

PAGE = b"<html><title>Internal Server Error</title></html>"
BEFORE = frozenset({Fault.RESET_BEFORE, Fault.ERROR_BEFORE, Fault.BUSY})
DROPPED = frozenset({"transfer-encoding", "connection", "content-length", "date", "server"})


@dataclass(frozen=True)
class Call:
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What goes back."""

    status: int
    content: bytes
    headers: Sequence[tuple[str, str]] = ()


class BreakingServer(ThreadingHTTPServer):
    """Answers every call by ``reply``, but for those a fault waits for.

    A fault waits at a method and the beginning of a path: ``POST /wp-json/wp/v2/posts``.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.faults = Faults()
        self.calls: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def reply(self, call: Call) -> Reply:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def take(self, call: str) -> Fault:
        self.calls.append(call)
        return next((self.faults.take(path) for path in self.faults.waiting() if call.startswith(path)), Fault.OK)


class BreakingProxy(BreakingServer):
    """Passes every call on to ``backend``, a port of this machine."""

    backend = 0

    def reply(self, call: Call) -> Reply:
        backend = http.client.HTTPConnection("127.0.0.1", self.backend, timeout=20)
        backend.request(call.method, call.path, call.body or None, dict(call.headers))
        answer = backend.getresponse()
        content = answer.read()
        backend.close()
        return Reply(answer.status, content, answer.getheaders())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: the second of two would wait for the first to be acknowledged.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: BreakingServer

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.take(f"{self.command} {self.path}")
        if fault in BEFORE:
            self._spoil(fault, 500, b"")
            return
        reply = self.server.reply(Call(self.command, self.path, dict(self.headers.items()), body))
        if fault is not Fault.OK:
            self._spoil(fault, reply.status, reply.content)
            return
        self._answer(reply.status, reply.content, reply.headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - the names the base class asks for

    def _answer(self, status: int, content: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in DROPPED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _spoil(self, fault: Fault, status: int, content: bytes) -> None:
        match fault:
            case Fault.ERROR_BEFORE | Fault.ERROR_AFTER:
                self._answer(500, PAGE)
            case Fault.BUSY:
                self._answer(503, PAGE, [("Retry-After", "7")])
            case Fault.GARBAGE_AFTER:
                self._answer(status, b"<br />\n<b>Warning</b>: x in y")
            case Fault.EMPTY_AFTER:
                self._answer(status, b"")
            case Fault.HALF_AFTER:
                self.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n" + content[:20])
                self.wfile.flush()
                self._reset()
            case _:
                self._reset()

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
