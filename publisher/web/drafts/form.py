"""Showing the form of a draft, with what is wrong in it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from publisher.items.drafts.files import MANUSCRIPTS
from publisher.items.drafts.sending import hindrances
from publisher.items.models import Draft
from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.web.access import membership_here, permissions_here
from publisher.web.drafts.page import page_of
from publisher.web.drafts.scripts import with_scripts
from publisher.web.findings import findings_of

MEND = "mend"
"""In an address: say what is still missing. After a refused sending, and as long as the page is shown again."""


def show(request: HttpRequest, draft: Draft, *, status: int = 200) -> HttpResponse:
    office, member = get_office(), membership_here(request)
    mistakes = hindrances(office, draft, now=timezone.now()) if MEND in request.GET else {}
    page = page_of(office, draft, member.sections if member else [], mistakes)
    values = {
        "page": page,
        "draft": draft,
        "asides": draft.versions.filter(is_aside=True).order_by("-pk"),
        "endings": ",".join(MANUSCRIPTS),
        "found": findings_of(office, draft) if draft.is_written_in else None,
        "may_send": Permission.SUBMIT in permissions_here(request),
    }
    return with_scripts(request, "web/drafts/draft.html", values, status=status)
