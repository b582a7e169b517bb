"""Tables whose spans fill a rectangle, and the short lists of log numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.reports.document import Cell, Document, Heading, Paragraph, Run, Table
from publisher.reports.render.grid import NotRectangular, lay_out, relative_widths
from publisher.reports.render.sources import FigureSource, figures, in_order, number_ranges, row_fields


def table(*rows: list[Cell], widths: tuple[float, ...] = (), head_rows: int = 0) -> Table:
    return Table(rows, widths=widths, head_rows=head_rows)


def test_cells_stand_beside_what_spans_down_from_above() -> None:
    grid = lay_out(
        table([Cell("a", rows=2), Cell("b", columns=2)], [Cell("c"), Cell("d", rows=2)], [Cell("e", columns=2)])
    )
    assert [(place.cell.text, place.row, place.column) for place in grid.cells] == [
        ("a", 0, 0),
        ("b", 0, 1),
        ("c", 1, 1),
        ("d", 1, 2),
        ("e", 2, 0),
    ]
    assert grid.width == 3
    assert [place.cell.text for place in grid.covering(1)] == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param(table([Cell("a"), Cell("b")], [Cell("c")]), "row 2 has no cell in column 2", id="gap"),
        pytest.param(
            table([Cell("a"), Cell("b", rows=2)], [Cell("c", columns=2)]), "'b' and 'c' overlap", id="overlap"
        ),
        pytest.param(table([Cell("a", rows=2)]), "'a' reaches below", id="sticking out"),
        pytest.param(table([Cell("a", columns=0)]), "covers nothing", id="nothing"),
        pytest.param(table([Cell("a", rows=2)], [], head_rows=1), "'a' reaches below the head", id="through the head"),
    ],
)
def test_spans_that_do_not_fit_are_refused(wrong: Table, words: str) -> None:
    with pytest.raises(NotRectangular, match=words):
        lay_out(wrong)


def test_rows_are_parted_where_no_cell_goes_on() -> None:
    grid = lay_out(
        table(
            [Cell("head", columns=3)],
            [Cell("a", rows=3), Cell("b", rows=2), Cell("c")],
            [Cell("d")],
            [Cell("e", columns=2)],
            [Cell("f", columns=3)],
            [Cell("g", rows=2), Cell("h", columns=2)],
            [Cell("i"), Cell("j")],
        )
    )
    assert grid.groups(range(7)) == [range(1), range(1, 4), range(4, 5), range(5, 7)]
    assert grid.groups(range(1, 4)) == [range(1, 4)]
    assert grid.groups(range(0)) == []


def test_widths_are_shares_and_must_be_as_many_as_the_columns() -> None:
    assert relative_widths(table([Cell("a"), Cell("b")], widths=(1, 3)), 2) == [0.25, 0.75]
    assert relative_widths(table([Cell("a"), Cell("b")]), 2) == [0.5, 0.5]
    with pytest.raises(NotRectangular, match="2 columns but 3 widths"):
        relative_widths(table([Cell("a"), Cell("b")], widths=(1, 2, 3)), 2)


@given(st.lists(st.integers(1, 400)))
def test_ranges_name_exactly_the_numbers_given(numbers: list[int]) -> None:
    named: set[int] = set()
    for part in filter(None, number_ranges(str(number) for number in numbers).split("、")):
        first, _, last = part.partition("–")
        named.update(range(int(first), int(last or first) + 1))
    assert named == set(numbers)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (["3", "1", "2", "7", "2"], "1–3、7"),
        (["1", "2"], "1–2"),
        (["2017:4", "5", "2017:4"], "5、2017:4"),
        ([""], ""),
    ],
)
def test_ranges_are_short(numbers: list[str], words: str) -> None:
    assert number_ranges(numbers) == words


def test_figures_stand_in_the_order_of_the_report_and_the_unused_come_last() -> None:
    document = Document(
        "t",
        [
            Heading(1, [Run("b", "b")]),
            Table([[Cell("c", "c"), Cell("b", "b")]]),
            Paragraph([Run("unknown", "x"), Run("a", "a")]),
        ],
    )
    sources = {key: FigureSource(key, "1") for key in ("unused", "a", "b", "c")}
    assert list(figures(document)) == ["b", "c", "b", "x", "a"]
    assert list(in_order(document, sources)) == ["b", "c", "a", "unused"]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("366", "条", "366条"),
        ("100余条", "条", "100余条"),
        ("10万", "次", "10万次"),
        ("无", "件", "无"),
        ("1.5", "", "1.5"),
    ],
)
def test_a_value_gets_its_unit_once(value: str, unit: str, words: str) -> None:
    assert FigureSource("a", value, unit).value_words == words


def test_a_very_long_list_of_numbers_ends_at_a_whole_number() -> None:
    source = FigureSource("a", "9999", rows=[{"number": str(number)} for number in range(1, 20_000, 2)])
    shown = source.numbers.removesuffix("……").split("、")
    assert source.numbers.endswith("……")
    assert shown == [str(number) for number in range(1, 2 * len(shown), 2)]
    assert 5900 < len(source.numbers) < 6010


def test_rows_show_only_what_one_of_them_says() -> None:
    assert row_fields([{"title": "a", "number": "1"}, {"issue": "3", "section": ""}]) == ["number", "issue", "title"]


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("攀枝花市科学技术和知识产权局2017年度政府信息公开工作年度报告", 2),
        ("政府网站工作年度报表（2017年度）", 1),
        ("某局\n2017年度报告", 2),
    ],
)
def test_a_long_title_breaks_before_the_year(title: str, lines: int) -> None:
    broken = Document(title, []).title_lines
    assert len(broken) == lines
    assert "".join(broken) == title.replace("\n", "")
