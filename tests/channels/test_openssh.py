"""Both channels that go to an SFTP server, against OpenSSH's own: keys, renaming, and whoever dies in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from channels.base import Place
from channels.errors import ChannelUnavailable, CredentialsRefused, OutcomeUnknown
from channels.newspaper.channel import NewspaperChannel
from channels.newspaper.handing.sftp import SftpWay
from channels.newspaper.options import NewspaperOptions
from channels.sftp import RemoteFolder
from channels.website.static.channel import StaticWebsite
from tests.channels import openssh_server
from tests.channels.killing import killed_homes
from tests.channels.memory_steps import MemorySteps
from tests.channels.openssh_server import OpenSsh, line_of
from tests.channels.samples import make_article
from tests.channels.test_website import make_channel, product_of, showing
from tests.channels.test_website_mirror import files, fingerprint

pytestmark = pytest.mark.skipif(
    not openssh_server.is_installed(), reason="openssh-server is not there: .ci/setup test brings it"
)

WRITERS = ("static/mirror.py", "static/change.py", "static/site.py", "channels/sftp.py")


@pytest.fixture(scope="module")
def server() -> Iterator[OpenSsh]:
    running = OpenSsh()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def home(server: OpenSsh, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Holds the site, and as ``elsewhere`` what is to be the same on the server."""
    monkeypatch.setenv("SITE_KEY", (server.folder / "client").read_text())
    folder = server.folder / "home"
    (folder / "elsewhere").mkdir(parents=True)
    server.own(folder)
    yield folder
    shutil.rmtree(folder)


def portal(server: OpenSsh, home: Path, **options: Any) -> StaticWebsite:
    given = {
        "sftp": f"sftp://{server.name}@127.0.0.1:{server.port}{home}/elsewhere",
        "sftp_host_key": line_of(server.ecdsa),
        "sftp_key": "env:SITE_KEY",
        "check_address": False,
        "timeout_s": 5,
    }
    return make_channel(home, **{**given, **options})


def newspaper(server: OpenSsh, home: Path) -> NewspaperChannel:
    values = {
        "column_title": "钒钛之都·科技之光",
        "deliver": f"sftp:{server.name}@127.0.0.1:{server.port}{home}/elsewhere",
        "sftp": {"host_key": line_of(server.rsa), "private_key": "env:SITE_KEY"},
        "timeout_s": 5,
    }
    return NewspaperChannel("daily", NewspaperOptions.model_validate(values), Place(home, "科知局"))


def test_the_site_is_the_same_there_after_each_change(server: OpenSsh, home: Path) -> None:
    channel = portal(server, home)
    receipt = channel.publish(product_of(channel, 31), MemorySteps())
    assert files(home / "elsewhere") == files(home / "site")
    corrected = channel.render(make_article(key="kzj-31-r2", item=31, revision=2, title="更正", attachments=()))
    receipt = channel.correct(receipt, corrected, MemorySteps())
    channel.recall(receipt, MemorySteps())
    assert files(home / "elsewhere") == files(home / "site")
    assert showing(home / "elsewhere", 31) == {receipt.remote_id}, "its notice, and nothing else"
    assert all(line.ok for line in channel.probe())


@pytest.mark.parametrize("key", ["ecdsa", "rsa"])
def test_of_several_keys_of_a_server_the_one_we_know_is_asked_for(server: OpenSsh, home: Path, key: str) -> None:
    channel = portal(server, home, sftp_host_key=line_of(getattr(server, key)))
    assert channel.site.mirror is not None
    with channel.site.mirror.session() as remote:
        assert remote.sizes(".") == {}


OTHER = paramiko.ECDSAKey.generate()


@pytest.mark.parametrize(
    "known",
    [
        line_of(OTHER),
        fingerprint(OTHER),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGh0dHBzOi8vd3d3LmV4YW1wbGUuZ292",
    ],
    ids=["another", "the digest of another", "one of a kind it has not"],
)
def test_a_server_that_shows_another_key_gets_nothing(server: OpenSsh, home: Path, known: str) -> None:
    channel = portal(server, home, sftp_host_key=known)
    with pytest.raises(CredentialsRefused, match="another key"):
        channel.publish(product_of(channel, 31), MemorySteps())
    assert files(home / "elsewhere") == {}


def test_a_key_that_is_not_authorized_does_not_come_in(
    server: OpenSsh, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = server.folder / "home/stranger"
    paramiko.ECDSAKey.generate().write_private_key_file(stranger)
    monkeypatch.setenv("SITE_KEY", stranger.read_text())
    channel = portal(server, home)
    with pytest.raises(CredentialsRefused, match="does not let"):
        channel.publish(product_of(channel, 31), MemorySteps())


def test_a_move_takes_the_place_of_a_file_and_a_new_name_does_not(server: OpenSsh, home: Path) -> None:
    mirror = portal(server, home).site.mirror
    assert mirror is not None
    with mirror.session() as remote:
        for content in (b"first", b"second"):
            remote.write("draft", content)
            remote.move("draft", "月报/目录.html")
        assert remote.read("月报/目录.html") == b"second"
    way = newspaper(server, home).way
    assert isinstance(way, SftpWay)
    with way.account.session() as folder:
        folder.write("draft", b"third")
        with pytest.raises(OSError, match="Failure"):
            folder.rename("draft", "月报/目录.html")
        assert folder.read("月报/目录.html") == b"second"


def test_a_package_is_handed_over_once_and_found_again(server: OpenSsh, home: Path) -> None:
    channel = newspaper(server, home)
    product = channel.render(make_article()).in_issue("2026-07")
    receipt = channel.publish(product, MemorySteps())
    assert channel.publish(product, MemorySteps()) == receipt
    assert channel.find(product, MemorySteps()) == receipt
    assert len(list((home / "elsewhere").iterdir())) == 1


def test_whoever_dies_while_it_is_brought_nothing_is_half_there_for_long(server: OpenSsh, home: Path) -> None:
    before = home / "before"
    (before / "elsewhere").mkdir(parents=True)
    channel = portal(server, before)
    server.own(before)
    channel.publish(product_of(channel, 1), MemorySteps())
    product = product_of(channel, 31)

    def publish(copy: Path) -> None:
        server.own(copy / "elsewhere")
        at_copy = portal(server, copy)
        # The copy is another place, which has everything already.
        at_copy.publish(product, MemorySteps())

    for copy in killed_homes(before, home / "homes", publish, within=WRITERS, moments=7):
        channel = portal(server, copy)
        receipt = channel.find(product, MemorySteps())
        if receipt is None:
            publish(copy)
        assert files(copy / "elsewhere") == files(copy / "site")
        assert showing(copy / "elsewhere", 31) >= {"202611/t20261120_31.html", "index.html", "feed.xml"}


def test_a_server_that_dies_meanwhile_leaves_doubt_and_the_look_completes_it(
    server: OpenSsh, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = portal(server, home)
    channel.publish(product_of(channel, 1), MemorySteps())
    product, steps = product_of(channel, 31), MemorySteps()
    moved: list[str] = []
    move = RemoteFolder.move

    def dying(remote: RemoteFolder, draft: str, name: str) -> None:
        if len(moved) == 3:
            server.die()
        moved.append(name)
        move(remote, draft, name)

    with monkeypatch.context() as patched:
        patched.setattr(RemoteFolder, "move", dying)
        with pytest.raises(OutcomeUnknown):
            channel.publish(product, steps)
    with pytest.raises(ChannelUnavailable):
        channel.find(product, steps)
    server.start()
    assert channel.find(product, steps.fresh_process()) is not None
    assert len(moved) == 4
    assert files(home / "elsewhere") == files(home / "site")
