"""A channel's past is asked for at the pace its platform bears, inside the quotas of its account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from channels.base import Evidence, Past, PastPage, Visit
from channels.errors import CredentialsRefused
from channels.sandbox.server import Sandbox
from publisher.log.past import Taking, Verdict, begin
from publisher.office import ChannelEntry, Office
from publisher.queue import accounts, slots
from publisher.queue.looking.past import LaterOn, Question, pages
from publisher.queue.looking.taking_in import Tally, pages_of, take_in
from publisher.queue.models import Account, Usage
from tests.channels.old_site import NEWS, OldSite, Reply, published, served

pytestmark = pytest.mark.django_db

NOON = datetime(2018, 1, 24, 4, tzinfo=UTC)
TOMORROW = datetime(2018, 1, 24, 16, tzinfo=UTC)
"""Midnight in Beijing."""


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def site() -> Iterator[OldSite]:
    with served(OldSite()) as running:
        running.add_news(published(100, date(2018, 1, 20), step_days=3))
        yield running


def asked(entry: ChannelEntry, waits: list[float], *, after: str = "") -> Iterator[PastPage]:
    # Not the clock of the database, which no test can move.
    return pages(entry, Question(2017, after, lambda _: False), sleep=waits.append, now=timezone.now)


def portal(office: Office, site: OldSite, **more: object) -> ChannelEntry:
    """The portal of the model office with the old site behind it."""
    entry = office.channels["portal"]
    past = {"site": site.url, "pause_s": 2, "lists": [{**NEWS, **more}]}
    adapter = type(entry.channel)
    options = adapter.Options.model_validate({"base_url": "https://www.example.gov.cn/", "past": past})
    channel = adapter(entry.key, options, entry.channel.place)
    return ChannelEntry(entry.key, entry.kind, entry.name, "", options.timeout_s, options, channel)


def used(quota: str) -> int:
    return sum(Usage.objects.filter(quota=quota).values_list("used", flat=True))


def test_between_two_calls_the_site_is_left_alone(office: Office, site: OldSite) -> None:
    waits: list[float] = []
    read = list(asked(portal(office, site), waits))
    # A drill's bent time does not make it less polite.
    assert waits == [2.0] * len(read) == [2.0] * site.calls.total()


def test_what_does_not_answer_is_asked_again_later_and_goes_on_where_it_was(office: Office, site: OldSite) -> None:
    whole = [past.url for page in asked(portal(office, site), []) for past in page.entries]
    site.troubles["/gzdt/index_2.html"] = [Reply(b"", 503, {"Retry-After": "40"})] * 3
    waits: list[float] = []
    again = [past.url for page in asked(portal(office, site), waits) for past in page.entries]
    assert sorted(set(again)) == sorted(whole)
    # Scaled as all waits for a platform are.
    assert [wait for wait in waits if wait != 2.0] == [0.4, 0.4, 1.2]


def test_in_the_end_it_is_left_for_another_time(office: Office, site: OldSite) -> None:
    site.troubles["/gzdt/index_2.html"] = [Reply(b"", 503)] * 9
    waits: list[float] = []
    with pytest.raises(LaterOn, match="Run it again later") as caught:
        list(asked(portal(office, site), waits))
    assert "tried again" not in str(caught.value), "nobody does"
    assert len([wait for wait in waits if wait != 2.0]) == 3


def test_a_platform_that_asks_for_hours_is_left_alone(office: Office, site: OldSite) -> None:
    site.troubles["/gzdt/index.html"] = [Reply(b"", 429, {"Retry-After": "86400"})]
    with pytest.raises(LaterOn):
        list(asked(portal(office, site), []))
    assert site.calls["/gzdt/index.html"] == 1


def test_looking_back_shares_the_quota_and_leaves_half_of_it(
    office: Office, sandbox: Sandbox, noon: time_machine.Coordinates
) -> None:
    entry = office.channels["wechat"]
    for number in range(55 * 20):
        sandbox.wechat.publish_by_hand(f"第{number}条", at=NOON - timedelta(hours=number + 1))
    read: list[PastPage] = []
    with pytest.raises(LaterOn) as caught:
        read += asked(entry, [])
    assert caught.value.until == TOMORROW
    assert "2018-01-25 00:00" in str(caught.value.text)
    assert used("lookups_per_day") == 50
    with pytest.raises(LaterOn):
        next(asked(entry, []))
    noon.move_to(TOMORROW)
    rest = list(asked(entry, [], after=str(49 * 20)))
    assert len([past for page in rest for past in page.entries]) == 6 * 20


def test_what_was_used_for_publishing_is_not_there_for_looking_back(office: Office) -> None:
    entry = office.channels["weibo"]
    account = accounts.locked(office.slug, "weibo")
    for _ in range(50):
        assert slots.take(account, entry.channel.limits, Visit.CONFIRM, now=NOON) is None
    with pytest.raises(LaterOn):
        next(asked(entry, []))
    # Publishing may still use the rest.
    assert slots.take(account, entry.channel.limits, Visit.CONFIRM, now=NOON) is None
    assert used("calls_per_day") == 51


def test_an_account_the_platform_wants_left_alone_is_left_alone(office: Office) -> None:
    Account.objects.create(office=office.slug, channel="wechat", not_before=NOON + timedelta(minutes=5))
    with pytest.raises(LaterOn) as caught:
        next(asked(office.channels["wechat"], []))
    assert caught.value.until == NOON + timedelta(minutes=5)


def test_wrong_credentials_are_told_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECHAT_APP_SECRET", "wrong")
    with pytest.raises(CredentialsRefused):
        next(asked(office.channels["wechat"], []))


def taking(office: Office, entry: ChannelEntry) -> Taking:
    return Taking(office, entry, 2017, "tester", begin(office, entry, 2017, source="channel", by="tester"))


def test_a_limit_stops_within_a_page_and_the_next_run_takes_the_rest(office: Office, site: OldSite) -> None:
    entry = portal(office, site)
    added = []
    while not added or added[-1] == 33:
        tally, work = Tally(), taking(office, entry)
        assert work.run is not None
        list(take_in(work, asked(entry, [], after=work.run.cursor), tally, limit=33))
        assert tally.is_cut == (tally.added == 33)
        added.append(tally.added)
    items = [item for item in published(100, date(2018, 1, 20), step_days=3) if item.day.year == 2017]
    assert (added, sum(added)) == ([33, 33, 27], len(items))


def test_lists_are_taken_in_small_transactions(office: Office) -> None:
    rows = [Past(f"第{n}次会议召开", date(2017, 1, 1), evidence=Evidence.DECLARED) for n in range(250)]
    assert [len(page.entries) for page in pages_of(rows)] == [100, 100, 50]
    tally = Tally()
    steps = [tally.added for tally in take_in(taking(office, office.channels["daily"]), pages_of(rows), tally)]
    assert steps == [100, 200, 250]


def test_rows_of_a_list_that_are_not_taken_are_named_and_those_of_a_site_counted(office: Office) -> None:
    found = [Past("前一年的会议召开", date(2016, 1, 1), where="list.xlsx 1月!2", evidence=grade) for grade in Evidence]
    tally = Tally()
    list(take_in(taking(office, office.channels["daily"]), pages_of(found), tally))
    assert tally.verdicts[Verdict.OUTSIDE] == 1
    assert [(left.where, str(left.text)) for left in tally.left_out] == [
        ("list.xlsx 1月!2", "2016-01-01 is not in 2017.")
    ] * 3
