"""Replacing parts of libraries and of the program, in the harness's own processes only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def replace(owner: object, name: str, value: object) -> None:
    """Let ``owner.name`` be ``value`` in this process."""
    setattr(owner, name, value)


def wrap(owner: object, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Let ``owner.name`` be what ``around`` makes of it."""
    replace(owner, name, around(getattr(owner, name)))
