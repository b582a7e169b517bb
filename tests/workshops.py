"""A place where previews are made in which nothing is ever finished."""

from __future__ import annotations

from typing import Any

from publisher.web.previews.workshop import Workshop


class Busy(Workshop):
    """A workshop whose hands are all taken."""

    def __init__(self) -> None:
        super().__init__(max_bytes=0)

    def finished(self, key: Any, begun: Any, *, wait_s: float) -> None:  # noqa: ARG002 - as its base
        return None
