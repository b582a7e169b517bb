"""Reading pages of an existing site: politely, on one host, in whatever encoding they are."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from functools import partial
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from channels.errors import ChannelUnavailable, OutcomeUnknown, PersonNeeded
from channels.http import USER_AGENT, Answer, Http, is_internal
from channels.website.past_options import PastList

REDIRECTS = 5
REDIRECTING = frozenset({301, 302, 303, 307, 308})
DEFAULT_PORTS = {"http": 80, "https": 443}

ENCODINGS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk"), "gb18030"),
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("utf-16", "utf-16le"), "utf-16"),
    "big5": "cp950",
    "big5-hkscs": "big5hkscs",
}
"""Claims that are believed. Pages claim the small set and use the large one: 镕 and 釩 are in GBK only. Latin sets are
not among them: servers claim them of everything, and any bytes would fit."""

DECLARED = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([a-zA-Z0-9_-]{1,40})", re.I)
HEAD_BYTES = 4096
WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came: where it stood in the end, its status, and its text (empty unless the status is 200)."""

    url: str
    status: int
    text: str = ""

    @property
    def is_there(self) -> bool:
        return self.status == HTTPStatus.OK


class Fetcher:
    """One host of one list.

    Raises of every call: ChannelUnavailable: nothing or not the whole page came, or the site asked to wait.
    PersonNeeded: it leads to another host or inside.
    """

    def __init__(self, plan: PastList, base_url: str, *, timeout_s: float) -> None:
        self.base_url = urljoin(base_url, plan.site)
        self._encoding = plan.encoding
        first = urlsplit(urljoin(self.base_url, plan.url))
        self.host = place_of(first.geturl())
        named_inside = first.hostname == "localhost" or is_internal(first.hostname or "")
        self._origin = f"{first.scheme}://{first.netloc}"
        self._make_http = partial(Http, timeout_s=timeout_s, outward=not (plan.internal or named_inside))
        self._http: dict[str, Http] = {}
        self._robots: RobotFileParser | None = None

    def is_here(self, url: str) -> bool:
        """Whether an address is one of this host."""
        return place_of(url) == self.host

    def get(self, url: str) -> Fetched:
        """The page at ``url``, following what it leads to on the same host."""
        for _ in range(REDIRECTS + 1):
            answer = self._call(url)
            target = _header(answer, "location")
            if answer.status not in REDIRECTING or not target:
                return Fetched(url, answer.status, self._text(answer) if answer.status == HTTPStatus.OK else "")
            new = urljoin(url, target)
            if not self.is_here(new):
                raise PersonNeeded(
                    "{url} leads to another host ({host}), which is not asked. If the site has moved, write its new "
                    "address into the configuration.",
                    url=url,
                    host=urlsplit(new).netloc,
                )
            url = new
        raise PersonNeeded("{url} leads from one address to the next without end.", url=url)

    def ask_robots(self) -> None:
        """Read what the site lets programs read. Source: RFC 9309: 4xx allows all, a server error nothing."""
        robots = RobotFileParser()
        answer = self._call(f"{self._origin}/robots.txt")
        if answer.status == HTTPStatus.OK:
            robots.parse(decode(answer.body).splitlines())
        elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ChannelUnavailable(
                "{host} cannot say what may be read (status {status}).", host=self.host[0], status=answer.status
            )
        else:
            robots.parse([])
        self._robots = robots

    def may_read(self, url: str) -> bool:
        """Whether robots.txt allows it; True where it was not asked."""
        return self._robots is None or self._robots.can_fetch(USER_AGENT, url)

    @property
    def wished_pause_s(self) -> float:
        """What the site's robots.txt asks for between two calls."""
        delay = self._robots.crawl_delay(USER_AGENT) if self._robots is not None else None
        return float(delay or 0)

    def _call(self, url: str) -> Answer:
        parts = urlsplit(url)
        # A site may have moved from http to https on the way.
        origin = f"{parts.scheme}://{parts.netloc}"
        http = self._http.setdefault(origin, self._make_http(origin))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            answer = http.call("GET", path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.5"})
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text) from None
        if answer.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            raise ChannelUnavailable(
                "{host} asks to wait (status {status}).",
                retry_after_s=_retry_after(answer),
                host=self.host[0],
                status=answer.status,
            )
        return answer

    def _text(self, answer: Answer) -> str:
        header = Message()
        header["content-type"] = _header(answer, "content-type")
        return decode(answer.body, forced=self._encoding, told=str(header.get_param("charset") or ""))


def place_of(url: str) -> tuple[str, int | None]:
    """Host and port; http and https with their usual ports are one place."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return (parts.hostname or "").lower(), None if port == DEFAULT_PORTS.get(parts.scheme) else port


def decode(body: bytes, *, forced: str = "", told: str = "") -> str:
    """The text of a page.

    What is UTF-8 throughout is that, whatever the page claims; else the claim holds; damaged places become U+FFFD.

    Args:
        told: the encoding its header claims.
    """
    if forced:
        return body.decode(ENCODINGS.get(forced.lower(), forced), "replace")
    if body.startswith(codecs.BOM_UTF8):
        return body.decode("utf-8-sig", "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        readings = [body.decode(encoding, "replace") for encoding in _claims(body, told)]
        return min(readings, key=lambda text: text.count("\ufffd"))


def _claims(body: bytes, told: str) -> Iterator[str]:
    """Encodings worth trying, the likeliest first."""
    found = DECLARED.search(body[:HEAD_BYTES])
    for name in (told, found[1].decode("ascii") if found else ""):
        if encoding := ENCODINGS.get(name.lower()):
            yield encoding
    yield from ("gb18030", "utf-8")


def _header(answer: Answer, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")


def _retry_after(answer: Answer) -> float:
    told = _header(answer, "retry-after")
    return float(told) if told.isascii() and told.isdigit() else WAIT_S
