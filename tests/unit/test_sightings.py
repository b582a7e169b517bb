"""The daily look: what is out is looked at, what changes goes into the log once, what is wrong is told to people."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from channels.base import Sighting, Visit
from channels.errors import ChannelError, ChannelUnavailable, CredentialsRefused, PersonNeeded, Text
from channels.website.static.channel import StaticWebsite
from channels.weibo.channel import WeiboChannel
from publisher.cli.looking import look as look_command
from publisher.items.models import Item
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue import accounts, orders
from publisher.queue.models import Delivery, Metric, Sighted, Usage
from publisher.queue.moves import error_json
from publisher.queue.sightings.enrolling import enrol
from publisher.queue.sightings.looking import look
from publisher.queue.states import Sight
from publisher.queue.visits import dispatch
from tests.desk_samples import sign_in
from tests.queued import corrected, events, one, released

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 3, 1, 2, 0, tzinfo=UTC)
"""Later than anything the clock of this machine says, so that all that is out is due."""

Show = Callable[[Sighting | ChannelError], None]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    """Let the website show something else from now on."""

    def set_to(what: Sighting | ChannelError) -> None:
        def look_there(_channel: StaticWebsite, _receipt: object) -> Sighting:
            if isinstance(what, ChannelError):
                raise what
            return what

        monkeypatch.setattr(StaticWebsite, "look", look_there)

    return set_to


def out(office: Office, *channels: str, title: str = "科技活动周启动") -> Item:
    item = released(office, *(channels or ("portal",)), title=title)
    for channel in channels or ("portal",):
        dispatch.work(one(item, channel).pk)
    return item


def look_once(office: Office, at: datetime = NOW, **options: Any) -> int:
    enrol(office, now=at)
    return sum(1 for _ in look(office, now=at, most=options.pop("most", 100), **options))


def sighted(item: Item, channel: str = "portal") -> Sighted:
    return Sighted.objects.get(item=item, channel=channel)


def test_what_is_out_is_seen_once_a_day_and_told_to_the_log_once(office: Office) -> None:
    item = out(office)
    assert look_once(office) == 1
    assert look_once(office) == 0
    assert look_once(office, NOW + timedelta(days=1)) == 1
    assert events(item, "portal")[-2:] == ["published", "seen"]
    row = sighted(item)
    assert (row.state, row.is_well, row.due_at) == (Sight.THERE, True, NOW + timedelta(days=2))


def test_what_disappears_and_comes_back_is_told_each_time(office: Office) -> None:
    item = out(office)
    look_once(office)
    page = office.path.parent / "site" / one(item, "portal").remote_id
    hidden = page.rename(page.with_suffix(".hidden"))
    for day in (1, 2):
        look_once(office, NOW + timedelta(days=day))
    assert sighted(item).state == Sight.MISSING
    hidden.rename(page)
    look_once(office, NOW + timedelta(days=3))
    assert events(item, "portal")[-3:] == ["seen", "missing", "seen"]
    assert sighted(item).is_well


def test_what_was_changed_there_and_what_does_not_open_is_not_well(office: Office, show: Show) -> None:
    item = out(office)
    show(Sighting(True, is_unchanged=False))
    look_once(office)
    assert (sighted(item).state, sighted(item).is_well) == (Sight.ALTERED, False)
    show(
        Sighting(
            True, is_unchanged=True, problems=(Text("The page or file {url} does not open for readers.", url="x"),)
        )
    )
    look_once(office, NOW + timedelta(days=1))
    assert (sighted(item).state, sighted(item).is_well) == (Sight.THERE, False)
    show(Sighting(True))
    look_once(office, NOW + timedelta(days=2))
    assert sighted(item).is_well
    assert events(item, "portal")[-3:] == ["altered", "seen", "seen"]


def test_readers_are_kept_day_by_day_the_last_of_a_day(office: Office, show: Show) -> None:
    item = out(office)
    for hours, reads in ((0, 5), (1, 9), (24, 12)):
        show(Sighting(True, metrics={"reads": reads}))
        Sighted.objects.update(due_at=NOW)
        look_once(office, NOW + timedelta(hours=hours))
    values = Metric.objects.filter(item=item).order_by("day").values_list("day__day", "name", "value")
    assert list(values) == [(1, "reads", 9), (2, "reads", 12)]


def test_an_address_that_is_known_only_later_is_kept_and_told_once(office: Office, show: Show) -> None:
    item = out(office)
    own = one(item, "portal").url
    show(Sighting(True))
    look_once(office)
    show(Sighting(True, url="https://mp.weixin.qq.com/s/1"))
    look_once(office, NOW + timedelta(days=1))
    assert (one(item, "portal").url, events(item, "portal")[-2:]) == (own, ["published", "seen"])
    Delivery.objects.filter(item=item).update(url="")
    for day in (2, 3):
        look_once(office, NOW + timedelta(days=day))
    assert one(item, "portal").url == "https://mp.weixin.qq.com/s/1"
    assert events(item, "portal")[-3:] == ["published", "seen", "seen"]
    told = LogEntry.objects.filter(event="seen").latest("seq")
    assert (told.url, told.evidence) == ("https://mp.weixin.qq.com/s/1", "E2")


def test_a_correction_is_looked_at_in_place_of_what_it_corrects(office: Office) -> None:
    item = out(office)
    look_once(office)
    (correction,) = corrected(office, item)
    dispatch.work(correction.pk)
    assert look_once(office, NOW + timedelta(hours=1)) == 1
    assert sighted(item).delivery == correction
    assert events(item, "portal")[-2:] == ["corrected", "seen"]


def test_what_was_taken_back_is_not_looked_for(office: Office) -> None:
    item = out(office)
    look_once(office)
    (recall,) = orders.recall(item, ["portal"], by="tester", reason="错发")
    dispatch.work(recall.pk)
    assert look_once(office, NOW + timedelta(days=3)) == 0
    assert (sighted(item).state, sighted(item).is_well) == (Sight.ENDED, True)


@pytest.mark.parametrize(
    ("error", "others_wait"),
    [
        (ChannelUnavailable("down", retry_after_s=7200), True),
        (CredentialsRefused("no"), True),
        (PersonNeeded("who knows"), False),
    ],
    ids=["away", "no login", "cannot be told"],
)
def test_a_look_that_shows_nothing_changes_nothing_and_comes_again(
    office: Office, show: Show, error: ChannelError, others_wait: bool
) -> None:
    items = [out(office, title=f"第{number}条") for number in (1, 2)]
    look_once(office)
    before = LogEntry.objects.count()
    show(error)
    assert look_once(office, NOW + timedelta(days=1)) == (1 if others_wait else 2)
    row = sighted(items[0])
    assert (row.state, row.is_well, row.failures) == (Sight.THERE, True, 1)
    assert row.due_at is not None
    assert row.due_at >= NOW + timedelta(days=1, hours=1)
    for day in range(2, 9):
        look_once(office, NOW + timedelta(days=day))
    assert not sighted(items[0]).is_well
    assert LogEntry.objects.count() == before
    show(Sighting(True))
    look_once(office, NOW + timedelta(days=20))
    assert sighted(items[0]).is_well


def test_the_oldest_comes_first_and_another_process_goes_on(office: Office) -> None:
    items = [out(office, title=f"第{number}条") for number in range(3)]
    assert look_once(office, most=2) == 2
    assert [sighted(item).state for item in items] == [Sight.THERE, Sight.THERE, Sight.UNSEEN]
    assert look_once(office, most=2) == 1


def test_a_paused_channel_is_left_alone(office: Office) -> None:
    out(office)
    accounts.pause(office.channels["portal"], by="tester", report=error_json(Text("x")), now=NOW)
    assert look_once(office) == 0


def test_looks_take_half_of_a_quota_at_most(office: Office) -> None:
    item = out(office, "portal", "weibo")
    weibo = office.channels["weibo"].channel
    assert isinstance(weibo, WeiboChannel)
    assert weibo.limits.costs[Visit.LOOK] == {"calls_per_day": 1}
    enrol(office, now=NOW)
    account = accounts.locked(office.slug, "weibo")
    day = NOW.astimezone(office.timezone).replace(hour=0)
    Usage.objects.create(account=account, quota="calls_per_day", begins_at=day, used=50)
    assert look_once(office) == 1
    assert sighted(item, "weibo").due_at == day + timedelta(days=1)
    assert look_once(office, NOW + timedelta(days=1)) == 2
    row = sighted(item, "weibo")
    # It is years old by then, and on such platforms what is old is looked at less often.
    assert (row.state, row.due_at) == (Sight.THERE, NOW + timedelta(days=31))


def test_the_command_looks_and_says_what_is_not_well(office: Office, show: Show) -> None:
    item = out(office)
    done = CliRunner().invoke(look_command, ["portal", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["channels"]) == (0, {"portal": {"there": 1}})
    show(Sighting(False))
    done = CliRunner().invoke(look_command, ["--all", "--json"])
    document = json.loads(done.stdout)
    assert (done.exit_code, document["looked"]) == (1, 1)
    assert [(row["item"], row["state"]) for row in document["problems"]] == [(item.pk, "missing")]
    done = CliRunner().invoke(look_command, [])
    assert "科技活动周启动" in done.stdout
    assert CliRunner().invoke(look_command, ["nowhere"]).exit_code == 2
    assert CliRunner().invoke(look_command, ["daily"]).exit_code == 2


def test_what_is_not_well_stands_among_the_things_to_do(office: Office, show: Show, client: Client) -> None:
    out(office)
    show(Sighting(False))
    look_once(office)
    sign_in(client)
    assert "科技活动周启动" in client.get("/todo/").content.decode()
