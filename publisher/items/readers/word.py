"""Word files (.docx), read with mammoth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any
from xml.parsers.expat import ExpatError

import mammoth
from mammoth import documents

from channels.errors import Text
from publisher.items.pictures import Pictures
from publisher.items.readers.archive import damaged, prepared
from publisher.items.readers.draft import Draft

_HEADING = re.compile(r"(?:heading|标题|標題)\s*([1-9])", re.IGNORECASE)
_TITLES = frozenset(["title", "标题", "標題", "文件标题", "主标题"])
_LEVEL = "house heading "
_ALIGNMENTS = {"right": "right", "end": "right", "center": "center"}

# The names beginning with "house" are given to paragraphs by _Arrangement.
_STYLE_MAP = "\n".join(
    [
        *(f"p[style-name='{_LEVEL}{level}'] => h{level}:fresh" for level in range(1, 7)),
        *(f"p[style-name='house {side}'] => p[style='text-align:{side}']:fresh" for side in ("right", "center")),
        "p[style-name='house caption'] => figcaption:fresh",
        "p[style-name='Quote'] => blockquote > p:fresh",
        "p[style-name='Intense Quote'] => blockquote > p:fresh",
        "u => u",
    ]
)

_NUMBER = r"(?:[0-9\uff10-\uff19]+|[一二三四五六七八九十]+)(?:[-\uff0d.\uff0e][0-9]+)?"
_CAPTION = re.compile(rf"图\s*{_NUMBER}(?P<parting>[\s:\uff1a、.\uff0e]|$)?")
"""How a caption begins, such as 图1 or 图2-3, in half and full width."""

_LONGEST_CAPTION = 80

_SIGNS = (
    (b"<w:del ", Text("The file holds tracked changes: they were taken over as accepted. Check the text.")),
    (b"<w:ins ", Text("The file holds tracked changes: they were taken over as accepted. Check the text.")),
    (b"<w:commentReference", Text("The comments in the file were left out.")),
    (b"<m:oMath", Text("A formula was left out: insert it as a picture.")),
    (b"<c:chart", Text("A chart was left out: insert it as a picture.")),
    (b"<dgm:relIds", Text("A diagram was left out: insert it as a picture.")),
)
_MESSAGES = (
    ("image", Text("A picture that is only linked in the file was left out: insert it into the file.")),
    ("w:sym", Text("A symbol could not be read and was left out. Check the text.")),
    ("merging", Text("The merged cells of a table could not be read. Check the table.")),
)


def read_word(content: bytes, pictures: Pictures) -> Draft:
    """Title from the paragraph in the style Title or Heading 1, where there is one before the chapters.

    Raises UnreadableManuscript: no whole, unlocked .docx file of sensible size.
    """
    content, document = prepared(content, _HEADING)
    arrangement = _Arrangement()
    result = _converted(
        content,
        transform_document=arrangement.arrange,
        style_map=_STYLE_MAP,
        include_embedded_style_map=False,
        convert_image=mammoth.images.img_element(_taking(pictures)),
    )
    notes = [note for sign, note in _SIGNS if sign in document]
    notes += [note for message in result.messages for sign, note in _MESSAGES if sign in message.message]
    return Draft(html=_without_back_links(result.value), notes=(*dict.fromkeys([*notes, *arrangement.notes]),))


class _Arrangement:
    """Gives every paragraph the house's name for what it is, before it becomes HTML."""

    def __init__(self) -> None:
        self.notes: list[Text] = []
        self._title: Any = None
        self._captions: list[Any] = []

    def arrange(self, document: Any) -> Any:
        """The same document with headings, alignment and captions marked by style names."""
        paragraphs = [child for child in document.children if isinstance(child, documents.Paragraph)]
        self._title = _title(paragraphs)
        self._captions = list(_captions(document.children))
        return self._arranged(document)

    def _arranged(self, element: Any) -> Any:
        children = [
            self._arranged(child) if isinstance(child, documents.HasChildren) else child for child in element.children
        ]
        if not isinstance(element, documents.Paragraph):
            return element.copy(children=children)
        level = _level(element)
        if level:
            # Without a title the first level is that of the chapters.
            down = 0 if self._title else 1
            return self._heading(element, 1 if element is self._title else min(level + down, 6), children)
        is_caption = any(element is caption for caption in self._captions)
        name = "house caption" if is_caption else _paragraph_name(element)
        return element.copy(children=children, **({"style_id": None, "style_name": name} if name else {}))

    def _heading(self, element: Any, level: int, children: list[Any]) -> Any:
        if element.numbering is not None:
            self.notes.append(
                Text("Word numbered the headings by itself; these numbers were left out. Type them into the headings.")
            )
        return element.copy(children=children, style_id=None, style_name=f"{_LEVEL}{level}", numbering=None)


def _title(paragraphs: list[Any]) -> Any:
    """The paragraph whose style says that it is the title, or None."""
    written = [paragraph for paragraph in paragraphs if _text(paragraph)]
    titles = [paragraph for paragraph in written if _is_title(paragraph)]
    first_level = [paragraph for paragraph in written if _level(paragraph) == 1]
    # Several first-level headings are chapters, unless the text begins with one.
    if len(first_level) > 1 and first_level[0] is not written[0]:
        first_level = []
    return next(iter([*titles, *first_level]), None)


def _captions(blocks: Iterable[Any]) -> Iterator[Any]:
    """Paragraphs that stand right below a picture and begin as captions do, whatever their style; blank lines between
    do not count."""
    is_below_picture = False
    for block in blocks:
        text = _text(block)
        if text and is_below_picture and isinstance(block, documents.Paragraph) and _is_caption(block, text):
            yield block
        if text or _has_picture(block):
            is_below_picture = not text


def _is_caption(paragraph: Any, text: str) -> bool:
    """图1 at the beginning is not enough: so may a sentence of the text begin."""
    begin = _CAPTION.match(text)
    if begin is None or len(text) > _LONGEST_CAPTION or text.endswith(("。", "\uff1b")):
        return False
    return begin["parting"] is not None or paragraph.alignment == "center"


def _has_picture(element: Any) -> bool:
    if isinstance(element, documents.Image):
        return True
    return any(_has_picture(child) for child in getattr(element, "children", ()))


def _level(paragraph: Any) -> int:
    """Level of a heading from 1 to 6, 0 for other paragraphs; a second title is a heading too."""
    match = _HEADING.fullmatch((paragraph.style_name or "").strip())
    if match:
        return min(int(match.group(1)), 6)
    return 1 if _is_title(paragraph) else 0


def _is_title(paragraph: Any) -> bool:
    return (paragraph.style_name or "").strip().lower() in _TITLES


def _paragraph_name(paragraph: Any) -> str:
    if (paragraph.style_name or "").lower() in {"caption", "题注"}:
        return "house caption"
    side = _ALIGNMENTS.get(paragraph.alignment, "")
    return f"house {side}" if side and paragraph.numbering is None else ""


def _text(element: Any) -> str:
    if isinstance(element, documents.Text):
        return str(element.value).strip()
    return "".join(_text(child) for child in getattr(element, "children", ()))


def _taking(pictures: Pictures) -> Callable[[Any], dict[str, str]]:
    """What mammoth calls for each picture."""

    def take(image: Any) -> dict[str, str]:
        with image.open() as file:
            return {"src": pictures.add(file.read(), alt=image.alt_text or "")}

    return take


def _converted(content: bytes, **options: Any) -> Any:
    try:
        return mammoth.convert_to_html(BytesIO(content), **options)
    # What its parsers raise on files that are sound archives and nonsense inside.
    except (
        ExpatError,
        LookupError,
        ValueError,
        OSError,
        AttributeError,
        TypeError,
        RecursionError,
    ) as error:
        raise damaged() from error


def _without_back_links(html: str) -> str:
    """Footnotes without the arrows that lead back to the text."""
    return re.sub(r'<p> ?<a href="#[^"]*">↑</a></p>| ?<a href="#[^"]*">↑</a>', "", html)
