"""The official forms: what they print, where, for which years, and that their relations find what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from random import Random

import pytest
import time_machine

from publisher.office import Office, load
from publisher.reports.checks.relations import broken
from publisher.reports.document import Cell, Paragraph, Table
from publisher.reports.figures.entering import Given, enter_all
from publisher.reports.forms import placeholders
from publisher.reports.forms.format import (
    AnalyticsFigure,
    ChartBlock,
    EnteredFigure,
    FigureDefinition,
    Form,
    FormBlock,
    HeadingBlock,
    LogFigure,
    NamesFigure,
    NotesBlock,
    ParagraphBlock,
    SignatureBlock,
    SumFigure,
    TableBlock,
    TextBlock,
    TextFigure,
)
from publisher.reports.forms.loading import load_forms, official_folder
from publisher.reports.render import render
from publisher.reports.render.grid import lay_out
from publisher.reports.report import make_report
from publisher.reports.rules import rule
from tests.forms import MODEL, moment, publish

FORMS = load_forms(official_folder())
SEED = json.loads((Path(__file__).parents[1] / "data" / "figures-2017.json").read_text(encoding="utf-8"))
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


def table_of(form: Form, key: str) -> Table:
    """A table of a form as it would be printed, without its values."""
    (block,) = (block for block in form.blocks if isinstance(block, TableBlock) and block.key == key)
    rows = [
        [
            Cell(text, columns=cell.columns, rows=cell.rows, is_head=cell.head)
            for cell in row
            for text in ([cell.text] if not cell.grid else [""] * len(form.all_grids[cell.grid].columns))
        ]
        for row in block.rows
    ]
    return Table(rows, widths=block.widths, head_rows=block.head_rows)


# Years


@pytest.mark.parametrize("year", range(2008, 2031))
def test_each_year_has_one_form_of_each_family(year: int) -> None:
    used = {form.key: form.family for form in FORMS.values() if form.is_for(year)}
    assert len(set(used.values())) == len(used)
    assert ("statistics-2014" in used) == (2014 <= year <= 2018)
    assert ("website-annual" in used) == (year >= 2017)
    generation = "narrative-2008" if year < 2019 else "annual-2019" if year < 2021 else "annual-2021"
    assert generation in used


# Every file


@each_form
def test_every_figure_is_printed(form: Form) -> None:
    assert set(form.all_figures) - set(printed(form)) == set()


def printed(form: Form) -> Iterator[str]:
    """The figures a form shows: by itself, inside a text, or as a part of a sum."""
    waiting = list(chain.from_iterable(shown(block, form) for block in form.blocks))
    seen = set()
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            figure = form.all_figures[key]
            waiting += placeholders.keys(figure.default) if isinstance(figure, TextFigure) else []
            yield key


def shown(block: FormBlock, form: Form) -> list[str]:
    match block:
        case HeadingBlock():
            return placeholders.keys(block.text)
        case ParagraphBlock():
            return placeholders.keys(block.text) + placeholders.keys(block.zero_text)
        case TextBlock():
            return [block.figure]
        case SignatureBlock():
            return [key for line in block.lines for key in placeholders.keys(line)]
        case TableBlock():
            return list(chain.from_iterable(in_cells(block, form)))
    return []


def in_cells(block: TableBlock, form: Form) -> Iterator[list[str]]:
    for cell in chain.from_iterable(block.rows):
        if cell.grid:
            grid = form.all_grids[cell.grid]
            yield [grid.name(cell.row, column.key) for column in grid.columns]
        else:
            yield [cell.figure] if cell.figure else placeholders.keys(cell.text)


@each_form
def test_every_table_fills_its_grid(form: Form) -> None:
    for block in form.blocks:
        if isinstance(block, TableBlock):
            assert lay_out(table_of(form, block.key)).width > 1


@each_form
def test_every_counting_rule_exists_and_is_said(form: Form) -> None:
    counted = [part for part in (*form.figures, *form.blocks) if isinstance(part, LogFigure | NamesFigure | ChartBlock)]
    for part in counted:
        assert rule(part.rule, on=date(form.years[0], 12, 31)).key == part.rule
    assert any(isinstance(block, NotesBlock) for block in form.blocks) == bool(counted)


@each_form
def test_every_block_has_a_key_an_office_can_change_it_by(form: Form) -> None:
    assert all(block.key for block in form.blocks)


@each_form
def test_what_is_not_verified_says_so(form: Form) -> None:
    assert form.source
    assert form.mark == "verified" or form.note
    if form.key == "statistics-2014":
        assert {figure.mark for figure in form.all_figures.values()} == {"unverified"}


# The seed's figures


@pytest.mark.parametrize("wanted", SEED["figures"], ids=lambda wanted: wanted["key"])
def test_the_narrative_has_every_figure_of_the_report_for_2017(wanted: Mapping[str, str]) -> None:
    figure = FORMS["narrative-2008"].all_figures[wanted["key"]]
    assert getattr(figure, "unit", "") == wanted["unit"]
    # The list was made when nobody kept the history of columns; the log does.
    known_better = {"other_matters": "entered", "columns_added": "log", "columns_adjusted": "log"}
    assert source_of(figure) == known_better.get(wanted["key"], wanted["source"])
    if wanted["precision"] == "at_least":
        assert getattr(figure, "precision", "") == {"余": "more", "突": "over"}[words_of_bound(wanted["wording"])]
    if wanted["value"] == 0:
        assert getattr(figure, "zero_phrase", "") == wanted["wording"].replace("無", "无").replace("沒", "没")


def source_of(figure: FigureDefinition) -> str:
    """In the words of the list of figures."""
    if isinstance(figure, EnteredFigure):
        return "text" if figure.default else "entered"
    return "entered" if isinstance(figure, AnalyticsFigure) else figure.kind


def words_of_bound(wording: str) -> str:
    return "余" if "余" in wording else wording[0]


# The tables of 2021

FOUR = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
VALUES = [("", 1, 1)] * 7
DENIED = (
    "1.属于国家秘密",
    "2.其他法律行政法规禁止公开",
    "3.危及“三安全一稳定”",
    "4.保护第三方合法权益",
    "5.属于三类内部事务信息",
    "6.属于四类过程性信息",
    "7.属于行政执法案卷",
    "8.属于行政查询事项",
)
UNAVAILABLE = ("1.本机关不掌握相关政府信息", "2.没有现成信息需要另行制作", "3.补正后申请内容仍不明确")
NOT_PROCESSED = (
    "1.信访举报投诉类申请",
    "2.重复申请",
    "3.要求提供公开出版物",
    "4.无正当理由大量反复申请",
    "5.要求行政机关确认或重新出具已获取信息",
)
OTHERS = (
    "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "3.其他",
)


def group(label: str, lines: tuple[str, ...]) -> list[list[tuple[str, int, int]]]:
    first, *others = lines
    return [[(label, 1, len(lines)), (first, 1, 1), *VALUES], *([(line, 1, 1), *VALUES] for line in others)]


PRINTED = {
    "table_2": [
        [("第二十条第（一）项", 4, 1)],
        [("信息内容", 1, 1), ("本年制发件数", 1, 1), ("本年废止件数", 1, 1), ("现行有效件数", 1, 1)],
        [("规章", 1, 1), ("", 1, 1), ("", 1, 1), ("", 1, 1)],
        [("行政规范性文件", 1, 1), ("", 1, 1), ("", 1, 1), ("", 1, 1)],
        [("第二十条第（五）项", 4, 1)],
        [("信息内容", 1, 1), ("本年处理决定数量", 3, 1)],
        [("行政许可", 1, 1), ("", 3, 1)],
        [("第二十条第（六）项", 4, 1)],
        [("信息内容", 1, 1), ("本年处理决定数量", 3, 1)],
        [("行政处罚", 1, 1), ("", 3, 1)],
        [("行政强制", 1, 1), ("", 3, 1)],
        [("第二十条第（八）项", 4, 1)],
        [("信息内容", 1, 1), ("本年收费金额（单位：万元）", 3, 1)],
        [("行政事业性收费", 1, 1), ("", 3, 1)],
    ],
    "table_3": [
        [("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3), ("申请人情况", 7, 1)],
        [("自然人", 1, 2), ("法人或其他组织", 5, 1), ("总计", 1, 2)],
        [(label, 1, 1) for label in ("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")],
        [("一、本年新收政府信息公开申请数量", 3, 1), *VALUES],
        [("二、上年结转政府信息公开申请数量", 3, 1), *VALUES],
        [("三、本年度办理结果", 1, 22), ("（一）予以公开", 2, 1), *VALUES],
        [("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", 2, 1), *VALUES],
        *group("（三）不予公开", DENIED),
        *group("（四）无法提供", UNAVAILABLE),
        *group("（五）不予处理", NOT_PROCESSED),
        *group("（六）其他处理", OTHERS),
        [("（七）总计", 2, 1), *VALUES],
        [("四、结转下年度继续办理", 3, 1), *VALUES],
    ],
    "table_4": [
        [("行政复议", 5, 1), ("行政诉讼", 10, 1)],
        [*((label, 1, 2) for label in FOUR), ("未经复议直接起诉", 5, 1), ("复议后起诉", 5, 1)],
        [(label, 1, 1) for label in FOUR * 2],
        [("", 1, 1)] * 15,
    ],
}


@pytest.mark.parametrize("key", PRINTED)
def test_the_tables_of_2021_have_the_labels_and_spans_of_the_notice(key: str) -> None:
    rows = table_of(FORMS["annual-2021"], key).rows
    assert [[(cell.text, cell.columns, cell.rows) for cell in row] for row in rows] == PRINTED[key]


def test_the_format_of_2021_has_its_six_sections() -> None:
    headings = [block.text for block in FORMS["annual-2021"].blocks if isinstance(block, HeadingBlock)]
    assert [text for text in headings if text[1] == "、"] == [
        "一、总体情况",
        "二、主动公开政府信息情况",
        "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
        "五、存在的主要问题及改进情况",
        "六、其他需要报告的事项",
    ]


# Relations

PEOPLE = ("natural", "company", "research", "welfare", "legal", "others")
TABLE_FORMS = ("annual-2019", "annual-2021")


@cache
def parts(form: Form) -> Mapping[str, SumFigure]:
    return {key: figure for key, figure in form.all_figures.items() if isinstance(figure, SumFigure)}


def added_up(form: Form, entered: Mapping[str, int]) -> dict[str, Decimal | None]:
    """The numbers entered, and every sum of them that the form computes."""
    numbers: dict[str, Decimal | None] = {key: Decimal(value) for key, value in entered.items()}
    for _ in range(3):  # sums of sums come after what they are made of
        for key, figure in parts(form).items():
            values = [numbers.get(part) for part in figure.of]
            if None not in values and not figure.less:
                numbers[key] = sum((value for value in values if value is not None), Decimal(0))
    return numbers


def balanced(form: Form, random: Random) -> dict[str, int]:
    """Entered cells of both grids of which every relation holds."""
    grids = [form.all_grids["requests"], form.all_grids["reviews"]]
    cells = [key for grid in grids for key, figure in grid.figures.items() if isinstance(figure, EnteredFigure)]
    entered = {key: random.randint(0, 20) for key in cells}
    results = [key for row in form.all_grids["requests"].rows if row.key == "processed_total" for key in row.sum_of]
    for column in PEOPLE:
        processed = sum(entered[f"requests.{row}.{column}"] for row in results)
        entered[f"requests.new_received.{column}"] += processed
        open_ones = entered[f"requests.new_received.{column}"] + entered[f"requests.carried_in.{column}"] - processed
        entered[f"requests.carried_out.{column}"] = open_ones
    return entered


@pytest.mark.parametrize("key", TABLE_FORMS)
@pytest.mark.parametrize("seed", range(5))
def test_what_balances_is_accepted_and_one_more_anywhere_in_the_requests_is_found(key: str, seed: int) -> None:
    form = FORMS[key]
    entered = balanced(form, Random(seed))
    assert list(broken(form, added_up(form, entered), {})) == []
    for changed in (name for name in entered if name.startswith("requests.")):
        found = list(broken(form, added_up(form, entered | {changed: entered[changed] + 1}), {}))
        # The column of the cell, and the column of the totals.
        assert [finding.check for finding in found] == ["requests_balance"] * 2
        columns = {figure.rpartition(".")[2] for finding in found for figure in finding.figures}
        assert columns == {changed.rpartition(".")[2], "total"}


@pytest.mark.parametrize(
    ("key", "wrong", "check"),
    [
        ("annual-2021", {"requests.total": 1}, "requests_total"),
        ("annual-2021", {"reviews.total": 1}, "reviews_total"),
        ("annual-2021", {"requests.processed": 1}, "requests_processed"),
        ("annual-2019", {"requests.processed": 1}, "requests_processed"),
    ],
    ids=["row", "reviews", "results", "results of 2019"],
)
def test_a_total_from_elsewhere_that_is_no_sum_is_found(key: str, wrong: Mapping[str, int], check: str) -> None:
    """Imported and final numbers are not computed: their totals can be wrong."""
    form = FORMS[key]
    entered = {name: 0 for name, figure in form.all_figures.items() if isinstance(figure, EnteredFigure)}
    numbers = added_up(form, entered)
    aim = {
        "requests.total": "requests.granted.total",
        "reviews.total": "reviews.reconsideration.total",
        "requests.processed": "requests.processed_total.natural",
    }
    for name, value in wrong.items():
        numbers[aim[name]] = Decimal(value)
    assert check in {finding.check for finding in broken(form, numbers, {})}


def test_what_is_carried_in_must_be_what_last_year_carried_out() -> None:
    """Across the change of forms from 2020 to 2021, too."""
    form, before = FORMS["annual-2021"], FORMS["annual-2019"]
    now = {f"requests.carried_in.{column}": Decimal(2) for column in PEOPLE}
    last_year = {f"requests.carried_out.{column}": Decimal(2) for column in PEOPLE}
    assert set(last_year) <= set(before.all_figures)
    assert list(broken(form, now, last_year)) == []
    last_year["requests.carried_out.legal"] = Decimal(3)
    (finding,) = broken(form, now, last_year)
    assert (finding.check, finding.severity) == ("requests_carried_in", "warning")


@each_form
def test_every_check_can_fail(form: Form) -> None:
    """Each check, alone, finds a left side that is too great for its right side."""
    for check in form.checks:
        lines = [line.key for line in form.all_grids[check.grid].columns] if check.per == "column" else []
        rows = [line.key for line in form.all_grids[check.grid].rows] if check.per == "row" else []
        numbers = {name: Decimal(0) for name in form.all_figures}
        first = check.left[0]
        if lines:
            first = f"{check.grid}.{first}.{lines[0]}"
        elif rows:
            first = f"{check.grid}.{rows[0]}.{first}"
        wrong = {**numbers, first: Decimal(7)}
        found = {finding.check for finding in broken(form, wrong, numbers)}
        assert check.key in found


# A whole report


@pytest.fixture
def office(home: Path) -> Office:
    office = load(MODEL, home=home)
    publish(office, "2022-03-01", "portal", range(1, 8))
    publish(office, "2022-04-01", "wechat", range(1, 4))
    return office


@pytest.mark.django_db
def test_what_is_left_after_the_named_classes_opens_into_its_own_rows(office: Office) -> None:
    publish(office, "2022-05-01", "portal", range(10, 13), column="annual-reports")
    publish(office, "2022-05-02", "portal", range(20, 22), column="notices")
    report = make_report(office, 2022, "annual-2021", today=date(2023, 1, 24))
    assert report.figures["items_of_other_classes"].number == 3
    rows = report.sources["items_of_other_classes"].rows
    assert [row["title"] for row in rows] == ["第10条", "第11条", "第12条"]


def typed(figure: EnteredFigure | AnalyticsFigure | TextFigure) -> str:
    """Something to enter for a figure."""
    if isinstance(figure, TextFigure):
        return "写明情况。"
    match getattr(figure, "holds", "number"):
        case "yes_no":
            return "是"
        case "choice" | "choices":
            return getattr(figure, "options", ("",))[0]
        case "date":
            return "2023-01-10"
        case "text":
            return "张三"
    return "0"


@pytest.mark.django_db
@each_form
def test_each_form_becomes_a_report_that_prints_what_was_entered(form: Form, office: Office) -> None:
    year = min(form.years[-1], 2022)
    asked = [
        figure
        for figure in form.all_figures.values()
        if isinstance(figure, EnteredFigure | AnalyticsFigure | TextFigure) and not getattr(figure, "default", "")
    ]
    with time_machine.travel(moment("2023-01-10"), tick=False):
        enter_all(office, year, [Given(figure.key, typed(figure)) for figure in asked], by="张三")
    report = make_report(office, year, form.key, today=date(2023, 1, 24))
    assert {figure.kind for figure in report.missing} <= {"config"}
    document = report.document(is_draft=False)
    texts = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    assert not any("{" in text or "}" in text for text in texts)
    html = render(document, "html", report.sources).decode()
    for figure in asked:
        assert f'id="of-{figure.key}"' in html or isinstance(figure, TextFigure)
    for other in ("docx", "xlsx"):
        assert render(document, other, report.sources)
