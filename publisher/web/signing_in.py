"""Signing in: the password, the second factor, and what is said to whoever guessed too often."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from publisher.office import OpenIDSection, get_office
from publisher.people import second_factor
from publisher.people.models import Account
from publisher.web import sessions

logger = logging.getLogger(__name__)

HALF = "half signed in"
HALF_LASTS_S = 300
"""Seconds in which the code of the second factor must follow the password."""


class PasswordForm(AuthenticationForm):
    """Django's own; a one-time password is good for its time only."""

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if Account.objects.filter(user=user, one_time_until__lte=timezone.now()).exists():
            raise ValidationError(_("This one-time password has expired: ask the administrator for another one."))


class SignIn(LoginView):
    """The password. Where there is a second factor too, the person is signed in only after that."""

    form_class = PasswordForm
    template_name = "web/signing_in/password.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        provider = get_office().security.oidc
        return super().get_context_data(**kwargs) | {"openid": provider_name(provider) if provider else ""}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)  # noqa: S101 - we have no other accounts
        return go_on(self.request, user, self.get_redirect_url())


sign_in = SignIn.as_view()


def provider_name(section: OpenIDSection) -> str:
    """What people call the place where they may sign in instead."""
    return section.name or section.issuer.partition("://")[2]


def go_on(request: HttpRequest, user: User, address: str) -> HttpResponse:
    """Somebody has shown who they are, once: ask for the second factor where there is one, else let them in."""
    if not second_factor.has_second_factor(user):
        return let_in(request, user, address, has_proven=False)
    until = timezone.now() + timedelta(seconds=HALF_LASTS_S)
    request.session[HALF] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "until": until.timestamp(),
        "address": address,
    }
    return redirect("login-code")


def let_in(request: HttpRequest, user: User, address: str, *, has_proven: bool) -> HttpResponse:
    """Sign somebody in and send them where they wanted to go, in their language."""
    account = sessions.begin(request, get_office(), user, has_proven=has_proven)
    response = redirect(address or resolve_url(settings.LOGIN_REDIRECT_URL))
    if account is not None and account.language:
        keep_language(response, account.language)
    return response


def keep_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=int(timedelta(days=365).total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def typed(request: HttpRequest) -> QueryDict | None:
    """What was sent with a form; nothing where the page is only asked for."""
    return request.POST if request.method == "POST" else None


class CodeForm(forms.Form):
    code = forms.CharField(
        label="",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponseBase:
    """The second factor of somebody whose password was right."""
    half = request.session.get(HALF)
    user = _half_signed_in(half)
    if half is None or user is None:
        request.session.pop(HALF, None)
        return redirect("login")
    form = CodeForm(typed(request))
    if form.is_valid():
        answer = second_factor.verify(user, form.cleaned_data["code"])
        if answer.is_right:
            del request.session[HALF]
            return let_in(request, user, half["address"], has_proven=True)
        form.add_error("code", wrong_code(answer))
    return render(request, "web/signing_in/code.html", {"form": form}, status=400 if form.errors else 200)


def wrong_code(answer: second_factor.Answer) -> str:
    if answer.wait_s:
        return _("After wrong codes there is a pause: try again in {seconds} s.").format(seconds=answer.wait_s)
    return _("This is not the code of now: wait for the next one and type it.")


def _half_signed_in(half: Mapping[str, Any] | None) -> User | None:
    """Whose password was right a moment ago and has not been changed since."""
    if half is None or timezone.now().timestamp() >= half["until"]:
        return None
    user = User.objects.filter(pk=half["user"], is_active=True).first()
    return user if user and constant_time_compare(half["hash"], user.get_session_auth_hash()) else None


def locked_out(
    request: HttpRequest, _response: HttpResponse | None, credentials: Mapping[str, Any] | None
) -> HttpResponse:
    """What axes shows to whoever gave too many wrong passwords for one name."""
    name = str((credentials or {}).get("username", ""))
    address = sessions.address_of(request)
    logger.warning("too many wrong passwords for %r from %s: locked out", name, address)
    until = _locked_until(name, address)
    values = {"limit": settings.AXES_FAILURE_LIMIT, "until": until}
    response = render(request, "web/signing_in/locked.html", values, status=429)
    response.headers["Retry-After"] = str(max(1, round((until - timezone.now()).total_seconds())))
    return response


def _locked_until(name: str, address: str | None) -> datetime:
    attempts = AccessAttempt.objects.filter(username=name, ip_address=address)
    newest: datetime | None = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    return (newest or timezone.now()) + cool_off
