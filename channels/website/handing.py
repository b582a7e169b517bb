"""An article as another system gets it: one HTML text that names its files, and what else that system may ask for.

Pictures and attachments stand in the text as ``asset:SHA256`` until that system has said where it keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import PurePosixPath

from channels.base import ASSET, Article, Medium, Product
from channels.markup import inner_html, parse
from channels.pictures import EXTENSIONS, fit
from channels.website import render as website

NAMES = re.compile(r"-r([0-9]+)$")
"""The end of a product's key: the number of its revision."""

LEFT_OUT = ("path", "column_description", "column_keywords", "made_on")
"""Fields that only pages of our own need."""


def render(article: Article) -> Product:
    """The product. Raises ProductRefused: a picture cannot be read.

    Media are the pictures of the text, then the cover where it is not among them, then the attachments; the field
    ``pictures`` says how many are pictures, ``cover`` which of them stands for the item.
    """
    made = website.render(article)
    shown, attachments = list(website.shown_pictures(made)), list(website.attachments(made))
    cover = _cover(article, shown)
    if cover is not None and cover.sha256 not in {medium.sha256 for medium in shown}:
        shown.append(cover)
    fields = {name: value for name, value in made.fields.items() if name not in LEFT_OUT} | {
        "name": name_of(article.key),
        "created_on": article.created_on.isoformat(),
        "pictures": str(len(shown)),
        "cover": cover.sha256 if cover else "",
    }
    body = made.body.replace("\n", " ") + _tail(fields, attachments)
    return replace(made, body=body, fields=fields, media=(*shown, *attachments))


def name_of(key: str) -> str:
    """What names the item whatever its revision: ``kzj-31`` of ``kzj-31-r2``."""
    return NAMES.sub("", key)


def revision_of(key: str) -> int:
    """The number of the revision a key ends with; 0 where it has none."""
    found = NAMES.search(key)
    return int(found[1]) if found else 0


def file_name(medium: Medium) -> str:
    """An ASCII name by content: the same file has it everywhere, and no other file has."""
    return f"{stem(medium)}{PurePosixPath(medium.name).suffix.lower()}"


def stem(medium: Medium) -> str:
    return f"publisher-{medium.sha256[:24]}"


def is_shown(product: Product, medium: Medium) -> bool:
    """Whether it is a picture and no attachment."""
    return medium in website.shown_pictures(product)


def place_files(html: str, address: Callable[[str], str]) -> str:
    """The HTML with every ``asset:SHA256``, of pictures and of links, replaced by ``address(sha256)``."""
    root = parse(html)
    for element in root.iter("img", "a"):
        attribute = "src" if element.tag == "img" else "href"
        target = str(element.get(attribute, ""))
        if target.startswith(ASSET):
            element.set(attribute, address(target.removeprefix(ASSET)))
    return inner_html(root)


def addresses(html: str) -> list[str]:
    """What the HTML shows or links to, in reading order, each once."""
    found = (element.get("src") or element.get("href") for element in parse(html).iter("img", "a"))
    return list(dict.fromkeys(str(address) for address in found if address))


def without_files(html: str, known: Container[str]) -> str:
    """The HTML without the pictures and the links whose file is not among ``known``."""
    root = parse(html)
    for image in list(root.iter("img")):
        sha256 = _sha256(image.get("src"))
        if sha256 is not None and sha256 not in known:
            figure = next(image.iterancestors("figure"), None)
            (image if figure is None else figure).drop_tree()
    for link in list(root.iter("a")):
        sha256 = _sha256(link.get("href"))
        if sha256 is not None and sha256 not in known:
            link.drop_tag()
    return inner_html(root)


def _sha256(address: str | None) -> str | None:
    """The digest an address names, None where it names none."""
    return address.removeprefix(ASSET) if address and address.startswith(ASSET) else None


def _cover(article: Article, shown: Sequence[Medium]) -> Medium | None:
    """The picture somebody chose, as the site takes it; else the first of the text."""
    chosen = article.cover
    if chosen is None:
        return shown[0] if shown else None
    content, media_type = fit(
        chosen.content,
        types=website.PICTURE_TYPES,
        max_bytes=website.PICTURE_BYTES,
        max_side=website.PICTURE_SIDE,
        name=chosen.name,
    )
    return Medium(f"{PurePosixPath(chosen.name).stem}.{EXTENSIONS[media_type]}", media_type, content, chosen.alt)


def _tail(fields: Mapping[str, str], attachments: Sequence[Medium]) -> str:
    """What stands below the text: where it comes from, and the files to take home."""
    lines = [f"<p>{'　'.join(_origins(fields))}</p>"]
    if attachments:
        links = (f'<li><a href="{ASSET}{one.sha256}">{escape(one.name, quote=False)}</a></li>' for one in attachments)
        lines += ["<h2>附件</h2>", "<ul>", *links, "</ul>"]
    return inner_html(parse("".join(lines)))


def _origins(fields: Mapping[str, str]) -> Iterator[str]:
    if number := fields.get("document_number"):
        yield escape(f"发文字号：{number}", quote=False)
    source = escape(f"来源：{fields['source']}", quote=False)
    if address := fields.get("source_url"):
        yield f'<a href="{escape(address)}">{source}</a>'
    else:
        yield source
    if author := fields.get("author"):
        yield escape(f"作者：{author}", quote=False)
