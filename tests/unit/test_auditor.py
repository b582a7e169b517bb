"""The auditor's file, which shares no line with the program, finds and places the same tampering by itself."""

from __future__ import annotations

import ast
import copy
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given

from publisher.log import auditor, verifier
from tests.chains import Row, comma_separated, json_lines, write_database
from tests.tampering import COUNT, EVERYWHERE, HEAD, IN_DATABASES, IN_FILES, SOUND, Edit, Place, cases
from tests.unit.test_verifier import CHECKPOINTED, WRITERS, checkpoint, edits

PROGRAM = Path(auditor.__file__)
WRITE: dict[str, Callable[[list[Row]], bytes]] = {"jsonl": json_lines, "csv": comma_separated}


def told(source: str, rows: list[Row], folder: Path, capsys: pytest.CaptureFixture[str], *texts: str) -> list[str]:
    """The lines of the faults in ``rows``, handed over as an export or as a database."""
    path = folder / f"log.{source}"
    path.unlink(missing_ok=True)
    if source == "sqlite3":
        write_database(path, rows, [HEAD])
    else:
        path.write_bytes(WRITE[source](rows))
    return told_of(path, capsys, *texts)


def told_of(path: Path, capsys: pytest.CaptureFixture[str], *texts: str) -> list[str]:
    capsys.readouterr()
    checking = auditor.Auditor()
    for text in texts:
        checking.expect_checkpoints(text)
    for place, row in enumerate(auditor.rows_of(str(path), checking), 1):
        checking.look(place, row)
    checking.finish()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == checking.faults
    return lines


def numbers(lines: list[str]) -> set[int]:
    """Every number that a fault is about."""
    found = (re.match(r"\[\S+ (\d+)(?:-(\d+))?\]", line) for line in lines)
    behind = {int(match[1]) for line in lines if (match := re.search(r"behind (\d+)$", line))}
    pairs = [(int(match[1]), int(match[2] or match[1])) for match in found if match]
    return behind | {number for first, last in pairs for number in range(first, last + 1)}


def meant(expected: list[Place]) -> set[int]:
    return {number for _, first, last in expected for number in range(first, last + 1)}


@pytest.mark.parametrize("source", ["jsonl", "csv"])
@pytest.mark.parametrize(("edit", "expected"), [*cases(EVERYWHERE), *cases(IN_FILES)])
def test_tampering_with_a_file_is_found_and_placed(
    edit: Edit, expected: list[Place], source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    lines = told(source, rows, tmp_path, capsys)
    assert bool(lines) == bool(expected), lines
    assert meant(expected) <= numbers(lines), lines


@pytest.mark.parametrize(("edit", "expected"), [*cases(EVERYWHERE), *cases(IN_DATABASES)])
def test_tampering_with_a_database_is_found_and_placed(
    edit: Edit, expected: list[Place], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    lines = told("sqlite3", rows, tmp_path, capsys)
    assert bool(lines) == bool(expected), lines
    assert meant(expected) <= numbers(lines), lines


@pytest.mark.parametrize("source", ["jsonl", "csv"])
@pytest.mark.parametrize(("edit", "expected"), cases(CHECKPOINTED))
def test_a_checkpoint_shows_another_end_and_another_history(
    edit: Edit, expected: list[Place], source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = copy.deepcopy(SOUND)
    edit(rows)
    lines = told(source, rows, tmp_path, capsys, checkpoint(9).text)
    assert bool(lines) == bool(expected), lines
    assert meant(expected) <= numbers(lines), lines


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_changed_byte_in_any_place_is_found(
    write: Callable[[list[Row]], bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write(SOUND[:3])
    begin = whole.index(b"\n") + 1 if write == comma_separated else 0
    path = tmp_path / "log"
    for place in range(begin, len(whole) - 2, 7):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert told_of(path, capsys, checkpoint(3).text), (place, bytes(changed[place - 20 : place + 20]))


@given(rows=edits())
def test_it_finds_what_the_program_finds(rows: list[Row]) -> None:
    theirs, ours = verifier.Verifier(), auditor.Auditor()
    theirs.expect_checkpoints(checkpoint(COUNT).text)
    ours.expect_checkpoints(checkpoint(COUNT).text)
    lines = json_lines(rows).decode().splitlines(keepends=True)
    theirs.check(verifier.documents(lines))
    for place, line in enumerate(lines, 1):
        ours.look(place, auditor.document(line))
    ours.finish()
    assert bool(theirs.finish()) == bool(ours.faults)


def test_a_checkpoint_that_was_changed_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = checkpoint(9).text.replace("number: 9", "number: 7")
    path = tmp_path / "log.jsonl"
    path.write_bytes(json_lines(SOUND))
    checking = auditor.Auditor()
    checking.expect_checkpoints(text)
    assert numbers(capsys.readouterr().out.splitlines()) == {7}
    with pytest.raises(ValueError, match="checkpoint"):
        checking.expect_checkpoints("head: 1")


def run(*words: str, stdin: bytes = b"", folder: Path) -> subprocess.CompletedProcess[bytes]:
    """The one file as an auditor runs it: copied elsewhere, without our packages, our environment or our folder."""
    program = folder / "check.py"
    program.write_bytes(PROGRAM.read_bytes())
    command = [sys.executable, "-I", "-S", str(program), *words]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=folder, timeout=60, check=False)


def test_the_file_stands_alone_and_is_short() -> None:
    text = PROGRAM.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imports = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {str(name).split(".")[0] for name in froms | imports} <= sys.stdlib_module_names
    assert sum(bool(line.strip()) for line in text.splitlines()) < 260


@pytest.mark.parametrize("source", ["jsonl", "csv", "sqlite3"])
def test_it_runs_as_a_program(source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(source, SOUND, tmp_path, capsys) == []
    done = run(f"log.{source}", folder=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert f"[kzj] 1–12, {SOUND[-1]['hash']}\n完好 SOUND (12 条 entries" in done.stdout.decode()


def test_it_reads_standard_input_and_says_what_is_wrong_in_two_languages(tmp_path: Path) -> None:
    rows = copy.deepcopy(SOUND)
    rows[2]["title"] = "x"
    (tmp_path / "checkpoint.txt").write_text(checkpoint(12).text, encoding="utf-8")
    del rows[-1]
    done = run("-", "--checkpoint", "checkpoint.txt", stdin=json_lines(rows), folder=tmp_path)
    said = done.stdout.decode()
    assert "[kzj 3] 字段与正文不符 columns differ from its text: title\n" in said
    assert "[kzj 12] 末尾缺少 is missing at the end\n" in said
    assert (done.returncode, "NOT SOUND: 2" in said) == (1, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [("nowhere.jsonl", None), ("other.csv", b"a,b\n1,2\n"), ("other.sqlite3", b"SQLite format 3\0 and no more")],
)
def test_what_is_no_log_is_called_so(name: str, content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run(name, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith("无法读取 cannot be read: ")
    assert "Traceback" not in done.stderr.decode()


def test_the_help_says_how_to_read_postgresql(tmp_path: Path) -> None:
    assert 'psql DATABASE -c "COPY (SELECT * FROM log_logentry' in run("--help", folder=tmp_path).stdout.decode()
