"""The newspaper: a package that is whole or not there, and a Word file its editors can use."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest
from bs4 import BeautifulSoup, Tag
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from channels.base import Article, Channel, Evidence, Medium, Place, Product, Receipt
from channels.errors import ChannelUnavailable, OutcomeUnknown, PersonNeeded
from channels.markup import Cell, blocks, parse, plain_text
from channels.newspaper.channel import NewspaperChannel
from channels.newspaper.fitting import cells, half_cells, line_cells, line_count, proposal
from channels.newspaper.options import NewspaperOptions
from channels.newspaper.plain import STEM_BYTES, character_count, file_stem, outside_gb2312, word_count
from channels.newspaper.word import MAX_COLUMNS, Head, placed, word_file
from channels.registry import channel_class
from tests.channels.afterwards import Corrects, TakesBack
from tests.channels.contract import PUBLISHED_AT, Platform
from tests.channels.killing import killed_after, killed_homes
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import fragments, make_article, picture

STEM = "kzj-31-r1_我市新增5家国家高新技术企业"


def make_channel(home: Path, **options: Any) -> NewspaperChannel:
    values = {"column_title": "钒钛之都·科技之光", "deliver": "folder:exports/daily", **options}
    return NewspaperChannel("daily", NewspaperOptions(**values), Place(home, "攀枝花市科学技术和知识产权局"))


def stories(folder: Path) -> list[str]:
    """Title and text of what lies there to be printed; the name of the column stands before it."""
    files = [file for file in sorted(folder.glob("[!.]*/*.txt")) if file.name != "图片说明.txt"]
    return [file.read_text(encoding="utf-8").removeprefix("【钒钛之都·科技之光】").lstrip() for file in files]


class EditorsFolder(Platform):
    """The folder as the newspaper's editor sees it."""

    def books(self) -> list[str]:
        return stories(self.home / "exports/daily")


class TestNewspaper(TakesBack, Corrects):
    speaks = EditorsFolder
    cannot_keep: ClassVar = {
        "test_each_trouble_of_a_recall_gets_its_error_and_the_look_tells_the_truth": "the disk's troubles come below",
        "test_nobody_home_is_unavailable": "a folder is not called over a network; its troubles are tested below",
        "test_each_trouble_gets_its_error_and_the_look_tells_the_truth": "the disk's troubles are tested below",
    }

    def make_channel(self, url: str) -> Channel:  # noqa: ARG002 - a folder has no address to call
        return make_channel(self.home)

    def assert_same_place(self, corrected: Receipt, receipt: Receipt) -> None:
        """A package is named after its revision, and the notice after the package it is about."""
        assert (corrected.raw["mode"], corrected.remote_id != receipt.remote_id) == ("replaced", True)


@pytest.fixture
def channel(tmp_path: Path) -> NewspaperChannel:
    return make_channel(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "exports/daily"


def said(channel: Channel, **changes: Any) -> list[str]:
    return [str(problem.text) for problem in channel.check(channel.render(make_article(**changes)))]


# The package


def test_the_registry_knows_it() -> None:
    assert channel_class("newspaper") is NewspaperChannel


def test_the_package_holds_word_text_pictures_captions_and_manifest(channel: NewspaperChannel, folder: Path) -> None:
    product = channel.render(make_article())
    receipt = channel.publish(product, MemorySteps())
    package = folder / STEM
    names = {f"{STEM}.docx", f"{STEM}.txt", "01.png", "图片说明.txt", "manifest.json"}
    assert {file.name for file in package.iterdir()} == names
    assert (package / "01.png").read_bytes() == picture().content
    assert (package / "图片说明.txt").read_bytes().decode() == "〔图片01〕\t01.png\t授牌现场\r\n"
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"] == {medium.name: medium.sha256 for medium in product.media}
    assert manifest["product_sha256"] == product.digest
    assert (receipt.remote_id, receipt.url, receipt.evidence) == (f"exports/daily/{STEM}", "", Evidence.READ_BACK)
    assert [path.name for path in folder.iterdir()] == [STEM]


def test_what_is_signed_is_byte_for_byte_what_is_handed_over(channel: NewspaperChannel, folder: Path) -> None:
    product = channel.render(make_article())
    channel.publish(product, MemorySteps())
    for medium in product.media:
        assert (folder / STEM / medium.name).read_bytes() == medium.content


def test_only_the_wanted_formats_are_made(tmp_path: Path) -> None:
    product = make_channel(tmp_path, formats=["txt"]).render(make_article(html="<p>文</p>", media=()))
    assert [medium.name for medium in product.media] == [f"{STEM}.txt"]


@pytest.mark.parametrize("damage", ["changed", "missing", "no manifest", "odd manifest"])
def test_a_package_with_other_content_needs_a_person(channel: NewspaperChannel, folder: Path, damage: str) -> None:
    product = channel.render(make_article())
    channel.publish(product, MemorySteps())
    package = folder / STEM
    {
        "changed": lambda: (package / f"{STEM}.txt").write_text("改过的文字", encoding="utf-8"),
        "missing": (package / "01.png").unlink,
        "no manifest": (package / "manifest.json").unlink,
        "odd manifest": lambda: (package / "manifest.json").write_text('{"handed_over_at": 1}'),
    }[damage]()
    with pytest.raises(PersonNeeded):
        channel.publish(product, MemorySteps())
    with pytest.raises(PersonNeeded):
        channel.find(product, MemorySteps())


def test_a_package_the_newspaper_has_fetched_is_not_handed_over_again(channel: NewspaperChannel, folder: Path) -> None:
    product, steps = channel.render(make_article()), MemorySteps()
    channel.publish(product, steps)
    shutil.rmtree(folder / STEM)
    for look in (channel.find, channel.publish):
        with pytest.raises(PersonNeeded, match="ask the newspaper"):
            look(product, steps.fresh_process())


def test_a_package_the_newspaper_never_got_is_handed_over_again(channel: NewspaperChannel, folder: Path) -> None:
    product, steps = channel.render(make_article()), MemorySteps()
    channel.publish(product, steps)
    shutil.rmtree(folder / STEM)
    steps.prove_absence()
    assert channel.publish(product, steps.fresh_process()).remote_id == f"exports/daily/{STEM}"


# Replaced and withdrawn


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_corrected_package_replaces_the_earlier_one_and_a_notice_says_so(
    channel: NewspaperChannel, folder: Path
) -> None:
    before = channel.publish(channel.render(make_article()), MemorySteps())
    product = channel.render(make_article(key="kzj-31-r2", revision=2))
    after = channel.correct(before, product, MemorySteps())
    new = STEM.replace("r1", "r2")
    assert names(folder) == [f"{STEM}_作废.txt", new]
    notice = (folder / f"{STEM}_作废.txt").read_bytes().decode()
    assert notice == (
        f"【更正】《我市新增5家国家高新技术企业》已更正，稿件 {STEM} 已从本目录取走，请以 {new} 为准。\r\n"
        "攀枝花市科学技术和知识产权局\r\n"
    )
    assert json.loads((folder / new / "manifest.json").read_text(encoding="utf-8"))["replaces"] == STEM
    assert (after.evidence, after.raw["mode"]) == (Evidence.READ_BACK, "replaced")


def test_what_the_newspaper_fetched_before_is_replaced_with_a_warning(channel: NewspaperChannel, folder: Path) -> None:
    before = channel.publish(channel.render(make_article()), MemorySteps())
    shutil.rmtree(folder / STEM)
    after = channel.correct(before, channel.render(make_article(key="kzj-31-r2", revision=2)), MemorySteps())
    assert after.raw["mode"] == "replaced_late"
    assert "此前已被取走，请勿刊用" in (folder / f"{STEM}_作废.txt").read_text(encoding="utf-8")


def test_what_the_newspaper_fetched_before_is_never_said_to_be_withdrawn(
    channel: NewspaperChannel, folder: Path
) -> None:
    before, steps = channel.publish(channel.render(make_article()), MemorySteps()), MemorySteps()
    shutil.rmtree(folder / STEM)
    for again in (steps, steps.fresh_process(), MemorySteps()):
        with pytest.raises(PersonNeeded, match="has fetched the package"):
            channel.recall(before, again)
        with pytest.raises(PersonNeeded, match="has fetched the package"):
            channel.find_recall(before, again)
    assert names(folder) == [f"{STEM}_作废.txt"]
    assert "并请告知是否撤下" in (folder / f"{STEM}_作废.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", ["correct", "recall"])
def test_a_package_somebody_changed_is_left_alone(channel: NewspaperChannel, folder: Path, verb: str) -> None:
    before, steps = channel.publish(channel.render(make_article()), MemorySteps()), MemorySteps()
    (folder / STEM / "01.png").write_bytes(b"other")
    product = channel.render(make_article(key="kzj-31-r2", revision=2))
    with pytest.raises(PersonNeeded, match="other content"):
        channel.recall(before, steps) if verb == "recall" else channel.correct(before, product, steps)
    assert (names(folder), steps.memory.open_intents()) == ([STEM], [])


@pytest.mark.parametrize("verb", ["correct", "recall"])
def test_killed_at_any_line_an_exchange_comes_to_its_end(tmp_path: Path, verb: str) -> None:
    before = make_channel(tmp_path / "before").publish(
        make_channel(tmp_path).render(make_article(media=(), html="<p>文</p>")), MemorySteps()
    )
    product = make_channel(tmp_path).render(make_article(key="kzj-31-r2", revision=2, media=(), html="<p>改</p>"))

    def change(home: Path) -> Receipt:
        channel = make_channel(home)
        return (
            channel.recall(before, MemorySteps())
            if verb == "recall"
            else channel.correct(before, product, MemorySteps())
        )

    for home in killed_homes(
        tmp_path / "before", tmp_path / "homes", change, within=("/handing/shelf.py", "/handing/folder.py")
    ):
        assert change(home).raw["mode"] == ("withdrawn" if verb == "recall" else "replaced")
        packages = [] if verb == "recall" else [STEM.replace("r1", "r2")]
        assert names(home / "exports/daily") == sorted([f"{STEM}_作废.txt", *packages])
        assert [path.name for path in (home / "exports/daily").glob(".*")] == []


# Troubles


@pytest.mark.parametrize("lines", range(0, 120, 4))
def test_killed_at_any_line_the_package_is_whole_or_not_there(tmp_path: Path, lines: int) -> None:
    product, folder = make_channel(tmp_path).render(make_article()), tmp_path / "exports/daily"
    killed_after(lines, lambda: make_channel(tmp_path).publish(product, MemorySteps()), within=WRITERS)
    if (folder / STEM).exists():
        assert make_channel(tmp_path).find(product, MemorySteps()) is not None
    channel = make_channel(tmp_path)
    assert channel.find(product, MemorySteps()) or channel.publish(product, MemorySteps())
    assert [path.name for path in folder.iterdir()] == [STEM]


WRITERS = ("/handing/folder.py", "/channels/files.py")
"""The modules whose every line may be the last."""


def test_a_file_in_the_place_of_the_folder_needs_a_person(channel: NewspaperChannel, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("not a folder")
    with pytest.raises(PersonNeeded):
        channel.publish(channel.render(make_article()), MemorySteps())
    assert [line.ok for line in channel.probe()] == [False]


def test_a_folder_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, timeout_s=0.02)
    (tmp_path / "exports").mkdir()
    with FileLock(tmp_path / "exports/.daily.lock"), pytest.raises(ChannelUnavailable):
        channel.publish(channel.render(make_article()), MemorySteps())


def test_a_package_that_cannot_be_read_back_is_doubt(channel: NewspaperChannel, folder: Path) -> None:
    product = channel.render(make_article())
    channel.publish(product, MemorySteps())
    (folder / STEM / "01.png").unlink()
    (folder / STEM / "01.png").symlink_to("01.png")
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, MemorySteps())


# Word


def word_of(channel: NewspaperChannel, article: Article) -> WordDocument:
    product = channel.render(article)
    return Document(io.BytesIO(next(medium.content for medium in product.media if medium.name.endswith(".docx"))))


def test_word_gives_head_text_and_marks_in_reading_order(channel: NewspaperChannel) -> None:
    document = word_of(channel, make_article(author="张三"))
    assert [paragraph.text for paragraph in document.paragraphs if paragraph.text] == [
        "钒钛之都·科技之光",
        "我市新增5家国家高新技术企业",
        "供稿：攀枝花市科学技术和知识产权局规划科　作者：张三",
        "近日，全市新增国家高新技术企业5家，详见名单。",
        "一、基本情况",
        "〔图片01〕",
        "授牌现场",
        "· 一是政策",
        "· 补助",
        "· 二是服务",
        "来源：本局",
    ]
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [
        ["序号", "企业"],
        ["1", "甲 & 乙公司"],
    ]
    assert document.inline_shapes.__len__() == 0, "pictures go as files of their own"


def test_word_is_laid_out_as_official_documents_are(channel: NewspaperChannel) -> None:
    document = word_of(channel, make_article())
    section = document.sections[0]
    assert [round(length.mm) for length in (section.page_width, section.page_height)] == [210, 297]
    normal = document.styles["Normal"]
    assert normal.font.size.pt == 16
    assert normal.element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋"
    assert normal.paragraph_format.line_spacing.pt == pytest.approx(28.95)
    title = next(paragraph for paragraph in document.paragraphs if paragraph.text.startswith("我市"))
    assert title.runs[0].font.size.pt == 22
    body = next(paragraph for paragraph in document.paragraphs if paragraph.text.startswith("近日"))
    assert body._p.pPr.ind.get(qn("w:firstLineChars")) == "200"
    assert [run.text for run in body.runs if run.bold] == ["全市"]
    heading = next(paragraph for paragraph in document.paragraphs if paragraph.text == "一、基本情况")
    assert heading.style.name == "Heading 1"


def test_merged_cells_stay_merged(channel: NewspaperChannel) -> None:
    html = (
        "<p>表</p><table><tr><th rowspan='2'>序号</th><th colspan='2'>企业</th></tr>"
        "<tr><th>名称</th><th>所在地</th></tr><tr><td>1</td><td>甲</td><td>东区</td></tr></table>"
    )
    table = word_of(channel, make_article(html=html, media=())).tables[0]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["序号", "企业", "企业"],
        ["序号", "名称", "所在地"],
        ["1", "甲", "东区"],
    ]


def test_word_comes_out_the_same_at_any_time_and_opens_with_its_properties(channel: NewspaperChannel) -> None:
    article = make_article()
    head = Head(article.title, "栏目", "供稿", "局", article.created_on)
    file = word_file(head, blocks(article.html), font="仿宋")
    assert word_file(head, blocks(article.html), font="仿宋") == file
    properties = Document(io.BytesIO(file)).core_properties
    assert (properties.title, properties.author, properties.comments) == (article.title, "局", "")
    assert properties.created == properties.modified
    assert properties.created is not None
    assert properties.created.isoformat() == "2026-11-20T01:30:00+00:00"
    assert len(file) < 100_000


def test_word_opens_whatever_control_characters_stand_in_the_text(channel: NewspaperChannel) -> None:
    document = word_of(channel, make_article(title="a\x0bb", html="<p>c\x0bd</p>", author="e\x00f", media=()))
    assert [paragraph.text for paragraph in document.paragraphs if paragraph.text][1] == "ab"


spans = st.integers(1, 5) | st.just(1000)
tables = st.lists(
    st.lists(st.builds(Cell, st.just(()), row_span=spans, column_span=spans), min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


@given(tables)
def test_cells_never_cover_each_other_and_stay_in_the_table(rows: list[list[Cell]]) -> None:
    taken: list[tuple[int, int]] = []
    for place in placed(rows):
        assert place.rows >= 1
        assert place.columns >= 1
        taken += [
            (place.row + down, place.column + right) for down in range(place.rows) for right in range(place.columns)
        ]
    assert len(taken) == len(set(taken))
    assert all(row < len(rows) and column < MAX_COLUMNS for row, column in taken)


# Text


def test_the_text_file_has_one_indented_line_a_paragraph(channel: NewspaperChannel) -> None:
    text = next(medium for medium in channel.render(make_article()).media if medium.name == f"{STEM}.txt")
    assert text.content.decode("utf-8").split("\r\n") == [
        "【钒钛之都·科技之光】",
        "我市新增5家国家高新技术企业",
        "供稿：攀枝花市科学技术和知识产权局规划科",
        "",
        "　　近日，全市新增国家高新技术企业5家，详见名单。",
        "　　一、基本情况",
        "　　〔图片01〕",
        "　　授牌现场",
        "序号\t企业",
        "1\t甲 & 乙公司",
        "　　· 一是政策",
        "　　· 补助",
        "　　· 二是服务",
        "　　来源：本局",
        "",
    ]


def test_old_systems_get_gb18030(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, encoding="gb18030")
    product = channel.render(make_article(title="釩鈦—·𠮷😀"))
    text = next(medium for medium in product.media if medium.name.endswith("😀.txt"))
    assert "釩鈦—·𠮷😀" in text.content.decode("gb18030")
    assert text.media_type == "text/plain; charset=gb18030"


@given(st.from_regex(r"[a-z]{1,20}-[0-9]{1,9}-r[0-9]{1,3}", fullmatch=True), st.text(max_size=200))
def test_file_names_are_safe_everywhere(key: str, title: str) -> None:
    stem = file_stem(key, title.encode("utf-8", "ignore").decode())
    assert stem.startswith(key)
    assert 0 < len(stem.encode()) <= STEM_BYTES
    assert not set(stem) & set('\\/:*?"<>|\r\n\t\0 ')
    assert stem[-1] not in ". "
    assert stem.isprintable()


@pytest.mark.parametrize(
    ("text", "words", "characters"),
    [
        ("", 0, 0),
        ("科技", 2, 2),
        ("科技，“创新”——", 9, 9),
        ("2017年 GDP 增长6.5%。", 7, 15),
        ("　　a b\tc\n", 3, 3),
    ],
)
def test_words_and_characters_are_counted_as_editors_do(text: str, words: int, characters: int) -> None:
    assert (word_count(text), character_count(text)) == (words, characters)


@given(st.text(), st.text())
def test_counts_add_up(one: str, other: str) -> None:
    assert character_count(one + other) == character_count(one) + character_count(other)
    assert word_count(f"{one}\n{other}") == word_count(one) + word_count(other)
    assert word_count(one) <= character_count(one)


# Settings and checks

MAIL = {"host": "smtp.example.cn", "sender": "a@example.cn", "username": "env:A", "password": "env:B"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"deliver": "smtp:news@example.cn"}, "add the table mail", id="mail without a server"),
        pytest.param({"deliver": "smtp:news"}, "Write mail addresses", id="no mail address"),
        pytest.param({"deliver": "sftp:kzj@host/in"}, "add the table sftp", id="SFTP without a key"),
        pytest.param({"deliver": "sftp:host"}, "sftp:USER@HOST/PATH", id="SFTP without a user"),
        pytest.param({"mail": {**MAIL, "security": "none"}}, "in the clear", id="a password in the clear"),
        pytest.param({"mail": {**MAIL, "sender": "office"}}, "no mail address", id="no sender"),
        pytest.param({"sftp": {"host_key": "AAAA", "password": "env:A"}}, "key of the server", id="no host key"),
        pytest.param({"deliver": "exports/daily"}, "folder:PATH", id="no scheme"),
        pytest.param({"deliver": "folder:"}, "folder:PATH", id="no path"),
        pytest.param({"deliver": "folder:../daily"}, "folder:PATH", id="outside"),
        pytest.param({"formats": ["odt"]}, "docx", id="format"),
        pytest.param({"formats": []}, "at least 1", id="no format"),
        pytest.param({"encoding": "gbk"}, "gb18030", id="encoding"),
        pytest.param({"capacity_chars": -1}, "greater", id="capacity"),
        pytest.param({"colour": "red"}, "Extra", id="unknown key"),
    ],
)
def test_wrong_settings_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        NewspaperOptions(**options)


def test_more_than_the_column_holds_is_a_warning(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, capacity_chars=10)
    assert said(channel, html="<p>一二三四五六七八九十</p>", media=()) == []
    problems = channel.check(channel.render(make_article(html="<p>一二三四五六七八九十，</p>", media=())))
    assert [problem.severity for problem in problems] == ["warning"]
    assert "11 characters" in str(problems[0].text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"title_chars": 10}, "headline has 14 characters and the newspaper takes 10", id="headline"),
        pytest.param({"columns": 2, "capacity_lines": 1}, "fills 2 lines of 27 characters", id="lines"),
        pytest.param({"capacity_chars": 27}, "has 28 characters and the column about 27", id="characters"),
    ],
)
def test_what_does_not_fit_is_said_before_approval(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    found = make_channel(tmp_path, **options)
    problems = found.check(found.render(make_article(html=f"<p>{'字' * 26}2017</p>", media=())))
    assert [problem.severity for problem in problems] == ["warning"]
    assert words in str(problems[0].text)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        pytest.param("钒钛之都", 4, id="Chinese"),
        pytest.param("“引号”——破折号……", 11, id="marks fill a cell"),
        pytest.param("2017年", 3, id="two digits share a cell"),
        pytest.param("GDP增长7", 4, id="an odd one is rounded up"),
        pytest.param("36 期", 2, id="blanks take none"),
    ],
)
def test_cells_are_counted_as_the_paper_counts_them(text: str, taken: int) -> None:
    assert cells(text) == taken


def test_a_line_over_several_columns_fills_the_gaps_between_them() -> None:
    assert [line_cells(columns) for columns in (1, 2, 3, 4, 5)] == [13, 27, 41, 55, 69]
    assert line_count(blocks(f"<p>{'字' * 11}</p><p>{'字' * 12}</p>"), 13) == 3


def test_a_shorter_text_is_cut_at_paragraphs_and_sentences() -> None:
    html = "<p>导语一句。<strong>导语二句。</strong></p><p>第二段甲句。第二段乙句！</p><h2>小标题</h2><p>第三段。</p>"
    assert proposal(html, 100) == ""
    assert proposal(html, 23) == html.partition("<h2>")[0]
    assert proposal(html, 16) == "<p>导语一句。<strong>导语二句。</strong></p><p>第二段甲句。</p>"
    assert proposal(html, 10) == "<p>导语一句。<strong>导语二句。</strong></p>"
    assert proposal(html, 9) == "<p>导语一句。</p>"
    assert proposal(html, 4) == ""


@given(html=fragments(), room=st.integers(1, 60))
def test_a_proposal_fits_and_is_the_beginning_of_the_text(html: str, room: int) -> None:
    found = proposal(html, room)
    assert cells(plain_text(found)) <= room
    whole, shorter = ("".join(parse(each).text_content().split()) for each in (html, found))
    assert whole.startswith(shorter)


def test_pictures_are_made_smaller_for_print_and_never_larger(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, picture_mm=2)
    product = channel.render(make_article())
    large = next(medium for medium in product.media if medium.is_picture)
    with Image.open(io.BytesIO(large.content)) as shown:
        assert (large.name, shown.width, shown.info["dpi"]) == ("01.jpg", 24, (300, 300))
    assert f"asset:{large.sha256}" in product.body
    wide = make_channel(tmp_path, picture_mm=500)
    kept = next(medium for medium in wide.render(make_article()).media if medium.is_picture)
    with Image.open(io.BytesIO(kept.content)) as shown, Image.open(io.BytesIO(picture().content)) as original:
        assert shown.size == original.size
    assert any("hand in the original" in str(problem.text) for problem in wide.check(wide.render(make_article())))


def test_characters_the_face_does_not_have_are_named(tmp_path: Path) -> None:
    html = "<p>釩钛·—“㎡”</p>"
    assert outside_gb2312(html) == "釩㎡"
    assert "釩㎡" in said(make_channel(tmp_path, font="仿宋_GB2312"), html=html, media=())[0]
    assert said(make_channel(tmp_path), html=html, media=()) == []


WIDE = "<p>x</p><table><tr>" + "<td>1</td>" * (MAX_COLUMNS + 1) + "</tr></table>"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"title": " "}, "title is empty", id="no title"),
        pytest.param({"title": "a\x0b"}, "control character", id="control character"),
        pytest.param({"html": "<p> </p>", "media": ()}, "text is empty", id="no text"),
        pytest.param({"media": ()}, "missing", id="picture missing"),
        pytest.param({"html": WIDE, "media": ()}, "63 columns", id="wide table"),
        pytest.param({}, "64 pixels", id="small picture"),
    ],
)
def test_check_finds(channel: NewspaperChannel, changes: dict[str, Any], expected: str) -> None:
    assert [text for text in said(channel, **changes) if expected in text]


def test_pictures_newspapers_cannot_take_are_named(channel: NewspaperChannel) -> None:
    broken = Medium("a.webp", "image/webp", b"no picture")
    texts = said(channel, html=f'<p>x<img src="asset:{broken.sha256}"></p>', media=(broken,))
    assert "image/webp" in texts[0]
    assert "not a picture" in texts[1]


def test_the_preview_says_what_is_left_out(channel: NewspaperChannel) -> None:
    notes = [str(note.text) for note in channel.render(make_article()).notes]
    assert notes[0] == "Links are printed as plain text."
    assert "名单.pdf" in notes[1]


def test_numbers_for_the_editors_are_part_of_the_product(channel: NewspaperChannel) -> None:
    product: Product = channel.render(make_article(html="<p>科技 2017</p>", media=()))
    assert (product.fields["words"], product.fields["characters"]) == ("3", "6")


# The preview


def shown_columns(home: Path, html: str, capacity: int) -> Tag:
    channel = make_channel(home, capacity_chars=capacity)
    shown = channel.preview(channel.render(make_article(html=html, media=())), at=PUBLISHED_AT)
    columns = BeautifulSoup(shown.files[shown.start].content, "html.parser").select_one(".columns")
    assert columns is not None
    return columns


@given(html=fragments(), capacity=st.integers(1, 80))
def test_what_does_not_fit_into_the_column_is_struck_out(
    tmp_path_factory: pytest.TempPathFactory, html: str, capacity: int
) -> None:
    columns = shown_columns(tmp_path_factory.getbasetemp(), html, capacity)
    whole = "".join(columns.get_text().split())
    struck = "".join("".join(mark.get_text().split()) for mark in columns.select("mark.over"))
    marks = html.count("<li>")
    assert whole.endswith(struck)
    used = half_cells(whole.removesuffix(struck))
    assert 2 * capacity - 1 - 12 * marks <= used <= 2 * capacity or not struck
    assert struck or cells(plain_text(html)) <= capacity


@pytest.mark.parametrize(
    ("capacity", "says", "is_red"), [(3, "版面字数 3 / 3，尚余 0", False), (2, "版面字数 3 / 2，超出 1", True)]
)
def test_the_bar_is_red_where_more_is_there_than_fits(tmp_path: Path, capacity: int, says: str, is_red: bool) -> None:
    channel = make_channel(tmp_path, capacity_chars=capacity)
    shown = channel.preview(channel.render(make_article(html="<p>甲乙丙</p>", media=())), at=PUBLISHED_AT)
    room = BeautifulSoup(shown.files[shown.start].content, "html.parser").select_one(".room")
    assert room is not None
    assert (room.get_text(strip=True).removesuffix("3"), "full" in room["class"]) == (says, is_red)
    assert ".full progress::-webkit-progress-value" in shown.files["preview.css"].content.decode()


def test_marks_of_lists_take_room_too(tmp_path: Path) -> None:
    html = "<ul><li>甲乙</li><li>丙丁</li></ul><ol start='9'><li>戊</li><li>己庚</li></ol>"
    struck = [mark.get_text() for mark in shown_columns(tmp_path, html, 11).select("mark.over")]
    assert struck == ["庚"]
    assert character_count(plain_text(html)) == 14


def test_on_paper_nothing_is_a_link(tmp_path: Path) -> None:
    columns = shown_columns(tmp_path, '<p>详见<a href="https://www.example.gov.cn/">名单</a>。</p>', 0)
    assert columns.get_text() == "详见名单。"
    assert columns.select("a") == []
