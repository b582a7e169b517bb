"""A proxy before a real server that breaks calls on request, before or after their effect."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from channels.sandbox.faults import Fault, Faults

PAGE = b"<html><title>Internal Server Error</title></html>"
BEFORE = frozenset({Fault.RESET_BEFORE, Fault.ERROR_BEFORE, Fault.BUSY})
DROPPED = frozenset({"transfer-encoding", "connection", "content-length", "date", "server"})


class BreakingProxy(ThreadingHTTPServer):
    """Passes every call on to ``backend`` (a port of this machine), but for those a fault waits for.

    A fault waits at a method and the beginning of a path: ``POST /wp-json/wp/v2/posts``.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.backend = 0
        self.faults = Faults()
        self.calls: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: the second of two would wait for the first to be acknowledged.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: BreakingProxy

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.take(f"{self.command} {self.path}")
        if fault in BEFORE:
            self._spoil(fault, 500, b"")
            return
        backend = http.client.HTTPConnection("127.0.0.1", self.server.backend, timeout=20)
        backend.request(self.command, self.path, body or None, dict(self.headers.items()))
        answer = backend.getresponse()
        content = answer.read()
        backend.close()
        if fault is not Fault.OK:
            self._spoil(fault, answer.status, content)
            return
        self._answer(answer.status, content, answer.getheaders())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - the names the base class asks for

    def _answer(self, status: int, content: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in headers or []:
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
