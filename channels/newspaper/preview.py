"""A product as the newspaper may set it. Its people decide on the page; text, pictures and files are what they get."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml.html import Element, HtmlElement

from channels.base import Product
from channels.markup import BULLET, inner_html, parse, place_pictures
from channels.newspaper.fitting import half_cells
from channels.preview import CSS, HTML, File, Preview

HERE = Path(__file__).parent
STYLE = "preview.css"
FOLDER = "package"

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def preview(product: Product, package: Mapping[str, bytes], at: datetime, *, name: str, capacity: int) -> Preview:
    """The text in columns, what does not fit marked, and the package beside it.

    Args:
        package: the files that are handed over, by name.
        at: when they are, in the office's time zone.
        name: what the newspaper is called.
        capacity: cells the column holds; 0: nobody counts.
    """
    types = {medium.name: medium.media_type for medium in product.media}
    paths = {file: f"{FOLDER}/{file}" for file in package}
    pictures = {medium.sha256: paths[medium.name] for medium in product.media if medium.is_picture}
    used = int(product.fields.get("cells", product.fields["characters"]))
    page = _environment.get_template("preview.html").render(
        product=product,
        name=name,
        at=at,
        style=STYLE,
        body=_body(place_pictures(product.body, lambda sha256: pictures.get(sha256, sha256)), capacity),
        capacity=capacity,
        used=used,
        over=max(0, used - capacity) if capacity else 0,
    )
    files = {paths[file]: File(types.get(file, "application/json"), content) for file, content in package.items()}
    files |= {"index.html": File(HTML, page.encode()), STYLE: File(CSS, (HERE / "templates" / STYLE).read_bytes())}
    return Preview("index.html", files, tuple(paths.values()))


def _body(html: str, capacity: int) -> str:
    """The text with everything behind its first ``capacity`` cells marked; on paper nothing is a link."""
    root = parse(html)
    for link in list(root.iter("a")):
        link.drop_tag()
    if capacity:
        _mark(root, 2 * capacity)
    return inner_html(root)


def _mark(element: HtmlElement, room: int) -> int:
    """Mark what of the texts in ``element`` is beyond ``room`` half cells; return the room that is left."""
    if element.tag == "li":
        room = max(0, room - half_cells(_list_mark(element)))
    kept, over, room = _cut(element.text or "", room)
    element.text = kept
    if over:
        element.insert(0, _marked(over))
    for child in [child for child in element if "over" not in child.classes]:
        room = _mark(child, room)
        kept, over, room = _cut(child.tail or "", room)
        child.tail = kept
        if over:
            child.addnext(_marked(over))
    return room


def _list_mark(item: HtmlElement) -> str:
    """What stands before a list item in a text: nothing where a list within it comes first."""
    lists = item.xpath("./ul | ./ol")
    before = (item.text or "") + "".join(
        child.text_content() + (child.tail or "") for child in itertools.takewhile(lambda one: one not in lists, item)
    )
    if not before.strip():
        return ""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return BULLET
    start = parent.get("start", "1")
    number = int(start) if start.isdecimal() else 1
    return f"{number + len(list(item.itersiblings('li', preceding=True)))}."


def _cut(text: str, room: int) -> tuple[str, str, int]:
    """What of ``text`` fits, what does not, and how much room is left."""
    for place, sign in enumerate(text):
        taken = half_cells(sign)
        if taken > room:
            return text[:place], text[place:], 0
        room -= taken
    return text, "", room


def _marked(text: str) -> HtmlElement:
    mark = Element("mark", {"class": "over"})
    mark.text = text
    return mark
