"""The sheets of an approval as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from channels.errors import ConfigurationError
from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.reports.document import Document
from publisher.reports.render import MEDIA_TYPES, Form, render
from publisher.review.models import Review
from publisher.web.access import allowed
from publisher.web.refusal import refused
from publisher.web.reviews.sheet import approval_sheet, secrecy_sheet
from publisher.web.reviews.views import find
from publisher.web.security import FILE_POLICY

SHEETS: Mapping[str, Callable[[Office, Review], Document]] = {"approval": approval_sheet, "secrecy": secrecy_sheet}
FORMS: Mapping[str, Form] = {"docx": "docx", "pdf": "pdf"}


@require_safe
@allowed(Permission.SEE_ITEMS)
def sheet(request: HttpRequest, pk: int, name: str, extension: str) -> HttpResponse:
    """The approval sheet or the sheet of the secrecy review, as a Word or PDF file."""
    if name not in SHEETS or extension not in FORMS:
        raise Http404
    document = SHEETS[name](get_office(), find(pk))
    try:
        content = render(document, FORMS[extension], {})
    except ConfigurationError as error:
        return refused(request, error, status=503)
    response = HttpResponse(content, content_type=MEDIA_TYPES[FORMS[extension]])
    file_name = f"{document.title}-{pk}.{extension}"
    response.headers["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response
