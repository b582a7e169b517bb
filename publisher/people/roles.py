"""What a person may do, by the roles they have in an office: the one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from publisher.roles import Role

__all__ = ["FOUNDER", "PERMISSIONS", "Permission", "Role", "permissions"]


class Permission(TextChoices):
    """One thing a person may do. Pages and verbs ask for permissions, never for roles."""

    SUBMIT = "submit", _("submit items")
    EDIT_ANY_DRAFT = "edit_any_draft", _("edit drafts of other people")
    REVIEW = "review", _("review items")
    PROOFREAD = "proofread", _("proofread items")
    REVIEW_SECRECY = "review_secrecy", _("do the secrecy review")
    SIGN = "sign", _("sign items off")
    RELEASE_IN_EMERGENCY = "release_in_emergency", _("release items in an emergency")
    DECIDE_DELIVERIES = "decide_deliveries", _("decide about deliveries")
    SEE_ITEMS = "see_items", _("see items")
    SEE_LOG = "see_log", _("see the log")
    SEE_STATISTICS = "see_statistics", _("see statistics")
    FILL_REPORTS = "fill_reports", _("fill in reports")
    FINISH_REPORTS = "finish_reports", _("declare reports final")
    MANAGE_PEOPLE = "manage_people", _("manage people")
    MANAGE_TOKENS = "manage_tokens", _("manage tokens of other programs")
    MANAGE_CHANNELS = "manage_channels", _("manage channels")


P = Permission

EVERYBODY = frozenset({P.SEE_ITEMS, P.SEE_STATISTICS})
"""Whoever works in the office sees its items and its figures; who did what is for those who answer for it."""

ANSWERING = EVERYBODY | {P.SEE_LOG}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.DRAFTER: EVERYBODY | {P.SUBMIT},
    Role.REVIEWER: ANSWERING | {P.REVIEW, P.EDIT_ANY_DRAFT},
    Role.PROOFREADER: EVERYBODY | {P.PROOFREAD},
    Role.SECRECY_REVIEWER: ANSWERING | {P.REVIEW_SECRECY},
    Role.SIGNER: ANSWERING | {P.SIGN, P.RELEASE_IN_EMERGENCY},
    Role.PUBLISHER: ANSWERING | {P.DECIDE_DELIVERIES, P.EDIT_ANY_DRAFT},
    Role.REPORT_MANAGER: ANSWERING | {P.FILL_REPORTS, P.FINISH_REPORTS},
    Role.ADMINISTRATOR: ANSWERING | {P.MANAGE_PEOPLE, P.MANAGE_TOKENS, P.MANAGE_CHANNELS},
    Role.AUDITOR: ANSWERING,
}
"""An administrator decides who may do what and does none of it: publishing takes a role of its own."""

FOUNDER = (Role.ADMINISTRATOR, Role.DRAFTER, Role.PUBLISHER, Role.REPORT_MANAGER)
"""The first person of an office, and whoever had an account before there were roles: all that one may do alone."""


def permissions(roles: Iterable[str]) -> frozenset[Permission]:
    """What somebody with these roles may do. A role this version does not know gives nothing."""
    return frozenset().union(*(PERMISSIONS[Role(role)] for role in roles if role in Role.values))
