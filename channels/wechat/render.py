"""An article as it will be sent to WeChat: pure, nothing is asked or sent here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from channels import markup, pictures
from channels.base import LINK, Article, Medium, Note, Problem, Product
from channels.errors import Text
from channels.preview import Gauge, OwnField, Way
from channels.wechat import cover, picture_post
from channels.wechat.body import Body, Dress, Tables
from channels.wechat.brand import PLAIN, Brand
from channels.wechat.cover import Cover
from channels.wechat.options import WechatOptions
from channels.wechat.width import cut, units

PICTURE_TYPES = (pictures.JPEG, pictures.PNG)
PICTURE_BYTES = 1_000_000 - 1
"""``uploadimg`` wants less than 1 MB. Source: developers.weixin.qq.com, api_uploadimage, read 2026-11."""

CONTENT_CHARACTERS = 20_000
"""``content`` must stay below; the other limit, 1 MB, is out of reach then.

Source: developers.weixin.qq.com, api_draft_add, read 2026-11."""

SOURCE_URL_BYTES = 1024
PICTURE_ADDRESS = "https://mmbiz.qpic.cn/".ljust(150, "x")
"""As long as the addresses that the platform gives to uploaded pictures can be."""


def render(article: Article, options: WechatOptions, brand: Brand = PLAIN) -> Product:
    """Make the product. Raises ProductRefused: a picture of the article cannot be read."""
    source_url = LINK if options.link_from else article.page_url
    sent = {medium.sha256: _fitted(medium, article.key) for medium in article.media if medium.is_picture}
    if picture_post.suits(article, options):
        return picture_post.render(article, sent, options, list(_picture_notes(article, sent)))
    names = {old: medium.sha256 for old, medium in sent.items()}
    follow = [line.format(office=article.office_name) for line in options.footer_lines]
    dress = Dress(options.theme, brand.code.sha256 if brand.code else "", follow)
    body = Body(article, names, dress, has_page=bool(source_url))
    html, tables = _fitting(body)
    shown = _cover(article, sent, brand)
    author = cut(article.author or options.author, options.author_units)
    digest = cut(_summary(article), options.digest_chars)
    notes = [
        *body.notes(),
        *_picture_notes(article, sent),
        *_cover_notes(is_drawn=shown.is_drawn),
        *_cut_notes(article, author=author, digest=digest, is_tight=tables == "plain" and "<table" in html),
        *brand.notes,
    ]
    fields = {"author": author, "digest": digest, "content_source_url": source_url, **shown.fields}
    pictured = (*sent.values(), shown.picture, *filter(None, [brand.code]))
    media = {medium.sha256: medium for medium in pictured}
    return Product(article.key, article.title, html, fields, tuple(media.values()), tuple(notes))


def _fitting(body: Body) -> tuple[str, Tables]:
    """The richest form of the body that is short enough, else the shortest."""
    for tables in get_args(Tables):
        html = body.html(tables=tables)
        if len(_with_addresses(html)) < CONTENT_CHARACTERS:
            break
    return html, tables


def check(product: Product, options: WechatOptions) -> list[Problem]:
    """All documented limits, offline. Source: developers.weixin.qq.com, api_draft_add, read 2026-11."""
    if picture_post.is_one(product):
        return [*_title_problems(product, options), *picture_post.problems(product, options)]
    return [*_title_problems(product, options), *_field_problems(product, options), *_content_problems(product)]


def gauges(article: Article, options: WechatOptions) -> list[Gauge]:
    """How full the title and the line under it are."""
    unit = Text("half-width characters")
    title: dict[OwnField, int] = {"title": units(article.title)}
    summary: dict[OwnField, int] = {"summary": units(_summary(article))}
    fitted: frozenset[OwnField] = frozenset() if article.summary else frozenset({"summary"})
    return [
        Gauge(Text("Title"), unit, Way.HALF_WIDTH, title, options.title_units, "refused"),
        Gauge(Text("Summary"), unit, Way.HALF_WIDTH, summary, options.digest_chars, "cut", fitted=fitted),
    ]


def _summary(article: Article) -> str:
    """The line under the title in a list of messages."""
    return " ".join((article.summary or _running_text(article.html)).split())


def _running_text(html: str) -> str:
    """The text without tables and captions, which make no sense in one line."""
    blocks = (block for block in markup.blocks(html) if block.kind not in {"table", "caption"})
    return " ".join(line for block in blocks for line in block.lines())


def _fitted(medium: Medium, key: str) -> Medium:
    content, media_type = pictures.fit(medium.content, types=PICTURE_TYPES, max_bytes=PICTURE_BYTES, name=medium.name)
    return _named(content, media_type, key, medium.alt)


def _named(content: bytes, media_type: str, key: str, alt: str) -> Medium:
    """A picture named after item and content, so that an upload whose answer was lost can be found again."""
    unnamed = Medium("", media_type, content, alt)
    name = f"{key}-{unnamed.sha256[:16]}.{pictures.EXTENSIONS[media_type]}"
    return Medium(name, media_type, content, alt)


def _cover(article: Article, sent: Mapping[str, Medium], brand: Brand) -> Cover:
    if article.cover is not None:
        return cover.chosen(sent.get(article.cover.sha256) or _fitted(article.cover, article.key))
    if (first := cover.first_large(sent)) is not None:
        return first
    content, wide, square = cover.drawn(article, brand.cover_ground)
    return Cover(_named(content, pictures.JPEG, article.key, article.title), wide, square, is_drawn=True)


def _picture_notes(article: Article, sent: Mapping[str, Medium]) -> Iterator[Note]:
    for medium in article.media:
        if not medium.is_picture:
            continue
        if pictures.is_animated(medium.content):
            yield Note(Text("The animation {name} becomes a still picture.", name=medium.name))
        elif sent[medium.sha256].sha256 != medium.sha256:
            yield Note(Text("The picture {name} is converted or made smaller for WeChat.", name=medium.name))


def _cover_notes(*, is_drawn: bool) -> Iterator[Note]:
    if not is_drawn:
        return
    if pictures.chinese_font():
        yield Note(Text("The item has no large picture, so a cover with its title is drawn."))
    else:
        yield Note(
            Text(
                "The item has no large picture, so a cover with a pattern is drawn. "
                "Install a Chinese font on this machine to have the title on it."
            )
        )


def _cut_notes(article: Article, *, author: str, digest: str, is_tight: bool) -> Iterator[Note]:
    if article.author and author != article.author:
        yield Note(Text("The author is too long for WeChat and becomes “{author}”.", author=author))
    if article.summary and digest != _summary(article):
        yield Note(Text("The summary is too long for WeChat and is cut."))
    if is_tight:
        yield Note(Text("The tables have no lines, because the article is at WeChat's limit."))


def _title_problems(product: Product, options: WechatOptions) -> Iterator[Problem]:
    length = units(product.title)
    if not product.title.strip():
        yield Problem("error", Text("The item has no title: write one."))
    if length > options.title_units:
        yield Problem(
            "error",
            Text(
                "The title is too long for WeChat ({length} of {limit} half-width characters): "
                "shorten it, or give the item a shorter title for WeChat.",
                length=length,
                limit=options.title_units,
            ),
        )


def _field_problems(product: Product, options: WechatOptions) -> Iterator[Problem]:
    for name, limit in (("author", options.author_units), ("digest", options.digest_chars)):
        if units(product.fields[name]) > limit:
            yield Problem("error", Text("The field {name} is too long for WeChat: shorten it.", name=name))
    address = product.fields["content_source_url"].replace(LINK, product.link)
    if product.fields["content_source_url"] == "":
        yield Problem(
            "warning",
            Text(
                "The item has no address on the website, so readers find no link and a lost answer is harder to trace."
            ),
        )
    elif address and (not address.startswith(("http://", "https://")) or len(address.encode()) > SOURCE_URL_BYTES):
        text = Text(
            "The item's address {address} cannot be a link in WeChat: correct base_url of the website.", address=address
        )
        yield Problem("error", text)
    shown = {medium.sha256: medium for medium in product.media}.get(product.fields["cover"])
    if shown is None or shown.media_type not in PICTURE_TYPES:
        yield Problem("error", Text("The article has no cover picture: give it one."))


def _content_problems(product: Product) -> Iterator[Problem]:
    known = {medium.sha256: medium for medium in product.media}
    for sha256 in markup.pictures(product.body):
        if sha256 not in known:
            yield Problem("error", Text("A picture in the text is missing: insert it again."))
        elif known[sha256].media_type not in PICTURE_TYPES or len(known[sha256].content) > PICTURE_BYTES:
            text = Text(
                "The picture {name} is not fit for WeChat: replace it with a JPEG or PNG.", name=known[sha256].name
            )
            yield Problem("error", text)
    if not product.body:
        yield Problem("error", Text("The article has no content: write some."))
    length = len(_with_addresses(product.body))
    if length >= CONTENT_CHARACTERS:
        yield Problem(
            "error",
            Text(
                "The article is too long for WeChat ({length} of {limit} characters with its formatting): "
                "shorten it or move tables into an attachment.",
                length=length,
                limit=CONTENT_CHARACTERS - 1,
            ),
        )


def _with_addresses(html: str) -> str:
    """As long as ``html`` can become once the pictures have their addresses."""
    return markup.place_pictures(html, lambda _: PICTURE_ADDRESS)
