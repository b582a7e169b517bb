from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.items.manuscript import UnreadableManuscript
from publisher.items.readers.encoding import decode, likeness

DATA = Path(__file__).parents[1] / "data"
TRADITIONAL = (DATA / "annual-report-2017.txt").read_text("utf-8")
SIMPLIFIED = (DATA / "patent-notice.md").read_text("utf-8")

TRADITIONAL_SENTENCE = "全年發布政府信息400余條,訪問量突破10萬人次。"
SIMPLIFIED_SENTENCE = "全年发布政府信息400余条，访问量突破10万人次。"

CASES = [
    pytest.param(text, encoding, id=f"{name}, {encoding}")
    for name, text, encodings in (
        ("traditional report", TRADITIONAL, ("gb18030", "big5", "cp950", "big5hkscs", "utf-16-le", "utf-16-be")),
        ("traditional sentence", TRADITIONAL_SENTENCE, ("gb18030", "big5", "utf-16-le", "utf-16-be")),
        ("traditional, 12 characters", "推進行政權力公開透明運行", ("gb18030", "big5", "utf-16-le")),
        ("traditional title of the bureau", "攀枝花市科學技術和知識產權局", ("gb18030", "big5")),
        ("simplified notice", SIMPLIFIED, ("gb18030", "gbk", "utf-16-le", "utf-16-be")),
        ("simplified sentence", SIMPLIFIED_SENTENCE, ("gb18030", "gb2312", "utf-16-le", "utf-16-be")),
        ("simplified, 12 characters", "推进行政权力公开透明运行", ("gb18030", "gb2312", "utf-16-le")),
        ("simplified, rare characters", "钒钛磁铁矿综合利用取得新突破", ("gb18030",)),
        ("four-byte characters", "市科技局工作人员𠮷某某获得表彰", ("gb18030",)),
        ("English and Chinese", "Notice: 关于召开全市科技工作会议的通知 (2018)", ("gb18030",)),
    )
    for encoding in encodings
]


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_chinese_text_is_read_in_its_own_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
@pytest.mark.parametrize("length", [60, 24, 12])
def test_slices_of_the_report_are_never_misread(length: int, encoding: str) -> None:
    text = "".join(TRADITIONAL.split())
    slices = [text[start : start + length] for start in range(0, len(text) - length, 7)]
    read = [_decoded(piece.encode(encoding)) for piece in slices]
    assert [pair for pair in zip(slices, read, strict=True) if pair[1] not in (pair[0], None)] == []
    assert sum(piece is None for piece in read) <= len(slices) * 0.01


def _decoded(content: bytes) -> str | None:
    try:
        return decode(content)
    except UnreadableManuscript:
        return None


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe\x00\x00", "utf-32-le"),
        (b"\x00\x00\xfe\xff", "utf-32-be"),
        (b"\x84\x31\x95\x33", "gb18030"),
    ],
    ids=lambda value: str(value),
)
def test_a_byte_order_mark_decides_and_is_dropped(mark: bytes, encoding: str) -> None:
    assert decode(mark + "通知 notice".encode(encoding)) == "通知 notice"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=60))
def test_utf8_is_always_read_as_utf8(text: str) -> None:
    assert decode(text.encode()) == text


def test_the_end_mark_of_dos_is_dropped() -> None:
    assert decode(SIMPLIFIED_SENTENCE.encode("gb18030") + b"\x1a") == SIMPLIFIED_SENTENCE


def test_a_declaration_helps_where_the_text_is_too_short() -> None:
    assert decode("灯笼".encode("gb18030") + "的".encode("gb18030"), declared="GB2312") == "灯笼的"


def test_a_false_declaration_is_not_believed() -> None:
    assert decode(TRADITIONAL_SENTENCE.encode("big5"), declared="gb2312") == TRADITIONAL_SENTENCE
    assert decode(SIMPLIFIED_SENTENCE.encode(), declared="gb2312") == SIMPLIFIED_SENTENCE
    assert decode(SIMPLIFIED_SENTENCE.encode("gb18030"), declared="utf-7") == SIMPLIFIED_SENTENCE


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"abc\x00def",
        b"\xff\xff\xff\xff",
        b"\x80\x81\x82",
        "科技活动周".encode()[:-1],
        b"\xef\xbb\xbf\xff\xff",
        b"\xff\xfea",
        bytes(range(256)),
        b"caf\xe9 cr\xe8me br\xfbl\xe9e",
    ],
    ids=[
        "picture", "NUL", "bytes no encoding has", "stray bytes", "cut in the middle of a character",
        "false UTF-8 mark", "half a UTF-16 character", "every byte", "French in Latin-1",
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableManuscript) as caught:
        decode(content)
    assert "UTF-8" in str(caught.value.text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    text = _decoded(content)
    assert text is None or not any(character < "\t" for character in text)


def test_likeness_tells_text_from_nonsense() -> None:
    nonsense = TRADITIONAL.encode("big5").decode("gb18030", "ignore")
    assert likeness(TRADITIONAL) > 0.8
    assert likeness(SIMPLIFIED) > 0.8
    assert likeness(nonsense) < 0.3
