"""Plain callers of the stand-ins, as a program without any of our adapters would write them."""

from __future__ import annotations

import io
import json
from typing import Any

import requests
from PIL import Image

from channels.sandbox.server import Sandbox

SITE = "http://www.example.gov.cn"
SHARE = "/2/statuses/share.json"
TIMELINE = "/2/statuses/user_timeline.json"
SUBMIT = "/cgi-bin/freepublish/submit"
TIMEOUT_S = 5


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (20, 90, 160)).save(target, kind)
    return target.getvalue()


class WechatCaller:
    """Calls WeChat with a good token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.token = ""

    def ask_token(self, path: str = "/cgi-bin/stable_token", **changes: str | bool) -> dict[str, Any]:
        settings = self.sandbox.wechat.settings
        values: dict[str, str | bool] = {
            "grant_type": "client_credential",
            "appid": settings.app_id,
            "secret": settings.app_secret,
            **changes,
        }
        if path.endswith("stable_token"):
            response = requests.post(self.sandbox.url + path, json=values, timeout=TIMEOUT_S)
        else:
            response = requests.get(self.sandbox.url + path, params=values, timeout=TIMEOUT_S)
        answer: dict[str, Any] = response.json()
        return answer

    def raw(self, path: str, body: bytes = b"", *, method: str = "POST", **options: Any) -> requests.Response:
        self.token = self.token or self.ask_token()["access_token"]
        params = {"access_token": self.token} | options.pop("params", {})
        url = self.sandbox.url + path
        return requests.request(method, url, params=params, data=body or None, timeout=TIMEOUT_S, **options)

    def post(self, path: str, body: object) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.raw(path, json.dumps(body, ensure_ascii=False).encode()).content)
        return answer

    def upload(self, path: str, content: bytes, name: str = "a.png", **params: str) -> dict[str, Any]:
        response = self.raw(path, files={"media": (name, content)}, params=params)
        answer: dict[str, Any] = response.json()
        return answer

    def cover(self) -> str:
        answer = self.upload("/cgi-bin/material/add_material", picture(), "cover.png", type="image")
        return str(answer["media_id"])

    def article(self, **changes: object) -> dict[str, Any]:
        fields = {
            "title": "全市科技工作会议召开",
            "author": "科技局",
            "content": "<p>会议召开。</p>",
            "content_source_url": f"{SITE}/item/1?a=1&b=2",
        } | changes
        return fields if "thumb_media_id" in fields else fields | {"thumb_media_id": self.cover()}

    def add(self, **changes: object) -> dict[str, Any]:
        return self.post("/cgi-bin/draft/add", {"articles": [self.article(**changes)]})

    def draft(self, **changes: object) -> str:
        return str(self.add(**changes)["media_id"])

    def submit(self, media_id: str) -> dict[str, Any]:
        return self.post(SUBMIT, {"media_id": media_id})

    def outcome(self, publish_id: int) -> dict[str, Any]:
        return self.post("/cgi-bin/freepublish/get", {"publish_id": publish_id})

    def publish(self, **changes: object) -> dict[str, Any]:
        return self.outcome(self.submit(self.draft(**changes))["publish_id"])


class WeiboCaller:
    """Calls Weibo with the good token in the header."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.headers = {"Authorization": f"OAuth2 {sandbox.weibo.settings.access_token}"}

    def post(self, path: str, data: dict[str, str], **options: Any) -> requests.Response:
        options.setdefault("headers", self.headers)
        return requests.post(self.sandbox.url + path, data=data, timeout=TIMEOUT_S, **options)

    def get(self, path: str, **params: str | int) -> Any:
        response = requests.get(self.sandbox.url + path, params=params, headers=self.headers, timeout=TIMEOUT_S)
        return response.json()

    def share(self, text: str = f"通知 {SITE}/item/1", **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.post(SHARE, {"status": text}, **options).json()
        return answer
