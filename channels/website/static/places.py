"""Parts of a page that can be written anew without the rest; what stands in them is between two comments."""

from __future__ import annotations

OPEN, CLOSE = b'<article class="sheet">', b"</article>"


def filled(page: bytes, name: str, part: bytes, *, at_end: bool = False) -> bytes:
    """The page with ``part`` at its place ``name``.

    Pages of earlier versions have no such place yet: it is made at the beginning of the article, or at its end.
    """
    begin_mark, end_mark = f"<!--{name}-->".encode(), f"<!--/{name}-->".encode()
    whole = begin_mark + part + end_mark
    begin, end = page.find(begin_mark), page.find(end_mark)
    if begin >= 0 and end > begin:
        return page[:begin] + whole + page[end + len(end_mark) :]
    if not at_end:
        return page.replace(OPEN, OPEN + whole, 1)
    close = page.rfind(CLOSE)
    return page if close < 0 else page[:close] + whole + page[close:]
