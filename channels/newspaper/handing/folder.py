"""Handing over in a folder: the package appears there whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from channels import deadline
from channels.base import Evidence, Json, Place, Probe, Problem, Product, Receipt, Sighting, Steps
from channels.errors import NeverSent, OutcomeUnknown
from channels.files import folder_error, is_file_with, make_folder, sync_folder, try_folder, write_synced, write_whole
from channels.newspaper.handing.package import (
    MANIFEST,
    Handing,
    came_back,
    changed,
    fetched,
    handing_in,
    handing_time,
    package,
    package_name,
    proof_of,
)
from channels.newspaper.handing.shelf import WITHDRAWN, Earlier, notice_of, require_ours, stands, take_out, told
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
        self._shelf = LocalShelf(folder)

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Hand the package over. Raises as the base says; a second time changes nothing."""
        return self._hand_over(product, steps, None)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt:
        """Hand the package over in the place of the earlier one, which is taken out in the same breath."""
        return self._hand_over(product, steps, Earlier.of(receipt))

    def find(self, product: Product, steps: Steps) -> Receipt | None:
        """The receipt, where the whole package is in the folder.

        Raises PersonNeeded: it has been changed there, or somebody may have taken it already.
        """
        with self._troubles(package_name(product)):
            if self._final(product).exists():
                return self._receipt(product)
            # The draft becomes the package in one move: while it is there, that has not happened; with neither there,
            # the newspaper has fetched the package.
            if steps.begun_at("hand_over") is not None and not self._draft(product).exists():
                raise fetched(package_name(product))
        return None

    def withdraw(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Take the package out and leave a notice. Raises PersonNeeded: the newspaper had fetched it before."""
        earlier = Earlier.of(receipt)
        handing_time(steps)
        if steps.result("take_out") is None:
            with self._troubles():
                require_ours(self._shelf, earlier, self.place.office_name)
        steps.irreversible("take_out", lambda: self._take_out(earlier))
        return self._withdrawn(receipt, steps)

    def find_withdrawal(self, receipt: Receipt, steps: Steps) -> Receipt | None:
        """The proof that the package was taken out; what was not ended is. Raises PersonNeeded: somebody else did."""
        earlier = Earlier.of(receipt)
        with self._troubles():
            if stands(self._shelf, earlier):
                return None
            require_ours(self._shelf, earlier, self.place.office_name)
            take_out(self._shelf, earlier, self.place.office_name)
        return self._withdrawn(receipt, steps)

    def look(self, receipt: Receipt) -> Sighting:
        with self._troubles():
            return Sighting(is_there=stands(self._shelf, Earlier.of(receipt)))

    def check(self, product: Product) -> Sequence[Problem]:  # noqa: ARG002 - a folder takes everything
        return ()

    def probe(self) -> list[Probe]:
        return [try_folder(self.folder)]

    def _hand_over(self, product: Product, steps: Steps, earlier: Earlier | None) -> Receipt:
        handing = Handing(handing_time(steps), *((earlier.name, earlier.title) if earlier else ()))
        files = package(product, handing)
        with self._troubles(package_name(product)):
            if self._final(product).exists():
                return self._receipt(product)
            if self._shelf.read(notice_of(package_name(product))) is not None:
                raise came_back(package_name(product))
            if earlier is not None:
                stands(self._shelf, earlier)
        steps.repeatable("draft", lambda: self._write_draft(product, files))
        steps.irreversible("hand_over", lambda: self._move_in(product, files, earlier))
        with self._troubles(package_name(product)):
            return self._receipt(product)

    def _write_draft(self, product: Product, files: Mapping[str, bytes]) -> Json:
        draft = self._draft(product)
        with self._troubles(package_name(product)):
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

    def _move_in(self, product: Product, files: Mapping[str, bytes], earlier: Earlier | None) -> Json:
        # Again, because somebody may have swept hidden folders away since the draft was written.
        self._write_draft(product, files)
        name = package_name(product)
        with self._troubles(name):
            deadline.check()
            if earlier is not None:
                # First: the wrong text never stands beside the right one.
                take_out(self._shelf, earlier, self.place.office_name, new=name)
            self._draft(product).rename(self._final(product))
            sync_folder(self.folder)
        return {"package": name}

    def _take_out(self, earlier: Earlier) -> Json:
        with self._troubles():
            deadline.check()
            return {"mode": take_out(self._shelf, earlier, self.place.office_name)}

    def _receipt(self, product: Product) -> Receipt:
        """The proof: every file of the package read back and compared.

        Raises PersonNeeded: it is there with other content, or not there any more.
        """
        final, name = self._final(product), package_name(product)
        if not final.exists():
            raise fetched(name)
        handing = handing_in(self._shelf.read(f"{name}/{MANIFEST}") or b"")
        if handing is None or not holds(final, package(product, handing)):
            raise changed(name)
        earlier = Earlier(handing.replaces, handing.replaced_title)
        mode = told(self._shelf, earlier, self.place.office_name, new=name) if handing.replaces else ""
        return Receipt(
            remote_id=final.relative_to(self.place.home).as_posix()
            if final.is_relative_to(self.place.home)
            else str(final),
            published_at=datetime.fromisoformat(handing.at),
            evidence=Evidence.READ_BACK,
            raw={**proof_of(product), **({"mode": mode} if mode else {})},
        )

    def _withdrawn(self, receipt: Receipt, steps: Steps) -> Receipt:
        """The proof: the package read back as gone, by our own hand. Raises PersonNeeded: it is there again."""
        with self._troubles():
            if self._shelf.has_folder(Earlier.of(receipt).name):
                raise changed(Earlier.of(receipt).name)
        at = datetime.fromisoformat(handing_time(steps))
        raw = {**receipt.raw, "mode": WITHDRAWN}
        return Receipt(receipt.remote_id, at.astimezone(UTC), receipt.url, Evidence.READ_BACK, raw)

    def _final(self, product: Product) -> Path:
        return self.folder / package_name(product)

    def _draft(self, product: Product) -> Path:
        return self.folder / f".{package_name(product)}.part"

    @contextmanager
    def _troubles(self, package: str = "") -> Iterator[None]:
        """Keep two writers apart and give every trouble of the disk its name; ``package``: what is handed over."""
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
            if package and (self.folder / package).is_dir():
                raise OutcomeUnknown(
                    "The package {name} is in the folder, but it cannot be read back ({reason}).",
                    name=package,
                    reason=type(error).__name__,
                ) from error
            raise folder_error(error, self.folder) from error


class LocalShelf:
    """A folder of this machine. Implements ``Shelf``; every method raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has_folder(self, name: str) -> bool:
        return (self._folder / name).is_dir()

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, name: str, content: bytes) -> None:
        make_folder(self._folder)
        write_whole(self._folder / name, content)

    def rename(self, draft: str, name: str) -> None:
        (self._folder / draft).rename(self._folder / name)
        sync_folder(self._folder)

    def clear(self, beginning: str) -> None:
        for folder in self._folder.iterdir():
            if folder.name.startswith(beginning):
                shutil.rmtree(folder)


def holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether ``folder`` holds all of ``files``, byte for byte. Raises OSError."""
    return folder.is_dir() and all(is_file_with(folder / name, content) for name, content in files.items())
