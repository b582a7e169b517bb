"""Secrets by reference: ``env:NAME``, ``file:PATH`` or ``desk:NAME``, read when needed, shown never."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from channels.errors import CredentialsRefused, SettingRefused


class Secret:
    """A reference to a secret; the value itself is never kept.

    Args:
        reference: ``env:NAME`` (environment variable), ``file:PATH`` (whole file, surrounding white space dropped) or
            ``desk:NAME`` (what the program keeps itself since somebody signed in at the platform).
    Raises SettingRefused: the reference has another form; the message does not repeat it, it might be the secret.
    """

    __slots__ = ("reference",)

    desk: ClassVar[Callable[[str], str] | None] = None
    """How what the program keeps is read; whoever keeps it says so. Raises CredentialsRefused."""

    def __init__(self, reference: str) -> None:
        scheme, _, name = reference.partition(":")
        if scheme not in {"env", "file", "desk"} or not name.strip():
            raise SettingRefused("A secret is given by reference: write env:NAME or file:/path/to/file, not the value.")
        self.reference = reference

    @property
    def kept_as(self) -> str:
        """The name under which the program keeps it; empty where it comes from elsewhere."""
        scheme, _, name = self.reference.partition(":")
        return name if scheme == "desk" else ""

    def reveal(self) -> str:
        """Return the secret. Raises CredentialsRefused: the variable or file is missing or empty."""
        scheme, _, name = self.reference.partition(":")
        if scheme == "env":
            value = os.environ.get(name, "").strip()
            if not value:
                raise CredentialsRefused("The environment variable {name} is not set: set it and try again.", name=name)
            return value
        if scheme == "desk":
            if Secret.desk is None:
                raise CredentialsRefused("{name} is kept by the program, which does not run here.", name=name)
            return Secret.desk(name)
        try:
            value = Path(name).expanduser().read_text(encoding="utf-8").strip()
        except UnicodeDecodeError:
            raise CredentialsRefused("The secret file {path} is no UTF-8 text: save it as such.", path=name) from None
        except FileNotFoundError:
            raise CredentialsRefused("The secret file {path} does not exist: create it.", path=name) from None
        except OSError as error:
            raise CredentialsRefused(
                "The secret file {path} cannot be read ({reason}): create it or mend its permissions.",
                path=name,
                reason=error.strerror,
            ) from None
        if not value:
            raise CredentialsRefused("The secret file {path} is empty: write the secret into it.", path=name)
        return value

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reference == other.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._validate)

    @classmethod
    def _validate(cls, value: object) -> Secret:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise SettingRefused("A secret is given by reference: write env:NAME or file:/path/to/file, not the value.")
        return cls(value)
