"""One address for each channel whose platform calls by itself: who calls is told by the channel, not by a session."""

from __future__ import annotations

import logging

from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.errors import ChannelError
from publisher.office import get_office
from publisher.queue import clock, notices

logger = logging.getLogger(__name__)

SIZE_LIMIT = 256 * 1024

TEXT = "text/plain; charset=utf-8"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def call(request: HttpRequest, channel: str) -> HttpResponse:
    """Answer at once; what was said is worked on elsewhere. Raises Http404: that channel hears nothing."""
    entry = get_office().channels.get(channel)
    if entry is None or not entry.channel.capabilities.hears:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > SIZE_LIMIT:
        return HttpResponse(status=413)
    now = clock.now()
    try:
        reply = entry.channel.hear(str(request.method), request.GET.dict(), request.body, now=now)
        if reply.notice is not None:
            notices.take(entry, reply.notice, now=now)
    except (ChannelError, Error) as error:
        # The platform says it again, and what it would have told is asked for in any case.
        logger.warning("what %s says cannot be taken now (%s)", channel, type(error).__name__)
        return HttpResponse(status=503)
    return HttpResponse(reply.body, content_type=TEXT, status=reply.status)
