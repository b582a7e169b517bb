"""What the checks found, as pages show it: with its place in the text marked and what to put there.

Any page shows it: ``findings_of`` as ``found`` and ``{% include "web/findings/list.html" %}``. Inside a form that takes
``do=replace:KEY`` and ``do=replace:all`` it says ``replaceable=True``, and ``mend`` does what the button asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from django.utils import timezone

from channels.errors import Text
from publisher.items.drafts.content import PICTURE, Content, File, content_of
from publisher.items.drafts.texts import take
from publisher.items.models import Draft, Revision
from publisher.items.store import DamagedAsset
from publisher.office import BadConfiguration, Office
from publisher.review.checks import personal
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.mending import LINES, TEXTS, is_mendable, mended, mended_line
from publisher.review.checks.passages import Passage, passages
from publisher.review.checks.scan import Work, examine, work_of, work_of_content
from publisher.review.checks.wordlists import words
from publisher.web.rows import Chip
from publisher.web.words import channel_name
from publisher.wording import sentence

LOOKS = {Severity.ERROR: "bad", Severity.WARNING: "doubt", Severity.INFO: "calm"}
"""Colour of a severity; the word always stands with it."""

REPLACE = "replace:"
EVERYTHING = "all"

AROUND = 24
"""Characters of the text that are shown before and behind what was found."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Where in its passage it stands; personal data is masked, also beside it."""

    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """One finding. ``number``: of its mark in the text; ``length``: of the passage it stands in."""

    key: str
    number: int
    chip: Chip
    kind: str
    place: str
    message: str
    excerpt: Excerpt | None
    suggestion: str
    is_mendable: bool
    is_personal: bool
    is_in_text: bool
    length: int


@dataclass(frozen=True, slots=True)
class Found:
    """Everything the checks say of one text, errors first."""

    findings: Sequence[Finding]
    rows: Sequence[Row]
    errors: int
    warnings: int
    infos: int

    @property
    def is_blocking(self) -> bool:
        """Whether it goes out only with a reviewer's written reason."""
        return self.errors > 0

    @property
    def mendable_words(self) -> int:
        """How many are replaced at once where everything is."""
        return sum(_is_of_all(finding, EVERYTHING) and is_mendable(finding) for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """For scripts and other programs."""
        return {
            "errors": self.errors,
            "warnings": self.warnings,
            "infos": self.infos,
            "findings": [
                {
                    "key": row.key,
                    "number": row.number,
                    "length": row.length,
                    "severity": str(finding.severity.value),
                    "kind": str(finding.kind.value),
                    "where": finding.where.json(),
                    "start": finding.start,
                    "end": finding.end,
                    "place": row.place,
                    "message": row.message,
                    "suggestion": finding.suggestion,
                    "replaceable": row.is_mendable,
                }
                for finding, row in zip(self.findings, self.rows, strict=True)
            ],
        }


def findings_of(office: Office, text: Draft | Revision) -> Found:
    """What the checks say of a draft or of a frozen revision now.

    Lists of words with mistakes and files that are gone are findings too: the page is shown all the same.
    """
    try:
        work = _work(office, text)
        found = examine(work, words(office))
        if isinstance(text, Draft):
            # Its form says itself which fields are missing, and when.
            found = [finding for finding in found if finding.where.part != "field"]
        return shown(office, found, work)
    except BadConfiguration as error:
        said = Text("The lists of words cannot be used ({path}): tell your administrator.", path=error.path.name)
    except DamagedAsset as error:
        said = error.text
    return shown(office, [Finding(Kind.FIELD, Severity.ERROR, Place("item"), said)], None)


def shown(office: Office, findings: Sequence[Finding], work: Work | None) -> Found:
    """Findings as rows; ``work`` is what they are of, where it is at hand."""
    texts = _texts(work) if work else {}
    rows = [_row(office, number, finding, texts.get(finding.where)) for number, finding in enumerate(findings)]
    count = [finding.severity for finding in findings].count
    return Found(findings, rows, count(Severity.ERROR), count(Severity.WARNING), count(Severity.INFO))


def mend(office: Office, content: Content, wanted: str, *, item: int | None) -> Content:
    """``content`` with suggestions put in; the same where nothing fits, or nothing can be looked through now.

    Args:
        wanted: the key of a finding; or ``all``: every one that is no personal data, for its mask may be too much.
        item: which the content is a revision of.
    """
    try:
        found = examine(work_of_content(office, content, on=_today(office), item=item), words(office))
    except (BadConfiguration, DamagedAsset):
        return content
    chosen = [one for one in found if is_mendable(one) and (one.key == wanted or _is_of_all(one, wanted))]
    return _mended(content, chosen)


def _is_of_all(finding: Finding, wanted: str) -> bool:
    return wanted == EVERYTHING and not finding.is_personal and finding.severity != Severity.INFO


def _mended(content: Content, chosen: Sequence[Finding]) -> Content:
    html = content.html
    if any(not one.where.channel and one.where.part not in LINES for one in chosen):
        files = _described(content, chosen)
        # What pictures say stands in their files; the text only repeats it.
        html = take(mended(html, chosen), files).html
        content = replace(content, files=files)
    return replace(
        content,
        title=mended_line("title", content.title, chosen),
        summary=mended_line("summary", content.summary, chosen),
        html=html,
        variants={channel: _mended_variant(channel, said, chosen) for channel, said in content.variants.items()},
    )


def _mended_variant(channel: str, said: Mapping[str, str], chosen: Sequence[Finding]) -> Mapping[str, str]:
    own = [finding for finding in chosen if finding.where.channel == channel]
    lines = {part: mended_line(part, said[part], own, channel=channel) for part in LINES if said.get(part)}
    html = {"html": mended(said["html"], own, channel=channel)} if own and said.get("html") else {}
    return {**said, **lines, **html}


def _described(content: Content, chosen: Sequence[Finding]) -> tuple[File, ...]:
    texts = _texts_of(content.html)
    said = [
        (one, texts[one.where].text) for one in chosen if one.where.part in {"alt", "caption"} and one.where in texts
    ]
    return tuple(_described_file(file, said) if file.role == PICTURE else file for file in content.files)


def _described_file(file: File, said: Sequence[tuple[Finding, str]]) -> File:
    for finding, text in said:
        part: Literal["alt", "caption"] = "alt" if finding.where.part == "alt" else "caption"
        if getattr(file, part) == text:
            new = replace(finding, where=Place("title"))
            file = replace(file, **{part: mended_line("title", text, [new])})
    return file


def _work(office: Office, text: Draft | Revision) -> Work:
    if isinstance(text, Draft):
        return work_of_content(office, content_of(text), on=_today(office), item=text.item_id)
    return work_of(office, text)


def _today(office: Office) -> date:
    return timezone.now().astimezone(office.timezone).date()


def _texts(work: Work) -> dict[Place, Passage]:
    """Every passage of a work by its place, except those inside attachments."""
    lines = [Passage(Place("title"), work.facts.title), Passage(Place("summary"), work.summary)]
    found = {passage.where: passage for passage in lines} | _texts_of(work.html)
    for channel, said in work.wordings.items():
        own = [Passage(Place("title"), said.title), Passage(Place("summary"), said.summary), *passages(said.html)]
        found |= {replace(passage.where, channel=channel): passage for passage in own}
    return found


def _texts_of(html: str) -> dict[Place, Passage]:
    return {passage.where: passage for passage in passages(html)}


def _row(office: Office, number: int, finding: Finding, passage: Passage | None) -> Row:
    return Row(
        key=finding.key,
        number=number,
        chip=Chip(LOOKS[finding.severity], str(finding.severity.label)),
        kind=str(finding.kind.label),
        place=place_of(office, finding.where),
        message=sentence(finding.text),
        excerpt=_excerpt(finding, passage) if passage and finding.end > finding.start else None,
        suggestion=finding.suggestion or "",
        is_mendable=is_mendable(finding),
        is_personal=finding.is_personal,
        is_in_text=bool(passage) and not finding.where.channel and finding.where.part in TEXTS,
        length=len(passage.text) if passage else 0,
    )


def place_of(office: Office, where: Place) -> str:
    """A place in words, what it lies in before it."""
    channel = channel_name(office, where.channel) if where.channel else ""
    sheet = sentence(Text("page or sheet {name}", name=where.sheet)) if where.sheet else ""
    block = sentence(where.block_text) if where.block_text and not where.file else ""
    return " · ".join(filter(None, [channel, where.file, sheet, block, sentence(where.text)]))


def _excerpt(finding: Finding, passage: Passage) -> Excerpt:
    text, start, end = passage.text, finding.start, finding.end
    first, last = max(start - AROUND, 0), min(end + AROUND, len(text))
    words_there = (finding.suggestion or "") if finding.is_personal else personal.mask(text[start:end])
    return Excerpt(
        ("…" if first else "") + personal.mask(text[first:start]),
        words_there,
        personal.mask(text[end:last]) + ("…" if last < len(text) else ""),
    )
