"""The site in a folder of a web server elsewhere, and what readers get at its public address."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paramiko
import pytest
from pydantic import ValidationError

from channels.errors import ChannelUnavailable, CredentialsRefused, NeverSent, OutcomeUnknown, PersonNeeded
from channels.website.static import mirror
from channels.website.static.channel import StaticOptions, StaticWebsite
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import make_article
from tests.channels.sftp_server import PASSWORD, USER, Folder, Guard, SftpServer
from tests.channels.test_website import make_channel, product_of, showing


def fingerprint(key: paramiko.PKey) -> str:
    """What ``ssh-keygen -lf`` prints of a key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


KEY = paramiko.ECDSAKey.generate()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def server(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    monkeypatch.setenv("SITE_PASSWORD", PASSWORD)
    running = SftpServer(elsewhere.parent)
    running.start()
    yield running
    running.stop()


def mirrored(server: SftpServer, home: Path, **options: Any) -> StaticWebsite:
    given = {
        "sftp": f"sftp://{USER}@127.0.0.1:{server.port}/elsewhere",
        "sftp_host_key": server.host_key,
        "sftp_password": "env:SITE_PASSWORD",
        "check_address": False,
        "timeout_s": 4,
    }
    return make_channel(home, **{**given, **options})


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_published_corrected_and_taken_back_is_the_same_there(
    server: SftpServer, tmp_path: Path, elsewhere: Path
) -> None:
    make_channel(tmp_path).publish(product_of(make_channel(tmp_path), 1), MemorySteps())
    channel = mirrored(server, tmp_path)
    receipt = channel.publish(product_of(channel, 31), MemorySteps())
    assert files(elsewhere) == files(tmp_path / "site"), "what was there before has come along"
    corrected = channel.render(make_article(key="kzj-31-r2", item=31, revision=2, title="更正", attachments=()))
    receipt = channel.correct(receipt, corrected, MemorySteps())
    assert files(elsewhere) == files(tmp_path / "site")
    channel.recall(receipt, MemorySteps())
    assert files(elsewhere) == files(tmp_path / "site")
    assert showing(elsewhere, 31) == {receipt.remote_id}, "its notice, and nothing else"
    assert all(line.ok for line in channel.probe())


def test_a_line_that_breaks_while_files_take_their_places_is_doubt_and_the_look_completes_it(
    server: SftpServer, tmp_path: Path, elsewhere: Path
) -> None:
    channel = mirrored(server, tmp_path)
    channel.publish(product_of(channel, 1), MemorySteps())
    product, steps = product_of(channel, 31), MemorySteps()
    Folder.moves_left = 3
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    with pytest.raises(ChannelUnavailable):
        channel.find(product, steps)
    Folder.moves_left = None
    assert channel.find(product, steps) is not None
    assert files(elsewhere) == files(tmp_path / "site")


def test_a_place_where_much_is_missing_is_filled_by_a_person(
    server: SftpServer, tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(tmp_path).publish(product_of(make_channel(tmp_path), 1), MemorySteps())
    monkeypatch.setattr(mirror, "FEW", 5)
    channel = mirrored(server, tmp_path)
    product = product_of(channel, 31)
    with pytest.raises(PersonNeeded, match="copy the folder"):
        channel.publish(product, MemorySteps())
    shutil.copytree(tmp_path / "site", elsewhere, dirs_exist_ok=True)
    channel.publish(product, MemorySteps())
    assert files(elsewhere) == files(tmp_path / "site")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"sftp_host_key": fingerprint(KEY)}, CredentialsRefused),
        ({"sftp_password": "env:WRONG_PASSWORD"}, CredentialsRefused),
        ({"sftp_password": None, "sftp_key": "env:SITE_PASSWORD"}, CredentialsRefused),
        ({"sftp": "sftp://site@127.0.0.1:1/srv/site"}, NeverSent),
    ],
    ids=["another host key", "wrong password", "no private key", "nobody home"],
)
def test_what_keeps_us_out_has_its_name_and_nothing_changes(
    server: SftpServer,
    tmp_path: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    error: type[Exception],
) -> None:
    monkeypatch.setenv("WRONG_PASSWORD", "guessed")
    channel = mirrored(server, tmp_path, **options)
    with pytest.raises(error) as caught:
        channel.publish(product_of(channel, 31), MemorySteps())
    assert PASSWORD not in str(caught.value)
    assert files(elsewhere) == {}
    assert not list((tmp_path / "site").rglob("*.html"))
    assert not channel.probe()[-1].ok


def test_a_private_key_opens_too_and_the_host_may_be_known_by_its_digest(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = io.StringIO()
    KEY.write_private_key(text)
    monkeypatch.setenv("SITE_KEY", text.getvalue())
    monkeypatch.setattr(Guard, "key", KEY)
    options = {"sftp_password": None, "sftp_key": "env:SITE_KEY", "sftp_host_key": fingerprint(server.key)}
    channel = mirrored(server, tmp_path, **options)
    assert channel.publish(product_of(channel, 31), MemorySteps()).url


@pytest.mark.parametrize(
    "options",
    [
        {"sftp": "ftp://site@www.example.gov.cn/site"},
        {"sftp": "sftp://www.example.gov.cn/site"},
        {"sftp": "sftp://site:secret@www.example.gov.cn/site"},
        {"sftp_host_key": "AAAA"},
        {"sftp_password": None},
        {"sftp_key": "file:/key"},
    ],
    ids=["another protocol", "no user", "a password in the address", "no host key", "no way in", "two ways in"],
)
def test_wrong_places_are_refused(options: dict[str, Any]) -> None:
    given = {
        "sftp": "sftp://site@www.example.gov.cn/site",
        "sftp_host_key": fingerprint(KEY),
        "sftp_password": "env:SITE_PASSWORD",
    }
    assert StaticOptions(base_url="https://www.example.gov.cn/", **given)
    with pytest.raises(ValidationError):
        StaticOptions(base_url="https://www.example.gov.cn/", **{**given, **options})


# What readers get


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return None


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_address[1]}/"
        finally:
            running.shutdown()
            thread.join()


def test_a_page_is_found_where_readers_see_the_product_and_nothing_else(tmp_path: Path) -> None:
    with web_server(tmp_path / "site") as url:
        channel = make_channel(tmp_path, base_url=url, check_address=True)
        product = product_of(channel, 31)
        receipt = channel.publish(product, MemorySteps())
        assert channel.find(product, MemorySteps()) == receipt
        seen = channel.look(receipt)
        assert (seen.is_there, seen.is_unchanged, seen.raw["status"]) == (True, True, 200)
        channel.recall(receipt, MemorySteps())
        assert not channel.look(receipt).is_there


def test_another_page_at_the_public_address_is_no_proof(tmp_path: Path) -> None:
    with web_server(tmp_path / "elsewhere") as url:
        channel = make_channel(tmp_path, base_url=url, check_address=True)
        product = product_of(channel, 31)
        receipt = channel.publish(product, MemorySteps())
        with pytest.raises(OutcomeUnknown, match="404"):
            channel.find(product, MemorySteps())
        assert not channel.look(receipt).is_there
        page = tmp_path / "elsewhere" / receipt.remote_id
        page.parent.mkdir()
        page.write_text("what stood there before")
        seen = channel.look(receipt)
        assert (seen.is_there, seen.is_unchanged) == (True, False)
    with pytest.raises(ChannelUnavailable):
        channel.look(receipt)
