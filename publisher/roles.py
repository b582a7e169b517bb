"""What somebody can be in an office. It stands below the configuration, which names roles."""

from __future__ import annotations

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
