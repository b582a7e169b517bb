"""Deciding at a step of an approval: one person, one verdict, about exactly what they were shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from publisher.items.actions import subject
from publisher.items.drafts.sending import give_back
from publisher.items.models import Item, ItemState
from publisher.log import actions as log
from publisher.log.events import Event
from publisher.office import Office
from publisher.people import queries as people
from publisher.people.models import Membership
from publisher.review import places
from publisher.review.actions import FoundErrors, require_channels, require_proactive
from publisher.review.checks.finding import Finding
from publisher.review.checks.scan import scan
from publisher.review.finishing import finish_if_complete
from publisher.review.models import Decision, Review, ReviewStep
from publisher.review.opening import NotReviewed, close
from publisher.review.places import Place, Standing
from publisher.review.products import NotWhatWasSigned, signed_product

Verdict = Decision.Verdict

EVENTS = {Verdict.APPROVE: Event.STEP_APPROVED, Verdict.SEND_BACK: Event.SENT_BACK, Verdict.REJECT: Event.REJECTED}
ENDS = {
    Verdict.SEND_BACK: (Review.State.SENT_BACK, ItemState.SENT_BACK),
    Verdict.REJECT: (Review.State.REJECTED, ItemState.REJECTED),
}

MOST_REMARKS = 200


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment at a place of the text: the number of its paragraph, from 1, and what stands there."""

    place: int
    quote: str
    text: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody decides, and about what.

    Attributes:
        digest: of the review as it was shown to them.
        step: position of the step they were shown as the next one.
        despite: why it may go on although the checks found errors.
    """

    verdict: Verdict
    digest: str
    step: int
    comment: str = ""
    remarks: Sequence[Remark] = ()
    despite: str = ""


def decide(office: Office, review: Review, opinion: Opinion, *, by: User) -> Decision:
    """Write one decision down, and do what follows from it: the next step, the release, or back to the author.

    Raises NotReviewed: it is not that person's to decide, it was decided by somebody else meanwhile, something else was
        shown to them, or a word is missing that belongs to the verdict.
    Raises FoundErrors: the checks found errors, and nobody has said yet why they are passed over.
    """
    require_proactive(review.item.disclosure)
    require_channels(office, review.revision)
    _require_words(opinion)
    _require_sound_products(review)
    errors = errors_of(office, review) if opinion.verdict == Verdict.APPROVE else []
    try:
        with transaction.atomic():
            return _decide(office, review.pk, opinion, by, errors)
    except IntegrityError as error:
        # What the code lets through by mistake the database refuses; and of two at once it takes one.
        raise NotReviewed("Somebody has just decided here: look again.") from error


def approve(office: Office, review: Review, *, by: User, digest: str, step: int, comment: str = "") -> Decision:
    """Raises NotReviewed: as ``decide``."""
    return decide(office, review, Opinion(Verdict.APPROVE, digest, step, comment), by=by)


def send_back(office: Office, review: Review, *, by: User, digest: str, step: int, comment: str) -> Decision:
    """Give an item back to its author, who changes it and sends it up again. Raises NotReviewed: as ``decide``."""
    return decide(office, review, Opinion(Verdict.SEND_BACK, digest, step, comment), by=by)


def reject(office: Office, review: Review, *, by: User, digest: str, step: int, comment: str) -> Decision:
    """Say for good that an item will not be published. Raises NotReviewed: as ``decide``."""
    return decide(office, review, Opinion(Verdict.REJECT, digest, step, comment), by=by)


def errors_of(office: Office, review: Review) -> list[Finding]:
    """What the checks find that keeps a review from going on, unless somebody says why it may."""
    return [finding for finding in scan(office, review.revision) if finding.is_error]


def not_passed_over(errors: Sequence[Finding], decisions: Sequence[Decision]) -> list[Finding]:
    """Those errors that nobody who approved has given a reason for."""
    passed = [found for decision in decisions if decision.is_approval for found in decision.findings]
    return [error for error in errors if error.json() not in passed]


def _in_words(opinion: Opinion) -> str:
    """What the author reads above the draft: the comment, and each remark behind the words it is about."""
    return "\n".join([opinion.comment.strip(), *(f"“{remark.quote}” {remark.text}" for remark in opinion.remarks)])


def _decide(office: Office, pk: int, opinion: Opinion, by: User, errors: Sequence[Finding]) -> Decision:
    review = _locked(pk)
    standing = Standing.of(review)
    step = _step(standing, opinion)
    member = people.membership(by, office)
    place = _place(standing, step, member)
    new_errors = not_passed_over(errors, standing.decisions)
    if new_errors and not opinion.despite.strip():
        raise FoundErrors(review.item_id, new_errors)
    decision = _written(standing, step, place, opinion, by, new_errors)
    detail = _detail(decision)
    if opinion.verdict in ENDS:
        close(review, *ENDS[opinion.verdict], by=decision.person, now=decision.at)
    if opinion.verdict == Verdict.SEND_BACK:
        give_back(review.revision, reason=_in_words(opinion), by=decision.person, now=decision.at)
    about = subject(office, review.revision)
    log.record(office, EVENTS[opinion.verdict], about, actor=decision.person, proof=log.Proof(detail=detail))
    if decision.is_approval:
        finish_if_complete(office, review, by=decision.person, now=decision.at)
    return decision


def _locked(pk: int) -> Review:
    """The review, with its item locked: nobody decides, revises or releases at the same time."""
    found = Review.objects.select_related("revision").get(pk=pk)
    item = Item.objects.select_for_update().get(pk=found.item_id)
    review = Review.objects.select_related("revision").get(pk=pk)
    review.item = item
    if review.state != Review.State.OPEN:
        raise NotReviewed(
            "This approval has ended already: {state}, by {person}.",
            state=Review.State(review.state).label,
            person=review.closed_by,
        )
    if item.revisions.order_by("-number")[0].pk != review.revision_id:
        raise NotReviewed("The item was changed meanwhile: look at its newest revision.")
    return review


def _step(standing: Standing, opinion: Opinion) -> ReviewStep:
    """The step that is to be decided next, if it is the one that was shown."""
    if opinion.digest != standing.review.digest:
        raise NotReviewed("What you were shown is not what is to be decided on: look again.")
    step = standing.current
    if step is None:  # pragma: no cover - a review whose steps are complete is not open
        raise NotReviewed("Nothing is left to be decided here.")
    if step.position != opinion.step:
        raise _decided_before(standing, opinion.step)
    return step


def _decided_before(standing: Standing, position: int) -> NotReviewed:
    for found in standing.decisions:
        if found.step.position == position and found.is_approval:
            return NotReviewed(
                "“{step}” was decided a moment ago by {person}: look again.", step=found.step.name, person=found.person
            )
    return NotReviewed("Another step is to be decided now: look again.")


def _place(standing: Standing, step: ReviewStep, member: Membership | None) -> Place:
    if member is None:
        raise NotReviewed("You do not belong to this office.")
    hindrance = places.refusal(standing, step, member)
    place = standing.place_for(step, member)
    if hindrance is not None or place is None:
        text = hindrance or places.not_theirs(step)
        raise NotReviewed(text.template, **text.values)
    return place


def _written(
    standing: Standing, step: ReviewStep, place: Place, opinion: Opinion, by: User, errors: Sequence[Finding]
) -> Decision:
    return Decision.objects.create(
        review=standing.review,
        step=step,
        place=place.number if opinion.verdict == Verdict.APPROVE else None,
        verdict=opinion.verdict,
        person=by.get_username(),
        on_behalf_of=place.on_behalf_of,
        comment=opinion.comment.strip(),
        remarks=[{"place": r.place, "quote": r.quote, "text": r.text.strip()} for r in opinion.remarks],
        despite=opinion.despite.strip() if errors else "",
        findings=[error.json() for error in errors],
        digest=opinion.digest,
        at=timezone.now(),
    )


def _detail(decision: Decision) -> dict[str, object]:
    """What the log keeps of a decision; only what was said."""
    detail = {
        "review": decision.review_id,
        "step": decision.step.name,
        "decision": decision.pk,
        "digest": decision.digest,
        "reason": decision.comment,
        "on_behalf_of": decision.on_behalf_of,
        "remarks": len(decision.remarks),
        "despite": decision.despite,
        "findings": decision.findings,
    }
    return {name: value for name, value in detail.items() if value}


def _require_words(opinion: Opinion) -> None:
    if opinion.verdict in ENDS and not opinion.comment.strip() and not opinion.remarks:
        raise NotReviewed("Say why: the author must know what to change.")
    if len(opinion.remarks) > MOST_REMARKS:
        raise NotReviewed("These are too many comments: write at most {limit}.", limit=MOST_REMARKS)


def _require_sound_products(review: Review) -> None:
    """Raises NotReviewed: what is kept of the products is not what was made."""
    try:
        for product in review.products.exclude(digest=""):
            signed_product(product)
    except NotWhatWasSigned as error:
        raise NotReviewed(
            "The kept product of a channel was changed behind the program: send the item up anew."
        ) from error
