"""Policy documents and their interpretations (政策解读) lead to each other.

An interpretation says itself which documents it is about: it was submitted so, or its text links to their pages. The
pages of the documents learn of it by a part of their own, which can be written anew without the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.website.static.records import Entry, Records

INTERPRETATION = "政策解读"
POLICY = "政策"


@dataclass(frozen=True, slots=True)
class Related:
    """What else on the site is about an item: the documents it interprets, or what interprets it."""

    policies: Sequence[Entry] = ()
    interpretations: Sequence[Entry] = ()


def of(entry: Entry, records: Records) -> Related:
    """What the page of ``entry`` says."""
    policies, interpretations = records.interpreted_by(entry.item), records.interpreting(entry.item)
    if is_interpretation(entry):
        policies += [one for one in records.linked_to(entry.item) if is_policy(one)]
    if is_policy(entry):
        interpretations += [one for one in records.linked_from(entry.path) if is_interpretation(one)]
    return Related(_once(policies), _once(interpretations))


def concerned(entry: Entry, records: Records) -> list[Entry]:
    """Whose pages name this entry."""
    found = of(entry, records)
    return [*found.policies, *found.interpretations]


def is_interpretation(entry: Entry) -> bool:
    return entry.details.get("class", "") == INTERPRETATION


def is_policy(entry: Entry) -> bool:
    """Whether it is a document that may be interpreted."""
    if is_interpretation(entry):
        return False
    return POLICY in entry.details.get("class", "") or bool(entry.details.get("document_number"))


def _once(entries: Sequence[Entry]) -> list[Entry]:
    """Each of them once, oldest first."""
    found = {entry.item: entry for entry in entries}
    return sorted(found.values(), key=lambda entry: (entry.published_at, entry.item))
