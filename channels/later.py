"""Modules that are loaded when something of them is first wanted: most processes never want the heavy ones.

Types are those of the module itself::

    if TYPE_CHECKING:
        import openpyxl
    else:
        openpyxl = later("openpyxl")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Later:
    """Stands for a module; each use of it is a use of the module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)

    def __repr__(self) -> str:
        return f"<{self._name}, loaded when it is used>"


def later(name: str) -> Any:
    """The module of that full name, not loaded yet."""
    return _Later(name)
