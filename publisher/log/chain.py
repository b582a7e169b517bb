"""How entries are chained: the text that is hashed, and the hash.

An entry's text is its facts as one JSON object with sorted keys, no blanks, UTF-8, no floats; its hash is SHA-256 over
the hash before it, a line feed, and that text. Whoever changes, drops, inserts or reorders an entry breaks every hash
after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from publisher.log.verifier import START, link

__all__ = ["START", "canonical", "link", "stamp"]


def canonical(facts: Mapping[str, object]) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def stamp(at: datetime) -> str:
    """UTC with microseconds, always in the same form."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
