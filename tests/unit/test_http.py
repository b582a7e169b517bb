"""What a broken connection proves: only one that was never made proves that nothing was sent."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme

from channels.errors import ChannelError, ChannelUnavailable, OutcomeUnknown
from channels.http import Http

Talk = Callable[[socket.socket], None]


class Server:
    """Takes one connection after another and talks to each as told; keeps what it heard."""

    def __init__(self, talk: Talk, context: ssl.SSLContext | None = None) -> None:
        self.heard: list[bytes] = []
        self._talk = talk
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    if self._context:
                        connection = self._context.wrap_socket(connection, server_side=True)
                    self.heard.append(connection.recv(65536))
                    self._talk(connection)
                except OSError:
                    pass

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(talk: Talk, context: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(talk, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answer(body: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n") -> Talk:
    message = head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
    return lambda connection: connection.sendall(message)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection: socket.socket) -> None:
    connection.settimeout(2)
    connection.recv(1)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(40):
        connection.sendall(b"x")
        threading.Event().wait(0.02)


def half(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")


def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"this is not HTTP\r\n\r\n")


@pytest.mark.parametrize("talk", [reset, hang, drip, half, nonsense], ids=lambda talk: talk.__name__)
def test_once_sent_any_trouble_leaves_the_outcome_unknown(serve: Callable[..., Server], talk: Talk) -> None:
    server = serve(talk)
    with pytest.raises(OutcomeUnknown):
        Http(f"http://127.0.0.1:{server.port}", timeout_s=0.3).call("POST", "/", data=b"{}")
    assert server.heard[0].startswith(b"POST / ")


def test_nobody_home_proves_that_nothing_was_sent() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ChannelUnavailable):
            Http(f"http://127.0.0.1:{bound.getsockname()[1]}", timeout_s=1).call("POST", "/")


def test_an_unknown_host_proves_that_nothing_was_sent() -> None:
    with pytest.raises(ChannelUnavailable):
        Http("http://no-such-host.invalid", timeout_s=1).call("POST", "/")


def test_a_certificate_that_fails_proves_that_nothing_was_sent(serve: Callable[..., Server]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = serve(answer(b"{}"), context)
    with pytest.raises(ChannelUnavailable):
        Http(f"https://127.0.0.1:{server.port}", timeout_s=1).call("POST", "/", data=b"secret")
    assert not any(b"secret" in heard for heard in server.heard)


def test_a_redirect_is_an_answer_and_is_not_followed(serve: Callable[..., Server]) -> None:
    server = serve(answer(b"", b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\n"))
    assert Http(f"http://127.0.0.1:{server.port}", timeout_s=1).call("POST", "/").status == 307
    assert len(server.heard) == 1


def test_the_body_is_read_as_utf8_whatever_the_headers_claim(serve: Callable[..., Server]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    server = serve(answer('{"title": "钒钛\t之都"}'.encode(), head))
    assert Http(f"http://127.0.0.1:{server.port}", timeout_s=1).call("GET", "/").json_object() == {
        "title": "钒钛\t之都"
    }


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"half"'], ids=["empty", "html", "list", "half"])
def test_an_unreadable_body_leaves_the_outcome_unknown(serve: Callable[..., Server], body: bytes) -> None:
    server = serve(answer(body))
    reply = Http(f"http://127.0.0.1:{server.port}", timeout_s=1).call("GET", "/")
    with pytest.raises(OutcomeUnknown):
        reply.json_object()


def test_no_error_repeats_the_query_with_its_token() -> None:
    with pytest.raises(ChannelError) as caught:
        Http("http://no-such-host.invalid", timeout_s=1).call("GET", "/x", params={"access_token": "s3cret"})
    assert "s3cret" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
