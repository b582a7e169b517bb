"""Numbers of posts: a ``mid`` carries its second of creation, and its base 62 form stands in the page's address.

Source: recomputed from public posts; undocumented.
"""

from __future__ import annotations

from datetime import datetime

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS_PER_GROUP = 7
LETTERS_PER_GROUP = 4
SECOND_BITS = 22
EPOCH_S = 515_483_463


def next_mid(at: datetime, latest: int) -> int:
    """A mid of the second ``at``, larger than ``latest``."""
    return max((int(at.timestamp()) - EPOCH_S) << SECOND_BITS, latest + 1)


def second_of(mid: int) -> int:
    """Unix time at which the post with that mid was made."""
    return (mid >> SECOND_BITS) + EPOCH_S


def to_base62(mid: int) -> str:
    """The name of the post in its page's address: groups of 7 digits become groups of 4 letters."""
    head, group = divmod(mid, 10**DIGITS_PER_GROUP)
    letters = _letters(group)
    return to_base62(head) + letters.rjust(LETTERS_PER_GROUP, "0") if head else letters


def _letters(number: int) -> str:
    head, digit = divmod(number, len(ALPHABET))
    return (_letters(head) if head else "") + ALPHABET[digit]
