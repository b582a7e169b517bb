"""What was found in a file, remembered while the process lives: files never change under their digest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """The newest results by key, not more than ``most`` of them. Threads may ask at once; one may then work in vain."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values = OrderedDict[Hashable, Value]()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The result kept under ``key``, made now where there is none."""
        kept = self._values.get(key)
        if kept is None:
            kept = self._values[key] = make()
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return kept
