"""The files of inspection standards: those that came with the program, and an office's own before them.

An office names one; its own files stand in a folder ``inspection`` beside its configuration, and may extend others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from channels.errors import Text
from publisher.office import INSPECTION, BadConfiguration, Flaw, Office, flaws_in, read_toml
from publisher.reports.freshness.standard import Standard
from publisher.reports.rules import rule_book

LISTS = ("limits", "vetoes", "minima")
ORIGIN = ("document", "source", "since", "mark")
"""Where something stands: what a file says of all its parts, unless a part says otherwise."""


def standard(office: Office) -> Standard:
    """The standard the office is inspected by. Raises BadConfiguration: its file has mistakes."""
    path, found = _load(office.inspection, (office.path.parent / INSPECTION, settings.PUBLISHER_DEFAULTS / INSPECTION))
    if flaws := list(_unknown_names(found, office)):
        raise BadConfiguration(path, flaws)
    return found


@cache
def _load(name: str, folders: tuple[Path, ...]) -> tuple[Path, Standard]:
    path, tables = _tables(name, folders, ())
    return path, _validated(path, tables)


def _tables(name: str, folders: Sequence[Path], before: tuple[Path, ...]) -> tuple[Path, dict[str, Any]]:
    """The file of that name with what it extends laid under it; ``before`` are the files that led to it."""
    path = next(
        (path for folder in folders if (path := folder / f"{name}.toml").is_file() and path not in before), None
    )
    if path is None:
        raise BadConfiguration(before[-1], [Flaw("extends", Text("There is no other standard {name}.", name=name))])
    tables = read_toml(path)
    if flaws := list(_misshapen(tables)):
        raise BadConfiguration(path, flaws)
    origin = {"document": ""} | {word: tables[word] for word in ORIGIN if word in tables}
    for kind in LISTS:
        tables[kind] = [_with_origin(part, origin) for part in tables.get(kind, [])]
    extended = tables.pop("extends", None)
    if extended is None:
        return path, tables
    base_path, base = _tables(str(extended), folders, (*before, path))
    _validated(base_path, base)
    return path, base | tables | {kind: _laid_over(base[kind], tables[kind]) for kind in LISTS}


def _with_origin(part: Mapping[str, Any], origin: Mapping[str, Any]) -> dict[str, Any]:
    """A part that names a source of its own does not stand in the document of the others."""
    return {**origin, **({"document": ""} if "source" in part else {}), **part}


def _misshapen(tables: Mapping[str, Any]) -> Iterator[Flaw]:
    """What is no list of tables with keys of their own; pydantic is asked about everything else."""
    for kind in LISTS:
        parts = tables.get(kind, [])
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            yield Flaw(kind, Text("Tables belong here: begin each with [[{name}]].", name=kind))
            continue
        keys = [str(part.get("key", "")) for part in parts]
        if "" in keys:
            yield Flaw(f"{kind}.{keys.index('')}.key", Text("This setting is missing: add it."))
        if len(set(keys)) < len(keys):
            yield Flaw(kind, Text("Two tables have the same key: give each its own."))


def _laid_over(base: Sequence[dict[str, Any]], parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is said of a known key is laid over it; a length in days takes the place of one in months."""
    known = {part["key"]: part for part in base}
    for part in parts:
        under = known.get(part["key"], {})
        lengths = {"days", "months"} if {"days", "months"} & part.keys() else set()
        known[part["key"]] = {name: value for name, value in under.items() if name not in lengths} | part
    return list(known.values())


def _validated(path: Path, tables: dict[str, Any]) -> Standard:
    try:
        return Standard.model_validate(tables)
    except ValidationError as error:
        raise BadConfiguration(path, [_named(flaw, tables) for flaw in flaws_in(error)]) from None


def _named(flaw: Flaw, tables: Mapping[str, Any]) -> Flaw:
    """The same mistake, its place told by the key of the table instead of a number."""
    kind, *rest = flaw.key.split(".")
    if kind not in LISTS or not rest:
        return flaw
    return Flaw(".".join([kind, str(tables[kind][int(rest[0])]["key"]), *rest[1:]]), flaw.text)


def _unknown_names(found: Standard, office: Office) -> Iterator[Flaw]:
    for limit in found.limits:
        yield from _unknown(f"limits.{limit.key}.columns", limit.columns, list(office.columns))
        yield from _unknown(f"limits.{limit.key}.channels", limit.channels, list(office.channels))
    rules = sorted({rule.key for rule in rule_book().versions})
    for minimum in found.minima:
        yield from _unknown(f"minima.{minimum.key}.rule", [minimum.rule], rules)
        if minimum.by == "channel":
            yield from _unknown(f"minima.{minimum.key}.names", minimum.names, list(office.channels))


def _unknown(where: str, names: Sequence[str], known: Sequence[str]) -> Iterator[Flaw]:
    for name in names:
        if name not in known:
            yield Flaw(where, Text("There is no {name}: use one of {known}.", name=name, known=", ".join(known)))
