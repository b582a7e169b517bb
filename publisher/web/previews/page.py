"""What a page of previews shows: the channels, one product with what is to be said of it, and how full it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from channels.base import Problem
from channels.preview import Gauge, Preview, Way
from publisher.items.variants import given
from publisher.web.previews.making import Made
from publisher.web.previews.subjects import Subject
from publisher.wording import sentence

WHOLE = (Way.SIGNS, Way.CELLS)
"""Counted in the characters people write."""

HERE_WAIT_S = 1.0
"""So long a page waits for the product it shows; then it says that it is being made, and comes again."""


@dataclass(frozen=True, slots=True)
class Tab:
    """The way to one channel. ``faults``: errors its product has, as far as it is made; ``has_own``: own words."""

    name: str
    address: str
    is_here: bool
    has_own: bool
    faults: int


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file somebody gets as it is."""

    name: str
    address: str
    size: int


@dataclass(frozen=True, slots=True)
class GaugeRow:
    """How full one limit is, for the server's words and for the script that counts on.

    ``parts`` is JSON: what the item's own words take where a field is left empty, by field; ``fitted`` names those of
    them that nobody wrote.
    """

    gauge: Gauge
    name: str
    unit: str
    parts: str
    fitted: str
    words: str = ""

    @property
    def is_over(self) -> bool:
        return self.gauge.left < 0

    @property
    def room_words(self) -> str:
        """What is said while there is room, ``#`` standing for how much."""
        if self.gauge.way in WHOLE:
            return _("Room for # more characters.")
        return _("Room for # more Chinese characters.")

    @property
    def full_words(self) -> str:
        """What is said where the text itself fills up what nobody wrote."""
        return _("The beginning of the text fills the room that is left.")

    @property
    def over_words(self) -> str:
        """What is said when it is too long, ``#`` standing for how much."""
        if self.gauge.over == "refused":
            return _("# characters too many: like this it cannot go out.")
        if self.gauge.over == "cut":
            return _("# characters too many: the end is cut.")
        return _("# characters too many: the end may be cut there.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a product: errors stop it, warnings are for a person to judge, notes say what changes."""

    errors: Sequence[str]
    warnings: Sequence[str]
    notes: Sequence[str]


def values(subject: Subject, channel: str) -> dict[str, Any]:
    """Everything the page shows. Raises DamagedAsset, DamagedRevision, NotWhatWasSigned."""
    subject.begin(channel)
    made = subject.made(channel, wait_s=HERE_WAIT_S)
    shown = subject.preview(channel) if made else None
    return {
        "subject": subject,
        "channel": channel,
        "entry": subject.entry(channel),
        "tabs": list(_tabs(subject, channel)),
        "made": made,
        "frame": subject.file_address(channel, shown.start) if shown else "",
        "files": list(_files(subject, channel, shown)) if shown else [],
        "verdict": _verdict(made) if made else None,
        "gauges": [_gauge_row(*pair) for pair in zip(made.gauges, made.own, strict=True)] if made else [],
        "takes": subject.entry(channel).channel.capabilities.takes,
    }


def in_words(gauge: Gauge, left: int) -> int:
    """What is left, or too much, in the characters people write: of a Chinese one there are two half-width ones."""
    if gauge.way in WHOLE:
        return abs(left)
    return left // 2 if left >= 0 else -(left // 2)


def _tabs(subject: Subject, channel: str) -> Iterator[Tab]:
    for key in subject.channels:
        ready = subject.made(key, wait_s=0)
        faults = sum(problem.is_error for problem in ready.problems) if ready else 0
        own = subject.wordings.get(key)
        yield Tab(subject.entry(key).name, subject.address(key), key == channel, bool(own and given(own)), faults)


def _files(subject: Subject, channel: str, shown: Preview) -> Iterator[FileRow]:
    for path in shown.handed_over:
        name, size = PurePosixPath(path).name, len(shown.files[path].content)
        yield FileRow(name, f"{subject.file_address(channel, path)}?save=1", size)


def _verdict(made: Made) -> Verdict:
    notes = made.product.notes if made.product else ()
    return Verdict(
        [_told(problem) for problem in made.problems if problem.is_error],
        [_told(problem) for problem in made.problems if not problem.is_error],
        [sentence(note.text) for note in notes],
    )


def _told(problem: Problem) -> str:
    return sentence(problem.text)


def _gauge_row(gauge: Gauge, own: Gauge) -> GaugeRow:
    fitted = " ".join(sorted(own.fitted))
    row = GaugeRow(gauge, sentence(gauge.name), sentence(gauge.unit), json.dumps(dict(own.parts)), fitted)
    if gauge.is_filled_up:
        return replace(row, words=row.full_words)
    template = row.over_words if row.is_over else row.room_words
    return replace(row, words=template.replace("#", str(in_words(gauge, gauge.left))))
