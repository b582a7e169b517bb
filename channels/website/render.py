"""From an article to what will stand on the site; pure and deterministic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from channels.base import ASSET, Article, Medium, Note, Problem, Product
from channels.errors import Text
from channels.markup import inner_html, parse, pictures, place_pictures, plain_text
from channels.pictures import EXTENSIONS, GIF, JPEG, PNG, fit, is_animated

PICTURE_TYPES = (JPEG, PNG, GIF)
PICTURE_BYTES = 1024 * 1024
PICTURE_SIDE = 1920
"""Larger pictures only make the page slow; a page should be there within three seconds."""

ATTACHMENT_SUFFIXES = frozenset(
    {
        *(
            ".csv",
            ".doc",
            ".docx",
            ".dps",
            ".et",
            ".ofd",
            ".pdf",
            ".ppt",
            ".pptx",
            ".rtf",
            ".txt",
            ".wps",
            ".xls",
            ".xlsx",
        ),
        *(".7z", ".rar", ".zip"),
        *(".gif", ".jpeg", ".jpg", ".mp3", ".mp4", ".png", ".tif", ".tiff"),
    }
)
"""What may be put beside the pages: documents, never anything a browser or a web server would run."""

COLUMN_KEY = re.compile(r"(?!assets$|[0-9]{6}$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Keys that can be a folder of the site and are none of its own: ``assets`` and the months ``202611``."""

SUMMARY_LENGTH = 120
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def page_path(article: Article) -> str:
    """Where the article stands below the site's address, for ever."""
    day = article.created_on.strftime("%Y%m%d")
    return f"{day[:6]}/t{day}_{article.item}.html"


def render(article: Article) -> Product:
    """The product: the article's HTML, what else its page shows, pictures and attachments.

    Raises ProductRefused: a picture cannot be read.
    """
    wanted = {medium.sha256: medium for medium in article.media}
    shown = {sha256: _fitted(wanted[sha256]) for sha256 in pictures(article.html) if sha256 in wanted}
    return Product(
        key=article.key,
        title=article.title,
        body=place_pictures(article.html, lambda sha256: ASSET + (shown[sha256].sha256 if sha256 in shown else sha256)),
        fields={
            "item": str(article.item),
            "revision": str(article.revision),
            "path": page_path(article),
            "column_key": article.column.key,
            "column_name": article.column.name,
            "column_class": article.column.column_class,
            "column_description": article.column.description,
            "column_keywords": article.column.keywords,
            "source": article.source or article.office_name,
            "author": article.author,
            "section": article.section,
            "summary": article.summary or _beginning(article.html),
            "made_on": article.created_on.date().isoformat(),
            "pictures": str(len(shown)),
            **_where_filled(article),
        },
        media=(*shown.values(), *article.attachments),
        notes=tuple(_picture_notes(wanted, shown)),
    )


def _where_filled(article: Article) -> dict[str, str]:
    """What only some items have; left out of the others, so that their products are what they were."""
    fields = {
        "reposted": "yes" if article.is_reposted else "",
        "source_url": article.source_url,
        "document_number": article.document_number,
        "in_force_until": article.in_force_until.isoformat() if article.in_force_until else "",
        "interprets": ",".join(str(item) for item in article.interprets),
    }
    return {name: value for name, value in fields.items() if value}


def shown_pictures(product: Product) -> Sequence[Medium]:
    return product.media[: int(product.fields["pictures"])]


def attachments(product: Product) -> Sequence[Medium]:
    return product.media[int(product.fields["pictures"]) :]


def file_name(medium: Medium) -> str:
    """The name beside the page: by content, so that a file never changes under its address."""
    return f"{medium.sha256[:16]}{PurePosixPath(medium.name).suffix.lower()}"


def check(product: Product) -> list[Problem]:
    """What is wrong with a product of ``render``."""
    return [*_title_problems(product), *_body_problems(product), *_attachment_problems(product)]


def _fitted(medium: Medium) -> Medium:
    """The picture as it goes out: not larger than screens need, and silent about who took it, where and with what."""
    content, media_type = fit(
        medium.content, types=PICTURE_TYPES, max_bytes=PICTURE_BYTES, max_side=PICTURE_SIDE, name=medium.name
    )
    return Medium(f"{PurePosixPath(medium.name).stem}.{EXTENSIONS[media_type]}", media_type, content, medium.alt)


def _picture_notes(before: Mapping[str, Medium], after: Mapping[str, Medium]) -> Iterator[Note]:
    for sha256, medium in after.items():
        if sha256 == medium.sha256:
            continue
        name = before[sha256].name
        if is_animated(before[sha256].content):
            yield Note(Text("The animation {name} becomes a still picture.", name=name))
        else:
            yield Note(Text("The picture {name} is converted or made smaller for the website.", name=name))


def _beginning(html: str) -> str:
    root = parse(html)
    # What stands under a picture is no beginning.
    for caption in list(root.iter("figcaption")):
        caption.drop_tree()
    text = " ".join(plain_text(inner_html(root)).split())
    return text if len(text) <= SUMMARY_LENGTH else f"{text[: SUMMARY_LENGTH - 1]}…"


def _error(template: str, **values: object) -> Problem:
    return Problem("error", Text(template, **values))


def _title_problems(product: Product) -> Iterator[Problem]:
    if not product.title.strip():
        yield _error("The title is empty: write one.")
    if INVISIBLE.search(product.title):
        yield _error("The title holds a line break or an invisible control character: type it again.")
    if not COLUMN_KEY.fullmatch(product.fields["column_key"]):
        yield _error(
            "The key {key} of the column cannot be a folder of the website: use letters, digits, - and _ in the "
            "configuration.",
            key=product.fields["column_key"],
        )


def _body_problems(product: Product) -> Iterator[Problem]:
    named = [str(image.get("src", "")) for image in parse(product.body).iter("img")]
    if not named and not plain_text(product.body).strip():
        yield _error("The text is empty: write something or add a picture.")
    there = {medium.sha256 for medium in shown_pictures(product)}
    if any(not source.startswith(ASSET) or source.removeprefix(ASSET) not in there for source in named):
        yield _error("A picture of the text is missing: put it in again.")


def _attachment_problems(product: Product) -> Iterator[Problem]:
    for medium in attachments(product):
        if not medium.name.strip() or INVISIBLE.search(medium.name):
            yield _error("An attachment has no usable file name: rename it.")
        elif PurePosixPath(medium.name).suffix.lower() not in ATTACHMENT_SUFFIXES:
            yield _error(
                "The attachment {name} is of a type that does not belong on the website: save it as PDF.",
                name=medium.name,
            )
