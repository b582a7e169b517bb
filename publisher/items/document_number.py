"""The number of an official document (发文字号): the office's code word, the year, the number within the year.

Source: GB/T 9704-2012, 7.2.5: the year in full, in brackets 〔〕, the number without 第 and without leading zeros.
"""

from __future__ import annotations

import re

MAX_LENGTH = 100

_YEAR = re.compile(r"\s*[〔\[(（【［﹝〖]\s*([0-9]{4})\s*[〕\])）】］﹞〗]\s*(?:第\s*)?")  # noqa: RUF001 - brackets people type
_FORM = re.compile(r"[\u3400-\u9fff][\u3400-\u9fffA-Za-z·]{0,19}〔(?:19|20)[0-9]{2}〕[1-9][0-9]{0,4}号")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")  # noqa: RUF001 - digits of Chinese input methods


def tidied(text: str) -> str:
    """The number as documents print it, as far as that is only a matter of brackets, blanks and digits."""
    one_line = " ".join(text.translate(_WIDE_DIGITS).split())
    tidy = _YEAR.sub(r"〔\1〕", one_line, count=1)
    return re.sub(r"〕\s*0*([0-9]+)\s*[号號]$", r"〕\1号", tidy)


def is_usual(text: str) -> bool:
    """Whether it has the form of the standard; older and foreign documents may have others."""
    return _FORM.fullmatch(text) is not None
