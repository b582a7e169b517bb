"""Checkpoints are made once a day, chained, and brought to folders and people without keeping anything waiting."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from django.db import connection, transaction
from django.utils import timezone, translation
from pytest_django import Settings

from publisher.log import checkpoints, guard, verifier, verify
from publisher.log.actions import Subject, record
from publisher.log.events import Event
from publisher.log.models import Checkpoint, CheckpointMail
from publisher.office import Office, get_office
from publisher.queue.diagnosis import safekeeping
from publisher.queue.diagnosis.findings import Finding, Severity
from publisher.queue.diagnosis.safekeeping import Safekeeping
from tests.postbox import Postbox
from tests.world import MODEL, free_port, wait_until

ADDRESS, SENDER = "audit@example.gov.cn", "publisher@example.gov.cn"
PASSWORD = "quite secret"

pytestmark = pytest.mark.django_db


def configured(home: Path, settings: Settings, more: str = "") -> Office:
    path = home / "office.toml"
    path.write_text(MODEL.read_text(encoding="utf-8") + more, encoding="utf-8")
    settings.PUBLISHER_CONFIG = path
    get_office.cache_clear()
    return get_office()


@pytest.fixture
def office(home: Path, settings: Settings) -> Office:
    return configured(home, settings)


def mailing(port: int, more: str = 'security = "none"') -> str:
    return f"""
[log]
checkpoint_mail = ["{ADDRESS}"]
checkpoint_folders = ["site/checkpoints"]
[mail]
host = "localhost"
port = {port}
sender = "{SENDER}"
{more}
"""


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox) -> Iterator[Controller]:
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def posting(server: Controller, home: Path, settings: Settings) -> Office:
    return configured(home, settings, mailing(server.port))


def write(office: Office, count: int = 3, *, days_ago: float = 1) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=days_ago), tick=False), transaction.atomic():
        for number in range(count):
            record(office, Event.PUBLISHED, Subject(title=f"第{number}条", channel="portal"), actor="tester")


def numbers() -> list[int]:
    return list(Checkpoint.objects.order_by("pk").values_list("number", flat=True))


# Making


def test_a_day_that_is_over_gets_one_checkpoint(office: Office) -> None:
    now = timezone.now()
    assert checkpoints.make_daily(office, now=now) is None
    write(office, 3)
    assert checkpoints.make_daily(office, now=now) is not None
    assert checkpoints.make_daily(office, now=now) is None
    assert numbers() == [3]


def test_what_is_written_today_waits_for_the_end_of_the_day(office: Office) -> None:
    write(office, 1, days_ago=0)
    now = timezone.now()
    assert checkpoints.make_daily(office, now=now) is None
    made = checkpoints.make_daily(office, now=now + timedelta(days=1))
    assert made is not None
    assert made.number == 1


def test_the_day_ends_where_the_office_is(office: Office) -> None:
    with time_machine.travel("2026-11-22T15:59:00+00:00", tick=False):
        write(office, 1, days_ago=0)
    for moment, is_due in (("2026-11-22T15:59:59+00:00", False), ("2026-11-22T16:00:01+00:00", True)):
        with time_machine.travel(moment, tick=False):
            assert checkpoints.is_due(office, timezone.now()) is is_due


@pytest.mark.usefixtures("committed")
def test_many_processes_make_one(office: Office) -> None:
    write(office)
    together = threading.Barrier(6)

    def make(_number: int) -> None:
        together.wait()
        try:
            checkpoints.make_daily(office, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range(6)))
    assert numbers() == [3]


def test_one_may_be_made_at_any_time_and_is_the_same_until_something_is_written(office: Office) -> None:
    assert checkpoints.make(office, now=timezone.now()) is None
    write(office)
    first = checkpoints.make(office, now=timezone.now())
    assert checkpoints.make(office, now=timezone.now() + timedelta(hours=1)) == first
    write(office, 2)
    second = checkpoints.make(office, now=timezone.now())
    assert first is not None
    assert second is not None
    assert (second.number, second.before) == (5, first.digest)


def test_its_text_is_read_by_the_verifier_and_proves_the_log(office: Office) -> None:
    write(office)
    made = checkpoints.make(office, now=timezone.now())
    assert made is not None
    ((found, is_intact),) = verifier.checkpoints(checkpoints.text(made))
    assert is_intact
    assert (found.office, found.number, found.head) == ("kzj", 3, made.head)
    write(office, 2)
    assert verify.verify_database("kzj", checkpoints=checkpoints.kept_texts("kzj")).is_sound


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("UPDATE log_checkpoint SET head = before WHERE number = 5", "checkpoint"),
        ("DELETE FROM log_checkpoint WHERE number = 3", "chain"),
    ],
    ids=["changed", "deleted"],
)
def test_tampering_with_checkpoints_is_found(office: Office, sql: str, kind: str) -> None:
    for count in (3, 2, 1):
        write(office, count)
        checkpoints.make(office, now=timezone.now())
    guard.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    verdict = verify.verify_database("kzj", checkpoints=checkpoints.kept_texts("kzj"))
    assert kind in {fault.kind for fault in verdict.faults}


# Folders


def test_each_is_put_into_the_home_and_into_named_folders(posting: Office, home: Path) -> None:
    write(posting)
    Safekeeping().keep()
    made = checkpoints.newest("kzj")
    assert made is not None
    name = f"kzj-{made.made_at.astimezone(posting.timezone).date()}-00000003.txt"
    for folder in (home / "checkpoints", home / "site" / "checkpoints"):
        assert (folder / name).read_text(encoding="utf-8") == checkpoints.text(made)
    assert verify.verify_database("kzj", checkpoints=checkpoints.kept_texts("kzj")).is_sound


def test_a_checkpoint_kept_in_the_home_contradicts_a_log_that_was_made_anew(office: Office) -> None:
    write(office)
    made = checkpoints.make(office, now=timezone.now())
    assert made is not None
    checkpoints.write(office, made, checkpoints.folders(office)[0])
    guard.remove(connection)
    with connection.cursor() as cursor:
        for table in ("log_logentry", "log_loghead", "log_checkpoint"):
            cursor.execute(f"DELETE FROM {table}")
    write(office)
    verdict = verify.verify_database("kzj", checkpoints=checkpoints.kept_texts("kzj"))
    assert [fault.kind for fault in verdict.faults] == ["history"]


def test_a_folder_that_takes_nothing_is_told_and_tried_again(home: Path, settings: Settings) -> None:
    office = configured(home, settings, '[log]\ncheckpoint_folders = ["site/checkpoints"]\n')
    (home / "site").write_text("a file where the folder should be", encoding="utf-8")
    write(office)
    keeping = Safekeeping()
    keeping.keep()
    (finding,) = found(office)
    assert (finding.severity, "site/checkpoints" in str(finding.text)) == (Severity.WARNING, True)
    (home / "site").unlink()
    settings.PUBLISHER_TIME_SCALE = 1e-9
    keeping._not_before = 0
    keeping.keep()
    assert [finding.severity for finding in found(office)] == [Severity.OK]


def test_a_folder_that_lost_its_file_is_told(office: Office, home: Path) -> None:
    write(office)
    Safekeeping().keep()
    assert [finding.severity for finding in found(office)] == [Severity.OK]
    shutil.rmtree(home / "checkpoints")
    assert [finding.severity for finding in found(office)] == [Severity.WARNING]


# Mail


def post_now(office: Office) -> None:
    """Send what waits, as if its time had come."""
    CheckpointMail.objects.filter(sent_at=None).update(due_at=timezone.now() - timedelta(seconds=1))
    safekeeping.post(office)


def lodged(office: Office) -> Checkpoint:
    write(office)
    made = checkpoints.make(office, now=timezone.now())
    assert made is not None
    safekeeping.lodge(office, now=timezone.now())
    return made


def test_each_address_gets_each_checkpoint_once(posting: Office, postbox: Postbox) -> None:
    made = lodged(posting)
    for _ in range(2):
        safekeeping.lodge(posting, now=timezone.now())
        post_now(posting)
    (message,) = postbox.messages()
    assert (message["To"], message["From"]) == (ADDRESS, SENDER)
    assert made.digest in message["Message-ID"]
    assert "发布日志检查点" in message["Subject"]
    (attached,) = message.iter_attachments()
    assert attached.get_content().replace("\r\n", "\n") == checkpoints.text(made)
    body = message.get_body().get_content()
    assert [checkpoint for checkpoint, _ in verifier.checkpoints(body)] == [checkpoints.printed(made)]
    assert CheckpointMail.objects.get().sent_at is not None


@pytest.mark.parametrize(
    ("answer", "words"),
    [("550 no such user here", "550 no such user here"), ("451 try later", "451 try later")],
    ids=["refused", "put off"],
)
def test_a_refused_mail_is_told_and_tried_again(posting: Office, postbox: Postbox, answer: str, words: str) -> None:
    postbox.answer = answer
    lodged(posting)
    post_now(posting)
    mail = CheckpointMail.objects.get()
    assert (mail.tries, mail.sent_at, mail.error) == (1, None, words)
    assert mail.due_at > timezone.now()
    (finding,) = found(posting)
    assert (finding.severity, ADDRESS in str(finding.text), words in str(finding.text)) == (
        Severity.WARNING,
        True,
        True,
    )
    safekeeping.post(posting)
    assert CheckpointMail.objects.get().tries == 1
    postbox.answer = ""
    post_now(posting)
    assert len(postbox.messages()) == 1
    assert [finding.severity for finding in found(posting)] == [Severity.OK]


def test_a_server_that_is_not_there_is_told(home: Path, settings: Settings) -> None:
    office = configured(home, settings, mailing(free_port()))
    lodged(office)
    post_now(office)
    assert "Connection refused" in CheckpointMail.objects.get().error


def test_an_address_that_is_no_longer_named_gets_nothing(
    posting: Office, postbox: Postbox, home: Path, settings: Settings
) -> None:
    lodged(posting)
    office = configured(home, settings, mailing(1).replace(ADDRESS, "other@example.gov.cn"))
    assert not safekeeping.due(office, timezone.now()).exists()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def strict_server(postbox: Postbox, authority: trustme.CA) -> Iterator[Controller]:
    """A server that speaks only in secret, and only with those it knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login == LoginPassword(b"clerk", PASSWORD.encode()), handled=False)

    options = {"require_starttls": True, "auth_required": True, "authenticator": knows, "tls_context": context}
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    yield controller
    controller.stop()


@pytest.mark.parametrize(
    ("password", "words"),
    [(PASSWORD, ""), ("wrong", "535 "), (None, "MAIL_PASSWORD"), ("钒钛", "ASCII")],
    ids=["right", "wrong", "missing", "not possible"],
)
def test_a_server_that_asks_for_secrecy_and_a_password_gets_both(
    strict_server: Controller,
    authority: trustme.CA,
    postbox: Postbox,
    home: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    password: str | None,
    words: str,
) -> None:
    authority.cert_pem.write_to_path(str(home / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(home / "authority.pem"))
    monkeypatch.setenv("MAIL_USERNAME", "clerk")
    monkeypatch.delenv("MAIL_PASSWORD", raising=False)
    if password is not None:
        monkeypatch.setenv("MAIL_PASSWORD", password)
    secrets = 'username = "env:MAIL_USERNAME"\npassword = "env:MAIL_PASSWORD"'
    office = configured(home, settings, mailing(strict_server.port, secrets))
    lodged(office)
    post_now(office)
    mail = CheckpointMail.objects.get()
    assert bool(mail.sent_at) == (not words)
    assert words in mail.error
    assert PASSWORD not in mail.error
    assert len(postbox.messages()) == (not words)


@pytest.mark.usefixtures("committed")
def test_a_mail_server_that_hangs_keeps_nothing_waiting(home: Path, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        office = configured(home, settings, mailing(silent.getsockname()[1]))
        write(office)
        keeping = Safekeeping()
        keeping.keep()
        posting = keeping._posting
        assert posting is not None
        caller, _address = silent.accept()
        write(office, days_ago=0)
        keeping.keep()
        assert keeping._posting is posting
        assert not posting.done()
        caller.close()
        assert wait_until(posting.done, 10)
    assert CheckpointMail.objects.get().error


@pytest.mark.usefixtures("committed")
def test_the_rounds_make_file_and_mail(posting: Office, postbox: Postbox, home: Path) -> None:
    write(posting)
    keeping = Safekeeping()
    keeping.keep()
    assert keeping._posting is not None
    assert wait_until(keeping._posting.done, 10)
    assert len(postbox.messages()) == 1
    assert len(list((home / "checkpoints").iterdir())) == 1


def test_a_day_that_is_done_costs_one_question(
    posting: Office, django_assert_num_queries: Callable[[int], Any]
) -> None:
    keeping = Safekeeping()
    keeping.keep()
    with django_assert_num_queries(1):
        keeping.keep()


def test_without_mail_a_day_that_is_done_costs_nothing(
    office: Office, django_assert_num_queries: Callable[[int], Any]
) -> None:
    keeping = Safekeeping()
    keeping.keep()
    with django_assert_num_queries(0):
        keeping.keep()


# The doctor


def found(office: Office) -> list[Finding]:
    with translation.override("en"):
        return safekeeping.checkpointed(office, timezone.now())


def test_an_empty_log_needs_no_checkpoint(office: Office) -> None:
    assert [finding.severity for finding in found(office)] == [Severity.OK]


def test_days_without_a_checkpoint_are_told(office: Office) -> None:
    write(office, days_ago=2)
    (finding,) = found(office)
    assert (finding.severity, "publisher log checkpoint" in str(finding.remedy)) == (Severity.WARNING, True)


def test_a_missing_guard_is_a_problem(office: Office) -> None:
    guard.install(connection)
    assert [finding.severity for finding in safekeeping.guarded()] == [Severity.OK]
    guard.remove(connection)
    (finding,) = safekeeping.guarded()
    assert (finding.severity, "publisher log guard" in str(finding.remedy)) == (Severity.PROBLEM, True)
    guard.install(connection)
