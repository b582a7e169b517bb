"""Everything somebody has written in a draft, as one value: compared, kept in the history, and put back from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from channels.base import Medium
from publisher.items.models import Disclosure, Draft, DraftAsset, RevisionAsset

PICTURE, ATTACHMENT = RevisionAsset.Role.PICTURE, RevisionAsset.Role.ATTACHMENT


@dataclass(frozen=True, slots=True)
class File:
    """A picture or attachment; its bytes lie in the store."""

    role: str
    sha256: str
    name: str
    media_type: str
    alt: str = ""
    caption: str = ""

    @classmethod
    def of(cls, role: str, medium: Medium, *, caption: str = "") -> File:
        return cls(role, medium.sha256, medium.name[:255], medium.media_type, medium.alt, caption)


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a draft. ``html`` is clean; every picture it names is among the ``files``."""

    title: str = ""
    html: str = ""
    summary: str = ""
    column: str = ""
    section: str = ""
    author: str = ""
    source: str = ""
    origin: str = "own"
    source_url: str = ""
    document_number: str = ""
    interprets: str = ""
    in_force_until: date | None = None
    disclosure: str = Disclosure.PROACTIVE
    disclosure_reason: str = ""
    channels: tuple[str, ...] = ()
    publish_at: datetime | None = None
    note: str = ""
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: tuple[File, ...] = ()

    @property
    def pictures(self) -> list[File]:
        return [file for file in self.files if file.role == PICTURE]

    @property
    def attachments(self) -> list[File]:
        return [file for file in self.files if file.role == ATTACHMENT]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written yet; what is chosen from lists does not count."""
        return not (self.title or self.html or self.files or self.note or self.summary)

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        values["channels"] = list(self.channels)
        values["in_force_until"] = self.in_force_until.isoformat() if self.in_force_until else None
        values["publish_at"] = self.publish_at.isoformat() if self.publish_at else None
        values["variants"] = dict(self.variants)
        values["files"] = [asdict(file) for file in self.files]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Content:
        """What was kept; fields of other versions of the program are passed over, or are as in an empty draft."""
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        known["channels"] = tuple(known.get("channels", ()))
        known["in_force_until"] = date.fromisoformat(day) if (day := known.get("in_force_until")) else None
        known["publish_at"] = datetime.fromisoformat(known["publish_at"]) if known.get("publish_at") else None
        known["files"] = tuple(File(**file) for file in known.get("files", ()))
        return cls(**known)


COLUMNS = tuple(one.name for one in fields(Content) if one.name not in ("channels", "files", "variants"))


def content_of(draft: Draft) -> Content:
    """What stands in a draft now. Its files are asked for unless they were fetched along with it."""
    values = {name: getattr(draft, name) for name in COLUMNS}
    assets = sorted(draft.assets.all(), key=lambda asset: asset.position)
    files = tuple(File(a.role, a.sha256, a.name, a.media_type, a.alt, a.caption) for a in assets)
    return Content(**values, channels=tuple(draft.channels), variants=draft.variants, files=files)


def write(draft: Draft, content: Content) -> None:
    """Put ``content`` into the columns of ``draft``, without saving it."""
    for name in COLUMNS:
        setattr(draft, name, getattr(content, name))
    draft.channels = list(content.channels)
    draft.variants = {channel: dict(variant) for channel, variant in content.variants.items()}


def write_files(draft: Draft, files: Sequence[File]) -> None:
    """Make ``files`` those of ``draft``."""
    draft.assets.all().delete()
    DraftAsset.objects.bulk_create(
        DraftAsset(draft=draft, position=place, **asdict(file)) for place, file in enumerate(files)
    )
