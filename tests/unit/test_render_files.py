"""The files a report becomes, read with other programs than the ones that wrote them."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import docx
import openpyxl
import pytest
import time_machine
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from channels.errors import ProductRefused
from channels.pictures import JPEG, chinese_font, fit
from channels.typesetting import fetcher
from publisher.reports.document import Cell, Document, Paragraph, Run, Table
from publisher.reports.render import MEDIA_TYPES, Form, render
from publisher.reports.render.excel_sheet import FORMULA, pieces
from publisher.reports.render.grid import NotRectangular
from tests.unit.report_sample import FEES, NASTY, OFFICE, REQUESTS, SOURCES, TITLE, WORK_NEWS, sample

ROOT = Path(__file__).parents[2]
SHOWN_NASTY = NASTY.replace("\x07", "")
FORMS: tuple[Form, ...] = get_args(Form)
needs_font = pytest.mark.skipif(chinese_font() is None, reason="this machine has no Chinese font")
each_form = pytest.mark.parametrize(
    "form", [pytest.param(form, marks=needs_font if form == "pdf" else ()) for form in FORMS]
)


@each_form
def test_the_same_document_gives_the_same_bytes_at_any_time(form: Form) -> None:
    document = sample(is_draft=True)
    with time_machine.travel("2018-01-24T10:00:00Z"):
        first = render(document, form, SOURCES)
    with time_machine.travel("2031-05-06T07:08:09Z"):
        assert render(document, form, SOURCES) == first


@each_form
def test_a_document_without_sources_has_no_annex_and_no_links(form: Form) -> None:
    bare, full = render(sample(), form, {}), render(sample(), form, SOURCES)
    assert len(bare) < len(full)
    if form == "html":
        page = html.document_fromstring(bare)
        assert page.xpath("//a") == page.xpath("//section") == []
    if form == "docx":
        assert b"w:hyperlink" not in zipfile.ZipFile(io.BytesIO(bare)).read("word/document.xml")
    if form == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(bare)).sheetnames == ["报告", "表1 第二十条", "表2 1.主动公开"]


@each_form
def test_spans_that_do_not_fit_are_refused(form: Form) -> None:
    wrong = Document("t", [Table([[Cell("a"), Cell("b")], [Cell("c")]])])
    with pytest.raises(NotRectangular):
        render(wrong, form, {})


def test_each_form_has_its_media_type() -> None:
    assert set(MEDIA_TYPES) == set(FORMS)


# HTML


@pytest.fixture(scope="module")
def page() -> html.HtmlElement:
    return html.document_fromstring(render(sample(), "html", SOURCES))


def test_a_figure_leads_to_its_rows_and_back(page: html.HtmlElement) -> None:
    (first, second, third) = page.xpath("//main//a[contains(@class, 'figure')][text()='36条' or text()='36']")
    assert {link.get("href") for link in (first, second, third)} == {"#of-news"}
    (source,) = page.xpath("//*[@id='of-news']")
    rows = source.xpath(".//tbody/tr")
    assert [row.xpath("string(td[1])") for row in rows] == [row["number"] for row in WORK_NEWS]
    assert "36 条，编号 3–38" in " ".join(source.text_content().split())
    assert "门户网站发布的，撤回的不计。" in source.text_content()
    (back,) = source.xpath(".//dd/a/@href")
    assert page.get_element_by_id(back.removeprefix("#")) is first


def test_all_links_inside_the_page_have_an_aim_and_ids_are_unique(page: html.HtmlElement) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in page.xpath("//a/@href") if href.startswith("#")} <= set(ids)


def test_an_entered_figure_says_who_and_when(page: html.HtmlElement) -> None:
    said = " ".join(page.get_element_by_id("of-letters").text_content().split())
    assert "填报 张三 2018-01-10 09:30" in said
    assert SHOWN_NASTY in said


def test_nothing_of_a_title_becomes_markup_or_a_script(page: html.HtmlElement) -> None:
    assert page.xpath("//script") == []
    assert page.xpath("//a[not(starts-with(@href, '#')) and not(starts-with(@href, 'https://www.example.cn/'))]") == []
    assert SHOWN_NASTY in page.text_content()


def test_the_page_needs_nothing_from_elsewhere(page: html.HtmlElement) -> None:
    assert all(source.startswith("data:image/png;base64,") for source in page.xpath("//@src"))
    assert page.xpath("//link") == []
    assert "url(" not in page.xpath("string(//style)")
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_headings_leave_no_level_out_and_the_language_is_named(page: html.HtmlElement) -> None:
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.get("lang") == "zh-Hans"
    assert page.xpath("//img/@alt") == ["各月发布量：一月30条"]


def test_a_table_has_the_spans_and_scopes_of_the_form(page: html.HtmlElement) -> None:
    table = page.xpath("//main//table")[1]
    assert [
        [(cell.tag, cell.get("colspan"), cell.get("rowspan"), cell.get("scope")) for cell in row]
        for row in table.iter("tr")
    ] == [
        [("th", None, "2", "col"), ("th", "2", None, "col")],
        [("th", None, None, "col"), ("th", None, None, "col")],
        [("th", None, "2", "row"), ("td", None, None, None), ("td", None, None, None)],
        [("td", "2", None, None)],
    ]
    assert len(table.xpath("thead/tr")) == 2
    assert table.xpath("thead//th")[0].xpath("br")
    assert page.xpath("//main//caption/text()") == ["第二十条"]


@pytest.mark.parametrize("is_draft", [True, False])
def test_only_a_draft_is_marked(is_draft: bool) -> None:
    document = sample(is_draft=is_draft)
    assert (">草稿<" in render(document, "html", {}).decode()) == is_draft
    word = zipfile.ZipFile(io.BytesIO(render(document, "docx", {})))
    headers = [word.read(name).decode() for name in word.namelist() if name.startswith("word/header")]
    assert [("草稿" in header) for header in headers] == ([True, True] if is_draft else [])
    sheet = openpyxl.load_workbook(io.BytesIO(render(document, "xlsx", {})))["报告"]
    assert str(sheet["A1"].value).endswith("（草稿）") == is_draft
    assert (sheet.oddHeader.center.text == "草稿") == is_draft


# Word


@pytest.fixture(scope="module")
def word() -> Callable[[], WordDocument]:
    content = render(sample(), "docx", SOURCES)
    return lambda: docx.Document(io.BytesIO(content))


def word_grid(table: WordTable) -> list[list[str]]:
    """Each place of the grid with the text of the cell that covers it, as python-docx finds it."""
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_word_cells_are_merged_as_printed(word: Callable[[], WordDocument]) -> None:
    fees, requests, *_ = word().tables
    assert word_grid(fees)[:3] == [
        ["第二十条第（八）项", "第二十条第（八）项"],
        ["信息内容", "本年收费金额（单位：万元）"],
        ["行政事业性收费", "1.50"],
    ]
    assert word_grid(requests) == [
        ["申请\n项目", "申请人情况", "申请人情况"],
        ["申请\n项目", "自然人", "法人"],
        ["办理结果", "36", "0"],
        ["办理结果", "0", "0"],
    ]
    for table, head_rows in ((fees, 2), (requests, 2)):
        repeated = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
        assert repeated == [number < head_rows for number in range(len(table.rows))]


def test_word_widths_fill_the_type_area_in_every_row(word: Callable[[], WordDocument]) -> None:
    for table in word().tables:
        for row in table._tbl.tr_lst:
            assert abs(sum(cell.width.mm for cell in row.tc_lst) - 156) < 0.2


def test_word_links_lead_to_bookmarks_and_each_is_there_once(word: Callable[[], WordDocument]) -> None:
    body = word().element.body
    names = [mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))]
    aims = {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))}
    assert len(names) == len(set(names))
    assert aims <= set(names)
    assert len([name for name in aims if name.startswith("source_")]) == len(SOURCES)
    ids = [mark.get(qn("w:id")) for mark in body.iter(qn("w:bookmarkStart"))]
    assert ids == [mark.get(qn("w:id")) for mark in body.iter(qn("w:bookmarkEnd"))]


def test_the_word_annex_lists_each_figure_with_its_rule_and_rows(word: Callable[[], WordDocument]) -> None:
    rows = word_grid(word().tables[2])
    assert ["工作动态信息数", "36条", "发布日志计数；门户网站发布的，撤回的不计"] in rows
    assert ["日志记录36条，编号：3–38"] * 3 in rows
    assert ["行政事业性收费", "1.50万元", "人工填报；李四"] in rows


def test_word_looks_official(word: Callable[[], WordDocument]) -> None:
    document = word()
    faces = {
        name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Normal", "Heading 1", "Heading 2", "Heading 3")
    }
    assert faces == {
        "Normal": "仿宋_GB2312",
        "Heading 1": "黑体",
        "Heading 2": "楷体_GB2312",
        "Heading 3": "仿宋_GB2312",
    }
    body = next(paragraph for paragraph in document.paragraphs if paragraph.text.startswith("联系电话"))
    assert body._p.pPr.ind.get(qn("w:firstLineChars")) == "200"
    assert document.paragraphs[0].text.split("\n") == [OFFICE, TITLE.removeprefix(OFFICE)]
    assert "PAGE" in document.sections[0].footer._element.xml
    assert document.settings.odd_and_even_pages_header_footer
    (drawn,) = document.element.body.iter(
        "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
    )
    assert drawn.get("descr") == "各月发布量：一月30条"


def test_a_figure_in_running_text_does_not_break_it(word: Callable[[], WordDocument]) -> None:
    texts = [paragraph.text for paragraph in word().paragraphs]
    assert "发布工作动态36条、微博微信100余条，" in texts
    assert f"联系电话：3333482。{SHOWN_NASTY}" in texts


# Excel


@pytest.fixture(scope="module")
def book() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(render(sample(), "xlsx", SOURCES)))


def followed(book: openpyxl.Workbook, cell: Any) -> list[object]:
    """The row a cell leads to."""
    sheet, _, place = cell.hyperlink.location.rpartition("!")
    aim = book[sheet.strip("'")]
    return [each.value for each in aim[aim[place].row]]


def test_excel_cells_are_merged_as_printed(book: openpyxl.Workbook) -> None:
    sheet = book["表2 1.主动公开"]
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {"A1:C1", "A2:A3", "B2:C2", "A4:A5", "B5:C5"}
    assert book["表1 第二十条"]["A1"].value == "第二十条"
    assert sheet.print_title_rows == "$2:$3"


def test_excel_numbers_are_numbers_and_a_telephone_is_none(book: openpyxl.Workbook) -> None:
    fees = {row[0].value: row[1] for row in book["表1 第二十条"].iter_rows(min_row=3)}
    assert (fees["行政事业性收费"].value, fees["行政事业性收费"].number_format) == (1.5, "0.00")
    assert fees["联系电话"].value == "3333482"
    values = {row[0].value: row[1].value for row in book["数字来源"].iter_rows(min_row=2)}
    assert values == {
        "联系电话": "3333482",
        "《条例》规定的方面数": "6",
        "工作动态信息数": 36,
        "微博微信信息数": "100余条",
        "回复局长信箱来信数": 3,
        "行政事业性收费": 1.5,
    }


def test_an_excel_figure_leads_to_its_first_row(book: openpyxl.Workbook) -> None:
    row = followed(book, book["表2 1.主动公开"]["B4"])
    assert row[:2] == ["工作动态信息数", 3]
    assert followed(book, book["表1 第二十条"]["B4"])[:2] == ["行政事业性收费", 1.5]
    listed = [row[1].value for row in book["日志记录"].iter_rows(min_row=2) if row[0].value == "工作动态信息数"]
    assert listed == list(range(3, 39))
    assert book["日志记录"].auto_filter.ref == "A1:G38"
    (text,) = [row for row in book["报告"].iter_rows() if str(row[0].value).startswith("　　发布工作动态")]
    assert [(cell.value, followed(book, cell)[0]) for cell in text if cell.hyperlink] == [
        ("36条", "工作动态信息数"),
        ("100余条", "微博微信信息数"),
    ]


def test_no_text_becomes_a_formula(book: openpyxl.Workbook) -> None:
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    dangerous = [cell for cell in cells if str(cell.value).startswith(FORMULA)]
    assert len(dangerous) == 3
    assert all(cell.quotePrefix and cell.value == SHOWN_NASTY for cell in dangerous)


@pytest.mark.parametrize("table", [FEES, REQUESTS], ids=["fees", "requests"])
def test_a_report_with_one_table_is_one_sheet(table: Table) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(sample(tables=(table,)), "xlsx", {})))
    assert book.sheetnames == ["报告"]
    texts = [str(row[0].value or "") for row in book["报告"].iter_rows()]
    assert texts.index(table.rows[0][0].text) < texts.index("注：撤回的不计。")


@given(st.text(alphabet="公开。条", max_size=60), st.integers(1, 9))
def test_long_text_is_cut_into_rows_that_hold_all_of_it(text: str, size: int) -> None:
    cut = list(pieces(text, size))
    assert "".join(cut) == text
    assert all(len(piece) <= size for piece in cut)
    assert cut


def test_rows_are_high_enough_to_show_a_long_paragraph() -> None:
    words = "政府信息公开工作取得了新的进展。" * 200
    book = openpyxl.load_workbook(io.BytesIO(render(Document("t", [Paragraph([Run(words)])]), "xlsx", {})))
    sheet: Worksheet = book["报告"]
    shown = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert "".join(str(cell.value) for cell in shown) == f"　　{words}"
    for cell in shown:
        lines = len(str(cell.value)) * 2 / sheet.column_dimensions["A"].width
        assert lines * 11 * 1.2 < (sheet.row_dimensions[cell.row].height or 0) <= 409


# PDF


def pdf_parts(content: bytes) -> bytes:
    """Everything a PDF file says, its compressed parts unpacked."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", content, re.DOTALL)
    return content + b"\n".join(map(unpacked, streams))


def unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def pdf_string(text: str) -> bytes:
    return b"\xfe\xff" + text.encode("utf-16-be")


GROUP, GROUPS = 9, 8
GROUPED = Table(
    [
        [Cell("单列", is_head=True), Cell("0", columns=2)],
        *[
            [*([Cell(f"第{group}组", rows=GROUP, is_head=True)] if not row else []), Cell(f"第{row}项"), Cell("0")]
            for group in range(GROUPS)
            for row in range(GROUP)
        ],
    ]
)
"""Too long for a page; a page's end falls into a group."""


def test_excel_breaks_pages_between_groups_of_rows() -> None:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(render(sample(tables=(GROUPED,)), "xlsx", {}))).worksheets
    starts = {row[0].row for row in sheet.iter_rows() if str(row[0].value).endswith("组")}
    after = [each.id for each in sheet.row_breaks.brk]
    assert after
    assert {row + 1 for row in after} <= starts
    assert (sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (0, True)


def test_a_page_keeps_groups_of_rows_together() -> None:
    (table,) = html.document_fromstring(render(sample(tables=(GROUPED,)), "html", {})).xpath("//table")
    bodies = table.xpath("tbody")
    assert [(body.get("class"), len(body.xpath("tr"))) for body in bodies] == [("kept", 1)] + [("kept", GROUP)] * GROUPS


def test_word_keeps_groups_of_rows_together() -> None:
    (table,) = docx.Document(io.BytesIO(render(sample(tables=(GROUPED,)), "docx", {}))).tables
    kept = [bool(row.cells[-1].paragraphs[0].paragraph_format.keep_with_next) for row in table.rows]
    assert kept == [False] + ([True] * (GROUP - 1) + [False]) * GROUPS


@needs_font
def test_the_pdf_is_tagged_and_dated_and_has_bookmarks_and_links() -> None:
    parts = pdf_parts(render(sample(), "pdf", SOURCES))
    assert b"/Marked true" in parts
    assert b"/CreationDate (D:20180124" in parts
    for words in ("一、概述", "附件：数字来源", "工作动态信息数"):
        assert f"<{pdf_string(words).hex()}>".encode() in parts.lower() or pdf_string(words) in parts, words
    assert b"(of-news)" in parts
    addresses = re.findall(rb"/URI \(([^)]*)\)", parts)
    assert len(addresses) >= len(WORK_NEWS)
    assert all(address.startswith(b"https://www.example.cn/") for address in addresses)


@needs_font
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (Debian's poppler-utils)")
def test_the_pdf_can_be_read_and_searched(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(render(sample(is_draft=True), "pdf", SOURCES))
    text = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True).stdout.decode()
    pages = text.split("\f")
    assert OFFICE in pages[0]
    assert "发布工作动态36条、微博微信100余条，" in pages[0].replace("\n", "")
    assert "—1—" in pages[0].replace(" ", "")
    assert sum(text.count(f"工作动态第{number}条") for number in range(3, 39)) == len(WORK_NEWS)


@needs_font
@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/", "ftp://127.0.0.1/a"])
def test_making_a_pdf_fetches_nothing(address: str) -> None:
    with pytest.raises(ValueError, match="disallowed protocol"):
        fetcher().fetch(address)


@needs_font
def test_making_a_pdf_leaves_damaged_pictures_refused() -> None:
    """WeasyPrint tells Pillow for the whole program to take them."""
    render(sample(), "pdf", {})
    buffer = io.BytesIO()
    Image.effect_noise((40, 40), 80).save(buffer, "JPEG")
    with pytest.raises(ProductRefused, match="damaged"):
        fit(buffer.getvalue()[:-800], types=[JPEG], max_bytes=10_000)


WITHOUT_PANGO = """
import cffi

def nothing_there(self, *names, **options):
    raise OSError("cannot load library 'libpango-1.0-0'")

cffi.FFI.dlopen = nothing_there
import django

django.setup()
from channels.errors import ConfigurationError
from channels.typesetting import fetcher
from publisher.reports.document import Document
from publisher.reports.render import render

try:
    render(Document("t", []), "pdf", {})
except ConfigurationError as error:
    print(error)
print(len(render(Document("t", []), "docx", {})) > 0)
"""


def test_a_machine_without_pango_is_told_the_packages_and_can_do_the_rest() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PANGO], capture_output=True, text=True, cwd=ROOT, check=True)
    words, others_work = done.stdout.splitlines()
    assert "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk" in words
    assert others_work == "True"
