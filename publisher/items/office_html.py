"""HTML as Word and WPS write it, on the clipboard and in files: turned into what other programs mean by HTML.

Their lists are paragraphs that carry a mark; only the style says so. A mark that a list of the house shows the same way
(a bullet, ``1.``) becomes a list; any other, such as 一、 or （1）, is written out: official texts are cited by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import nh3
from bs4 import BeautifulSoup, Tag

from publisher.items.inline import without_forbidden
from publisher.items.tree import check_nesting
from publisher.items.vocabulary import BOXES, HEADINGS, INLINE, LINK_SCHEMES, PARAGRAPHS

_WRITTEN_BY = re.compile(r"""mso-|class=["']?Mso|urn:schemas-microsoft-com|<o:p|WPS Office|msoDel""", re.IGNORECASE)
_FRAGMENT = re.compile(r"<!--StartFragment-->(.*)<!--EndFragment-->", re.DOTALL)
_LIST = re.compile(r"mso-list:\s*\w+\s+level(\d)", re.IGNORECASE)
_OUTLINE = re.compile(r"mso-outline-level:\s*([1-6])", re.IGNORECASE)
_HEADING = re.compile(r"Mso(?:Heading|标题)([1-6])|MsoTitle")
_HIDDEN = re.compile(r"mso-hide:\s*all|display:\s*none|mso-element:\s*comment", re.IGNORECASE)
_BOLD = re.compile(r"font-weight:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]{1,4})[.\uff0e]?")
_BULLETS = frozenset("·•●○◦■□▪◆◇➢➤►✓✔–-*§")
_PICTURE_FONT = re.compile(r"font-family:\s*['\"]?(?:Wingdings|Webdings|Symbol|Courier)", re.IGNORECASE)
_DELETED = {"msodel", "msocommentreference", "msocomanchor", "msocomoff"}

_sound = nh3.Cleaner(
    tags={*INLINE, *HEADINGS, *PARAGRAPHS, *BOXES, "a", "br", "hr", "img", "span", "font", "ol"},
    clean_content_tags={"head", "title", "script", "style", "xml", "template", "noscript", "svg", "math"},
    attributes={
        "*": {"style", "class", "align"}, "a": {"href"}, "img": {"src", "alt"}, "ol": {"start"},
        "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
    },
    url_schemes={*LINK_SCHEMES, "asset", "data", "file", "blob", "cid", "ftp"},
    link_rel=None,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Item:
    """A paragraph that stands in a list; ``number`` is 0 where it has a bullet."""

    paragraph: Tag
    level: int
    number: int

    @property
    def kind(self) -> str:
        return "ol" if self.number else "ul"


def understood(html: str) -> str:
    """``html`` with real headings and lists, where Word or WPS wrote it; any other as it is.

    Raises UnreadableManuscript: it is nested beyond reason.
    """
    if not _WRITTEN_BY.search(html):
        return html
    check_nesting(html)
    fragment = _FRAGMENT.search(html)
    soup = BeautifulSoup(_sound.clean(without_forbidden(fragment[1] if fragment else html)), "html.parser")
    _take_out(soup)
    for paragraph in soup.find_all("p"):
        _name_heading(paragraph)
    _build_lists(soup)
    for span in soup.find_all("span", style=_BOLD):
        span.name = "b"
    return str(soup)


def _take_out(soup: BeautifulSoup) -> None:
    """What was deleted in the text, hidden, or only remarked on it."""
    for tag in soup.find_all(lambda tag: _is_out(tag)):
        tag.extract()


def _is_out(tag: Tag) -> bool:
    return bool(_DELETED.intersection(name.lower() for name in _classes(tag)) or _HIDDEN.search(_style(tag)))


def _name_heading(paragraph: Tag) -> None:
    named = _HEADING.search(" ".join(_classes(paragraph)))
    outline = _OUTLINE.search(_style(paragraph))
    if named or (outline and not _LIST.search(_style(paragraph))):
        level = (named[1] if named else outline[1] if outline else "") or "1"
        paragraph.name = f"h{level}"


def _build_lists(soup: BeautifulSoup) -> None:
    """Every run of paragraphs with marks becomes one list, those of deeper levels within it."""
    run: list[_Item] = []
    for paragraph in soup.find_all(["p", *HEADINGS]):
        item = _item(paragraph)
        if run and (item is None or not _goes_on(run, item)):
            _replace(run, soup)
            run = []
        run += [item] if item else []
    _replace(run, soup)


def _item(paragraph: Tag) -> _Item | None:
    """None where it stands in no list, or its mark has been written out."""
    level = _LIST.search(_style(paragraph))
    mark = paragraph.find(style=re.compile(r"mso-list:\s*Ignore", re.IGNORECASE))
    if level is None or not isinstance(mark, Tag):
        return None
    text = " ".join(mark.get_text().split())
    is_bullet = text in _BULLETS or _has_picture_font(mark)
    number = _NUMBER.fullmatch(text)
    if paragraph.name == "p" and (is_bullet or number):
        mark.extract()
        return _Item(paragraph, int(level[1]), int(number[1]) if number and not is_bullet else 0)
    mark.replace_with("" if is_bullet else text + _blank_behind(text))
    return None


def _blank_behind(mark: str) -> str:
    """What stands for the tab between a mark and its text."""
    if mark.endswith(("、", "）", "】", "．")):  # noqa: RUF001 - as Chinese marks end
        return ""
    return "\u3000" if mark and mark[-1] > "\u2e80" else " "


def _has_picture_font(mark: Tag) -> bool:
    return len(mark.get_text().strip()) == 1 and any(_PICTURE_FONT.search(_style(tag)) for tag in (mark, *mark.parents))


def _goes_on(run: Sequence[_Item], item: _Item) -> bool:
    """Whether an item stands in the same list as those before it: right behind them, and counted with them."""
    if _next_tag(run[-1].paragraph) is not item.paragraph:
        return False
    before = next((other for other in reversed(run) if other.level <= item.level), None)
    if before is None or before.level < item.level:
        return before is not None and item.number in (0, 1)
    return before.kind == item.kind and (not item.number or item.number == before.number + 1)


def _next_tag(tag: Tag) -> Tag | None:
    following = tag.next_sibling
    while following is not None and not isinstance(following, Tag) and not str(following).strip():
        following = following.next_sibling
    return following if isinstance(following, Tag) else None


def _replace(run: Sequence[_Item], soup: BeautifulSoup) -> None:
    if not run:
        return
    place = soup.new_tag("div")
    run[0].paragraph.insert_before(place)
    _fill(place, [(item, item.paragraph.extract()) for item in run], soup)
    place.unwrap()


def _fill(place: Tag, items: Iterable[tuple[_Item, Tag]], soup: BeautifulSoup) -> None:
    """Put the paragraphs into lists within ``place``; ``open_lists`` are those that are begun, the outermost first."""
    open_lists: list[tuple[int, Tag]] = []
    for item, paragraph in items:
        while open_lists and open_lists[-1][0] > item.level:
            open_lists.pop()
        if not open_lists or open_lists[-1][0] < item.level:
            made = soup.new_tag(item.kind, attrs={"start": str(item.number)} if item.number > 1 else {})
            (_last_item(open_lists[-1][1]) if open_lists else place).append(made)
            open_lists.append((item.level, made))
        line = soup.new_tag("li")
        line.extend(list(paragraph.contents))
        open_lists[-1][1].append(line)


def _last_item(made: Tag) -> Tag:
    return [child for child in made.children if isinstance(child, Tag)][-1]


def _style(tag: Tag) -> str:
    return str(tag.get("style") or "")


def _classes(tag: Tag) -> list[str]:
    found: str | list[str] = tag.get("class") or []
    return found.split() if isinstance(found, str) else list(found)
