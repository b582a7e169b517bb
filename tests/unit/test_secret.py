"""Secrets are references: read when needed, shown never."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.errors import ConfigurationError, CredentialsRefused
from channels.secret import Secret
from publisher.settings import secret_key


def test_a_variable_is_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret("env:PUBLISHER_TEST_SECRET")
    for value in ("first", "second"):
        monkeypatch.setenv("PUBLISHER_TEST_SECRET", f" {value}\n")
        assert secret.reveal() == value
        assert value not in repr(secret)


def test_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("s3cret\n", encoding="utf-8")
    assert Secret(f"file:{path}").reveal() == "s3cret"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\x00"], ids=["absent", "empty", "blank", "binary"])
def test_a_file_without_a_secret_is_named_with_its_remedy(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CredentialsRefused, match="token"):
        Secret(f"file:{path}").reveal()


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBLISHER_TEST_SECRET", raising=False)
    with pytest.raises(CredentialsRefused, match="PUBLISHER_TEST_SECRET"):
        Secret("env:PUBLISHER_TEST_SECRET").reveal()


@pytest.mark.parametrize("reference", ["hunter2", "env:", "file: ", "vault:x", ""])
def test_a_secret_in_the_open_is_refused_and_not_repeated(reference: str) -> None:
    with pytest.raises(ValueError, match="env:NAME") as caught:
        Secret(reference)
    assert "hunter2" not in str(caught.value)


def test_the_programs_own_key_is_made_once_and_an_emptied_one_is_no_key(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    key, path = secret_key(folder), folder / "secret-key"
    assert (len(key), secret_key(folder), [*folder.iterdir()]) == (64, key, [path])
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("")
    with pytest.raises(ConfigurationError, match="put the key of a backup into it"):
        secret_key(folder)
