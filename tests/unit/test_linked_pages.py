"""Linked pages: each is asked for once a day, politely and never inside; what does not open is told until it does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.test import Client
from pytest_django import Settings

from channels import http
from publisher.cli import looking
from publisher.items.actions import revise, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item
from publisher.items.wishes import Wish
from publisher.office import LooksSection, Office, get_office
from publisher.queue import orders
from publisher.queue.diagnosis import linked
from publisher.queue.diagnosis.findings import Severity
from publisher.queue.models import Delivery, LinkedPage
from publisher.queue.sightings import links
from publisher.queue.sightings.enrolling import enrol
from publisher.queue.sightings.looking import look
from publisher.queue.states import State
from publisher.queue.visits import dispatch
from publisher.review.actions import release_directly
from publisher.review.checks.links import Asking, is_below
from tests.desk_samples import sign_in
from tests.queued import events, one

NOW = datetime(2030, 3, 1, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Pages(BaseHTTPRequestHandler):
    """Every host of the world: answers as the server was told, 200 otherwise, and hangs up where it was told 0."""

    def do_HEAD(self) -> None:
        server: World = self.server  # type: ignore[assignment]
        host = self.headers["Host"].partition(":")[0]
        server.asked.append(f"{self.command} {host}{self.path}")
        status = server.statuses.get(f"{host}{self.path}", 200)
        if status:
            self.send_response(status)
            self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()

    def log_message(self, *_args: object) -> None:
        """Nothing is told."""


class World(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Pages)
        self.asked: list[str] = []
        self.statuses: dict[str, int] = {}

    def url(self, place: str) -> str:
        """``a.example/x`` as an address that leads here."""
        host, _, path = place.partition("/")
        return f"http://{host}:{self.server_address[1]}/{path}"

    def heads(self) -> list[str]:
        """What was asked for since the last time."""
        asked, self.asked = self.asked, []
        return [one.removeprefix("HEAD ") for one in asked if one.startswith("HEAD ")]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Stands for all hosts that end in .example; this machine counts as one of the internet meanwhile."""
    server = World()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    resolve = socket.getaddrinfo

    def to_here(host: str, *rest: object, **options: object) -> object:
        return resolve("127.0.0.1" if str(host).endswith(".example") else host, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", to_here)
    monkeypatch.setattr(http, "is_internal", lambda _address: False)
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def office(office: Office, settings: Settings) -> Office:
    """Its own website is where nobody answers, whatever runs on this machine."""
    return at_home(settings, "http://127.0.0.1:9/site/")


def at_home(settings: Settings, base_url: str) -> Office:
    path = Path(settings.PUBLISHER_CONFIG)
    text = path.read_text("utf-8")
    before = next(word for word in ("http://127.0.0.1:8000/site/", "http://127.0.0.1:9/site/") if word in text)
    path.write_text(text.replace(before, base_url), encoding="utf-8")
    get_office.cache_clear()
    return get_office()


def out(office: Office, *addresses: str, title: str = "科技活动周启动") -> Item:
    revision = submit(office, Manuscript(title, _html(addresses), ()), Wish(channels=("portal",)), by="tester")
    release_directly(office, revision, by="tester")
    for delivery in orders.collect():
        dispatch.work(delivery.pk)
    return revision.item


def _html(addresses: tuple[str, ...]) -> str:
    return "<p>见" + "、".join(f'<a href="{one}">链接</a>' for one in addresses) + "。</p>"


def a_day(office: Office, at: datetime = NOW, most: int = 20) -> None:
    """What the rounds do in a day."""
    enrol(office, now=at)
    list(look(office, now=at, most=100))
    links.put_off(office, at)
    while links.ask(office, now=at, most=most):
        pass


def told(office: Office) -> list[str]:
    return [page.address for page in links.bad(office)]


@pytest.mark.django_db
def test_each_page_is_asked_for_once_a_day_however_many_link_to_it(office: Office, world: World) -> None:
    first, second = world.url("a.example/1"), world.url("b.example/2")
    out(office, first, second, f"{first}#part", "mailto:x@example.com")
    out(office, first, title="第二条")
    for day in range(2):
        a_day(office, NOW + day * DAY)
        assert sorted(world.heads()) == ["a.example/1", "b.example/2"]
        a_day(office, NOW + day * DAY + timedelta(hours=20))
        assert world.heads() == []
    assert told(office) == []


@pytest.mark.django_db
def test_what_is_gone_is_told_once_and_no_more_when_it_is_back(
    office: Office, world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = world.url("a.example/gone")
    items = [out(office, gone, title=title) for title in ("一条", "两条")]
    world.statuses["a.example/gone"] = 404
    a_day(office)
    assert told(office) == [gone]
    sign_in(client)
    page = client.get("/todo/").content.decode()
    assert page.count(gone) == 1
    monkeypatch.setattr(looking, "BETWEEN_S", 0)
    done = CliRunner().invoke(looking.look, ["--json"])
    (link,) = json.loads(done.stdout)["links"]
    assert (done.exit_code, link["address"], link["publications"], link["item"]) == (1, gone, 2, items[0].pk)
    assert gone in CliRunner().invoke(looking.look, []).stdout
    world.statuses["a.example/gone"] = 503
    a_day(office, NOW + DAY)
    assert told(office) == [gone]
    world.statuses.clear()
    a_day(office, NOW + 2 * DAY)
    assert told(office) == []
    assert gone not in client.get("/todo/").content.decode()
    assert [events(item, "portal")[-1] for item in items] == ["seen", "seen"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [0, 503], ids=["no answer", "failing"])
def test_what_may_be_a_passing_trouble_is_told_on_the_third_day(office: Office, world: World, status: int) -> None:
    ill = world.url("ill.example/")
    out(office, ill, world.url("well.example/"))
    world.statuses["ill.example/"] = status
    for day, expected in enumerate(([], [], [ill])):
        a_day(office, NOW + day * DAY)
        assert told(office) == expected


@pytest.mark.django_db
def test_where_nobody_answers_it_is_our_own_line_and_the_doctor_says_so(office: Office, world: World) -> None:
    places = [f"{name}.example/" for name in "abc"]
    out(office, *map(world.url, places))
    world.statuses = dict.fromkeys(places, 0)
    for day in range(4):
        a_day(office, NOW + day * DAY)
    assert told(office) == []
    assert [one.severity for one in linked.reachable(office, NOW + 3 * DAY)] == [Severity.WARNING]
    world.statuses.pop("c.example/")
    for day in (4, 5):
        a_day(office, NOW + day * DAY)
    assert sorted(told(office)) == [world.url("a.example/"), world.url("b.example/")]
    assert [one.severity for one in linked.reachable(office, NOW + 5 * DAY)] == [Severity.OK]


@pytest.mark.django_db
def test_of_others_so_many_a_day_are_asked_for_the_longest_waiting_first_one_of_a_host_at_a_time(
    office: Office, world: World
) -> None:
    office = replace(office, looks=LooksSection(links_per_day=3))
    out(office, *(world.url(f"a.example/{number}") for number in range(3)), world.url("b.example/0"))
    enrol(office, now=NOW)
    list(look(office, now=NOW, most=9))
    asked = []
    while links.ask(office, now=NOW, most=20):
        asked.append(sorted(world.heads()))
    assert [len({place.partition("/")[0] for place in step}) for step in asked] == [len(step) for step in asked]
    first = {place for step in asked for place in step}
    a_day(office, NOW + DAY)
    second = set(world.heads())
    assert (len(first), len(second), len(first | second)) == (3, 3, 4)
    a_day(replace(office, looks=LooksSection(links=False)), NOW + 3 * DAY)
    assert world.heads() == []


@pytest.mark.django_db
def test_whoever_was_killed_while_asking_does_not_ask_again_that_day(
    office: Office, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    out(office, world.url("a.example/1"))

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(links, "_note", killed)
        with pytest.raises(KeyboardInterrupt):
            a_day(office)
    world.heads()  # whether it came to the call or not
    a_day(office, NOW + timedelta(hours=1))
    assert world.heads() == []
    a_day(office, NOW + DAY)
    assert world.heads() == ["a.example/1"]


@pytest.mark.django_db
def test_the_offices_own_pages_are_asked_for_inside_too_and_nothing_else_there(
    office: Office, settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # This machine is inside again.
    here = f"http://127.0.0.1:{world.server_address[1]}"
    own = at_home(settings, f"{here}/site/")
    item = out(own, f"{here}/site/dynamics/", f"{here}/admin", f"{here}/site/../admin", "/site/notices/")
    office = replace(own, looks=LooksSection(links=False))
    a_day(office)
    page = one(item, "portal").url.removeprefix("http://").replace(f":{world.server_address[1]}", "")
    assert sorted(world.heads()) == sorted(["127.0.0.1/site/dynamics/", "127.0.0.1/site/notices/", page])
    world.statuses = {page: 404}
    a_day(office, NOW + DAY)
    assert told(office) == [one(item, "portal").url]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://www.a.example/site/x", True),
        ("https://www.a.example/site", False),
        ("https://www.a.example.evil.example/site/", False),
        ("https://www.a.example/site/../x", False),
        ("https://www.a.example/site/%2e%2E/x", False),
        ("https://www.a.example/site/..%2fx", False),
        ("https://www.a.example/site/a..b/x", True),
        ("https://www.a.example/site/\\..\\x", False),
    ],
)
def test_what_lies_on_a_site_begins_like_it_and_does_not_step_out_of_it(address: str, expected: bool) -> None:
    assert is_below(address, ["https://www.a.example/site/"]) is expected


@pytest.mark.django_db
def test_links_that_were_corrected_or_taken_back_are_asked_for_no_more(office: Office, world: World) -> None:
    wrong, right = world.url("a.example/wrong"), world.url("a.example/right")
    world.statuses["a.example/wrong"] = 410
    item, other = out(office, wrong), out(office, world.url("b.example/"), title="另一条")
    a_day(office)
    assert told(office) == [wrong]
    revision = revise(office, item, Manuscript("科技活动周启动", _html((right,)), ()), Wish(), by="tester")
    release_directly(office, revision, by="tester")
    orders.recall(other, ["portal"], by="tester", reason="错发")
    orders.collect()
    for delivery in Delivery.objects.filter(state=State.WAITING):
        dispatch.work(delivery.pk)
    world.heads()
    a_day(office, NOW + 2 * DAY)
    assert world.heads() == ["a.example/right"]
    assert told(office) == []
    assert LinkedPage.objects.get(address=wrong).due_at > NOW + 2 * DAY


def test_a_name_that_leads_inside_is_not_asked_and_nothing_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "is_internal", lambda address: address.startswith("127."))
    reply = Asking().reply(world.url("inside.example/"))
    page = LinkedPage(address="x")
    links._note(page, reply, NOW)
    assert (page.trouble, page.answered_at, world.asked) == (None, None, [])
