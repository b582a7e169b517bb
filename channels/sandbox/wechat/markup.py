"""What WeChat leaves of an article's HTML. It says nothing about what it drops.

Source: developers.weixin.qq.com, api_draft_add, for scripts and foreign pictures; the rest is reported by those who
publish there and not promised.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import nh3
from lxml import etree
from lxml.html import HtmlElement, fragment_fromstring, tostring

TAGS = {
    *("section", "p", "div", "span", "strong", "b", "em", "i", "u", "s", "del", "sub", "sup", "br", "hr", "a", "img"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "figure", "figcaption"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td", "iframe"),
}
GONE_WITH_CONTENT = {"script", "style", "textarea", "object", "video", "audio", "svg", "button", "select", "title"}
ATTRIBUTES = {
    "*": {"style", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "iframe": {"src", "width", "height"},
    "td": {"colspan", "rowspan", "width"},
    "th": {"colspan", "rowspan", "width"},
    "col": {"width", "span"},
    "ol": {"start"},
}
LOST_PROPERTIES = ("--", "position", "z-index", "animation")
VIDEO_FRAMES = "https://v.qq.com/"

COLOUR = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
ADDRESS_IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]*)", re.IGNORECASE)
LINE_BREAK = re.compile(r"<br\s*/?>")


def filter_article(html: str, *, is_own_picture: Callable[[str], bool], is_own_page: Callable[[str], bool]) -> str:
    """``html`` as the platform keeps it: cleaned and written anew, so that it never equals what was sent.

    Args:
        is_own_picture: whether an address is a picture of the platform; others are dropped with their tag.
        is_own_page: whether an address is an article of the platform; other links become plain text.
    Returns: empty when nothing readers could see is left.
    """

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return _keep_style(value, is_own_picture)
        if (tag, attribute) == ("img", "src"):
            return value if is_own_picture(value) else None
        if (tag, attribute) == ("iframe", "src"):
            return value if value.startswith(VIDEO_FRAMES) else None
        if (tag, attribute) == ("a", "href"):
            return value if is_own_page(value) else None
        return value

    return _write_anew(_clean(html, keep))


def for_readers(content: str) -> str:
    """Kept content as a reader's page shows it: pictures load, and nothing in it can run."""
    if not content:
        return ""
    tree = _tree(content)
    for element in tree.iter("img", "iframe"):
        element.set("src", element.attrib.pop("data-src", ""))
    return _clean(tostring(tree, encoding="unicode"), lambda _tag, _attribute, value: value)


def plain_text(content: str) -> str:
    """The words of kept content, white space collapsed."""
    if not content:
        return ""
    return " ".join("".join(_tree(content).itertext()).split())


def _clean(html: str, keep: Callable[[str, str, str], str | None]) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=GONE_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https"},
        link_rel=None,
    )


def _keep_style(style: str, is_own_picture: Callable[[str], bool]) -> str | None:
    kept = []
    for declaration in style.split(";"):
        name = declaration.partition(":")[0].strip().lower()
        addresses = ADDRESS_IN_STYLE.findall(declaration)
        if not name or name.startswith(LOST_PROPERTIES) or not all(map(is_own_picture, addresses)):
            continue
        kept.append(COLOUR.sub(_as_rgb, declaration.strip()))
    return "; ".join(kept) + ";" if kept else None


def _as_rgb(colour: re.Match[str]) -> str:
    digits = colour[1] if len(colour[1]) == 6 else "".join(digit * 2 for digit in colour[1])
    red, green, blue = (int(digits[i : i + 2], 16) for i in (0, 2, 4))
    return f"rgb({red}, {green}, {blue})"


def _write_anew(html: str) -> str:
    tree = _tree(html)
    for element in list(tree.iter("img", "iframe", "a")):
        _settle_address(element)
    if tree.find(".//img") is None and tree.find(".//iframe") is None and not "".join(tree.itertext()).strip():
        return ""
    for element in list(tree.iter()):
        _wrap_text(element)
    inner = (tree.text or "") + "".join(tostring(child, encoding="unicode") for child in tree)
    return LINE_BREAK.sub("<br  />", inner)


def _tree(html: str) -> HtmlElement:
    return fragment_fromstring(html, create_parent="section")


def _settle_address(element: HtmlElement) -> None:
    if element.tag == "a":
        if "href" not in element.attrib:
            element.drop_tag()
    elif "src" not in element.attrib:
        element.drop_tree()
    else:
        element.set("data-src", element.attrib.pop("src"))


def _wrap_text(element: HtmlElement) -> None:
    """Put the words of an element into ``<span leaf="">``, as the platform's editor does."""
    if element.text and element.text.strip() and element.tag not in {"span", "pre", "code"}:
        leaf = etree.SubElement(element, "span", {"leaf": ""})
        element.insert(0, leaf)
        leaf.text, element.text = element.text, None
