"""The addresses of the HTTP interface."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import NinjaAPI, Query, Status
from ninja.errors import AuthenticationError, ValidationError
from ninja.renderers import JSONRenderer
from pydantic import Field

from channels.errors import Text
from publisher.api import once
from publisher.api.access import Bearer, missing_token, token_of
from publisher.api.asking import asked
from publisher.api.problems import ANYTHING, Problem, answer_to
from publisher.api.shapes import Facts, ListShape, OneItemShape, ProblemShape, Submission, SubmittedShape
from publisher.api.submitting import Caller, submit_once
from publisher.items.models import Item, ItemState
from publisher.office import get_office
from publisher.people.models import Scope
from publisher.queue import clock, queries
from publisher.queue.recalls.queries import recalls_json

logger = logging.getLogger(__name__)

MAX_PAGE = 200
TAGS = ["稿件 Items"]


class ReadableJson(JSONRenderer):
    """Chinese as Chinese."""

    json_dumps_params: Mapping[str, Any] = {"ensure_ascii": False}


api = NinjaAPI(
    title="publisher",
    version="1",
    description=(
        "一次提交，多渠道发布。同一 Idempotency-Key 重复提交只产生一篇稿件。"
        " Submit once; a request repeated with its Idempotency-Key makes one item."
    ),
    docs_url=None,
    urls_namespace="api",
    renderer=ReadableJson(),
    auth=Bearer(),
)

PROBLEMS = {401: ProblemShape, 403: ProblemShape, 404: ProblemShape, 422: ProblemShape, 429: ProblemShape}


def _body() -> dict[str, Any]:
    """What ``POST`` takes, for the OpenAPI document: the library would take one kind of body only."""
    ref = "#/components/schemas/{model}"
    file = {"type": "string", "format": "binary"}
    form = Facts.model_json_schema(ref_template=ref)
    form["properties"] |= {
        "file": file | {"description": "稿件：.docx .md .html .txt。 The manuscript."},
        "pictures": {"type": "array", "items": file},
        "attachments": {"type": "array", "items": file},
    }
    content = {"application/json": Submission.model_json_schema(ref_template=ref), "multipart/form-data": form}
    return {"required": True, "content": {kind: {"schema": _inlined(schema)} for kind, schema in content.items()}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its definitions in the places that name them."""
    definitions = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(each) for each in node]
        if not isinstance(node, dict):
            return node
        if name := str(node.get("$ref", "")).rpartition("/")[2]:
            return {**walk(definitions[name]), **{key: value for key, value in node.items() if key != "$ref"}}
        return {key: walk(value) for key, value in node.items()}

    found: dict[str, Any] = walk(schema)
    return found


KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": once.MAX_KEY},
    "description": "每篇稿件一个，重试时不变。 One for each item, the same at each attempt.",
}


@api.post(
    "/items",
    response={201: SubmittedShape, 400: ProblemShape, 409: ProblemShape, 413: ProblemShape, 415: ProblemShape}
    | PROBLEMS,
    summary="提交稿件 Submit an item",
    tags=TAGS,
    openapi_extra={"requestBody": _body(), "parameters": [KEY_PARAMETER]},
)
def submit(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """One item, as JSON or as a form with files. The answer is the same as that of ``publisher submit --json``."""
    token = token_of(request, Scope.SUBMIT)
    key = once.key_of(request.headers.get("Idempotency-Key"))
    wanted = asked(request)
    if wanted.facts.release:
        token_of(request, Scope.RELEASE)
    done = submit_once(Caller(get_office(), token, key), wanted)
    response.headers["Location"] = reverse("api:item", args=[done.answer["item"]])
    if done.is_repetition:
        response.headers["Idempotency-Replayed"] = "true"
    return Status(201, done.answer)


@api.get("/items", response={200: ListShape} | PROBLEMS, url_name="items", summary="稿件列表 List items", tags=TAGS)
def items(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    before: Annotated[int | None, Query(description="只列编号小于此的稿件。 Only items with smaller numbers.")] = None,
    column: str = "",
    state: ItemState | None = None,
) -> dict[str, Any]:
    """Items, newest first; follow ``next`` until it is null."""
    token_of(request, Scope.READ)
    office = get_office()
    wanted = {"column": column, "state": state, "pk__lt": before}
    found = Item.objects.filter(office=office.slug, **{name: value for name, value in wanted.items() if value})
    shown = list(found.order_by("-pk")[: limit + 1])
    following = None
    if len(shown) > limit:
        question = {"limit": limit, "before": shown[limit - 1].pk, "column": column, "state": state or ""}
        following = f"{reverse('api:items')}?{urlencode({name: value for name, value in question.items() if value})}"
    return {"items": queries.items_json(office.slug, shown[:limit]), "next": following}


@api.get(
    "/items/{int:number}",
    response={200: OneItemShape} | PROBLEMS,
    url_name="item",
    summary="稿件及其投递 One item",
    tags=TAGS,
)
def item(request: HttpRequest, number: Annotated[int, Field(ge=1)]) -> dict[str, Any]:
    """An item and where it went; the same as ``publisher status ITEM --json``."""
    token_of(request, Scope.READ)
    office = get_office()
    found = Item.objects.filter(pk=number, office=office.slug).first()
    if found is None:
        raise Problem(404, "no-item", Text("There is no item {number} here.", number=number))
    return queries.item_json(found) | {"recalls": recalls_json(office, found, now=clock.now())}


@api.exception_handler(Problem)
def _problem(_request: HttpRequest, error: Problem) -> HttpResponse:
    return answer_to(error)


@api.exception_handler(AuthenticationError)
def _stranger(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return answer_to(missing_token())


@api.exception_handler(OperationalError)
def _busy(_request: HttpRequest, error: OperationalError) -> HttpResponse:
    logger.error("the database did not do it: %s", error)
    return answer_to(Problem(503, "busy", ANYTHING[503], headers={"Retry-After": "10"}))


@api.exception_handler(ValidationError)
def _bad_question(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    field = str(first["loc"][-1]) if first.get("loc") else "?"
    text = Text("The field {field} will not do: {reason}.", field=field, reason=first.get("msg", ""))
    return answer_to(Problem(422, "invalid", text, members={"field": field}))
