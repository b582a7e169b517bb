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
        return name if name.startswith(OF_PICTURES) else f"{name}@{self._scope}"


def scoped(product: Product, steps: Steps) -> Steps:
    """The steps for what goes out with ``product``; its own where it goes by itself."""
    return Scoped(steps, _scope(product)) if product.companions else steps


def others(product: Product, steps: Steps) -> list[Steps]:
    """The steps in each other company in which it was to go out before, or alone; this company is noted for later."""
    stored = takewhile(lambda found: found is not None, (steps.result(f"company:{index}") for index in count()))
    known = [str(found["scope"]) for found in stored if found]
    own = _scope(product) if product.companions else ""
    if own and own not in known:
        steps.repeatable(f"company:{len(known)}", lambda: {"scope": own})
    alone = [steps] if own else []
    return [*alone, *(Scoped(steps, scope) for scope in known if scope != own)]


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


def _scope(product: Product) -> str:
    digests = "".join(article.digest for article in articles_of(product))
    return hashlib.sha256(digests.encode()).hexdigest()[:8]
