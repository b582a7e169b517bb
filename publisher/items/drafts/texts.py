"""The text of a draft as it comes from an editor, a clipboard or a file: clean, and with what its pictures say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from channels.base import ASSET, Medium
from channels.errors import Text
from publisher.items.actions import asset_store
from publisher.items.cleaning import clean
from publisher.items.drafts.content import PICTURE, File
from publisher.items.inline import plain
from publisher.items.pictures import NAMED, Pictures

_IMAGE = re.compile(rf'<img src="{ASSET}([0-9a-f]{{64}})" alt="[^"]*">')
_FIGURE = re.compile(
    rf'<figure>(<img src="{ASSET}([0-9a-f]{{64}})" alt="[^"]*">)(?:<figcaption>(.*?)</figcaption>)?</figure>', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Clean HTML, the draft's files with those the HTML brought along, and what was left out."""

    html: str
    files: tuple[File, ...]
    notes: tuple[Text, ...] = ()


def take(html: str, files: Sequence[File]) -> Taken:
    """Any HTML as the text of a draft that has these files; pictures within it are put into the store.

    What the draft's own pictures say is what their files say; the others bring their descriptions along.
    Raises UnreadableManuscript: a picture is broken, or the HTML is nested beyond reason.
    """
    known = [file for file in files if file.role == PICTURE]
    cleaned = clean(html, _DraftPictures(known={file.sha256 for file in known}))
    brought = brought_along(cleaned.html, cleaned.media)
    together = (*files, *(file for file in brought if file.sha256 not in {other.sha256 for other in known}))
    return Taken(with_words(cleaned.html, together), together, cleaned.notes)


def brought_along(html: str, media: Sequence[Medium]) -> list[File]:
    """Pictures that came with clean HTML, put into the store, with the captions it gives them."""
    found = {figure[2]: plain(figure[3]) for figure in _FIGURE.finditer(html) if figure[3]}
    for medium in media:
        asset_store().put(medium.content)
    return [File.of(PICTURE, medium, caption=found.get(medium.sha256, "")) for medium in media]


def with_words(html: str, files: Sequence[File]) -> str:
    """Clean HTML in which every picture has the description and the caption of its file."""
    words = {file.sha256: file for file in files if file.role == PICTURE}
    html = _FIGURE.sub(lambda figure: _figure(figure[1], words.get(figure[2])), html)
    return _IMAGE.sub(lambda image: _image(image[1], words.get(image[1])), html)


def without_pictures(html: str, digests: Collection[str]) -> str:
    """Clean HTML without those pictures and their captions."""
    html = _FIGURE.sub(lambda figure: "" if figure[2] in digests else figure[0], html)
    return _IMAGE.sub(lambda image: "" if image[1] in digests else image[0], html)


def named(html: str) -> list[str]:
    """SHA-256 of the pictures clean HTML names, in reading order, each once."""
    return list(dict.fromkeys(NAMED.findall(html)))


def media_of(files: Sequence[File], order: Sequence[str] = ()) -> tuple[Medium, ...]:
    """Files with their bytes, where ``order`` is given only those and in that order. Raises DamagedAsset."""
    by_sha: Mapping[str, File] = {file.sha256: file for file in files}
    chosen = [by_sha[sha256] for sha256 in order if sha256 in by_sha] if order else list(files)
    store = asset_store()
    return tuple(
        Medium(file.name, file.media_type, store.read(file.sha256), _line(file.alt), _line(file.caption))
        for file in chosen
    )


class _DraftPictures(Pictures):
    """A draft is kept whatever its text names: what is not there is left out, and said."""

    def _local_address(self, source: str, alt: str) -> str | None:  # noqa: ARG002 - its base needs it
        self._leave_out("The picture {address} could not be taken along: insert it again as a file.", source)
        return None


def _figure(image: str, file: File | None) -> str:
    caption = escape(_line(file.caption), quote=False) if file else ""
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>" if caption else f"<figure>{image}</figure>"


def _image(sha256: str, file: File | None) -> str:
    return f'<img src="{ASSET}{sha256}" alt="{escape(_line(file.alt)) if file else ""}">'


def _line(text: str) -> str:
    return " ".join(text.split())
