"""头条文章: the whole text as a long article, which a short post carries. Pure.

Source: open.weibo.com/wiki, Toutiao/api, read 2026-11. Which HTML survives there is not documented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from channels import markup
from channels.base import Article, Note, Problem, Product
from channels.errors import Text
from channels.weibo.options import WeiboOptions

TITLE_SIGNS = 32
"""Chinese and Latin characters count one each."""

CONTENT_SIGNS = 90_000
SUMMARY_SIGNS = 44
"""Not documented; longer ones are cut off on the page."""


def fields(article: Article, link: str, options: WeiboOptions) -> Mapping[str, str]:
    """What is sent beside the short post."""
    return {
        "article_title": title(article.title),
        "article_content": content(article.html, link),
        "article_summary": article.summary[:SUMMARY_SIGNS],
        "article_cover": options.article_cover,
    }


def title(words: str) -> str:
    """At most as long as the platform takes; the post in front of it says it whole."""
    return words if len(words) <= TITLE_SIGNS else f"{words[: TITLE_SIGNS - 1].rstrip()}…"


def content(html: str, link: str) -> str:
    """The text without pictures, which could only be named by an address of theirs, and with the way to the page."""
    tree = markup.parse(html)
    for element in list(tree.iter("figure", "img")):
        if element.getparent() is not None:
            element.drop_tree()
    address = escape(link)
    whole = f'<p>原文：<a href="{address}">{address}</a></p>' if link else ""
    return markup.inner_html(tree) + whole


def notes(article: Article) -> Iterator[Note]:
    if len(article.title) > TITLE_SIGNS:
        yield Note(Text("The title of the article is cut to {limit} characters.", limit=TITLE_SIGNS))
    if count := len(markup.pictures(article.html)):
        yield Note(Text("Pictures are left out of the article: {count}. They stand on the item's page.", count=count))


def problems(product: Product, options: WeiboOptions) -> Iterator[Problem]:
    if len(product.fields.get("article_content", "")) > CONTENT_SIGNS:
        yield Problem(
            "error",
            Text(
                "The text is too long for an article on Weibo: shorten it to {limit} characters.", limit=CONTENT_SIGNS
            ),
        )
    if not options.rip:
        yield Problem(
            "error", Text("An article on Weibo needs the office's public address: set rip in the channel's settings.")
        )
