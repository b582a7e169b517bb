"""Two websites at once: an item that stands on both is one item and two publications, each with its own proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from publisher.cli.counting import count
from publisher.office import BadConfiguration, Office, get_office
from publisher.queue import orders
from publisher.queue.models import Delivery
from publisher.queue.sightings.enrolling import enrol
from publisher.queue.sightings.looking import look
from publisher.queue.states import State
from publisher.queue.visits import dispatch
from tests.channels.portal_system import KEY, SECRET, PortalSystem
from tests.queued import corrected, events, released

pytestmark = pytest.mark.django_db

EXAMPLE = Path(__file__).parents[2] / "config/systems/platform.toml"


@pytest.fixture
def system() -> Iterator[PortalSystem]:
    with PortalSystem() as running:
        yield running


@pytest.fixture
def both(office: Office, system: PortalSystem, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The model office with a closed portal system beside its own website."""
    example = EXAMPLE.read_text(encoding="utf-8").replace('"https://jyh.example.gov.cn"', f'"{system.url}"')
    path = Path(settings.PUBLISHER_CONFIG)
    path.write_text(path.read_text(encoding="utf-8") + example, encoding="utf-8")
    monkeypatch.setenv("PLATFORM_APP_KEY", KEY)
    monkeypatch.setenv("PLATFORM_APP_SECRET", SECRET)
    get_office.cache_clear()
    return get_office()


def work_all() -> None:
    for delivery in Delivery.objects.filter(state=State.WAITING).order_by("pk"):
        dispatch.work(delivery.pk)


def counted() -> tuple[int, int, dict[str, int]]:
    year = timezone.now().astimezone(get_office().timezone).year
    done = CliRunner().invoke(count, [str(year), "--by", "channel", "--json"])
    document = json.loads(done.stdout)
    return document["items"], document["publications"], {row["channel"]: row["count"] for row in document["rows"]}


def test_an_item_on_two_websites_is_one_item_and_two_publications(both: Office, system: PortalSystem) -> None:
    item = released(both, "portal", "platform")
    released(both, "platform", title="只在门户")
    work_all()
    assert counted() == (2, 3, {"portal": 1, "platform": 2})
    urls = {one.channel: one.url for one in Delivery.objects.filter(item=item)}
    assert urls["platform"] == "https://www.example.gov.cn/art/9000.html"
    assert urls["portal"].startswith("http://127.0.0.1:8000/site/")
    now = timezone.now() + timedelta(days=2)
    enrol(both, now=now)
    assert len(list(look(both, now=now, most=9))) == 3
    assert [events(item, key)[-1] for key in ("portal", "platform")] == ["seen", "seen"]


SCIENCE = """
[channels.science]
kind = "website"
driver = "static"
name = "科技网"
base_url = "http://127.0.0.1:8000/sites/science/"
path = "science"
"""


def with_science(settings: Settings, table: str = SCIENCE) -> Office:
    path = Path(settings.PUBLISHER_CONFIG)
    path.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    get_office.cache_clear()
    return get_office()


def test_two_websites_of_our_own_have_their_own_pages_and_addresses(
    office: Office, settings: Settings, client: Client
) -> None:
    item = released(with_science(settings), "portal", "science")
    released(get_office(), "science", title="只在科技网")
    work_all()
    assert counted() == (2, 3, {"portal": 1, "science": 2})
    urls = {one.channel: one.url.removeprefix("http://127.0.0.1:8000") for one in Delivery.objects.filter(item=item)}
    assert urls["science"] == urls["portal"].replace("/site/", "/sites/science/")
    for url, name in ((urls["portal"], "门户网站"), (urls["science"], "科技网")):
        page = b"".join(client.get(url)).decode()
        assert "科技活动周启动" in page
        assert name in page
    home = b"".join(client.get("/site/")).decode()
    assert "只在科技网" not in home
    assert client.get("/sites/wechat/").status_code == 404
    orders.recall(item, ["science"], by="tester", reason="错发")
    work_all()
    assert "科技活动周启动" in b"".join(client.get("/site/")).decode()
    assert counted() == (2, 3, {"portal": 1, "science": 2})


@pytest.mark.parametrize("path", ["site", "./site/", "science/../site"])
def test_two_websites_in_one_folder_are_refused(office: Office, settings: Settings, path: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        with_science(settings, SCIENCE.replace('"science"', f'"{path}"'))
    assert [flaw.key for flaw in refused.value.flaws] == ["channels.science.path"]


def test_each_website_is_corrected_and_taken_back_by_itself(both: Office, system: PortalSystem) -> None:
    item = released(both, "portal", "platform")
    work_all()
    corrected(both, item)
    work_all()
    assert [article["title"] for article in system.articles.values()] == ["科技活动周启动（更正）"]
    assert counted() == (1, 2, {"portal": 1, "platform": 1})
    orders.recall(item, ["platform"], by="tester", reason="错发")
    work_all()
    assert system.articles == {}
    assert [events(item, key)[-1] for key in ("portal", "platform")] == ["corrected", "recalled"]


def test_trouble_on_one_website_does_not_hold_up_the_other(both: Office, system: PortalSystem) -> None:
    system.refuses = "标题含有敏感词"
    item = released(both, "portal", "platform")
    work_all()
    states = dict(Delivery.objects.filter(item=item).values_list("channel", "state"))
    assert states["portal"] == State.DONE
    assert states["platform"] == State.UNCERTAIN
    Delivery.objects.filter(channel="platform").update(due_at=timezone.now() - timedelta(minutes=1))
    dispatch.work(Delivery.objects.get(channel="platform").pk)
    assert Delivery.objects.get(channel="platform").state == State.REFUSED
    assert counted() == (1, 1, {"portal": 1})
