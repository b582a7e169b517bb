"""The page about freshness: what staff see of columns and accounts, and the table they save."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries, Settings

from publisher.office import get_office
from tests.desk_samples import links, sign_in, texts
from tests.logged import log_entry
from tests.world import write_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


@pytest.fixture(autouse=True)
def june() -> Iterator[None]:
    with time_machine.travel("2026-06-16T04:00:00Z", tick=False):
        yield


@pytest.mark.parametrize("path", ["/freshness", "/freshness.xlsx"])
def test_staff_only(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, f"/login/?next={path}")


@pytest.mark.parametrize("path", ["/freshness", "/freshness.xlsx"])
def test_it_is_only_read(desk: Client, path: str) -> None:
    assert desk.post(path).status_code == 405


def test_every_site_and_account_has_a_table(desk: Client) -> None:
    office = get_office()
    log_entry(office, "2026-06-01", 7, title="科技活动周启动")
    page = desk.get("/freshness")
    assert texts(page, "main h2") == ["门户网站", "微信公众号", "新浪微博", "攀枝花日报"]
    assert texts(page, "section:first-of-type tbody th") == [
        "Home page",
        "工作动态 政务动态",
        "通知公告 通知公告",
        "政策文件 政策文件",
        "公开年报 信息公开年报",
    ]
    cells = texts(page, "section:first-of-type tbody tr:nth-child(2) td")
    assert cells[:4] == [
        "overdue",
        "2026-06-01 15 days ago 科技活动周启动",
        "14 days 动态、要闻类栏目2周内未更新 国办秘函〔2019〕19号 (verified)",
        "2026-06-15",
    ]
    assert links(page, "tbody a") == ["/items/7/", "/items/7/"]
    assert texts(page, ".heading .chip") == ["veto"]
    assert texts(page, "section:first-of-type .verdicts li")[0].startswith("veto 首页不更新 1 / 1")


def test_the_navigation_leads_there(desk: Client) -> None:
    assert "/freshness" in links(desk.get("/board/"), "nav a")
    assert links(desk.get("/freshness"), "nav a[aria-current=page]") == ["/freshness"]


def test_where_nothing_was_published_it_says_so(desk: Client) -> None:
    page = desk.get("/freshness")
    assert texts(page, "section:first-of-type tbody tr:nth-child(2) td")[:2] == ["empty", "Nothing yet"]
    assert texts(page, "section:last-of-type tbody td")[0] == "without a limit"


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://old.example.gov.cn/1.html", ["https://old.example.gov.cn/1.html"]), ("javascript:alert(1)", [])],
)
def test_what_was_backfilled_leads_to_where_it_stands(desk: Client, url: str, expected: list[str]) -> None:
    log_entry(get_office(), "2026-06-01", -3, event="backfilled", written="2026-06-10", url=url)
    assert links(desk.get("/freshness"), "tbody tr:nth-child(2) a") == expected


def test_a_title_can_do_nothing(desk: Client) -> None:
    log_entry(get_office(), "2026-06-01", title="<script>alert(1)</script>")
    page = desk.get("/freshness")
    assert "<script>" not in page.content.decode()
    assert "<script>alert(1)</script>" in texts(page, "tbody tr:nth-child(2) a")


def test_the_next_is_told_where_there_is_a_rhythm(desk: Client) -> None:
    for number, day in enumerate(("2026-06-02", "2026-06-06", "2026-06-10")):
        log_entry(get_office(), day, number + 1)
    cell = texts(desk.get("/freshness"), "section:first-of-type tbody tr:nth-child(2) td")[4]
    assert cell == "2026-06-16 usually every 4 days expected in time"


def test_months_are_shown_where_the_standard_has_minima(desk: Client, home: Path, settings: Settings) -> None:
    assert "Published in the month" not in texts(desk.get("/freshness"), "main h2")
    settings.PUBLISHER_CONFIG = write_office(home, "http://127.0.0.1:1", changes=[("national-2019", "huaiyuan-2024")])
    get_office.cache_clear()
    log_entry(get_office(), "2026-06-01", section="科技科")
    page = desk.get("/freshness")
    shown = texts(page, "section:last-of-type tbody tr:last-child > *")
    assert shown[:4] == ["科技科", "in time", "2026-06", "1"]


def test_the_page_asks_the_database_four_questions(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    log_entry(get_office(), "2026-06-01")
    with django_assert_num_queries(10):  # session, user, membership, columns, newest; 5 to do
        desk.get("/freshness")


def test_the_inspection_table_can_be_saved(desk: Client) -> None:
    log_entry(get_office(), "2026-06-01")
    response = desk.get("/freshness.xlsx")
    assert response["Content-Disposition"] == 'attachment; filename="Updates-2026-06-16.xlsx"'
    book = load_workbook(io.BytesIO(response.content))
    assert book["Updates"]["K5"].value == "overdue"
