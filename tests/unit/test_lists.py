"""Tables and clippings that people kept: read as they are, refused whole where they are wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel
from PIL import Image

from channels.base import Evidence
from publisher.items.clippings import BadClipping, Clippings, keep
from publisher.items.lists import BadList, Listed, Reading, read_list
from publisher.items.store import Store
from publisher.items.tables import UnreadableTable, read_table
from publisher.office import Office, load

MODEL = Path(__file__).parents[2] / "config" / "office.toml"
OFFICE = load(MODEL, home=Path("/nowhere"))

Rows = Sequence[Sequence[Any]]


def at(*parts: int) -> datetime:
    """As tables keep days and moments: without a time zone."""
    return datetime(*parts)  # type: ignore[misc, arg-type]  # noqa: DTZ001


def excel(*sheets: Rows, join: Sequence[str] = (), epoch: datetime | None = None) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    if epoch:
        book.epoch = epoch
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"{number}月")
        for row in rows:
            sheet.append(list(row))
        for cells in join:
            sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(content: bytes, name: str = "list.xlsx", *, clippings: Clippings | None = None, **more: Any) -> Listed:
    return read_list(name, content, Reading(OFFICE, 2017, ("daily", "攀枝花日报"), **more), clippings)


def mistakes(content: bytes, name: str = "list.xlsx", *, clippings: Clippings | None = None) -> list[tuple[int, str]]:
    with pytest.raises(BadList) as caught:
        read(content, name, clippings=clippings)
    return [(mistake.row, str(mistake.text)) for mistake in caught.value.mistakes]


HEAD = ("标题", "日期")


def test_a_table_as_offices_keep_it_is_read() -> None:
    rows = [
        ["2017年《攀枝花日报》专栏刊登情况统计表"],
        ["序号", "见报日期", "期号", "标  题（全称）", "版面", "供稿科室", "作者", "栏目", "来源", "网址", "领导批示"],
        [
            1,
            at(2017, 1, 12),
            "第1期",
            "召开  年度会议",
            "A01版",
            "办公室",
            "张三",
            "通知公告",
            "省厅",
            "http://a.cn/1",
        ],
        [2, None, None, "三家企业通过认定", "A02版"],
        [],
        ["合计", None, None, "1期2条"],
    ]
    listed = read(excel(rows, [["说明"]], join=["A1:K1", "B3:B4", "C3:C4"]))
    first, second = listed.entries
    assert (first.title, first.published_on, first.issue) == ("召开 年度会议", date(2017, 1, 12), "1")
    assert (first.section, first.source, first.column, first.url) == ("办公室", "省厅", "notices", "http://a.cn/1")
    assert (first.evidence, first.where) == (Evidence.DECLARED, "list.xlsx 1月!3")
    assert first.raw == {"page": "A01版", "author": "张三"}
    assert (second.title, second.published_on, second.issue) == ("三家企业通过认定", date(2017, 1, 12), "1")
    assert (listed.unread, listed.passed) == (["领导批示"], ["2月"])


def test_all_sheets_with_headings_are_one_list() -> None:
    months = [[HEAD, [f"{month}月的事情", date(2017, month, 3)]] for month in (1, 2, 3)]
    assert [past.where for past in read(excel(*months)).entries] == [f"list.xlsx {month}月!2" for month in (1, 2, 3)]


DAYS: dict[str, Any] = {
    "a day": date(2017, 3, 12),
    "a moment": at(2017, 3, 12, 10, 20),
    "a number that was not formatted": to_excel(at(2017, 3, 12)),
    "ISO": "2017-03-12",
    "Chinese": "2017年3月12日",
    "without the year": "3月12日",
    "full width": "2017.3.12".translate({sign: sign + 0xFEE0 for sign in range(ord("."), ord(":"))}),
    "compact": 20170312,
}


@pytest.mark.parametrize("written", DAYS.values(), ids=DAYS)
def test_a_day_is_read_as_the_cell_has_it(written: Any) -> None:
    (past,) = read(excel([HEAD, ["题目", written]])).entries
    assert past.published_on == date(2017, 3, 12)


def test_days_count_from_the_tables_own_beginning() -> None:
    number = to_excel(at(2017, 3, 12), CALENDAR_MAC_1904)
    (past,) = read(excel([HEAD, ["题目", number]], epoch=CALENDAR_MAC_1904)).entries
    assert past.published_on == date(2017, 3, 12)


CSV = {
    "UTF-8": ("标题,日期\n“釩鈦”会议,2017-03-12\n", "utf-8"),
    "with its mark": ("标题,日期\n“釩鈦”会议,2017-03-12\n", "utf-8-sig"),
    "GB 18030, as Excel writes it": ("标题,日期\r\n“釩鈦”会议,2017/3/12\r\n", "gb18030"),
    "tabs": ("标题\t日期\n“釩鈦”会议\t2017-03-12\n", "utf-8"),
    "quotation marks": ('标题,日期\n"“釩鈦”会议",2017-03-12\n', "utf-8"),
}


@pytest.mark.parametrize(("text", "encoding"), CSV.values(), ids=CSV)
def test_csv_is_read_as_it_is_written(text: str, encoding: str) -> None:
    (past,) = read(text.encode(encoding), "list.csv").entries
    assert (past.title, past.published_on, past.where) == ("“釩鈦”会议", date(2017, 3, 12), "list.csv 2")


def test_english_headings_and_addresses_behind_titles_are_understood() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Date", "Title", "Section"])
    sheet.append([date(2017, 3, 12), "Meeting", "Office"])
    sheet["B2"].hyperlink = "http://a.cn/1.html"
    file = io.BytesIO()
    book.save(file)
    (past,) = read(file.getvalue()).entries
    assert (past.title, past.url, past.section) == ("Meeting", "http://a.cn/1.html", "Office")


def test_every_mistake_is_named_by_its_row_and_nothing_is_taken() -> None:
    rows = [
        [*HEAD, "栏目", "网址", "供稿科室"],
        ["好的", "2017-03-12", "工作动态", "http://a.cn/1"],
        ["", "2017-03-12"],
        ["没有日期", ""],
        ["怪日期", "3.1"],
        ["不存在的日子", "2017-02-30"],
        ["怪栏目", "2017-03-12", "没有的"],
        ["怪网址", "2017-03-12", "", "a.cn/1"],
        ["长科室", "2017-03-12", "", "", "科" * 101],
    ]
    found = mistakes(excel(rows))
    assert [row for row, _ in found] == [3, 4, 5, 6, 7, 8, 9]
    assert found[0][1] == "The title is missing: write it."
    assert found[1][1] == "The day is missing: write one such as 2017-03-12."
    assert found[2][1] == "“3.1” is no day: write one such as 2017-03-12."
    assert "没有的" in found[4][1]
    assert "工作动态" in found[4][1]


def test_a_list_for_several_channels_gives_each_its_rows() -> None:
    rows = [
        [*HEAD, "渠道"],
        ["报上的", "2017-03-12", "攀枝花日报"],
        ["网上的", "2017-03-12", "门户网站"],
        ["也报上", "2017-3-1", "daily"],
    ]
    listed = read(excel(rows))
    assert ([past.title for past in listed.entries], listed.elsewhere) == (["报上的", "也报上"], 1)


def test_what_a_row_does_not_say_is_said_for_all() -> None:
    rows = [
        [*HEAD, "期号", "栏目"],
        ["甲", "2017-03-12", "", ""],
        ["乙", "2017-03-12", "第07期", "工作动态"],
        ["丙", "2017-3-1", "总第1024期", ""],
    ]
    listed = read(excel(rows), column="notices", is_print=True)
    assert [(past.issue, past.column) for past in listed.entries] == [
        ("2017-03-12", "notices"),
        ("7", "dynamics"),
        ("总第1024期", "notices"),
    ]


NO_TABLES = {
    "an old format": ("list.xls", b"\xd0\xcf\x11\xe0"),
    "no table": ("list.docx", b"x"),
    "text with a wrong name": ("list.xlsx", b"title,day"),
    "a damaged table": ("list.xlsx", excel([HEAD])[:-80]),
    "another archive": ("list.xlsx", b"PK\x05\x06" + bytes(18)),
    "no text": ("list.csv", bytes(range(256))),
    "broken CSV": ("list.csv", b'title,day\n"' + b"x" * 200_000),
}


@pytest.mark.parametrize(("name", "content"), NO_TABLES.values(), ids=NO_TABLES)
def test_what_is_no_table_is_refused_in_one_sentence(name: str, content: bytes) -> None:
    with pytest.raises((UnreadableTable, BadList)) as caught:
        read(content, name)
    assert str(caught.value)


def test_a_table_without_headings_or_rows_is_refused() -> None:
    assert "row of headings" in mistakes(excel([["甲", "2017-03-12"]]))[0][1]
    assert mistakes(excel([HEAD]))[0][1] == "There is nothing below the headings."
    assert "row of headings" in mistakes(excel([]))[0][1]


@given(rows=st.lists(st.lists(st.text(max_size=8) | st.floats() | st.integers() | st.none(), max_size=4), max_size=6))
def test_no_table_upsets_the_reading(rows: list[list[Any]]) -> None:
    text = "\n".join(",".join(str(cell) for cell in row) for row in [HEAD, *rows])
    with suppress(BadList, UnreadableTable):
        read(text.encode("utf-8", "replace"), "list.csv")


def test_an_archive_that_is_no_workbook_is_no_table() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
        archive.writestr("[Content_Types].xml", "<broken")
    with pytest.raises(UnreadableTable):
        read_table("list.xlsx", file.getvalue())


def picture(path: Path, form: str = "JPEG") -> None:
    Image.new("RGB", (8, 8), "navy").save(path, form)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "剪报"
    (made / "三月").mkdir(parents=True)
    (made / "2017-03-12 头版.pdf").write_bytes(b"%PDF-1.4\n%%EOF")
    picture(made / "三月" / "20170312_2.jpg")
    picture(made / "第7期.png", "PNG")
    picture(made / "孤零零.tif", "TIFF")
    return made


def names(listed: Listed, number: int) -> list[str]:
    return [clipping.name for clipping in listed.clippings_of(listed.entries[number])]


def test_clippings_are_found_by_the_day_the_issue_or_the_name_a_row_gives(folder: Path) -> None:
    rows = [
        [*HEAD, "期号", "剪报"],
        ["按日期", "2017-03-12", "6"],
        ["按期号", "2017-03-20", "第07期"],
        ["没有", "2017-03-21", "8"],
        ["点名", "2017-03-22", "9", "孤零零；三月/20170312_2.jpg"],
    ]
    listed = read(excel(rows), clippings=Clippings(folder))
    assert [names(listed, number) for number in range(4)] == [
        ["2017-03-12 头版.pdf", "20170312_2.jpg"],
        ["第7期.png"],
        [],
        ["孤零零.tif", "20170312_2.jpg"],
    ]
    grades = [past.evidence for past in listed.entries]
    assert grades == [Evidence.KEPT_COPY, Evidence.KEPT_COPY, Evidence.DECLARED, Evidence.KEPT_COPY]
    told = listed.entries[1].raw["clippings"]
    assert isinstance(told, list)
    assert (told[0]["name"], told[0]["media_type"], len(told[0]["sha256"])) == ("第7期.png", "image/png", 64)
    assert listed.unused == []


def test_clippings_are_kept_under_their_digest(folder: Path, tmp_path: Path) -> None:
    listed = read(excel([HEAD, ["按日期", "2017-03-12"]]), clippings=Clippings(folder))
    store = Store(tmp_path / "assets")
    clippings = listed.clippings_of(listed.entries[0])
    keep(store, clippings)
    assert [store.read(clipping.sha256) for clipping in clippings] == [clip.path.read_bytes() for clip in clippings]
    assert {path.name for path in listed.unused} == {"第7期.png", "孤零零.tif"}
    clippings[0].path.write_bytes(b"%PDF-other")
    with pytest.raises(BadClipping, match="has changed"):
        keep(store, clippings)


def test_what_is_no_clipping_or_not_there_is_a_mistake_of_its_row(folder: Path) -> None:
    (folder / "2017-03-13.pdf").write_bytes(b"<html>no pdf</html>")
    rows = [[*HEAD, "剪报"], ["坏的", "2017-03-13"], ["没有的", "2017-03-14", "没有.pdf"]]
    found = mistakes(excel(rows), clippings=Clippings(folder))
    assert [row for row, _ in found] == [2, 3]
    assert found[0][1] == "2017-03-13.pdf is no clipping: use PDF, JPEG, PNG or TIFF."
    assert "没有.pdf" in found[1][1]


def test_the_offices_columns_are_those_of_the_model() -> None:
    assert isinstance(OFFICE, Office)
    assert {"dynamics", "notices"} <= set(OFFICE.columns)
