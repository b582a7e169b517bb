"""The log on screen: newest first, each entry with its text and hash, and tampering is told."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from publisher.log import archives, checkpoints, exports, guard
from publisher.log.events import Event
from publisher.log.models import Archive, LogEntry
from publisher.office import get_office
from publisher.web.logbook import PAGE_LENGTH
from tests.desk_samples import elements, links, released, sign_in, texts
from tests.log_samples import write

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = ["/log/", "/log/1/", "/log/export-jsonl.zip", "/log/checkpoints/", "/log/checkpoints/1.txt"]
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel("2026-11-24T02:00:00Z"):
        yield


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


@pytest.mark.parametrize("address", ["/log/", "/log/export-jsonl.zip", "/log/export-csv.zip", "/log/checkpoints/"])
def test_an_empty_log_is_shown(desk: Client, address: str) -> None:
    response: Any = desk.get(address)
    assert response.status_code == 200
    response.getvalue()  # read to its end, so that its file is closed


def test_entries_stand_newest_first_in_pages(desk: Client) -> None:
    expected = written(PAGE_LENGTH + 3)
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


@pytest.mark.parametrize("number", [3, 30])
def test_the_log_asks_the_database_as_often_for_many_entries_as_for_few(
    desk: Client, django_assert_num_queries: Callable[[int], Any], number: int
) -> None:
    written(number)
    # session, user, membership, archives, entries, head; head and newest entries; checkpoint
    with django_assert_num_queries(14):
        desk.get("/log/")
    with django_assert_num_queries(10):  # session, user, membership, the entry, its neighbours, its item; 5 to do
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


def test_tampering_is_told(desk: Client) -> None:
    written(4)
    guard.remove(connection)
    LogEntry.objects.filter(seq=3).update(title="anders")
    for address in ("/log/", "/log/3/"):
        page = desk.get(address)
        assert len(texts(page, ".alarm")) == 1
        assert texts(page, ".reason.good") == []
    assert texts(desk.get("/log/2/"), ".alarm") == []


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_the_export_brings_the_program_that_proves_it(desk: Client, tmp_path: Path, form: str) -> None:
    written(5)
    checkpoints.make(get_office(), now=timezone.now())
    response: Any = desk.get(f"/log/export-{form}.zip")
    assert response["Content-Disposition"] == 'attachment; filename="kzj-log-5.zip"'
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as pack:
        pack.extractall(tmp_path)
    file = tmp_path / f"kzj-log-5.{form}"
    assert check(file).returncode == 0
    file.write_bytes(file.read_bytes().replace("第3篇".encode(), "第8篇".encode()))
    assert check(file).returncode == 1


def check(file: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", str(file.with_name("verifier.py")), str(file)]
    return subprocess.run(command, capture_output=True, check=False)


@pytest.mark.parametrize("address", ["/log/export-exe.zip", "/log/export-csv.zip?archive=2016", "/log/1/?archive=2016"])
def test_other_exports_and_archives_are_not_there(desk: Client, address: str) -> None:
    written(1)
    assert desk.get(address).status_code == 404


def test_checkpoints_are_listed_and_can_be_printed(desk: Client) -> None:
    written(3)
    assert links(desk.get("/log/"), ".hint a") == []
    made = checkpoints.make(get_office(), now=timezone.now())
    assert made
    assert "/log/checkpoints/3.txt" in links(desk.get("/log/"), ".hint a")
    assert texts(desk.get("/log/checkpoints/"), ".entries .code") == [made.digest]
    text: Any = desk.get("/log/checkpoints/3.txt")
    assert text.content.decode() == checkpoints.text(made)
    assert desk.get("/log/checkpoints/2.txt").status_code == 404


@pytest.fixture
def archived(tmp_path: Path) -> Archive:
    """Entries 3 to 5 of this log once more, kept as an older one."""
    written(5)
    part = exports.since(exports.whole(get_office()), 3)
    path = tmp_path / "old.jsonl"
    with path.open("wb") as file:
        made = exports.write(part, file, "jsonl")
    manifest = exports.manifest(part, made, name=path.name, now=timezone.now())
    (tmp_path / "old.jsonl.manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return archives.take_in(get_office(), path, "旧 2016/17", actor="test")[0]


def test_an_older_log_is_shown_counted_and_verified(desk: Client, archived: Archive) -> None:
    query = urlencode({"archive": archived.name})
    page = desk.get(f"/log/?{query}")
    assert texts(page, ".entries .number a") == ["5", "4", "3"]
    for address in links(page, ".entries .number a"):
        assert query in address
        assert len(texts(desk.get(address), ".reason.good")) == 1
    assert desk.get(f"/log/2/?{query}").status_code == 404
    counted = desk.get(f"/statistics/?year=2026&{query}")
    assert texts(counted, ".total .large") == ["3", "3"]
    number = next(link for link in links(counted, ".total .large a"))
    rows = desk.get(number)
    assert texts(rows, ".entries tbody .number") == ["3", "4", "5"]
    assert links(rows, ".entries .number a")[0] == f"/log/3/?{query}"
    pack: Any = desk.get(f"/log/export-jsonl.zip?{query}")
    assert len(pack.getvalue()) > 1000


PLACES = [("/board/", "Items"), ("/items/{item}/", "Items"), ("/statistics/rows/", "Statistics"), ("/log/1/", "Log")]


@pytest.mark.parametrize(("address", "name"), PLACES)
def test_the_reader_sees_where_they_are(desk: Client, address: str, name: str) -> None:
    item = released()
    page = desk.get(address.format(item=item.pk))
    assert texts(page, ".rooms [aria-current]") == [name]
    assert {"/board/", "/statistics/", "/log/"} <= set(links(page, ".rooms a"))


@pytest.mark.parametrize("address", ["/login/", "/health"])
def test_who_is_not_signed_in_sees_no_rooms(client: Client, address: str) -> None:
    assert texts(client.get(address, HTTP_ACCEPT="text/html"), ".rooms") == []
