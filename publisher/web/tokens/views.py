"""The tokens of the office: a list, a new one, and revoking one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from publisher.office import get_office
from publisher.people import tokens
from publisher.people.actions import NotDone
from publisher.people.models import Token
from publisher.people.roles import Permission
from publisher.web.access import allowed
from publisher.web.rows import Chip
from publisher.web.security import policy_of_the_guide
from publisher.web.signing_in import typed
from publisher.web.tokens.forms import TokenForm
from publisher.web.words import actor_name
from publisher.wording import sentence

for_administrators = allowed(Permission.MANAGE_TOKENS)

PAGE_LENGTH = 50
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token as the list shows it."""

    token: Token
    chip: Chip
    maker: str
    revoker: str


@require_safe
@for_administrators
def index(request: HttpRequest) -> HttpResponse:
    """Those in use first, and how a program uses one."""
    page: Page[Token] = Paginator(tokens.tokens(get_office()), PAGE_LENGTH).get_page(request.GET.get("page"))
    now = timezone.now()
    values = {"page": page, "rows": [_row(token, now) for token in page], "address": _address(request)}
    return render(request, "web/tokens/index.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def new(request: HttpRequest) -> HttpResponse:
    """Make a token; it is shown once, on the answer itself."""
    form = TokenForm(typed(request))
    if form.is_valid():
        try:
            made = tokens.create(get_office(), form.cleaned_data["name"], form.terms, by=request.user.get_username())
        except NotDone as error:
            form.add_error("name", sentence(error.text))
        else:
            values = {"token": made.token, "secret": made.secret, "address": _address(request)}
            return render(request, "web/tokens/given.html", values)
    return render(request, "web/tokens/new.html", {"form": form}, status=400 if form.errors else 200)


@require_POST
@for_administrators
def revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    token = get_object_or_404(Token, pk=pk, office=get_office().slug)
    try:
        tokens.revoke(get_office(), token.name, by=request.user.get_username())
    except NotDone as error:
        messages.warning(request, sentence(error.text))
    else:
        messages.success(request, _("The token {name} opens nothing any more.").format(name=token.name))
    return redirect("tokens")


@require_safe
@for_administrators
def guide(request: HttpRequest) -> HttpResponse:
    """Every address of the HTTP interface, drawn from its description by a program that comes with the library."""
    nonce = secrets.token_urlsafe(16)
    settings = {"url": reverse("api:openapi-json"), "deepLinking": True, "validatorUrl": None}
    response = render(request, "web/tokens/guide.html", {"nonce": nonce, "swagger": settings})
    response.headers["Content-Security-Policy"] = policy_of_the_guide(nonce)
    return response


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("api:items"))


def _row(token: Token, now: datetime) -> TokenRow:
    revoker = actor_name(token.revoked_by) if token.revoked_by else ""
    return TokenRow(token, _chip(token, now), actor_name(token.created_by), revoker)


def _chip(token: Token, now: datetime) -> Chip:
    if token.revoked_at:
        return Chip("off", _("revoked"))
    if token.expires_at <= now:
        return Chip("bad", _("expired"))
    if token.expires_at <= now + SOON:
        return Chip("person", _("expires soon"))
    return Chip("good", _("in use")) if token.used_at else Chip("calm", _("never used"))
