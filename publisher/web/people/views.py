"""The people of the office: a list, one person, and what an administrator does for them."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from publisher.office import Office, get_office
from publisher.people import actions
from publisher.people.actions import NotDone
from publisher.people.models import Membership
from publisher.people.roles import Permission
from publisher.web.access import allowed
from publisher.web.people.forms import NewPersonForm, PersonForm, initial_of
from publisher.web.people.rows import page_of_people, role_rows, rows_of
from publisher.web.signing_in import typed
from publisher.wording import sentence

for_administrators = allowed(Permission.MANAGE_PEOPLE)

Deed = Callable[[Office, User, str], str]
"""Does something about a person in somebody's name, and says that it is done."""


@require_safe
@for_administrators
def index(request: HttpRequest) -> HttpResponse:
    page, rows = page_of_people(get_office(), request.GET.get("page"))
    return render(request, "web/people/index.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def new(request: HttpRequest) -> HttpResponse:
    """Make an account; its one-time password is shown once, on the answer itself."""
    form = NewPersonForm(typed(request), initial={"roles": []})
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.add(get_office(), data["username"], form.place, by=_by(request), name=data["name"])
        except NotDone as error:
            form.add_error("username", sentence(error.text))
        else:
            return _given(request, made.user, made.one_time_password, is_new=True)
    values = {"form": form, "roles": role_rows(form.chosen)}
    return render(request, "web/people/new.html", values, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def person(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What somebody is here, to be changed."""
    member = _member(pk)
    form = PersonForm(typed(request), initial=initial_of(member))
    if form.is_valid():
        try:
            actions.change(get_office(), member.user, form.place, by=_by(request), name=form.cleaned_data["name"])
        except NotDone as error:
            form.add_error("roles", sentence(error.text))
        else:
            messages.success(request, _("Changed: {name}.").format(name=member.user.get_username()))
            return redirect("people")
    return _page(request, member, form, status=400 if form.errors else 200)


def _page(request: HttpRequest, member: Membership, form: PersonForm, *, status: int = 200) -> HttpResponse:
    (row,) = rows_of([member])
    values = {
        "row": row,
        "form": form,
        "roles": role_rows(form.chosen),
        "is_self": member.user == request.user,
    }
    return render(request, "web/people/person.html", values, status=status)


@require_POST
@for_administrators
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A one-time password, shown once, on the answer itself."""
    member = _member(pk)
    try:
        given = actions.reset_password(get_office(), member.user, by=_by(request))
    except NotDone as error:
        return _refused(request, member, error)
    return _given(request, member.user, given, is_new=False)


def _given(request: HttpRequest, user: User, one_time_password: str, *, is_new: bool) -> HttpResponse:
    values = {"person": user, "one_time_password": one_time_password, "is_new": is_new}
    return render(request, "web/people/given.html", values)


def _remove_second_factor(office: Office, user: User, by: str) -> str:
    actions.remove_second_factor(office, user, by=by)
    return _("Until they set up another one, they sign in with the password alone.")


def _unlink(office: Office, user: User, by: str) -> str:
    actions.unlink(office, user, by=by)
    return _("The next time they sign in there, their user name counts again.")


def _unlock(office: Office, user: User, by: str) -> str:
    actions.unlock(office, user, by=by)
    return _("They can sign in again at once.")


def _deactivate(office: Office, user: User, by: str) -> str:
    actions.deactivate(office, user, by=by)
    return _("They can no longer work here. What they did keeps their name.")


def _reactivate(office: Office, user: User, by: str) -> str:
    actions.reactivate(office, user, by=by)
    return _("They can work here again, in the roles they had.")


DEEDS: dict[str, Deed] = {
    "second-factor": _remove_second_factor,
    "unlink": _unlink,
    "unlock": _unlock,
    "deactivate": _deactivate,
    "reactivate": _reactivate,
}


@require_POST
@for_administrators
def do(request: HttpRequest, pk: int, deed: str) -> HttpResponseBase:
    """One of the deeds that need no more than a click."""
    if deed not in DEEDS:
        raise Http404
    member = _member(pk)
    try:
        messages.success(request, DEEDS[deed](get_office(), member.user, _by(request)))
    except NotDone as error:
        return _refused(request, member, error)
    return redirect("person", pk)


def _refused(request: HttpRequest, member: Membership, error: NotDone) -> HttpResponse:
    messages.error(request, sentence(error.text))
    return _page(request, member, PersonForm(initial=initial_of(member)), status=409)


def _member(pk: int) -> Membership:
    """Raises Http404: the office has nobody of that number."""
    return get_object_or_404(Membership.objects.select_related("user"), pk=pk, office=get_office().slug)


def _by(request: HttpRequest) -> str:
    return request.user.get_username()
