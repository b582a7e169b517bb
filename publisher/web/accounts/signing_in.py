"""Signing in at a platform in an administrator's browser, and coming back with a code."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from channels.errors import ChannelUnavailable, CredentialsRefused, Text
from publisher.credentials import keeping
from publisher.office import get_office
from publisher.queue import clock
from publisher.queue.looking import credentials
from publisher.web.accounts.views import entry_of, for_administrators
from publisher.wording import sentence

logger = logging.getLogger(__name__)

KEPT = "platform sign-in"
LIMIT_S = 600
"""A code is good for about so long, and nobody takes longer to agree."""


@require_safe
@for_administrators
def leave(request: HttpRequest, channel: str) -> HttpResponseBase:
    """Send an administrator to the platform. Raises Http404: nobody signs in there."""
    sign_in = entry_of(channel).channel.sign_in
    if sign_in is None:
        raise Http404
    state = secrets.token_urlsafe(32)
    request.session[KEPT] = {"state": state, "channel": channel, "at": time.time()}
    return HttpResponseRedirect(sign_in.address(state))


@require_safe
@for_administrators
def come_back(request: HttpRequest) -> HttpResponseBase:
    """Take what the platform gave, once, from the browser that was sent there."""
    begun: dict[str, Any] = request.session.pop(KEPT, {})
    is_ours = begun and constant_time_compare(request.GET.get("state", ""), begun["state"])
    if not is_ours or time.time() - begun["at"] > LIMIT_S:
        messages.error(
            request, _("This sign-in was not begun here, or too long ago. Nothing was kept: begin it again below.")
        )
        return redirect("accounts")
    _redeem(request, begun["channel"])
    return redirect("accounts")


def _redeem(request: HttpRequest, channel: str) -> None:
    office, entry = get_office(), entry_of(channel)
    sign_in = entry.channel.sign_in
    if sign_in is None:
        raise Http404
    refused = sign_in.refusal(request.GET.dict())
    if refused is not None:
        messages.error(request, sentence(refused))
        return
    try:
        grant = sign_in.redeem(request.GET.get("code", ""))
    except (ChannelUnavailable, CredentialsRefused) as error:
        logger.warning("signing in at the platform of %s failed (code %s)", channel, error.code)
        messages.error(request, _with_code(error.text, error.code))
        return
    keeping.keep(office, entry, sign_in.keeps_as, grant, by=request.user.get_username(), now=clock.now())
    credentials.ask(office, entry)
    messages.success(request, _("Signed in for {name}: the token is kept, encrypted.").format(name=entry.name))


def _with_code(text: Text, code: str) -> str:
    words = sentence(text)
    return f"{words} [{code}]" if code and code not in words else words
