"""Who may open a page: the one decorator of all pages for staff."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from publisher.office import get_office
from publisher.people import queries, second_factor
from publisher.people.actions import refusal
from publisher.people.models import Membership
from publisher.people.roles import Permission, permissions
from publisher.web import sessions
from publisher.wording import sentence

View = Callable[..., HttpResponseBase]

KEPT = "_publisher_membership"


def signed_in(view: View) -> View:
    """The page is for everybody who is signed in, whatever they may do; strangers are asked to sign in."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        if not request.user.is_authenticated or sessions.is_over(request):
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **more)

    return answer


def allowed(*wanted: Permission, to_send: Permission | None = None) -> Callable[[View], View]:
    """The page is for people of the office who have one of the permissions; others are told whom to ask.

    Without a permission it is for everybody who is signed in. Whoever sends its form needs ``to_send`` as well, where
    it is given. Who still has to choose a password, or to set up the second factor their roles need, does that first.
    """

    def decorate(view: View) -> View:
        @signed_in
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
            if duty := first_duty(request):
                return redirect(duty)
            if wanted and permissions_here(request).isdisjoint(wanted):
                return refuse(request, wanted[0])
            if to_send and request.method == "POST" and to_send not in permissions_here(request):
                return refuse(request, to_send)
            return view(request, *args, **more)

        return answer

    return decorate


def first_duty(request: HttpRequest) -> str:
    """The page where somebody must do something before they go on; empty where they may go on."""
    if request.session.get(sessions.MUST_CHOOSE):
        return "my-password"
    member = membership_here(request)
    is_needed = member is not None and second_factor.is_required(get_office(), member.roles)
    return "my-second-factor" if is_needed and not request.session.get(sessions.HAS_PROVEN) else ""


def membership_here(request: HttpRequest) -> Membership | None:
    """The place in this office of whoever asks; looked up once for a request."""
    kept = vars(request)
    if KEPT not in kept:
        kept[KEPT] = queries.membership(request.user, get_office())
    found: Membership | None = kept[KEPT]
    return found


def permissions_here(request: HttpRequest) -> frozenset[Permission]:
    """What whoever asks may do in this office; nothing before they have done what comes first."""
    found = membership_here(request)
    return permissions(found.roles) if found and not first_duty(request) else frozenset()


class May:
    """What templates ask, as in ``{% if may.submit %}``."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> bool:
        return Permission(name) in permissions_here(self._request)


def may(request: HttpRequest) -> dict[str, May]:
    """Context processor: asks the database only where a template asks."""
    return {"may": May(request)}


def refuse(request: HttpRequest, permission: Permission) -> HttpResponse:
    """The page that says what is missing and who can help."""
    reason = sentence(refusal(get_office(), permission))
    values = {"reason": reason, "is_member": membership_here(request) is not None}
    return render(request, "web/not_allowed.html", values, status=403)
