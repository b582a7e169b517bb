"""The files of a preview, each byte for byte as the channel's adapter made it, under rules that let nothing run."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from publisher.web.previews.subjects import Subject
from publisher.web.security import FILE_POLICY, PREVIEW_POLICY

SHOWN = ("text/html", "text/css", "text/plain", "image/", "text/javascript")
"""What a browser may show in its place; anything else is only for saving."""


def file(request: HttpRequest, subject: Subject, channel: str, path: str) -> HttpResponse:
    """One file. Links of the page to other pages of the channel lead nowhere here: the browser stays where it is.

    Raises Http404: it does not go to that channel, nothing can be made for it, or there is no such file.
    """
    shown = subject.preview(channel) if channel in subject.channels else None
    if shown is None:
        raise Http404
    found = shown.files.get(path)
    if found is None and path.endswith((".html", ".xml")):
        return HttpResponse(status=204)
    if found is None:
        raise Http404
    is_shown = found.media_type.startswith(SHOWN) and "save" not in request.GET
    response = HttpResponse(found.content, content_type=found.media_type if is_shown else "application/octet-stream")
    if not is_shown:
        name = PurePosixPath(path).name
        response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY if is_shown else FILE_POLICY
    return response
