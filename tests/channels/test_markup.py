"""Reading clean HTML: nothing lost, nothing doubled, always written the same way."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import ASSET
from channels.markup import Block, Cell, Run, Style, blocks, inner_html, parse, pictures, place_pictures, plain_text
from tests.channels.samples import fragments

BOLD = Style(bold=True)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Cn")), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("  \n ", "", id="blanks"),
        pytest.param("<p>一</p>\n<p> 二\n三 </p>", "一\n二 三", id="paragraphs"),
        pytest.param("一<p>二</p>三", "一\n二\n三", id="text outside paragraphs"),
        pytest.param("<p>一 <br> 二</p>", "一\n二", id="line break"),
        pytest.param("<p><br></p><p>一<br></p>", "一", id="breaks without text"),
        pytest.param("<p>甲 <strong> 乙</strong></p>", "甲 乙", id="blanks on both sides of a style"),
        pytest.param("<p>\u3000\u3000甲\u00a0乙</p>", "\u3000\u3000甲\u00a0乙", id="blanks that are meant"),
        pytest.param("<p>a<!-- x -->b\x0bc</p>", "abc", id="comment and control character"),
        pytest.param("<ul><li>一<ul><li>二</li></ul></li><li>三</li></ul>", "· 一\n· 二\n· 三", id="nested list"),
        pytest.param('<ol start="3"><li>一</li><li>二</li></ol>', "3. 一\n4. 二", id="numbers go on"),
        pytest.param('<ol start="x"><li>一</li></ol>', "1. 一", id="no number"),
        pytest.param("<ul><li><p>一</p><p>二</p></li><li>三</li></ul>", "· 一\n二\n· 三", id="one mark an item"),
        pytest.param("<ul><li><ul><li>一</li></ul></li></ul>", "· 一", id="item that is only a list"),
        pytest.param("<ul><ul><li>一</li></ul></ul>", "· 一", id="list straight in a list"),
        pytest.param(
            "<table><tr><td>1</td><td>a<p>b</p></td></tr><tr><td></td><td>2</td></tr></table>",
            "1\ta b\n\t2",
            id="table",
        ),
        pytest.param(
            "<table><tr><td>1<table><tr><td>x</td></tr></table></td></tr></table>", "1 x", id="table in a cell"
        ),
        pytest.param("<figure><img src='asset:a'><figcaption>图</figcaption></figure>", "图", id="picture"),
        pytest.param("<blockquote><p>引</p><p>用</p></blockquote><hr>", "引\n用", id="quote and rule"),
    ],
)
def test_the_text_has_one_line_a_paragraph(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param(
            "<p>甲<strong>乙<em>丙</em></strong></p>",
            [Block("paragraph", (Run("甲"), Run("乙", BOLD), Run("丙", Style(bold=True, italic=True))))],
            id="styles within styles",
        ),
        pytest.param(
            "<p>H<sub>2</sub>O <s>x</s><u>y</u></p>",
            [
                Block(
                    "paragraph",
                    (
                        *(Run("H"), Run("2", Style(script="sub")), Run("O ")),
                        *(Run("x", Style(strike=True)), Run("y", Style(underline=True))),
                    ),
                )
            ],
            id="every style",
        ),
        pytest.param(
            '<p><a href="https://a.cn/">甲</a></p>',
            [Block("paragraph", (Run("甲", Style(link="https://a.cn/")),))],
            id="link",
        ),
        pytest.param(
            "<h2>甲</h2><h4>乙</h4>",
            [Block("heading", (Run("甲"),), 2), Block("heading", (Run("乙"),), 4)],
            id="headings",
        ),
        pytest.param(
            f'<p>甲<img src="{ASSET}ab" alt="图">乙</p>',
            [
                Block("paragraph", (Run("甲"),)),
                Block("picture", sha256="ab", alt="图"),
                Block("paragraph", (Run("乙"),)),
            ],
            id="picture amid text",
        ),
        pytest.param(
            "<ul><li>甲<ol><li>乙</li></ol></li></ul>",
            [Block("list_item", (Run("甲"),), 1, "·"), Block("list_item", (Run("乙"),), 2, "1.")],
            id="depth of lists",
        ),
        pytest.param(
            '<table><caption>表</caption><tr><th colspan="2" rowspan="0">甲</th></tr></table>',
            [
                Block("caption", (Run("表"),)),
                Block("table", rows=((Cell((Block("paragraph", (Run("甲"),)),), 1, 2, is_header=True),),)),
            ],
            id="caption before its table",
        ),
        pytest.param("<hr>", [Block("rule")], id="rule"),
    ],
)
def test_blocks_say_what_is_there(html: str, expected: list[Block]) -> None:
    assert blocks(html) == expected


@given(st.lists(texts, min_size=1, max_size=5))
def test_no_text_is_lost_or_doubled(parts: list[str]) -> None:
    html = "".join(f"<p>{escape(part)}</p><ul><li>{escape(part)}</li></ul>" for part in parts)
    assert plain_text(html).split("\n") == [line for part in parts for line in (part, f"· {part}")]


@given(fragments())
def test_writing_what_was_read_changes_nothing_more(html: str) -> None:
    once = inner_html(parse(html))
    assert inner_html(parse(once)) == once
    assert plain_text(once) == plain_text(html)


@given(texts, texts)
def test_text_and_attributes_are_escaped(text: str, address: str) -> None:
    html = f'<p>{escape(text)}<a href="{escape(address)}">&lt;b&gt;</a></p>'
    again = parse(inner_html(parse(html)))
    assert again.text_content() == f"{text}<b>"
    assert again.find(".//a").get("href") == address


def test_addresses_with_braces_and_chinese_letters_stay_readable() -> None:
    html = '<p><a href="{{link}}?栏=1&amp;x=2">甲&nbsp;乙</a><br></p>'
    assert inner_html(parse(html)) == html


def test_pictures_come_once_each_in_reading_order() -> None:
    html = '<p><img src="asset:bb"></p><img src="https://a.cn/x.png"><p><img src="asset:aa"><img src="asset:bb"></p>'
    assert pictures(html) == ["bb", "aa"]


def test_pictures_are_placed_and_others_left_alone() -> None:
    html = '<p><img src="asset:bb" alt="图"><img src="https://elsewhere.cn/x.png"></p>'
    expected = '<p><img src="bb.png" alt="图"><img src="https://elsewhere.cn/x.png"></p>'
    assert place_pictures(html, lambda sha256: f"{sha256}.png") == expected
