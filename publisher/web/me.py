"""A person's own page: their roles, password, second factor, language, and where they are signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axes.models import AccessLog
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels.later import later
from publisher.office import get_office
from publisher.people import actions, passwords, second_factor
from publisher.people.models import Account
from publisher.people.sessions import end_sessions, sessions_of
from publisher.web import sessions
from publisher.web.access import first_duty, membership_here, signed_in
from publisher.web.signing_in import CodeForm, keep_language, typed, wrong_code

if TYPE_CHECKING:
    import segno
else:
    segno = later("segno")

SHOWN_SIGN_INS = 5


@require_safe
@signed_in
def index(request: HttpRequest) -> HttpResponse:
    """What the program knows of the person who asks."""
    user, member = _who(request), membership_here(request)
    values = {
        "member": member,
        "is_required": member is not None and second_factor.is_required(get_office(), member.roles),
        "has_second_factor": second_factor.has_second_factor(user),
        "sessions": sessions_of(user),
        "here": request.session.session_key,
        "sign_ins": AccessLog.objects.filter(username=user.get_username()).order_by("-pk")[:SHOWN_SIGN_INS],
        "languages": settings.LANGUAGES,
    }
    return render(request, "web/me/index.html", values)


class PasswordForm(forms.Form):
    """The one there is, where it is not for one time, and the new one twice."""

    current = forms.CharField(
        label=gettext_lazy("Password until now"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )
    chosen = forms.CharField(
        label=gettext_lazy("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters, not only digits, and nothing that many people use."),
        strip=False,
    )
    again = forms.CharField(
        label=gettext_lazy("New password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, request: HttpRequest, *, is_first: bool) -> None:
        super().__init__(typed(request))
        self._request = request
        if is_first:
            del self.fields["current"]

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        # Counted like a wrong password when signing in: whoever finds an open window may not guess on.
        if authenticate(self._request, username=_who(self._request).get_username(), password=current) is None:
            raise forms.ValidationError(_("This is not your password."))
        return current

    def clean_chosen(self) -> str:
        chosen: str = self.cleaned_data["chosen"]
        user = _who(self._request)
        if found := passwords.flaws(chosen, user):
            raise forms.ValidationError(found)
        if user.check_password(chosen):
            raise forms.ValidationError(_("This is the password you have already: choose another one."))
        return chosen

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if self.cleaned_data.get("chosen", again) != again:
            raise forms.ValidationError(_("The two new passwords differ: type the same one twice."))
        return again


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def password(request: HttpRequest) -> HttpResponseBase:
    """Choose another password; everywhere else the person is signed out."""
    is_first = bool(request.session.get(sessions.MUST_CHOOSE))
    form = PasswordForm(request, is_first=is_first)
    if not form.is_valid():
        values = {"form": form, "is_first": is_first}
        return render(request, "web/me/password.html", values, status=400 if form.errors else 200)
    user = _who(request)
    with transaction.atomic():
        passwords.choose_password(user, form.cleaned_data["chosen"])
        update_session_auth_hash(request, user)
        request.session.pop(sessions.MUST_CHOOSE, None)
        end_sessions(user, but=request.session.session_key)
    messages.success(request, _("The password is changed. Elsewhere you are signed out."))
    return redirect(settings.LOGIN_REDIRECT_URL if is_first else "me")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def own_second_factor(request: HttpRequest) -> HttpResponseBase:
    """Set the second factor up; where there is one, remove it, as for a new phone."""
    if request.session.get(sessions.MUST_CHOOSE):
        return redirect("my-password")
    user = _who(request)
    form = CodeForm(typed(request))
    if second_factor.has_second_factor(user):
        return _remove(request, user, form)
    return _set_up(request, user, form)


def _remove(request: HttpRequest, user: User, form: CodeForm) -> HttpResponseBase:
    """It takes a code: whoever finds an open window must not be able to take it away."""
    if form.is_valid():
        answer = second_factor.verify(user, form.cleaned_data["code"])
        if answer.is_right:
            actions.remove_second_factor(get_office(), user, by=user.get_username(), for_all_offices=True)
            request.session.pop(sessions.HAS_PROVEN, None)
            messages.success(request, _("Your phone is asked for no code any more."))
            return redirect("me")
        form.add_error("code", wrong_code(answer))
    return _factor_page(request, form, {"has_second_factor": True})


def _set_up(request: HttpRequest, user: User, form: CodeForm) -> HttpResponseBase:
    """Show the secret to the phone, and take the first code of it."""
    factor = second_factor.begin(user)
    if form.is_valid() and _confirmed(request, user, form):
        messages.success(request, _("From now on a code of your phone is asked for when you sign in."))
        return redirect("me")
    values = {
        "is_required": first_duty(request) == "my-second-factor",
        "picture": _picture(second_factor.address_for_phone(factor, get_office())),
        "secret": _in_groups(second_factor.typed_secret(factor)),
    }
    return _factor_page(request, form, values)


def _factor_page(request: HttpRequest, form: CodeForm, values: dict[str, object]) -> HttpResponse:
    status = 400 if form.errors else 200
    return render(request, "web/me/second_factor.html", {"form": form, **values}, status=status)


def _confirmed(request: HttpRequest, user: User, form: CodeForm) -> bool:
    with transaction.atomic():
        answer = second_factor.confirm(user, form.cleaned_data["code"])
        if answer.is_right:
            actions.note_second_factor(get_office(), user)
            end_sessions(user, but=request.session.session_key)
    if answer.is_right:
        request.session[sessions.HAS_PROVEN] = True
    else:
        form.add_error("code", wrong_code(answer))
    return answer.is_right


def _picture(address: str) -> str:
    """The square the phone reads, as part of the page: it is nobody's file."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=3, omitsize=True)
    return mark_safe(drawn)  # noqa: S308 - drawn from lines alone


def _in_groups(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@require_POST
@signed_in
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign the person out everywhere but here."""
    end_sessions(_who(request), but=request.session.session_key)
    messages.success(request, _("You are signed out everywhere but here."))
    return redirect("me")


@require_POST
@signed_in
def language(request: HttpRequest) -> HttpResponse:
    """The language of the pages, here and wherever the person signs in next."""
    response = redirect("me")
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        Account.objects.update_or_create(user=_who(request), defaults={"language": chosen})
        keep_language(response, chosen)
        with override(chosen):
            messages.success(request, _("The pages are in English now."))
    return response


def _who(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - behind signed_in
    return user
