"""The benchmark itself: its arithmetic, and that its parts fit the program as it is."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.office import load
from tests.benchmarks import province
from tests.benchmarks.__main__ import PARTS
from tests.benchmarks.columnar import Columnar
from tests.benchmarks.figures import Curve, Figure, Goal, Section, number, percentile, ratio, table
from tests.benchmarks.processes import NotMeasured
from tests.benchmarks.stage import stage


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        pytest.param(Goal("≥", 0.2), 0.2, "ok", id="reached"),
        pytest.param(Goal("≥", 0.2), 0.19, "short", id="too little"),
        pytest.param(Goal("≤", 1.8), 1.8, "ok", id="within"),
        pytest.param(Goal("≤", 1.8), 1.81, "short", id="too much"),
        pytest.param(None, 7.0, "", id="no goal"),
    ],
)
def test_a_goal_decides_the_verdict(goal: Goal | None, value: float, verdict: str) -> None:
    assert Figure("speed", value, goal=goal).verdict == verdict


def test_a_ratio_pairs_the_rounds_and_takes_their_median() -> None:
    # The second round ran on a busy machine, which slowed both.
    figure = ratio("speed", [20, 5, 30], [100, 50, 100], unit="/s", goal=Goal("≥", 0.2))
    assert figure.value == pytest.approx(0.2)
    assert figure.detail == "20 against 100 /s; rounds 0.1–0.3"
    assert figure.verdict == "ok"


def test_rounds_that_do_not_pair_are_no_ratio() -> None:
    with pytest.raises(ValueError, match="longer"):
        ratio("speed", [1], [1, 2], unit="/s")


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_the_least_value_that_covers_its_share(values: list[float], share: float) -> None:
    found = percentile(values, share)
    covered = sum(value <= found for value in values)
    below = sum(value < found for value in values)
    assert covered >= share * len(values) - 1e-9
    assert below < share * len(values)


@pytest.mark.parametrize(
    ("costs", "beside", "factor", "verdict"),
    [
        pytest.param({1000: 2, 10**6: 2.9}, {}, 1.45, "flat", id="a little more"),
        pytest.param({1000: 2, 10**6: 3.2}, {}, 1.6, "NOT FLAT", id="much more"),
        pytest.param({1000: 2, 10**6: 8}, {1000: 1, 10**6: 4}, 1.0, "flat", id="the machine became slower"),
    ],
)
def test_a_curve_is_flat_or_not(costs: dict[int, float], beside: dict[int, float], factor: float, verdict: str) -> None:
    curve = Curve("sweep", costs, beside)
    assert curve.factor == pytest.approx(factor)
    assert curve.verdict == verdict


def test_a_section_is_a_markdown_table_with_goals_and_verdicts() -> None:
    curve = Curve("count", {1000: 1, 10**6: 1000}, is_linear=True)
    text = Section("Growth", "How.", [Figure("rate", 0.123, goal=Goal("≥", 0.2))], [curve]).markdown()
    assert text.startswith("## Growth\n\nHow.\n\n| what")
    assert "| rate | 0.123    | ≥ 0.2 | short |" in text
    assert "| count | 1              | 1,000              | 1,000  | reads every row |" in text


def test_columns_stand_under_each_other() -> None:
    assert table(["a", "long"], [["1", "2"]]) == "| a   | long |\n| --- | ---- |\n| 1   | 2    |"


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.0123456, "0.0123"), (12.345, "12.3"), (12345.6, "12,346")])
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_the_parts_are_those_of_the_command() -> None:
    assert list(PARTS) == ["speed", "latency", "growth", "counting", "portal", "footprint"]


def test_the_office_of_the_benchmarks_is_a_valid_one(home: Path) -> None:
    office = load(province.write(home, "http://127.0.0.1:1"), home=home)
    assert list(office.channels) == ["portal", *province.CHANNELS]


def test_a_publication_is_measured_and_copied_and_a_failure_is_no_figure(tmp_path: Path) -> None:
    with stage(tmp_path / "stage") as on:
        engine = on.embedded()
        engine.inside.ask("make_room")
        assert len(engine.inside.ask("time_work", count=1, seed=1)) == 8
        assert engine.inside.ask("fill", rows=40) == 40
        assert engine.inside.ask("fill", rows=100) == 100
        assert engine.inside.ask("time_sweeps", count=2, ringing=True)
        assert len(on.stand_in.books()["answered"]) == 8
        assert on.stand_in.books()["doubled"] == 0
        assert engine.inside.ask("outcome", ids=[1, 100])["done"] == 2
        with pytest.raises(NotMeasured, match="outcome"):
            engine.inside.ask("outcome", ids="nonsense")


def test_a_year_counted_by_hand_and_in_duckdb_is_that_of_the_program(tmp_path: Path) -> None:
    with stage(tmp_path / "stage") as on, closing(Columnar(tmp_path)) as columnar:
        ask = on.embedded().inside.ask
        for rows in (600, 1200):
            assert ask("fill_year", rows=rows) == rows
            columnar.fill(rows)
            told = ask("time_year", count=1)["answer"]
            assert told == ask("time_year_by_hand", count=1)["answer"] == columnar.time_year(1)["answer"]
        assert (told["items"], told["handed_over"]) == (200, 200)
        assert told["publications"] == sum(row[-1] for row in told["rows"]) == 800
        assert all(len(took) == 1 for took in ask("time_figures", count=1).values())
