"""Suggestions put into a text, and findings marked in it: nothing else changes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import ASSET
from channels.errors import Text
from publisher.items.cleaning import clean
from publisher.items.tree import parse
from publisher.review.checks.fields import Facts
from publisher.review.checks.finding import Finding, Kind, Place, Severity
from publisher.review.checks.mending import is_mendable, marked, mended, mended_line
from publisher.review.checks.passages import passages, text_of
from publisher.review.checks.scan import Work, examine
from tests.checks_measured import lists

ON = date(2026, 11, 27)
NUMBER = "99000020000229001X"
PICTURE = f'<img src="{ASSET}{"0" * 64}" alt="作出布署">'


def found_in(html: str, title: str = "题目") -> list[Finding]:
    return [finding for finding in examine(Work(Facts(title), html, ON), lists()) if finding.suggestion is not None]


@pytest.mark.parametrize(
    ("html", "right"),
    [
        ("<p>全面布署，己经完成。</p>", "<p>全面部署，已经完成。</p>"),
        ("<p>全面<strong>布</strong>署工作</p>", "<p>全面<strong>部署</strong>工作</p>"),
        ("<p>一<br>全面<em>布署</em>二<u>三</u>布署</p>", "<p>一<br>全面<em>部署</em>二<u>三</u>部署</p>"),
        ("<ul><li>布署</li><li>甲</li></ul>", "<ul><li>部署</li><li>甲</li></ul>"),
        (f"<p>张某（{NUMBER}）</p>", "<p>张某（990000********001X）</p>"),
        (f"<p>{PICTURE}</p>", f"<p>{PICTURE.replace('布署', '部署')}</p>"),
        (
            f"<figure>{PICTURE}<figcaption>布署会</figcaption></figure>",
            f"<figure>{PICTURE.replace('布署', '部署')}<figcaption>部署会</figcaption></figure>",
        ),
        (
            "<table><tbody><tr><td>甲</td><td><p>一</p><p>布署</p></td></tr></tbody></table>",
            "<table><tbody><tr><td>甲</td><td><p>一</p><p>部署</p></td></tr></tbody></table>",
        ),
        ("<p>A &amp; B &lt;布署&gt;</p>", "<p>A &amp; B &lt;部署&gt;</p>"),
    ],
)
def test_a_suggestion_takes_the_place_of_what_was_found(html: str, right: str) -> None:
    found = found_in(html)
    assert found
    assert all(is_mendable(finding) for finding in found)
    assert mended(html, found) == right
    assert found_in(right) == []


def test_a_title_is_mended_too() -> None:
    assert mended_line("title", "全面布署己经", found_in("<p>甲</p>", "全面布署己经")) == "全面部署已经"


def test_a_number_written_into_squares_is_left_to_a_person() -> None:
    cells = "".join(f"<td>{figure}</td>" for figure in NUMBER)
    html = f"<table><tbody><tr>{cells}</tr></tbody></table>"
    (found,) = found_in(html)
    assert not is_mendable(found)
    assert mended(html, [found]) == html


def test_what_was_found_is_marked_where_it_stands() -> None:
    html = "<p>甲<strong>布</strong>署乙</p>"
    assert marked(html, found_in(html)) == (
        '<p>甲<strong><mark class="finding finding-warning" id="finding-0">布</mark></strong>'
        '<mark class="finding finding-warning">署</mark>乙</p>'
    )


SIGNS = st.text(alphabet="甲乙布署己经&<> ", max_size=6)
INLINE = st.builds(lambda tag, text: f"<{tag}>{text}</{tag}>", st.sampled_from(["strong", "em", "u"]), SIGNS)
PARAGRAPHS = st.lists(st.lists(st.one_of(SIGNS, INLINE), max_size=5).map("".join), min_size=1, max_size=4)


@given(PARAGRAPHS)
def test_marks_and_suggestions_change_nothing_else(paragraphs: list[str]) -> None:
    html = clean("".join(f"<p>{text}</p>" for text in paragraphs)).html
    found = found_in(html)
    assert text_of(parse(marked(html, found))) == text_of(parse(html))
    texts = {passage.where: passage.text for passage in passages(html)}
    for finding in sorted(found, key=lambda one: -one.start):
        text = texts[finding.where]
        texts[finding.where] = text[: finding.start] + str(finding.suggestion) + text[finding.end :]
    assert [passage.text for passage in passages(mended(html, found))] == list(texts.values())


@given(PARAGRAPHS, st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=5))
def test_any_places_can_be_marked(paragraphs: list[str], places: list[tuple[int, int]]) -> None:
    html = clean("".join(f"<p>{text}</p>" for text in paragraphs)).html
    where = Place("paragraph", 1)
    text = Text("See {what}.", what="here")
    found = [Finding(Kind.DATE, Severity.WARNING, where, text, start, start + length) for start, length in places]
    assert text_of(parse(marked(html, found))) == text_of(parse(html))
