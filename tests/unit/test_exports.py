"""What is written out is whole, proves itself, and can be taken in again as an archive that nobody changes."""

from __future__ import annotations

import copy
import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation
from pytest_django import Settings

from publisher.cli.logbook import log as command
from publisher.log import archives, checkpoints, exports, guard, queries, verifier, verify
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.models import Archive, ArchivedEntry, LogEntry
from publisher.office import Office, get_office
from tests.chains import Row, chained, facts_of, json_lines, log
from tests.tampering import SOUND, forge
from tests.world import MODEL

pytestmark = pytest.mark.django_db

TITLE = '=1+1 “钒钛”, "a\\b"\r\n第二行\u2028 😀'


@pytest.fixture
def office(home: Path, settings: Settings) -> Office:
    settings.PUBLISHER_CONFIG = MODEL
    get_office.cache_clear()
    guard.install(connection)
    return get_office()


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def write(office: Office, count: int, moment: str) -> None:
    with time_machine.travel(moment, tick=False), transaction.atomic():
        for number in range(count):
            subject = Subject(item=number, title=TITLE, channel="portal" if number % 2 else "")
            detail = {"理由": [TITLE, 1, None, True]} if number % 3 else {}
            record(office, Event.PUBLISHED, subject, actor="tester", proof=Proof(detail=detail))


@pytest.fixture
def written(office: Office) -> Office:
    write(office, 4, "2025-12-31T15:59:59+00:00")
    write(office, 3, "2025-12-31T16:00:00+00:00")
    write(office, 5, "2026-11-22T08:00:00+00:00")
    return office


def run(*words: str) -> Result:
    result = CliRunner().invoke(command, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def exported(path: Path, *words: str) -> list[Row]:
    assert run("export", "--out", str(path), *words).exit_code == 0
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


# Writing out


def test_an_export_holds_what_the_book_says(written: Office, tmp_path: Path) -> None:
    rows = exported(tmp_path / "log.jsonl")
    assert rows == [queries.as_json(entry) for entry in queries.export(written.slug)]
    assert rows[0]["title"] == TITLE


@pytest.mark.parametrize("words", [(), ("--excel",)], ids=["plain", "for Excel"])
def test_a_table_holds_the_same_with_the_text_that_was_hashed(
    written: Office, tmp_path: Path, words: tuple[str, ...]
) -> None:
    rows = exported(tmp_path / "log.csv", "--format", "csv", *words)
    for row, entry in zip(rows, queries.export(written.slug), strict=True):
        facts = queries.as_json(entry)
        assert json.loads(row.pop("detail")) == facts.pop("detail")
        assert row == {name: "" if value is None else str(value) for name, value in facts.items()}
    assert (tmp_path / "log.csv").read_bytes().startswith(b"\xef\xbb\xbf") == bool(words)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_stands_beside_an_export_proves_it(written: Office, tmp_path: Path, form: str) -> None:
    made = checkpoints.make(written, now=timezone.now())
    assert made is not None
    path = tmp_path / f"log.{form}"
    exported(path, "--format", form)
    assert {each.name for each in tmp_path.iterdir() if each.name.startswith("log")} == {
        path.name,
        f"{path.name}.manifest.json",
        f"{path.name}.sha256",
    }
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    told = json.loads((tmp_path / f"{path.name}.manifest.json").read_text(encoding="utf-8"))
    last = LogEntry.objects.get(seq=12)
    assert told.pop("made_at")
    assert told == {
        "format": 1,
        "file": path.name,
        "sha256": digest,
        "office": "kzj",
        "entries": 12,
        "first": 1,
        "last": 12,
        "after": {"number": 0, "hash": "0" * 64},
        "head": last.hash,
        "checkpoint": checkpoints.text(made),
    }
    check = ["sha256sum", "-c", f"{path.name}.sha256"]
    assert subprocess.run(check, cwd=tmp_path, check=True, capture_output=True).stdout.startswith(path.name.encode())


def test_what_goes_to_standard_output_has_its_digest_beside_it(written: Office) -> None:
    result = run("export")
    assert f"SHA-256 {hashlib.sha256(result.stdout_bytes).hexdigest()}." in result.stderr
    assert len(result.stdout_bytes.split(b"\n")) == 13


PARTS: dict[str, tuple[tuple[str, ...], int, int]] = {
    "from one on": (("--since", "6"), 6, 12),
    "a year": (("--year", "2026"), 5, 12),
    "the year before": (("--year", "2025"), 1, 4),
    "the rest of a year": (("--year", "2026", "--since", "8"), 8, 12),
}


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize(("words", "first", "last"), PARTS.values(), ids=PARTS)
def test_a_part_is_verified_by_its_manifest(
    tmp_path: Path, words: tuple[str, ...], first: int, last: int, form: str
) -> None:
    path = tmp_path / f"part.{form}"
    rows = exported(path, "--format", form, *words)
    assert [int(row["seq"]) for row in rows] == list(range(first, last + 1))
    verdict = verify.verify_file(path)
    assert (verdict.is_sound, verdict.entries, verdict.last) == (True, last - first + 1, last)
    (tmp_path / f"part.{form}.manifest.json").unlink()
    kinds = [fault.kind for fault in verify.verify_file(path).faults]
    assert kinds == (["beginning"] if first > 1 else [])


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_part_that_was_cut_or_changed_is_found_by_its_manifest(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"part.{form}"
    exported(path, "--format", form, "--since", "6")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"\r\nkzj,12," if form == "csv" else b'\n{"canonical"') + 1])
    assert [fault.kind for fault in verify.verify_file(path).faults] == ["manifest", "end"]
    path.write_bytes(whole.replace(b"tester", b"nobody", 1))
    assert len(verify.verify_file(path).faults) == 2


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("words", [("--since", "13"), ("--year", "2024")], ids=["number", "year"])
def test_an_empty_part_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = run("export", "--out", str(tmp_path / "part.jsonl"), *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert not (tmp_path / "part.jsonl").exists()


def test_an_empty_log_can_be_exported_and_is_sound(office: Office, tmp_path: Path) -> None:
    for form in ("jsonl", "csv"):
        exported(tmp_path / f"log.{form}", "--format", form)
        assert verify.verify_file(tmp_path / f"log.{form}").is_sound


def test_an_export_is_written_whole_or_not_at_all(
    written: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    exported(path)
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()}
    write(written, 2, "2026-11-23T08:00:00+00:00")

    def break_off(*_words: Any, **_more: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports, "json_lines", break_off)
    result = run("export", "--out", str(path))
    assert (result.exit_code, "the disk is full" in result.stderr) == (2, True)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()} == before


def test_columns_that_were_tampered_with_are_exported_as_they_are(written: Office, tmp_path: Path) -> None:
    guard.remove(connection)
    LogEntry.objects.filter(seq=3).update(title="x")
    path = tmp_path / "log.jsonl"
    assert exported(path)[2]["title"] == "x"
    assert [(fault.kind, fault.first) for fault in verify.verify_file(path).faults] == [("columns", 3)]


def test_the_verifier_that_is_written_out_checks_an_export(written: Office, tmp_path: Path) -> None:
    exported(tmp_path / "log.jsonl")
    assert run("verifier", "--out", str(tmp_path / "check.py")).exit_code == 0
    program = [sys.executable, "-I", "-S", "check.py", "log.jsonl"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, "完好 SOUND (12 条" in done.stdout.decode()) == (0, True)
    text = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
    (tmp_path / "log.jsonl").write_text(text.replace('"item":3', '"item":4', 1), encoding="utf-8")
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert "文件不是其清单所述的文件" in done.stdout.decode()


# Checking by command


def test_faults_are_listed_for_people_and_machines(written: Office) -> None:
    guard.remove(connection)
    LogEntry.objects.filter(seq=3).update(title="x")
    LogEntry.objects.filter(seq=7).delete()
    result = run("verify", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["sound"], told["entries"]) == (1, False, 11)
    assert told["fault"] == told["faults"][0]["message"] == "Entry 3 was changed in its columns: title."
    assert [(fault["kind"], fault["first"], fault["last"], fault["record"]) for fault in told["faults"]] == [
        ("columns", 3, 3, 3),
        ("missing", 7, 7, None),
    ]
    assert "Record 3: Entry 3 was changed" in result.stderr
    assert "Faults found: 2." in result.stderr


def test_a_checkpoint_file_is_held_against_the_log(written: Office, tmp_path: Path) -> None:
    made = run("checkpoint", "--out", str(tmp_path / "checkpoint.txt"))
    assert (made.exit_code, made.stdout) == (0, "")
    exported(tmp_path / "log.jsonl")
    words = ("verify", str(tmp_path / "log.jsonl"), "--checkpoint", str(tmp_path / "checkpoint.txt"))
    assert run(*words).exit_code == 0
    for each in tmp_path.glob("log.jsonl.*"):
        each.unlink()
    lines = (tmp_path / "log.jsonl").read_bytes().split(b"\n")
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines[:8]) + b"\n")
    result = run(*words)
    assert (result.exit_code, "Entry 9–12 was written and is missing at the end." in result.stderr) == (1, True)


@pytest.mark.usefixtures("written")
def test_a_checkpoint_is_printed_and_listed() -> None:
    text = run("checkpoint").stdout
    ((found, is_intact),) = verifier.checkpoints(text)
    assert (found.number, is_intact) == (12, True)
    assert json.loads(run("checkpoint", "--json").stdout)["text"] == text
    (listed,) = json.loads(run("checkpoints", "--json").stdout)
    assert (listed["number"], listed["head"], listed["digest"]) == (12, found.head, found.digest)
    assert found.head in run("checkpoints").stdout


@pytest.mark.usefixtures("office")
def test_an_empty_log_has_no_checkpoint() -> None:
    assert run("checkpoint").exit_code == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("verify", "FILE", "--checkpoint", "FILE"), 2),
        (("verify", "FILE", "--archive", "old"), 2),
        (("verify", "--archive", "old"), 2),
        (("list", "--archive", "old"), 2),
        (("export", "--archive", "old"), 2),
        (("import", "FILE", "--name", "x" * 33), 2),
        (("import", "FILE", "--name", "old"), 1),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    office: Office, tmp_path: Path, words: tuple[str, ...], status: int
) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    result = run(*(str(path) if word == "FILE" else word for word in words))
    assert (result.exit_code, len(result.stderr.splitlines())) == (status, 1), result.stderr


def test_a_removed_guard_is_put_back(office: Office) -> None:
    guard.remove(connection)
    assert "log_archive_no_" in run("guard").stderr
    assert guard.missing(connection) == []
    assert "Nothing was missing" in run("guard").stderr


# Taking in


OLD = log(12, office="kjj")
"""The log of the office under its former name."""


def export_of(rows: list[Row], folder: Path, name: str = "old.jsonl") -> Path:
    path = folder / name
    path.write_bytes(json_lines(rows))
    return path


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_is_taken_in_and_comes_out_the_same(written: Office, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"old.{form}"
    exported(path, "--format", form, "--since", "3")
    result = run("import", str(path), "--name", "2025", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["new"], told["first"], told["last"], told["entries"]) == (0, True, 3, 12, 10)
    assert run("verify", "--archive", "2025").exit_code == 0
    rows = [queries.as_json(entry) for entry in queries.book("kzj", "2025").order_by("seq")]
    assert rows == [queries.as_json(entry) for entry in queries.export("kzj")][2:12]
    again = tmp_path / f"again.{form}"
    exported(again, "--format", form, "--archive", "2025")
    assert again.read_bytes() == path.read_bytes()
    assert verify.verify_file(again).is_sound
    assert json.loads(run("list", "--archive", "2025", "--limit", "2", "--json").stdout) == rows[-2:]


def test_the_log_says_what_was_taken_in(office: Office, tmp_path: Path) -> None:
    path = export_of(OLD, tmp_path)
    archive, is_new = archives.take_in(office, path, "2017", actor="zhangwei")
    assert is_new
    assert (archive.office, archive.entries, archive.head) == ("kjj", 12, OLD[-1]["hash"])
    entry = LogEntry.objects.get()
    assert (entry.event, entry.title, entry.actor) == (Event.ARCHIVE_IMPORTED, "2017", "zhangwei")
    assert entry.digest == archive.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert entry.detail == {"archive": "2017", "entries": 12, "head": archive.head}
    (listed,) = json.loads(run("archives", "--json").stdout)
    assert (listed["name"], listed["office"], listed["imported_by"]) == ("2017", "kjj", "zhangwei")
    assert "kjj" in run("archives").stdout


def test_the_same_file_twice_changes_nothing(office: Office, tmp_path: Path) -> None:
    path = str(export_of(OLD, tmp_path))
    assert run("import", path, "--name", "2017").exit_code == 0
    again = run("import", path, "--name", "2017")
    assert (again.exit_code, "nothing was changed" in again.stderr) == (0, True)
    other_name = run("import", path, "--name", "2018")
    assert (other_name.exit_code, "as the archive 2017" in other_name.stderr) == (1, True)
    other_file = run("import", str(export_of(log(5), tmp_path, "other.jsonl")), "--name", "2017")
    assert (other_file.exit_code, "another archive 2017" in other_file.stderr) == (1, True)
    assert (Archive.objects.count(), ArchivedEntry.objects.count(), LogEntry.objects.count()) == (1, 12, 1)


def tampered(edit: Callable[[list[Row]], object]) -> list[Row]:
    rows = copy.deepcopy(OLD)
    edit(rows)
    return rows


NOT_TAKEN = {
    "changed": (tampered(lambda rows: rows[2].update(title="x")), "Record 3: Entry 3 was changed"),
    "missing": (tampered(lambda rows: rows.pop(4)), "Entry 5 is missing."),
    "replaced": (tampered(lambda rows: forge(rows, 4, title="x")), "Entry 6 or the one before it was replaced."),
    "two offices": ([*OLD, *SOUND], "this file has: kjj, kzj"),
    "a column from the future": (
        chained({**facts_of(row), "mood": "good"} for row in OLD),
        "does not fit into the database",
    ),
    "a year that is none": (chained({**facts_of(row), "year": "x"} for row in OLD), "does not fit into the database"),
    "no day": (chained({**facts_of(row), "happened_on": "x"} for row in OLD), "does not fit into the database"),
}


@pytest.mark.parametrize(("rows", "words"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_what_is_not_sound_or_does_not_fit_is_refused_whole(
    office: Office, tmp_path: Path, rows: list[Row], words: str
) -> None:
    result = run("import", str(export_of(rows, tmp_path)), "--name", "2017")
    assert (result.exit_code, words in result.stderr) == (1, True), result.stderr
    assert (Archive.objects.count(), ArchivedEntry.objects.count(), LogEntry.objects.count()) == (0, 0, 0)


def test_a_file_that_is_not_that_of_its_manifest_is_refused(written: Office, tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    exported(path)
    path.write_bytes(path.read_bytes() + b"\n")
    result = run("import", str(path), "--name", "2025")
    assert (result.exit_code, "not the one its manifest describes" in result.stderr) == (1, True)


def test_old_entries_without_later_columns_are_taken_in(office: Office, tmp_path: Path) -> None:
    later = ("channel_seq", "happened_on", "source", "person")
    rows = chained({name: value for name, value in facts_of(row).items() if name not in later} for row in OLD)
    archives.take_in(office, export_of(rows, tmp_path), "2017", actor="tester")
    assert run("verify", "--archive", "2017").exit_code == 0
    out = tmp_path / "again.jsonl"
    exported(out, "--archive", "2017")
    assert verify.verify_file(out).is_sound
    assert ArchivedEntry.objects.filter(happened_on=None, person="").count() == 12


def test_an_archive_is_counted_like_the_log_and_apart_from_it(written: Office, tmp_path: Path) -> None:
    archives.take_in(written, export_of(OLD, tmp_path), "2017", actor="tester")
    assert queries.book("kzj", "2017").filter(year=2026, event="published").count() == 12
    assert queries.book("kzj").filter(event="published").count() == 12
    assert not queries.book("kzj").filter(office="kjj").exists()


@pytest.mark.parametrize("sql", ["UPDATE log_archivedentry SET title = 'x'", "DELETE FROM log_archive"])
def test_an_archive_cannot_be_changed_and_tampering_is_found(office: Office, tmp_path: Path, sql: str) -> None:
    archive, _ = archives.take_in(office, export_of(OLD, tmp_path), "2017", actor="tester")
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    guard.remove(connection)
    ArchivedEntry.objects.filter(seq=3).update(title="x")
    ArchivedEntry.objects.filter(seq__gt=10).delete()
    found = [(fault.kind, fault.first, fault.last) for fault in verify.verify_archive(archive).faults]
    assert found == [("columns", 3, 3), ("end", 11, 12)]


def test_a_day_later_the_export_still_verifies(written: Office, tmp_path: Path) -> None:
    exported(tmp_path / "log.jsonl")
    write(written, 2, (timezone.now() - timedelta(days=1)).isoformat())
    assert verify.verify_file(tmp_path / "log.jsonl").is_sound
