"""The text of an item as a page of its own inside the item's page, with its pictures and attachments."""

from __future__ import annotations

import logging
import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from channels.base import ASSET
from publisher.items.actions import asset_store
from publisher.items.models import RevisionAsset
from publisher.items.store import DamagedAsset
from publisher.people.roles import Permission
from publisher.web.access import allowed
from publisher.web.security import FILE_POLICY, TEXT_POLICY
from publisher.web.views import find

logger = logging.getLogger(__name__)

PICTURE = re.compile(rf'src="{ASSET}([0-9a-f]{{64}})"')
SHOWN_TYPES = frozenset(["image/bmp", "image/gif", "image/jpeg", "image/png", "image/tiff", "image/webp"])
"""What browsers may show in place; anything else is only for saving."""


@require_safe
@allowed(Permission.SEE_ITEMS)
@xframe_options_sameorigin
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """The clean HTML of the newest revision. It was cleaned when it came in; the browser runs nothing in it even so."""
    item, revision = find(pk)
    html = PICTURE.sub(lambda match: f'src="{reverse("asset", args=[item.pk, match[1]])}"', revision.html)
    values = {"title": revision.title, "html": mark_safe(html)}  # noqa: S308 - clean, and inert by its policy
    response = render(request, "web/text.html", values)
    response.headers["Content-Security-Policy"] = TEXT_POLICY
    return response


@require_safe
@allowed(Permission.SEE_ITEMS)
def asset(request: HttpRequest, pk: int, sha256: str) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """A picture or attachment of an item, byte for byte as it was submitted."""
    item, _revision = find(pk)
    found = RevisionAsset.objects.filter(revision__item=item, sha256=sha256).first()
    if found is None:
        raise Http404
    try:
        content = asset_store().read(sha256)
    except DamagedAsset as error:
        logger.error("item %s: %s", pk, error)
        raise Http404 from None
    return stored_file(content, found.name, found.media_type)


def stored_file(content: bytes, name: str, media_type: str) -> HttpResponse:
    """What lies in the store as a browser may have it: pictures shown in place, anything else only saved."""
    is_shown = media_type in SHOWN_TYPES
    response = HttpResponse(content, content_type=media_type if is_shown else "application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(not is_shown, name) or "attachment"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response
