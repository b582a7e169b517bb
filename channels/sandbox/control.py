"""The stand-ins' own calls, under ``/_sandbox/``: what other processes use to steer and to judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Request, Response

from channels.sandbox.books import adapter_of
from channels.sandbox.faults import Fault
from channels.sandbox.platform import Json, json_bytes
from channels.sandbox.stage import Stage
from channels.sandbox.telling import tell
from channels.sandbox.wechat import WechatSettings
from channels.sandbox.weibo import WeiboSettings

SETTINGS = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class FaultOrder:
    path: str
    fault: Fault
    times: int = 1
    slow_s: float | None = None


class Control:
    """``/_sandbox/books`` (GET, DELETE), ``/_sandbox/faults`` (GET, POST, DELETE), ``/_sandbox/settings`` (POST).

    ``/_sandbox/wechat/administrator`` (POST) lets the sends go out that wait for the account's administrator,
    ``/_sandbox/wechat/events`` (POST) tells at once what has ended; (GET) shows what would be told.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._calls: dict[str, dict[str, Callable[[bytes], Json]]] = {
            "/_sandbox/books": {"GET": self._read_books, "DELETE": self._empty_books},
            "/_sandbox/faults": {"GET": self._read_faults, "POST": self._order_fault, "DELETE": self._forget_faults},
            "/_sandbox/settings": {"POST": self._change_settings},
            "/_sandbox/wechat/administrator": {"POST": self._confirm_sends},
            "/_sandbox/wechat/events": {"GET": self._read_events, "POST": self._tell},
        }

    def knows(self, path: str) -> bool:
        return path in self._calls

    def answer(self, request: Request) -> Response:
        """Raises MethodNotAllowed."""
        methods = self._calls[request.path]
        if request.method not in methods:
            raise MethodNotAllowed(list(methods))
        try:
            return _told(methods[request.method](request.get_data()))
        except ValueError as error:
            return _told({"error": _reason(error)}, status=400)

    def _read_books(self, _body: bytes) -> Json:
        return self.stage.as_json()

    def _empty_books(self, _body: bytes) -> Json:
        self.stage.clear()
        return {"ok": True}

    def _read_faults(self, _body: bytes) -> Json:
        return {path: [fault.value for fault in faults] for path, faults in self.stage.faults.waiting().items()}

    def _order_fault(self, body: bytes) -> Json:
        order = adapter_of(FaultOrder).validate_json(body)
        self.stage.misbehave(order.path, order.fault, order.times)
        if order.slow_s is not None:
            self.stage.slow_s = order.slow_s
        return {"ok": True}

    def _forget_faults(self, _body: bytes) -> Json:
        self.stage.faults.clear()
        return {"ok": True}

    def _confirm_sends(self, _body: bytes) -> Json:
        self.stage.wechat.confirm_sends()
        return {"ok": True}

    def _read_events(self, _body: bytes) -> Json:
        events = self.stage.wechat.due_events()
        return {"events": [{"query": event.query, "body": event.body.decode()} for event in events]}

    def _tell(self, _body: bytes) -> Json:
        return {"told": tell(self.stage.wechat)}

    def _change_settings(self, body: bytes) -> Json:
        changes = SETTINGS.validate_json(body)
        platform = changes.pop("platform", "")
        if platform == "wechat":
            change_settings(self.stage.wechat.settings, changes)
        elif platform == "weibo":
            change_settings(self.stage.weibo.settings, changes)
        else:
            raise ValueError('platform must be "wechat" or "weibo"')
        return {"ok": True}


def change_settings(settings: WechatSettings | WeiboSettings, changes: Mapping[str, Any]) -> None:
    """Set the named fields, all or none; a table such as ``daily_quotas`` is merged with what is there.

    Raises ValueError: an unknown name or a value of the wrong type.
    """
    known = vars(settings)
    for name in changes:
        if name not in known:
            raise ValueError(f"there is no setting {name}")
    merged = {
        name: known[name] | dict(value) if isinstance(known[name], dict) and isinstance(value, Mapping) else value
        for name, value in changes.items()
    }
    checked = adapter_of(type(settings)).validate_python(dict(known) | merged)
    for name in changes:
        setattr(settings, name, getattr(checked, name))


def _reason(error: ValueError) -> str:
    """Why an order cannot be carried out, without repeating its values: one of them may be a secret."""
    if isinstance(error, ValidationError):
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(".".join(map(str, problem["loc"])) + ": " + problem["msg"] for problem in problems)
    return str(error)


def _told(data: Json, status: Literal[200, 400] = 200) -> Response:
    return Response(json_bytes(data), status, content_type="application/json")
