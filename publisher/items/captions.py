"""Captions of pictures: in the text, where every channel finds them, and beside the description of the picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from channels import markup
from channels.base import ASSET, Medium
from publisher.items.manuscript import Manuscript

_BARE = re.compile(rf'<figure><img src="{ASSET}([0-9a-f]{{64}})" alt="[^"]*"></figure>')


def captioned(manuscript: Manuscript) -> Manuscript:
    """The same manuscript, its text and its pictures saying the same captions.

    A picture that stands by itself and has none gets the one that was given with it; what the text says goes before.
    """
    given = {medium.sha256: escape(" ".join(medium.caption.split()), quote=False) for medium in manuscript.media}
    html = _BARE.sub(lambda bare: _with_caption(bare[0], given.get(bare[1], "")), manuscript.html)
    return replace(manuscript, html=html, media=_as_in(html, manuscript.media))


def _with_caption(figure: str, caption: str) -> str:
    return f"{figure.removesuffix('</figure>')}<figcaption>{caption}</figcaption></figure>" if caption else figure


def _as_in(html: str, media: Sequence[Medium]) -> tuple[Medium, ...]:
    found = markup.captions(html)
    return tuple(replace(m, caption=found.get(m.sha256) or " ".join(m.caption.split())) for m in media)
