"""What a submitter says about a manuscript, completed and checked: the same whichever way it came in."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.errors import Text
from publisher.items.document_number import MAX_LENGTH as NUMBER_LENGTH
from publisher.items.document_number import is_usual, tidied
from publisher.items.interpreted import CLASS, cited, documents
from publisher.items.manuscript import Manuscript
from publisher.items.models import Disclosure, Origin
from publisher.office import Office


class BadSubmission(Exception):
    """Something the submitter must correct; ``text`` says what and how."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


@dataclass(frozen=True, slots=True)
class Wish:
    """What the submitter wants done with a manuscript. Empty ``channels`` means all of the office's channels.

    Attributes:
        origin: ``own`` or ``reposted``; empty: reposted where the address of an original is given.
        in_force_until: the last day on which a policy document holds; None: it has no end.
        interprets: documents it interprets: their item or document numbers or pages, with commas between. Empty: those
            of this office that an interpretation cites.
        cleared: of a revision: what is emptied although it was filled before.
        is_whole: of a revision: what is empty was emptied, and is not as it was before.
    """

    column: str = ""
    disclosure: str = Disclosure.PROACTIVE
    channels: Sequence[str] = ()
    section: str = ""
    author: str = ""
    source: str = ""
    title: str = ""
    summary: str = ""
    origin: str = ""
    source_url: str = ""
    document_number: str = ""
    interprets: str = ""
    disclosure_reason: str = ""
    publish_at: datetime | None = None
    in_force_until: date | None = None
    cleared: Sequence[str] = ()
    is_whole: bool = False


LONGEST: dict[str, tuple[Promise, int]] = {
    "title": (_("title"), 1000),
    "section": (_("section"), 100),
    "author": (_("author"), 100),
    "source": (_("source"), 200),
    "source_url": (_("address of the original"), 1000),
    "document_number": (_("document number"), NUMBER_LENGTH),
    "interprets": (_("documents it interprets"), 500),
    "disclosure_reason": (_("reason for not disclosing"), 1000),
    "summary": (_("summary"), 1000),
}
"""Fields of one line: what people call them, and the most characters."""


def completed(office: Office, manuscript: Manuscript, wish: Wish) -> Wish:
    """The wish with title, channels and origin filled in, its texts on one line each; documents by item numbers.

    Raises BadSubmission: no title, an unknown channel or document, a text too long, or an original that cannot be one.
    """
    lines = {name: one_line(getattr(wish, name)) for name in LONGEST}
    lines["title"] = lines["title"] or one_line(manuscript.title)
    lines["document_number"] = tidied(lines["document_number"]) or manuscript.document_number
    if not lines["title"]:
        raise BadSubmission("The item has no title: give it one.")
    _require_lengths(lines)
    lines["interprets"] = _interpreted(office, manuscript, wish.column, lines["interprets"])
    origin = wish.origin or (Origin.REPOSTED if lines["source_url"] else Origin.OWN)
    texts: dict[str, Any] = {**lines, "origin": origin}
    wish = replace(wish, **texts, channels=_channels(office, wish.channels))
    _require_origin(wish)
    return wish


def one_line(text: str) -> str:
    """``text`` without line breaks, doubled blanks, and characters that no database or file can hold."""
    kept = (sign for sign in text if sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cs"})
    return " ".join("".join(kept).split())


def remarks(wish: Wish, *, today: date) -> list[Text]:
    """What may be a slip in a completed wish; nothing of it stops a submission."""
    found = []
    if wish.in_force_until and wish.in_force_until < today:
        found.append(
            Text(
                "By the date given, {day}, this document is no longer in force: check it.",
                day=wish.in_force_until.isoformat(),
            )
        )
    if wish.document_number and not is_usual(wish.document_number):
        found.append(
            Text(
                "The document number {number} does not have the usual form, such as 攀科〔2026〕12号: check it.",
                number=wish.document_number,
            )
        )
    if wish.origin == Origin.REPOSTED and not wish.source_url:
        found.append(Text("Readers of a reposted item look for the original: give its address, if it has one."))
    return found


def require_ahead(moment: datetime | None, *, now: datetime) -> None:
    """Raises BadSubmission: that is a time to publish at, and it has passed."""
    if moment and moment < now:
        raise BadSubmission("This time has passed: choose a later one, or none to publish at once.")


def require_disclosure(name: str, reason: str) -> None:
    """Raises BadSubmission: that is no disclosure attribute, or one that needs a reason."""
    if name not in Disclosure.values:
        raise BadSubmission(
            "{name} is not a disclosure attribute: use one of {known}.", name=name, known=", ".join(Disclosure.values)
        )
    if name != Disclosure.PROACTIVE and not reason:
        raise BadSubmission(
            "An item marked “{found}” needs the reason why it is not disclosed proactively: give it.",
            found=Disclosure(name).label,
        )


def unknown_document(name: str) -> Text:
    return Text("No item here is the document {name}: give its item number, document number or page.", name=name)


def _interpreted(office: Office, manuscript: Manuscript, column: str, said: str) -> str:
    """Numbers of the items it interprets, with commas between."""
    items, unknown = documents(office, said)
    if unknown:
        text = unknown_document(unknown[0])
        raise BadSubmission(text.template, **text.values)
    if not items and column in office.columns and office.columns[column].column_class == CLASS:
        items = cited(office, manuscript.html)
    return ",".join(str(item) for item in items)


def _require_lengths(lines: dict[str, str]) -> None:
    for name, (label, limit) in LONGEST.items():
        if len(lines[name]) > limit:
            raise BadSubmission(
                "The field “{field}” has {length} characters, and {limit} at most: shorten it.",
                field=label,
                length=len(lines[name]),
                limit=limit,
            )


def _require_origin(wish: Wish) -> None:
    if wish.origin not in Origin.values:
        raise BadSubmission(
            "{name} is not an origin: use one of {known}.", name=wish.origin, known=", ".join(Origin.values)
        )
    if wish.origin == Origin.OWN and wish.source_url:
        raise BadSubmission("The address of an original belongs to a reposted item: mark it so, or leave it out.")
    if wish.origin == Origin.REPOSTED and not wish.source:
        raise BadSubmission("A reposted item needs its source: say whose text it is.")
    if wish.source_url and not _is_web_address(wish.source_url):
        raise BadSubmission(
            "{address} is not the address of a web page: copy it from the browser, with http:// or https://.",
            address=wish.source_url,
        )


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in address
    except ValueError:
        return False


def _channels(office: Office, keys: Sequence[str]) -> list[str]:
    for key in keys:
        if key not in office.channels:
            raise BadSubmission(
                "There is no channel {key}: use one of {known}.", key=key, known=", ".join(office.channels)
            )
    return [key for key in office.channels if not keys or key in keys]
