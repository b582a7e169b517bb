"""Answers to requests that cannot be fulfilled: problem details (RFC 9457), in Chinese and in English.

Every answer below ``/api/`` with an error status has this shape, whoever made it: ours, Django's, or the library's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation

from channels.errors import Text
from publisher.wording import sentence

CONTENT_TYPE = "application/problem+json"
PLACE = "/api/"
LANGUAGES = ("zh-hans", "en")

ANYTHING = {
    400: Text("The request cannot be understood: check its address, its headers and its length."),
    404: Text("There is nothing at this address: /api/v1/openapi.json lists those there are."),
    405: Text("This address does not take such a request: /api/v1/openapi.json says which ones it takes."),
    413: Text("The request is too large: send pictures and attachments in smaller files."),
    500: Text("Something went wrong here, and it is in the program's log: try again with the same Idempotency-Key."),
    503: Text("The database is not reachable just now: try again with the same Idempotency-Key."),
}
"""What is said where nobody knows more than the status."""


class Problem(Exception):
    """A request that cannot be fulfilled.

    Args:
        code: names the kind of problem for programs; never changes its meaning.
        members: what else the answer says.
    """

    def __init__(
        self,
        status: int,
        code: str,
        text: Text,
        *,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(str(text))
        self.status = status
        self.code = code
        self.text = text
        self.members = dict(members or {})
        self.headers = dict(headers or {})


def answer_to(problem: Problem) -> HttpResponse:
    """The problem as its answer."""
    response = HttpResponse(content_of(problem), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def content_of(problem: Problem) -> bytes:
    """The answer's body; ``detail`` is in the language the request asks for, ``messages`` in both."""
    body = {
        "type": f"urn:publisher:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": sentence(problem.text),
        "messages": in_both(problem.text),
        **problem.members,
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")


def in_both(text: Text) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = sentence(text)
    return found


class ProblemAnswers:
    """Middleware: gives this shape to what Django answers before and after our own code."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        is_ours = response.headers.get("Content-Type", "").startswith(CONTENT_TYPE)
        if request.path.startswith(PLACE) and response.status_code >= 400 and not is_ours:
            _reshape(response)
        return response


def _reshape(response: HttpResponseBase) -> None:
    if not isinstance(response, HttpResponse):
        return
    response.content = content_of(_problem(response.status_code))
    response.headers["Content-Type"] = CONTENT_TYPE
    response.headers["Content-Length"] = str(len(response.content))


def _problem(status: int) -> Problem:
    text = ANYTHING.get(status) or ANYTHING[500 if status >= 500 else 400]
    return Problem(status, HTTPStatus(status).name.lower().replace("_", "-"), text)
