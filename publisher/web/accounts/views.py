"""The channels of the office for its administrators: how each stands, pausing it and letting it go on."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels.errors import Text
from publisher.credentials import keeping
from publisher.office import ChannelEntry, get_office
from publisher.people.roles import Permission
from publisher.queue import accounts, actions, bells, clock
from publisher.queue.looking import credentials
from publisher.queue.moves import NotPossible, error_json
from publisher.web.access import allowed
from publisher.web.accounts.rows import account_rows
from publisher.web.rows import scene
from publisher.wording import error_sentence, sentence

for_administrators = allowed(Permission.MANAGE_CHANNELS)

LONGEST_REASON = 500


@require_safe
@for_administrators
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "web/accounts/index.html", {"rows": account_rows(scene(request))})


@require_POST
@for_administrators
def pause(request: HttpRequest, channel: str) -> HttpResponseBase:
    """Send nothing new on a channel; why stands in the log."""
    entry = entry_of(channel)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        text = _("Say why {name} is to be paused: the reason stands in the log.")
        messages.error(request, text.format(name=entry.name))
        return redirect("accounts")
    report = error_json(Text("A person paused it: {reason}", reason=reason))
    if accounts.pause(entry, by=request.user.get_username(), report=report, now=clock.now()):
        said = Text("Channel {name} is paused: nothing new is sent until it is resumed.", name=entry.name)
        messages.success(request, sentence(said))
    else:
        messages.warning(request, sentence(Text("Channel {name} is paused already.", name=entry.name)))
    return redirect("accounts")


@require_POST
@for_administrators
def resume(request: HttpRequest, channel: str) -> HttpResponseBase:
    """Let a channel send again, and take up what its credentials had stopped."""
    entry = entry_of(channel)
    try:
        bells.ring(actions.resume(entry, by=request.user.get_username()))
    except NotPossible as error:
        messages.warning(request, sentence(error.text))
    else:
        messages.success(request, sentence(Text("Channel {name} sends again.", name=entry.name)))
    return redirect("accounts")


@require_POST
@for_administrators
def ask(request: HttpRequest, channel: str) -> HttpResponseBase:
    """Ask the platform now how the credentials stand."""
    entry = entry_of(channel)
    if not entry.channel.capabilities.standing:
        raise Http404
    row = credentials.ask(get_office(), entry)
    if row is None:
        text = _("{name} gives no answer now, or its calls are used up: try again later.")
        messages.warning(request, text.format(name=entry.name))
    elif row.error:
        messages.error(request, error_sentence(row.error))
    else:
        messages.success(request, _("{name} has answered.").format(name=entry.name))
    return redirect("accounts")


@require_POST
@for_administrators
def sign_out(request: HttpRequest, channel: str) -> HttpResponseBase:
    """Delete what is kept of a sign-in. The platform itself is not told: there the app is cancelled by hand."""
    entry = entry_of(channel)
    sign_in = entry.channel.sign_in
    if sign_in is None:
        raise Http404
    if keeping.forget(get_office(), entry, sign_in.keeps_as, by=request.user.get_username()):
        messages.success(request, _("What was kept for {name} is deleted.").format(name=entry.name))
    return redirect("accounts")


def entry_of(channel: str) -> ChannelEntry:
    """Raises Http404: there is no such channel."""
    entry = get_office().channels.get(channel)
    if entry is None:
        raise Http404
    return entry
