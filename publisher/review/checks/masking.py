"""How numbers of people are masked: one way for each kind, the same everywhere."""

from __future__ import annotations

from publisher.review.checks.finding import Kind

KEPT = {Kind.IDENTITY: (6, 4), Kind.MOBILE: (3, 4), Kind.CARD: (0, 4), Kind.PASSPORT: (1, 2)}
"""Characters kept at the beginning and at the end. No rule prescribes them; these are the usual ones."""


def masked(kind: Kind, number: str) -> str:
    """``number``, given without blanks, with stars in the place of what is not kept."""
    first, last = KEPT[kind]
    return f"{number[:first]}{'*' * (len(number) - first - last)}{number[-last:]}"
