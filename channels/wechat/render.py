"""An article as it will be sent to WeChat: pure, nothing is asked or sent here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from channels import markup, pictures
from channels.base import LINK, Article, Medium, Note, Problem, Product
from channels.errors import Text
from channels.preview import Gauge, OwnField, Way
from channels.wechat.body import Body
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

COVER_SIDE = 200
"""A first picture smaller than that is an icon, not a cover."""


def render(article: Article, options: WechatOptions) -> Product:
    """Make the product. Raises ProductRefused: a picture of the article cannot be read."""
    source_url = LINK if options.link_from else article.page_url
    sent = {medium.sha256: _fitted(medium, article.key) for medium in article.media if medium.is_picture}
    names = {old: medium.sha256 for old, medium in sent.items()}
    body = Body(article, names, theme=options.theme, has_page=bool(source_url))
    html = body.html()
    is_tight = len(_with_addresses(html)) >= CONTENT_CHARACTERS
    if is_tight:
        html = body.html(lined_tables=False)
    cover, is_drawn = _cover(article, sent)
    author, digest = cut(article.author, options.author_units), cut(_summary(article), options.digest_chars)
    notes = [
        *body.notes(),
        *_picture_notes(article, sent),
        *_cover_notes(is_drawn=is_drawn),
        *_cut_notes(article, author=author, digest=digest, is_tight=is_tight and "<table" in html),
    ]
    fields = {"author": author, "digest": digest, "content_source_url": source_url, "cover": cover.sha256}
    media = {medium.sha256: medium for medium in (*sent.values(), cover)}
    return Product(article.key, article.title, html, fields, tuple(media.values()), tuple(notes))


def check(product: Product, options: WechatOptions) -> list[Problem]:
    """All documented limits, offline. Source: developers.weixin.qq.com, api_draft_add, read 2026-11."""
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


def _cover(article: Article, sent: Mapping[str, Medium]) -> tuple[Medium, bool]:
    """The cover, and whether it had to be drawn."""
    if article.cover is not None:
        return sent.get(article.cover.sha256) or _fitted(article.cover, article.key), False
    for medium in sent.values():
        if min(pictures.size_of(medium.content)) >= COVER_SIDE:
            return medium, False
    drawn = pictures.draw_cover(article.title, article.office_name)
    return _named(drawn, pictures.JPEG, article.key, article.title), True


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
    if author != article.author:
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
    cover = {medium.sha256: medium for medium in product.media}.get(product.fields["cover"])
    if cover is None or cover.media_type not in PICTURE_TYPES:
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
