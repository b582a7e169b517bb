"""The table of channel kinds: a new kind is one folder and one line here, a new driver of a kind another line."""

from __future__ import annotations

from importlib import import_module

from channels.base import Channel

CHANNELS = {
    "website": {
        "static": "channels.website.static.channel:StaticWebsite",
        "wordpress": "channels.website.wordpress.channel:WordpressWebsite",
        "http": "channels.website.system.channel:SystemWebsite",
    },
    "wechat": {"": "channels.wechat.channel:WechatChannel"},
    "weibo": {"": "channels.weibo.channel:WeiboChannel"},
    "newspaper": {"": "channels.newspaper.channel:NewspaperChannel"},
}
"""Kind → driver → adapter; the first driver is taken where none is named. A kind without drivers has one, unnamed."""


def drivers(kind: str) -> tuple[str, ...]:
    """The names an office may write as ``driver``; none where a kind has only one. Raises KeyError: no such kind."""
    return tuple(name for name in CHANNELS[kind] if name)


def channel_class(kind: str, driver: str = "") -> type[Channel]:
    """The adapter of a kind. Raises KeyError: no such kind, or the kind has no such driver."""
    adapters = CHANNELS[kind]
    module, _, name = adapters[driver or next(iter(adapters))].partition(":")
    found: type[Channel] = getattr(import_module(module), name)
    return found
