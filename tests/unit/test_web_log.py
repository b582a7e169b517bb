"""The log on screen: newest first, each entry with its text and hash, and tampering is told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from publisher.log import guard, queries, verify
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import get_office
from publisher.web.logbook import PAGE_LENGTH
from tests.desk_samples import elements, links, released, sign_in, texts
from tests.log_samples import write

pytestmark = pytest.mark.django_db

PAGES = ["/log/", "/log/1/", "/log/export.jsonl", "/log/export.csv"]
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def written(number: int) -> list[int]:
    """As many items on the website, newest first as the page has them."""
    for item in range(1, number + 1):
        write(get_office(), NOON, Event.PUBLISHED, item)
    return list(range(number, 0, -1))


@pytest.mark.parametrize("address", PAGES)
def test_the_log_asks_to_sign_in(client: Client, address: str) -> None:
    written(1)
    assert client.get(address)["Location"] == f"/login/?next={address}"


@pytest.mark.parametrize("address", PAGES)
def test_the_log_is_only_read(desk: Client, address: str) -> None:
    written(1)
    assert desk.post(address).status_code == 405


@pytest.mark.parametrize("address", ["/log/", "/log/export.jsonl", "/log/export.csv"])
def test_an_empty_log_is_shown(desk: Client, address: str) -> None:
    assert desk.get(address).status_code == 200


def test_entries_stand_newest_first_in_pages(desk: Client) -> None:
    expected = written(2 * PAGE_LENGTH + 3)
    shown: list[str] = []
    address = "/log/"
    while address:
        page = desk.get(address)
        shown += texts(page, ".entries .number a")
        address = next(iter(links(page, ".pages a[rel=next]")), "")
    assert [int(number) for number in shown] == expected


def test_entries_are_found_by_item_channel_and_event(desk: Client) -> None:
    office = get_office()
    write(office, NOON, Event.PUBLISHED, 1)
    write(office, NOON, Event.PUBLISHED, 2, "weibo")
    write(office, NOON, Event.RECALLED, 2, "weibo")
    write(office, NOON, Event.PUBLISHED, 3, "gone")
    for query, expected in (
        ("item=2", ["3", "2"]),
        ("channel=weibo&event=recalled", ["3"]),
        ("channel=gone", ["4"]),
        ("event=corrected", []),
    ):
        assert texts(desk.get(f"/log/?{query}"), ".entries .number a") == expected


@pytest.mark.parametrize("query", ["item=x", f"item={10**30}", "channel=nowhere", "event=moon", "before=0", "before=x"])
def test_bad_searches_are_said_to_be_bad(desk: Client, query: str) -> None:
    response = desk.get(f"/log/?{query}")
    assert response.status_code == 400
    assert len(texts(response, "[role=alert]")) == 1


@pytest.mark.parametrize("number", [3, 60])
def test_the_log_asks_the_database_as_often_for_many_entries_as_for_few(
    desk: Client, django_assert_num_queries: Callable[[int], Any], number: int
) -> None:
    written(number)
    with django_assert_num_queries(7):  # session, user, membership, entries, head; head and newest entries to verify
        desk.get("/log/")
    with django_assert_num_queries(5):  # session, user, membership, the entry and its neighbours, its item
        desk.get("/log/2/")


def test_an_entry_shows_its_text_its_hash_and_the_one_before(desk: Client) -> None:
    item = released("科技活动周")
    entries = list(LogEntry.objects.order_by("seq"))
    page = desk.get(f"/log/{entries[1].seq}/")
    shown = texts(page, ".side dd")
    assert shown[:2] == [entries[1].hash, entries[0].hash]
    assert elements(page, ".side pre")[0].get_text() == entries[1].canonical
    assert len(texts(page, ".reason.good")) == 1
    assert f"/items/{item.pk}/" in links(page, "main a")
    assert links(page, ".downloads a") == ["/log/1/", *(["/log/3/"] if len(entries) > 2 else [])]


@pytest.mark.parametrize("seq", ["2", "0", str(10**18), str(10**30)])
def test_an_entry_that_is_not_there_is_not_found(desk: Client, seq: str) -> None:
    written(1)
    assert desk.get(f"/log/{seq}/").status_code == 404


def test_entries_of_another_office_are_not_shown(desk: Client) -> None:
    written(2)
    guard.remove(connection)
    LogEntry.objects.filter(seq=2).update(office="other")
    assert texts(desk.get("/log/"), ".entries .number a") == ["1"]
    assert desk.get("/log/2/").status_code == 404
    assert len(body(desk.get("/log/export.jsonl")).splitlines()) == 1


def test_tampering_is_told(desk: Client) -> None:
    written(4)
    guard.remove(connection)
    LogEntry.objects.filter(seq=3).update(title="anders")
    for address in ("/log/", "/log/3/"):
        page = desk.get(address)
        assert len(texts(page, ".alarm")) == 1
        assert texts(page, ".reason.good") == []
    assert texts(desk.get("/log/2/"), ".alarm") == []


def test_the_export_holds_every_entry_and_verifies(desk: Client) -> None:
    written(5)
    lines = body(desk.get("/log/export.jsonl")).decode().splitlines()
    entries = [json.loads(line) for line in lines]
    assert entries == [queries.as_json(entry) for entry in queries.export(get_office().slug)]
    assert verify.verify(entries).is_sound
    table = list(csv.reader(io.StringIO(body(desk.get("/log/export.csv")).decode("utf-8-sig"))))
    assert [line[0] for line in table[1:]] == ["1", "2", "3", "4", "5"]


def test_other_forms_of_an_export_are_not_there(desk: Client) -> None:
    assert desk.get("/log/export.exe").status_code == 404


def body(response: Any) -> bytes:
    return bytes(response.getvalue())


PLACES = [("/", "Items"), ("/items/{item}/", "Items"), ("/statistics/rows/", "Statistics"), ("/log/1/", "Log")]


@pytest.mark.parametrize(("address", "name"), PLACES)
def test_the_reader_sees_where_they_are(desk: Client, address: str, name: str) -> None:
    item = released()
    page = desk.get(address.format(item=item.pk))
    assert texts(page, ".rooms [aria-current]") == [name]
    assert {"/", "/statistics/", "/log/"} <= set(links(page, ".rooms a"))


@pytest.mark.parametrize("address", ["/login/", "/health"])
def test_who_is_not_signed_in_sees_no_rooms(client: Client, address: str) -> None:
    assert texts(client.get(address, HTTP_ACCEPT="text/html"), ".rooms") == []
