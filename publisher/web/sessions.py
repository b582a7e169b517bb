"""How long somebody stays signed in, and what they must do before anything else."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from datetime import timedelta

from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from publisher.office import Office
from publisher.people.models import Account
from publisher.people.sessions import ADDRESS, BEGAN, BROWSER, SessionStore

BACKEND = "django.contrib.auth.backends.ModelBackend"

SEEN = "seen"
"""When the person last did something, as a Unix time; kept to the minute, so that reading does not write each time."""
WRITTEN_EVERY_S = 60
ENDS = "ends"
"""When they must sign in again whatever they do, as a Unix time."""

MUST_CHOOSE = "must choose a password"
HAS_PROVEN = "second factor"
"""That a code of the second factor was given in this session."""


def begin(request: HttpRequest, office: Office, user: User, *, has_proven: bool) -> Account | None:
    """Sign somebody in who has shown who they are; returns what is kept of their account."""
    login(request, user, backend=BACKEND)
    now, session = timezone.now(), request.session
    session[BEGAN] = now.isoformat()
    session[ADDRESS] = address_of(request)
    session[BROWSER] = request.headers.get("User-Agent", "")[:200]
    session[SEEN] = now.timestamp()
    session[ENDS] = (now + timedelta(hours=office.security.session_hours)).timestamp()
    session.set_expiry(office.security.idle_minutes * 60)
    account = Account.objects.filter(user=user).first()
    if account is not None and account.one_time_until is not None:
        session[MUST_CHOOSE] = True
    if has_proven:
        session[HAS_PROVEN] = True
    # Whoever comes in sweeps: nobody else does, and an index makes it cheap.
    SessionStore.clear_expired()
    return account


def is_over(request: HttpRequest, *, keeps_awake: bool) -> bool:
    """Whether the time is up; then nobody is signed in any more. Doing something puts the end of idleness off."""
    session, now = request.session, timezone.now().timestamp()
    if now >= session.get(ENDS, now + 1):
        logout(request)
        return True
    if keeps_awake and now - session.get(SEEN, now) >= WRITTEN_EVERY_S:
        session[SEEN] = now
    return False


def address_of(request: HttpRequest) -> str | None:
    """Where the request comes from; None where the server does not say it."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    return None
