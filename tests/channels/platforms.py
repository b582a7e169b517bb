"""The stand-ins of WeChat and Weibo as the contract suite sees a platform."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from lxml.html import fragment_fromstring

from channels.sandbox.server import Sandbox
from tests.channels.contract import Platform


class Standin(Platform):
    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.sandbox = Sandbox()
        self.url = self.sandbox.url

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.__exit__(None, None, None)

    def misbehave(self, path: str, fault: str) -> None:
        self.sandbox.misbehave(path, fault)


class WechatPlatform(Standin):
    """Publishes at once, so that what its books hold is what readers see."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.sandbox.wechat.settings.publish_takes_s = 0

    def books(self) -> list[str]:
        articles = [article for entry in self.sandbox.wechat.published for article in entry.articles]
        return [f"{article.title}\n{text_of(article.content)}" for article in articles]


class MassPlatform(Standin):
    """An account that may send as often as a test likes, and forgives a hasty repetition."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        settings = self.sandbox.wechat.settings
        settings.mass_takes_s = settings.repeats_after_s = 0
        settings.sends_per_day = 10_000
        settings.daily_quotas = {}

    def books(self) -> list[str]:
        articles = [article for entry in self.sandbox.wechat.sent for article in entry.articles]
        return [f"{article.title}\n{text_of(article.content)}" for article in articles]


class WeiboPlatform(Standin):
    """Compares new posts with none: its own guard against repeats must not hide a double post of ours."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.sandbox.weibo.settings.repeat_window = 0

    def books(self) -> list[str]:
        return [post.text for post in self.sandbox.weibo.posts]


def text_of(content: str) -> str:
    """The words of an article's HTML."""
    return "".join(fragment_fromstring(content, create_parent="div").itertext())
