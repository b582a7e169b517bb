"""A closed portal system as config/systems/platform.toml describes it: token, signature, files, articles, a list."""

from __future__ import annotations

import hashlib
import hmac
import json
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.channels.breaking import BreakingServer, Call, Reply

KEY, SECRET = "sandbox-app-key", "sandbox-app-secret"
TOKEN = "sandbox-token-"


class PortalSystem(BreakingServer):
    """Answers 200 to everything, as such systems do; what it means stands in ``code``."""

    def __init__(self) -> None:
        super().__init__()
        self.articles: dict[int, dict[str, Any]] = {}
        self.files: list[tuple[str, bytes]] = []
        self.tokens = 0
        self.is_listing = True
        self.refuses = ""

    def reply(self, call: Call) -> Reply:
        path = urlsplit(call.path)
        name = path.path.rpartition("/")[2]
        if name == "token":
            return self._token(call)
        if name.endswith(".html"):
            number = int(name.removesuffix(".html"))
            return Reply(200 if number in self.articles else 404, b"<p>page</p>")
        if name.endswith(".bin"):
            content = self.files[int(name.removesuffix(".bin")) - 1][1]
            return Reply(200 if content else 404, content)
        if call.headers.get("X-Access-Token") != f"{TOKEN}{self.tokens}":
            return _said("1001", "令牌失效")
        if call.headers.get("X-Signature") != _signature(call):
            return _said("1002", "签名错误")
        query = dict(parse_qsl(path.query))
        answer: Reply = getattr(self, f"_{name}")(call, query)
        return answer

    def expire_token(self) -> None:
        self.tokens += 1

    def _token(self, call: Call) -> Reply:
        given = dict(parse_qsl(call.body.decode()))
        if (given.get("appKey"), given.get("appSecret")) != (KEY, SECRET):
            return _said("1003", "应用密钥错误")
        self.tokens += 1
        return _said("0", data={"accessToken": f"{TOKEN}{self.tokens}", "expiresIn": 7200})

    def _upload(self, call: Call, _query: dict[str, str]) -> Reply:
        parts = _parts(call)
        self.files.append((str(parts["fileName"].decode()), parts["file"]))
        number = len(self.files)
        return _said("0", data={"url": f"/files/{number}.bin", "fileId": f"f{number}"})

    def _add(self, call: Call, _query: dict[str, str]) -> Reply:
        if self.refuses:
            return _said("1100", self.refuses)
        number = 9000 + len(self.articles)
        self.articles[number] = json.loads(call.body)
        return _said("0", data={"articleId": number, "url": f"/art/{number}.html"})

    def _update(self, call: Call, _query: dict[str, str]) -> Reply:
        given = json.loads(call.body)
        self.articles[int(given.pop("articleId"))] |= given
        return _said("0")

    def _delete(self, call: Call, _query: dict[str, str]) -> Reply:
        number = int(dict(parse_qsl(call.body.decode()))["articleId"])
        return _said("0" if self.articles.pop(number, None) else "1404")

    def _detail(self, _call: Call, query: dict[str, str]) -> Reply:
        return _said("0" if int(query["articleId"]) in self.articles else "1404", "没有该文章")

    def _list(self, _call: Call, query: dict[str, str]) -> Reply:
        rows = [
            {"articleId": number, "url": f"/art/{number}.html", **article}
            for number, article in self.articles.items()
            if self.is_listing and article["extCode"] == query["extCode"]
        ]
        return _said("0", data={"list": rows})


def _said(code: str, message: str = "成功", data: object = None) -> Reply:
    body = json.dumps({"code": int(code), "msg": message, "data": data}, ensure_ascii=False)
    return Reply(200, body.encode(), [("Content-Type", "application/json")])


def _signature(call: Call) -> str:
    head = call.headers
    body = b"" if "multipart" in head.get("Content-Type", "") else call.body
    over = [
        call.method,
        urlsplit(call.path).path,
        head["X-Timestamp"],
        head["X-Nonce"],
        hashlib.sha256(body).hexdigest(),
    ]
    return hmac.new(SECRET.encode(), "\n".join(over).encode(), "sha256").hexdigest()


def _parts(call: Call) -> dict[str, bytes]:
    head = f"Content-Type: {call.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + call.body)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(name)] = content
    return found
