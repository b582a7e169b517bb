"""What a broken connection proves: only one that was never made proves that nothing was sent."""

from __future__ import annotations

import queue
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import trustme

from channels import deadline
from channels.errors import ChannelError, ChannelUnavailable, NeverSent, OutcomeUnknown
from channels.http import Http

Talk = Callable[[socket.socket], None]


class Server:
    """Takes one connection after another and talks to each as told; keeps what it heard."""

    def __init__(self, talk: Talk, context: ssl.SSLContext | None = None, *, handshake_s: float = 0) -> None:
        self.heard: list[bytes] = []
        self._talk = talk
        self._context = context
        self._handshake_s = handshake_s
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
            with suppress(OSError), self._secured(connection) as secured:
                self.heard.append(request_on(secured))
                if self.heard[-1]:
                    self._talk(secured)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._context is None:
            return connection
        threading.Event().wait(self._handshake_s)
        with connection:
            return self._context.wrap_socket(connection, server_side=True)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)


def request_on(connection: socket.socket) -> bytes:
    """The whole request: closing a connection with something unread would reset it."""
    heard = connection.recv(65536)
    length = re.search(rb"content-length: ([0-9]+)", heard.lower())
    while length and len(heard.partition(b"\r\n\r\n")[2]) < int(length[1]) and (more := connection.recv(65536)):
        heard += more
    return heard


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(talk: Talk, context: ssl.SSLContext | None = None, *, handshake_s: float = 0) -> Server:
        servers.append(Server(talk, context, handshake_s=handshake_s))
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


# What is too late


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """The context of a server whose certificate is accepted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def answer_and_listen(server: list[Server], connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    server[0].heard.append(connection.recv(65536))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("data", [None, b"body", {"field": "form"}], ids=["no body", "body", "form"])
def test_too_late_a_connection_is_made_and_not_a_byte_sent(
    serve: Callable[..., Server], trusted: ssl.SSLContext, scheme: str, data: bytes | dict[str, str] | None
) -> None:
    server = serve(answer(b"{}"), trusted if scheme == "https" else None)
    http = Http(f"{scheme}://127.0.0.1:{server.port}", timeout_s=1)
    with deadline.not_after(deadline.elapsed() - 0.001), pytest.raises(NeverSent):
        http.call("POST", "/", data=data)
    assert http.call("POST", "/", data=data).status == 200
    assert [bool(heard) for heard in server.heard] == [False, True]


def test_the_time_that_connecting_takes_counts(serve: Callable[..., Server], trusted: ssl.SSLContext) -> None:
    server = serve(answer(b"{}"), trusted, handshake_s=0.06)
    http = Http(f"https://127.0.0.1:{server.port}", timeout_s=1)
    with deadline.not_after(deadline.elapsed() + 0.03), pytest.raises(NeverSent):
        http.call("POST", "/", data=b"body")
    assert http.call("POST", "/", data=b"body").status == 200
    assert [bool(heard) for heard in server.heard] == [False, True]


def test_a_kept_connection_is_not_used_too_late_either(serve: Callable[..., Server]) -> None:
    servers: list[Server] = []
    servers.append(serve(lambda connection: answer_and_listen(servers, connection)))
    http = Http(f"http://127.0.0.1:{servers[0].port}", timeout_s=1)
    assert http.call("GET", "/first").status == 200
    with deadline.not_after(deadline.elapsed() - 0.001), pytest.raises(NeverSent):
        http.call("POST", "/second")
    assert http.call("GET", "/third").status == 200
    assert [heard.split(b" ")[1:2] for heard in servers[0].heard] == [[b"/first"], [], [b"/third"]]


def test_in_time_everything_is_as_ever(serve: Callable[..., Server]) -> None:
    server = serve(answer(b"{}"))
    with deadline.not_after(deadline.elapsed() + 60):
        assert Http(f"http://127.0.0.1:{server.port}", timeout_s=1).call("POST", "/", data=b"x").status == 200


def test_a_request_that_becomes_too_late_halfway_is_broken_off_and_in_doubt(serve: Callable[..., Server]) -> None:
    def hesitant_body() -> Iterator[bytes]:
        threading.Event().wait(0.06)
        yield b"the body"

    rest: queue.Queue[bytes] = queue.Queue()
    server = serve(lambda connection: rest.put(connection.recv(65536)))
    http = Http(f"http://127.0.0.1:{server.port}", timeout_s=1)
    with deadline.not_after(deadline.elapsed() + 0.03), pytest.raises(OutcomeUnknown):
        http.call("POST", "/", data=hesitant_body())
    assert server.heard[0].startswith(b"POST / ")
    assert b"the body" not in server.heard[0] + rest.get(timeout=2)
