"""Files that are whole or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.errors import NeverSent
from channels.files import draft_of, write_whole


def too_late() -> None:
    raise NeverSent("Too late.")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "folder" / "page.html"
    page.parent.mkdir()
    write_whole(page, b"old")
    return page


def test_what_stops_the_move_leaves_the_old_file_and_nothing_beside_it(page: Path) -> None:
    with pytest.raises(NeverSent):
        write_whole(page, b"new", may_move=too_late)
    assert page.read_bytes() == b"old"
    assert list(page.parent.iterdir()) == [page]


@pytest.mark.parametrize("content", [b"old", b"new"], ids=["as it is", "changed"])
def test_what_a_crash_left_beside_it_is_removed(page: Path, content: bytes) -> None:
    draft_of(page).write_bytes(b"half")
    write_whole(page, content)
    assert page.read_bytes() == content
    assert list(page.parent.iterdir()) == [page]


def test_a_file_that_is_already_so_is_not_touched(page: Path) -> None:
    before = page.stat().st_ino
    write_whole(page, b"old", may_move=too_late)
    assert page.stat().st_ino == before
