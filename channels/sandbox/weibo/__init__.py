"""The stand-in of the Weibo server (api.weibo.com)."""

from channels.sandbox.weibo.account import WeiboSettings
from channels.sandbox.weibo.entries import Link, Post
from channels.sandbox.weibo.server import Weibo

__all__ = ["Link", "Post", "Weibo", "WeiboSettings"]
