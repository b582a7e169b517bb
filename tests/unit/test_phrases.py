"""Vague words are proven: what is written is true of the count, and what somebody wrote is checked against it."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.errors import SettingRefused
from publisher.review.statements import numerals
from publisher.review.statements.phrases import Style, claim, supports, vocabulary, wording

COUNTS = st.one_of(st.integers(0, 2000), st.integers(0, 10**11))
STYLES = st.sampled_from(get_args(Style))

PHRASES = {
    "百余条": ((101, 199), (100, 200, 1000)),
    "100余条": ((101, 199), (100, 200)),
    "400余": ((401, 499), (400, 500)),
    "10余期": ((11, 19), (10, 20)),
    "十余期": ((11, 19), (10, 20)),
    "一万二千余次": ((12_001, 12_999), (12_000, 13_000)),
    "1.2万余次": ((12_001, 12_999), (12_000, 13_000)),
    "10余万人次": ((100_001, 199_999), (100_000, 200_000)),
    "10万余人次": ((100_001, 109_999), (100_000, 110_000)),
    "100多条": ((101, 199), (100, 200)),
    "突破10万次": ((100_001, 9_999_999), (100_000, 99_999)),
    "超过400条": ((401, 4000), (400,)),
    "逾百条": ((101, 5000), (100,)),
    "近400条": ((360, 399), (359, 400, 401)),
    "接近10万次": ((90_000, 99_999), (89_999, 100_000)),
    "约400条": ((380, 420), (379, 421)),
    "400条左右": ((380, 420), (379, 421)),
    "400条以上": ((400, 9999), (399,)),
    "不足20条": ((0, 19), (20,)),
    "上百条": ((100, 999), (99,)),
    "366条": ((366, 366), (365, 367)),
    "1,200条": ((1200, 1200), (1199, 1201)),
    "三百六十六条": ((366, 366), (365, 367)),
    "无": ((0, 0), (1,)),
    "没有": ((0, 0), (1,)),
    "0件": ((0, 0), (1,)),
    "４００餘條": ((401, 499), (400, 500)),
    "突破 10 萬人次": ((100_001, 10**9), (100_000,)),
}


@pytest.mark.parametrize(("words", "true", "false"), [(words, *bounds) for words, bounds in PHRASES.items()])
def test_a_phrase_is_supported_within_its_bounds_only(
    words: str, true: tuple[int, int], false: tuple[int, ...]
) -> None:
    assert all(supports(words, value) for value in true)
    assert not any(supports(words, value) for value in false)


WORDINGS = [
    (0, "exact", "无"),
    (0, "more", "无"),
    (36, "exact", "36期"),
    (440, "more", "400余期"),
    (400, "more", "400期"),
    (138, "more", "100余期"),
    (7, "more", "7期"),
    (23_456, "more", "2万余期"),
    (103_456, "more", "10余万期"),
    (1_034_560, "more", "100余万期"),
    (103_456, "over", "突破10万期"),
    (100_000, "over", "10万期"),
    (100_000, "exact", "10万期"),
    (12_000, "exact", "1.2万期"),
    (12_345, "exact", "12345期"),
    (250_000_000, "exact", "2.5亿期"),
    (395, "near", "近400期"),
    (340, "near", "340期"),
    (410, "about", "约400期"),
    (440, "about", "440期"),
    (400, "at_least", "400期以上"),
    (11, "under", "不足20期"),
]


@pytest.mark.parametrize(("value", "style", "expected"), WORDINGS)
def test_a_count_is_written_in_the_style_where_that_is_true(value: int, style: Style, expected: str) -> None:
    assert wording(value, style, unit="期") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(138, "百余条"), (440, "四百余条"), (13, "十余条"), (1234, "千余条"), (12_345, "一万余条")]
)
def test_numbers_may_be_written_in_characters(value: int, expected: str) -> None:
    assert wording(value, "more", unit="条", in_characters=True) == expected


@given(COUNTS, STYLES, st.booleans(), st.sampled_from(["", "条", "人次"]))
def test_what_is_written_is_always_true(value: int, style: Style, in_characters: bool, unit: str) -> None:
    words = wording(value, style, unit=unit, in_characters=in_characters)
    assert supports(words, value)
    assert claim(words).unit == (unit if value else "")


@given(COUNTS, COUNTS, STYLES)
def test_what_is_written_for_one_count_is_true_of_another_only_within_the_claim(
    value: int, other: int, style: Style
) -> None:
    said = claim(wording(value, style))
    if said.style == "exact":
        assert said.allows(other) == (other == value)
    if said.style == "more":
        # The first figure and the number of figures are the same.
        assert said.allows(other) == (
            str(other)[0] == str(value)[0] and len(str(other)) == len(str(value)) and str(other)[1:].strip("0") != ""
        )
    if said.style == "over" and other > value:
        assert said.allows(other)


@pytest.mark.parametrize("words", ["", "条", "一百五", "几条", "1,2条", "若干", "近", "余条"])
def test_what_says_no_number_is_refused(words: str) -> None:
    with pytest.raises(SettingRefused):
        claim(words)


@pytest.mark.parametrize("words", ["突破100余次", "约400条左右", "近400余"])
def test_two_claims_at_once_are_refused(words: str) -> None:
    with pytest.raises(SettingRefused, match="two things at once"):
        claim(words)


def test_every_printed_word_makes_its_style() -> None:
    for style in set(get_args(Style)) - {"exact"}:
        assert sum(map(bool, vocabulary().printed_around(style))) == 1, style


@given(st.integers(0, 10**12))
def test_numerals_are_read_as_they_are_written(number: int) -> None:
    assert numerals.read(numerals.write(number)).value == number
    assert numerals.read(f"{number:,}").value == number


@given(st.integers(1, 9), st.integers(1, 7), st.integers(1, 9))
def test_a_step_is_the_place_of_the_last_figure(first: int, zeros: int, last: int) -> None:
    number = numerals.read(f"{first}{last}{'0' * zeros}")
    assert number.step == Fraction(10**zeros)


@pytest.mark.parametrize(
    ("text", "value"),
    [("二〇一七", 2017), ("两千三百", 2300), ("三千万", 30_000_000), ("一亿零五万", 100_050_000), ("3百", 300)],
)
def test_other_ways_to_write_a_number_are_read(text: str, value: int) -> None:
    assert numerals.read(numerals.plain(text)).value == value
