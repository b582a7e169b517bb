"""Both stand-ins with their books and the faults that wait for them; knows nothing of HTTP servers."""

from __future__ import annotations

from channels.sandbox.books import Books
from channels.sandbox.faults import SPOKEN_AFTER, SPOKEN_BEFORE, Fault, Faults
from channels.sandbox.platform import Json, Platform
from channels.sandbox.wechat import Wechat
from channels.sandbox.weibo import Weibo


class Stage:
    """What tests and other processes steer.

    Attributes:
        url: the address of both platforms' calls and of all pages; nothing after the port.
        slow_s: how long the fault ``slow`` keeps an answer back.
    """

    def __init__(self, books: Books, url: str) -> None:
        self.books = books
        self.url = url
        self.slow_s = 0.3
        self.faults = Faults()
        self.wechat = Wechat(books, url)
        self.weibo = Weibo(books, url)

    def platform_of(self, path: str) -> Platform | None:
        """The platform a path belongs to, whether it has such a call or not."""
        if path.startswith(("/cgi-bin/", "/datacube/")):
            return self.wechat
        if path.startswith(("/2/", "/oauth2/", "/proxy/article/")):
            return self.weibo
        return None

    def misbehave(self, path: str, fault: Fault | str, times: int = 1) -> None:
        """Let the next ``times`` calls of ``path`` meet ``fault``, after those that wait already.

        Raises ValueError: no such call, no such fault, or one this platform has no words for.
        """
        fault = Fault(fault)
        if times < 1:
            raise ValueError(f"times must be 1 or more, not {times}")
        platform = self.platform_of(path)
        if platform is None or not platform.knows(path):
            raise ValueError(f"the stand-ins have no call {path}")
        if fault in SPOKEN_BEFORE | SPOKEN_AFTER and fault not in platform.own_words:
            raise ValueError(f"{platform.name} has no answer that says {fault.value}")
        self.faults.arm(path, fault, times)

    def clear(self) -> None:
        """Empty the books and forget the waiting faults; tokens that were given out are no longer known."""
        self.faults.clear()
        self.books.clear()

    def as_json(self) -> Json:
        """Everything held, at one moment."""
        with self.books.lock:
            return {"url": self.url, "wechat": self.wechat.as_json(), "weibo": self.weibo.as_json()}
