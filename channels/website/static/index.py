"""The full-text index that readers' browsers search without a server: small files, of which a publication changes few.

Items are numbered in the order they came to the site. Their texts lie in blocks of ``BLOCK`` items. What came last is
searched in the texts themselves; what came before, by pairs of characters: each part of ``PART`` items has files that
say which pairs stand in which items, and ``JOIN`` parts become one larger part. A publication writes one block, and at
most one more thing: a part that has become full, or some files of a larger one, which counts when it has all of them.
So a search reads a few files whatever the number of items, and no publication waits for long. ``search.js`` reads all
this: it knows the same rules.

The files are scripts that hand their content to ``portalData``: they can be read where a page may fetch nothing, even
from a folder on a disk.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

FOLDER = "assets/search"
CONTENTS = f"{FOLDER}/contents.js"
"""What a search reads first."""

BLOCK = 32
PART, SMALL_SHARDS = 128, 16
JOIN, LARGE_SHARDS = 32, 256
"""A larger part has a multiple of the files of a part, so that each of its files comes from one file of each part."""

LONGEST = 20_000
"""Characters of an item that can be found; what is longer is a table nobody searches to its end."""

RUN = re.compile(r"[0-9a-z]+|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
"""Words of letters and digits, and stretches of Chinese; everything else parts them."""

Postings = dict[str, list[int]]
"""Term → for each item, in order, twice its place in the part, plus one where the title has the term."""


class Files(Protocol):
    """Where the index lies."""

    def put(self, name: str, content: bytes) -> None: ...
    def remove(self, name: str) -> None: ...
    def read(self, name: str) -> bytes | None: ...


def fold(text: str) -> str:
    """Text as it is compared: no wide letters, no capitals."""
    return unicodedata.normalize("NFKC", text).lower()


def terms(text: str) -> set[str]:
    """What ``text``, folded, can be found by: words of letters and digits, pairs of Chinese characters."""
    found: set[str] = set()
    for run in RUN.findall(text):
        if run[0] <= "z" or len(run) == 1:
            found.add(run)
        else:
            found.update(run[place : place + 2] for place in range(len(run) - 1))
    return found


@dataclass
class Progress:
    """How far the index is: parts made, larger parts made of them, and files of the parts joined for the next one."""

    closed: int = 0
    joined: int = 0
    begun: int = 0


class Index:
    """The index in ``files``."""

    def __init__(self, files: Files, progress: Progress) -> None:
        self._files = files
        self.progress = progress

    def put(self, number: int, title: str, text: str) -> None:
        """Let item ``number`` be found by these words, and no longer by those before."""
        self._replace(number, [fold(title), fold(text)[:LONGEST]])

    def remove(self, number: int) -> None:
        """Let item ``number`` not be found, and nothing be left of its words."""
        self._replace(number, None)

    def go_on(self, last: int) -> None:
        """Do one thing that is due, if any is; ``last`` is the highest number there is."""
        progress = self.progress
        if progress.closed // JOIN > progress.joined:
            self._join(progress.joined, progress.begun)
            progress.begun += 1
            if progress.begun == SMALL_SHARDS:
                self._remove_small(range(progress.joined * JOIN, (progress.joined + 1) * JOIN))
                progress.joined, progress.begun = progress.joined + 1, 0
        elif last > (progress.closed + 1) * PART + PART // 2:
            self._write_small(progress.closed)
            progress.closed += 1

    def write_contents(self, last: int, version: int) -> None:
        """Say what there is: how many parts, the highest number, and how often anything has changed."""
        parts = {"closed": self.progress.closed, "joined": self.progress.joined}
        contents = {**parts, "last": last, "version": version}
        self._files.put(_path("contents"), script("contents", contents))

    def _replace(self, number: int, new: list[str] | None) -> None:
        block = self._texts(number // BLOCK)
        old = block.pop(str(number), None)
        if new is not None:
            block[str(number)] = new
        if old == new:
            return
        name = f"t{number // BLOCK}"
        self._files.put(_path(name), script(name, block))
        if number // PART < self.progress.closed:
            self._start_over(number)
            self._patch(number, _marked(old), _marked(new))

    def _patch(self, number: int, old: Mapping[str, bool], new: Mapping[str, bool]) -> None:
        """Change what a closed part says of one item: only the files whose terms are concerned."""
        part, shards, first = self._part_of(number)
        place = number - first
        changed: dict[int, list[str]] = defaultdict(list)
        for term in old.keys() | new.keys():
            if old.get(term) != new.get(term):
                changed[shard_of(term, shards)].append(term)
        for shard, names in changed.items():
            name = f"{part}-{shard}"
            postings = {term: unpacked(packed) for term, packed in self._read(name).items()}
            for term in names:
                kept = [value for value in postings.pop(term, []) if value >> 1 != place]
                if term in new:
                    kept.append(place * 2 + new[term])
                if kept:
                    postings[term] = sorted(kept)
            self._write_shard(name, postings)

    def _start_over(self, number: int) -> None:
        """Forget what has been joined of a larger part so far, where it says something of the item."""
        progress = self.progress
        if number // (PART * JOIN) == progress.joined and progress.begun:
            for shard in range(LARGE_SHARDS):
                self._files.remove(_path(f"l{progress.joined}-{shard}"))
            progress.begun = 0

    def _part_of(self, number: int) -> tuple[str, int, int]:
        """Name of the closed part with that item, how many files it has, and its first number."""
        large = number // (PART * JOIN)
        if large < self.progress.joined:
            return f"l{large}", LARGE_SHARDS, large * PART * JOIN
        return f"s{number // PART}", SMALL_SHARDS, number // PART * PART

    def _write_small(self, number: int) -> None:
        found: list[Postings] = [defaultdict(list) for _ in range(SMALL_SHARDS)]
        for place, marked in self._texts_of(number * PART, PART):
            for term, in_title in marked.items():
                found[shard_of(term, SMALL_SHARDS)][term].append(place * 2 + in_title)
        for shard, postings in enumerate(found):
            self._write_shard(f"s{number}-{shard}", postings)

    def _join(self, number: int, begun: int) -> None:
        """Put one file of each of ``JOIN`` parts together; what they say is packed, and is joined as it is."""
        found: dict[int, Postings] = {shard: defaultdict(list) for shard in range(begun, LARGE_SHARDS, SMALL_SHARDS)}
        ends: dict[str, int] = {}
        for small in range(JOIN):
            offset = small * PART * 2
            for term, packed in self._read(f"s{number * JOIN + small}-{begun}").items():
                postings = found[shard_of(term, LARGE_SHARDS)][term]
                postings.append(packed[0] + offset - ends.get(term, 0))
                postings += packed[1:]
                ends[term] = offset + sum(packed)
        for shard, joined in found.items():
            name = f"l{number}-{shard}"
            self._files.put(_path(name), script(name, dict(sorted(joined.items()))))

    def _remove_small(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            for shard in range(SMALL_SHARDS):
                self._files.remove(_path(f"s{number}-{shard}"))

    def _texts_of(self, first: int, length: int) -> Iterator[tuple[int, Mapping[str, bool]]]:
        """Place in the part → terms, of each item there."""
        for block in range(first // BLOCK, (first + length) // BLOCK):
            for number, text in sorted(self._texts(block).items(), key=lambda row: int(row[0])):
                yield int(number) - first, _marked(text)

    def _texts(self, block: int) -> dict[str, list[str]]:
        return self._read(f"t{block}")

    def _read(self, name: str) -> dict[str, Any]:
        content = self._files.read(_path(name))
        return {} if content is None else content_of(content)

    def _write_shard(self, name: str, postings: Postings) -> None:
        packed = {term: packed_of(values) for term, values in sorted(postings.items())}
        self._files.put(_path(name), script(name, packed))


def shard_of(term: str, shards: int) -> int:
    """In which file of a part a term stands: by its first character, so that its beginning is enough to find it."""
    return ord(term[0]) % shards


def packed_of(values: list[int]) -> list[int]:
    """Rising numbers as their differences, which are shorter."""
    return [value - before for value, before in zip(values, [0, *values], strict=False)]


def unpacked(values: list[int]) -> list[int]:
    total, found = 0, []
    for value in values:
        total += value
        found.append(total)
    return found


def script(name: str, content: object) -> bytes:
    """A file that hands ``content`` over under ``name``."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # Old browsers end a line of a script at these two.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'portalData("{name}",{text});\n'.encode()


def content_of(content: bytes) -> dict[str, Any]:
    """What a file made by ``script`` hands over."""
    text = content.decode()
    found: dict[str, Any] = json.loads(text[text.index(",") + 1 : text.rindex(")")])
    return found


def _marked(text: list[str] | None) -> dict[str, bool]:
    """Terms of an item → whether its title has them."""
    if text is None:
        return {}
    title = terms(text[0])
    return {term: term in title for term in terms(text[1]) | title}


def _path(name: str) -> str:
    return f"{FOLDER}/{name}.js"
