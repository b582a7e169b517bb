"""Length as the platform's console counts it, and cutting to that length."""

from __future__ import annotations

import regex

ELLIPSIS = "…"

SENTENCE_ENDS = frozenset("。！？；!?;")


def units(text: str) -> int:
    """Half-width units: one up to U+00FF, two for any other character.

    The documentation says neither "characters" nor "units" clearly; what fits in units fits either way.
    """
    return sum(1 if sign <= "\u00ff" else 2 for sign in text)


def cut(text: str, max_units: int) -> str:
    """``text`` shortened to ``max_units``: at the end of a sentence in its second half, else anywhere, with ``…``.

    Never inside what readers see as one character.
    """
    if units(text) <= max_units:
        return text
    kept, sentences = "", ""
    for sign in regex.findall(r"\X", text):
        if units(kept + sign) > max_units:
            break
        kept += sign
        if sign[0] in SENTENCE_ENDS:
            sentences = kept
    if 2 * units(sentences) >= max_units:
        return sentences
    while kept and units(kept + ELLIPSIS) > max_units:
        kept = "".join(regex.findall(r"\X", kept)[:-1])
    return kept.rstrip() + ELLIPSIS if units(ELLIPSIS) <= max_units else ""
