"""Links and mentions of attachments: what can be said offline, and, when somebody asks, whether pages are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from channels.errors import ChannelError, PersonNeeded, Text
from channels.http import Http, is_internal
from publisher.items.tree import parse
from publisher.review.checks.finding import Finding, Kind, Place, Severity

TIMEOUT_S = 8.0
GONE = frozenset({404, 410})
_MENTION = re.compile(r"^\s*附件\s*\d*\s*[:：.、]")
_INSIDE = re.compile(r"^(?:localhost|[^.]+|.+\.(?:local|lan|internal|localdomain))$", re.IGNORECASE)


def addresses(html: str) -> list[str]:
    """Every address clean ``html`` leads to, each once."""
    return list(dict.fromkeys(node.get("href", "") for node in parse(html).iter("a")))


def offline(html: str) -> Iterator[Finding]:
    """Links that lead nowhere for a reader outside the office."""
    for address in addresses(html):
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.scheme.startswith("http") and (is_internal(host) or _INSIDE.match(host)):
            text = Text("{address} leads into the office's own network: readers cannot open it.", address=address)
            yield Finding(Kind.LINK, Severity.WARNING, Place("field", name="link"), text)


def missing_attachments(texts: list[str], *, attached: int, linked: int) -> Iterator[Finding]:
    """Attachments the text names by 附件: without there being a file or a link."""
    if attached or linked:
        return
    for number, text in enumerate(texts, start=1):
        if _MENTION.match(text):
            words = Text("An attachment is named and none is there: add it, or link to it.")
            yield Finding(Kind.ATTACHMENT, Severity.WARNING, Place("paragraph", number), words, 0, len(text))
            return


def dead(html: str) -> Iterator[Finding]:
    """Links whose pages are not there now. Asks every address once, and none inside the office's network."""
    for address in addresses(html):
        if not address.startswith("http"):
            continue
        text = _asked(address)
        if text is not None:
            yield Finding(Kind.LINK, Severity.WARNING, Place("field", name="link"), text)


def _asked(address: str) -> Text | None:
    parts = urlsplit(address)
    http = Http(f"{parts.scheme}://{parts.netloc}", timeout_s=TIMEOUT_S, outward=True)
    try:
        answer = http.call("GET", parts._replace(scheme="", netloc="", fragment="").geturl() or "/")
    except PersonNeeded:
        return Text("{address} leads into the office's own network: readers cannot open it.", address=address)
    except ChannelError as error:
        return Text("{address} gave no answer ({reason}): try it in a browser.", address=address, reason=error.text)
    if answer.status in GONE or answer.status >= 500:
        return Text("{address} answers {status}: the page is not there.", address=address, status=answer.status)
    return None
