"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from channels.errors import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    Args:
        check: key of the form's check, or the name of a check every report goes through.
        severity: an error keeps the report from becoming final; a warning is for a person to judge.
        place: the heading below which it was found, in the report's words; empty where it is no place.
        figures: the figures it is about.
    """

    check: str
    severity: Literal["error", "warning"]
    text: Text
    place: str = ""
    figures: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.severity == "error"
