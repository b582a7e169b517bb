"""What proves the log to somebody who does not trust this machine: its export with the verifier, and checkpoints."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from publisher.log import archives, auditor, checkpoints, exports
from publisher.log.models import Checkpoint
from publisher.office import Office, get_office
from publisher.people.roles import Permission
from publisher.web.access import allowed

FORMS: dict[str, exports.Form] = {"jsonl": "jsonl", "csv": "csv"}
PAGE_LENGTH = 50


@require_safe
@allowed(Permission.SEE_LOG)
def export(request: HttpRequest, form: str) -> FileResponse:
    """All entries, what proves that it is all of them, and the program that checks it, in one file.

    Raises Http404: no such form, or no such archive.
    """
    if form not in FORMS:
        raise Http404
    office = get_office()
    part = _part(office, request.GET.get("archive", ""))
    name = f"{part.slug}-log{'-' + part.archive if part.archive else ''}-{part.last}"
    # The answer closes the file.
    file = TemporaryFile()  # noqa: SIM115
    _pack(part, FORMS[form], cast("BinaryIO", file), name)
    file.seek(0)
    response = FileResponse(file, content_type="application/zip")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.zip") or "attachment"
    return response


def _part(office: Office, archive: str) -> exports.Part:
    if not archive:
        return exports.whole(office)
    found = archives.named(office, archive)
    if found is None:
        raise Http404
    return exports.whole_archive(found, office)


def _pack(part: exports.Part, form: exports.Form, file: BinaryIO, name: str) -> None:
    name = f"{name}.{form}"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
        with pack.open(name, "w", force_zip64=True) as inner:
            written = exports.write(part, cast("BinaryIO", inner), form)
        manifest = exports.manifest(part, written, name=name, now=timezone.now())
        pack.writestr(f"{name}.manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
        pack.writestr(f"{name}.sha256", f"{written.sha256}  {name}\n")
        pack.writestr("verifier.py", Path(auditor.__file__).read_bytes())
        pack.writestr("README.txt", _("Check it with:\n\n    python verifier.py {name}\n").format(name=name))


@require_safe
@allowed(Permission.SEE_LOG)
def checkpoint_list(request: HttpRequest) -> HttpResponse:
    """All checkpoints, newest first."""
    found = checkpoints.listed(get_office().slug).order_by("-number")
    page = Paginator(found, PAGE_LENGTH).get_page(request.GET.get("page"))
    return render(request, "web/log/checkpoints.html", {"page": page})


@require_safe
@allowed(Permission.SEE_LOG)
def checkpoint(_request: HttpRequest, number: int) -> HttpResponse:
    """One checkpoint as it is printed and kept elsewhere."""
    office = get_office()
    found = get_object_or_404(Checkpoint, office=office.slug, number=number)
    response = HttpResponse(checkpoints.text(found), content_type="text/plain; charset=utf-8")
    name = checkpoints.file_name(office, found)
    response.headers["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    return response
