"""Pages about the report of one year and form: signed in, and what there is not is said in a sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from channels.errors import ConfigurationError
from publisher.items.store import DamagedAsset
from publisher.office import BadConfiguration, Office, get_office
from publisher.people.roles import Permission
from publisher.reports.report import WrongForm
from publisher.web.access import View, allowed
from publisher.web.refusal import refused, told

logger = logging.getLogger(__name__)

YEARS = range(2000, 3000)
READ = ("GET", "HEAD")
WRITE = ("GET", "HEAD", "POST")


def about_report(
    methods: Sequence[str] = READ,
    permission: Permission = Permission.SEE_STATISTICS,
    *,
    to_send: Permission | None = None,
) -> Callable[[View], View]:
    """``view`` is given the request, the office and the year; Http404 for a year no log can have."""

    def wrapped(view: View) -> View:
        @require_http_methods(methods)
        @allowed(permission, to_send=to_send)
        @wraps(view)
        def answer(request: HttpRequest, year: int, *args: Any, **more: Any) -> HttpResponseBase:
            if year not in YEARS:
                raise Http404
            return _answer(view, request, get_office(), year, *args, **more)

        return answer

    return wrapped


def _answer(view: View, request: HttpRequest, office: Office, *args: Any, **more: Any) -> HttpResponseBase:
    try:
        return view(request, office, *args, **more)
    except WrongForm as error:
        return told(request, error.text, status=404)
    except BadConfiguration as error:
        return refused(request, error, status=500)
    except ConfigurationError as error:
        return refused(request, error, status=503)
    except DamagedAsset as error:
        logger.error("%s: %s", request.path, error)
        raise Http404 from None
