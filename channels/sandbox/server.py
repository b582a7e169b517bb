"""The stand-ins as one HTTP server on this machine: the front, and what it does wrong on request."""

from __future__ import annotations

import os
import selectors
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from channels.sandbox.books import Books
from channels.sandbox.control import Control
from channels.sandbox.faults import SPOKEN_AFTER, SPOKEN_BEFORE, Fault
from channels.sandbox.pages import Pages
from channels.sandbox.platform import Platform
from channels.sandbox.stage import Stage
from channels.sandbox.telling import keep_telling

BACKLOG = 128
CLOSING_TIMEOUT_S = 5.0
STOP_POLL_S = 0.005
IDLE_POLL_S = 0.5
FORM_BYTES = 16 * 1024 * 1024
"""The largest form field that is read; above all documented limits, so that the platforms say no themselves."""

RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

ERROR_PAGE = b"<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>"
GARBAGE = b'\x1f\x8b\x08\x00{"errcode":0,"\xff\xfe\x00'


class Sandbox(Stage):
    """WeChat and Weibo on this machine: as a context manager, or with ``serve_forever``.

    Args:
        port: 0 takes a free one.
        store: folder of the books; with one they survive restarts, without they end with the process. Settings and
            waiting faults always end with it.
        host: address to listen on.
        log_requests: write a line for each request to the log of werkzeug.
    Raises OSError: the port is taken.
    Raises sqlite3.OperationalError: another stand-in keeps its books in that folder.
    """

    def __init__(
        self, port: int = 0, store: Path | None = None, *, host: str = "127.0.0.1", log_requests: bool = False
    ) -> None:
        books = Books(store)
        try:
            listener = socket.create_server((host, port), backlog=BACKLOG)
        except OSError:
            books.close()
            raise
        handler = _LoudHandler if log_requests else _QuietHandler
        with listener:
            self._server = make_server(
                host, port, self._application, threaded=True, request_handler=handler, fd=listener.fileno()
            )
        super().__init__(books, f"http://{host}:{self._server.port}")
        self._pages = Pages(self.wechat, self.weibo, self.faults)
        self._control = Control(self)
        self._closing = threading.Event()
        self._closed, self._closer = socket.socketpair()
        self._idle = threading.Condition()
        self._under_way = 0
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": STOP_POLL_S}, name="sandbox", daemon=True
        )

    def __enter__(self) -> Sandbox:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._close()

    def serve_forever(self) -> None:
        """Answer until the process is interrupted, and tell by itself what has ended."""
        telling = threading.Thread(target=keep_telling, args=(self.wechat, self._closing), name="telling", daemon=True)
        telling.start()
        try:
            self._server.serve_forever(poll_interval=IDLE_POLL_S)
        finally:
            self._close()

    def _close(self) -> None:
        """Let every call that is kept waiting go, then close the books."""
        self._closing.set()
        self._closer.close()
        with self._idle:
            self._idle.wait_for(lambda: self._under_way == 0, CLOSING_TIMEOUT_S)
        self._closed.close()
        self.books.close()

    def _application(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._counted(), _SandboxRequest(environ) as request:
            try:
                response = self._answer(request)
            except HTTPException as error:
                return error(environ, start_response)
            return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        # The whole request is in before anything happens, so that no half of one has an effect.
        request.get_data()
        platform = self.platform_of(request.path)
        if platform is not None:
            return self._call(platform, request)
        if self._control.knows(request.path):
            return self._control.answer(request)
        return self._pages.answer(request)

    def _call(self, platform: Platform, request: Request) -> Response:
        fault = self.faults.take(request.path)
        platform.note(request.path, fault)
        if fault is Fault.RESET_BEFORE:
            _reset(request)
        if fault is Fault.ERROR_BEFORE:
            return _error_page()
        if fault in SPOKEN_BEFORE:
            return platform.speak(fault, request.path)
        answer = platform.handle(request)
        if fault in SPOKEN_AFTER:
            return platform.speak(fault, request.path)
        return self._spoil(fault, request, answer)

    def _spoil(self, fault: Fault, request: Request, answer: Response) -> Response:
        """What becomes of an answer whose effect is in the books."""
        if fault is Fault.SLOW:
            self._closing.wait(self.slow_s)
        elif fault is Fault.HANG:
            self._wait_for_end(request)
            _reset(request)
        elif fault is Fault.RESET_AFTER:
            _reset(request)
        elif fault is Fault.ERROR_AFTER:
            return _error_page()
        elif fault is Fault.GARBAGE_AFTER:
            answer.data = GARBAGE
        elif fault is Fault.EMPTY_AFTER:
            answer.data = b""
        elif fault is Fault.HALF_AFTER:
            length = len(answer.data)
            answer.data = answer.data[: length // 2]
            answer.headers["Content-Length"] = str(length)
        return answer

    def _wait_for_end(self, request: Request) -> None:
        """Wait until the caller hangs up or the stand-in closes."""
        with selectors.DefaultSelector() as selector:
            selector.register(_connection(request), selectors.EVENT_READ)
            selector.register(self._closed, selectors.EVENT_READ)
            selector.select()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()


class _SandboxRequest(Request):
    max_form_memory_size = FORM_BYTES


class _LoudHandler(WSGIRequestHandler):
    # Head and body of an answer leave in two writes; the second must not wait for an acknowledgement.
    disable_nagle_algorithm = True

    def connection_dropped(self, *_: object) -> None:
        """Do not wait for another request on a connection that was reset on purpose."""
        self.close_connection = True


class _QuietHandler(_LoudHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log_error(self, format: str, *args: Any) -> None:
        """Say nothing: broken requests are what the stand-ins are for."""


def _connection(request: Request) -> socket.socket:
    connection: socket.socket = request.environ["werkzeug.socket"]
    return connection


def _reset(request: Request) -> None:
    """Break the connection so that the caller sees a reset. Raises ConnectionResetError, which ends the work on it."""
    connection = _connection(request)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    connection.close()
    raise ConnectionResetError


def _error_page() -> Response:
    return Response(ERROR_PAGE, 500, content_type="text/html")
