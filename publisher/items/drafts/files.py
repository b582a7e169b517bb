"""Files dropped on a draft: a manuscript that becomes its text, pictures, and attachments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from channels.base import ASSET
from channels.errors import Text
from publisher.items.actions import asset_store
from publisher.items.attachments import attachment
from publisher.items.drafts.content import ATTACHMENT, PICTURE, Content, File
from publisher.items.drafts.texts import brought_along, with_words, without_pictures
from publisher.items.manuscript import MAX_BYTES, UnreadableManuscript
from publisher.items.pictures import Pictures
from publisher.items.readers import READERS, read
from publisher.items.wishes import one_line

MANUSCRIPTS = tuple(READERS)
"""Endings of the files that become the text; those of pictures and anything else do not."""


def with_manuscript(content: Content, name: str, data: bytes) -> tuple[Content, tuple[Text, ...]]:
    """The content with a file's title, number, text and pictures instead of its own, and what the reader says of it.

    Raises UnreadableManuscript: nothing has changed then.
    """
    manuscript = read(None, data, name=name)
    files = (*content.attachments, *brought_along(manuscript.html, manuscript.media))
    html = with_words(manuscript.html, files)
    number = manuscript.document_number or content.document_number
    return replace(content, title=manuscript.title, html=html, files=files, document_number=number), manuscript.notes


def with_picture(content: Content, name: str, data: bytes) -> tuple[Content, File]:
    """The content with one more picture, which does not stand in the text yet. Raises UnreadableManuscript."""
    if len(data) > MAX_BYTES:
        raise UnreadableManuscript(
            "The picture {name} is larger than {limit} MB: make it smaller and submit again.",
            name=name,
            limit=MAX_BYTES // 1024**2,
        )
    pictures = Pictures()
    address = pictures.add(data, name=one_line(name)[-200:])
    (medium,) = pictures.named_in(f'<img src="{address}"')
    asset_store().put(medium.content)
    added = File.of(PICTURE, medium)
    there = next((file for file in content.pictures if file.sha256 == added.sha256), None)
    return (content, there) if there else (replace(content, files=(*content.files, added)), added)


def in_text(content: Content, picture: File) -> Content:
    """The content with the picture at the end of its text, for pages that cannot say where."""
    return replace(content, html=f'{content.html}<figure><img src="{ASSET}{picture.sha256}" alt=""></figure>')


def with_attachment(content: Content, name: str, data: bytes) -> Content:
    """The content with one more attachment. Raises UnreadableManuscript."""
    medium = attachment(name, data)
    asset_store().put(data)
    added = File.of(ATTACHMENT, medium)
    kept = [file for file in content.files if (file.role, file.sha256) != (ATTACHMENT, added.sha256)]
    return replace(content, files=(*kept, added))


def without(content: Content, role: str, digests: Sequence[str]) -> Content:
    """The content without those files; pictures leave the text, too."""
    files = tuple(file for file in content.files if file.role != role or file.sha256 not in digests)
    html = without_pictures(content.html, digests) if role == PICTURE else content.html
    return replace(content, files=files, html=html)
