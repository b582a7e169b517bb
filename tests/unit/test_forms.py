"""Form files: what is right is read, what is wrong is named with its key and remedy, and an office may change them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.office import BadConfiguration
from publisher.reports.forms import placeholders, spans
from publisher.reports.forms.format import EnteredFigure, SumFigure, TextFigure
from publisher.reports.forms.loading import load_form, load_forms, office_forms, official_folder
from publisher.reports.forms.placeholders import Place
from publisher.wording import sentence
from tests.forms import office_with_example

EXAMPLE = Path(__file__).parents[1] / "data" / "forms" / "short-report.toml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / EXAMPLE.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_example_is_read() -> None:
    form = load_form(EXAMPLE)
    assert form.is_for(2017)
    assert not form.is_for(2019)
    cell = form.all_figures["short.requests.new_received.natural"]
    assert isinstance(cell, EnteredFigure)
    assert (cell.label, cell.unit, cell.holds) == ("一、本年新收 自然人", "件", "number")


def test_the_computed_line_of_a_grid_adds_up_the_others() -> None:
    total = load_form(EXAMPLE).all_figures["short.requests.granted.total"]
    assert isinstance(total, SumFigure)
    assert total.of == ("short.requests.granted.natural", "short.requests.granted.company")


def test_the_official_forms_are_sound() -> None:
    forms = load_forms(official_folder())
    assert forms.keys() == {path.stem for path in official_folder().glob("*.toml")}
    assert "narrative-2008" in forms


MISTAKES = {
    "unit of the wrong kind": ('unit = "条"', "unit = 3", "figures.short.news.unit"),
    "unknown setting of a figure": ('rule = "published"', 'rul = "published"', "figures.short.news.rul"),
    "unknown kind": ('kind = "log"', 'kind = "book"', "figures.short.news"),
    "no kind": ('kind = "log"\n', "", "figures.short.news"),
    "bad key": ('key = "short.social"', 'key = "Social Items"', "figures.Social Items.key"),
    "key twice": ('key = "short.social"', 'key = "short.news"', "figures.short.news"),
    "reserved key": ('key = "short.columns"', 'key = "year"', "figures.year"),
    "years exchanged": ("years = [2017, 2018]", "years = [2018, 2017]", "years"),
    "placeholder without figure": ("{short.visits}", "{short.visit}", "blocks.2"),
    "stray brace": ("网站访问量{short.visits}", "网站访问量{short visits}", "blocks.2.text"),
    "unknown part": ("{short.visits}", "{short.visits:words}", "blocks.2.text"),
    "text block of a number": ('figure = "short.problems"', 'figure = "short.phone"', "blocks.4.figure"),
    "sum of a text": ('of = ["short.news", "short.social"]', 'of = ["short.problems"]', "figures.short.items.of"),
    "sum of itself": ('of = ["short.news", "short.social"]', 'of = ["short.items"]', "figures.short.items"),
    "default for a number": (
        'label = "行政处罚"',
        'label = "行政处罚"\ndefault = "3"',
        "figures.short.penalty.default",
    ),
    "choice without options": ('holds = "yes_no"', 'holds = "choice"', "figures.short.mailbox.options"),
    "unknown setting of the office": ("profile.phone", "office.phone", "figures.short.phone.setting"),
    "row too short": ('[{ text = "自然人", head = true }, ', "[", "blocks.5.rows.2"),
    "cell reaching out below": (
        'text = "是否设有局长信箱", columns = 2',
        'text = "x", columns = 2, rows = 2',
        "blocks.5.rows.7",
    ),
    "wrong number of widths": ("widths = [2, 2, 1, 1, 1]", "widths = [2, 1, 1, 1]", "blocks.5.widths"),
    "unknown row of a grid": ('row = "granted"', 'row = "given"', "blocks.5.rows.5"),
    "cell with two contents": ('figure = "short.mailbox"', 'figure = "short.mailbox", text = "x"', "blocks.5.rows.7"),
    "zero without a figure": ('zero_when = ["short.fees"]', "", "blocks.3"),
    "check of an unknown figure": (
        'right = ["short.penalty",',
        'right = ["short.penal",',
        "checks.power_list_sum",
    ),
    "check of a grid without a direction": ('per = "column"\n', "", "checks.requests_balance"),
    "check of an unknown row": ('left = ["new_received",', 'left = ["received",', "checks.requests_balance"),
    "unknown sum in a grid": (
        'sum_of = ["natural",',
        'sum_of = ["person",',
        "grids.short.requests.columns.total.sum_of",
    ),
}


@pytest.mark.parametrize(("old", "new", "key"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_key_and_remedy(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_form(changed(tmp_path, old, new))
    found = {flaw.key: sentence(flaw.text) for flaw in caught.value.flaws}
    assert any(place.startswith(key) for place in found), found
    assert all(text.endswith((".", "。")) for text in found.values())


# What an office changes


@pytest.fixture
def official(tmp_path: Path) -> Path:
    folder = tmp_path / "official"
    folder.mkdir()
    shutil.copy(EXAMPLE, folder)
    return folder


def own(tmp_path: Path, name: str, text: str) -> Path:
    folder = tmp_path / "office" / "forms"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


CHANGE = """
extends = "short-report"
title = "本局{year}年度简报"

[[figures]]
key = "short.problems"
default = "我们自己的文字。"

[[figures]]
key = "fairs"
kind = "entered"
label = "展会"
unit = "次"

[[blocks]]
block = "paragraph"
after = "overview"
text = "举办展会{fairs}。"
"""


def test_an_office_changes_texts_and_adds_figures(tmp_path: Path, official: Path) -> None:
    form = load_forms(official, own(tmp_path, "changes.toml", CHANGE))["short-report"]
    text = form.all_figures["short.problems"]
    assert isinstance(text, TextFigure)
    assert (text.default, text.label) == ("我们自己的文字。", "存在的主要问题")
    assert form.title == "本局{year}年度简报"
    assert [block.block for block in form.blocks[:3]] == ["heading", "paragraph", "paragraph"]
    assert form.blocks[1].model_dump()["text"] == "举办展会{fairs}。"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('extends = "long-report"', "extends"),
        (
            'extends = "short-report"\n[[blocks]]\nblock = "text"\nafter = "nothing"\nfigure = "short.problems"',
            "blocks",
        ),
        ('extends = "short-report"\n[[figures]]\nkey = "short.problems"\nunit = "x"', "figures.short.problems.unit"),
        ('key = "mine"', "key"),
    ],
    ids=["unknown form", "unknown block", "setting the figure has not", "key unlike its file"],
)
def test_a_change_that_does_not_fit_is_named(tmp_path: Path, official: Path, text: str, key: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_forms(official, own(tmp_path, "changes.toml", text))
    assert [flaw.key for flaw in caught.value.flaws] == [key]


def test_a_counting_rule_there_is_not_is_named_with_the_figure(home: Path) -> None:
    office = office_with_example(home, form_change=('rule = "published"', 'rule = "public"'))
    with pytest.raises(BadConfiguration) as caught:
        office_forms(office)
    assert [flaw.key for flaw in caught.value.flaws] == ["figures.short.news.rule"]


def test_one_key_means_one_thing_in_all_forms(tmp_path: Path, official: Path) -> None:
    other = (
        EXAMPLE.read_text(encoding="utf-8").replace('"short-report"', '"other"').replace('unit = "次"', 'unit = "人次"')
    )
    with pytest.raises(BadConfiguration) as caught:
        load_forms(official, own(tmp_path, "other.toml", other))
    assert [flaw.key for flaw in caught.value.flaws] == ["figures.short.visits"]


# Texts and tables


def test_a_text_is_split_at_its_figures() -> None:
    assert list(placeholders.split("共{a.b:number}{a.b:unit}，{year}年")) == [
        "共",
        Place("a.b", "number"),
        Place("a.b", "unit"),
        "，",
        Place("year", "phrase"),
        "年",
    ]


@given(st.text(alphabet="ab{}:. 共number"))
def test_splitting_loses_nothing(text: str) -> None:
    parts = [
        part if isinstance(part, str) else "{" + part.key + ("" if part.show == "phrase" else f":{part.show}") + "}"
        for part in placeholders.split(text)
    ]
    assert "".join(parts) == text


@given(st.data(), st.integers(1, 6), st.integers(1, 6))
def test_a_grid_cut_into_rectangles_fits_and_one_cell_more_does_not(data: st.DataObject, wide: int, high: int) -> None:
    rows: list[list[spans.Span]] = [[] for _row in range(high)]
    taken: set[tuple[int, int]] = set()
    for row in range(high):
        for column in range(wide):
            if (row, column) in taken:
                continue
            free = next((c for c in range(column, wide) if (row, c) in taken), wide) - column
            span = spans.Span(data.draw(st.integers(1, free)), data.draw(st.integers(1, high - row)))
            taken |= {(row + r, column + c) for r in range(span.rows) for c in range(span.columns)}
            rows[row].append(span)
    assert spans.first_bad_row(rows) is None
    rows[data.draw(st.integers(0, high - 1))].append(spans.Span())
    assert high == 1 or spans.first_bad_row(rows) is not None
