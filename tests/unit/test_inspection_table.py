"""The inspection table as people open it: words and colours, nothing that calculates, nothing that cannot be opened."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from publisher.office import Office, load
from publisher.reports.freshness.overview import freshness
from publisher.reports.freshness.standard import Light
from publisher.reports.freshness.table import COLOURS, workbook
from tests.logged import log_entry
from tests.world import MODEL

pytestmark = pytest.mark.django_db

HEADINGS = 3


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def office(home: Path) -> Office:
    path = home / "office.toml"
    path.write_text(MODEL.read_text(encoding="utf-8"), encoding="utf-8")
    return load(path, home=home)


def opened(office: Office, day: str = "2026-06-16") -> Workbook:
    now = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=office.timezone)
    return load_workbook(io.BytesIO(workbook(freshness(office, now=now))))


def rows(sheet: Worksheet) -> list[dict[str, Any]]:
    """The cells of every row below the headings, by heading; notes left out."""
    names = [str(cell.value) for cell in sheet[HEADINGS]]
    numbered = (row for row in sheet.iter_rows(min_row=HEADINGS + 1) if isinstance(row[0].value, int))
    return [dict(zip(names, row, strict=True)) for row in numbered]


def test_every_object_has_a_row_with_its_limit_and_state(office: Office) -> None:
    log_entry(office, "2026-06-01", title="科技活动周启动")
    found = rows(opened(office)["Updates"])
    assert [row["Inspected"].value for row in found] == [
        *("Home page", "工作动态", "通知公告", "政策文件", "公开年报"),
        *("微信公众号", "新浪微博", "攀枝花日报"),
    ]
    dynamic = {name: cell.value for name, cell in found[1].items()}
    assert dynamic["Newest item"] == "科技活动周启动"
    assert (dynamic["Limit"], dynamic["Days since"], dynamic["State"]) == ("14 days", 15, "overdue")
    assert [f"{dynamic[name]:%Y-%m-%d}" for name in ("Last updated", "Overdue on")] == ["2026-06-01", "2026-06-15"]
    assert dynamic["Basis"] == "国办秘函〔2019〕19号 (verified)"


def test_a_state_is_a_word_and_a_colour(office: Office) -> None:
    log_entry(office, "2026-06-01")
    log_entry(office, "2026-06-15", 2, column="notices")
    found = rows(opened(office)["Updates"])
    shown = [(row["State"].value, row["State"].fill.fgColor.rgb[-6:]) for row in found[1:4]]
    expected = [(str(light.label), COLOURS[light][0]) for light in (Light.RED, Light.GREEN, Light.EMPTY)]
    assert shown == expected
    assert len({colour for _word, colour in shown}) == 3


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("=1+1", "=1+1"),
        ('=HYPERLINK("https://evil.example","点此")', '=HYPERLINK("https://evil.example","点此")'),
        ("+86 电话", "+86 电话"),
        ("换页\x0c符\x00", "换页符"),
        ("𠮷字", "𠮷字"),
    ],
)
def test_a_title_is_text_whatever_it_begins_with(office: Office, title: str, shown: str) -> None:
    log_entry(office, "2026-06-15", title=title.replace("\x00", ""))
    cell = rows(opened(office)["Updates"])[1]["Newest item"]
    assert (cell.value, cell.data_type) == (shown, "s")


def test_the_vetoes_have_a_sheet_with_what_counts(office: Office) -> None:
    log_entry(office, "2026-06-01", channel="weibo")
    found = rows(opened(office)["Vetoes"])
    by_channel = {(row["Channel"].value, row["Indicator"].value): row for row in found}
    account = by_channel["新浪微博", "政务新媒体内容不更新"]
    assert [account[name].value for name in ("Count", "Threshold", "Verdict", "Concerned")] == [
        1,
        1,
        "veto",
        "新浪微博",
    ]
    empty = by_channel["门户网站", "空白栏目"]
    assert [empty[name].value for name in ("Count", "Threshold", "Verdict")] == [4, 5, "no veto"]


def test_the_months_have_a_sheet_only_where_the_standard_has_minima(office: Office) -> None:
    assert opened(office).sheetnames == ["Updates", "Vetoes"]
    text = office.path.read_text(encoding="utf-8").replace("national-2019", "huaiyuan-2024")
    office.path.write_text(text, encoding="utf-8")
    strict = load(office.path, home=office.path.parent)
    log_entry(strict, "2026-06-01")
    found = rows(opened(strict)["Months"])
    assert [[row[name].value for name in ("Name", "Month", "Published", "Still missing")] for row in found] == [
        ["办公室", "2026-05", 0, 20],
        ["办公室", "2026-06", 1, 19],
    ]


def test_long_texts_make_their_row_higher(office: Office) -> None:
    log_entry(office, "2026-06-15", 1, title="短")
    log_entry(office, "2026-06-15", 2, column="notices", title="关于组织申报省级科技计划项目的通知" * 6)
    sheet = opened(office)["Updates"]
    heights = [sheet.row_dimensions[number].height for number in (HEADINGS + 2, HEADINGS + 3)]
    assert heights[1] > 3 * heights[0]


def test_it_says_by_what_and_how_it_was_reckoned(office: Office) -> None:
    sheet = opened(office)["Updates"]
    assert sheet["A1"].value == "攀枝花市科学技术和知识产权局: inspection of updates"
    assert sheet["A2"].value == (
        "Day: 2026-06-16. Standard: 政府网站与政务新媒体检查指标 国办秘函〔2019〕19号 (verified)."
    )
    last = [str(row[0].value) for row in sheet.iter_rows(min_row=sheet.max_row - 2)]
    assert "What was taken back does not count, and a correction is no update." in last
    assert (sheet.freeze_panes, sheet.page_setup.orientation) == ("A4", "landscape")
