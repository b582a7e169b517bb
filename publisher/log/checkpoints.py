"""Checkpoints: small texts that say what the log was at a time, to be kept where this machine cannot change them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from channels.files import is_file_with, make_folder, write_whole
from publisher.log import queries, verifier
from publisher.log.actions import locked_head
from publisher.log.models import Checkpoint
from publisher.office import Office

FOLDER = "checkpoints"
"""Where every checkpoint is kept in the home."""


def newest(office: str) -> Checkpoint | None:
    return listed(office).last()


def listed(office: str) -> QuerySet[Checkpoint]:
    """All checkpoints of an office, oldest first."""
    return Checkpoint.objects.filter(office=office).order_by("number")


def text(checkpoint: Checkpoint) -> str:
    """The checkpoint as it is printed, mailed and published, with the digest it was made with."""
    return f"{printed(checkpoint).body}sha256: {checkpoint.digest}\n"


def printed(checkpoint: Checkpoint) -> verifier.Checkpoint:
    made = checkpoint.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return verifier.Checkpoint(checkpoint.office, checkpoint.number, checkpoint.head, made, checkpoint.before)


def make(office: Office, *, now: datetime) -> Checkpoint | None:
    """Make a checkpoint of the log as it stands, or return the newest where it says that; None of an empty log."""
    with transaction.atomic():
        # Nobody writes into the log, or makes another checkpoint, before this one is committed.
        return _make(office, now)


def make_daily(office: Office, *, now: datetime) -> Checkpoint | None:
    """Make one where entries of an earlier day are in no checkpoint yet; None where all of them are."""
    if not is_due(office, now):
        return None
    with transaction.atomic():
        locked_head(office.slug)
        return _make(office, now) if is_due(office, now) else None


def is_due(office: Office, now: datetime) -> bool:
    """Whether there are entries of an earlier day, by the office's calendar, in no checkpoint."""
    last = newest(office.slug)
    uncovered = queries.book(office.slug).filter(seq__gt=last.number if last else 0).order_by("seq")
    first = uncovered.values_list("at", flat=True).first()
    return first is not None and _day(office, first) < _day(office, now)


def folders(office: Office) -> list[Path]:
    """Where the checkpoints of an office belong: in the home, and in every folder the office names."""
    home = Path(settings.PUBLISHER_HOME)
    return [home / FOLDER, *(home / name for name in office.log.checkpoint_folders)]


def file_name(office: Office, checkpoint: Checkpoint) -> str:
    return f"{office.slug}-{_day(office, checkpoint.made_at)}-{checkpoint.number:08}.txt"


def write(office: Office, checkpoint: Checkpoint, folder: Path) -> Path:
    """Put a checkpoint into a folder; one that is there already stays untouched. Raises OSError."""
    make_folder(folder)
    path = folder / file_name(office, checkpoint)
    write_whole(path, text(checkpoint).encode())
    return path


def absent_from(office: Office, checkpoint: Checkpoint) -> list[Path]:
    """The folders in which a checkpoint belongs and is not, or says something else."""
    content = text(checkpoint).encode()
    return [folder for folder in folders(office) if not _holds(folder / file_name(office, checkpoint), content)]


def kept_texts(office: str) -> list[str]:
    """What the checkpoints in the home say, those in the database and those in its folder."""
    kept = [text(checkpoint) for checkpoint in listed(office)]
    files = sorted((Path(settings.PUBLISHER_HOME) / FOLDER).glob(f"{office}-*.txt"))
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in files)
    return [*kept, *(each for each in texts if verifier.checkpoints(each))]


def _make(office: Office, now: datetime) -> Checkpoint | None:
    head = locked_head(office.slug)
    last = newest(office.slug)
    if head.seq == 0 or (last and last.number == head.seq):
        return last
    before = last.digest if last else verifier.START
    made = Checkpoint(
        office=office.slug, number=head.seq, head=head.hash, made_at=now.replace(microsecond=0), before=before
    )
    made.digest = printed(made).digest
    made.save(force_insert=True)
    return made


def _holds(path: Path, content: bytes) -> bool:
    try:
        return is_file_with(path, content)
    except OSError:
        return False


def _day(office: Office, at: datetime) -> str:
    return at.astimezone(office.timezone).date().isoformat()
