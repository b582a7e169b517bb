"""Two texts beside each other: nothing of either is lost, whatever is chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.items.drafts.content import PICTURE, Content, File
from publisher.items.drafts.differences import Side, all_files, different_fields, marked, pieces, sides_of, together

PARAGRAPHS = st.lists(
    st.sampled_from(["<p>甲</p>", "<p>乙</p>", "<p>丙</p>", "<h2>题</h2>", "<ul><li>一</li></ul>"]), max_size=6
)
SIDES = st.dictionaries(st.integers(0, 8), st.sampled_from(["here", "there", "both"]))


@given(PARAGRAPHS, PARAGRAPHS)
def test_one_side_chosen_everywhere_gives_that_text(here: list[str], there: list[str]) -> None:
    parts = pieces("".join(here), "".join(there))
    for side, wanted in (("here", here), ("there", there)):
        chosen: dict[int, Side] = dict.fromkeys(range(len(parts)), side)  # type: ignore[misc]
        assert together(parts, chosen) == "".join(wanted)


@given(PARAGRAPHS, PARAGRAPHS)
def test_without_a_choice_nothing_is_lost(here: list[str], there: list[str]) -> None:
    both = together(pieces("".join(here), "".join(there)), {})
    for text in (here, there):
        place = 0
        for block in text:
            place = both.index(block, place) + len(block)


@given(PARAGRAPHS, PARAGRAPHS, SIDES)
def test_what_is_the_same_stands_there_once_whatever_is_chosen(
    here: list[str], there: list[str], sides: dict[int, Side]
) -> None:
    parts = pieces("".join(here), "".join(there))
    same = [block for part in parts if part.is_same for block in part.here]
    result = together(parts, sides)
    assert len(pieces(result, result)) <= 1
    assert all(block.html in result for block in same)


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_marked_parts_make_up_both_lines(here: str, there: str) -> None:
    left, right = marked(here, there)
    assert ("".join(run.text for run in left), "".join(run.text for run in right)) == (here, there)
    same_left = [run.text for run in left if not run.differs]
    assert same_left == [run.text for run in right if not run.differs]


def test_very_long_lines_are_marked_as_a_whole() -> None:
    left, right = marked("甲" * 3000, "乙" * 3000)
    assert [(len(run.text), run.differs) for run in (*left, *right)] == [(3000, True), (3000, True)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "乙"}, ["title"]),
        ({"html": "<p>乙</p>"}, []),
        ({"channels": ("portal",), "note": "急"}, ["channels", "note"]),
    ],
    ids=["title", "text", "several"],
)
def test_fields_that_differ_are_named(change: dict[str, object], expected: list[str]) -> None:
    assert different_fields(Content(title="甲"), Content(**{"title": "甲", **change})) == expected  # type: ignore[arg-type]


def test_the_words_of_a_picture_are_kept_from_whichever_side_has_them() -> None:
    def file(sha: str, alt: str = "", caption: str = "") -> File:
        return File(PICTURE, sha * 64, "a.png", "image/png", alt, caption)

    here = Content(files=(file("a", alt="会场"), file("b")))
    there = Content(files=(file("a", alt="别的", caption="图1"), file("c")))
    assert all_files(here, there) == (file("a", alt="会场", caption="图1"), file("b"), file("c"))


BASE = "<p>甲</p><p>乙</p>"


@pytest.mark.parametrize(
    ("here", "there", "base", "expected"),
    [
        ("<p>甲！</p><p>乙</p>", BASE, BASE, "<p>甲！</p><p>乙</p>"),
        (BASE, "<p>甲</p><p>乙！</p>", BASE, "<p>甲</p><p>乙！</p>"),
        (BASE, f"{BASE}<p>丙</p>", BASE, f"{BASE}<p>丙</p>"),
        ("<p>乙</p>", BASE, BASE, "<p>乙</p>"),
        (BASE, "<p>甲</p>", BASE, "<p>甲</p>"),
        ("<p>甲1</p><p>乙</p>", "<p>甲2</p><p>乙</p>", BASE, "<p>甲1</p><p>甲2</p><p>乙</p>"),
        ("<p>甲1</p><p>乙</p>", "<p>甲</p><p>乙</p><p>丙</p>", BASE, "<p>甲1</p><p>乙</p><p>丙</p>"),
        ("<p>甲1</p>", "<p>甲2</p>", None, "<p>甲1</p><p>甲2</p>"),
    ],
    ids=["here", "there", "there more", "here less", "there less", "both", "each elsewhere", "nobody knows"],
)
def test_the_side_that_changed_is_chosen_beforehand(here: str, there: str, base: str | None, expected: str) -> None:
    parts = pieces(here, there)
    assert together(parts, sides_of(parts, base)) == expected
