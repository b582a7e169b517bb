"""What every way of handing over can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from channels.base import Probe, Problem, Product, Receipt, Sighting, Steps


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a look can show here, in the words of ``Capabilities``."""

    absence_after_s: float | None
    look_after_s: tuple[float, ...]


class Way(Protocol):
    """One way to hand a package over, to replace it and to withdraw it; the verbs do what the channel's own say."""

    @property
    def proofs(self) -> Proofs: ...

    def publish(self, product: Product, steps: Steps) -> Receipt: ...

    def find(self, product: Product, steps: Steps) -> Receipt | None: ...

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt: ...

    def withdraw(self, receipt: Receipt, steps: Steps) -> Receipt: ...

    def find_withdrawal(self, receipt: Receipt, steps: Steps) -> Receipt | None: ...

    def look(self, receipt: Receipt) -> Sighting: ...

    def check(self, product: Product) -> Sequence[Problem]: ...

    def probe(self) -> list[Probe]: ...
