"""The package: every file the newspaper gets of one item, and what it is called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from channels.base import Product, Steps
from channels.errors import PersonNeeded, ProductRefused

MANIFEST = "manifest.json"


def package_name(product: Product) -> str:
    """What the package is called where it is handed over; with its issue, so that another one may have it again."""
    stem = product.fields["stem"]
    return f"{stem}_{product.issue}" if product.issue else stem


@dataclass(frozen=True, slots=True)
class Handing:
    """What a manifest says of the handing over: when, and which package this one replaces, with its title."""

    at: str
    replaces: str = ""
    replaced_title: str = ""


def package(product: Product, handing: Handing) -> dict[str, bytes]:
    """All files of the package by name, the manifest last: who it belongs to and the digest of each file."""
    files = {medium.name: medium.content for medium in product.media}
    manifest = {
        "key": product.key,
        "title": product.title,
        "column": product.fields["column_title"],
        "byline": product.fields["byline"],
        "characters": int(product.fields["characters"]),
        "words": int(product.fields["words"]),
        "handed_over_at": handing.at,
        "product_sha256": product.digest,
        "files": {medium.name: medium.sha256 for medium in product.media},
    }
    if handing.replaces:
        manifest |= {"replaces": handing.replaces, "replaced_title": handing.replaced_title}
    files[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    return files


def handing_time(steps: Steps) -> str:
    """When the handing over began, the same for every attempt: it stands in the manifest."""
    begun = steps.repeatable("time", lambda: {"at": datetime.now(UTC).replace(microsecond=0).isoformat()})
    return str(begun["at"])


def handing_in(manifest: bytes) -> Handing | None:
    """What a manifest says of its handing over; None where that cannot be read."""
    try:
        found = json.loads(manifest)
        at = datetime.fromisoformat(found["handed_over_at"]).isoformat()
        return Handing(at, str(found.get("replaces", "")), str(found.get("replaced_title", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def proof_of(product: Product) -> dict[str, object]:
    """What a receipt keeps of the package: also what is needed to replace or withdraw it."""
    return {"package": package_name(product), "title": product.title, "files": digests(product)}


def digests(product: Product) -> Mapping[str, str]:
    """SHA-256 of each file, as the receipt keeps them."""
    return {medium.name: medium.sha256 for medium in product.media}


def fetched(name: str) -> PersonNeeded:
    """The error to raise where a package was handed over and is gone."""
    return PersonNeeded(
        "The package {name} is no longer in the folder: ask the newspaper whether it has it, then confirm or deny.",
        name=name,
    )


def changed(name: str) -> PersonNeeded:
    """The error to raise where a package is there, but not as it was handed over."""
    return PersonNeeded(
        "The package {name} is in the folder with other content: ask who changed it, and move it away if it is not "
        "the newspaper's.",
        name=name,
    )


def came_back(name: str) -> ProductRefused:
    """The error to raise where a package is to be handed over that was replaced or withdrawn."""
    return ProductRefused(
        "The package {name} was replaced or withdrawn at the newspaper, so it is not handed over again: submit a new "
        "revision.",
        name=name,
    )
