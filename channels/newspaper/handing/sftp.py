"""Handing over on an SFTP server: uploaded under another name, read back, and renamed as the last step."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from channels import deadline
from channels.base import Evidence, Json, Place, Probe, Problem, Product, Receipt, Sighting, Steps
from channels.errors import ChannelError, NeverSent, OutcomeUnknown, PersonNeeded, Text, message_id
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
from channels.newspaper.options import SFTP, SFTP_PLACE, NewspaperOptions
from channels.sftp import LOST, Account, RemoteFolder, reason_of


class SftpWay:
    """A folder on the newspaper's SFTP server."""

    # The rename may have been under way when the line broke: a minute later it has happened or will not.
    proofs = Proofs(absence_after_s=60, look_after_s=(5, 30, 120, 300))

    def __init__(self, account: Account, office: str) -> None:
        self.account = account
        self.office = office

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Upload, read back, rename, and read back once more."""
        return self._hand_over(product, steps, None)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt:
        """The same, with the earlier package taken out right before the rename."""
        return self._hand_over(product, steps, Earlier.of(receipt))

    def find(self, product: Product, steps: Steps) -> Receipt | None:
        """The receipt, where the whole package is there. Raises PersonNeeded: it was changed, or fetched already."""
        with self.account.session() as folder:
            if self._has(folder, package_name(product)):
                return self._receipt(folder, product)
            if steps.begun_at("hand_over") is not None and not self._has(folder, _draft(product)):
                raise fetched(package_name(product))
        return None

    def withdraw(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Take the package out and leave a notice. Raises PersonNeeded: the newspaper had fetched it before."""
        earlier = Earlier.of(receipt)
        handing_time(steps)
        with self.account.session() as folder:
            if steps.result("take_out") is None:
                with self._troubles():
                    require_ours(folder, earlier, self.office)
            steps.irreversible("take_out", lambda: self._take_out(folder, earlier))
            return self._withdrawn(folder, receipt, steps)

    def find_withdrawal(self, receipt: Receipt, steps: Steps) -> Receipt | None:
        """The proof that the package was taken out; what was not ended is. Raises PersonNeeded: somebody else did."""
        earlier = Earlier.of(receipt)
        with self.account.session() as folder:
            with self._troubles():
                if stands(folder, earlier):
                    return None
                require_ours(folder, earlier, self.office)
                take_out(folder, earlier, self.office)
            return self._withdrawn(folder, receipt, steps)

    def look(self, receipt: Receipt) -> Sighting:
        with self.account.session() as folder, self._troubles():
            return Sighting(is_there=stands(folder, Earlier.of(receipt)))

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

    def _hand_over(self, product: Product, steps: Steps, earlier: Earlier | None) -> Receipt:
        handing = Handing(handing_time(steps), *((earlier.name, earlier.title) if earlier else ()))
        files, name = package(product, handing), package_name(product)
        with self.account.session() as folder:
            if self._has(folder, name):
                return self._receipt(folder, product)
            with self._troubles():
                if folder.read(notice_of(name)) is not None:
                    raise came_back(name)
                if earlier is not None:
                    stands(folder, earlier)
            if steps.result("hand_over") is None:
                steps.repeatable("draft", lambda: self._upload(folder, product, files))
            steps.irreversible("hand_over", lambda: self._move_in(folder, product, files, earlier))
            return self._receipt(folder, product)

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

    def _move_in(
        self, folder: RemoteFolder, product: Product, files: Mapping[str, bytes], earlier: Earlier | None
    ) -> Json:
        # Again, because somebody may have swept hidden folders away since it was uploaded.
        self._upload(folder, product, files)
        with self._moving():
            if earlier is not None:
                # First: the wrong text never stands beside the right one.
                take_out(folder, earlier, self.office, new=package_name(product))
            folder.rename(_draft(product), package_name(product))
        return {"package": package_name(product)}

    def _take_out(self, folder: RemoteFolder, earlier: Earlier) -> Json:
        with self._moving():
            return {"mode": take_out(folder, earlier, self.office)}

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """What is moved here is moved in time; an error answer does not say that nothing was."""
        deadline.check()
        try:
            yield
        except LOST as error:
            raise OutcomeUnknown(
                "The package was to get its name on {host}, and the answer was lost or was an error ({reason}).",
                host=self.account.host,
                reason=reason_of(error),
            ) from error

    def _receipt(self, folder: RemoteFolder, product: Product) -> Receipt:
        """The proof: size and digest of every file read back. Raises PersonNeeded: it is there with other content."""
        final, mode = package_name(product), ""
        with self._troubles(OutcomeUnknown):
            handing = handing_in(folder.read(f"{final}/{MANIFEST}") or b"")
            files = package(product, handing) if handing else {}
            if handing is None or not all(_holds(folder, f"{final}/{name}", files[name]) for name in files):
                raise changed(final)
            if handing.replaces:
                mode = told(folder, Earlier(handing.replaces, handing.replaced_title), self.office, new=final)
        where = f"sftp://{self.account.host}{self.account.folder.rstrip('/')}/{final}"
        raw = {**proof_of(product), **({"mode": mode} if mode else {})}
        return Receipt(where, datetime.fromisoformat(handing.at), evidence=Evidence.READ_BACK, raw=raw)

    def _withdrawn(self, folder: RemoteFolder, receipt: Receipt, steps: Steps) -> Receipt:
        """The proof: the package read back as gone, by our own hand. Raises PersonNeeded: it is there again."""
        name = Earlier.of(receipt).name
        with self._troubles(OutcomeUnknown):
            if folder.has_folder(name):
                raise changed(name)
        at, raw = datetime.fromisoformat(handing_time(steps)), {**receipt.raw, "mode": WITHDRAWN}
        return Receipt(receipt.remote_id, at, receipt.url, Evidence.READ_BACK, raw)

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


def sftp_way(options: NewspaperOptions, place: Place) -> SftpWay:
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
    return SftpWay(account, place.office_name)


def _draft(product: Product) -> str:
    return f".{package_name(product)}.part"


def _holds(folder: RemoteFolder, name: str, content: bytes) -> bool:
    """Whether the file there has that size and digest. Raises what the connection raises."""
    if folder.size(name) != len(content):
        return False
    there = folder.read(name)
    return there is not None and hashlib.sha256(there).digest() == hashlib.sha256(content).digest()
