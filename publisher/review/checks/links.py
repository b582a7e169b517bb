"""Links and mentions of attachments: what can be said offline, and, when somebody asks, whether pages are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urljoin, urlsplit

from channels.errors import ChannelError, PersonNeeded, Text
from channels.http import Answer, Http, is_internal
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.passages import Link, Passage

TIMEOUT_S = 8.0
MOST = 100
"""Addresses that are asked for one item."""
AT_ONCE = 6
HOPS = 5
"""Redirects that are followed, each looked at like the first address."""
GONE = frozenset({404, 410})
NO_HEAD = frozenset({400, 403, 404, 405, 410, 500, 501, 503})
"""Answers to HEAD that some servers give although they have the page."""
FIRST_BYTE = {"Range": "bytes=0-0"}
"""Whether a file is there shows with its first byte; servers that do not know this send all of it."""
_MENTION = re.compile(r"^\s*附件\s*\d*\s*[:：.、]")
_UPWARDS = re.compile(r"/(?:\.|%2e){2}(?:/|%2f|$)|\\", re.IGNORECASE)
_INSIDE = re.compile(r"^(?:localhost|[^.:]+|.+\.(?:local|lan|internal|localdomain))$", re.IGNORECASE)


def addresses(passages: Iterable[Passage]) -> list[str]:
    """Every address the passages lead to, each once."""
    return list(dict.fromkeys(link.address for passage in passages for link in passage.links))


def offline(passage: Passage) -> Iterator[Finding]:
    """Links that lead nowhere for a reader outside the office."""
    for link in passage.links:
        if leads_inside(link.address):
            yield _found(passage.where, link, _inside(link.address))


def missing_attachments(paragraphs: Iterable[Passage], *, attached: int, linked: int) -> Iterator[Finding]:
    """Attachments the text names by 附件: without there being a file or a link."""
    if attached or linked:
        return
    for passage in paragraphs:
        if _MENTION.match(passage.text):
            words = Text("An attachment is named and none is there: add it, or link to it.")
            yield Finding(Kind.ATTACHMENT, Severity.WARNING, passage.where, words, 0, len(passage.text))
            return


class Outcome(Enum):
    """What came of asking for a page."""

    OPENS = auto()
    GONE = auto()
    FAILS = auto()
    SILENT = auto()
    INSIDE = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """``text`` says what is wrong; empty where the page opens."""

    outcome: Outcome
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """How pages are asked for.

    ``may_ask_inside``: also in the internal network, where a person at the server says so; ``own``: where the office's
    own websites begin, which may be inside. Whoever writes a text chooses its addresses, so that without these nothing
    inside is reached, by whatever name and after whatever redirect.
    """

    may_ask_inside: bool = False
    timeout_s: float = TIMEOUT_S
    own: tuple[str, ...] = ()

    def dead(self, passages: Iterable[Passage]) -> Iterator[Finding]:
        """Links whose pages are not there now. Every address is asked for once."""
        passages = list(passages)
        asked = [address for address in addresses(passages) if address.startswith("http")][:MOST]
        if not self.may_ask_inside:
            asked = [address for address in asked if not leads_inside(address)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = dict(zip(asked, pool.map(self.trouble, asked), strict=True))
        for passage in passages:
            for link in passage.links:
                if text := answers.get(link.address):
                    yield _found(passage.where, link, text)

    def trouble(self, address: str) -> Text | None:
        """What is wrong with an address; None where its page is there."""
        return self.reply(address).text

    def reply(self, address: str) -> Reply:
        """Ask for one page, and for where it leads on to."""
        place = address
        try:
            for _hop in range(HOPS + 1):
                answer = self._answer(place)
                onward = answer.headers.get("Location", "")
                if not 300 <= answer.status < 400 or not onward:
                    return _judged(address, answer.status)
                place = urljoin(place, onward)
        except PersonNeeded:
            return Reply(Outcome.INSIDE, _inside(address))
        except (ChannelError, ValueError) as error:
            reason = error.text if isinstance(error, ChannelError) else str(error)
            text = Text("{address} gave no answer ({reason}): try it in a browser.", address=address, reason=reason)
            return Reply(Outcome.SILENT, text)
        return Reply(Outcome.FAILS, Text("{address} leads from page to page without end.", address=address))

    def _answer(self, address: str) -> Answer:
        """The status and headers of a page, of large files too: they are not fetched where the server knows HEAD."""
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(parts.scheme)
        outward = not (self.may_ask_inside or is_below(address, self.own))
        http = Http(f"{parts.scheme}://{parts.netloc}", timeout_s=self.timeout_s, outward=outward)
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        answer = http.call("HEAD", path)
        return http.call("GET", path, headers=FIRST_BYTE) if answer.status in NO_HEAD else answer


def is_below(address: str, sites: Iterable[str]) -> bool:
    """Whether an address lies on one of the sites, each given by where it begins; steps upwards may lead off it."""
    return _UPWARDS.search(address) is None and address.startswith(tuple(sites))


def _judged(address: str, status: int) -> Reply:
    if status in GONE or status >= 500:
        text = Text("{address} answers {status}: the page is not there.", address=address, status=status)
        return Reply(Outcome.GONE if status in GONE else Outcome.FAILS, text)
    return Reply(Outcome.OPENS)


def leads_inside(address: str) -> bool:
    """Whether the address itself says that it is of an internal network."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and (is_internal(host) or bool(_INSIDE.match(host)))


def _inside(address: str) -> Text:
    return Text("{address} leads into the office's own network: readers cannot open it.", address=address)


def _found(where: Place, link: Link, text: Text) -> Finding:
    return Finding(Kind.LINK, Severity.WARNING, where, text, link.start, link.end)
