import re
import struct
import zipfile
from collections.abc import Callable
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as DocumentType
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from publisher.items.cleaning import clean
from publisher.items.document_number import tidied
from publisher.items.manuscript import MAX_BYTES
from publisher.items.pictures import Pictures
from publisher.items.readers import Manuscript, UnreadableManuscript, read
from publisher.items.readers.numbering import formatted
from tests.channels.samples import picture

DATA = Path(__file__).parents[1] / "data"
REPORT = DATA / "annual-report-2017.txt"


def read_file(name: str) -> Manuscript:
    return read(DATA / name, (DATA / name).read_bytes(), name=name)


def from_text(text: str, *, title: str = "") -> Manuscript:
    return read(None, text.encode(), name="a.txt", title=title)


def from_html(html: str) -> Manuscript:
    return read(None, html.encode(), name="a.html")


def from_markdown(text: str, *, title: str = "") -> Manuscript:
    return read(None, text.encode(), name="a.md", title=title)


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(UnreadableManuscript) as caught:
        read(None, content, name=name)
    assert str(caught.value.text).endswith(".")
    return str(caught.value.text)


def paragraphs(html: str) -> list[str]:
    return [unescape(re.sub("<[^>]*>", "", block)) for block in re.findall(r"<(?:p|h\d)\b.*?</(?:p|h\d)>", html)]


def tags(html: str) -> list[tuple[str, str]]:
    return [(tag, unescape(text)) for tag, text in re.findall(r"<(p|h\d)\b[^>]*>(.*?)</\1>", html)]


# Plain text: the annual report


def test_the_report_loses_nothing_and_gains_nothing() -> None:
    lines = [line for line in REPORT.read_text("utf-8").splitlines() if line.strip()]
    manuscript = read_file(REPORT.name)
    assert [manuscript.title, *paragraphs(manuscript.html)] == lines
    assert manuscript.notes == manuscript.media == ()


def test_the_report_has_its_headings() -> None:
    lines = REPORT.read_text("utf-8").splitlines()
    found = tags(read_file(REPORT.name).html)
    assert [text for tag, text in found if tag == "h2"] == [
        line for line in lines if re.match("[一二三四五六]、", line)
    ]
    assert [text for tag, text in found if tag == "h3"] == [
        line for line in lines if re.match(r"\( ?[一二三四五]\)", line)
    ]
    assert [text for tag, text in found if tag == "h4"] == [
        "2.主動公開政府信息的數量",
        "3.主動公開政府信息的主要類別情況",
    ]
    assert len([tag for tag, _ in found if tag == "h2"]) == 6
    assert len([tag for tag, _ in found if tag == "h3"]) == 5


def test_the_report_is_signed_on_the_right() -> None:
    assert read_file(REPORT.name).html.endswith(
        '<p style="text-align:right">攀枝花市科學技術和知識產權局</p><p style="text-align:right">2018年1月24日</p>'
    )


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8-sig", "utf-16"])
def test_the_report_is_the_same_in_every_encoding(encoding: str) -> None:
    content = REPORT.read_text("utf-8").encode(encoding)
    assert read(None, content, name="a.txt") == read_file(REPORT.name)


# Plain text: headings and signatures

HEADINGS = [
    ("chapter", "一、活动时间", "h2"),
    ("chapter, tenth and more", "十二、其他事项", "h2"),
    ("section", "（一）市级部门", "h3"),
    ("section in ASCII brackets", "(一) 市级部门", "h3"),
    ("section with a gap", "( 二)市级部门", "h3"),
    ("item", "1.申报条件", "h4"),
    ("item with comma", "2. 提高认识，加强领导", "h4"),
    ("item with full-width stop", "3\uff0e申报条件", "h4"),
    ("chapter ending like a sentence", "一、《关于加强工作的意见》要求的进展情况。", "h2"),
    ("one of several points", "一是加强领导", "p"),
    ("several points in one paragraph", "一是加强领导；二是落实责任。", "p"),
    ("chapter and its text in one paragraph", "一、加强领导。各单位要高度重视。", "p"),
    ("sentence that starts like a chapter", "一、请各单位高度重视，按时报送材料。", "p"),
    ("section and its text", "（一）加强领导。成立领导小组。", "p"),
    ("point of a list", "（一）近三年内获得专利授权的企业；", "p"),
    ("item with explanation", "1.依申请情况:2017年度无依申请公开信件", "p"),
    ("item that is a sentence", "1.不再受理。", "p"),
    ("long item", "1." + "很长的说明文字" * 6, "p"),
    ("decimal number", "3.5亿元投资落地", "p"),
    ("year", "2018.05.19活动开幕", "p"),
    ("number alone", "一、", "p"),
    ("three", "三个重点任务", "p"),
]


@pytest.mark.parametrize(("line", "tag"), [row[1:] for row in HEADINGS], ids=[row[0] for row in HEADINGS])
def test_headings_are_told_by_number_and_shape(line: str, tag: str) -> None:
    assert tags(from_text(f"标题\n{line}\n正文在这里。").html) == [(tag, line), ("p", "正文在这里。")]


def test_short_numbered_lines_in_a_row_are_a_list() -> None:
    found = tags(from_text("标题\n一、材料\n1.申请表\n2.身份证\n3.营业执照\n二、时间\n5月底前。").html)
    assert [tag for tag, _ in found] == ["h2", "p", "p", "p", "h2", "p"]
    assert "<h4>" not in from_text("标题\n1.申请表\n2.身份证\n请按时报送。").html


@pytest.mark.parametrize(
    ("lines", "signed"),
    [
        (["正文。", "攀枝花市科学技术和知识产权局", "2018年5月19日"], 2),
        (["正文。", "市科技局", "市财政局", "市教育局", "2018年5月19日"], 4),
        (["正文。", "二〇一八年五月十九日"], 1),
        (["正文。", "市科技局办公室", "2018-05-19"], 2),
        (["正文。", "攀枝花市科学技术和知识产权局"], 1),
        (["参加单位", "市教育局", "市财政局"], 1),
        (["正文。", "截止时间为2018年5月19日"], 0),
        (["正文。", "请报送市科技局。", "2018年5月19日"], 1),
        (["正文。", "联系人：市科技局"], 0),
    ],
    ids=[
        "one office", "three offices", "date alone", "office and short date", "office alone",
        "no date: no list of offices", "date in a sentence", "sentence before the date", "contact",
    ],
)  # fmt: skip
def test_the_signature_is_set_on_the_right(lines: list[str], signed: int) -> None:
    html = from_text("\n".join(["标题", *lines])).html
    assert html.count('<p style="text-align:right">') == signed
    assert paragraphs(html) == lines


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30).filter(str.strip),
        min_size=2,
        max_size=8,
    )
)
def test_plain_text_keeps_every_paragraph(lines: list[str]) -> None:
    manuscript = from_text("\n\n　　".join(lines), title="标题")
    assert paragraphs(manuscript.html) == lines


def test_markup_in_plain_text_is_text() -> None:
    assert from_text("标题\n<script>alert(1)</script> & 1 < 2").html == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; 1 &lt; 2</p>"
    )


# Titles


def test_a_wanted_title_takes_the_place_of_the_heading() -> None:
    manuscript = from_markdown("# 旧标题\n\n正文。", title=" 新 标题 ")
    assert (manuscript.title, manuscript.html) == ("新 标题", "<p>正文。</p>")
    assert [str(note) for note in manuscript.notes] == ["The title in the file, 旧标题, was replaced."]


def test_a_text_without_a_title_is_whole_under_a_wanted_one() -> None:
    assert from_text("只有一段正文。", title="标题").html == "<p>只有一段正文。</p>"
    assert from_text("标题\n正文。", title="标题").html == "<p>正文。</p>"


def test_the_first_paragraph_is_the_title_where_no_heading_is() -> None:
    manuscript = from_markdown("市科技局召开例会\n\n正文。")
    assert (manuscript.title, manuscript.html) == ("市科技局召开例会", "<p>正文。</p>")


def test_a_title_in_two_lines_is_one() -> None:
    assert from_html("<h1>关于开展申报工作<br>的<b>通知</b></h1><p>正文").title == "关于开展申报工作的通知"


def test_a_picture_in_the_title_stays_in_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes((DATA / "patent-notice-chart.png").read_bytes())
    manuscript = read(tmp_path / "a.md", "# ![图](a.png) 标题\n\n正文。".encode(), name="a.md")
    assert manuscript.title == "标题"
    assert manuscript.html.startswith("<figure><img ")
    assert len(manuscript.media) == 1


def test_a_paragraph_is_no_title() -> None:
    assert "200 characters" in refusal(("很长的一段" * 50 + "\n第二段").encode(), "a.txt")


@pytest.mark.parametrize(
    ("content", "name"),
    [("只有标题", "a.txt"), ("# 只有标题\n", "a.md"), ("<title>只有标题</title><body><h1>只有标题</h1>", "a.html")],
)
def test_a_title_alone_is_refused(content: str, name: str) -> None:
    assert "only the title 只有标题" in refusal(content.encode(), name)


# Markdown and HTML


def test_the_sample_notice_is_read_whole() -> None:
    manuscript = read_file("patent-notice.md")
    assert manuscript.title == "关于开展2018年度专利申请资助申报工作的通知"
    assert [text for tag, text in tags(manuscript.html) if tag == "h2"] == [
        "一、资助对象", "二、资助标准", "三、申报材料", "四、申报程序", "五、申报时间",
    ]  # fmt: skip
    assert [medium.name for medium in manuscript.media] == ["patent-notice-chart.png", "patent-notice-steps.png"]
    assert all(f'src="asset:{medium.sha256}" alt="{medium.alt}"' in manuscript.html for medium in manuscript.media)
    assert '<td style="text-align:right">20,000</td>' in manuscript.html
    assert '<a href="tel:08123333482">0812-3333482</a>' in manuscript.html
    assert '<p style="text-align:right">2018年8月15日</p>' in manuscript.html
    assert manuscript.notes == ()


def test_markdown_has_tables_strikes_and_no_html() -> None:
    html = from_markdown("# 标题\n\n~~旧~~ <b>粗</b>\n\n| 甲 |\n|:-:|\n| 乙 |\n\n3. 三\n4. 四").html
    assert html == (
        "<p><s>旧</s> &lt;b&gt;粗&lt;/b&gt;</p>"
        '<table><thead><tr><th style="text-align:center">甲</th></tr></thead>'
        '<tbody><tr><td style="text-align:center">乙</td></tr></tbody></table>'
        "<p>3. 三</p><p>4. 四</p>"
    )


def test_several_first_level_headings_move_down_together() -> None:
    assert from_markdown("# 标题\n\n# 一\n\n## 二\n\n正文").html == "<h2>一</h2><h3>二</h3><p>正文</p>"


def test_a_markdown_picture_from_outside_is_left_out_with_a_note() -> None:
    manuscript = from_markdown("# 标题\n\n正文![图](https://img.example/a.png)")
    assert manuscript.html == "<p>正文</p>"
    assert "https://img.example/a.png" in str(manuscript.notes[0])


@pytest.mark.parametrize("address", ["none.png", "图/没有.png"])
def test_a_markdown_picture_that_is_missing_is_named(tmp_path: Path, address: str) -> None:
    with pytest.raises(UnreadableManuscript, match=f"{address} is missing"):
        read(tmp_path / "a.md", f"# 标题\n\n![图]({address})".encode(), name="a.md")


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(UnreadableManuscript, match=r"a\.png is damaged"):
        read(tmp_path / "a.md", "# 标题\n\n![图](a.png)".encode(), name="a.md")


PAGE = (
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset=%s"><title>网页标题</title>%s</head>'
    "<body>%s</body>"
)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("gb2312", "gb18030"), ("GBK", "gb18030"), ("utf-8", "utf-8"), ("gb2312", "utf-8"), ("utf-8", "gb18030"),
     ("big5", "big5"), ("utf-8", "big5")],
)  # fmt: skip
def test_html_is_read_whatever_it_declares(declared: str, encoding: str) -> None:
    page = PAGE.replace("网页标题", "全市科技工作") % (
        declared,
        "<style>p{color:red}</style>",
        "<p class=a>推進科技工作",
    )
    manuscript = read(None, page.encode(encoding), name="a.htm")
    assert (manuscript.title, manuscript.html) == ("全市科技工作", "<p>推進科技工作</p>")


def test_a_heading_goes_before_the_title_of_the_page() -> None:
    manuscript = from_html(PAGE % ("utf-8", "", "<h1>活动周启动</h1><p>正文</p>"))
    assert (manuscript.title, manuscript.html) == ("活动周启动", "<p>正文</p>")


def test_the_title_of_the_page_is_not_repeated_below() -> None:
    assert from_html(PAGE % ("utf-8", "", "<p align=center>网页标题</p><p>正文</p>")).html == "<p>正文</p>"


# Word


def saved(document: DocumentType) -> bytes:
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word(build: Callable[[DocumentType], object]) -> Manuscript:
    document = Document()
    build(document)
    return read(None, saved(document), name="a.docx")


def repacked(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return buffer.getvalue()


MAIN = "word/document.xml"


def simple() -> bytes:
    document = Document()
    document.add_heading("标题", 0)
    document.add_paragraph("正文。")
    return saved(document)


SIMPLE = simple()


def with_body(xml: str) -> bytes:
    """The simple file with ``xml`` at the end of its body."""
    return repacked(
        SIMPLE,
        lambda name, part: (
            part.replace(b"<w:sectPr", xml.encode() + b"<w:sectPr") if name == "word/document.xml" else part
        ),
    )


def test_the_sample_news_is_read_whole() -> None:
    manuscript = read_file("science-week.docx")
    assert manuscript.title == "攀枝花市启动2018年科技活动周"
    assert [(tag, text) for tag, text in tags(manuscript.html) if tag != "p"] == [
        ("h2", "一、活动内容丰富多彩"),
        ("h3", "（一）科普集市人气旺"),
        ("h3", "（二）科技服务送上门"),
        ("h2", "二、活动安排"),
        ("h2", "三、持续推进全民科学素质提升"),
    ]
    assert "<strong>科技创新 强国富民</strong>" in manuscript.html
    assert manuscript.html.count("<ul>") == 1
    assert manuscript.html.count("<li>") == 3
    assert '<td rowspan="2">5月19日</td>' in manuscript.html
    assert '<td colspan="3">以上活动均免费向公众开放，团体参观请提前一天预约。</td>' in manuscript.html
    assert '<p style="text-align:right">攀枝花市科学技术和知识产权局</p>' in manuscript.html
    assert [medium.alt for medium in manuscript.media] == [
        "木棉花枝后的攀枝花城区和金沙江", "市民在科普展台前观看望远镜和化学实验",
    ]  # fmt: skip
    assert "<figcaption>图1 金沙江畔的攀枝花市区</figcaption></figure>" in manuscript.html
    assert manuscript.notes == ()


BELOW_A_PICTURE = {
    "图1 授牌现场": (False, True),
    "图2-3：授牌现场": (False, True),
    "图 十二": (False, True),
    "图1授牌现场": (True, True),
    "图1授牌现场 ": (False, False),
    "图1 是授牌现场。": (True, False),
    "图1 " + "授牌现场" * 30: (True, False),
    "授牌现场": (True, False),
}


@pytest.mark.parametrize(("text", "how"), BELOW_A_PICTURE.items())
def test_a_line_below_a_picture_that_begins_as_captions_do_is_one(text: str, how: tuple[bool, bool]) -> None:
    is_centred, is_caption = how
    document = Document()
    document.add_paragraph("图1 还没有图。")
    document.add_picture(BytesIO(picture().content))
    document.add_paragraph("")
    below = document.add_paragraph(text)
    if is_centred:
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph("图2 隔了一段")
    html = read(None, saved(document), name="a.docx").html
    assert (f"<figcaption>{text.strip()}</figcaption></figure>" in html) is is_caption
    assert html.count("<figcaption>") == int(is_caption)


@pytest.mark.parametrize("name", ["science-week.docx", "patent-notice.md", "annual-report-2017.txt"])
def test_what_a_reader_returns_is_clean(name: str) -> None:
    manuscript = read_file(name)
    known = {medium.sha256 for medium in manuscript.media}
    assert clean(manuscript.html, Pictures(known=known)).html == manuscript.html


@pytest.mark.parametrize(
    ("name", "level"),
    [("标题 2", "h2"), ("标题2", "h2"), ("標題 3", "h3"), ("Heading 3", "h3"), ("heading 9", "h4")],
)
def test_chinese_heading_styles_are_headings(name: str, level: str) -> None:
    def build(document: DocumentType) -> None:
        if name not in document.styles:
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        document.add_heading("标题", 0)
        document.add_paragraph("小节", style=name)
        document.add_paragraph("正文")

    assert tags(word(build).html) == [(level, "小节"), ("p", "正文")]


def test_a_centred_first_line_is_the_title_above_numbered_chapters() -> None:
    def build(document: DocumentType) -> None:
        document.add_paragraph()
        document.add_paragraph("关于召开会议的通知").alignment = WD_ALIGN_PARAGRAPH.CENTER
        document.add_heading("一、时间", 1)
        document.add_paragraph("5月。")
        document.add_heading("二、地点", 1)
        document.add_paragraph("市科技局。")

    manuscript = word(build)
    assert manuscript.title == "关于召开会议的通知"
    assert [text for tag, text in tags(manuscript.html) if tag == "h2"] == ["一、时间", "二、地点"]


HEADS = {
    "centred in two lines": (
        ["攀枝花市科技局文件", "攀科〔2026〕18号"],
        ["攀枝花市科技局", "关于申报项目的通知"],
        "攀枝花市科技局关于申报项目的通知",
    ),
    "only the number": (["攀科[2026]018號"], ["关于申报项目的通知"], "关于申报项目的通知"),
    "signed upwards": (
        ["机密★1年", "某市科技局", "攀科〔2026〕18号  签发人：赵敏"],
        ["关于人员的请示"],
        "关于人员的请示",
    ),
}


@pytest.mark.parametrize("is_centred", [True, False])
@pytest.mark.parametrize(("above", "title", "joined"), HEADS.values(), ids=HEADS)
def test_a_red_letterhead_gives_number_and_title(
    above: list[str], title: list[str], joined: str, is_centred: bool
) -> None:
    def build(document: DocumentType) -> None:
        for line in [*above, *(title if is_centred else [joined])]:
            document.add_paragraph(line).alignment = WD_ALIGN_PARAGRAPH.CENTER if is_centred else None
        document.add_paragraph("各有关单位：")
        document.add_paragraph("正文。")

    manuscript = word(build)
    assert (manuscript.title, manuscript.document_number) == (joined, tidied(above[-1].partition("  ")[0]))
    marks = [line for line in above if line.startswith("机密")]
    assert paragraphs(manuscript.html) == [*marks, above[-1].replace("  ", " "), "各有关单位：", "正文。"]


def test_a_number_in_the_text_is_no_letterhead() -> None:
    manuscript = from_text("关于转发文件的通知\n\n现将攀科〔2026〕18号文件转发给你们。\n\n请遵照执行。")
    assert (manuscript.title, manuscript.document_number) == ("关于转发文件的通知", "")


def test_a_single_heading_below_the_letterhead_is_the_title() -> None:
    def build(document: DocumentType) -> None:
        document.add_paragraph("攀枝花市科学技术和知识产权局文件")
        document.add_heading("关于召开会议的通知", 1)
        document.add_paragraph("正文。")

    manuscript = word(build)
    assert manuscript.title == "关于召开会议的通知"
    assert paragraphs(manuscript.html) == ["攀枝花市科学技术和知识产权局文件", "正文。"]


def test_word_formatting_becomes_meaning() -> None:
    def build(document: DocumentType) -> None:
        document.add_heading("标题", 0)
        paragraph = document.add_paragraph("　　")
        for text, kind in (("粗", "bold"), ("斜", "italic"), ("线", "underline")):
            setattr(paragraph.add_run(text), kind, True)
        paragraph.add_run("删").font.strike = True
        paragraph.add_run("2").font.superscript = True
        paragraph.add_run("换").add_break()
        paragraph.add_run("行")
        document.add_paragraph("引文", style="Quote")

    assert word(build).html == (
        "<p><strong>粗</strong><em>斜</em><u>线</u><s>删</s><sup>2</sup>换<br>行</p><blockquote><p>引文</p></blockquote>"
    )


NUMBERING = """
<w:abstractNum w:abstractNumId="{id}" {ns}><w:multiLevelType w:val="multilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{format}"/><w:lvlText w:val="{text}"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
</w:abstractNum>"""


def add_numbering(document: DocumentType, number_format: str, text: str) -> Callable[[str, int, str], None]:
    """Define a numbering; the function returned adds a paragraph numbered by it."""
    numbering = document.part.numbering_part.element
    last = len(numbering.findall(qn("w:num")))
    xml = NUMBERING.format(id=900 + last, ns=nsdecls("w"), format=number_format, text=text)
    numbering.insert(0, parse_xml(xml))
    num = numbering.add_num(900 + last)

    def add(words: str, level: int, style: str) -> None:
        properties = document.add_paragraph(words, style=style)._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = level
        properties.get_or_add_numId().val = num.numId

    return add


def test_numbers_word_made_are_written_out() -> None:
    def build(document: DocumentType) -> None:
        document.add_heading("标题", 0)
        add = add_numbering(document, "chineseCountingThousand", "%1、")
        add("概述", 0, "Heading 1")
        add("甲", 1, "Normal")
        add("乙", 1, "Normal")
        document.add_paragraph("正文。")
        add("问题", 0, "Heading 1")
        add("丙", 1, "Normal")

    manuscript = word(build)
    assert tags(manuscript.html) == [
        ("h2", "一、概述"), ("p", "（一）甲"), ("p", "（二）乙"), ("p", "正文。"),
        ("h2", "二、问题"), ("p", "（一）丙"),
    ]  # fmt: skip
    assert manuscript.notes == ()


def test_an_interrupted_list_goes_on_counting() -> None:
    def build(document: DocumentType) -> None:
        document.add_heading("标题", 0)
        add = add_numbering(document, "decimal", "%1.")
        add("申请表", 0, "Normal")
        document.add_paragraph("一式两份。")
        add("身份证", 0, "Normal")

    assert paragraphs(word(build).html) == ["1. 申请表", "一式两份。", "2. 身份证"]


def test_a_heading_keeps_its_number_even_alone() -> None:
    def build(document: DocumentType) -> None:
        document.add_heading("标题", 0)
        add_numbering(document, "decimal", "%1.")("概述", 0, "Heading 2")
        document.add_paragraph("正文。")

    assert tags(word(build).html) == [("h2", "1. 概述"), ("p", "正文。")]


def test_an_ordinary_list_stays_a_list() -> None:
    def build(document: DocumentType) -> None:
        document.add_heading("标题", 0)
        add = add_numbering(document, "decimal", "%1.")
        add("申请表", 0, "Normal")
        add("身份证", 0, "Normal")
        document.add_paragraph("甲", style="List Bullet")

    assert word(build).html == "<ol><li>申请表</li><li>身份证</li></ol><ul><li>甲</li></ul>"


@pytest.mark.parametrize(
    ("number", "number_format", "shown"),
    [
        (10, "chineseCounting", "十"),
        (11, "chineseCountingThousand", "十一"),
        (20, "japaneseCounting", "二十"),
        (99, "chineseCounting", "九十九"),
        (105, "taiwaneseCounting", "一〇五"),
        (3, "ideographTraditional", "丙"),
        (20, "decimalEnclosedCircle", "⑳"),
        (27, "lowerLetter", "aa"),
        (1994, "upperRoman", "MCMXCIV"),
        (4, "lowerRoman", "iv"),
        (7, "bullet", ""),
        (7, "unheardOf", "7"),
    ],
)
def test_numbers_look_as_in_word(number: int, number_format: str, shown: str) -> None:
    assert formatted(number, number_format) == shown


TEXT = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
SIGNS = [
    ("tracked changes", '<w:p><w:del w:id="1"><w:r><w:delText>旧</w:delText></w:r></w:del>'
     '<w:ins w:id="2"><w:r><w:t>新</w:t></w:r></w:ins></w:p>', ["正文。", "新"], "tracked changes"),
    ("comments", '<w:p><w:r><w:t>文</w:t><w:commentReference w:id="0"/></w:r></w:p>', ["正文。", "文"], "comments"),
    ("formula", '<w:p xmlns:m="urn:m"><w:r><w:t>式</w:t></w:r><m:oMath/></w:p>', ["正文。", "式"], "formula"),
    ("symbol", '<w:p><w:r><w:t>符</w:t><w:sym w:font="X" w:char="F999"/></w:r></w:p>', ["正文。", "符"], "symbol"),
]  # fmt: skip


@pytest.mark.parametrize(("xml", "kept", "note"), [row[1:] for row in SIGNS], ids=[row[0] for row in SIGNS])
def test_what_word_loses_has_a_note(xml: str, kept: list[str], note: str) -> None:
    manuscript = read(None, with_body(xml), name="a.docx")
    assert paragraphs(manuscript.html) == kept
    assert [note in str(found) for found in manuscript.notes] == [True]


def with_picture(content: bytes) -> bytes:
    """A Word file whose picture has these bytes."""
    document = Document()
    document.add_heading("标题", 0)
    picture = BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    document.add_picture(picture, width=Cm(1))
    return repacked(saved(document), lambda name, part: content if name.startswith("word/media/") else part)


def test_a_word_file_of_pictures_only_is_read() -> None:
    content = (DATA / "patent-notice-chart.png").read_bytes()
    manuscript = read(None, with_picture(content), name="a.docx")
    assert [medium.content for medium in manuscript.media] == [content]


@pytest.mark.parametrize(
    "content", [b"\x01\x00\x00\x00" + bytes(84), b"", b"\x89PNG\r\n\x1a\n"], ids=["drawing of Windows", "empty", "cut"]
)
def test_an_unusable_picture_in_word_is_refused_by_number(content: bytes) -> None:
    assert "picture #1" in refusal(with_picture(content), "a.docx")


def test_a_linked_picture_in_word_is_noted_and_not_fetched() -> None:
    def link(name: str, part: bytes) -> bytes:
        if name == "word/document.xml":
            return part.replace(b"r:embed=", b"r:link=")
        if name == "word/_rels/document.xml.rels":
            return re.sub(rb'Target="media/[^"]*"', b'Target="http://127.0.0.1:9/a.png" TargetMode="External"', part)
        return part

    document = Document()
    document.add_paragraph("标题")
    document.add_paragraph("正文。")
    document.add_picture(BytesIO((DATA / "patent-notice-chart.png").read_bytes()), width=Cm(1))
    manuscript = read(None, repacked(saved(document), link), name="a.docx")
    assert manuscript.html == "<p>正文。</p>"
    assert ["only linked" in str(note) for note in manuscript.notes] == [True]


def test_links_and_footnotes_of_word_are_kept_as_far_as_they_lead() -> None:
    hyperlink = '<w:p><w:hyperlink w:anchor="x"><w:r><w:t>上文</w:t></w:r></w:hyperlink></w:p>'
    assert read(None, with_body(hyperlink), name="a.docx").html == "<p>正文。</p><p>上文</p>"


def only(name: str, content: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def declaring(content: bytes, size: int, name: str = MAIN) -> bytes:
    """The archive with one part declared to unpack to ``size`` bytes."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        real = archive.getinfo(name).file_size
    return content.replace(struct.pack("<L", real), struct.pack("<L", size))


def spoilt(content: bytes, name: str) -> bytes:
    """The archive with one byte of a part changed."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        part = archive.getinfo(name)
    place = part.header_offset + 30 + len(name) + part.compress_size // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def locked(content: bytes) -> bytes:
    changed = bytearray(content)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(sign)
        while place >= 0:
            changed[place + offset] |= 1
            place = changed.find(sign, place + 4)
    return bytes(changed)


LAUGHS = b"<!DOCTYPE x [" + b'<!ENTITY a "ha">' + b"".join(
    f'<!ENTITY {b} "{f"&{a};" * 20}">'.encode() for a, b in zip("abcdefg", "bcdefgh", strict=True)
) + b"]>"  # fmt: skip

BAD_WORD = [
    ("old Word file", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "a.docx", "save it as .docx"),
    ("old Word file by its name", b"anything", "a.doc", "save it as .docx"),
    ("WPS file", b"anything", "稿件.WPS", "save it as .docx"),
    ("text called .docx", "正文".encode(), "a.docx", "damaged"),
    ("cut in the middle", SIMPLE[:9000], "a.docx", "damaged"),
    ("start of an archive", b"PK\x03\x04" + bytes(50), "a.docx", "damaged"),
    ("another archive", only("xl/workbook.xml", b"<x/>"), "a.docx", "no Word file"),
    ("archive called .md", only("a.md", b"# x"), "a.md", "no Word file"),
    ("only the main part, nonsense", only("word/document.xml", b"nonsense"), "a.docx", "damaged"),
    ("other XML", only("word/document.xml", b"<html/>"), "a.docx", "damaged"),
    ("entities without end", repacked(SIMPLE, lambda n, p: LAUGHS + b"<x>&h;</x>" if n == MAIN else p),
     "a.docx", "damaged"),
    ("bomb", only("word/document.xml", bytes(11 * 1024**2)), "a.docx", "too large once unpacked"),
    ("bomb by its own account", declaring(SIMPLE, 400 * 1024**2), "a.docx", "too large once unpacked"),
    ("larger than it says", declaring(SIMPLE, 100), "a.docx", "damaged"),
    ("password", locked(SIMPLE), "a.docx", "password"),
    ("bomb of a picture", declaring((DATA / "science-week.docx").read_bytes(), 400 * 1024**2, "word/media/image1.png"),
     "a.docx", "too large once unpacked"),
    ("spoilt picture", spoilt((DATA / "science-week.docx").read_bytes(), "word/media/image1.png"), "a.docx", "damaged"),
    ("spoilt picture, no numbering",
     spoilt(repacked((DATA / "science-week.docx").read_bytes(), lambda n, p: None if n == "word/numbering.xml" else p),
            "word/media/image1.png"), "a.docx", "damaged"),
    ("changed name", SIMPLE.replace(b"word/styles.xml", b"word/stylez.xml", 1), "a.docx", "damaged"),
    ("styles that are no XML", repacked(SIMPLE, lambda n, p: b"<" if n == "word/styles.xml" else p),
     "a.docx", "damaged"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "name", "reason"), [row[1:] for row in BAD_WORD], ids=[row[0] for row in BAD_WORD])
def test_bad_word_files_are_refused_with_the_remedy(content: bytes, name: str, reason: str) -> None:
    assert reason in refusal(content, name)


@given(st.integers(0, len(SIMPLE) - 1), st.integers(0, 255))
def test_a_word_file_with_one_wrong_byte_is_read_or_refused(place: int, value: int) -> None:
    content = bytearray(SIMPLE)
    content[place] = value
    try:
        title = read(None, bytes(content), name="a.docx").title
    except UnreadableManuscript:
        title = "标题"
    assert title == "标题"


# Which reader


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (SIMPLE, "a.docx"),
        (SIMPLE, "A.DOCX"),
        (SIMPLE, "a.doc"),
        (SIMPLE, "-"),
        ("# 标题\n\n正文。".encode(), "a.md"),
        ("# 标题\n\n正文。".encode(), "-"),
        ("<h1>标题</h1><p>正文。".encode(), "a.HTM"),
        ("<!DOCTYPE html><title>标题</title><p>正文。".encode("gb18030"), "-"),
        ("标题\n正文。".encode(), "a.txt"),
        ("标题\n　　正文。".encode("gb18030"), "-"),
        ("标题\r\n\r\n正文。\r\n".encode("utf-8-sig"), "README"),
    ],
)
def test_the_kind_is_told_by_name_and_content(content: bytes, name: str) -> None:
    manuscript = read(None, content, name=name)
    assert (manuscript.title, manuscript.html) == ("标题", "<p>正文。</p>")


def test_unknown_kinds_are_refused_with_the_known_ones() -> None:
    assert ".docx, .md" in refusal(b"%PDF-1.7", "a.pdf")


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf", "　　\n".encode()])
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "-"])
def test_empty_files_are_refused(content: bytes, name: str) -> None:
    assert "empty" in refusal(content, name)


def test_an_empty_word_file_is_refused() -> None:
    assert "empty" in refusal(saved(Document()), "a.docx")


def test_files_above_the_limit_are_refused() -> None:
    assert "50 MB" in refusal(b"a" * (MAX_BYTES + 1), "a.txt")


def test_binary_files_are_refused() -> None:
    assert "no text file" in refusal(b"\x7fELF\x02\x01\x01\x00\x00\x00", "a.txt")
