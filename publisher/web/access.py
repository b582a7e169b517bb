"""Who may open a page: the one decorator of all pages for staff."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

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
        if not is_signed_in(request):
            return go_first(request, "login")
        return view(request, *args, **more)

    return answer


def allowed(*wanted: Permission, to_send: Permission | None = None, keeps_awake: bool = True) -> Callable[[View], View]:
    """The page is for people of the office who have one of the permissions; others are told whom to ask.

    Without a permission it is for everybody who is signed in. Whoever sends its form needs ``to_send`` as well, where
    it is given. Who still has to choose a password, or to set up the second factor their roles need, does that first.
    A page that a browser asks for again and again by itself must not keep somebody signed in: ``keeps_awake=False``.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
            if not is_signed_in(request, keeps_awake=keeps_awake):
                return go_first(request, "login")
            if duty := first_duty(request):
                return go_first(request, duty)
            if wanted and permissions_here(request).isdisjoint(wanted):
                return refuse(request, wanted[0])
            if to_send and request.method == "POST" and to_send not in permissions_here(request):
                return refuse(request, to_send)
            return view(request, *args, **more)

        return answer

    return decorate


def is_signed_in(request: HttpRequest, *, keeps_awake: bool = True) -> bool:
    """Whether somebody is, and their time is not up."""
    return request.user.is_authenticated and not sessions.is_over(request, keeps_awake=keeps_awake)


def go_first(request: HttpRequest, page: str) -> HttpResponse:
    """Send somebody to a page that comes before the one they asked for.

    A part of a page that htmx asks for is no place for it: htmx is told to leave the whole page, and where scripts ask
    for data, they get the bare status.
    """
    where = redirect_to_login(_place(request)) if page == "login" else redirect(page)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": where["Location"]})
    if not request.accepts("text/html"):
        return HttpResponse(status=401)
    return where


def _place(request: HttpRequest) -> str:
    """Where somebody is, to come back there: the page that htmx asked for a part of, else the address itself."""
    address = request.headers.get("HX-Current-URL", "")
    if address and url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return urlsplit(address)._replace(scheme="", netloc="").geturl()
    return request.get_full_path()


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
