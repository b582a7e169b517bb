"""Taking out of a newspaper's folder what was handed over there: for good, or because another package replaces it.

The package leaves in one move and a notice for people stays in its place. What is in the folder says how far that has
come, so that it can be gone on with after any crash: the package, then the package aside, then the notice alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

from channels.base import Receipt
from channels.errors import PersonNeeded
from channels.newspaper.handing.package import changed

WITHDRAWN, WITHDRAWN_LATE = "withdrawn", "withdrawn_late"
REPLACED, REPLACED_LATE = "replaced", "replaced_late"
"""What a notice says, and with it the log; late: the newspaper had fetched the package before."""

SENTENCES = {
    WITHDRAWN: "【撤稿】《{title}》已撤回，稿件 {name} 已从本目录取走，请勿刊用。",
    WITHDRAWN_LATE: "【撤稿】《{title}》已撤回，稿件 {name} 此前已被取走，请勿刊用，并请告知是否撤下。",
    REPLACED: "【更正】《{title}》已更正，稿件 {name} 已从本目录取走，请以 {new} 为准。",
    REPLACED_LATE: "【更正】《{title}》已更正，稿件 {name} 此前已被取走，请勿刊用，请以 {new} 为准。",
}


class Shelf(Protocol):
    """The newspaper's folder, wherever it is. Names are relative to it; everything raises what its way raises."""

    def has_folder(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes | None: ...

    def write(self, name: str, content: bytes) -> None: ...

    def rename(self, draft: str, name: str) -> None: ...

    def clear(self, beginning: str) -> None:
        """Remove the folders whose names begin so, with the files in them."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A package that was handed over before; ``files`` are the digests it had then."""

    name: str
    title: str
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The package a receipt proves; those of the first versions do not say its title."""
        name = str(receipt.raw.get("package") or receipt.remote_id.rpartition("/")[2])
        files = receipt.raw.get("files")
        return cls(name, str(receipt.raw.get("title") or name), files if isinstance(files, dict) else {})

    @property
    def notice(self) -> str:
        """The file that says that it is not to be printed any more."""
        return notice_of(self.name)

    @property
    def aside(self) -> str:
        return f".{self.name}.withdrawn"


def notice_of(name: str) -> str:
    """What the notice about the package of that name is called."""
    return f"{name}_作废.txt"


def stands(shelf: Shelf, earlier: Earlier) -> bool:
    """Whether the package is there as it was handed over. Raises PersonNeeded: it is there with other content."""
    if not shelf.has_folder(earlier.name):
        return False
    for file, digest in earlier.files.items():
        content = shelf.read(f"{earlier.name}/{file}")
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise changed(earlier.name)
    return True


def take_out(shelf: Shelf, earlier: Earlier, office: str, *, new: str = "") -> str:
    """Take the package out and leave the notice; once more changes nothing. ``new``: name of what replaces it.

    Returns what the notice says: also whether it was we who took the package out.
    """
    if shelf.has_folder(earlier.name):
        if shelf.has_folder(earlier.aside):
            shelf.clear(earlier.aside)
        shelf.rename(earlier.name, earlier.aside)
    said = told(shelf, earlier, office, new=new)
    if shelf.has_folder(earlier.aside):
        said = REPLACED if new else WITHDRAWN
    said = said or (REPLACED_LATE if new else WITHDRAWN_LATE)
    notice = _words(earlier, office, said, new)
    if shelf.read(earlier.notice) != notice:
        shelf.write(earlier.notice, notice)
    if shelf.has_folder(earlier.aside):
        shelf.clear(earlier.aside)
    return said


def told(shelf: Shelf, earlier: Earlier, office: str, *, new: str = "") -> str:
    """What our notice there says of the package; empty where there is none."""
    there = shelf.read(earlier.notice)
    known = (REPLACED, REPLACED_LATE) if new else (WITHDRAWN, WITHDRAWN_LATE)
    return next((said for said in known if there == _words(earlier, office, said, new)), "")


def require_ours(shelf: Shelf, earlier: Earlier, office: str) -> None:
    """Make sure that the package is there, or that it was we who took it out.

    Raises PersonNeeded: it was fetched before, which the notice then says; or it is there with other content.
    """
    if stands(shelf, earlier) or shelf.has_folder(earlier.aside) or told(shelf, earlier, office) == WITHDRAWN:
        return
    take_out(shelf, earlier, office)
    raise PersonNeeded(
        "The newspaper has fetched the package {name} already; the notice {notice} in the folder asks it not to print "
        "it. Call the newspaper, then confirm with its answer, or cancel where it is too late.",
        name=earlier.name,
        notice=earlier.notice,
    )


def _words(earlier: Earlier, office: str, said: str, new: str) -> bytes:
    sentence = SENTENCES[said].format(title=earlier.title, name=earlier.name, new=new)
    return f"{sentence}\r\n{office}\r\n".encode()
