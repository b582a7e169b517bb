"""Sessions that know whose they are, so that all of a person's can be ended at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone

from publisher.people.models import Session

BEGAN, ADDRESS, BROWSER = "began", "address", "browser"
"""What a session is told when somebody signs in on a page."""


class SessionStore(DatabaseStore):
    """Django's own, in a table that names the person."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        made = super().create_model_instance(data)
        assert isinstance(made, Session)  # noqa: S101 - as get_model_class says
        user = data.get(SESSION_KEY)
        made.user_id = int(user) if user else None
        made.began_at = datetime.fromisoformat(data[BEGAN]) if BEGAN in data else None
        made.address = data.get(ADDRESS)
        made.browser = data.get(BROWSER, "")
        return made


def sessions_of(user: User) -> QuerySet[Session]:
    """Where that person is signed in, newest first."""
    return Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-began_at", "-expire_date")


def end_sessions(user: User, *, but: str | None = None) -> int:
    """Sign that person out everywhere, but for one session; returns how many ended."""
    ended, _rows = Session.objects.filter(user=user).exclude(session_key=but).delete()
    return ended
