"""Handing over by mail: to a real server, with its troubles, and never twice out of doubt."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import pytest
import trustme

from channels.base import Channel, Evidence, Place, Receipt
from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    NeverSent,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
)
from channels.newspaper.channel import NewspaperChannel
from channels.newspaper.options import NewspaperOptions
from tests.channels.afterwards import Corrects
from tests.channels.contract import Outcome, Platform, Trouble
from tests.channels.mail_server import PASSWORD, USER, Editors, Mailbox, MailServer
from tests.channels.memory_steps import Killed, MemorySteps
from tests.channels.samples import make_article

AUTHORITY = trustme.CA()


def server_context() -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(found)
    return found


@pytest.fixture(scope="module")
def context() -> ssl.SSLContext:
    return server_context()


@pytest.fixture
def editors() -> Editors:
    return Editors()


@pytest.fixture
def server(editors: Editors, context: ssl.SSLContext) -> Iterator[MailServer]:
    running = MailServer(editors, context)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def mailbox(context: ssl.SSLContext) -> Iterator[Mailbox]:
    running = Mailbox(context)
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPER_USER", USER.decode())
    monkeypatch.setenv("PAPER_CODE", PASSWORD.decode())


def make_channel(home: Path, port: int, **options: Any) -> NewspaperChannel:
    AUTHORITY.cert_pem.write_to_path(str(home / "ca.pem"))
    mail = {
        "host": "127.0.0.1",
        "port": port,
        "security": "starttls",
        "username": "env:PAPER_USER",
        "password": "env:PAPER_CODE",
        "sender": "office@example.gov.cn",
        "ca_file": str(home / "ca.pem"),
        **options,
    }
    values = {
        "column_title": "钒钛之都·科技之光",
        "deliver": "smtp:editor@daily.example.cn",
        "mail": mail,
        "timeout_s": 2,
    }
    place = Place(home, "攀枝花市科学技术和知识产权局")
    return NewspaperChannel("daily", NewspaperOptions.model_validate(values), place)


class EditorsMail(Platform):
    """The mailbox of the newspaper's editors, and beside it the sender's own folder of sent mail."""

    def __enter__(self) -> Self:
        context = server_context()
        self.editors = Editors()
        self._server, self._mailbox = MailServer(self.editors, context), Mailbox(context, self.editors.sent)
        self._server.start()
        self._mailbox.start()
        self.url = f"smtp://127.0.0.1:{self._server.address}/?{self._mailbox.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self._mailbox.stop()

    def books(self) -> list[str]:
        """What is to be printed: of two mails with one name there are two, and what a later one replaces is out."""
        over = {str(mail["In-Reply-To"]) for mail in self.editors.mails if mail["In-Reply-To"]}
        files = [
            {str(part.get_filename()): part.get_payload(decode=True) for part in mail.walk() if part.get_filename()}
            for mail in self.editors.mails
            if str(mail["Message-ID"]) not in over
        ]
        texts = [content for named in files for name, content in named.items() if name.startswith("kzj-")]
        stories = [content.decode() for content in texts if isinstance(content, bytes) and content[:2] != b"PK"]
        return [story.removeprefix("【钒钛之都·科技之光】").lstrip() for story in stories]

    def misbehave(self, path: str, fault: str) -> None:
        if fault == "hangs up":
            self.editors.hangs_up = True
        else:
            self.editors.says = {path: fault}


THE_SAME = "the package and its preview are those of the folder, and are tried there"


class TestMail(Corrects):
    speaks = EditorsMail
    takes_back = True  # by asking, which no receipt proves: tried below
    secrets: ClassVar = {"PAPER_USER": USER.decode(), "PAPER_CODE": PASSWORD.decode()}
    troubles = (Trouble("DATA", "hangs up", OutcomeUnknown),)
    cannot_keep: ClassVar = {
        "test_a_preview_is_made_of_the_product_alone": THE_SAME,
        "test_a_preview_names_nothing_that_is_not_among_its_files": THE_SAME,
        "test_a_preview_shows_what_readers_will_read": THE_SAME,
        "test_a_gauge_that_is_over_is_told_or_cut": THE_SAME,
        "test_render_is_deterministic_and_survives_storage": THE_SAME,
        "test_what_check_accepts_the_platform_takes": THE_SAME,
        "test_same_key_publishes_once": "nobody can look into the editors' mailbox: without the steps it is sent again",
        "test_corrected_twice_changes_nothing": "the same: only the steps of the delivery know that it was sent",
        "test_what_was_corrected_does_not_come_back": "nobody can look into the editors' mailbox",
    }

    def make_channel(self, url: str) -> Channel:
        address = urlsplit(url)
        assert address.port is not None
        looks = {"imap_host": "127.0.0.1", "imap_port": int(address.query)} if address.query else {}
        return make_channel(self.home, address.port, **looks)

    def known_secrets(self, platform: Platform) -> list[str]:  # noqa: ARG002 - as every adapter's test is asked
        return [PASSWORD.decode()]

    def assert_same_place(self, corrected: Receipt, receipt: Receipt) -> None:
        assert (corrected.raw["mode"], corrected.remote_id != receipt.remote_id) == ("replaced_by_mail", True)

    def assert_same_proof(self, found: Outcome | None, corrected: Receipt) -> None:
        """What was sent is read back, and the server's answer is lost."""
        assert isinstance(found, Receipt)
        assert (found.remote_id, found.published_at) == (corrected.remote_id, corrected.published_at)
        assert (found.evidence, corrected.evidence) == (Evidence.READ_BACK, Evidence.ACCEPTED)

    def test_killed_at_any_moment_it_is_asked_to_be_left_out_once(self, platform: Platform) -> None:
        assert isinstance(platform, EditorsMail)
        for moment in range(100):
            receipt, steps = self.published(platform, moment), MemorySteps(kill_at=moment)
            before = len(platform.editors.mails)
            try:
                self.make_channel(platform.url).recall(receipt, steps)
            except Killed:
                self.ask_to_leave_out(platform, receipt, steps)
                assert len(platform.editors.mails) == before + 1, f"killed at moment {moment}"
            except PersonNeeded:
                assert moment > 0, "the channel keeps nothing in its steps"
                return
        pytest.fail("a request has no end")

    def ask_to_leave_out(self, platform: Platform, receipt: Receipt, steps: MemorySteps) -> None:
        """Go on as the queue does until it is a person's; who finds no request says that none was sent."""
        for _ in range(6):
            steps = steps.fresh_process()
            channel = self.make_channel(platform.url)
            try:
                channel.recall(receipt, steps)
            except PersonNeeded:
                return
            except OutcomeUnknown:
                try:
                    assert channel.find_recall(receipt, steps) is None
                except PersonNeeded:
                    return
            steps.prove_absence()
        pytest.fail("the newspaper is never asked")


def test_a_correction_says_which_mail_it_replaces(tmp_path: Path, server: MailServer, editors: Editors) -> None:
    channel = make_channel(tmp_path, server.address)
    before = channel.publish(channel.render(make_article()).in_issue("2026-07"), MemorySteps())
    product = channel.render(make_article(key="kzj-31-r2", revision=2)).in_issue("2026-07")
    after = channel.correct(before, product, MemorySteps())
    mail = editors.mails[1]
    assert mail["Subject"] == "【更正】【钒钛之都·科技之光】我市新增5家国家高新技术企业（2026-07期）"
    assert (mail["In-Reply-To"], mail["References"], mail["Message-ID"]) == (*[before.remote_id] * 2, after.remote_id)
    words = mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert words.startswith("本邮件替换此前发送的《我市新增5家国家高新技术企业》，请以本邮件为准，原稿请勿刊用。")


def test_withdrawing_is_a_request_that_only_the_newspaper_can_grant(
    tmp_path: Path, server: MailServer, editors: Editors
) -> None:
    channel, steps = make_channel(tmp_path, server.address, contact="办公室 3333482"), MemorySteps()
    before = channel.publish(channel.render(make_article()), MemorySteps())
    for again in (steps, steps.fresh_process()):
        with pytest.raises(PersonNeeded, match="250 queued as 4711"):
            channel.recall(before, again)
    _, mail = editors.mails
    assert mail["Subject"] == "【撤稿】我市新增5家国家高新技术企业"
    assert mail["Message-ID"] == f"<withdrawn.{before.remote_id.strip('<>')}>"
    assert mail["In-Reply-To"] == before.remote_id
    assert "不要刊用，并请回复本邮件" in mail.get_content()  # type: ignore[attr-defined]
    assert steps.memory.open_intents() == []


def test_one_mail_holds_the_whole_package_under_names_every_mail_program_reads(
    tmp_path: Path, server: MailServer, editors: Editors
) -> None:
    channel = make_channel(tmp_path, server.address)
    product = channel.render(make_article()).in_issue("2026-07")
    receipt = channel.publish(product, MemorySteps())
    (mail,) = editors.mails
    assert mail["Subject"] == "【钒钛之都·科技之光】我市新增5家国家高新技术企业（2026-07期）"
    assert (mail["To"], mail["Message-ID"]) == ("editor@daily.example.cn", receipt.remote_id)
    files = {part.get_filename(): part.get_payload(decode=True) for part in mail.walk() if part.get_filename()}
    assert set(files) == {"kzj-31-r1.docx", "kzj-31-r1.txt", "01.png", "captions.txt", "manifest.json"}
    assert [content for name, content in files.items() if name != "manifest.json"] == [m.content for m in product.media]
    assert (receipt.evidence, receipt.raw["answer"]) == (Evidence.ACCEPTED, "250 queued as 4711")


def test_every_attempt_has_the_same_name_and_another_issue_another(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, 1)
    product = channel.render(make_article())
    names = [
        channel.way.message(given, at)["Message-ID"]  # type: ignore[attr-defined]
        for given in (product, product, product.in_issue("2026-07"))
        for at in ("2026-11-24T08:00:00+00:00",)
    ]
    assert (names[0] == names[1], names[1] == names[2]) == (True, False)
    assert names[0].startswith("<kzj-31-r1.")
    assert names[0].endswith("@example.gov.cn>")


TROUBLES = {
    "sender refused": ({"MAIL": "550 no such user here"}, PersonNeeded),
    "recipient refused": ({"RCPT": "550 no such user here"}, PersonNeeded),
    "put off": ({"RCPT": "450 greylisted"}, ChannelUnavailable),
    "too often": ({"RCPT": "550 Connection frequency limited"}, ChannelUnavailable),
    "the text refused": ({"DATA": "554 looks like spam"}, ProductRefused),
    "the text put off": ({"DATA": "451 try again"}, ChannelUnavailable),
}


@pytest.mark.parametrize(("says", "error"), TROUBLES.values(), ids=TROUBLES)
def test_each_answer_of_the_server_gets_its_error(
    tmp_path: Path, server: MailServer, editors: Editors, says: dict[str, str], error: type[ChannelError]
) -> None:
    editors.says = says
    channel, steps = make_channel(tmp_path, server.address), MemorySteps()
    with pytest.raises(error):
        channel.publish(channel.render(make_article()), steps)
    assert bool(steps.memory.open_intents()) == ("DATA" in says)
    assert editors.mails == []


def test_a_lost_answer_is_doubt_and_the_mail_is_never_sent_again(
    tmp_path: Path, server: MailServer, editors: Editors
) -> None:
    editors.hangs_up = True
    channel, steps = make_channel(tmp_path, server.address), MemorySteps()
    product = channel.render(make_article())
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps.fresh_process())
    assert len(editors.mails) == 1
    assert channel.capabilities.absence_after_s is None
    assert channel.find(product, steps.fresh_process()) is None


def test_a_result_that_is_stored_is_not_sent_again(tmp_path: Path, server: MailServer, editors: Editors) -> None:
    channel, steps = make_channel(tmp_path, server.address), MemorySteps()
    product = channel.render(make_article())
    first = channel.publish(product, steps)
    assert channel.publish(product, steps.fresh_process()) == first
    assert len(editors.mails) == 1


def test_after_doubt_the_folder_of_sent_mail_decides(tmp_path: Path, server: MailServer, mailbox: Mailbox) -> None:
    channel = make_channel(tmp_path, server.address, imap_host="127.0.0.1", imap_port=mailbox.port, sent_folder="Sent")
    product, steps = channel.render(make_article()), MemorySteps()
    assert channel.find(product, steps) is None
    receipt = channel.publish(product, MemorySteps())
    mailbox.sent = ["<other@example.gov.cn>", receipt.remote_id]
    found = channel.find(product, steps)
    assert found is not None
    assert (found.remote_id, found.evidence) == (receipt.remote_id, Evidence.READ_BACK)
    assert "ID" in mailbox.commands


@pytest.mark.parametrize(
    ("written", "there"),
    [
        ("已发送", "&XfJT0ZAB-"),
        ("&XfJT0ZAB-", "&XfJT0ZAB-"),
        ("已发&送", "&XfJT0Q-&-&kAE-"),
        ("Sent Messages", "Sent Messages"),
    ],
)
def test_the_folder_of_sent_mail_may_have_a_chinese_name(
    tmp_path: Path, mailbox: Mailbox, written: str, there: str
) -> None:
    mailbox.folder = there
    channel = make_channel(tmp_path, 1, imap_host="127.0.0.1", imap_port=mailbox.port, sent_folder=written)
    product = channel.render(make_article())
    assert channel.find(product, MemorySteps()) is None
    mailbox.folder = "INBOX"
    with pytest.raises(CredentialsRefused, match="correct sent_folder"):
        channel.find(product, MemorySteps())


def test_wrong_passwords_and_certificates_stop_before_anything_is_meant(
    tmp_path: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = MemorySteps()
    product = make_channel(tmp_path, server.address).render(make_article())
    monkeypatch.setenv("PAPER_CODE", "wrong")
    with pytest.raises(CredentialsRefused, match="does not let us in"):
        make_channel(tmp_path, server.address).publish(product, steps)
    stranger = make_channel(tmp_path, server.address, ca_file="")
    with pytest.raises(CredentialsRefused, match="certificate"):
        stranger.publish(product, steps)
    assert steps.memory.open_intents() == []
    assert [probe.ok for probe in stranger.probe()] == [False]


def test_nobody_home_is_certainly_not_sent(tmp_path: Path) -> None:
    steps = MemorySteps()
    channel = make_channel(tmp_path, 1)
    with pytest.raises(NeverSent):
        channel.publish(channel.render(make_article()), steps)
    assert steps.memory.open_intents() == []


def test_a_lease_that_is_over_lets_no_mail_out(tmp_path: Path, server: MailServer, editors: Editors) -> None:
    channel = make_channel(tmp_path, server.address)
    steps = MemorySteps(too_late=True)
    with pytest.raises(NeverSent):
        channel.publish(channel.render(make_article()), steps)
    assert (editors.mails, steps.memory.open_intents()) == ([], [])


def test_a_package_too_large_for_a_mail_is_told_before_approval(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, 1, most_mb=1)
    product = channel.render(make_article())
    large = replace(product, media=(replace(product.media[0], content=b"x" * 800_000),))
    assert any("deliver by SFTP" in str(problem.text) for problem in channel.check(large) if problem.is_error)
