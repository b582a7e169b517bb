"""Picture posts (图片消息): up to twenty pictures to swipe through, and a short plain text under them.

Source: developers.weixin.qq.com, api_draft_add (newspic), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from channels import markup
from channels.base import LINK, Article, Medium, Note, Problem, Product
from channels.errors import Text
from channels.wechat.options import WechatOptions

NEWSPIC = "newspic"
MOST_PICTURES = 20
WIDE_BRACKETS = {ord("<"): "\uff1c", ord(">"): "\uff1e"}
FITTING = frozenset({"paragraph", "picture", "caption", "heading", "list_item", "quote", "rule"})


def is_one(product: Product) -> bool:
    """Whether a product is a picture post."""
    return is_named(product.fields)


def is_named(fields: Mapping[str, str]) -> bool:
    """Whether the fields are those of a picture post."""
    return fields.get("article_type") == NEWSPIC


def suits(article: Article, options: WechatOptions) -> bool:
    """Whether an item is made of pictures: at least one, little text, and nothing that only an article can show."""
    if options.picture_posts == "never" or article.attachments:
        return False
    blocks = markup.blocks(article.html)
    known = {medium.sha256 for medium in article.media if medium.is_picture}
    pictures = [block.sha256 for block in blocks if block.kind == "picture"]
    has_links = any(run.style.link for block in blocks for run in block.runs)
    is_short = len(_text(article)) <= options.picture_post_text
    is_plain = all(block.kind in FITTING for block in blocks) and not has_links
    return 1 <= len(pictures) <= MOST_PICTURES and known.issuperset(pictures) and is_short and is_plain


def render(article: Article, sent: Mapping[str, Medium], options: WechatOptions, notes: list[Note]) -> Product:
    """Make the product of pictures that fit already."""
    shown = [sent[sha256] for sha256 in markup.pictures(article.html) if sha256 in sent]
    source = f"来源：{article.source}" if article.source else ""
    page = LINK if options.link_from else article.page_url
    lines = [_text(article), source, f"详见：{page}" if page else ""]
    digests = [medium.sha256 for medium in shown]
    return Product(
        key=article.key,
        title=article.title,
        body="\n".join(filter(None, lines)),
        fields={
            "article_type": NEWSPIC,
            "pictures": " ".join(digests),
            "cover": digests[0],
            "author": "",
            "digest": "",
        },
        media=tuple({medium.sha256: medium for medium in shown}.values()),
        notes=(Note(Text("The item is short and has pictures, so it becomes a picture post (图片消息).")), *notes),
    )


def problems(product: Product, options: WechatOptions) -> Iterator[Problem]:
    """Whether pictures and text are within the limits."""
    count = len(product.fields["pictures"].split())
    if not 1 <= count <= MOST_PICTURES:
        yield Problem(
            "error",
            Text(
                "A picture post has 1 to {limit} pictures, and this one has {count}.", limit=MOST_PICTURES, count=count
            ),
        )
    length = len(product.fill(product.body) if product.link else product.body)
    if length > options.picture_post_limit:
        text = Text(
            "The text of the picture post is too long ({length} of {limit} characters): shorten it.",
            length=length,
            limit=options.picture_post_limit,
        )
        yield Problem("error", text)


def _text(article: Article) -> str:
    """The words, a paragraph on each line; angle brackets would be taken for HTML."""
    blocks = markup.blocks(article.html)
    lines = [line for block in blocks for line in block.lines() if block.kind != "picture"]
    return "\n".join(lines).translate(WIDE_BRACKETS)
