"""Telling the visitors of a day apart in bounded memory, and forgetting who they were.

Up to some thousands they are counted exactly; above that by a HyperLogLog sketch with a standard error of 0.8 %.
Source: Flajolet et al., HyperLogLog, 2007; linear counting for small numbers as there.
"""

from __future__ import annotations

import math
from array import array

EXACT = 20_000
BITS = 14
REGISTERS = 1 << BITS
ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)
REST = (1 << (64 - BITS)) - 1


class Visitors:
    """The visitors of one day, each given as a number of 64 bits that is as good as random."""

    def __init__(self, kept: bytes = b"") -> None:
        self._seen: set[int] = set()
        self._registers: bytearray | None = None
        if kept[:1] == b"s":
            self._registers = bytearray(kept[1:])
        elif kept:
            numbers = array("Q")
            numbers.frombytes(kept[1:])
            self._seen = set(numbers)

    def add(self, number: int) -> None:
        if self._registers is None:
            self._seen.add(number)
            if len(self._seen) > EXACT:
                self._registers = bytearray(REGISTERS)
                for one in self._seen:
                    self._note(self._registers, one)
                self._seen = set()
        else:
            self._note(self._registers, number)

    def merged(self, other: Visitors) -> Visitors:
        """The visitors of both, each once."""
        both = Visitors(self.kept())
        if other._registers is None:
            for number in other._seen:
                both.add(number)
            return both
        if both._registers is None:
            ours, both = both, Visitors(other.kept())
            for number in ours._seen:
                both.add(number)
        elif other._registers is not None:
            both._registers = bytearray(map(max, both._registers, other._registers))
        return both

    def __len__(self) -> int:
        """How many there are, exactly or nearly."""
        if self._registers is None:
            return len(self._seen)
        estimate = ALPHA * REGISTERS**2 / math.fsum(2.0**-rank for rank in self._registers)
        empty = self._registers.count(0)
        if estimate <= 2.5 * REGISTERS and empty:
            estimate = REGISTERS * math.log(REGISTERS / empty)
        return round(estimate)

    @property
    def is_exact(self) -> bool:
        return self._registers is None

    def kept(self) -> bytes:
        """All that is needed to go on counting later, in one order whatever came first."""
        if self._registers is not None:
            return b"s" + bytes(self._registers)
        return b"n" + array("Q", sorted(self._seen)).tobytes()

    @staticmethod
    def _note(registers: bytearray, number: int) -> None:
        place = number >> (64 - BITS)
        rank = 64 - BITS - (number & REST).bit_length() + 1
        registers[place] = max(registers[place], rank)
