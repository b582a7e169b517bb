"""What browsers may do with our pages. Staff pages, the public site and stored files each have their own rules.

The public site shares its origin with the desk, so whatever stands in a published page would act as the person who is
signed in. The site's own script is all that runs there; it may fetch nothing and send nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

DESK_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# Clean text may align paragraphs and cells with a style attribute; nothing else of style comes from outside.
SITE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; connect-src 'none'; "
    "worker-src 'none'; frame-src 'none'; form-action 'none'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# Without allow-scripts and allow-forms the document is inert; it keeps its origin so that its pictures, which only
# staff may see, get the session's cookie.
TEXT_POLICY = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
# What readers will see, byte for byte: it may style itself and show the pictures beside it, and do nothing else.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
# A report is one file with its own style sheet and pictures within; it runs nothing and asks for nothing.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def policy_with_scripts(nonce: str) -> str:
    """The rules of the desk for a page that draws charts: its own scripts run, by a number nobody else can know.

    Not ``'self'``: the public site shares the origin, and so do its scripts.
    """
    return f"{DESK_POLICY}; script-src 'nonce-{nonce}'"


def policy_of_live_page(nonce: str) -> str:
    """The same for a page whose scripts ask us for what has changed meanwhile."""
    return f"{policy_with_scripts(nonce)}; connect-src 'self'"


def policy_of_the_guide(nonce: str) -> str:
    """The rules of the page where the HTTP interface is tried out: it asks this server only, and its style sheet
    brings its small pictures along.
    """
    return policy_of_live_page(nonce).replace("img-src 'self'", "img-src 'self' data:")


class SecurityHeaders:
    """Gives every answer the rules of the desk, unless its view gave it others, and keeps pages out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", DESK_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        # On a shared computer the way back must not show the pages of whoever signed out.
        response.headers.setdefault("Cache-Control", "no-store")
        return response
