"""An article as a short post: pure, nothing is asked or sent here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module

from channels import markup, pictures
from channels.base import LINK, Article, Medium, Note, Problem, Product
from channels.errors import Text
from channels.preview import Gauge, OwnField, Way
from channels.weibo import article as long_article
from channels.weibo.options import WeiboOptions
from channels.weibo.text import ADDRESS, LINK_UNITS, cut, in_ascii, units, without_topics

PICTURE_TYPES = (pictures.JPEG, pictures.PNG, pictures.GIF)
PICTURE_BYTES = 5_000_000 - 1
"""Less than 5 MB. Source: open.weibo.com/wiki, 2/statuses/share, read 2026-11."""


def render(article: Article, options: WeiboOptions) -> Product:
    """Make the product. Raises ProductRefused: the first picture cannot be read."""
    link = LINK if options.link_from else in_ascii(article.page_url)
    whole = _words(article)
    head = f"【{article.title}】"
    # One space before the link: text glued to an address may become part of it.
    plain = _as_posted(options)
    room = options.max_units - units(plain(head)) - 1 - LINK_UNITS
    words = cut(plain(whole), room)
    text = f"{plain(head)}{words} {link}".strip()
    notes = list(_text_notes(article, head + whole, words, options))
    if options.mode == "article":
        fields = {"link": link, **long_article.fields(article, link, options)}
        return Product(article.key, article.title, text, fields, (), (*notes, *long_article.notes(article)))
    shown = _shown(article)
    if _wants_tall_picture(options, fits=_says_all(article, words)):
        media = [tall_picture(article)]
        notes += _tall_notes(article)
    else:
        media = [_fitted(medium, article.key) for medium in shown[: _most_pictures(options)]]
        notes += _picture_notes(article, shown, media)
    return Product(article.key, article.title, text, {"link": link}, tuple(media), tuple(notes))


def check(product: Product, options: WeiboOptions) -> list[Problem]:
    """All documented limits, offline. Source: open.weibo.com/wiki, 2/statuses/share, read 2026-11."""
    found = [*_text_problems(product, options), *_link_problems(product, options), *_other_problems(product, options)]
    return [*found, *long_article.problems(product, options)] if "article_content" in product.fields else found


def gauges(article: Article, options: WeiboOptions) -> list[Gauge]:
    """How full the post is, with all that is meant for it."""
    parts: dict[OwnField, int] = {
        "title": units(without_topics(article.title)),
        "summary": units(without_topics(_words(article))),
    }
    extra = units("【】") + 1 + LINK_UNITS
    return [
        Gauge(
            Text("Title and summary with the link"),
            Text("half-width characters"),
            Way.POST,
            parts,
            options.max_units,
            "cut",
            extra,
            fitted=frozenset() if article.summary else frozenset({"summary"}),
        )
    ]


def _as_posted(options: WeiboOptions) -> Callable[[str], str]:
    """What becomes of a text: only shared posts may have no topics."""
    return without_topics if options.mode == "share" else str


def _most_pictures(options: WeiboOptions) -> int:
    return options.max_pictures if options.mode == "update" else 1


def length(text: str) -> int:
    """Units of a text in which the link may still be a placeholder."""
    return units(text.replace(LINK, "http://t.cn/A6xxxxxx"))


def _words(article: Article) -> str:
    """What follows the title, before it is cut."""
    return " ".join((article.summary or _running_text(article.html)).split())


def _says_all(article: Article, words: str) -> bool:
    """Whether the words of the post are the whole text."""
    return words == without_topics(" ".join(markup.plain_text(article.html).split()))


def _wants_tall_picture(options: WeiboOptions, *, fits: bool) -> bool:
    return options.tall_picture == "always" or (options.tall_picture == "overflow" and not fits)


def tall_picture(article: Article) -> Medium:
    """The whole article as one picture. Raises ProductRefused, ConfigurationError."""
    # Loaded when used: the libraries that set type take a second and 50 MB, and may be missing.
    draw: Callable[[Article], Medium] = import_module("channels.weibo.tall_picture").draw
    return draw(article)


def _shown(article: Article) -> list[Medium]:
    """The pictures of the article, the one that stands for it first."""
    others = [medium for medium in article.media if medium.is_picture]
    if article.cover is None:
        return others
    return [article.cover, *(medium for medium in others if medium.sha256 != article.cover.sha256)]


def _running_text(html: str) -> str:
    """The text without tables and captions, which make no sense in one line."""
    blocks = (block for block in markup.blocks(html) if block.kind not in {"table", "caption"})
    return " ".join(line for block in blocks for line in block.lines())


def _fitted(medium: Medium, key: str) -> Medium:
    content, media_type = pictures.fit(medium.content, types=PICTURE_TYPES, max_bytes=PICTURE_BYTES, name=medium.name)
    sha256 = Medium("", media_type, content).sha256
    return Medium(f"{key}-{sha256[:16]}.{pictures.EXTENSIONS[media_type]}", media_type, content, medium.alt)


def _text_notes(article: Article, original: str, words: str, options: WeiboOptions) -> Iterator[Note]:
    if "#" in original and options.mode == "share":
        yield Note(Text("“#” becomes its full-width form, because Weibo removes topics from shared posts."))
    if options.mode != "article" and not _says_all(article, words):
        yield Note(Text("Only the title and the beginning or summary go out; the whole text is behind the link."))


def _picture_notes(article: Article, shown: list[Medium], sent: list[Medium]) -> Iterator[Note]:
    for before, after in zip(shown, sent, strict=False):
        if before.sha256 != after.sha256:
            yield Note(Text("The picture {name} is converted or made smaller for Weibo.", name=before.name))
    if len(shown) > len(sent) == 1:
        yield Note(Text("Only the first picture goes out; {count} are left out.", count=len(shown) - 1))
    elif left := len(shown) - len(sent):
        yield Note(Text("Only the first {sent} pictures go out; {count} are left out.", sent=len(sent), count=left))
    yield from _attachment_notes(article)


def _tall_notes(article: Article) -> Iterator[Note]:
    yield Note(Text("The whole item goes along as one tall picture."))
    yield from _attachment_notes(article)


def _attachment_notes(article: Article) -> Iterator[Note]:
    if article.attachments:
        yield Note(Text("Attachments are left out: {count}.", count=len(article.attachments)))


def _text_problems(product: Product, options: WeiboOptions) -> Iterator[Problem]:
    if not product.title.strip():
        yield Problem("error", Text("The item has no title: write one."))
    if length(product.body) > options.max_units:
        yield Problem(
            "error",
            Text(
                "The title is too long for Weibo: with the link it has {length} of {limit} half-width characters. "
                "Shorten it, or give the item a shorter title for Weibo.",
                length=length(product.body),
                limit=options.max_units,
            ),
        )
    if _has_other_links(product):
        yield Problem(
            "warning", Text("The post names another address than the item's own: Weibo may refuse it. Remove it.")
        )


def _link_problems(product: Product, options: WeiboOptions) -> Iterator[Problem]:
    link = product.fields["link"].replace(LINK, product.link or LINK)
    if not link:
        yield Problem(
            "error",
            Text("A Weibo post needs the item's address: set link_from in the channel's settings to the website."),
        )
    elif link != LINK and not options.covers(link):
        # Weibo's own list of domains decides, and it may hold more than the one in the settings.
        yield Problem(
            "warning",
            Text(
                "The item's address {link} is not below the safe domain {domain}, and Weibo may refuse it: "
                "check safe_domain and link_from in the channel's settings.",
                link=link,
                domain=options.safe_domain,
            ),
        )


def _other_problems(product: Product, options: WeiboOptions) -> Iterator[Problem]:
    if not options.rip:
        yield Problem(
            "warning",
            Text("Newer Weibo rules ask for the office's public address: set rip in the channel's settings."),
        )
    for medium in product.media:
        if medium.media_type not in PICTURE_TYPES or len(medium.content) > PICTURE_BYTES:
            text = Text("The picture {name} is not fit for Weibo: replace it with a JPEG or PNG.", name=medium.name)
            yield Problem("error", text)


def _has_other_links(product: Product) -> bool:
    return re.search(ADDRESS, product.body.replace(product.fields["link"], " ")) is not None
