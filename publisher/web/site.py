"""The public site as it lies in the home, for one PC and for looking at it; a busy site has its own web server."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
)
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.encoding import iri_to_uri
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from publisher.office import get_office
from publisher.web.security import SITE_POLICY

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif",
    ".htm": "text/html; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ofd": "application/ofd",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".rtf": "application/rtf",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml; charset=utf-8",
    ".zip": "application/zip",
}
"""Fixed here, because the table of the operating system differs from machine to machine."""


@require_safe
def serve(request: HttpRequest, path: str, channel: str = "") -> HttpResponseBase:
    """A file of the site, the ``index.html`` of a folder, or the site's own page for what is not there.

    ``channel``: of another website that is written here than the one in the folder ``site``.
    """
    response = _answer(request, _folder(channel), path)
    response.headers["Content-Security-Policy"] = SITE_POLICY
    response.headers.setdefault("Cache-Control", "no-cache")
    return response


def _folder(channel: str) -> Path:
    """Raises Http404: the office has no such website, or it is written elsewhere."""
    if not channel:
        return Path(settings.PUBLISHER_HOME) / "site"
    entry = get_office().channels.get(channel)
    if entry is None or entry.channel.folder is None:
        raise Http404
    return entry.channel.folder


def _answer(request: HttpRequest, folder: Path, path: str) -> HttpResponseBase:
    found = find(folder, path)
    if found is None:
        return _missing(request, folder)
    if found.is_dir():
        # Without the slash the page's relative links would lead astray.
        return HttpResponsePermanentRedirect(iri_to_uri(request.path) + "/")
    try:
        file = found.open("rb")
    except OSError:
        return _missing(request, folder)
    return _send(request, file, TYPES.get(found.suffix.lower(), "application/octet-stream"))


def _missing(request: HttpRequest, folder: Path) -> HttpResponseBase:
    """The site's own page for what is not there, or ours while it has none."""
    own = find(folder, "404.html")
    if own is None or not own.is_file():
        return render(request, "web/site_404.html", status=404)
    return HttpResponse(own.read_bytes(), content_type=TYPES[".html"], status=404)


def find(root: Path, path: str) -> Path | None:
    """The file or folder of the site with that address; None where there is none or it is nobody's business.

    Hidden names are files half written; a symbolic link must not lead out of the site.
    """
    parts = PurePosixPath(path).parts
    if any(part.startswith((".", "/")) or "\\" in part or "\0" in part for part in parts):
        return None
    try:
        root = root.resolve(strict=True)
        found = root.joinpath(*parts)
        if path.endswith("/") or not parts:
            found = found / "index.html"
        found = found.resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    return found if found.is_relative_to(root) and (found.is_file() or found.is_dir()) else None


def _send(request: HttpRequest, file: BinaryIO, content_type: str) -> HttpResponseBase:
    status = os.fstat(file.fileno())
    # Pages may be written twice within the second that Last-Modified can tell apart.
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag, int(status.st_mtime))
    if response is None:
        response = FileResponse(file, content_type=content_type)
    else:
        file.close()
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(status.st_mtime)
    return response
