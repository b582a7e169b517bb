"""The lists of words a text is looked through for: those that came with the program, and an office's own.

An office's lists stand in a folder ``words`` beside its configuration. A file there with the name of one that came with
the program takes its place; another one is added.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import ahocorasick
from django.conf import settings
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from channels.errors import SettingRefused
from publisher.office import BadConfiguration, Office, flaws_in, read_toml
from publisher.review.checks.finding import Kind, Severity

FOLDER = "words"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise SettingRefused("This is no pattern ({reason}): correct it.", reason=error) from None
    return text


Word = Annotated[str, Field(min_length=2, max_length=60)]


class WordList(BaseModel):
    """One file. ``version`` is the day it was last changed, ``source`` says whom its words are from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    kind: Literal["wrong_word", "sensitive", "forbidden", "name_and_title", "old_organ"]
    severity: Literal["error", "warning", "info"]
    version: date
    source: str = ""
    words: Mapping[Word, str] = {}
    exceptions: tuple[Word, ...] = ()
    unless: Mapping[str, Annotated[str, AfterValidator(_pattern)]] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of a list. ``right``: what is meant; empty where a person must know."""

    word: str
    right: str
    kind: Kind
    severity: Severity
    list_name: str
    unless: re.Pattern[str] | None

    def stands(self, behind: str) -> bool:
        """Whether it is what it looks like, with that text right behind it."""
        return self.unless is None or not self.unless.search(behind)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a word of a list stands."""

    start: int
    end: int
    entry: Entry


class Words:
    """All lists of an office as one automaton. ``digest`` names exactly these lists, ``own`` those the office has made.

    The longest word that begins first wins, so a sound word that contains a wrong one keeps it from being found.
    """

    def __init__(self, lists: Mapping[str, WordList], digest: str, own: Collection[str] = ()) -> None:
        self.digest = digest
        self.lists = lists
        self.own = frozenset(own)
        self._automaton = ahocorasick.Automaton()
        for found in lists.values():
            for word in found.exceptions:
                self._automaton.add_word(word, (word, None))
        for found in lists.values():
            for entry in _entries(found):
                # Two lists may name the same word: the graver one is told.
                known = self._automaton.get(entry.word, (entry.word, None))[1]
                if known is None or _rank(entry) < _rank(known):
                    self._automaton.add_word(entry.word, (entry.word, entry))
        self._automaton.make_automaton()

    def __len__(self) -> int:
        return sum(len(found.words) for found in self.lists.values())

    def matches(self, text: str) -> Iterator[Match]:
        """Every word of the lists in ``text``, in reading order; none lies in another."""
        if not len(self._automaton):
            return
        # Not by ``iter_long``: where a longer word breaks off, it passes over a shorter one that begins within.
        longest: dict[int, tuple[str, Entry | None]] = {}
        for last, (word, entry) in self._automaton.iter(text):
            start = last + 1 - len(word)
            if len(word) > len(longest.get(start, ("", None))[0]):
                longest[start] = (word, entry)
        place = 0
        for start in sorted(longest):
            word, entry = longest[start]
            if start < place:
                continue
            place = start + len(word)
            if entry is not None and entry.stands(text[place:]):
                yield Match(start, place, entry)


def words(office: Office) -> Words:
    """The lists of an office as they are on disk now. Raises BadConfiguration: a file has mistakes."""
    files = {path.name: path for path in _paths(office)}
    content = tuple((path, path.read_bytes()) for path in files.values())
    return _words(content)


@lru_cache(maxsize=4)
def _words(content: tuple[tuple[Path, bytes], ...]) -> Words:
    # The bytes are the key of the cache, so a list that was changed is read again and no other.
    seal = hashlib.sha256()
    for path, data in content:
        seal.update(path.name.encode() + b"\0" + hashlib.sha256(data).digest())
    own = [path.stem for path, _ in content if path.parent != settings.PUBLISHER_DEFAULTS / FOLDER]
    return Words({path.stem: _list(path) for path, _ in content}, seal.hexdigest(), own)


def _paths(office: Office) -> Iterator[Path]:
    for folder in (settings.PUBLISHER_DEFAULTS / FOLDER, office.path.parent / FOLDER):
        yield from sorted(folder.glob("*.toml"))


def _list(path: Path) -> WordList:
    tables: dict[str, Any] = read_toml(path)
    try:
        return WordList.model_validate(tables)
    except ValidationError as error:
        raise BadConfiguration(path, list(flaws_in(error))) from None


def _entries(found: WordList) -> Iterator[Entry]:
    kind, severity = Kind(found.kind), Severity(found.severity)
    for word, right in found.words.items():
        unless = re.compile(found.unless[word]) if word in found.unless else None
        yield Entry(word, right, kind, severity, found.name, unless)


def _rank(entry: Entry) -> int:
    return list(Severity).index(entry.severity)
