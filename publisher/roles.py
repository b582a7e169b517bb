"""What somebody can be in an office. It stands below the configuration, which names roles."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What somebody is in an office; one person may be several."""

    DRAFTER = "drafter", _("drafter")
    REVIEWER = "reviewer", _("reviewer")
    PROOFREADER = "proofreader", _("proofreader")
    SECRECY_REVIEWER = "secrecy_reviewer", _("secrecy reviewer")
    SIGNER = "signer", _("signer")
    PUBLISHER = "publisher", _("publisher")
    REPORT_MANAGER = "report_manager", _("report manager")
    ADMINISTRATOR = "administrator", _("administrator")
    AUDITOR = "auditor", _("auditor (reads only)")


class StepKind(TextChoices):
    """What a step of the approval is for."""

    REVIEW = "review", _("review")
    PROOFREAD = "proofread", _("proofreading")
    SECRECY = "secrecy", _("secrecy review")
    SIGN = "sign", _("signing off")


DECIDER: Mapping[str, Role] = {
    StepKind.REVIEW: Role.REVIEWER,
    StepKind.PROOFREAD: Role.PROOFREADER,
    StepKind.SECRECY: Role.SECRECY_REVIEWER,
    StepKind.SIGN: Role.SIGNER,
}
"""Who decides a step of that kind, where the office says nothing else."""

ANSWERABLE = frozenset({StepKind.SECRECY, StepKind.SIGN})
"""Kinds nobody else may decide: secrecy review and signature are duties of named people by law."""

PARTS = ("title", "text", "files", "facts", "channels", "time")
"""What can change between two revisions, as the steps of the approval name it."""

ASKED_AGAIN: Mapping[str, tuple[str, ...]] = {
    StepKind.REVIEW: PARTS,
    StepKind.PROOFREAD: ("title", "text", "files"),
    StepKind.SECRECY: ("title", "text", "files", "channels"),
    StepKind.SIGN: PARTS,
}
"""Changes after which a step of that kind must be decided anew, where the office says nothing else."""
