"""WeChat's products: what becomes of an article, what is said about it, and which limits stop it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from channels import markup, pictures
from channels.base import LINK, Medium, Product
from channels.wechat import brand, cover
from channels.wechat.options import WechatOptions
from channels.wechat.render import check, render
from channels.wechat.width import cut, units
from tests.channels.samples import fragments, make_article, picture, words

OPTIONS = WechatOptions.model_validate({"app_id": "env:A", "app_secret": "env:B"})
PHOTO = picture(size=(900, 500), name="现场.png")

KEPT_TAGS = {
    "section",
    "p",
    "h2",
    "h3",
    "h4",
    "strong",
    "em",
    "u",
    "s",
    "sub",
    "sup",
    "br",
    "hr",
    "a",
    "img",
    "ul",
    "ol",
    "li",
    "blockquote",
    "table",
    "tbody",
    "tr",
    "th",
    "td",
}


def product_of(html: str = "<p>正文</p>", options: WechatOptions = OPTIONS, **changes: Any) -> Product:
    values: dict[str, Any] = {"html": html, "media": (), "attachments": (), **changes}
    return render(make_article(**values), options)


def content_of(html: str, **changes: Any) -> str:
    """The body between head and tail, without styles."""
    bare = re.sub(r' style="[^"]*"', "", product_of(html, **changes).body)
    (article,) = markup.parse(bare)
    head, *_content, tail = article
    for part in (head, tail):
        article.remove(part)
    return markup.inner_html(article)


def notes_of(product: Product) -> str:
    return "\n".join(str(note.text) for note in product.notes)


def errors_of(product: Product, options: WechatOptions = OPTIONS) -> list[str]:
    return [str(problem.text) for problem in check(product, options) if problem.is_error]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>甲 &amp; 乙 &lt;丙&gt;</p>", "<p>甲 &amp; 乙 &lt;丙&gt;</p>"),
        ("<p>甲<br>乙</p>", "<p>甲<br>乙</p>"),
        (
            "<p><strong><em>重</em></strong>要<u>线</u><s>删</s></p>",
            "<p><em><strong>重</strong></em>要<u>线</u><s>删</s></p>",
        ),
        ("<p>H<sub>2</sub>O</p>", "<p>H<sub>2</sub>O</p>"),
        ("<h1>大</h1><h5>小</h5>", "<h2>大</h2><h4>小</h4>"),
        ("<ul><li>甲</li><li>乙</li></ul>", "<ul><li>甲</li><li>乙</li></ul>"),
        ("<ol><li>甲</li></ol><ol><li>乙</li></ol>", "<ol><li>甲</li></ol><ol><li>乙</li></ol>"),
        ('<ol start="3"><li>甲</li><li>乙</li></ol>', '<ol start="3"><li>甲</li><li>乙</li></ol>'),
        ("<ul><li><p>甲</p><p>续</p></li></ul>", "<ul><li>甲<br>续</li></ul>"),
        ("<ol><li>甲<ul><li>子</li></ul></li><li>乙</li></ol>", "<p>1. 甲</p><p>· 子</p><p>2. 乙</p>"),
        ("<blockquote><p>甲</p><p>乙</p></blockquote>", "<blockquote><p>甲</p><p>乙</p></blockquote>"),
        (
            '<table><tr><th colspan="2">甲</th></tr><tr><td>1</td><td><p>2</p><p>3</p></td></tr></table>',
            '<section><table><tbody><tr><th colspan="2">甲</th></tr>'
            "<tr><td>1</td><td>2<br>3</td></tr></tbody></table></section>",
        ),
        ("<p>上</p><hr><p>下</p>", "<p>上</p><hr><p>下</p>"),
        ('<p><a href="https://www.gov.cn/a?b=1&amp;c=2">国务院</a></p>', "<p>国务院<sup>[1]</sup></p>"),
        ('<p><a href="https://x.cn/">甲</a><a href="https://x.cn/">乙</a></p>', "<p>甲乙<sup>[1]</sup></p>"),
        ('<p><a href="https://x.cn/">https://x.cn/</a></p>', "<p>https://x.cn/</p>"),
        ('<p><a href="mailto:a@b.cn">邮箱</a></p>', "<p>邮箱</p>"),
        (
            '<p><a href="https://mp.weixin.qq.com/s/a?b&amp;c">旧文</a></p>',
            '<p><a href="https://mp.weixin.qq.com/s/a?b&amp;c">旧文</a></p>',
        ),
        ('<p class="x" id="y" onclick="z()">甲</p><div>乙</div>', "<p>甲</p><p>乙</p>"),
        ('<p>class="table" 与 asset:x</p>', '<p>class="table" 与 asset:x</p>'),
    ],
    ids=lambda value: value if value.startswith("<") else None,
)
def test_each_kind_of_block_becomes_what_wechat_keeps(html: str, expected: str) -> None:
    assert content_of(html) == expected


def _webp() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "olive").save(buffer, "WEBP")
    return buffer.getvalue()


HEADS = "".join(f"<th>{name}</th>" for name in ("序号", "县区", "数量", "同比", "电话"))
ROWS = "<tr><td>1</td><td>东区</td><td>62</td><td></td><td>2220001</td></tr>"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            f"<table><tr>{HEADS}</tr>{ROWS}</table>",
            "<section><p>1 东区</p><p><span>数量：</span>62</p><p><span>电话：</span>2220001</p></section>",
        ),
        (
            f"<table><tr>{HEADS.replace('序号', '单位')}</tr>{ROWS.replace('>1<', '>甲局<')}</table>",
            "<section><p>甲局</p><p><span>县区：</span>东区</p><p><span>数量：</span>62</p>"
            "<p><span>电话：</span>2220001</p></section>",
        ),
        (
            f"<table><tr>{HEADS.replace('数量', '')}</tr>{ROWS}</table>",
            "<section><p>1 东区</p><p>62</p><p><span>电话：</span>2220001</p></section>",
        ),
        (f"<table>{ROWS}{ROWS}</table>", None),
        (f"<table><tr>{HEADS}</tr>{ROWS.replace('<td></td>', '')}</table>", None),
        (f"<table><tr>{HEADS}</tr>{ROWS.replace('<td>62', '<td rowspan=2>62')}</table>", None),
        (f"<table><tr>{HEADS}</tr></table>", None),
        ("<table><tr>" + "<th>x</th>" * 4 + "</tr><tr>" + "<td>1</td>" * 4 + "</tr></table>", None),
    ],
    ids=["numbered", "named", "nameless column", "no heads", "uneven", "spans", "no rows", "narrow"],
)
def test_a_wide_table_becomes_cards_where_each_row_can_stand_alone(html: str, expected: str | None) -> None:
    content = content_of(html)
    assert content == expected if expected else "<table>" in content


def test_cards_give_way_before_an_article_becomes_too_long() -> None:
    product = product_of(f"<table><tr>{HEADS}</tr>{ROWS * 70}</table>")
    assert "<table" in product.body
    assert "become cards" not in notes_of(product)
    assert errors_of(product) == []


@pytest.mark.parametrize("theme", ["official", "solemn", "fresh"])
def test_every_theme_dresses_every_element_it_has_rules_for(theme: str) -> None:
    options = OPTIONS.model_copy(update={"theme": theme})
    product = product_of("<h2>一</h2><h3>二</h3><p>甲</p><table><tr><th>乙</th></tr></table>", options)
    root = markup.parse(product.body)
    dressed = {str(element.tag) for element in root.iter() if element.get("style")}
    assert {"section", "h2", "h3", "p", "table", "th"} <= dressed
    assert "class=" not in product.body
    assert len(product.body) < 2500


@pytest.mark.parametrize("theme", ["official", "solemn", "fresh"])
def test_signatures_stand_where_they_were_put_and_emphasis_does_not_lean(theme: str) -> None:
    options = OPTIONS.model_copy(update={"theme": theme})
    quote = '<blockquote><p style="text-align: right">乙</p></blockquote>'
    html = f'<p style="text-align:center">甲</p>{quote}<p><em>丙</em></p>'
    root = markup.parse(product_of(html, options).body)
    styles = {element.text: str(element.get("style")).replace(" ", "") for element in root.iter("p", "em")}
    assert "text-align:center" in styles["甲"]
    assert "text-align:right" in styles["乙"]
    assert "text-indent:2em" not in styles["甲"] + styles["乙"]
    assert "font-style:normal" in styles["丙"]


def test_the_offices_footer_stands_at_the_end_with_its_code(tmp_path: Path) -> None:
    options = OPTIONS.model_copy(update={"footer_code": "http://weixin.qq.com/r/x", "footer_lines": ("关注{office}",)})
    made = render(make_article(html="<p>文</p>", media=()), options, brand.load(options, tmp_path))
    (code,) = [medium for medium in made.media if medium.name.startswith("footer-")]
    assert f'src="asset:{code.sha256}"' in made.body
    assert made.body.rindex("关注攀枝花市科学技术和知识产权局") > made.body.rindex(code.sha256)
    assert made.fields["cover"] != code.sha256
    assert check(made, options) == []


@pytest.mark.parametrize(
    ("content", "note"),
    [(None, "is not in the home"), (b"no picture", "not a picture"), (_webp(), "")],
    ids=["missing", "broken", "webp"],
)
def test_a_footer_picture_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None, note: str) -> None:
    if content is not None:
        (tmp_path / "code.png").write_bytes(content)
    found = brand.load(OPTIONS.model_copy(update={"footer_code": "code.png"}), tmp_path)
    assert bool(found.code) is not bool(note)
    assert all(note in str(line.text) for line in found.notes)
    assert len(found.notes) == bool(note)


def test_a_drawn_cover_may_be_written_on_a_picture_of_the_office(tmp_path: Path) -> None:
    (tmp_path / "ground.png").write_bytes(picture(size=(500, 500)).content)
    options = OPTIONS.model_copy(update={"cover_template": "ground.png"})
    plain, own = (
        product_of(),
        render(make_article(html="<p>正文</p>", media=()), options, brand.load(options, tmp_path)),
    )
    assert plain.medium(plain.fields["cover"]).content != own.medium(own.fields["cover"]).content


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_shown_parts_of_any_cover_have_their_shape_and_lie_inside(width: int, height: int) -> None:
    for shape in (cover.WIDE, cover.SQUARE):
        left, top, right, bottom = box = cover.middle((width, height), shape)
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        assert (right - left) * width / ((bottom - top) * height) == pytest.approx(shape)
        written = cover.written(box)
        assert re.fullmatch(r"(?:(?:0|1|0\.\d{1,6})_){3}(?:0|1|0\.\d{1,6})", written)


def test_links_are_listed_at_the_end_each_once() -> None:
    body = product_of('<p><a href="https://a.cn/?x=1&amp;y=2">甲</a>、<a href="https://b.cn/">乙</a>、'
                      '<a href="https://a.cn/?x=1&amp;y=2">丙</a></p>').body  # fmt: skip
    assert "丙<sup" in body
    assert body.count(">[1] https://a.cn/?x=1&amp;y=2<") == 1
    assert body.count(">[2] https://b.cn/<") == 1


def test_a_picture_goes_out_as_jpg_or_png_under_a_name_that_tells_item_and_content() -> None:
    drawing = Medium("图.webp", "image/webp", _webp(), alt='甲"乙')
    product = product_of(
        f'<p>甲</p><figure><img src="asset:{drawing.sha256}" alt="甲&quot;乙"></figure>', media=(drawing,)
    )
    sent = product.media[0]
    assert (sent.media_type, sent.name) == ("image/jpeg", f"kzj-31-r1-{sent.sha256[:16]}.jpg")
    assert f'<img src="asset:{sent.sha256}" alt="甲&quot;乙"' in product.body
    assert "图.webp is converted" in notes_of(product)
    assert errors_of(product) == []


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"html": '<p><a href="https://x.cn">x</a></p>'}, "footnotes"),
        ({"html": '<p><a href="#a">x</a></p>'}, "no web addresses"),
        ({"html": '<p>甲<img src="https://x.cn/a.png"></p>'}, "other websites are left out"),
        ({"html": "<ul><li>a<ul><li>b</li></ul></li></ul>"}, "indented"),
        ({"html": "<table><tr>" + "<td>1</td>" * 7 + "</tr></table>"}, "7 columns"),
        ({"attachments": (Medium("表.xlsx", "application/x", b"1"),)}, "names point to the website"),
        ({"author": "攀枝花市科学技术局"}, "“攀枝花市科学技…”"),
        ({"summary": "长" * 80}, "summary is too long"),
        ({}, "a cover with"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_changes_is_said(changes: dict[str, Any], note: str) -> None:
    assert note in notes_of(product_of(**changes))


def test_an_ordinary_text_with_a_photo_needs_no_note() -> None:
    html = f'<p>甲</p><figure><img src="asset:{PHOTO.sha256}" alt=""></figure>'
    assert notes_of(product_of(html, media=(PHOTO,), author="规划科")) == ""


def test_the_first_large_picture_is_the_cover_and_else_one_is_drawn() -> None:
    icon = picture(size=(64, 64), name="icon.png")
    with_photo = product_of(media=(icon, PHOTO))
    assert with_photo.medium(with_photo.fields["cover"]).content == PHOTO.content
    drawn = product_of(media=(icon,))
    assert pictures.size_of(drawn.medium(drawn.fields["cover"]).content) == (1283, 383)
    assert drawn.fields["cover"] not in drawn.body


def test_attachments_are_listed_and_point_to_the_website() -> None:
    body = product_of(attachments=(Medium("名单<1>.pdf", "application/pdf", b"1"),)).body
    assert "请点击文末“阅读原文”下载" in body
    assert "1. 名单&lt;1&gt;.pdf" in body


@pytest.mark.parametrize(
    ("link_from", "expected"), [("", "https://www.example.gov.cn/item/31"), ("portal", LINK)], ids=["own", "given"]
)
def test_the_original_is_where_the_office_says(link_from: str, expected: str) -> None:
    options = OPTIONS.model_copy(update={"link_from": link_from})
    assert product_of(options=options).fields["content_source_url"] == expected


def test_the_digest_is_the_summary_or_the_beginning_without_tables() -> None:
    html = "<table><tr><td>1</td></tr></table><p>第一段。</p><p>第二段。</p>"
    assert product_of(html, summary="").fields["digest"] == "第一段。 第二段。"
    assert product_of(html, summary="摘要").fields["digest"] == "摘要"


def test_tables_lose_their_lines_before_an_article_becomes_too_long() -> None:
    table = "<table>" + f"<tr>{'<td>12</td>' * 9}</tr>" * 50 + "</table>"
    product = product_of(table)
    assert len(product.body) < 20_000
    assert "have no lines" in notes_of(product)
    assert errors_of(product) == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": "标" * 33}, "66 of 64"),
        ({"title": " "}, "no title"),
        ({"html": ""}, "no content"),
        ({"html": "<p> </p>"}, "no content"),
        ({"html": f"<p>{'文' * 19_990}</p>"}, "too long for WeChat ("),
        ({"html": "<p>甲<img src='asset:0123'></p>"}, "missing"),
        ({"page_url": "ftp://x.cn/"}, "cannot be a link"),
        ({"page_url": "https://x.cn/" + "a" * 1100}, "cannot be a link"),
    ],
    ids=["title", "blank title", "no text", "blank text", "long text", "lost picture", "scheme", "long address"],
)
def test_documented_limits_stop_an_article(changes: dict[str, Any], error: str) -> None:
    found = errors_of(product_of(**changes))
    assert len(found) == 1
    assert error in found[0]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("author", "局" * 9, "author"),
        ("digest", "摘" * 61, "digest"),
        ("cover", "0" * 64, "no cover"),
    ],
)
def test_a_product_that_was_altered_is_stopped_too(field: str, value: str, error: str) -> None:
    product = product_of()
    altered = replace(product, fields={**product.fields, field: value})
    assert [error in text for text in errors_of(altered)] == [True]


def test_pictures_count_with_the_length_their_addresses_will_have() -> None:
    shown = [picture(f"#{number:06x}", (10, 10)) for number in range(100)]
    html = "<p>文</p>" + "".join(f'<img src="asset:{medium.sha256}" alt="">' for medium in shown)
    product = product_of(html, media=shown)
    assert len(product.body) < 20_000
    assert "too long" in errors_of(product)[0]


def test_an_article_without_an_address_is_warned_about() -> None:
    found = check(product_of(page_url=""), OPTIONS)
    assert [problem.severity for problem in found] == ["warning"]


@given(fragments(), st.text(max_size=20), st.text(max_size=20))
def test_any_article_becomes_html_of_known_tags_with_its_text_intact(html: str, source: str, name: str) -> None:
    product = product_of(html, source=source, attachments=(Medium(name, "x/y", b""),))
    root = markup.parse(product.body)
    elements = [element for element in root.iter() if element is not root]
    assert {str(element.tag) for element in elements} <= KEPT_TAGS
    assert {name for element in elements for name in element.attrib} <= {
        "style",
        "src",
        "alt",
        "href",
        "colspan",
        "start",
    }
    if product.body:
        assert _letters(markup.plain_text(html)) in _letters("".join(root.itertext()))


def _letters(text: str) -> str:
    """Without white space and the marks of list items."""
    return re.sub(r"[\s·]|&nbsp;", "", text)


@given(words, st.integers(0, 40))
def test_a_cut_text_is_short_enough_and_ends_between_characters(text: str, max_units: int) -> None:
    short = cut(text, max_units)
    assert units(short) <= max_units
    if short != text:
        assert _is_prefix_by_characters(short.removesuffix("…"), text)


def _is_prefix_by_characters(kept: str, text: str) -> bool:
    pieces: Sequence[str] = regex.findall(r"\X", text)
    return any("".join(pieces[:count]).rstrip() == kept.rstrip() for count in range(len(pieces) + 1))


@pytest.mark.parametrize(
    ("text", "max_units", "expected"),
    [
        ("第一句。第二句很长很长", 16, "第一句。"),
        ("一。第二句很长很长很长", 16, "一。第二句很长…"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcd…"),
        ("👨‍👩‍👧‍👦家庭", 16, "👨‍👩‍👧‍👦…"),
        ("👨‍👩‍👧‍👦家庭", 10, "…"),
        ("长文", 1, ""),
    ],
    ids=["sentence", "early sentence", "fits", "letters", "family", "no room for the family", "no room"],
)
def test_a_text_is_cut_where_it_hurts_least(text: str, max_units: int, expected: str) -> None:
    assert cut(text, max_units) == expected


@given(st.text(max_size=70))
def test_any_title_is_shown_or_refused_but_never_cut(title: str) -> None:
    product = product_of(title=title)
    assert product.title == title
    assert bool(errors_of(product)) == (units(title) > 64 or not title.strip())


def test_html_in_names_is_shown_and_not_run() -> None:
    nasty = "<script>alert(1)</script>"
    body = product_of("<p>x</p>", source=nasty, office_name=nasty).body
    assert "<script" not in body
    assert body.count(escape(nasty, quote=False)) == 3
