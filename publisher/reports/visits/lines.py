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

from publisher.reports.visits.visitors import Visitors

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

BROWSERS = 20_000
"""Names of browsers of which it is remembered whether they are robots."""


@dataclass
class Day:
    """What was counted for one day."""

    views: int = 0
    visitors: Visitors = field(default_factory=Visitors)


class Counting:
    """Counts a log piece by piece.

    Args:
        zone: of the office; ``key``: a secret with which visitors are told apart and cannot be found again.
    """

    def __init__(self, zone: ZoneInfo, key: bytes) -> None:
        self._zone = zone
        self._key = key
        self._keys: dict[date, bytes] = {}
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
            if method == b"GET" and status in OPENED and PAGES.match(path) and not NO_PAGES.search(path):
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
        digest = hashlib.blake2b(visitor + b" " + browser, digest_size=8, key=self._key_of(day)).digest()
        counted.visitors.add(int.from_bytes(digest, "big"))

    def _day(self, hour: tuple[bytes, bytes]) -> date | None:
        """The day in the office's time zone; None where the log says none."""
        if hour not in self._days:
            if len(self._days) > 10_000:
                self._days.clear()
            self._days[hour] = _day(*hour, self._zone)
        return self._days[hour]

    def _key_of(self, day: date) -> bytes:
        """Another key each day, so that nobody can be followed from one to the next."""
        if day not in self._keys:
            if len(self._keys) > 10_000:
                self._keys.clear()
            self._keys[day] = hashlib.blake2b(day.isoformat().encode(), digest_size=32, key=self._key).digest()
        return self._keys[day]


@lru_cache(BROWSERS)
def is_robot(browser: bytes) -> bool:
    """Whether a program and no person opened it; who does not say what it is, is none."""
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


def whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces cut at the ends of lines; what has no end yet is left for another time."""
    rest = b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if not end:
            rest += piece
            continue
        yield rest + piece[:end]
        rest = piece[end:]
