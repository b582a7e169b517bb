"""Looking through an item with every check there is. Reads only; what is found is for the caller to act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from channels.base import Medium
from channels.errors import Text
from publisher.items.actions import Wish, asset_store
from publisher.items.drafts.content import Content, content_of
from publisher.items.drafts.texts import media_of
from publisher.items.manuscript import Manuscript, Wording
from publisher.items.models import Disclosure, Draft, Origin, Revision, RevisionAsset
from publisher.items.variants import wordings_of
from publisher.office import Office
from publisher.review.checks import attachments, fields, links, personal, pictures, statements, wording
from publisher.review.checks.fields import Facts
from publisher.review.checks.finding import Finding, Kind, Place, Severity, worst_first
from publisher.review.checks.passages import Passage, passages
from publisher.review.checks.remembered import Remembered
from publisher.review.checks.wordlists import Words, words
from publisher.review.models import Citation

_attachments_seen = Remembered[tuple[Finding, ...]](most=200)
"""A draft is looked through at every saving; its files need not be read each time."""

MAX_FINDINGS = 500
"""More of one item are not told: the first ones say enough."""


@dataclass(frozen=True, slots=True)
class Work:
    """A text with its files, as it is looked through.

    Attributes:
        on: the day the text speaks of as today.
        known_titles: titles of cited documents by number, as they were published before.
        wordings: what single channels say differently, by channel.
    """

    facts: Facts
    html: str
    on: date
    media: Sequence[Medium] = ()
    attachments: Sequence[Medium] = ()
    known_titles: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    wordings: Mapping[str, Wording] = field(default_factory=dict)


def scan(office: Office, revision: Revision) -> list[Finding]:
    """Everything the checks say of a frozen revision, errors first.

    Raises BadConfiguration: a list of words has mistakes. Raises DamagedAsset: a file of the revision is gone.
    """
    return examine(work_of(office, revision), words(office))


def scan_manuscript(office: Office, manuscript: Manuscript, wish: Wish, *, on: date) -> list[Finding]:
    """The same for what was not submitted yet."""
    facts = Facts(
        title=wish.title or manuscript.title,
        has_column=not wish.column or wish.column in office.columns,
        is_proactive=wish.disclosure == Disclosure.PROACTIVE,
        disclosure_reason=wish.disclosure_reason,
        is_repost=wish.origin == Origin.REPOSTED,
        source=wish.source,
    )
    known = _known_titles(office, manuscript.html, item=None)
    work = Work(
        facts,
        manuscript.html,
        on,
        (*manuscript.media, *manuscript.extra),
        manuscript.attachments,
        known,
        wish.summary,
        manuscript.variants,
    )
    return examine(work, words(office))


def scan_draft(office: Office, draft: Draft, *, on: date) -> list[Finding]:
    """The same for what somebody is writing."""
    return examine(work_of_content(office, content_of(draft), on=on, item=draft.item_id), words(office))


def work_of_content(office: Office, content: Content, *, on: date, item: int | None) -> Work:
    """What somebody is writing, as it is looked through on the day ``on``; ``item``: which it is a revision of."""
    facts = Facts(
        title=content.title,
        has_column=not content.column or content.column in office.columns,
        is_proactive=content.disclosure == Disclosure.PROACTIVE,
        disclosure_reason=content.disclosure_reason,
        is_repost=content.origin == Origin.REPOSTED,
        source=content.source,
    )
    return Work(
        facts,
        content.html,
        on,
        media_of([file for file in content.files if file.role != RevisionAsset.Role.ATTACHMENT]),
        media_of(content.attachments),
        _known_titles(office, content.html, item=item),
        content.summary,
        {channel: _wording(values) for channel, values in content.variants.items()},
    )


def _wording(values: Mapping[str, str]) -> Wording:
    return Wording(values.get("title", ""), values.get("summary", ""), values.get("html", ""), values.get("cover", ""))


def work_of(office: Office, revision: Revision) -> Work:
    """A frozen revision as it is looked through."""
    item, store = revision.item, asset_store()
    files: dict[str, list[Medium]] = {role: [] for role in RevisionAsset.Role.values}
    for asset in revision.assets.all():
        files[asset.role].append(Medium(asset.name, asset.media_type, store.read(asset.sha256), asset.alt))
    return Work(
        Facts(
            title=revision.title,
            has_column=item.column in office.columns,
            is_proactive=item.disclosure == Disclosure.PROACTIVE,
            disclosure_reason=revision.disclosure_reason,
            is_repost=revision.origin == Origin.REPOSTED,
            source=revision.source,
        ),
        revision.html,
        revision.created_at.astimezone(office.timezone).date(),
        [*files[RevisionAsset.Role.PICTURE], *files[RevisionAsset.Role.VARIANT]],
        files[RevisionAsset.Role.ATTACHMENT],
        _known_titles(office, revision.html, item=item.pk),
        revision.summary,
        wordings_of(revision),
    )


def examine(work: Work, lists: Words) -> list[Finding]:
    """Everything the checks say of a work, errors first."""
    body = passages(work.html)
    found = list(fields.findings(work.facts))
    own = [Passage(Place("title"), work.facts.title), Passage(Place("summary"), work.summary), *body]
    for passage in own:
        found += _of_passage(passage, work.on, lists)
    for channel, words_there in work.wordings.items():
        found += _of_channel(channel, words_there, work.on, lists)
    found += statements.two_titles(own, work.known_titles)
    found += pictures.findings(work.html, {medium.sha256: medium for medium in work.media})
    paragraphs = [passage for passage in body if passage.where.part == "paragraph"]
    found += links.missing_attachments(paragraphs, attached=len(work.attachments), linked=len(links.addresses(body)))
    found += _of_files(work, lists)
    if len(found) > MAX_FINDINGS:
        more = Text("Only the first {limit} findings are told.", limit=MAX_FINDINGS)
        found = [*worst_first(found)[:MAX_FINDINGS], Finding(Kind.FIELD, Severity.WARNING, Place("item"), more)]
    return worst_first(found)


def keep_citations(office: Office, revision: Revision) -> None:
    """Remember under which titles a revision that goes out cites documents; the first title of a number stays."""
    item = revision.item_id
    rows = [
        Citation(office=office.slug, number=number, title=title, item=item)
        for number, title, _ in statements.citations(passages(revision.html))
    ]
    Citation.objects.bulk_create(rows, ignore_conflicts=True)


def _of_passage(passage: Passage, on: date, lists: Words) -> Iterator[Finding]:
    yield from personal.findings(passage.text, passage.where, passage.context)
    yield from wording.findings(passage.text, passage.where, lists)
    yield from statements.document_numbers(passage)
    yield from statements.dates(passage, on)
    yield from statements.sums(passage)
    yield from links.offline(passage)


def _of_channel(channel: str, said: Wording, on: date, lists: Words) -> Iterator[Finding]:
    lines = [Passage(Place("title"), said.title), Passage(Place("summary"), said.summary)]
    for passage in (*lines, *passages(said.html)):
        for finding in _of_passage(passage, on, lists):
            yield finding.at(replace(finding.where, channel=channel))


def _of_files(work: Work, lists: Words) -> Iterator[Finding]:
    for medium in (*work.media, *work.attachments):
        name = Passage(Place("file_name", name=medium.name), medium.name)
        yield from personal.findings(name.text, name.where)
        yield from wording.findings(name.text, name.where, lists)
    for medium in work.attachments:
        key = (medium.sha256, medium.name, lists.digest)
        yield from _attachments_seen.get(key, partial(_of_attachment, medium, lists))


def _of_attachment(medium: Medium, lists: Words) -> tuple[Finding, ...]:
    inside, told = attachments.read(medium)
    found = list(told)
    for passage in inside:
        found += personal.findings(passage.text, passage.where, passage.context)
        found += wording.findings(passage.text, passage.where, lists)
    return tuple(found)


def _known_titles(office: Office, html: str, *, item: int | None) -> dict[str, str]:
    """The titles under which other items were published that cite the same documents."""
    numbers = {number for number, _, _ in statements.citations(passages(html))}
    if not numbers:
        return {}
    rows = Citation.objects.filter(office=office.slug, number__in=numbers).exclude(item=item or 0).order_by("-pk")
    return dict(rows.values_list("number", "title"))
