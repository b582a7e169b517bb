"""What was changed from one revision of an item to the next, by the parts that steps of the approval name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from publisher.items.models import Revision, RevisionAsset

PART_OF_COLUMN = {"title": "title", "html": "text", "summary": "text", "channels": "channels", "publish_at": "time"}
UNCHANGING = frozenset({"id", "item", "number", "digest", "created_at", "created_by"})
"""Columns that tell revisions apart without being anything a reader sees."""


def parts(revision: Revision) -> dict[str, Any]:
    """Everything that makes up a revision, by part; a column that is new to the program counts as one of the facts."""
    found: dict[str, Any] = {"files": [_asset(asset) for asset in revision.assets.all()]}
    for field in Revision._meta.concrete_fields:
        if field.name not in UNCHANGING:
            part = found.setdefault(PART_OF_COLUMN.get(field.name, "facts"), {})
            part[field.name] = getattr(revision, field.attname)
    found["text"]["variants"] = [
        [variant.channel, variant.title, variant.summary, variant.html, variant.cover]
        for variant in revision.variants.order_by("channel")
    ]
    return found


def changed_parts(before: Revision, after: Revision) -> set[str]:
    """The parts in which two revisions differ."""
    old, new = parts(before), parts(after)
    return {name for name in old if old[name] != new[name]}


def is_unchanged(before: Revision, after: Revision, names: Iterable[str]) -> bool:
    """Whether none of these parts was changed."""
    return changed_parts(before, after).isdisjoint(names)


def _asset(asset: RevisionAsset) -> dict[str, Any]:
    columns = {field.attname: getattr(asset, field.attname) for field in RevisionAsset._meta.concrete_fields}
    return {name: value for name, value in columns.items() if name not in ("id", "revision_id")}
