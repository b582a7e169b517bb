"""Articles that go out by one call, the headline (头条) first: where their steps are kept, and what is said of each.

After a refusal a delivery may go out again with other companions. What depends on which articles are in its draft is
therefore kept under names that tell; pictures are the same in any company.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count, takewhile

from channels.base import Json, Product, Receipt, Steps

OF_PICTURES = ("image:", "cover:")
"""How the names of steps begin that depend on no article."""


class Scoped:
    """The steps of a delivery in one company. Implements ``channels.base.Steps``."""

    def __init__(self, steps: Steps, scope: str) -> None:
        self._steps = steps
        self._scope = scope

    def repeatable(
        self, name: str, call: Callable[[], Json], *, recover: Callable[[], Json | None] | None = None
    ) -> Json:
        return self._steps.repeatable(self._name(name), call, recover=recover)

    def irreversible(self, name: str, call: Callable[[], Json]) -> Json:
        return self._steps.irreversible(self._name(name), call)

    def result(self, name: str) -> Json | None:
        return self._steps.result(self._name(name))

    def begun_at(self, name: str) -> datetime | None:
        return self._steps.begun_at(self._name(name))

    def _name(self, name: str) -> str:
        return name if name.startswith(OF_PICTURES) else f"{name}{self._scope}"


class Companies:
    """In which companies a delivery was to go out, one after the other.

    Alone is one of them, and the first: a delivery that never had company has the plain names.
    """

    def __init__(self, product: Product, steps: Steps) -> None:
        stored = takewhile(lambda found: found is not None, (steps.result(f"company:{index}") for index in count(1)))
        self._known = ["", *(str(found["company"]) for found in stored if found)]
        self._own = _digest(product)
        self._steps = steps

    def now(self) -> Steps:
        """The steps of its present company."""
        return self._at(max((at for at, known in enumerate(self._known) if known == self._own), default=None))

    def enter(self) -> Steps:
        """The same, remembered as the last company it was in; who comes back into an earlier one begins anew."""
        if self._known[-1] != self._own:
            self._steps.repeatable(f"company:{len(self._known)}", lambda: {"company": self._own})
            self._known.append(self._own)
        return self.now()

    def earlier(self) -> list[Steps]:
        """The steps of all companies before the present one."""
        return [self._at(at) for at in range(len(self._known) - 1)]

    def _at(self, index: int | None) -> Steps:
        company = self._own if index is None else self._known[index]
        again = index is not None and company in self._known[:index]
        return Scoped(self._steps, (f"@{company}" if company else "") + (f".{index}" if again else ""))


def articles_of(product: Product) -> tuple[Product, ...]:
    """All that goes out, in order."""
    return (product, *product.companions)


def led(receipts: Sequence[Receipt]) -> Receipt:
    """The receipt of the first article, with those of the others behind it."""
    first, *others = receipts
    return replace(first, companions=tuple(others)) if others else first


def titles_of(product: Product, numbers: Sequence[int]) -> str:
    """The titles of those articles, by their numbers from 1; of all of them where no number is one of theirs."""
    articles = articles_of(product)
    meant = [article for number, article in enumerate(articles, start=1) if number in numbers]
    return ", ".join(f"“{article.title}”" for article in meant or articles)


def _digest(product: Product) -> str:
    """What tells this company from others; empty for a product that goes out alone."""
    digests = "".join(article.digest for article in articles_of(product))
    return hashlib.sha256(digests.encode()).hexdigest()[:8] if product.companions else ""
