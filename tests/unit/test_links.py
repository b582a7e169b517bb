"""Links: those that lead inside are told and never followed; pages that are gone are found on a real server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from channels.errors import PersonNeeded
from channels.http import Http
from publisher.review.checks.finding import Kind, Place
from publisher.review.checks.links import Asking, offline
from publisher.review.checks.passages import passages

LARGE = 40 * 1024 * 1024


class Pages(BaseHTTPRequestHandler):
    """Answers by its path; the server keeps what it was asked."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_args: object) -> None:
        """Nothing is told."""

    def _answer(self) -> None:
        asked: list[str] = self.server.asked  # type: ignore[attr-defined]
        asked.append(f"{self.command} {self.path}")
        status, place = self._status()
        self.send_response(status)
        if place:
            self.send_header("Location", place)
        self.send_header("Content-Length", str(LARGE) if self.path == "/large.pdf" else "0")
        self.end_headers()

    def _status(self) -> tuple[int, str]:
        known = {
            "/gone": (404, ""),
            "/moved": (301, "/there"),
            "/moved-away": (302, "/gone"),
            "/round": (302, "/round"),
            "/broken": (503, ""),
            "/forbidden": (403, ""),
            "/no-head": (405 if self.command == "HEAD" else 200, ""),
            "/out": (302, "ftp://example.org/"),
        }
        return known.get(self.path, (200, ""))


@pytest.fixture
def pages() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def base(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/there", ""),
        ("/gone", "404"),
        ("/moved", ""),
        ("/moved-away", "404"),
        ("/round", "without end"),
        ("/broken", "503"),
        ("/forbidden", ""),
        ("/no-head", ""),
        ("/large.pdf", ""),
        ("/out", "gave no answer"),
    ],
)
def test_a_page_is_asked_for_and_what_is_gone_is_told_where_the_link_stands(
    pages: ThreadingHTTPServer, path: str, words: str
) -> None:
    html = f'<p>甲</p><p>详见<a href="{base(pages)}{path}">公告</a>。</p>'
    found = list(Asking(may_ask_inside=True, timeout_s=5).dead(passages(html)))
    assert [words in str(finding.text) for finding in found] == ([True] if words else [])
    assert all(
        (finding.kind, finding.where, finding.start, finding.end) == (Kind.LINK, Place("paragraph", 2), 2, 4)
        for finding in found
    )


def test_every_address_is_asked_for_once(pages: ThreadingHTTPServer) -> None:
    link = f'<a href="{base(pages)}/gone#part">甲</a>'
    found = list(Asking(may_ask_inside=True).dead(passages(f"<p>{link}</p><p>{link}</p>")))
    assert len(found) == 2
    assert pages.asked == ["HEAD /gone", "GET /gone"]  # type: ignore[attr-defined]


def test_nobody_home_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    (found,) = Asking(may_ask_inside=True, timeout_s=2).dead(
        passages(f'<p><a href="http://127.0.0.1:{port}/">甲</a></p>')
    )
    assert "gave no answer" in str(found.text)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0", "u:p@127.0.0.1"],
)
def test_by_whatever_name_nothing_inside_is_reached(pages: ThreadingHTTPServer, host: str) -> None:
    """Not even a connection is made: an answer would say which ports are open."""
    html = f'<p><a href="http://{host}:{pages.server_address[1]}/there">甲</a></p>'
    list(Asking(timeout_s=2).dead(passages(html)))
    assert Asking(timeout_s=2).trouble(f"http://{host}:{pages.server_address[1]}/there") is not None
    assert pages.asked == []  # type: ignore[attr-defined]


def test_a_port_inside_is_not_even_touched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        with pytest.raises(PersonNeeded):
            Http(
                f"http://localtest:{listening.getsockname()[1]}".replace("localtest", "localhost"),
                timeout_s=2,
                outward=True,
            ).call("GET", "/")
        touched = False
        with suppress(TimeoutError):
            listening.accept()
            touched = True
    assert not touched


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("http://10.1.2.3/a", True),
        ("http://oa/x", True),
        ("http://localhost:8000/", True),
        ("http://portal.lan/", True),
        ("http://[fe80::1]/", True),
        ("http://[2400:3200::1]/", False),
        ("https://www.gov.cn/", False),
        ("mailto:a@oa", False),
    ],
)
def test_a_link_into_the_office_is_told_without_asking(address: str, is_inside: bool) -> None:
    (passage,) = passages(f'<p>见<a href="{address}">此</a></p>')
    found = list(offline(passage))
    assert [(finding.kind, finding.start, finding.end) for finding in found] == (
        [(Kind.LINK, 1, 2)] if is_inside else []
    )
