"""Credentials of channels: kept encrypted, asked after every day, and people are told before they end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner
from django.utils import timezone
from pytest_django import Settings

from channels.base import Grant
from channels.errors import CredentialsRefused
from channels.sandbox.server import Sandbox
from channels.secret import Secret
from publisher.cli.figures import figure
from publisher.credentials import keeping, standings
from publisher.credentials.models import Credential, Standing
from publisher.log import queries as log
from publisher.log.events import Event
from publisher.notices import actions as notices
from publisher.notices import sending
from publisher.notices.models import Notice, NoticeSending
from publisher.office import ChannelEntry, Office, get_office
from publisher.people.roles import Permission
from publisher.queue import SYSTEM, accounts
from publisher.queue.diagnosis.credentials import standing as diagnosis
from publisher.queue.diagnosis.findings import Severity
from publisher.queue.looking import credentials
from publisher.queue.models import Usage
from publisher.reports.models import EnteredValue
from tests.postbox import Postbox
from tests.world import free_port, write_office

pytestmark = pytest.mark.django_db

TOKEN = "2.00a-token-nobody-may-see"
DAY = 86_400
ADDRESS, SENDER = "admin@example.gov.cn", "publisher@example.gov.cn"


def weibo() -> ChannelEntry:
    return get_office().channels["weibo"]


def keep(office: Office, token: str = TOKEN) -> Credential:
    return keeping.keep(office, weibo(), "weibo", Grant(token, "1234567890"), by="zhangwei", now=timezone.now())


# Keeping


def test_a_token_is_kept_so_that_only_this_program_reads_it(office: Office, settings: Settings) -> None:
    kept = keep(office)
    assert Secret("desk:weibo").reveal() == TOKEN
    assert TOKEN not in repr(vars(kept)) + repr([entry.detail for entry in log.book(office.slug)])
    assert log.book(office.slug).filter(event=Event.CHANNEL_SIGNED_IN, actor="zhangwei").count() == 1
    settings.SECRET_KEY = "another key"
    with pytest.raises(CredentialsRefused, match="another key"):
        Secret("desk:weibo").reveal()


def test_a_new_token_takes_the_place_of_the_old_one(office: Office) -> None:
    keep(office)
    keep(office, "2.00another")
    assert (Secret("desk:weibo").reveal(), Credential.objects.count()) == ("2.00another", 1)


def test_a_token_copied_to_another_name_opens_nothing(office: Office) -> None:
    kept = keep(office)
    Credential.objects.filter(pk=kept.pk).update(name="other")
    with pytest.raises(CredentialsRefused, match="sign in"):
        Secret("desk:other").reveal()


def test_what_is_deleted_is_gone(office: Office) -> None:
    keep(office)
    assert keeping.forget(office, weibo(), "weibo", by="zhangwei")
    assert not keeping.forget(office, weibo(), "weibo", by="zhangwei")
    with pytest.raises(CredentialsRefused, match="Nobody has signed in"):
        Secret("desk:weibo").reveal()


# Asking


def ask(sandbox: Sandbox, left_s: int = 1000 * DAY, *, now: datetime | None = None) -> Standing | None:
    sandbox.weibo.settings.token_left_s = left_s
    return credentials.ask(get_office(), weibo(), now=now)


def told() -> list[str]:
    return [notice.key for notice in Notice.objects.filter(settled_at=None)]


@pytest.mark.parametrize(
    ("left_s", "keys", "is_urgent"),
    [
        (15 * DAY, [], None),
        (14 * DAY - 60, ["credentials:weibo:14"], False),
        (7 * DAY - 60, ["credentials:weibo:7"], False),
        (3 * DAY - 60, ["credentials:weibo:3"], True),
        (DAY - 60, ["credentials:weibo:1"], True),
        (0, ["credentials:weibo:ended"], True),
    ],
)
def test_people_are_told_before_a_token_ends(
    office: Office, sandbox: Sandbox, left_s: int, keys: list[str], is_urgent: bool | None
) -> None:
    ask(sandbox, left_s)
    assert told() == keys
    assert [notice.is_urgent for notice in Notice.objects.all()] == ([] if is_urgent is None else [is_urgent])
    assert ("weibo" in accounts.paused(office.slug)) == (left_s == 0)
    severity = Severity.PROBLEM if not left_s else Severity.WARNING if keys else Severity.OK
    assert diagnosis(office, timezone.now())[0].severity == severity


def test_each_threshold_tells_once_and_a_new_token_settles_all(office: Office, sandbox: Sandbox) -> None:
    for left in (13, 12, 6, 5, 2):
        ask(sandbox, left * DAY)
    assert (told(), Notice.objects.count()) == (["credentials:weibo:3"], 3)
    ask(sandbox)
    assert told() == []
    ask(sandbox, 2 * DAY)
    assert Notice.objects.count() == 4


@pytest.mark.parametrize("change", [{"access_token": "another"}, {"token_expired": True}], ids=["revoked", "expired"])
def test_a_token_that_is_refused_stops_the_channel_with_the_remedy(
    office: Office, sandbox: Sandbox, change: dict[str, object]
) -> None:
    for name, value in change.items():
        setattr(sandbox.weibo.settings, name, value)
    ask(sandbox)
    (account,) = accounts.paused(office.slug).values()
    assert (account.channel, account.paused_by) == ("weibo", SYSTEM)
    assert account.pause["kind"] == CredentialsRefused.__name__
    assert told() == ["credentials:weibo:refused"]
    assert diagnosis(office, timezone.now())[0].severity == Severity.PROBLEM


def test_what_is_only_missing_here_is_told_and_stops_nothing(
    office: Office, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEIBO_ACCESS_TOKEN")
    ask(sandbox)
    assert (told(), accounts.paused(office.slug)) == (["credentials:weibo:missing"], {})


def test_without_an_answer_the_last_one_counts_on(office: Office, sandbox: Sandbox) -> None:
    ask(sandbox, 5 * DAY)
    sandbox.misbehave("/oauth2/get_token_info", "error_before")
    later = timezone.now() + timedelta(days=3)
    assert ask(sandbox, now=later) is None
    assert told() == ["credentials:weibo:3"]
    assert standings.newest(office)["weibo"].day < later.astimezone(office.timezone).date()


def test_each_channel_is_asked_once_a_day(office: Office, sandbox: Sandbox) -> None:
    now = timezone.now()
    assert [entry.key for entry in credentials.due(office, now=now)] == ["wechat", "weibo"]
    ask(sandbox)
    assert [entry.key for entry in credentials.due(office, now=now)] == ["wechat"]
    credentials.ask(office, office.channels["wechat"])
    assert credentials.due(office, now=now) == []
    assert [entry.key for entry in credentials.due(office, now=now + timedelta(days=1))] == ["wechat", "weibo"]


def test_asking_keeps_to_half_of_the_calls(office: Office, sandbox: Sandbox) -> None:
    ask(sandbox)
    usage = Usage.objects.get(quota="calls_per_day")
    assert usage.used == 1
    Usage.objects.filter(pk=usage.pk).update(used=50)
    assert ask(sandbox) is None
    assert Usage.objects.get(pk=usage.pk).used == 50


def test_followers_are_written_down_day_by_day(office: Office, sandbox: Sandbox) -> None:
    sandbox.weibo.settings.followers = 18_236
    row = ask(sandbox)
    assert row is not None
    assert standings.on_day(office, "weibo", "followers", row.day) == (row.day, 18_236)
    assert standings.on_day(office, "weibo", "followers", row.day + timedelta(days=5)) == (row.day, 18_236)
    assert standings.on_day(office, "weibo", "followers", row.day - timedelta(days=1)) is None


def test_a_figure_that_is_refused_says_nothing_about_the_token(office: Office, sandbox: Sandbox) -> None:
    sandbox.misbehave("/2/users/show.json", "refused")
    row = ask(sandbox)
    assert row is not None
    assert (row.error, row.metrics) == (None, {})


# Telling


def telling(home: Path, settings: Settings, url: str, more: str) -> Office:
    path = write_office(home, url)
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    settings.PUBLISHER_CONFIG = path
    get_office.cache_clear()
    return get_office()


def test_a_notice_is_mailed_once_and_again_where_the_server_refuses(
    office: Office, home: Path, sandbox: Sandbox, settings: Settings
) -> None:
    postbox, port = Postbox(), free_port()
    mail = f'[mail]\nhost = "localhost"\nport = {port}\nsecurity = "none"\nsender = "{SENDER}"\n'
    office = telling(home, settings, sandbox.url, f'[notices]\nmail = ["{ADDRESS}"]\n{mail}')
    ask(sandbox, 5 * DAY)
    credentials.post(office)
    assert "A notice could not be sent" in str(diagnosis(office, timezone.now())[-1].text)
    assert NoticeSending.objects.get().tries == 1
    server = Controller(postbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        NoticeSending.objects.update(due_at=timezone.now() - timedelta(minutes=1))
        for _ in range(2):
            credentials.post(office)
    finally:
        server.stop()
    (message,) = postbox.messages()
    assert "新浪微博" in message["Subject"]
    assert "令牌" in message.get_content()
    assert NoticeSending.objects.get().sent_at is not None


def test_what_is_settled_is_not_sent_any_more(office: Office, home: Path, sandbox: Sandbox, settings: Settings) -> None:
    mail = f'[mail]\nhost = "localhost"\nsender = "{SENDER}"\n'
    office = telling(home, settings, sandbox.url, f'[notices]\nmail = ["{ADDRESS}"]\n{mail}')
    ask(sandbox, 5 * DAY)
    assert sending.due(office, timezone.now()).count() == 1
    ask(sandbox)
    assert sending.due(office, timezone.now()).count() == 0


def test_notices_are_for_people_who_can_do_something(office: Office, sandbox: Sandbox) -> None:
    ask(sandbox, 5 * DAY)
    assert notices.standing(office, [Permission.MANAGE_CHANNELS.value]).count() == 1
    assert notices.standing(office, [Permission.SUBMIT.value]).count() == 0


def test_followers_at_the_end_of_the_year_become_a_figure(office: Office, sandbox: Sandbox) -> None:
    assert CliRunner().invoke(figure, ["followers", "2026"]).exit_code == 1
    for on, count in ((20, 18_100), (30, 18_236)):
        sandbox.weibo.settings.followers = count
        ask(sandbox, now=datetime(2026, 12, on, 3, tzinfo=UTC))
    done = CliRunner().invoke(figure, ["followers", "2026", "--json"])
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.stdout)
    assert (told["key"], int(told["value"])) == ("weibo_followers", 18_236)
    kept = EnteredValue.objects.get(key="weibo_followers")
    assert (kept.kind, kept.source) == ("analytics", "新浪微博：2026-12-30 平台显示 18236")


@pytest.mark.django_db(transaction=True)
def test_the_rounds_ask_beside_the_sweep_and_not_at_the_very_beginning(
    committed: None, office: Office, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = credentials.Watching()
    watching.keep()
    assert watching._step is None
    monkeypatch.setattr(credentials, "FIRST_S", 0)
    sandbox.misbehave("/oauth2/get_token_info", "error_before")
    watching = credentials.Watching()
    for rows in (0, 1):
        watching._not_before = float("-inf")
        watching._asked.clear()
        watching.keep()
        assert watching._step is not None
        watching._step.result(timeout=20)
        assert Standing.objects.filter(channel="weibo").count() == rows
