"""Handing over on an SFTP server: uploaded under another name, read back, and renamed as the last step."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from channels import deadline
from channels.base import Evidence, Json, Place, Probe, Problem, Product, Receipt, Steps
from channels.errors import ChannelError, NeverSent, OutcomeUnknown, PersonNeeded, Text, message_id
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
from channels.newspaper.options import SFTP, SFTP_PLACE, NewspaperOptions
from channels.sftp import LOST, Account, RemoteFolder, reason_of


class SftpWay:
    """A folder on the newspaper's SFTP server."""

    # The rename may have been under way when the line broke: a minute later it has happened or will not.
    proofs = Proofs(absence_after_s=60, look_after_s=(5, 30, 120, 300))

    def __init__(self, account: Account) -> None:
        self.account = account

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Upload, read back, rename, and read back once more."""
        files = package(product, handing_time(steps))
        with self.account.session() as folder:
            if self._has(folder, package_name(product)):
                return self._receipt(folder, product)
            if steps.result("hand_over") is None:
                steps.repeatable("draft", lambda: self._upload(folder, product, files))
            steps.irreversible("hand_over", lambda: self._rename(folder, product, files))
            return self._receipt(folder, product)

    def find(self, product: Product, steps: Steps) -> Receipt | None:
        """The receipt, where the whole package is there. Raises PersonNeeded: it was changed, or fetched already."""
        with self.account.session() as folder:
            if self._has(folder, package_name(product)):
                return self._receipt(folder, product)
            if steps.begun_at("hand_over") is not None and not self._has(folder, _draft(product)):
                raise fetched(product)
        return None

    def check(self, product: Product) -> Sequence[Problem]:  # noqa: ARG002 - a server's limits are its own
        return ()

    def probe(self) -> list[Probe]:
        name = Text("Sign in at the SFTP server and look into the folder")
        try:
            with self.account.session() as folder, self._troubles():
                folder.names()
        except ChannelError as error:
            return [Probe(name, ok=False, detail=error.text)]
        return [Probe(name, ok=True, detail=Text("The server let us in."))]

    def _has(self, folder: RemoteFolder, name: str) -> bool:
        with self._troubles():
            return folder.has_folder(name)

    def _upload(self, folder: RemoteFolder, product: Product, files: Mapping[str, bytes]) -> Json:
        draft = _draft(product)
        with self._troubles():
            if not folder.has_folder(draft):
                folder.make_folder(draft)
            for name, content in files.items():
                if not _holds(folder, f"{draft}/{name}", content):
                    folder.write(f"{draft}/{name}", content)
            unlike = [name for name in files if not _holds(folder, f"{draft}/{name}", files[name])]
        if unlike:
            raise NeverSent("The file {name} did not arrive whole. It will be tried again.", name=unlike[0])
        return {"draft": draft}

    def _rename(self, folder: RemoteFolder, product: Product, files: Mapping[str, bytes]) -> Json:
        # Again, because somebody may have swept hidden folders away since it was uploaded.
        self._upload(folder, product, files)
        deadline.check()
        try:
            folder.rename(_draft(product), package_name(product))
        except LOST as error:
            raise OutcomeUnknown(
                "The package was to get its name on {host}, and the answer was lost or was an error ({reason}).",
                host=self.account.host,
                reason=reason_of(error),
            ) from error
        return {"package": package_name(product)}

    def _receipt(self, folder: RemoteFolder, product: Product) -> Receipt:
        """The proof: size and digest of every file read back. Raises PersonNeeded: it is there with other content."""
        final = package_name(product)
        with self._troubles(OutcomeUnknown):
            at = time_in(folder.read(f"{final}/{MANIFEST}") or b"")
            files = package(product, at) if at else {}
            is_whole = bool(files) and all(_holds(folder, f"{final}/{name}", files[name]) for name in files)
        if not is_whole:
            raise changed(product)
        where = f"sftp://{self.account.host}{self.account.folder.rstrip('/')}/{final}"
        raw = {"package": final, "files": dict(digests(product))}
        return Receipt(where, datetime.fromisoformat(at), evidence=Evidence.READ_BACK, raw=raw)

    @contextmanager
    def _troubles(self, lost: type[NeverSent | OutcomeUnknown] = NeverSent) -> Iterator[None]:
        """Give every trouble behind the sign-in its name; ``lost`` where the line broke."""
        try:
            yield
        except (PermissionError, FileNotFoundError) as error:
            text = message_id(
                "The folder {folder} on {host} cannot be used ({reason}): have the newspaper let us write there."
            )
            where, host = self.account.folder, self.account.host
            raise PersonNeeded(text, folder=where, host=host, reason=reason_of(error)) from error
        except LOST as error:
            text = message_id("The connection to the SFTP server {host} broke ({reason}). It will be tried again.")
            raise lost(text, host=self.account.host, reason=reason_of(error)) from error


def sftp_way(options: NewspaperOptions, place: Place) -> SftpWay:  # noqa: ARG001 - as every way is made
    """The way the options of a newspaper ask for. Raises ValueError: they have no place or no key of the server."""
    found = SFTP_PLACE.fullmatch(options.deliver.removeprefix(SFTP).removeprefix("//"))
    if found is None or options.sftp is None:
        raise ValueError(f"{options.deliver} is no place on an SFTP server whose key is known")
    account = Account(
        host=found["host"],
        port=int(found["port"] or 22),
        user=found["user"],
        folder=(found["path"] or "/").rstrip("/") or "/",
        host_key=options.sftp.host_key,
        password=options.sftp.password,
        private_key=options.sftp.private_key,
        timeout_s=options.timeout_s,
    )
    return SftpWay(account)


def _draft(product: Product) -> str:
    return f".{package_name(product)}.part"


def _holds(folder: RemoteFolder, name: str, content: bytes) -> bool:
    """Whether the file there has that size and digest. Raises what the connection raises."""
    if folder.size(name) != len(content):
        return False
    there = folder.read(name)
    return there is not None and hashlib.sha256(there).digest() == hashlib.sha256(content).digest()
