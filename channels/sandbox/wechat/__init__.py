"""The stand-in of the WeChat Official Account server (api.weixin.qq.com)."""

from channels.sandbox.wechat.account import WechatSettings
from channels.sandbox.wechat.entries import Draft, NewsArticle, Publication
from channels.sandbox.wechat.server import Wechat

__all__ = ["Draft", "NewsArticle", "Publication", "Wechat", "WechatSettings"]
