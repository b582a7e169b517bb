"""A submission by another program: the verbs of the form and the command line, with its token as the actor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from publisher.api import once
from publisher.api.asking import Asked, manuscript_of, refused, unprocessable, wish_of
from publisher.api.once import Done
from publisher.items.actions import BadSubmission, Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item, ItemState
from publisher.items.wishes import completed, remarks, require_disclosure
from publisher.office import Office
from publisher.people.models import Token
from publisher.queue import bells, queries
from publisher.queue.orders import collect
from publisher.review.actions import NotReleased, release_directly, require_direct_release, require_proactive
from publisher.wording import sentence


@dataclass(frozen=True)
class Caller:
    """Who submits, and under which key."""

    office: Office
    token: Token
    key: str = ""


def submit_once(caller: Caller, asked: Asked) -> Done:
    """Make an item of what was asked, or give the answer that was given before.

    Raises Problem: it cannot become an item, or may not be released; then nothing was made.
    """
    row = once.earlier(caller.token, caller.key, asked.digest)
    if row is not None and row.answer is not None:
        return Done(row.answer, is_repetition=True)
    manuscript, wish = _read(caller, asked)
    if row is None and caller.key:
        row = once.begin(caller.token, caller.key, asked.digest, lambda: _submit(caller, manuscript, wish))
    item = row.item if row is not None else _submit(caller, manuscript, wish)
    assert item is not None  # noqa: S101 - committed together with its row
    if asked.facts.release:
        _release(caller, item)
    answer = _answer(item, manuscript, wish)
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
    except BadSubmission as error:
        raise refused(error) from None
    except NotReleased as error:
        raise unprocessable("not-released", error.text) from None
    return manuscript, wish


def _submit(caller: Caller, manuscript: Manuscript, wish: Wish) -> Item:
    try:
        return submit(caller.office, manuscript, wish, by=caller.token.actor).item
    except BadSubmission as error:
        raise refused(error) from None


def _release(caller: Caller, item: Item) -> None:
    """Release an item that was just made; a repetition finds it released, perhaps this moment."""
    item.refresh_from_db()
    if item.state != ItemState.APPROVED:
        try:
            release_directly(caller.office, item.revisions.get(number=1), by=caller.token.actor)
        except NotReleased as error:
            item.refresh_from_db()
            if item.state != ItemState.APPROVED:
                raise unprocessable("not-released", error.text) from None
    bells.ring(collect(now=timezone.now()))


def _answer(item: Item, manuscript: Manuscript, wish: Wish) -> dict[str, Any]:
    item.refresh_from_db()
    notes = [sentence(note) for note in (*manuscript.notes, *remarks(wish))]
    return {**queries.item_json(item), "notes": notes}
