"""The list of approvals, one approval, and deciding about it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from publisher.items.models import ItemState
from publisher.office import Office, get_office
from publisher.people.actions import NotDone
from publisher.people.roles import Permission
from publisher.queue import bells
from publisher.queue.orders import collect
from publisher.review import queries
from publisher.review.actions import NotReleased
from publisher.review.deciding import decide
from publisher.review.emergency import confirm_emergency, release_in_emergency
from publisher.review.models import Decision, Review
from publisher.review.opening import open_review, withdraw
from publisher.web.access import allowed, membership_here
from publisher.web.reviews.asking import opinion_of
from publisher.web.reviews.page import page_values
from publisher.web.reviews.rows import PAGE_LENGTH, count_waiting, emergency_rows, ended_rows, open_rows
from publisher.web.reviews.text import pieces
from publisher.web.revising import may_revise
from publisher.wording import sentence

for_deciders = allowed(Permission.REVIEW, Permission.PROOFREAD, Permission.REVIEW_SECRECY, Permission.SIGN)

LISTS = ("mine", "open", "late", "ended")


@require_safe
@allowed(Permission.SEE_ITEMS)
def index(request: HttpRequest) -> HttpResponse:
    """What waits for the reader first; then everything in approval, what is late, and what has ended."""
    office = get_office()
    wanted = request.GET.get("list", "")
    # What has ended is shown without a look at everything that has not.
    lists = {} if wanted == "ended" else count_waiting(office, membership_here(request), today(office))
    shown = wanted if wanted in LISTS else "mine" if lists["mine"] else "open"
    values: dict[str, Any] = {
        "shown": shown,
        "counts": {name: len(found) for name, found in lists.items()},
        "emergencies": emergency_rows(queries.unconfirmed(office)[:PAGE_LENGTH]),
        "has_steps": bool(office.workflow.steps),
    }
    if shown == "ended":
        values["page"], values["rows"] = ended_rows(office, request.GET.get("page"))
    else:
        values["page"], values["rows"] = open_rows(office, lists[shown], request.GET.get("page"))
    return render(request, "web/reviews/index.html", values)


@require_safe
@allowed(Permission.SEE_ITEMS)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """What is to be decided on, and how far it has come."""
    return _page(request, find(pk))


@require_POST
@for_deciders
def decide_here(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Approve, send back or reject; what was typed stays on the page where it is refused."""
    found = find(pk)
    opinion = opinion_of(request.POST, pieces(found.revision))
    if opinion is None:
        return _page(request, found, _("Choose what you decide."), status=400)
    try:
        decision = decide(get_office(), found, opinion, by=_user(request))
    except NotReleased as error:
        return _page(request, find(pk), sentence(error.text), status=409)
    _tell(request, decision)
    return redirect("reviews") if decision.is_approval else redirect("review", pk)


@require_POST
@allowed(Permission.SUBMIT, Permission.EDIT_ANY_DRAFT)
def take_back(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The author takes the item back before it is decided."""
    found = find(pk)
    try:
        withdraw(get_office(), found, by=_user(request))
    except NotReleased as error:
        return _page(request, found, sentence(error.text), status=409)
    messages.success(request, _("Taken back: it can be changed and sent up again."))
    return redirect("review", pk)


@require_POST
@allowed(Permission.SUBMIT, Permission.EDIT_ANY_DRAFT)
def send_up_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the same text up again that was taken back."""
    found = find(pk)
    try:
        opened = open_review(get_office(), found.revision, by=_user(request).get_username())
    except NotReleased as error:
        return _page(request, found, sentence(error.text), status=409)
    messages.success(request, _("Sent up for approval."))
    return redirect("review", opened.pk)


@require_POST
@allowed(Permission.RELEASE_IN_EMERGENCY)
def release_now(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Let it out before its approval."""
    found = find(pk)
    try:
        release_in_emergency(
            get_office(),
            found,
            by=_user(request),
            reason=request.POST.get("reason", ""),
            is_free_of_secrets=request.POST.get("free_of_secrets") == "yes",
        )
    except (NotReleased, NotDone) as error:
        return _page(request, find(pk), sentence(error.text), status=409)
    bells.ring(collect(now=timezone.now()))
    messages.warning(request, _("Released in an emergency: a second signer must confirm it."))
    return redirect("review", pk)


@require_POST
@allowed(Permission.SIGN)
def confirm(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say afterwards that an emergency release was right, or that it was not."""
    found = find(pk)
    emergency = queries.emergencies(get_office()).filter(review=found).first()
    if emergency is None:
        raise Http404
    agrees = request.POST.get("agrees") == "yes"
    comment = request.POST.get("comment", "")
    try:
        confirm_emergency(get_office(), emergency, by=_user(request), agrees=agrees, comment=comment)
    except (NotReleased, NotDone) as error:
        return _page(request, found, sentence(error.text), status=409)
    text = _("Confirmed.") if agrees else _("Your objection is written down: now decide whether it is taken back.")
    messages.success(request, text)
    return redirect("review", pk)


def find(pk: int) -> Review:
    """Raises Http404: the office has no such approval."""
    found = queries.review_of(get_office(), pk)
    if found is None:
        raise Http404
    return found


def today(office: Office) -> date:
    return timezone.now().astimezone(office.timezone).date()


def _page(request: HttpRequest, found: Review, mistake: str = "", *, status: int = 200) -> HttpResponse:
    values = page_values(get_office(), found, membership_here(request), today=today(get_office()))
    values |= {"mistake": mistake, "typed": request.POST, "shows_changes": request.GET.get("view") == "changes"}
    values["may_revise"] = found.item.state == ItemState.SENT_BACK and may_revise(request, found.item)
    return render(request, "web/reviews/review.html", values, status=status)


def _tell(request: HttpRequest, decision: Decision) -> None:
    decision.review.refresh_from_db()
    if decision.review.state == Review.State.APPROVED:
        bells.ring(collect(now=timezone.now()))
        messages.success(request, _("Approved. That was the last step: it goes out now."))
    elif decision.is_approval:
        messages.success(request, _("Approved. It goes on to the next step."))
    else:
        messages.success(request, _("Written down: {verdict}.").format(verdict=decision.get_verdict_display()))


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - nobody else opens these pages
    return user
