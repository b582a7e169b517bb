import base64
import os
import re
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement, fragment_fromstring
from PIL import Image

from channels.base import ASSET
from publisher.items.cleaning import clean
from publisher.items.inline import plain
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.pictures import MAX_PIXELS, Pictures

STORED = "a" * 64
KNOWN = f'<img src="asset:{STORED}" alt="图">'

BARE = "strong em u s sub sup br hr ul ol li blockquote table caption thead tbody tr figure figcaption"
ALLOWED = {
    **{tag: {"style"} for tag in ("p", "h2", "h3", "h4")},
    **{tag: {"style", "colspan", "rowspan"} for tag in ("td", "th")},
    **{tag: set[str]() for tag in BARE.split()},
    "a": {"href"},
    "img": {"src", "alt"},
}


def cleaned(html: str) -> str:
    return clean(html, Pictures(known={STORED})).html


def picture(kind: str = "PNG", size: tuple[int, int] = (3, 2), colour: str = "red") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def data_url(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


TABLE = [
    ("bare text", "甲", "<p>甲</p>"),
    ("nothing", " \n\u00a0　", ""),
    ("empty paragraphs", "<p>甲</p><p>&nbsp;</p><p>　</p><p><br></p><div><b> </b></div>", "<p>甲</p>"),
    ("full-width indent", "<p>　　甲　乙　</p>", "<p>甲　乙</p>"),
    ("indent inside bold", "<p><b>　　甲</b></p>", "<p><strong>甲</strong></p>"),
    ("no-break spaces", "<p>&nbsp;&nbsp;甲&nbsp; &nbsp;乙</p>", "<p>甲 乙</p>"),
    ("blanks on both sides of a tag", "<p>a <b> b</b> c</p>", "<p>a <strong>b</strong> c</p>"),
    ("wrapped Chinese line", "<p>科技\n  活动</p>", "<p>科技活动</p>"),
    ("wrapped English line", "<p>open\n  day</p>", "<p>open day</p>"),
    ("old tags", "<b>a</b><i>b</i><strike>c</strike><del>d</del><ins>e</ins>",
     "<p><strong>a</strong><em>b</em><s>cd</s><u>e</u></p>"),
    ("joined runs", "<b>粗</b><b>体</b>", "<p><strong>粗体</strong></p>"),
    ("bold in bold", "<b>a<strong>b</strong></b>", "<p><strong>ab</strong></p>"),
    ("fonts, classes, comments", '<p class="Mso" lang=x><font face=宋体 color=red>甲<!-- c --></font><o:p></o:p></p>',
     "<p>甲</p>"),
    ("WPS text marked as spaces", "<p><span style=\"mso-spacerun:'yes';font-size:16pt\">正文</span></p>",
     "<p>正文</p>"),
    ("Word's conditional comments", "<!--[if gte mso 9]><xml><w>x</w></xml><![endif]--><p>甲</p>", "<p>甲</p>"),
    ("one line break", "甲<br>　　乙<br>", "<p>甲<br>乙</p>"),
    ("two line breaks", "甲<br> <br>乙", "<p>甲</p><p>乙</p>"),
    ("two line breaks in bold", "<b>甲<br><br>乙</b>", "<p><strong>甲</strong></p><p><strong>乙</strong></p>"),
    ("paragraph in bold", "<b><p>甲</p>乙</b>", "<p><strong>甲</strong></p><p><strong>乙</strong></p>"),
    ("sections", "<div>甲<section>乙</section>丙</div>", "<p>甲</p><p>乙</p><p>丙</p>"),
    ("first-level headings", "<h1>一</h1><h2>二</h2><h3>三</h3><h4>四</h4>",
     "<h2>一</h2><h3>二</h3><h4>三</h4><h4>四</h4>"),
    ("deep headings", "<h2>一</h2><h6>二</h6>", "<h2>一</h2><h4>二</h4>"),
    ("heading in a cell", "<table><tr><td><h2>甲</h2></td></tr></table>",
     "<table><tbody><tr><td><strong>甲</strong></td></tr></tbody></table>"),
    ("alignment", "<p style='text-align: RIGHT; color: red'>局</p><center>图</center><p align=justify>甲</p>",
     '<p style="text-align:right">局</p><p style="text-align:center">图</p><p>甲</p>'),
    ("alignment from outside", "<div align=right>局<p align=left>甲</p></div>",
     '<p style="text-align:right">局</p><p>甲</p>'),
    ("list in a list", "<ul><li>a<ol><li>b</ol></ul>", "<ul><li>a<ol><li>b</li></ol></li></ul>"),
    ("list beside its item", "<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
    ("list from three", "<ol start=3><li>甲<li>乙</ol>", "<p>3. 甲</p><p>4. 乙</p>"),
    ("empty list items", "<ul><li> <li>甲</ul><ol></ol>", "<ul><li>甲</li></ul>"),
    ("table", "<table border=1><caption>表</caption><tr><th colspan=2>甲</th><tr><td rowspan=1>乙<td align=right><p>1",
     '<table><caption>表</caption><tbody><tr><th colspan="2">甲</th></tr>'
     '<tr><td>乙</td><td style="text-align:right">1</td></tr></tbody></table>'),
    ("table head", "<table><thead><tr><th>甲<tfoot><tr><td>丙<tbody><tr><td>乙</table>",
     "<table><thead><tr><th>甲</th></tr></thead><tbody><tr><td>丙</td></tr><tr><td>乙</td></tr></tbody></table>"),
    ("empty cells stay", "<table><tr><td>甲<td>&nbsp;</table>",
     "<table><tbody><tr><td>甲</td><td></td></tr></tbody></table>"),
    ("empty table", "<table><tr><td> </table>", ""),
    ("absurd spans", "<table><tr><td colspan=99999999 rowspan=-1>甲</table>",
     "<table><tbody><tr><td>甲</td></tr></tbody></table>"),
    ("quotation", "<blockquote>甲<p>乙</blockquote>", "<blockquote><p>甲</p><p>乙</p></blockquote>"),
    ("lone picture", f"<p>{KNOWN}</p>", f"<figure>{KNOWN}</figure>"),
    ("picture in text", f"<p>甲{KNOWN}</p>", f"<p>甲{KNOWN}</p>"),
    ("figure", f"<figure><figcaption>图1</figcaption>{KNOWN}</figure>",
     f"<figure>{KNOWN}<figcaption>图1</figcaption></figure>"),
    ("picture in a cell", f"<table><tr><td><p>{KNOWN}</table>",
     f"<table><tbody><tr><td>{KNOWN}</td></tr></tbody></table>"),
    ("rule", "甲<hr size=1>乙", "<p>甲</p><hr><p>乙</p>"),
    ("preformatted", "<pre>a\n  b\n</pre>", "<p>a<br>b</p>"),
    ("links", '<a href="https://x.cn/?a=1&amp;b=2" id=x>甲</a><a href=mailto:a@b.cn>乙</a><a href=tel:123>丙</a>',
     '<p><a href="https://x.cn/?a=1&amp;b=2">甲</a><a href="mailto:a@b.cn">乙</a><a href="tel:123">丙</a></p>'),
    ("anchors", '<a name=x>甲</a><a href="#x">乙</a>', "<p>甲乙</p>"),
    ("check boxes", "<input type=checkbox checked>是<input type=checkbox>否<input value=x>", "<p>☑是☐否</p>"),
    ("characters for markup", "1 &lt; 2 &amp; 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
    ("invisible characters", "甲\u200b\u202e乙\ufeff\x07\x00", "<p>甲乙</p>"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_html_becomes_the_house_vocabulary(html: str, expected: str) -> None:
    assert cleaned(html) == expected
    assert cleaned(expected) == expected


NASTY = [
    "<script>alert(1)</script>甲",
    "<p onclick=alert(1) onmouseover='x'>甲</p>",
    f"<img src='asset:{STORED}' onerror=alert(1)>",
    "<a href='javascript:alert(1)'>甲</a>",
    "<a href='java&#10;script:alert(1)'>甲</a>",
    "<a href=' &#1;javascript:alert(1)'>甲</a>",
    "<a href='vbscript:x'>甲</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>甲</a>",
    "<a href='file:///etc/passwd'>甲</a>",
    "<a href='//evil.example/x'>甲</a>",
    "<a href='http://'>甲</a>",
    "<a href='http://[::1'>甲</a>",
    f"<a href='asset:{STORED}'>甲</a>",
    "<svg onload=alert(1)><a xlink:href='javascript:x'><text>甲</text></a></svg>甲",
    "<math><mtext><table><mglyph><style><img src=//x onerror=alert(1)></style></table></mtext></math>甲",
    "<noscript><p title='</noscript><img src=//x onerror=alert(1)>'></noscript>甲",
    "<iframe src='javascript:alert(1)'><p onclick=x></iframe>甲",
    "<object data='file:///x'><embed src=x></object>甲",
    "<form action='javascript:x'><button formaction='javascript:x'>按</button><input onfocus=x autofocus>甲</form>",
    "<p style='background:url(javascript:x);text-align:center;position:fixed'>甲</p>",
    "<style>p{background:url(javascript:x)}</style>甲",
    "<meta http-equiv=refresh content='0;url=javascript:x'><base href='javascript:/a/'>甲",
    "<!--<img src=//x onerror=alert(1)>-->甲",
    "<p title='\"><script>alert(1)</script>'>甲</p>",
    "<template><script>alert(1)</script></template>甲",
    "<textarea><script>alert(1)</script></textarea>甲",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    f"<img src='asset:{STORED}' alt='\"><script>alert(1)</script>'>",
    "<a href='http://x.cn/\"onclick=\"x'>甲</a>",
    "<p>甲<![CDATA[<script>alert(1)</script>]]></p>",
]


def assert_harmless(html: str) -> None:
    root = fragment_fromstring(html, create_parent="body")
    for node in root.iterdescendants():
        assert isinstance(node, HtmlElement)
        assert node.tag in ALLOWED
        assert set(node.attrib) <= ALLOWED[node.tag]
        assert node.get("style", "text-align:right") in {"text-align:right", "text-align:center"}
        assert re.match(r"(?:https?://[^/]|mailto:.|tel:.)", node.get("href", "tel:1"))
        assert re.fullmatch(r"asset:[0-9a-f]{64}", node.get("src", ASSET + STORED))
        assert (node.tag == "img") == ("src" in node.attrib)


@pytest.mark.parametrize("html", NASTY)
def test_nothing_that_runs_survives(html: str) -> None:
    result = cleaned(html)
    assert_harmless(result)
    assert cleaned(result) == result


PIECES = st.sampled_from(
    [
        *(f"<{tag}>" for tag in [*ALLOWED, "h1", "h5", "div", "center", "pre", "b", "span", "script", "svg", "o:p"]),
        *(f"</{tag}>" for tag in [*ALLOWED, "h1", "div", "b", "span", "script", "svg", "math"]),
        *NASTY, KNOWN, "<ol start=3>", "<td colspan=2>", "<p align=right>", '<a href="http://a.cn/">',
        "<iframe>", "<!--", "-->", " ", "\n", "　", "&nbsp;", "甲", "b", "&lt;", "&#0;", "&#1;", "\u200b", "]]>",
        "'", '"', "=", ">",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join))
def test_cleaning_is_harmless_and_done_once(html: str) -> None:
    result = cleaned(html)
    assert_harmless(result)
    assert cleaned(result) == result


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=40))
def test_no_text_is_lost(text: str) -> None:
    assert plain(cleaned(text.replace("&", "&amp;").replace("<", "&lt;"))) == text


@pytest.mark.parametrize(
    "html", ["<div>" * 101 + "甲", "<div>" * 300_000, "<b>" * 200_000 + "甲"], ids=["a little", "far", "inline"]
)
def test_text_nested_beyond_reason_is_refused(html: str) -> None:
    with pytest.raises(UnreadableManuscript, match="nested"):
        clean(html)


def test_a_long_text_without_closing_tags_is_read() -> None:
    assert cleaned("<p>甲" * 10_000) == "<p>甲</p>" * 10_000


def test_a_picture_in_the_text_becomes_an_asset() -> None:
    content = picture()
    result = clean(f'<p>甲</p><img src="{data_url(content)}" alt="红&quot;旗">')
    (medium,) = result.media
    assert (medium.content, medium.media_type, medium.name) == (content, "image/png", "picture-1.png")
    assert medium.alt == '红"旗'
    assert result.html == f'<p>甲</p><figure><img src="asset:{medium.sha256}" alt="红&quot;旗"></figure>'


def test_media_are_listed_once_in_reading_order() -> None:
    red, blue = picture(colour="red"), picture(colour="blue")
    result = clean("".join(f'<img src="{data_url(content)}">' for content in (blue, red, blue)))
    assert [medium.content for medium in result.media] == [blue, red]


@pytest.mark.parametrize(
    ("kind", "media_type", "name"),
    [
        ("PNG", "image/png", "picture-1.png"),
        ("JPEG", "image/jpeg", "picture-1.jpg"),
        ("GIF", "image/gif", "picture-1.gif"),
        ("WEBP", "image/webp", "picture-1.webp"),
        ("BMP", "image/bmp", "picture-1.bmp"),
        ("TIFF", "image/tiff", "picture-1.tif"),
        ("MPO", "image/jpeg", "picture-1.jpg"),
    ],
)
def test_the_content_tells_the_kind_of_a_picture(kind: str, media_type: str, name: str) -> None:
    (medium,) = clean(f'<img src="{data_url(picture(kind), "image/x-unknown")}">').media
    assert (medium.media_type, medium.name) == (media_type, name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (picture(size=(60, 60), colour="green")[:-40], "damaged"),
        (picture("JPEG", (200, 200))[:400], "damaged"),
        (b"no picture", "damaged or of a kind"),
        (b"", "damaged or of a kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "kind that cannot be published"),
        (picture("PPM"), "kind that cannot be published"),
        (picture("GIF", (1, 1))[:6] + b"\xff\xff\xff\xff" + picture("GIF", (1, 1))[10:], "million pixels"),
    ],
    ids=["cut PNG", "cut JPEG", "text", "nothing", "SVG", "PPM", "bomb"],
)
def test_what_is_no_sound_picture_is_refused_by_number(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableManuscript, match=reason) as caught:
        clean(f'<img src="{data_url(picture())}"><img src="{data_url(content)}">')
    assert caught.value.text.values["name"] == "#2"


def test_a_picture_of_just_too_many_pixels_is_refused() -> None:
    size = (10_000, MAX_PIXELS // 10_000 + 1)
    buffer = BytesIO()
    Image.new("1", size).save(buffer, "PNG")
    with pytest.raises(UnreadableManuscript, match="80 million pixels"):
        clean(f'<img src="{data_url(buffer.getvalue())}">')


def test_a_data_address_may_be_percent_encoded_or_wrapped() -> None:
    encoded = base64.b64encode(picture()).decode()
    wrapped = f"data:image/png;base64,{encoded[:20]}%0A {encoded[20:]}".replace("+", "%2B")
    assert len(clean(f'<img src="{wrapped}">').media) == 1


def test_a_data_address_that_is_nonsense_is_refused() -> None:
    with pytest.raises(UnreadableManuscript, match="damaged"):
        clean('<img src="data:image/png;base64,%%%">')


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://mmbiz.qpic.cn/a.png?x=1", "another server"),
        ("//img.example/a.png", "another server"),
        ("file:///C:/ksohtml/wps1.png", "insert it again"),
        ("cid:image001.png@01D3", "insert it again"),
        (f"asset:{'b' * 64}", "does not belong"),
        ("asset:../../etc/passwd", "does not belong"),
    ],
)
def test_a_picture_left_out_is_named_in_a_note(address: str, reason: str) -> None:
    result = clean(f'<p>甲<img src="{address}"></p>')
    assert result.html == "<p>甲</p>"
    (note,) = result.notes
    assert reason in str(note)
    assert note.values["address"] == address


def test_other_losses_have_their_notes() -> None:
    result = clean(
        "<a href='表.doc'>附件</a><img alt=x><iframe src='https://v.qq.com/x'></iframe><video src=x></video>"
    )
    assert result.html == "<p>附件</p>"
    assert len(result.notes) == 3
    assert any("表.doc" in str(note) for note in result.notes)


def test_what_is_kept_has_no_notes() -> None:
    assert clean("<p class=x style='color:red'>甲<a href='#x'>乙</a></p>").notes == ()


def test_pictures_are_found_beside_the_manuscript(tmp_path: Path) -> None:
    (tmp_path / "图 片").mkdir()
    (tmp_path / "图 片" / "一.png").write_bytes(picture())
    for address in (
        "图 片/一.png",
        "%E5%9B%BE%20%E7%89%87/%E4%B8%80.png",
        ".\\图 片\\一.png",
        "./图 片/../图 片/一.png?v=2",
    ):
        (medium,) = clean(f'<img src="{address}">', Pictures(tmp_path)).media
        assert medium.name == "一.png"


@pytest.mark.parametrize(
    "address", ["../secret.png", "/etc/hostname", "..%2Fsecret.png", "link.png", "C:\\a.png", "..\\secret.png"]
)
def test_pictures_outside_the_folder_are_refused(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "manuscript"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(picture())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(UnreadableManuscript, match="outside the folder"):
        clean(f'<img src="{address}">', Pictures(folder))


@pytest.mark.parametrize("address", ["none.png", "folder", "%00.png", "a" * 5000, "?x", "pipe"])
def test_missing_pictures_are_refused_by_name(tmp_path: Path, address: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableManuscript, match="is missing"):
        clean(f'<img src="{address}">', Pictures(tmp_path))


def test_without_a_folder_no_file_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableManuscript, match=r"a\.png is missing"):
        clean('<img src="a.png">')
