"""Telling the visitors of a day apart in bounded memory, and forgetting who they were.

Up to a million they are counted exactly; above that by a HyperLogLog sketch with a standard error of 0.8 %.
Source: Flajolet et al., HyperLogLog, 2007; linear counting for small numbers as there.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

EXACT = 1_000_000
BITS = 14
REGISTERS = 1 << BITS
ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)
REST = np.uint64((1 << (64 - BITS)) - 1)

Numbers = NDArray[np.uint64]
Ranks = NDArray[np.uint8]


class Visitors:
    """The visitors of one day, each known by a number of 64 bits that is as good as random.

    Args:
        kept: what ``kept`` said before.
    """

    def __init__(self, kept: bytes = b"") -> None:
        is_sketch = kept[:1] == b"s"
        self._ranks: Ranks | None = np.frombuffer(kept, np.uint8, offset=1) if is_sketch else None
        self._seen: Numbers = np.frombuffer(b"" if is_sketch else kept[1:], "=u8")

    @classmethod
    def of(cls, digests: bytes | bytearray) -> Visitors:
        """From the digest of each view, eight bytes after eight bytes."""
        made = cls()
        made._seen = np.unique(np.frombuffer(digests, ">u8").astype("=u8"))
        return made if len(made._seen) <= EXACT else made.sketched()

    def merged(self, other: Visitors) -> Visitors:
        """The visitors of both, each once."""
        both = Visitors()
        if self.is_exact and other.is_exact:
            both._seen = np.union1d(self._seen, other._seen)
            return both if len(both._seen) <= EXACT else both.sketched()
        both._ranks = np.maximum(self._as_ranks(), other._as_ranks())
        return both

    def sketched(self) -> Visitors:
        """The same in little room; how many there are is then known nearly, and who they were not at all."""
        made = Visitors()
        made._ranks = self._as_ranks()
        return made

    def __len__(self) -> int:
        """How many there are, exactly or nearly."""
        if self._ranks is None:
            return len(self._seen)
        estimate = ALPHA * REGISTERS**2 / float(np.sum(np.exp2(-self._ranks.astype(np.float64))))
        empty = REGISTERS - int(np.count_nonzero(self._ranks))
        if estimate <= 2.5 * REGISTERS and empty:
            estimate = REGISTERS * math.log(REGISTERS / empty)
        return round(estimate)

    @property
    def is_exact(self) -> bool:
        return self._ranks is None

    def kept(self) -> bytes:
        """All that is needed to go on counting later, in one order whatever came first."""
        return b"n" + self._seen.tobytes() if self._ranks is None else b"s" + self._ranks.tobytes()

    def _as_ranks(self) -> Ranks:
        if self._ranks is not None:
            return self._ranks
        ranks = np.zeros(REGISTERS, np.uint8)
        # Whole numbers of 50 bits are exact as floats, so that the exponent is their length in bits.
        length = np.frexp((self._seen & REST).astype(np.float64))[1]
        np.maximum.at(ranks, self._seen >> np.uint64(64 - BITS), (64 - BITS - length + 1).astype(np.uint8))
        return ranks
