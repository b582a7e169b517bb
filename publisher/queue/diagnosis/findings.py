"""What an examination finds: how bad it is, since when, who must act, and what they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from channels.errors import Text


class Severity(TextChoices):
    OK = "ok", _("ok")
    WARNING = "warning", _("warning")
    PROBLEM = "problem", _("problem")


class Who(TextChoices):
    NOBODY = "nobody", _("nobody must act")
    ADMINISTRATOR = "administrator", _("the administrator must act")
    EDITOR = "editor", _("the editor must act")
    CLERK = "clerk", _("the clerk must decide")


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of one check.

    Attributes:
        check: the check that found it, for machines.
        since: from when on it is so, where that is known.
        remedy: what to do, with the command where there is one.
    """

    check: str
    severity: Severity
    text: Text
    who: Who = Who.NOBODY
    since: datetime | None = None
    remedy: Text | None = None


def well(check: str, text: Text, *, since: datetime | None = None) -> Finding:
    return Finding(check, Severity.OK, text, since=since)


def warning(check: str, text: Text, who: Who, remedy: Text, *, since: datetime | None = None) -> Finding:
    return Finding(check, Severity.WARNING, text, who, since, remedy)


def problem(check: str, text: Text, who: Who, remedy: Text, *, since: datetime | None = None) -> Finding:
    return Finding(check, Severity.PROBLEM, text, who, since, remedy)
