"""Values people enter: exact, kept for ever, the newest counts, and the log says who and when."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.reports import guard
from publisher.reports.figures import values
from publisher.reports.figures.entering import Given, enter, enter_all, figures_of_year, matching
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.importing import BadTable, import_values
from publisher.reports.figures.parsing import BadValue, number, parse, plain
from publisher.reports.forms.format import EnteredFigure
from publisher.reports.models import EnteredKind, EnteredValue
from publisher.wording import sentence
from tests.forms import moment, office_with_example

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(home: Path) -> Office:
    return office_with_example(home)


# What people type


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("36", "36"),
        (" \uff13\uff16 ", "36"),
        ("36次", "36"),
        ("103,452", "103452"),
        ("10万", "100000"),
        ("1.2万次", "12000"),
        ("0", "0"),
        ("007", "7"),
    ],
)
def test_a_number_is_understood_as_people_write_it(typed: str, kept: str) -> None:
    assert Decimal(number(typed, unit="次")) == Decimal(kept)
    assert plain(Decimal(number(typed, unit="次"))) == kept


@pytest.mark.parametrize(
    "typed", ["", "无", "-3", "3.5", "1e3", "3,6", "36条", "٣", "10万万", "9" * 16, "1.0000001", "Infinity", "NaN"]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(BadValue) as caught:
        number(typed, unit="次")
    assert sentence(caught.value.text).endswith(("。", "."))


@given(st.decimals(0, 10**15 - 1, places=2, allow_nan=False, allow_infinity=False))
def test_a_decimal_is_kept_exactly(value: Decimal) -> None:
    assert Decimal(number(plain(value), decimals=2)) == value


@pytest.mark.parametrize(
    ("typed", "kept"), [("-3", "-3"), ("减3项", "-3"), ("+2", "2"), ("增 2", "2"), ("0", "0"), ("-0", "0")]
)
def test_a_change_may_be_below_zero(typed: str, kept: str) -> None:
    figure = EnteredFigure.model_validate({"key": "a", "label": "甲", "unit": "项", "signed": True})
    assert parse(figure, typed) == kept


@pytest.mark.parametrize(("number", "printed"), [("-3", "-3"), ("0", "0"), ("2", "+2")])
def test_a_change_is_printed_with_its_sign(number: str, printed: str) -> None:
    figure = EnteredFigure.model_validate({"key": "a", "label": "甲", "signed": True})
    assert Figure(figure, number=Decimal(number)).shown == printed


def choice(holds: str, *options: str) -> EnteredFigure:
    return EnteredFigure.model_validate({"key": "a", "label": "甲", "holds": holds, "options": options})


@pytest.mark.parametrize(
    ("figure", "typed", "kept"),
    [
        (choice("date"), "2018年1月24日", "2018-01-24"),
        (choice("date"), "2018/1/24", "2018-01-24"),
        (choice("yes_no"), "Yes", "是"),
        (choice("yes_no"), "0", "否"),
        (choice("choice", "部门网站", "专项网站"), "部门网站", "部门网站"),
        (choice("choices", "多语言", "无障碍", "其他"), "其他，多语言", "多语言、其他"),
        (choice("choices", "多语言", "无障碍"), "无", ""),
        (choice("text"), "  一 行 \n\n 二行 ", "一 行\n二行"),
    ],
)
def test_other_values_are_kept_in_one_form(figure: EnteredFigure, typed: str, kept: str) -> None:
    assert parse(figure, typed) == kept


@pytest.mark.parametrize(
    ("figure", "typed"),
    [
        (choice("date"), "2018-02-30"),
        (choice("date"), "去年"),
        (choice("yes_no"), "也许"),
        (choice("choice", "甲", "乙"), "丙"),
        (choice("choices", "甲", "乙"), "甲、丙"),
        (choice("text"), " \n "),
    ],
)
def test_other_values_that_do_not_fit_are_refused(figure: EnteredFigure, typed: str) -> None:
    with pytest.raises(BadValue):
        parse(figure, typed)


# Keeping them


def test_a_value_says_who_when_and_from_where_and_so_does_the_log(office: Office) -> None:
    with time_machine.travel(moment("2018-01-10"), tick=False):
        kept = enter(office, 2017, Given("short.powers", "7", note="清理后", source="权力清单.docx"), by="张三")
    entry = LogEntry.objects.get(office=office.slug, event=Event.FIGURE_ENTERED)
    assert (kept.value, kept.unit, kept.kind, kept.by, kept.at) == ("7", "项", "entered", "张三", moment("2018-01-10"))
    assert (entry.seq, entry.actor, entry.at, entry.title) == (kept.seq, "张三", kept.at, "2017 行政权力事项")
    assert entry.detail == {
        "year": 2017,
        "key": "short.powers",
        "value": "7",
        "unit": "项",
        "kind": "entered",
        "note": "清理后",
        "source": "权力清单.docx",
    }


def test_the_newest_value_counts_and_the_history_is_kept(office: Office) -> None:
    for typed in ("3", "4", "3"):
        enter(office, 2017, Given("short.penalty", typed), by="张三")
    enter(office, 2018, Given("short.penalty", "9"), by="张三")
    assert values.newest(office, 2017)["short.penalty"].number == 3
    assert [value.value for value in values.history(office, 2017, "short.penalty")] == ["3", "4", "3"]


REFUSED = {
    "unknown figure": ("short.power", "3", "short.powers"),
    "counted from the log": ("short.news", "366", "short.news"),
    "made of others": ("short.requests.granted.total", "1", "short.requests.granted.total"),
    "set in the configuration": ("short.phone", "3333482", "short.phone"),
    "no number": ("short.powers", "七项多", "七项多"),
    "unknown figure in a text": ("short.problems", "共{visits}次", "visits"),
    "text in a text": ("short.problems", "{short.problems}", "short.problems"),
    "stray brace": ("short.problems", "共{ 次", "{key}"),
}


@pytest.mark.parametrize(("key", "typed", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_value_that_does_not_fit_is_refused_and_nothing_kept(
    office: Office, key: str, typed: str, named: str
) -> None:
    with pytest.raises(BadValue) as caught:
        enter_all(office, 2017, [Given("short.award", "1"), Given(key, typed)], by="张三")
    assert named in sentence(caught.value.text)
    assert not EnteredValue.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_year_without_the_form_has_none_of_its_figures(office: Office) -> None:
    with pytest.raises(BadValue):
        enter(office, 2019, Given("short.powers", "7"), by="张三")


def test_a_pattern_names_several_figures(office: Office) -> None:
    known = figures_of_year(office, 2017)
    assert matching(known, "short.requests.*.natural") == [
        f"short.requests.{row}.natural" for row in ("new_received", "carried_in", "granted", "carried_out")
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(entered=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 99)), max_size=8), asked=st.integers(-1, 25))
def test_on_any_day_the_newest_value_of_that_day_counts(
    office: Office, entered: list[tuple[int, int]], asked: int
) -> None:
    start = moment("2018-01-01")
    with transaction.atomic():
        for day, typed in sorted(entered, key=lambda pair: pair[0]):
            with time_machine.travel(start + timedelta(days=day), tick=False):
                enter(office, 2017, Given("short.powers", str(typed)), by="张三")
        known = [typed for day, typed in sorted(entered, key=lambda pair: pair[0]) if day <= asked]
        stood = values.newest(office, 2017, as_of=start + timedelta(days=asked))
        assert [value.number for value in stood.values()] == [Decimal(typed) for typed in known[-1:]]
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE reports_enteredvalue SET value = '8'",
        "DELETE FROM reports_enteredvalue",
        "INSERT OR REPLACE INTO reports_enteredvalue SELECT * FROM reports_enteredvalue",
    ],
    ids=["update", "delete", "replace"],
)
def test_the_database_itself_refuses_to_change_a_value(office: Office, sql: str) -> None:
    if connection.vendor != "sqlite" and "REPLACE" in sql:
        pytest.skip("a form of INSERT only SQLite has")
    guard.install(connection)
    enter(office, 2017, Given("short.powers", "7"), by="张三")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


# Tables


def excel(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


TABLES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "csv": ("figures.csv", lambda: "key,value,note\nshort.visits,103452,统计\nshort.powers,7,\n".encode()),
    "csv of Excel": (
        "figures.csv",
        lambda: '\ufeffkey,value,note\r\nshort.visits,"103,452",统计\r\n\r\nshort.powers,7,\r\n'.encode(),
    ),
    "csv of old Excel": (
        "figures.csv",
        lambda: "键,值,备注\nshort.visits,103452,统计\nshort.powers,7,\n".encode("gb18030"),
    ),
    "xlsx": (
        "figures.xlsx",
        lambda: excel(("key", "value", "note"), ("short.visits", 103452.0, "统计"), (), ("short.powers", 7, None)),
    ),
}


@pytest.mark.parametrize(("name", "content"), TABLES.values(), ids=TABLES.keys())
def test_a_table_of_statistics_is_taken_in(office: Office, name: str, content: Callable[[], bytes]) -> None:
    import_values(office, 2017, name, content(), by="张三")
    newest = values.newest(office, 2017)
    visits = newest["short.visits"]
    assert (visits.value, visits.kind, visits.note, visits.source) == ("103452", EnteredKind.ANALYTICS, "统计", name)
    assert newest["short.powers"].value == "7"
    assert LogEntry.objects.filter(event=Event.FIGURE_ENTERED).count() == 2


BAD_TABLES = {
    "several mistakes": ("short.visits,many\nshort.visit,3\nshort.powers,7\nshort.powers,8\n", [2, 3, 5]),
    "nothing below": ("", [1]),
}


@pytest.mark.parametrize(("rows", "lines"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_a_table_with_mistakes_is_refused_whole_and_names_its_rows(office: Office, rows: str, lines: list[int]) -> None:
    with pytest.raises(BadTable) as caught:
        import_values(office, 2017, "figures.csv", f"key,value\n{rows}".encode(), by="张三")
    assert [row for row, _text in caught.value.mistakes] == lines
    assert not EnteredValue.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("figures.csv", b""),
        ("figures.csv", b"\xff\xfe\x00\x01\x81"),
        ("figures.csv", b"name,number\nvisits,3\n"),
        ("figures.xlsx", b"no excel"),
        ("figures.xlsx", b"PK\x03\x04 no excel"),
    ],
    ids=["empty", "binary", "no headings", "text as Excel", "broken archive"],
)
def test_a_file_that_is_no_such_table_is_refused(office: Office, name: str, content: bytes) -> None:
    with pytest.raises(BadTable) as caught:
        import_values(office, 2017, name, content, by="张三")
    assert len(caught.value.mistakes) == 1
