"""A submission by another program: the verbs of the form and the command line, with its token as the actor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.timezone import localdate

from channels.errors import Text
from publisher.api import once
from publisher.api.asking import Asked, manuscript_of, refused, unprocessable, wish_of
from publisher.api.models import KeyedRequest
from publisher.api.once import Done
from publisher.api.problems import Problem
from publisher.items.actions import BadSubmission, Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item, ItemState
from publisher.items.similar import similar
from publisher.items.variants import require_usable
from publisher.items.wishes import completed, remarks, require_ahead, require_disclosure
from publisher.office import Office
from publisher.people.models import Token
from publisher.queue import bells, queries
from publisher.queue.orders import collect
from publisher.review.actions import NotReleased, release_directly, require_direct_release, require_proactive
from publisher.review.checks.finding import Finding
from publisher.review.checks.scan import scan
from publisher.review.opening import open_if_wanted
from publisher.wording import sentence


@dataclass(frozen=True)
class Caller:
    """Who submits, and under which key."""

    office: Office
    token: Token
    key: str = ""


def submit_once(caller: Caller, asked: Asked) -> Done:
    """Make an item of what was asked, or give the answer that was given before.

    What the checks keep back stays submitted, and the answer says why.
    Raises Problem: it cannot become an item, or may never be released; then nothing was made.
    """
    row = once.earlier(caller.token, caller.key, asked.digest)
    if row is not None and row.answer is not None:
        return Done(row.answer, is_repetition=True)
    manuscript, wish = _read(caller, asked)
    if row is None:
        _require_ahead(wish)
    if row is None and not asked.facts.allow_similar:
        row = _require_new(caller, asked, manuscript, wish)
    if row is None and caller.key:
        row = once.begin(caller.token, caller.key, asked.digest, lambda: _submit(caller, manuscript, wish))
    item = row.item if row is not None else _submit(caller, manuscript, wish)
    assert item is not None  # noqa: S101 - committed together with its row
    kept_back = _release(caller, item, asked.facts.despite) if asked.facts.release else _send_up(caller, item)
    today = localdate(timezone=caller.office.timezone)
    answer = _answer(caller.office, item, [*manuscript.notes, *remarks(wish, today=today), *kept_back])
    return once.finish(row, answer) if row is not None else Done(answer, is_repetition=False)


def _read(caller: Caller, asked: Asked) -> tuple[Manuscript, Wish]:
    """What is to become an item. Everything that can be refused is refused here, before anything is kept."""
    try:
        if asked.facts.release:
            require_direct_release(caller.office)
            require_proactive(asked.facts.disclosure)
        manuscript = manuscript_of(asked)
        wish = completed(caller.office, manuscript, wish_of(asked.facts, caller.office))
        require_disclosure(wish.disclosure, wish.disclosure_reason)
        require_usable(manuscript, wish.channels)
    except BadSubmission as error:
        raise refused(error) from None
    except NotReleased as error:
        raise unprocessable("not-released", error.text) from None
    return manuscript, wish


def _require_ahead(wish: Wish) -> None:
    """Raises Problem: the time to publish at has passed. A repetition may come later than that."""
    try:
        require_ahead(wish.publish_at, now=timezone.now())
    except BadSubmission as error:
        raise refused(error) from None


def _require_new(caller: Caller, asked: Asked, manuscript: Manuscript, wish: Wish) -> KeyedRequest | None:
    """The same request, where it has become an item meanwhile: that is the one it is like.

    Raises Problem: there are items in nearly the same words, and nobody said that this is another one.
    """
    found = similar(caller.office, wish.title, manuscript.html)
    if not found:
        return None
    if (row := once.earlier(caller.token, caller.key, asked.digest)) is not None:
        return row
    text = Text(
        "Item {item}, {title}, has the same text, or nearly: correct or leave that one; if this is another item all "
        "the same, send allow_similar = true.",
        item=found[0].item.pk,
        title=found[0].title,
    )
    members = [
        {"item": each.item.pk, "title": each.title, "score": round(each.score, 3), "state": each.item.state}
        for each in found
    ]
    raise Problem(409, "similar", text, members={"similar": members})


def _submit(caller: Caller, manuscript: Manuscript, wish: Wish) -> Item:
    try:
        return submit(caller.office, manuscript, wish, by=caller.token.actor).item
    except BadSubmission as error:
        raise refused(error) from None


def _release(caller: Caller, item: Item, despite: str) -> list[Text]:
    """Release an item that was just made, or say why it stays as it is; a repetition finds it released."""
    kept_back: list[Text] = []
    item.refresh_from_db()
    if item.state != ItemState.APPROVED:
        try:
            release_directly(caller.office, item.revisions.get(number=1), by=caller.token.actor, despite=despite)
        except NotReleased as error:
            item.refresh_from_db()
            kept_back = [error.text] if item.state != ItemState.APPROVED else []
    bells.ring(collect(now=timezone.now()))
    return kept_back


def _send_up(caller: Caller, item: Item) -> list[Text]:
    """Let the office's approval begin, where it has one, or say why it cannot; a second time does nothing."""
    try:
        open_if_wanted(caller.office, item.revisions.get(number=1), by=caller.token.actor)
    except NotReleased as error:
        item.refresh_from_db()
        return [error.text] if item.state == ItemState.SUBMITTED else []
    return []


def _answer(office: Office, item: Item, notes: Sequence[Text]) -> dict[str, Any]:
    item.refresh_from_db()
    found = scan(office, item.revisions.get(number=1))
    return {
        **queries.item_json(item),
        "notes": [sentence(note) for note in notes],
        "findings": [_finding(finding) for finding in found],
    }


def _finding(finding: Finding) -> dict[str, str]:
    where = finding.where
    place = [where.channel, where.file, where.sheet, sentence(where.text)]
    return {
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "where": " · ".join(filter(None, place)),
        "message": sentence(finding.text),
    }
