"""Answering with a page of previews, also where its product takes time or cannot be shown."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from publisher.items.queries import DamagedRevision
from publisher.items.store import DamagedAsset
from publisher.review.products import NotWhatWasSigned
from publisher.web.previews.page import values
from publisher.web.previews.subjects import Subject
from publisher.web.security import policy_with_scripts

COMES_AGAIN_S = 2
DAMAGE = (DamagedAsset, DamagedRevision, NotWhatWasSigned)

logger = logging.getLogger(__name__)


def show(
    request: HttpRequest,
    subject: Subject,
    channel: str,
    template: str,
    more: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page of one channel. Raises Http404: the text does not go to that channel."""
    if channel not in subject.channels:
        raise Http404
    try:
        shown = values(subject, channel)
    except DAMAGE as error:
        logger.error("%s %s: %s", subject.name, subject.pk, error)
        return render(request, "web/previews/damaged.html", {"subject": subject}, status=500)
    nonce = secrets.token_urlsafe(16)
    response = render(request, template, {**shown, **(more or {}), "nonce": nonce}, status=status)
    response.headers["Content-Security-Policy"] = policy_with_scripts(nonce)
    # What was typed stands in the answer to a form, and must not be swept away.
    if shown["made"] is None and request.method != "POST":
        response.headers["Refresh"] = str(COMES_AGAIN_S)
    return response
