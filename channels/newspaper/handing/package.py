"""The package: every file the newspaper gets of one item, and what it is called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from channels.base import Product, Steps
from channels.errors import PersonNeeded

MANIFEST = "manifest.json"


def package_name(product: Product) -> str:
    """What the package is called where it is handed over; with its issue, so that another one may have it again."""
    stem = product.fields["stem"]
    return f"{stem}_{product.issue}" if product.issue else stem


def package(product: Product, handed_over_at: str) -> dict[str, bytes]:
    """All files of the package by name, the manifest last: who it belongs to and the digest of each file."""
    files = {medium.name: medium.content for medium in product.media}
    manifest = {
        "key": product.key,
        "title": product.title,
        "column": product.fields["column_title"],
        "byline": product.fields["byline"],
        "characters": int(product.fields["characters"]),
        "words": int(product.fields["words"]),
        "handed_over_at": handed_over_at,
        "product_sha256": product.digest,
        "files": {medium.name: medium.sha256 for medium in product.media},
    }
    files[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    return files


def handing_time(steps: Steps) -> str:
    """When the handing over began, the same for every attempt: it stands in the manifest."""
    begun = steps.repeatable("time", lambda: {"at": datetime.now(UTC).replace(microsecond=0).isoformat()})
    return str(begun["at"])


def time_in(manifest: bytes) -> str:
    """When the package was handed over, as its manifest says; empty where that cannot be read."""
    try:
        return datetime.fromisoformat(json.loads(manifest)["handed_over_at"]).isoformat()
    except (ValueError, KeyError, TypeError):
        return ""


def digests(product: Product) -> Mapping[str, str]:
    """SHA-256 of each file, as the receipt keeps them."""
    return {medium.name: medium.sha256 for medium in product.media}


def fetched(product: Product) -> PersonNeeded:
    """The error to raise where a package was handed over and is gone."""
    return PersonNeeded(
        "The package {name} is no longer in the folder: ask the newspaper whether it has it, then confirm or deny.",
        name=package_name(product),
    )


def changed(product: Product) -> PersonNeeded:
    """The error to raise where a package is there, but not as it was handed over."""
    return PersonNeeded(
        "The package {name} is in the folder with other content: ask who changed it, and move it away if it is not "
        "the newspaper's.",
        name=package_name(product),
    )
