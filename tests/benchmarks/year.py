"""A year of publications, the same on every database: its rows, and its count written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

YEAR = 2020
EVENTS = ("published", "handed_over")
CHOSEN = f"FROM {{table}} WHERE office = '{{office}}' AND year = {YEAR} AND event IN {EVENTS}"
STATEMENTS = (
    f'SELECT event, channel, "column", COUNT(DISTINCT item) {CHOSEN} GROUP BY event, channel, "column"',
    f"SELECT event, channel, COUNT(DISTINCT item) {CHOSEN} GROUP BY event, channel",
    f"SELECT COUNT(DISTINCT item) {CHOSEN}",
)
"""What one would write by hand, knowing that no channel of this log has both events."""


def columns(quotient: str = "/") -> Mapping[str, str]:
    """The columns of row n = 0, 1, 2 … as SQL; ``quotient`` divides whole numbers.

    Six rows for each item: submitted, out on three platforms, handed over to the newspaper, and a sixth in which one
    of ten items is taken back from Weibo, one is corrected on the website, and one stands on Weibo once more.
    """
    item = f"(1 + n {quotient} 6)"
    twenty = "".join(f"{number:02d}" for number in range(20))

    def by_row(own: Sequence[str], sixth: Sequence[str]) -> str:
        of_row = " ".join(f"WHEN {number} THEN '{value}'" for number, value in enumerate(own))
        of_item = " ".join(f"WHEN {number} THEN '{value}'" for number, value in enumerate(sixth[:-1]))
        return f"CASE n % 6 {of_row} ELSE CASE {item} % 10 {of_item} ELSE '{sixth[-1]}' END END"

    return {
        "year": str(YEAR),
        "month": f"1 + {item} {quotient} 50 % 12",
        "day": f"1 + {item} % 28",
        "event": by_row(
            ("submitted", "published", "published", "published", "handed_over"),
            ("recalled", "corrected", "published", "released_directly"),
        ),
        "channel": by_row(("", "portal", "wechat", "weibo", "daily"), ("weibo", "portal", "weibo", "")),
        "column": f"'column-' || SUBSTR('{twenty}', CAST(1 + 2 * ({item} % 20) AS INTEGER), 2)",
        "item": item,
    }


def answer(found: Sequence[Sequence[Sequence[Any]]]) -> dict[str, Any]:
    """The answer to ``STATEMENTS``, in the shape the program gives it."""
    cells, channels, ((items,),) = found
    return {
        "rows": sorted([channel, column, event, number] for event, channel, column, number in cells),
        "items": items,
        "publications": sum(row[-1] for row in channels),
        "handed_over": sum(row[-1] for row in channels if row[0] == "handed_over"),
    }
