"""Counts once more, from a raw export and without the program: only Python's standard library.

    python tests/recount.py log.jsonl 2017 [--rule sent] [--rules config/rules] [--by channel,month]
    python tests/recount.py log.jsonl 2017-03-01 2017-05-31 --as-of 2017-06-01T00:00:00Z

It reads the export entry by entry and keeps books of what is out where, as a clerk would; nothing is taken from the
program but the rules' own files.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

Facts = dict[str, Any]
RULES = Path(__file__).parents[1] / "config" / "rules"
COLUMNS = {"kind": "channel_kind", "class": "column_class"}


def rules_in(folder: Path) -> dict[str, Facts]:
    """The newest version of each rule."""
    found: dict[str, Facts] = {}
    for path in sorted(folder.glob("*.toml")):
        for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rule"]:
            if rule["version"] >= found.get(rule["key"], rule)["version"]:
                found[rule["key"]] = rule
    return found


def entries_in(lines: Iterable[str], as_of: dt.datetime | None = None) -> Iterator[Facts]:
    """The entries of an export, as far as they were written up to ``as_of``."""
    for line in lines:
        entry = json.loads(line)
        if as_of is None or dt.datetime.fromisoformat(entry["at"]) <= as_of:
            yield entry


def count(entries: Iterable[Facts], rule: Facts, first: str, last: str, by: Sequence[str] = ()) -> Counter[Any]:
    """How many units each cell has; without ``by`` there is one cell, the empty tuple. Days are ISO texts."""
    book = sorted(
        (entry for entry in entries if entry["happened_on"] <= last), key=lambda e: (e["happened_on"], e["seq"])
    )
    is_out: dict[Any, bool] = {}
    for entry in book:
        place = entry["channel"], entry["item"]
        if entry["event"] in ("published", "handed_over", "printed", "corrected", "backfilled"):
            is_out[place] = True
        elif entry["event"] in ("recalled", "not_accepted"):
            is_out[place] = False
    cells: dict[Any, set[Any]] = {}
    for entry in book:
        unit = unit_of(entry, rule["unit"])
        if entry["happened_on"] < first or unit is None or not counts(entry, rule):
            continue
        if rule["withdrawn"] == "drop" and not is_out[entry["channel"], entry["item"]]:
            continue
        cells.setdefault(tuple(value_of(entry, name) for name in by), set()).add(unit)
    return Counter({cell: len(units) for cell, units in cells.items()})


def counts(entry: Facts, rule: Facts) -> bool:
    """Whether the entry alone is of the kind the rule counts."""
    if entry["event"] == "backfilled":
        if not rule.get("backfilled"):
            return False
    elif entry["event"] not in rule["events"]:
        return False
    if rule.get("evidence") and not entry["evidence"] >= rule["evidence"]:
        return False
    restrictions = {"kinds": "channel_kind", "channels": "channel", "columns": "column", "classes": "column_class"}
    return all(not rule.get(name) or entry[column] in rule[name] for name, column in restrictions.items())


def unit_of(entry: Facts, unit: str) -> Any:
    if unit == "issue":
        return (entry["channel"], entry["happened_on"][:4], entry["issue"]) if entry["issue"] else None
    if unit == "column":
        return (entry["column"] or None) if entry["item"] is None else None
    if entry["item"] is None:
        return None
    return entry["item"] if unit == "item" else (entry["channel"], entry["item"])


def value_of(entry: Facts, cut: str) -> Any:
    day = entry["happened_on"]
    match cut:
        case "day":
            return day
        case "year":
            return int(day[:4])
        case "month":
            return int(day[5:7])
        case "quarter":
            return {"01": 1, "02": 1, "03": 1, "04": 2, "05": 2, "06": 2, "07": 3, "08": 3, "09": 3}.get(day[5:7], 4)
        case "origin":
            return "taken" if entry["source"] else "own"
    return entry[COLUMNS.get(cut, cut)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("first", help="a year, or the first day")
    parser.add_argument("last", nargs="?", help="the last day")
    parser.add_argument("--rule", default="sent")
    parser.add_argument("--rules", type=Path, default=RULES)
    parser.add_argument("--by", default="")
    parser.add_argument("--as-of", type=dt.datetime.fromisoformat)
    given = parser.parse_args()
    first, last = (given.first, given.last) if given.last else (f"{given.first}-01-01", f"{given.first}-12-31")
    by = [name for name in given.by.split(",") if name]
    with given.export.open(encoding="utf-8") as lines:
        cells = count(entries_in(lines, given.as_of), rules_in(given.rules)[given.rule], first, last, by)
    for cell, number in sorted(cells.items()):
        sys.stdout.write("\t".join(map(str, (*cell, number))) + "\n")


if __name__ == "__main__":
    main()
