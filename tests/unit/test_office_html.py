"""What Word and WPS mean by their HTML: headings and lists that other programs understand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.items.cleaning import clean
from publisher.items.inline import plain
from publisher.items.office_html import understood
from publisher.items.readers import read

CLIPBOARD = (Path(__file__).parents[1] / "data" / "word-clipboard.html").read_text(encoding="utf-8")


def item(text: str, mark: str, level: int = 1, font: str = "") -> str:
    """A paragraph of a list as Word writes it."""
    shown = f'<span style="font-family:{font}">' if font else "<span>"
    return (
        f'<p class=MsoListParagraph style="mso-list:l0 level{level} lfo1"><![if !supportLists]>{shown}'
        f'<span style="mso-list:Ignore">{mark}<span>&nbsp;&nbsp; </span></span></span><![endif]>{text}</p>'
    )


def cleaned(html: str) -> str:
    return clean(understood(html)).html


TABLE = [
    ("bullets of a picture font", item("甲", "l", font="Wingdings") + item("乙", "l", font="Wingdings"),
     "<ul><li>甲</li><li>乙</li></ul>"),
    ("a middle dot", item("甲", "·"), "<ul><li>甲</li></ul>"),
    ("numbers", item("甲", "1.") + item("乙", "2."), "<ol><li>甲</li><li>乙</li></ol>"),
    ("deeper levels", item("甲", "1.") + item("子", "·", 2) + item("乙", "2."),
     "<ol><li>甲<ul><li>子</li></ul></li><li>乙</li></ol>"),
    ("a level is skipped on the way down", item("甲", "·") + item("孙", "·", 3) + item("乙", "·"),
     "<ul><li>甲<ul><li>孙</li></ul></li><li>乙</li></ul>"),
    ("it begins on a deep level", item("甲", "·", 2) + item("乙", "·", 1), "<ul><li>甲</li></ul><ul><li>乙</li></ul>"),
    ("counting goes on after a paragraph", item("甲", "1.") + "<p class=MsoNormal>说明</p>" + item("乙", "2."),
     "<ol><li>甲</li></ol><p>说明</p><p>2. 乙</p>"),
    ("counting begins anew", item("甲", "1.") + item("乙", "1."), "<ol><li>甲</li></ol><ol><li>乙</li></ol>"),
    ("marks that are cited", item("加强领导", "（一）") + item("严格纪律", "第二条") + item("附则", "a)"),
     "<p>（一）加强领导</p><p>第二条　严格纪律</p><p>a) 附则</p>"),
    ("a numbered heading",
     '<h1 style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">一、<span> </span></span>总则</h1>',
     "<h2>一、总则</h2>"),
    ("headings by their class", '<p class="MsoTitle">题</p><p class="MsoHeading2">节</p>', "<h2>题</h2><h3>节</h3>"),
    ("headings by their level", '<p class=MsoNormal style="mso-outline-level:2">节</p>', "<h2>节</h2>"),
    ("deleted and hidden text",
     '<p class=MsoNormal>甲<del class="msoDel">乙</del><span style="mso-hide:all">丙</span></p>',
     "<p>甲</p>"),
    ("remarks", '<p class=MsoNormal>甲<span class="MsoCommentReference">[A1]</span></p>'
     '<div style="mso-element:comment-list"><p>改</p></div>', "<p>甲</p>"),
    ("bold by its style", '<p class=MsoNormal>甲<span style="font-weight:700">乙</span></p>',
     "<p>甲<strong>乙</strong></p>"),
    ("only the fragment", "<p class=MsoNormal>外</p><!--StartFragment--><p class=MsoNormal>甲</p><!--EndFragment-->",
     "<p>甲</p>"),
    ("another program's HTML", "<ul><li>甲</li></ul><p class=x>1. 乙</p>", "<ul><li>甲</li></ul><p>1. 乙</p>"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_it_becomes(html: str, expected: str) -> None:
    assert cleaned(html) == expected


def test_the_clipboard_of_word_keeps_headings_lists_and_tables() -> None:
    html = cleaned(CLIPBOARD)
    assert html.startswith('<h2 style="text-align:center">一、总体要求</h2><p>各县（区）科技局：')
    assert "现将2026年有关事项通知如下。" in html
    assert "<ul><li>第一项<ol><li>小项甲</li><li>小项乙</li></ol></li><li>第二项</li></ul>" in html
    assert "mso" not in html
    assert "o:p" not in html


def test_a_page_saved_by_word_is_read_like_its_clipboard() -> None:
    manuscript = read(
        None, f"<html><head><title>通知</title></head><body>{CLIPBOARD}</body></html>".encode(), name="a.html"
    )
    assert "<ul><li>第一项<ol>" in manuscript.html


WORDS = st.text(alphabet="甲乙丙ab", min_size=1, max_size=5)
ITEMS = st.lists(st.tuples(WORDS, st.sampled_from(["1.", "2.", "·", "（一）", "a)"]), st.integers(1, 4)), max_size=8)


@given(ITEMS)
def test_no_text_of_a_list_is_lost_or_changes_its_place(items: list[tuple[str, str, int]]) -> None:
    html = cleaned("".join(item(text, mark, level) for text, mark, level in items))
    shown = plain(html.replace("</li>", " ").replace("<ul>", " ").replace("<ol>", " ").replace("</p>", " "))
    place = 0
    for text, _mark, _level in items:
        place = shown.index(text, place) + len(text)


@given(st.text(alphabet="<>/p spanmo-:;\"'=甲1.", max_size=60))
def test_any_text_is_survived(text: str) -> None:
    again = cleaned(f"<p class=MsoNormal>{text}")
    assert clean(again).html == again
