"""Weibo's products: what of an article goes into a short post, how it is counted, and which limits stop it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from channels.base import LINK, Medium, Product
from channels.weibo.options import WeiboOptions
from channels.weibo.render import check, length, render
from channels.weibo.text import cut, in_ascii, normalised, units
from tests.channels.samples import make_article, picture, words

OPTIONS = WeiboOptions.model_validate(
    {"access_token": "env:T", "safe_domain": "www.example.gov.cn", "link_from": "portal", "rip": "203.0.113.7"}
)
PAGE = "https://www.example.gov.cn/item/31"


def product_of(options: WeiboOptions = OPTIONS, **changes: Any) -> Product:
    values: dict[str, Any] = {"html": "<p>正文</p>", "summary": "", "media": (), "attachments": (), **changes}
    return render(make_article(**values), options)


def notes_of(product: Product) -> str:
    return "\n".join(str(note.text) for note in product.notes)


def problems_of(product: Product, options: WeiboOptions = OPTIONS) -> list[tuple[str, str]]:
    return [(problem.severity, str(problem.text)) for problem in check(product, options)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("  通知\n", 4),
        (f"通知 {PAGE}", 25),
        (f"{'字' * 129} {PAGE}", 279),
        (f"{'字' * 130} {PAGE}", 281),
        ("abc é", 5),
        ("“…”—", 8),
        ("😀", 4),
        (f"{PAGE}中文", 24),
        ("http://a http://b", 41),
        ("https", 5),
    ],
    ids=["nothing", "ends", "link", "fits", "too long", "latin", "quotes", "emoji", "glued", "two links", "no link"],
)
def test_a_text_has_the_length_weibo_counts(text: str, expected: int) -> None:
    assert units(text) == expected


@given(words, words)
def test_joined_texts_are_as_long_as_both(left: str, right: str) -> None:
    assert units(f"|{left}|") + units(f"|{right}|") == units(f"|{left}||{right}|")


@given(st.text(st.sampled_from("政务。！abc 😀👨‍👩é\u0301#"), max_size=80), st.integers(0, 90))
def test_a_cut_text_is_short_enough_and_ends_between_characters(text: str, max_units: int) -> None:
    short = cut(text, max_units)
    assert units(short) <= max_units
    if short != text:
        pieces = regex.findall(r"\X", text)
        starts = {"".join(pieces[:count]).rstrip() for count in range(len(pieces) + 1)}
        assert short.removesuffix("…").rstrip() in starts


@pytest.mark.parametrize(
    ("text", "max_units", "expected"),
    [
        ("第一句。第二句很长很长", 16, "第一句。"),
        ("一。第二句很长很长很长", 16, "一。第二句很长…"),
        ("好！👍 再见再见再见", 12, "好！👍…"),
        ("见https://x.cn/aaaaaaaaaaaaaaaaaaaaaaaaaaaa后文", 21, "见…"),
        ("见https://x.cn/aaaaaaaaaaaaaaaaaaaaaaaaaaaa后文", 24, "见https://x.cn/aaaaaaaaaaaaaaaaaaaaaaaaaaaa…"),
        ("文", -5, ""),
    ],
    ids=["sentence", "early sentence", "emoji", "inside a link", "behind a link", "no room"],
)
def test_a_text_is_cut_where_it_hurts_least(text: str, max_units: int, expected: str) -> None:
    assert cut(text, max_units) == expected


def test_a_post_is_title_and_summary_and_link() -> None:
    assert product_of(title="通知", summary="摘要。").body == f"【通知】摘要。 {LINK}"
    assert product_of(title="通知", html="<h2>一</h2><p>正文。</p><table><tr><td>1</td></tr></table>").body == (
        f"【通知】一 正文。 {LINK}"
    )


def test_without_another_channel_the_items_own_address_is_the_link() -> None:
    options = OPTIONS.model_copy(update={"link_from": ""})
    product = product_of(options, title="通知", page_url="https://www.example.gov.cn/政策/1?x=甲")
    assert product.body.endswith(" https://www.example.gov.cn/%E6%94%BF%E7%AD%96/1?x=%E7%94%B2")
    assert problems_of(product, options) == []


@given(st.text(max_size=60), st.text(max_size=400))
def test_any_item_becomes_a_post_that_fits_and_ends_with_the_link(title: str, summary: str) -> None:
    product = product_of(title=title, summary=summary)
    fits = length(product.body) <= OPTIONS.max_units
    assert fits or units(f"【{title}】") > OPTIONS.max_units - 21 - 60
    assert product.body.endswith(f" {LINK}")
    assert "#" not in product.body
    assert fits != any("title is too long" in text for _, text in problems_of(product))


@pytest.mark.parametrize("sign", ["b", "长"])
def test_a_long_item_uses_the_room_there_is(sign: str) -> None:
    used = length(product_of(title="通知", summary=sign * 400).body)
    assert OPTIONS.max_units - units(sign) < used <= OPTIONS.max_units


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"title": "#话题#通知"}, "full-width"),
        ({"summary": "摘要。"}, "behind the link"),
        ({"html": f"<p>{'长' * 300}</p>"}, "behind the link"),
        ({"media": (picture("red"), picture("blue"))}, "1 are left out"),
        ({"attachments": (Medium("a.pdf", "application/pdf", b"1"),)}, "Attachments are left out: 1"),
        ({"media": (picture("red", (5000, 10), name="长图.png"),)}, "长图.png is converted"),
    ],
    ids=["topic", "summary", "long text", "pictures", "attachments", "large picture"],
)
def test_what_is_changed_or_left_out_is_said(changes: dict[str, Any], note: str) -> None:
    assert note in notes_of(product_of(**changes))


def test_a_short_item_that_goes_out_whole_needs_no_note() -> None:
    assert notes_of(product_of(media=(picture(),))) == ""


def test_only_the_first_picture_goes_out() -> None:
    first, second = picture("red"), picture("blue")
    product = product_of(media=(first, second))
    assert [medium.content for medium in product.media] == [first.content]
    assert product.media[0].name == f"kzj-31-r1-{first.sha256[:16]}.png"


@pytest.mark.parametrize(
    ("link", "is_warned"),
    [
        ("", False),
        (PAGE, False),
        ("https://WWW.example.gov.cn/x", False),
        ("http://news.www.example.gov.cn/x", False),
        ("https://example.gov.cn/x", True),
        ("https://www.example.gov.cn.evil.cn/x", True),
        ("https://evilwww.example.gov.cn/x", True),
        ("https://evil.cn/?https://www.example.gov.cn/", True),
        ("ftp://www.example.gov.cn/x", True),
        ("https://[::1/x", True),
    ],
    ids=str,
)
def test_a_link_that_is_not_below_the_safe_domain_is_warned_of(link: str, is_warned: bool) -> None:
    found = problems_of(product_of().with_link(link))
    assert bool(found) == is_warned
    assert all(severity == "warning" and "safe domain" in text for severity, text in found)


@pytest.mark.parametrize(
    ("changes", "table", "severity", "text"),
    [
        ({"title": "长" * 130}, {}, "error", "title is too long"),
        ({"title": " "}, {}, "error", "no title"),
        ({"page_url": ""}, {"link_from": ""}, "error", "needs the item's address"),
        ({"summary": "见 http://other.cn/ 。"}, {}, "warning", "another address"),
        ({}, {"rip": ""}, "warning", "set rip"),
    ],
    ids=["long title", "blank title", "no address", "other link", "no rip"],
)
def test_each_rule_has_its_problem(changes: dict[str, Any], table: dict[str, Any], severity: str, text: str) -> None:
    options = OPTIONS.model_copy(update=table)
    found = problems_of(product_of(options, **changes), options)
    assert [(kind, text in said) for kind, said in found] == [(severity, True)]


def test_a_product_with_a_picture_weibo_does_not_take_is_stopped() -> None:
    altered = replace(product_of(), media=(Medium("a.bmp", "image/bmp", b"BM"),))
    assert [severity for severity, _ in problems_of(altered)] == ["error"]


@pytest.mark.parametrize(
    "back",
    [
        "【A &amp; B】摘要。 http://t.cn/A6abcdef",
        "【A &amp; B】摘要。http://t.cn/A6abcdef \u200b",
        " 【A & B】摘要。\n https://weibo.cn/x",
    ],
    ids=["escaped", "invisible sign", "white space"],
)
def test_a_text_that_comes_back_is_recognised(back: str) -> None:
    assert normalised(back) == normalised(f"【A & B】摘要。 {PAGE}")


def test_another_text_is_not_taken_for_it() -> None:
    assert normalised("【A】摘要。") != normalised("【A】摘要！")


@given(st.text(max_size=30))
def test_an_address_in_ascii_stays_as_it_is_the_second_time(path: str) -> None:
    once = in_ascii("https://www.example.gov.cn/" + path.replace("\ud800", ""))
    assert once.isascii()
    assert in_ascii(once) == once
