"""A stand-in for Weibo's ``statuses/share`` that is fast enough not to be what is measured.

Run as a process: ``python -m tests.benchmarks.standin PORT``. It keeps books: when each post came in and was answered,
and how many came twice. Source of the answer's shape: open.weibo.com/wiki, 2/statuses/share, read 2026-11.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TOKEN = re.compile(rb"\r\nauthorization: *([^\r]*)", re.IGNORECASE)
BEIJING = timezone(timedelta(hours=8))
FIRST_MID = 5_100_000_000_000_000
USER = {
    "id": 2803301701,
    "idstr": "2803301701",
    "screen_name": "攀枝花科技",
    "location": "四川 攀枝花",
    "description": "发布科技工作动态和通知公告",
    "profile_image_url": "https://tvax1.sinaimg.cn/crop.0.0.512.512.50/a716fd45ly1.jpg",
    "verified": True,
}
SHARE_PATH = "/2/statuses/share.json"


class Books:
    """What came in."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.posts: Counter[bytes] = Counter()
        self.arrived: list[float] = []
        self.answered: list[float] = []

    def counts(self) -> dict[str, Any]:
        return {"arrived": len(self.arrived), "answered": len(self.answered)}

    def whole(self) -> dict[str, Any]:
        doubled = sum(count - 1 for count in self.posts.values())
        return {"arrived": self.arrived, "answered": self.answered, "doubled": doubled}


class Server:
    """One server; its books begin anew whenever it is told so."""

    def __init__(self) -> None:
        self.books = Books()

    def post(self, head: bytes, body: bytes) -> bytes:
        token = TOKEN.search(head)
        self.books.posts[(token[1] if token else b"") + b"\n" + body] += 1
        self.books.arrived.append(time.time())
        mid = FIRST_MID + time.time_ns() // 1000 % 10**12
        written = datetime.now(UTC).astimezone(BEIJING).strftime("%a %b %d %H:%M:%S %z %Y")
        post = {"created_at": written, "id": mid, "idstr": str(mid), "mid": str(mid), "text": "…", "user": USER}
        return _answer(post)

    def control(self, target: str) -> bytes:
        parts = urlsplit(target)
        if parts.path == "/control/reset":
            self.books = Books(float(parse_qs(parts.query)["delay_s"][0]))
        return _answer(self.books.whole() if parts.path == "/control/books" else self.books.counts())


class Connection(asyncio.Protocol):
    """One kept-alive connection; a client sends its next request after the answer."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not separator or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        target = head.split(b" ", 2)[1].decode()
        if target != SHARE_PATH:
            self._write(self._server.control(target))
            return
        books, answer = self._server.books, self._server.post(head, body)
        if books.delay_s:
            asyncio.get_running_loop().call_later(books.delay_s, self._tell, books, answer)
        else:
            self._tell(books, answer)

    def _tell(self, books: Books, answer: bytes) -> None:
        self._write(answer)
        books.answered.append(time.time())

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


class StandIn:
    """The running stand-in as the benchmark talks to it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._control = HTTPConnection("127.0.0.1", port, timeout=10)

    def reset(self, delay_s: float = 0.0) -> None:
        self._ask(f"/control/reset?delay_s={delay_s}")

    def answered(self) -> int:
        """How many posts were answered since the books were begun."""
        count: int = self._ask("/control/counts")["answered"]
        return count

    def books(self) -> dict[str, Any]:
        """``arrived`` and ``answered`` in seconds since the epoch, and how many posts were ``doubled``."""
        return self._ask("/control/books")

    def close(self) -> None:
        self._control.close()

    def _ask(self, path: str) -> dict[str, Any]:
        self._control.request("GET", path)
        answer: dict[str, Any] = json.loads(self._control.getresponse().read())
        return answer


def _answer(document: dict[str, Any]) -> bytes:
    body = json.dumps(document, ensure_ascii=False).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    server = Server()
    listening = await asyncio.get_running_loop().create_server(lambda: Connection(server), "127.0.0.1", port)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
