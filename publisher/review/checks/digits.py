"""Check digits of the numbers that official texts are full of. A number is given without blanks, letters in capitals.

Sources: GB 11643-1999 (identity numbers), GB 32100-2015 (credit codes), ISO/IEC 7812-1 (cards).
"""

from __future__ import annotations

from datetime import date

IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECKS = "10X98765432"
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def identity_check(first: str) -> str:
    """The last character of an identity number, from the 17 digits before it."""
    total = sum(int(digit) * weight for digit, weight in zip(first, IDENTITY_WEIGHTS, strict=True))
    return IDENTITY_CHECKS[total % 11]


def is_identity(number: str) -> bool:
    return identity_check(number[:17]) == number[17]


def born(digits: str) -> date | None:
    """The day ``YYYYMMDD`` names; None where there is no such day."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def is_card(number: str) -> bool:
    """Whether the Luhn sum fits."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def credit_check(first: str) -> str:
    """The last character of a unified social credit code, from the 17 before it."""
    total = sum(CREDIT_SIGNS.index(sign) * (3**place % 31) for place, sign in enumerate(first))
    # 31 stands for a remainder of 0 and has no sign of its own.
    return CREDIT_SIGNS[(31 - total % 31) % 31]


def is_credit_code(code: str) -> bool:
    return len(code) == 18 and set(code) <= set(CREDIT_SIGNS) and credit_check(code[:17]) == code[17]
