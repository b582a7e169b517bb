"""The item as ninjs 3.1, news in JSON: github.com/iptc/newsinjson, read 2026-11."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from channels.markup import plain_text
from channels.newspaper.piece import Piece
from channels.pictures import size_of

STANDARD = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json",
}


def ninjs_file(piece: Piece) -> bytes:
    """The bytes of a .json file; pictures are named by their files beside it."""
    document = {
        "uri": f"urn:publisher:{piece.key}",
        "standard": STANDARD,
        "type": "text",
        "representationType": "full",
        "version": str(piece.revision),
        "versionCreated": piece.made_at.isoformat(),
        "pubStatus": "usable",
        "language": "zh-Hans",
        "by": piece.byline,
        "headlines": [{"role": "main", "value": piece.title}],
        "bodies": [
            {"role": "main", "contentType": "text/html", "charCount": piece.characters, "value": piece.html},
            {"role": "plain", "contentType": "text/plain", "value": plain_text(piece.html)},
        ],
        "infoSources": [{"name": piece.source or piece.office_name}],
        "altIds": [{"role": "key", "value": piece.key}],
        "associations": list(_associations(piece)),
    }
    if piece.summary:
        document["descriptions"] = [{"role": "summary", "value": piece.summary}]
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _associations(piece: Piece) -> Iterator[dict[str, object]]:
    for number, (sha256, medium) in enumerate(piece.pictures.items(), start=1):
        width, height = size_of(medium.content)
        rendition = {
            "name": "print",
            "href": medium.name,
            "contentType": medium.media_type,
            "width": width,
            "height": height,
            "sizeInBytes": len(medium.content),
        }
        picture: dict[str, object] = {
            "name": f"picture-{number:02d}",
            "uri": f"urn:sha256:{hashlib.sha256(medium.content).hexdigest()}",
            "type": "picture",
            "renditions": [rendition],
        }
        if caption := piece.caption(sha256):
            picture["descriptions"] = [{"role": "caption", "value": caption}]
        yield picture
