"""Policy documents and their interpretations (政策解读) lead to each other.

An interpretation says itself which documents it is about: its text links to their pages. The pages of the documents
learn of it by a part of their own, which can be written anew without the rest.
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
    if is_interpretation(entry):
        return Related(policies=_policies(entry, records))
    if not is_policy(entry):
        return Related()
    return Related(interpretations=[one for one in records.linked_from(entry.path) if is_interpretation(one)])


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


def _policies(entry: Entry, records: Records) -> list[Entry]:
    return [one for one in records.linked_to(entry.item) if is_policy(one)]
