"""Counting rules (口径): which log entries a figure counts, and what counts as one.

The rules are data (``config/rules/*.toml``). An office may add its own, or replace one by the same key and version, in
a folder ``rules`` beside its configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from django.conf import settings
from django.utils.translation import get_language
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from channels.errors import ConfigurationError, SettingRefused, Text
from channels.registry import CHANNELS
from publisher.log.events import Event
from publisher.office import BadConfiguration, Flaw, Key, flaws_in, get_office, read_toml

Unit = Literal["item", "publication", "issue", "column"]
GRADES = ("E0", "E1", "E2", "E3")
"""Of evidence, the weakest first."""

DEFAULT = "sent"
FOLDER = "rules"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Wording(_Table):
    """The same in Chinese and English; as text it is the one of the active language."""

    zh: Sentence
    en: Sentence

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh


def _countable(name: str) -> Event:
    if name == Event.BACKFILLED:
        raise SettingRefused("What was backfilled counts with backfilled = true: write that instead of the event.")
    if name not in Event.values:
        raise SettingRefused("The log has no event {name}: use one of {known}.", name=name, known=", ".join(Event))
    return Event(name)


def _known_kind(kind: str) -> str:
    if kind not in CHANNELS:
        raise SettingRefused(
            'There is no kind of channel "{kind}": write one of {kinds}.', kind=kind, kinds=", ".join(CHANNELS)
        )
    return kind


def _not_none(events: tuple[str, ...]) -> tuple[str, ...]:
    if not events:
        raise SettingRefused("A rule that counts no events counts nothing: name at least one.")
    return events


Events = Annotated[tuple[Annotated[str, AfterValidator(_countable)], ...], AfterValidator(_not_none)]


class Rule(_Table):
    """One way of counting. ``words`` stand under every figure made with it; empty restrictions mean no restriction."""

    key: Key
    version: int = Field(ge=1)
    since: date
    name: Wording
    words: Wording
    events: Events
    unit: Unit
    withdrawn: Literal["count", "drop"]
    evidence: Literal["", "E0", "E1", "E2", "E3"] = ""
    backfilled: bool = False
    kinds: tuple[Annotated[str, AfterValidator(_known_kind)], ...] = ()
    channels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def counted_events(self) -> tuple[str, ...]:
        """All events that count, with the backfilled ones where the rule takes them."""
        return (*self.events, *((Event.BACKFILLED,) if self.backfilled else ()))

    @property
    def label(self) -> str:
        """How a figure names it: key and version."""
        return f"{self.key} v{self.version}"


class _RuleFile(_Table):
    rule: list[Rule] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every version of every rule an office may count by, oldest version first."""

    versions: Sequence[Rule]

    def on(self, day: date) -> dict[str, Rule]:
        """The rules in force on a day, by key."""
        return {rule.key: rule for rule in self.versions if rule.since <= day}


def rule(key: str = DEFAULT, *, on: date) -> Rule:
    """The version of a rule that is in force on a day. Raises ConfigurationError: there is none."""
    book = rule_book()
    in_force = book.on(on)
    if key in in_force:
        return in_force[key]
    later = [known.since for known in book.versions if known.key == key]
    if later:
        raise ConfigurationError(
            "The counting rule {name} is in force from {day} on: count a later period, or use one of {known}.",
            name=key,
            day=min(later),
            known=", ".join(in_force),
        )
    raise ConfigurationError(
        "There is no counting rule {name}: use one of {known}.", name=key, known=", ".join(in_force)
    )


def rules(*, on: date) -> dict[str, Rule]:
    """All rules in force on a day, by key. Raises BadConfiguration: a file of rules has mistakes."""
    return rule_book().on(on)


def rule_book() -> RuleBook:
    """The rules of the program, and the office's own over them. Raises BadConfiguration."""
    return _read((Path(settings.PUBLISHER_DEFAULTS) / FOLDER, get_office().path.parent / FOLDER))


@cache
def _read(folders: tuple[Path, ...]) -> RuleBook:
    """The rules in ``folders``; a later folder replaces what an earlier one says of the same key and version."""
    known: dict[tuple[str, int], Rule] = {}
    for folder in folders:
        known |= _rules_in(folder)
    return RuleBook(sorted(known.values(), key=lambda found: (found.since, found.version)))


def _rules_in(folder: Path) -> dict[tuple[str, int], Rule]:
    known: dict[tuple[str, int], Rule] = {}
    for path in sorted(folder.glob("*.toml")):
        found = _rules_of(path)
        if flaws := list(_clashes(found, known)):
            raise BadConfiguration(path, flaws)
        known |= {(rule.key, rule.version): rule for rule in found}
    return known


def _rules_of(path: Path) -> list[Rule]:
    try:
        return _RuleFile.model_validate(read_toml(path)).rule
    except ValidationError as error:
        raise BadConfiguration(path, list(flaws_in(error))) from None


def _clashes(found: Sequence[Rule], known: Iterable[tuple[str, int]]) -> Iterable[Flaw]:
    taken = set(known)
    days: dict[tuple[str, date], Rule] = {}
    for number, one in enumerate(found):
        where = f"rule.{number}"
        if (one.key, one.version) in taken:
            yield Flaw(f"{where}.version", Text("{name} is there already: give it the next version.", name=one.label))
        if (one.key, one.since) in days:
            yield Flaw(
                f"{where}.since", Text("Another version of {name} begins on that day: choose another.", name=one.key)
            )
        taken.add((one.key, one.version))
        days[one.key, one.since] = one
