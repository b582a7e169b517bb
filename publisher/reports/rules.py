"""Counting rules (口径): which log entries a figure counts."""

from __future__ import annotations

from dataclasses import dataclass

from channels.errors import Text
from publisher.log.events import Event


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of counting: the events that count, in words that stand under every figure made with it."""

    key: str
    events: tuple[Event, ...]
    words: Text


RULES = {
    rule.key: rule
    for rule in (
        Rule(
            "sent",
            (Event.PUBLISHED, Event.HANDED_OVER),
            Text("Counts what was published, and what was handed over to the newspaper, printed or not."),
        ),
        Rule(
            "published",
            (Event.PUBLISHED,),
            Text("Counts what was published; what was only handed over to the newspaper is left out."),
        ),
    )
}
DEFAULT = "sent"
