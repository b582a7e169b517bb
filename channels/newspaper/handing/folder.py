"""Handing over in a folder: the package appears there whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from channels import deadline
from channels.base import Evidence, Json, Place, Probe, Problem, Product, Receipt, Steps
from channels.errors import NeverSent, OutcomeUnknown
from channels.files import folder_error, is_file_with, make_folder, sync_folder, try_folder, write_synced
from channels.newspaper.handing.package import (
    MANIFEST,
    changed,
    digests,
    fetched,
    handing_time,
    package,
    package_name,
    time_in,
)
from channels.newspaper.handing.way import Proofs


class FolderWay:
    """A folder of the newspaper's, or one it fetches from.

    Args:
        timeout_s: how long to wait for another process that writes there.
    """

    proofs = Proofs(absence_after_s=0, look_after_s=(1,))

    def __init__(self, folder: Path, place: Place, timeout_s: float) -> None:
        self.folder = folder
        self.place = place
        self._timeout_s = timeout_s
        self._lock_path = folder.with_name(f".{folder.name}.lock")

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Hand the package over. Raises as the base says; a second time changes nothing."""
        files = package(product, handing_time(steps))
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
                raise fetched(product)
        return None

    def check(self, product: Product) -> Sequence[Problem]:  # noqa: ARG002 - a folder takes everything
        return ()

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
            raise fetched(product)
        at = _time_of(final)
        if not at or not holds(final, package(product, at)):
            raise changed(product)
        return Receipt(
            remote_id=final.relative_to(self.place.home).as_posix()
            if final.is_relative_to(self.place.home)
            else str(final),
            published_at=datetime.fromisoformat(at),
            evidence=Evidence.READ_BACK,
            raw={"package": final.name, "files": digests(product)},
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
            with FileLock(self._lock_path, timeout=self._timeout_s / 2):
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


def holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether ``folder`` holds all of ``files``, byte for byte. Raises OSError."""
    return folder.is_dir() and all(is_file_with(folder / name, content) for name, content in files.items())


def _time_of(folder: Path) -> str:
    try:
        return time_in((folder / MANIFEST).read_bytes())
    except OSError:
        return ""
