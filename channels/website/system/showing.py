"""A call as people read it before it is made for the first time."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from channels.website.system.calls import Request

LENGTH = 600
"""Characters of one value that are shown."""


def shown_call(name: str, request: Request, api_base: str) -> str:
    """The call with its head and body, as it would be sent; files by name and size."""
    query = f"?{urlencode(request.query)}" if request.query else ""
    lines = [f"# {name}", f"{request.method} {api_base}{request.path}{query}"]
    lines += [f"{header}: {value}" for header, value in request.headers.items()]
    return "\n".join([*lines, "", *_body(request)]).rstrip() + "\n"


def _body(request: Request) -> list[str]:
    if request.files is not None:
        return [_part(field, part) for field, part in request.files.items()]
    if request.form is not None:
        return [_cut(f"{field} = {value}") for field, value in request.form.items()]
    if request.body is None:
        return []
    if request.headers.get("Content-Type", "").startswith("text/xml"):
        return [_cut(line) for line in request.body.decode(request.charset).splitlines()]
    return [json.dumps(_shortened(json.loads(request.body)), ensure_ascii=False, indent=2)]


def _shortened(value: object) -> object:
    if isinstance(value, dict):
        return {name: _shortened(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_shortened(part) for part in value]
    return _cut(value) if isinstance(value, str) else value


def _part(field: str, part: tuple[str | None, bytes] | tuple[str, bytes, str]) -> str:
    name, content = part[0], part[1]
    if name is None:
        return _cut(f"{field} = {content.decode('utf-8', 'replace')}")
    return f"{field} = [{name}, {len(content)} bytes, {part[2]}]" if len(part) > 2 else field


def _cut(text: str) -> str:
    return text if len(text) <= LENGTH else f"{text[:LENGTH]} … [{len(text)}]"
