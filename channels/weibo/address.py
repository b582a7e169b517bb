"""The permanent address of a post: its number (``mid``) in groups of seven digits, each written in base 62.

Source: recomputed from public posts; undocumented, but unchanged for many years.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = 7
LETTERS = 4

SECOND_BITS = 22
EPOCH_S = 515_483_463

POST_PATH = re.compile(r"/[0-9]+/([0-9a-zA-Z]{9})/?")
TELEPHONE_PATH = re.compile(r"/(?:status|detail)/([0-9]{16})/?")


def post_url(uid: str, mid: str) -> str:
    """Where readers find the post, ``https://weibo.com/<uid>/<base 62>``."""
    return f"https://weibo.com/{uid}/{to_base62(mid)}"


def mid_in(url: str) -> str:
    """The number of the post at ``url``, empty where the address names none.

    Besides ``post_url``'s form there is that of telephones, ``https://m.weibo.cn/status/<mid>``.
    """
    path = urlsplit(url).path
    if found := POST_PATH.fullmatch(path):
        return to_mid(found[1])
    found = TELEPHONE_PATH.fullmatch(path)
    return found[1] if found else ""


def made_at(mid: str) -> datetime:
    """The second in which the post was made, which its number carries; right to a second or two.

    Source: recomputed from public posts; undocumented, so it only helps where nothing better is told.
    """
    return datetime.fromtimestamp((int(mid) >> SECOND_BITS) + EPOCH_S, UTC)


def to_base62(mid: str) -> str:
    """``4331051486294436`` becomes ``Hd1N2qpta``. Raises ValueError: not a number in decimal digits."""
    if not (mid.isascii() and mid.isdigit()):
        raise ValueError(f"{mid!r} is no number of a post")
    groups = [_letters(int(group)) for group in _groups(mid.lstrip("0") or "0", DIGITS)]
    return groups[0] + "".join(group.rjust(LETTERS, "0") for group in groups[1:])


def to_mid(base62: str) -> str:
    """The reverse. Raises ValueError: empty, or a sign that is not in the alphabet."""
    if not base62:
        raise ValueError("an empty name is no post")
    groups = [str(_number(group)) for group in _groups(base62, LETTERS)]
    return groups[0] + "".join(group.rjust(DIGITS, "0") for group in groups[1:])


def _groups(text: str, size: int) -> list[str]:
    """Cut from the right; the first group may be shorter."""
    head = len(text) % size
    return ([text[:head]] if head else []) + [text[i : i + size] for i in range(head, len(text), size)]


def _letters(number: int) -> str:
    head, digit = divmod(number, len(ALPHABET))
    return (_letters(head) if head else "") + ALPHABET[digit]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number
