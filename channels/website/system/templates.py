"""Templates of calls: typed insertion into a structure that is encoded afterwards, so that no text can break out of it.

``{name}`` stands for a value, ``{name|filter}`` for it in another form; ``{{`` and ``}}`` are braces. A text that is
one placeholder and nothing else becomes the value itself, a number or a list as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from channels.errors import SettingRefused

PLACE = re.compile(r"\{\{|\}\}|\{(?P<name>[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)?)(?:\|(?P<filter>[^{}]*))?\}")
DATE = "%Y-%m-%d %H:%M:%S"


def names_in(value: object) -> Iterator[str]:
    """Every name the texts of a structure ask for. Raises SettingRefused: a stray brace, an unknown filter."""
    if isinstance(value, str):
        if re.search(r"[{}]", PLACE.sub("", value)):
            raise SettingRefused(
                "{text} has a brace that begins or ends nothing: write it twice where a brace is meant.", text=value
            )
        for found in PLACE.finditer(value):
            if found["name"]:
                _require_filter(found["filter"])
                yield found["name"]
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from names_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from names_in(part)


def fill(value: object, values: Mapping[str, object]) -> object:
    """The structure with every placeholder replaced; what is no text stays as it is."""
    if isinstance(value, str):
        whole = PLACE.fullmatch(value)
        return _one(whole, values) if whole and whole["name"] else written(value, values)
    if isinstance(value, Mapping):
        return {name: fill(part, values) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [fill(part, values) for part in value]
    return value


def written(pattern: str, values: Mapping[str, object], escape: Callable[[str], str] = str) -> str:
    """The text with every placeholder replaced; ``escape`` makes a value harmless where it stands."""

    def replaced(found: re.Match[str]) -> str:
        if not found["name"]:
            return found[0][0]
        return escape(shown(_one(found, values)))

    return PLACE.sub(replaced, pattern)


def shown(value: object) -> str:
    """A value as text."""
    if isinstance(value, datetime):
        return value.strftime(DATE)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def at(data: object, path: str) -> object:
    """What stands at ``path`` in JSON: names and numbers parted by dots. None where there is nothing."""
    for part in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def _one(found: re.Match[str], values: Mapping[str, object]) -> object:
    value = values.get(found["name"])
    kind, _, argument = (found["filter"] or "").partition(":")
    if isinstance(value, datetime):
        return _moment(value, kind, argument)
    return int(shown(value) or 0) if kind == "int" else value


def _moment(value: datetime, kind: str, argument: str) -> object:
    match kind:
        case "s":
            return int(value.timestamp())
        case "ms":
            return int(value.timestamp() * 1000)
        case "iso":
            return value.isoformat(timespec="seconds")
    return value.strftime(argument or DATE)


def _require_filter(told: str | None) -> None:
    kind, _, argument = (told or "").partition(":")
    if told is not None and (kind not in {"int", "date", "s", "ms", "iso"} or (argument and kind != "date")):
        raise SettingRefused(
            "There is no filter {name}: write int, date:%Y-%m-%d, s, ms or iso behind the bar.", name=told
        )
