"""Pages that run our own scripts and ask the server for data."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from publisher.web.security import policy_with_scripts


def with_scripts(request: HttpRequest, template: str, values: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    response = render(request, template, {**values, "nonce": nonce}, status=status)
    response.headers["Content-Security-Policy"] = f"{policy_with_scripts(nonce)}; connect-src 'self'"
    return response
