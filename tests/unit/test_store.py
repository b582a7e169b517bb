import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from publisher.items.store import DamagedAsset, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "assets")


def test_bytes_come_back_under_their_digest(store: Store) -> None:
    sha256 = store.put(b"picture")
    assert sha256 == hashlib.sha256(b"picture").hexdigest()
    assert store.read(sha256) == b"picture"


def test_files_lie_two_folders_deep(store: Store) -> None:
    sha256 = store.put(b"picture")
    assert store.path(sha256) == store.root / sha256[:2] / sha256[2:4] / sha256
    assert store.path(sha256).read_bytes() == b"picture"


def test_keeping_the_same_bytes_again_does_not_touch_the_file(store: Store) -> None:
    path = store.path(store.put(b"picture"))
    before = path.stat()
    store.put(b"picture")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_nothing_but_the_file_is_left_behind(store: Store) -> None:
    path = store.path(store.put(b"picture"))
    assert [file for file in store.root.rglob("*") if file.is_file()] == [path]


def test_changed_bytes_are_named_and_not_returned(store: Store) -> None:
    sha256 = store.put(b"picture")
    store.path(sha256).write_bytes(b"pictur3")
    with pytest.raises(DamagedAsset) as caught:
        store.read(sha256)
    assert sha256 in str(caught.value.text)


def test_missing_bytes_are_named(store: Store) -> None:
    sha256 = hashlib.sha256(b"never kept").hexdigest()
    with pytest.raises(DamagedAsset) as caught:
        store.read(sha256)
    assert sha256 in str(caught.value.text)


def test_keeping_damaged_bytes_again_mends_them(store: Store) -> None:
    sha256 = store.put(b"picture")
    store.path(sha256).write_bytes(b"")
    store.put(b"picture")
    assert store.read(sha256) == b"picture"


@pytest.mark.parametrize(
    "name",
    ["", "abc", "../" * 20 + "etc/passwd00", "A" * 64, "g" * 64, "a" * 63 + "\n"],
    ids=["empty", "short", "path", "capitals", "no hex digit", "line end"],
)
def test_only_a_digest_names_a_file(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.path(name)


def test_many_may_keep_the_same_bytes_at_once(store: Store) -> None:
    content = os.urandom(100_000)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: store.put(content), range(40)))
    assert len(digests) == 1
    assert store.read(digests.pop()) == content


def test_a_full_disk_leaves_no_half_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put(b"picture")
    assert [file for file in store.root.rglob("*") if file.is_file()] == []
