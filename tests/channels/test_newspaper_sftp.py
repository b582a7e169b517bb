"""Handing over on a real SFTP server: whole or not at all, read back, and never to a server we do not know."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import unquote, urlsplit

import paramiko
import pytest

from channels.base import Channel, Evidence, Place, Receipt
from channels.errors import CredentialsRefused, NeverSent, OutcomeUnknown, PersonNeeded
from channels.newspaper.channel import NewspaperChannel
from channels.newspaper.options import NewspaperOptions
from tests.channels.afterwards import Corrects, TakesBack
from tests.channels.contract import Platform, Trouble
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import make_article
from tests.channels.sftp_server import PASSWORD, USER, Folder, SftpServer
from tests.channels.test_newspaper import stories

NAME = "kzj-31-r1_我市新增5家国家高新技术企业_2026-07"
NOBODYS_KEY = f"ssh-ed25519 {'A' * 68}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "server"
    (folder / "来稿").mkdir(parents=True)
    return folder


@pytest.fixture
def server(root: Path) -> Iterator[SftpServer]:
    running = SftpServer(root)
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPER_PASSWORD", PASSWORD)


def make_channel(port: int, host_key: str, **options: Any) -> NewspaperChannel:
    values = {
        "column_title": "钒钛之都·科技之光",
        "deliver": f"sftp:{USER}@127.0.0.1:{port}/来稿",
        "sftp": {"host_key": host_key, "password": "env:PAPER_PASSWORD"},
        "timeout_s": 5,
        **options,
    }
    return NewspaperChannel("daily", NewspaperOptions.model_validate(values), Place(Path("/nowhere"), "科知局"))


class EditorsServer(Platform):
    """The folder on the server as the newspaper's editors see it; in its address stands the key of the server."""

    def __enter__(self) -> Self:
        self.folder = self.home / "server" / "来稿"
        self.folder.mkdir(parents=True)
        self._server = SftpServer(self.home / "server")
        self._server.start()
        self.url = f"sftp://127.0.0.1:{self._server.port}#{self._server.host_key}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def books(self) -> list[str]:
        return stories(self.folder)

    def misbehave(self, path: str, fault: str) -> None:  # noqa: ARG002 - only a rename can
        Folder.trouble = fault


THE_SAME = "the package and its preview are those of the folder, and are tried there"
LOST = tuple(
    Trouble("rename", fault, OutcomeUnknown)
    for fault in ("done, the line breaks", "done, an error", "not done, an error")
)


class TestSftp(TakesBack, Corrects):
    speaks = EditorsServer
    secrets: ClassVar = {"PAPER_PASSWORD": PASSWORD}
    troubles = LOST
    recall_troubles = LOST
    cannot_keep: ClassVar = {
        "test_a_preview_is_made_of_the_product_alone": THE_SAME,
        "test_a_preview_names_nothing_that_is_not_among_its_files": THE_SAME,
        "test_a_preview_shows_what_readers_will_read": THE_SAME,
        "test_a_gauge_that_is_over_is_told_or_cut": THE_SAME,
        "test_render_is_deterministic_and_survives_storage": THE_SAME,
        "test_any_unicode_title_arrives_unchanged": THE_SAME,
        "test_what_check_accepts_the_platform_takes": THE_SAME,
    }

    def make_channel(self, url: str) -> Channel:
        address = urlsplit(url)
        assert address.port is not None
        return make_channel(address.port, unquote(address.fragment) or NOBODYS_KEY)

    def assert_same_place(self, corrected: Receipt, receipt: Receipt) -> None:
        """A package is named after its revision, and the notice after the package it is about."""
        assert (corrected.raw["mode"], corrected.remote_id != receipt.remote_id) == ("replaced", True)


def test_the_package_is_uploaded_renamed_and_read_back(server: SftpServer, root: Path) -> None:
    channel = make_channel(server.port, server.host_key)
    product = channel.render(make_article()).in_issue("2026-07")
    receipt = channel.publish(product, MemorySteps())
    package = root / "来稿" / NAME
    assert {file.name: file.read_bytes() for file in package.iterdir() if file.name != "manifest.json"} == {
        medium.name: medium.content for medium in product.media
    }
    assert json.loads((package / "manifest.json").read_text(encoding="utf-8"))["key"] == product.key
    assert (receipt.remote_id, receipt.evidence) == (f"sftp://127.0.0.1/来稿/{NAME}", Evidence.READ_BACK)
    assert [path.name for path in (root / "来稿").iterdir()] == [NAME]
    assert channel.publish(product, MemorySteps()) == receipt
    assert [probe.ok for probe in channel.probe()] == [True]


@pytest.mark.parametrize("trouble", ["done, the line breaks", "done, an error", "not done, an error"])
def test_after_a_lost_answer_the_look_tells_the_truth(server: SftpServer, trouble: str) -> None:
    channel, steps = make_channel(server.port, server.host_key), MemorySteps()
    product = channel.render(make_article()).in_issue("2026-07")
    Folder.trouble = trouble
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    found = channel.find(product, steps.fresh_process())
    assert (found is not None) == trouble.startswith("done")
    assert Folder.renamed == trouble.startswith("done")


def test_a_package_that_was_changed_or_fetched_needs_a_person(server: SftpServer, root: Path) -> None:
    channel, steps = make_channel(server.port, server.host_key), MemorySteps()
    product = channel.render(make_article()).in_issue("2026-07")
    channel.publish(product, steps)
    (root / "来稿" / NAME / "01.png").write_bytes(b"other")
    with pytest.raises(PersonNeeded, match="other content"):
        channel.find(product, steps)
    shutil.rmtree(root / "来稿" / NAME)
    with pytest.raises(PersonNeeded, match="no longer in the folder"):
        channel.find(product, steps)


def test_a_server_with_another_key_gets_nothing(server: SftpServer, root: Path) -> None:
    other = paramiko.ECDSAKey.generate()
    channel, steps = make_channel(server.port, f"{other.get_name()} {other.get_base64()}"), MemorySteps()
    with pytest.raises(CredentialsRefused, match="another key"):
        channel.publish(channel.render(make_article()), steps)
    assert list((root / "来稿").iterdir()) == []
    assert [probe.ok for probe in channel.probe()] == [False]


def test_a_wrong_password_stops_before_anything_is_meant(server: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPER_PASSWORD", "wrong")
    channel, steps = make_channel(server.port, server.host_key), MemorySteps()
    with pytest.raises(CredentialsRefused, match="does not let kzj in"):
        channel.publish(channel.render(make_article()), steps)
    assert steps.memory.rows.keys() == {"time"}


def test_a_folder_that_is_not_there_needs_a_person(server: SftpServer, root: Path) -> None:
    shutil.rmtree(root / "来稿")
    channel = make_channel(server.port, server.host_key)
    with pytest.raises(PersonNeeded, match="have the newspaper let us write there"):
        channel.publish(channel.render(make_article()), MemorySteps())


def test_nobody_home_is_certainly_not_sent() -> None:
    key = paramiko.ECDSAKey.generate()
    channel, steps = make_channel(1, f"{key.get_name()} {key.get_base64()}"), MemorySteps()
    with pytest.raises(NeverSent):
        channel.publish(channel.render(make_article()), steps)
    assert steps.memory.open_intents() == []
