"""What the two stand-ins have in common: a table of paths, a record of calls, quotas and error answers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from channels.sandbox.books import Books, Call, Usage, now
from channels.sandbox.faults import Fault

Json = dict[str, Any]


class PlatformError(Exception):
    """The platform's own error answer to a call; ``more`` stands in it besides. What was written down stays."""

    def __init__(self, code: int, message: str = "", *, more: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.message = message
        self.more = dict(more or {})
        super().__init__(code, message)


class Platform(ABC):
    """One stand-in.

    Args:
        books: where everything is written down.
        url: address of the stand-in without a slash at the end; part of the addresses it gives out.
    """

    name: ClassVar[str]
    own_words: ClassVar[Mapping[Fault, int]]
    """Faults the platform utters itself, with the code it uses where a path has no other one."""

    def __init__(self, books: Books, url: str) -> None:
        self.books = books
        self.url = url
        self._calls = books.shelf(f"{self.name}.calls", Call)
        self._usage = books.shelf(f"{self.name}.usage", Usage)

    @property
    def calls(self) -> list[Call]:
        """Every call that arrived, oldest first."""
        return self._calls.all()

    def note(self, path: str, fault: Fault) -> None:
        """Write down that a call arrived."""
        with self.books.page():
            self._calls.put(str(len(self._calls)), Call(path, now(), fault))

    def handle(self, request: Request) -> Response:
        """Do what a call asks for and make the answer; the effect is in the books when this returns."""
        with self.books.page():
            try:
                return self.answer(request)
            except PlatformError as error:
                return self.refuse(error, request.path)

    def speak(self, fault: Fault, path: str) -> Response:
        """The error answer of a fault that the platform utters itself."""
        return self.refuse(PlatformError(self.code_of(fault, path)), path)

    def code_of(self, fault: Fault, path: str) -> int:  # noqa: ARG002 - platforms may choose by path
        return self.own_words[fault]

    def used(self, window: str) -> int:
        usage = self._usage.get(window)
        return usage.used if usage else 0

    def use(self, window: str) -> None:
        """Count one call in a quota's window, such as ``2026-11-22 /cgi-bin/freepublish/get``."""
        self._usage.put(window, Usage(self.used(window) + 1))

    @abstractmethod
    def knows(self, path: str) -> bool:
        """Whether there is such a call."""

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """The answer to a call. Raises PlatformError."""

    @abstractmethod
    def refuse(self, error: PlatformError, path: str) -> Response:
        """The error answer as this platform words it."""

    @abstractmethod
    def as_json(self) -> Json:
        """Everything held, for judges in other processes; without secrets."""


def json_bytes(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode("utf-8")
