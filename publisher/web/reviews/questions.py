"""What the secrecy reviewer answers: asked on the page of a secrecy step, and printed on its sheet."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

QUESTIONS = (
    _("state secrets, work secrets or internal sensitive information"),
    _("classified projects, their progress, results, drawings or photographs"),
    _("meetings, documents, speeches or figures that are not public yet"),
    _("trade secrets or personal privacy"),
    _("anything else that is not fit for publication"),
)
"""Each to be answered with no before a secrecy step is approved."""
