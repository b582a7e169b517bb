"""How entries are chained: the text that is hashed, and the hash.

An entry's text is its facts as one JSON object with sorted keys, no blanks, UTF-8, no floats; its hash is SHA-256 over
the hash before it, a line feed, and that text. Whoever changes, drops, inserts or reorders an entry breaks every hash
after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

START = "0" * 64
"""What stands before the first entry of an office."""


def canonical(facts: Mapping[str, object]) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def link(previous: str, text: str) -> str:
    """The hash of the entry with ``text`` that follows the entry with hash ``previous``."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def stamp(at: datetime) -> str:
    """UTC with microseconds, always in the same form."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
