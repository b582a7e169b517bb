"""Everything the page of one approval shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.errors import Text
from publisher.items.models import Origin, Revision, RevisionAsset
from publisher.office import Office
from publisher.people.models import Membership
from publisher.people.roles import Permission, permissions
from publisher.review import places, queries
from publisher.review.changes import changed_parts
from publisher.review.deciding import not_passed_over
from publisher.review.models import Review
from publisher.review.places import Standing
from publisher.roles import StepKind
from publisher.web import words
from publisher.web.findings import Found, findings_of
from publisher.web.names import Names
from publisher.web.reviews.questions import QUESTIONS
from publisher.web.reviews.rows import LOOKS, deadline_words, emergency_row, step_rows
from publisher.web.reviews.text import Piece, changes, line_changes, pieces
from publisher.web.rows import Chip
from publisher.wording import sentence

PART_WORDS = {
    "title": gettext_lazy("title"),
    "text": gettext_lazy("text"),
    "files": gettext_lazy("pictures and attachments"),
    "facts": gettext_lazy("information about the item"),
    "channels": gettext_lazy("channels"),
    "time": gettext_lazy("time of publication"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the item; ``before`` is what it was, where that was another."""

    name: str
    value: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """A piece of the text with the remarks made there, each with who made it."""

    piece: Piece
    remarks: Sequence[tuple[str, str]]


def page_values(office: Office, review: Review, member: Membership | None, *, today: date) -> dict[str, Any]:
    """What the template of one approval gets."""
    standing = Standing.of(review)
    state = Review.State(review.state)
    until = queries.deadline(office, review, today=today)
    now = pieces(review.revision)
    found = findings_of(office, review.revision) if state is Review.State.OPEN else None
    return {
        "review": review,
        "revision": review.revision,
        "item": review.item,
        "chip": Chip(LOOKS[state], str(state.label)),
        "is_open": state is Review.State.OPEN,
        "column": words.column_name(office, review.item.column),
        "author": Names.named([review.opened_by])[review.opened_by],
        "steps": step_rows(standing),
        "deadline": until,
        "deadline_words": deadline_words(until),
        "pieces": _with_remarks(pieces(review.revision, found.findings if found else ()), standing),
        "files": list(review.revision.assets.filter(role=RevisionAsset.Role.ATTACHMENT)),
        "problems": _problems(office, review),
        **_compared(office, review, now),
        **_found(found, standing),
        **_possible(review, standing, member),
    }


def _with_remarks(now: Sequence[Piece], standing: Standing) -> list[ShownPiece]:
    names = Names.named(decision.person for decision in standing.decisions)
    made: dict[int, list[tuple[str, str]]] = {}
    for decision in standing.decisions:
        for remark in decision.remarks:
            made.setdefault(remark["place"], []).append((names[decision.person], remark["text"]))
    return [ShownPiece(piece, made.get(piece.number, ())) for piece in now]


def _compared(office: Office, review: Review, now: Sequence[Piece]) -> dict[str, Any]:
    """What was changed since somebody last decided about the item, or since readers last saw it."""
    before = queries.last_decided(review) or queries.last_released(review)
    if before is None:
        return {"before": None, "facts": _facts(office, review.revision, None)}
    changed = changed_parts(before, review.revision)
    return {
        "before": before,
        "facts": _facts(office, review.revision, before),
        "changes": changes(pieces(before), now),
        "changed_title": line_changes(before.title, review.revision.title),
        "changed_parts": [str(word) for part, word in PART_WORDS.items() if part in changed],
    }


def _facts(office: Office, revision: Revision, before: Revision | None) -> list[Fact]:
    now, then = _values(office, revision), _values(office, before) if before else {}
    return [
        Fact(name, value, then[name] if before and then[name] != value else "")
        for name, value in now.items()
        if value or then.get(name)
    ]


def _values(office: Office, revision: Revision) -> dict[str, str]:
    item = revision.item
    at = revision.publish_at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M") if revision.publish_at else ""
    return {
        _("Meant for"): "、".join(words.channel_name(office, key) for key in revision.channels),
        _("Not before"): at,
        _("Section"): item.section,
        _("Author"): revision.author,
        _("Origin"): str(Origin(revision.origin).label) if revision.origin != Origin.OWN else "",
        _("Source"): revision.source,
        _("Address of the original"): revision.source_url,
        _("Document number"): revision.document_number,
        _("Documents it interprets"): revision.interprets,
        _("In force until"): revision.in_force_until.isoformat() if revision.in_force_until else "",
        _("Disclosure"): str(item.get_disclosure_display()),
    }


def _problems(office: Office, review: Review) -> list[tuple[str, str, bool]]:
    """What channels will refuse or change: channel, sentence, whether it keeps the item from that channel."""
    return [
        (words.channel_name(office, product.channel), sentence(Text(template, **values)), severity == "error")
        for product in review.products.order_by("pk")
        for severity, template, values in product.problems
    ]


def _found(found: Found | None, standing: Standing) -> dict[str, Any]:
    errors = [one for one in found.findings if one.is_error] if found else []
    return {
        "found": found,
        "errors_left": len(not_passed_over(errors, standing.decisions)),
        "passed_over": [decision for decision in standing.decisions if decision.despite],
    }


def _possible(review: Review, standing: Standing, member: Membership | None) -> dict[str, Any]:
    """What the reader may do here, and why not where they could otherwise."""
    step = standing.current if review.state == Review.State.OPEN else None
    may = permissions(member.roles) if member else frozenset()
    name = member.user.get_username() if member else ""
    place = places.waits_for(standing, member) if member else None
    hindrance = None
    if step and member and not place and standing.place_for(step, member):
        hindrance = standing.hindrance(step, name)
    is_author = name.lower() in standing.authors
    emergency = queries.emergency_of(review.item) if review.state == Review.State.EMERGENCY else None
    is_said = emergency is not None and hasattr(emergency, "confirmation")
    row = emergency_row(emergency) if emergency else None
    return {
        "step": step,
        "questions": QUESTIONS if step and step.kind == StepKind.SECRECY else (),
        "may_decide": place is not None,
        "on_behalf_of": place.on_behalf_of if place else "",
        "hindrance": sentence(hindrance) if hindrance else "",
        "may_withdraw": step is not None and (is_author or Permission.EDIT_ANY_DRAFT in may),
        "may_send_up": review.state == Review.State.WITHDRAWN and review.item.state == Review.State.WITHDRAWN,
        "may_release": step is not None and Permission.RELEASE_IN_EMERGENCY in may and not is_author,
        "emergency": row,
        "may_confirm": emergency is not None
        and not is_said
        and Permission.SIGN in may
        and not is_author
        and emergency.release.released_by != name,
    }
