"""Correction notices (更正启事): what a newspaper printed is answered in a later issue of its column.

A notice is an item of its own for that one channel: checked, approved, signed and handed over like any other. The log
says what it is, so that it never counts as a publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from django.db import transaction

from publisher.items import actions as items
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office, get_office
from publisher.queue import orders
from publisher.queue.models import Delivery, Recall, RecallLine
from publisher.queue.moves import NotPossible
from publisher.queue.recalls import following
from publisher.queue.recalls.queries import title_of
from publisher.queue.recalls.rules import rules
from publisher.queue.states import LineState, RecallKind, State
from publisher.review.opening import open_if_wanted

ENDED = (State.REFUSED, State.FAILED, State.CANCELLED)
LONGEST_ISSUE = 32


@dataclass(frozen=True, slots=True)
class Notice:
    """Title, text with an empty line between paragraphs, and the issue it is meant for, where that is known."""

    title: str
    text: str
    issue: str = ""


def proposed(office: Office, recall: Recall, line: RecallLine) -> Notice:
    """A notice to begin with, in the words of the rules; staff put the right words in."""
    words = rules().notices[RecallKind(recall.kind)]
    entry = office.channels.get(line.channel)
    printed = (
        Delivery.objects.filter(item=recall.item_id, channel=line.channel, state=State.DONE).order_by("pk").first()
    )
    at = printed.published_at if printed is not None else None
    values = {
        "title": title_of(recall),
        "column_title": str(getattr(entry.options, "column_title", "")) if entry else "",
        "date": f"{at.astimezone(office.timezone):%Y年%-m月%-d日}" if at else "",
        "office": office.name,
        "reason": recall.reason.rstrip("。；，.;, "),
    }
    return Notice(words.title, words.text.format(**values), line.issue)


def submit(line: RecallLine, notice: Notice, *, by: str) -> Item:
    """Hand a notice in as an item for the newspaper; it goes out when it has been released like any other.

    Raises NotPossible: no notice is due there, there is one already, or a part is missing.
    Raises BadSubmission: what makes no item.
    Raises NotReleased: it is kept, but cannot be sent up for approval.
    """
    office = get_office()
    if not notice.title.strip() or not notice.text.strip():
        raise NotPossible("A correction notice needs a title and a text: write both.")
    if len(notice.issue) > LONGEST_ISSUE:
        raise NotPossible("The number of an issue has at most {limit} characters: shorten it.", limit=LONGEST_ISSUE)
    with transaction.atomic():
        recall = line.recall
        orders.lock(recall.item)
        line = recall.lines.get(pk=line.pk)
        _require_due(line)
        wish = items.Wish(column=recall.item.column, channels=(line.channel,), section=recall.item.section)
        revision = items.submit(office, _manuscript(notice), wish, by=by)
        line.notice, line.issue = revision.item, notice.issue.strip()
        line.save(update_fields=["notice", "issue"])
        detail = {"recall": recall.pk, "notice": revision.item_id, "issue": line.issue}
        proof = log.Proof(detail=detail)
        log.record(office, Event.NOTICE_PROPOSED, following.about(recall, line), actor=by, proof=proof)
    open_if_wanted(office, revision, by=by)
    return revision.item


def handed_over(line: RecallLine) -> Delivery | None:
    """The delivery of its notice: how far it is; None while it has not been released."""
    return Delivery.objects.filter(item=line.notice_id).order_by("-pk").first() if line.notice_id else None


def may_submit(line: RecallLine) -> bool:
    """Whether there is no notice yet, or the one before ended without going out."""
    before = handed_over(line)
    return line.notice_id is None or (before is not None and before.state in ENDED)


def _require_due(line: RecallLine) -> None:
    if line.state != LineState.NOTICE:
        raise NotPossible("No correction notice is due on this channel.")
    if not may_submit(line):
        raise NotPossible(
            "There is a correction notice already, item {item}: have it released, or correct that one.",
            item=line.notice_id,
        )


def _manuscript(notice: Notice) -> Manuscript:
    parts = [" ".join(part.split()) for part in notice.text.replace("\r\n", "\n").split("\n\n")]
    html = "".join(f"<p>{escape(part)}</p>" for part in parts if part)
    return Manuscript(title=notice.title, html=html, media=())
