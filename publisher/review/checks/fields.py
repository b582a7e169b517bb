"""What an item must say of itself before it may go out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from channels.errors import Text
from publisher.review.checks.finding import Finding, Kind, Place, Severity


@dataclass(frozen=True, slots=True)
class Facts:
    """What an item says of itself. ``is_repost``: taken from elsewhere; ``has_column``: its column is configured."""

    title: str
    has_column: bool = True
    is_proactive: bool = True
    disclosure_reason: str = ""
    is_repost: bool = False
    source: str = ""


def findings(facts: Facts) -> Iterator[Finding]:
    """What is missing, each as an error at its field."""
    if not facts.title.strip():
        yield _missing("title", Text("The item has no title: give it one."))
    if not facts.has_column:
        yield _missing("column", Text("The column of the item is not configured any more: choose another one."))
    if not facts.is_proactive and not facts.disclosure_reason.strip():
        yield _missing("disclosure_reason", Text("Say why the item is not disclosed proactively."))
    if facts.is_repost and not facts.source.strip():
        yield _missing("source", Text("A repost names where it is taken from: fill in the source."))


def _missing(name: str, text: Text) -> Finding:
    return Finding(Kind.FIELD, Severity.ERROR, Place("field", name=name), text)
