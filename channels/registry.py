"""The table of channel kinds: a new kind is one folder and one line here."""

from __future__ import annotations

from importlib import import_module

from channels.base import Channel

CHANNELS = {
    "website": "channels.website.channel:WebsiteChannel",
    "wechat": "channels.wechat.channel:WechatChannel",
    "weibo": "channels.weibo.channel:WeiboChannel",
    "newspaper": "channels.newspaper.channel:NewspaperChannel",
}


def channel_class(kind: str) -> type[Channel]:
    """The adapter of a kind. Raises KeyError: no such kind."""
    module, _, name = CHANNELS[kind].partition(":")
    found: type[Channel] = getattr(import_module(module), name)
    return found
