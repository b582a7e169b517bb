"""What the templates of calls may name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from channels.base import Medium, Product
from channels.markup import plain_text
from channels.website import render as website
from channels.website.handing import file_name, place_files, without_files

AS_THEY_ARE = (
    *("summary", "author", "source", "section", "document_number", "source_url", "name", "office"),
    *("column", "column_key", "column_name", "column_class"),
)

NOTHING = {"title": "publisher-probe", "key": "publisher-0-r1", "name": "publisher-0", "item": 0, "revision": 1}
"""Values of an item nobody has, for a question that finds nothing."""


def item_values(
    product: Product, addresses: Mapping[str, str], ids: Mapping[str, str], *, zone: ZoneInfo
) -> dict[str, object]:
    """Values of a product.

    Args:
        addresses, ids: what the system has given for the files, by their digests.
        zone: of the office; days and times are told in it.
    """
    fields = product.fields
    return {name: fields.get(name, "") for name in AS_THEY_ARE} | {
        "title": product.title,
        "html": place_files(without_files(product.body, addresses), addresses.__getitem__),
        "text": plain_text(product.body),
        "key": product.key,
        "item": int(fields["item"]),
        "revision": int(fields["revision"]),
        "created": local(fields["created_on"], zone),
        "now": datetime.now(zone),
        "cover": addresses.get(fields["cover"], ""),
        "cover_id": ids.get(fields["cover"], ""),
        "files": [
            {"name": one.name, "url": addresses[one.sha256]}
            for one in website.attachments(product)
            if one.sha256 in addresses
        ],
        "remote_id": "",
        "url": "",
    }


def file_values(medium: Medium, content: str) -> dict[str, object]:
    """Values of one file; ``content`` is its bytes in base64."""
    return {
        "file": "",
        "file_name": file_name(medium),
        "file_title": medium.name,
        "file_alt": medium.alt,
        "file_base64": content,
        "file_sha256": medium.sha256,
    }


def local(moment: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(moment).astimezone(zone)
