"""Personal data in texts: found however it is written, told apart from what looks alike, masked once and for all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.review.checks import digits
from publisher.review.checks.finding import Kind, Place, Severity
from publisher.review.checks.passages import passages
from publisher.review.checks.personal import findings, hits, mask

IDENTITIES = [
    "99000020000229001X",
    "990000198506150029",
    "990000199901010039",
    "11010519491231002X",
    "440524188001010014",
]

FULL_WIDTH = str.maketrans("0123456789X-", "".join(chr(ord(sign) + 0xFEE0) for sign in "0123456789X-"))
CHINESE = str.maketrans("0123456789", "\u3007一二三四五六七八九")


@pytest.mark.parametrize("number", IDENTITIES)
def test_check_characters_of_printed_examples_fit(number: str) -> None:
    assert digits.is_identity(number)


@pytest.mark.parametrize("code", ["11990000990000017W", "91350100M000100Y43"])
def test_credit_codes_of_the_standard_fit(code: str) -> None:
    assert digits.is_credit_code(code)
    assert not digits.is_credit_code(code[:-1] + ("1" if code[-1] != "1" else "2"))


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        pytest.param("身份证号99000020000229001X。", Kind.IDENTITY, "990000********001X", id="identity number"),
        pytest.param("持证人11010519491231002x", Kind.IDENTITY, "110105********002X", id="small x"),
        pytest.param("440524 18800101 0014", Kind.IDENTITY, "440524********0014", id="blanks"),
        pytest.param("440524-1880-0101-0014", Kind.IDENTITY, "440524********0014", id="hyphens"),
        pytest.param("4 4 0 5 2 4 1 8 8 0 0 1 0 1 0 0 1 4", Kind.IDENTITY, "440524********0014", id="figure by figure"),
        pytest.param("440524188001010014".translate(FULL_WIDTH), Kind.IDENTITY, "440524********0014", id="full width"),
        pytest.param("4405\u200b24188001\u200b010014", Kind.IDENTITY, "440524********0014", id="invisible characters"),
        pytest.param("身份证号510401850615123", Kind.IDENTITY, "510401*****5123", id="fifteen digits"),
        pytest.param("联系人 13812345678", Kind.MOBILE, "138****5678", id="mobile"),
        pytest.param("电话+86-138 1234 5678", Kind.MOBILE, "138****5678", id="mobile with country"),
        pytest.param("138-1234-5678", Kind.MOBILE, "138****5678", id="mobile with hyphens"),
        pytest.param("手机号为13812345678".translate(CHINESE), Kind.MOBILE, "138****5678", id="Chinese figures"),
        pytest.param("微信13812345678", Kind.MOBILE, "138****5678", id="name of an account"),
        pytest.param("3333482/13812345678", Kind.MOBILE, "138****5678", id="beside an office number"),
        pytest.param("卡号 6200 0000 0000 0005", Kind.CARD, "************0005", id="bank card"),
        pytest.param("护照号码E12345678", Kind.PASSPORT, "E******78", id="passport"),
        pytest.param("港澳通行证H12345678", Kind.PASSPORT, "H******78", id="permit"),
    ],
)
def test_numbers_of_people_are_found_however_they_are_written(text: str, kind: Kind, masked: str) -> None:
    (hit,) = hits(text)
    assert (hit.kind, hit.severity, hit.mask) == (kind, Severity.ERROR, masked)
    assert masked in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("电话:0812-3333482,邮编:617000", id="office number and postal code"),
        pytest.param("电话081233334821", id="landline without hyphen"),
        pytest.param("统一社会信用代码11990000990000017W", id="credit code"),
        pytest.param("攀办发〔2017〕84号", id="document number"),
        pytest.param("索引号：008282882/2017-00123", id="index number"),
        pytest.param("川公网安备51040202000013号 蜀ICP备13812345678号", id="registration"),
        pytest.param("总投资13812345678元", id="money"),
        pytest.param("总投资13,812,345,678元", id="money with commas"),
        pytest.param("13812345678.50", id="money with decimals"),
        pytest.param("专利号ZL201710123456.7", id="patent"),
        pytest.param("合同编号：13812345678", id="number of a contract"),
        pytest.param("项目编号510401-2017-13812345678-01", id="number in a number"),
        pytest.param("流水号6200000000000013", id="Luhn does not fit"),
        pytest.param("2017123123595900", id="time stamp"),
        pytest.param("E12345678", id="passport form without a word"),
        pytest.param("510401850615123", id="fifteen digits without a word"),
        pytest.param("身份证号990000********001X，电话138****5678", id="masked already"),
        pytest.param("通行证有效期至20271231", id="a day beside a permit"),
        pytest.param("12345678901234567890123", id="too long for anything"),
    ],
)
def test_numbers_that_look_alike_are_left_alone(text: str) -> None:
    assert hits(text) == []


def test_a_wrong_check_character_is_a_warning() -> None:
    (hit,) = hits("持证人990000198506150028")
    assert hit.severity == Severity.WARNING


def test_the_heading_of_a_column_says_what_its_cells_are() -> None:
    html = "<table><tbody><tr><td>姓名</td><td>护照</td></tr><tr><td>甲</td><td>E12345678</td></tr></tbody></table>"
    (found,) = [f for p in passages(html) for f in findings(p.text, p.where, p.context)]
    assert (found.kind, found.where) == (Kind.PASSPORT, Place("cell", 1, 2, 2))


def test_a_number_written_into_squares_is_read_as_one() -> None:
    cells = "".join(f"<td>{digit}</td>" for digit in "13812345678")
    (found,) = [
        f
        for p in passages(f"<table><tbody><tr><td>手机</td>{cells}</tr></tbody></table>")
        for f in findings(p.text, p.where)
    ]
    assert (found.kind, found.where) == (Kind.MOBILE, Place("cells", 1, 1, 2))


def test_a_message_never_repeats_the_number() -> None:
    (found,) = findings("身份证99000020000229001X", Place("title"))
    assert "20000229" not in str(found.text)
    assert "20000229" not in str(found.json())


@given(st.text(alphabet="0123456789Xx- \uff10\uff15\uff18年\u3007一三八九。，电话身份证卡号护照E\u200b", max_size=80))
def test_masking_again_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
    assert hits(once) == []


@given(
    st.sampled_from(IDENTITIES),
    st.text(alphabet="甲乙。，：（）", max_size=9),
    st.text(alphabet="甲乙。，：（）", max_size=9),
)
def test_an_identity_number_is_found_in_any_surroundings(number: str, before: str, after: str) -> None:
    (hit,) = hits(before + number + after)
    assert (hit.start, hit.end) == (len(before), len(before) + 18)
