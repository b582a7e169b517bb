"""Reading a web server's log in the combined format: what is a page that a person opened, by whom, on which day.

The format is Apache's and nginx's ``combined``; a host before it (``vhost_combined``) and fields behind it do no harm.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from crawleruseragents import is_crawler

LINE = re.compile(
    rb"^(?:[^\s:]+:\d+ )?(\S+) \S+ [^\[\n]*\[([^\]\n]{14})[^\]\n]*?([+-]\d{4})?\] "
    rb'"(?:([A-Z]+) ([^ "\n]*)[^"\n]*|[^"\n]*(?:\\"[^"\n]*)*)" (\d{3}) \S+(?: "[^"\n]*(?:\\"[^"\n]*)*" '
    rb'"([^"\n]*(?:\\"[^"\n]*)*)")?',
    re.MULTILINE,
)
"""Visitor, hour, zone, method, path, status, browser."""

OPENED = frozenset({b"200", b"304"})
PAGES = re.compile(rb"^[^?#]*?(?:/|/[^/.?#]*|\.(?:s?html?|jhtml|php|jspx?|aspx?|do|action))(?:[?#].*)?$", re.IGNORECASE)
NO_PAGES = re.compile(rb"^/+(?:wp-(?:json|admin|login|cron|includes|content)|xmlrpc|api|feed)\b|rest_route=|/feed/?$")
"""What people do not open, though it looks like a page."""

REMEMBERED = 20_000
"""Paths and names of browsers of which it is remembered what they are; ``LONG`` ones are not, since anybody may send
them."""
LONG = 400


@dataclass
class Day:
    """What was counted for one day. ``visitors``: for each view eight bytes that are the same for the same visitor."""

    views: int = 0
    visitors: bytearray = field(default_factory=bytearray)


class Counting:
    """Counts a log piece by piece.

    Args:
        zone: of the office; ``key``: a secret with which visitors are told apart and cannot be found again.
    """

    def __init__(self, zone: ZoneInfo, key: bytes) -> None:
        self._zone = zone
        self._key = key
        self._digests: dict[date, hashlib.blake2b] = {}
        self._days: dict[tuple[bytes, bytes], date | None] = {}
        self.days: dict[date, Day] = {}
        self.lines = 0
        self.kept_lines = 0
        self.unread = 0
        self.robots = 0

    def add(self, piece: bytes) -> None:
        """Count a piece of whole lines."""
        lines = piece.count(b"\n")
        read = 0
        for found in LINE.finditer(piece):
            read += 1
            visitor, hour, zone, method, path, status, browser = found.groups()
            if method == b"GET" and status in OPENED and is_page(path):
                self._view(visitor, (hour, zone or b""), browser or b"")
        self.lines += lines
        self.unread += lines - read

    def take(self) -> dict[date, Day]:
        """What was counted since the last time."""
        taken, self.days = self.days, {}
        return taken

    def _view(self, visitor: bytes, hour: tuple[bytes, bytes], browser: bytes) -> None:
        if is_robot(browser):
            self.robots += 1
            return
        day = self._day(hour)
        if day is None:
            self.unread += 1
            return
        counted = self.days.get(day)
        if counted is None:
            counted = self.days[day] = Day()
        counted.views += 1
        digest = self._digest_of(day)
        digest.update(visitor + b" " + browser)
        counted.visitors += digest.digest()

    def _day(self, hour: tuple[bytes, bytes]) -> date | None:
        """The day in the office's time zone; None where the log says none."""
        if hour not in self._days:
            if len(self._days) > 10_000:
                self._days.clear()
            self._days[hour] = _day(*hour, self._zone)
        return self._days[hour]

    def _digest_of(self, day: date) -> hashlib.blake2b:
        """With another key each day, so that nobody can be followed from one to the next."""
        if day not in self._digests:
            if len(self._digests) > 10_000:
                self._digests.clear()
            key = hashlib.blake2b(day.isoformat().encode(), digest_size=32, key=self._key).digest()
            self._digests[day] = hashlib.blake2b(digest_size=8, key=key)
        return self._digests[day].copy()


def is_page(path: bytes) -> bool:
    """Whether it is what people open."""
    return _is_page(path) if len(path) <= LONG else _is_page.__wrapped__(path)


@lru_cache(REMEMBERED)
def _is_page(path: bytes) -> bool:
    return PAGES.match(path) is not None and NO_PAGES.search(path) is None


def is_robot(browser: bytes) -> bool:
    """Whether a program and no person opened it; who does not say what it is, is none."""
    return _is_robot(browser[:LONG])


@lru_cache(REMEMBERED)
def _is_robot(browser: bytes) -> bool:
    name = browser.decode("utf-8", "replace")
    return len(name) < 10 or is_crawler(name, case_sensitive=False)


MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


def _day(hour: bytes, zone: bytes, office: ZoneInfo) -> date | None:
    """``27/Nov/2026:07`` as a day."""
    found = re.fullmatch(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d)", hour)
    if found is None or found[2] not in MONTHS:
        return None
    text = f"{found[3].decode()}-{MONTHS[found[2]]:02}-{found[1].decode()} {found[4].decode()} {zone.decode()}"
    try:
        if not zone:
            return datetime.strptime(text, "%Y-%m-%d %H ").replace(tzinfo=office).date()
        return datetime.strptime(text, "%Y-%m-%d %H %z").astimezone(office).date()
    except ValueError:
        return None


def whole_lines(pieces: Iterator[bytes], *, longest: int) -> Iterator[bytes]:
    """The pieces cut at the ends of lines; what has no end yet is left for another time.

    What is ``longest`` or longer and has no end comes as it is: no log has such lines.
    """
    rest = b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if not end and len(rest) + len(piece) < longest:
            rest += piece
            continue
        end = end or len(piece)
        yield rest + piece[:end]
        rest = piece[end:]
