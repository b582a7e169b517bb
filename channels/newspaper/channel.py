"""A newspaper's column: each item is handed over as one folder that appears whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from channels import deadline
from channels.base import (
    Article,
    Capabilities,
    Channel,
    Evidence,
    Json,
    Place,
    Probe,
    Problem,
    Product,
    Receipt,
    Steps,
)
from channels.errors import NeverSent, OutcomeUnknown, PersonNeeded, Text
from channels.files import folder_error, is_file_with, make_folder, sync_folder, try_folder, write_synced
from channels.issues import IssuePlan, Room
from channels.newspaper.options import NewspaperOptions
from channels.newspaper.preview import preview
from channels.newspaper.render import check, gauges, render, size
from channels.preview import Gauge, OwnField, Preview

MANIFEST = "manifest.json"
MOST_ITEMS = 20
"""In one issue of a column, where the office says nothing else."""


class NewspaperChannel(Channel):
    """One column of one newspaper. Handed over is not printed: the issue is recorded when it has come out."""

    kind = "newspaper"
    Options = NewspaperOptions

    def __init__(self, key: str, options: NewspaperOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        self.folder = place.home / options.folder
        self._lock_path = self.folder.with_name(f".{self.folder.name}.lock")

    @property
    def capabilities(self) -> Capabilities:
        takes: frozenset[OwnField] = frozenset({"title", "html"})
        return Capabilities(
            outcome="handed_over", absence_after_s=0, look_after_s=(1,), notice=True, issues=MOST_ITEMS, takes=takes
        )

    @property
    def issues(self) -> IssuePlan:
        options = self.options.issues
        room = Room(options.items or MOST_ITEMS, self.options.capacity_chars, options.pictures)
        return IssuePlan(options, room)

    def size(self, fields: Mapping[str, str]) -> Room:
        return size(fields)

    def render(self, article: Article) -> Product:
        return render(article, self.options)

    def check(self, product: Product) -> list[Problem]:
        return check(product, self.options)

    def preview(self, product: Product, *, at: datetime) -> Preview:
        """The column as it might be set, and the package that is handed over, of which each file is final."""
        at = at.replace(microsecond=0)
        local = at.astimezone(ZoneInfo(self.place.timezone))
        files = package(product, at.astimezone(UTC).isoformat())
        return preview(product, files, local, name=self.name, capacity=self.options.capacity_chars)

    def gauges(self, article: Article) -> Sequence[Gauge]:
        return gauges(article, self.options)

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Hand the package over. Raises as the base says; a second time changes nothing."""
        begun = steps.repeatable("time", lambda: {"at": datetime.now(UTC).replace(microsecond=0).isoformat()})
        files = package(product, str(begun["at"]))
        with self._troubles(product):
            if self._final(product).exists():
                return self._receipt(product)
        steps.repeatable("draft", lambda: self._write_draft(product, files))
        steps.irreversible("hand_over", lambda: self._hand_over(product, files))
        with self._troubles(product):
            return self._receipt(product)

    def find(self, product: Product, steps: Steps) -> Receipt | None:
        """The receipt, where the whole package is in the folder.

        Raises PersonNeeded: it has been changed there, or somebody may have taken it already.
        """
        with self._troubles(product):
            if self._final(product).exists():
                return self._receipt(product)
            # The draft becomes the package in one move: while it is there, that has not happened; with neither there,
            # the newspaper has fetched the package.
            if steps.begun_at("hand_over") is not None and not self._draft(product).exists():
                raise _fetched(product)
        return None

    def taking_back(self) -> Text:
        return Text(
            "Before it is printed a person has it taken out; afterwards a correction notice (更正启事) in a later "
            "issue answers it."
        )

    def correcting(self) -> Text:
        return Text(
            "What was handed over is not exchanged: ask the newspaper before it is printed, or answer it with a "
            "correction notice (更正启事)."
        )

    def by_hand(self, title: str, url: str) -> Sequence[Text]:  # noqa: ARG002 - a paper has no address
        return (
            Text("Call {name} at once and ask whether “{title}” has gone to print.", name=self.name, title=title),
            Text("If not, have it taken out, move the package away from the folder, then hand in who promised it."),
            Text("If it is printed, submit a correction notice below; it goes into the column's next issue."),
            Text("When the notice has been printed, hand in the issue with its day and a picture of it."),
        )

    def probe(self) -> list[Probe]:
        return [try_folder(self.folder)]

    def _write_draft(self, product: Product, files: Mapping[str, bytes]) -> Json:
        draft = self._draft(product)
        with self._troubles(product):
            if not holds(draft, files):
                make_folder(self.folder)
                if draft.exists():
                    shutil.rmtree(draft)
                draft.mkdir()
                for name, content in files.items():
                    write_synced(draft / name, content)
                sync_folder(draft)
                sync_folder(self.folder)
        return {"draft": draft.name}

    def _hand_over(self, product: Product, files: Mapping[str, bytes]) -> Json:
        # Again, because somebody may have swept hidden folders away since the draft was written.
        self._write_draft(product, files)
        with self._troubles(product):
            deadline.check()
            self._draft(product).rename(self._final(product))
            sync_folder(self.folder)
        return {"package": package_name(product)}

    def _receipt(self, product: Product) -> Receipt:
        """The proof: every file of the package read back and compared.

        Raises PersonNeeded: it is there with other content, or not there any more.
        """
        final = self._final(product)
        if not final.exists():
            raise _fetched(product)
        at = _handed_over_at(final)
        if not at or not holds(final, package(product, at)):
            raise PersonNeeded(
                "The package {name} is in the folder with other content: ask who changed it, and move it away if it is "
                "not the newspaper's.",
                name=package_name(product),
            )
        return Receipt(
            remote_id=final.relative_to(self.place.home).as_posix()
            if final.is_relative_to(self.place.home)
            else str(final),
            published_at=datetime.fromisoformat(at),
            evidence=Evidence.READ_BACK,
            raw={"package": final.name, "files": {medium.name: medium.sha256 for medium in product.media}},
        )

    def _final(self, product: Product) -> Path:
        return self.folder / package_name(product)

    def _draft(self, product: Product) -> Path:
        return self.folder / f".{package_name(product)}.part"

    @contextmanager
    def _troubles(self, product: Product) -> Iterator[None]:
        """Keep two writers apart and give every trouble of the disk its name."""
        try:
            make_folder(self._lock_path.parent)
            with FileLock(self._lock_path, timeout=self.options.timeout_s / 2):
                yield
        except Timeout:
            raise NeverSent(
                "Another process is writing into the folder {folder} just now. It will be tried again.",
                folder=self.folder,
            ) from None
        except OSError as error:
            if self._final(product).is_dir():
                raise OutcomeUnknown(
                    "The package {name} is in the folder, but it cannot be read back ({reason}).",
                    name=package_name(product),
                    reason=type(error).__name__,
                ) from error
            raise folder_error(error, self.folder) from error


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
        **({"issue": product.issue} if product.issue else {}),
        "byline": product.fields["byline"],
        "characters": int(product.fields["characters"]),
        "words": int(product.fields["words"]),
        "handed_over_at": handed_over_at,
        "product_sha256": product.digest,
        "files": {medium.name: medium.sha256 for medium in product.media},
    }
    files[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    return files


def holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether ``folder`` holds all of ``files``, byte for byte. Raises OSError."""
    return folder.is_dir() and all(is_file_with(folder / name, content) for name, content in files.items())


def _fetched(product: Product) -> PersonNeeded:
    return PersonNeeded(
        "The package {name} is no longer in the folder: ask the newspaper whether it has it, then confirm or deny.",
        name=package_name(product),
    )


def _handed_over_at(folder: Path) -> str:
    """When the package was handed over, as its manifest says; empty where that cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return datetime.fromisoformat(manifest["handed_over_at"]).isoformat()
    except (OSError, ValueError, KeyError, TypeError):
        return ""
