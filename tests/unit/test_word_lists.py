"""Word lists: found by the longest word first, kept away by exceptions, changed by the office."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.office import BadConfiguration, Office
from publisher.review.checks.finding import Kind, Place, Severity
from publisher.review.checks.wording import findings
from publisher.review.checks.wordlists import WordList, Words, words

HERE = Place("paragraph", 1)
FILES = sorted((settings.PUBLISHER_DEFAULTS / "words").glob("*.toml"))


def made(kind: str = "wrong_word", **parts: object) -> Words:
    found = WordList.model_validate(
        {"name": "甲", "kind": kind, "severity": "warning", "version": date(2026, 1, 1), **parts}
    )
    return Words({"one": found}, "digest")


def own(office: Office, name: str, text: str) -> Path:
    folder = office.path.parent / "words"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


LIST = 'name = "本单位"\nkind = "forbidden"\nseverity = "error"\nversion = 2026-11-27\n[words]\n"甲乙丙" = ""\n'


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("作出全面布署。", "布署", "部署"),
        ("问题己经解决", "己经", "已经"),
        ("既使困难再大，任务不减", "既使", "即使"),
        ("把群众满意做为首要标准", "做为首要", "作为首要"),
        ("再接再励", "再接再励", "再接再厉"),
    ],
)
def test_a_wrong_word_is_found_with_the_right_one(office: Office, text: str, wrong: str, right: str) -> None:
    (found,) = findings(text, HERE, words(office))
    assert text[found.start : found.end] == wrong
    assert (found.suggestion, found.severity) == (right, Severity.WARNING)


@pytest.mark.parametrize(
    "text",
    [
        "予以公布署名文章",
        "他自己经过努力",
        "既使群众满意，又使企业受益",
        "按排名先后",
        "预防犯罪宣传",
        "加强农业部门协作",
        "形势严峻工作艰巨",
        "与项目单位签订贷款合同",
        "灌区工程续建配套与节水改造",
        "开工续建项目12个",
        "财政资金自动划转到账",
        "三次产业划分规定",
        "报送培训汇总表",
        "各自已完成整改",
        "集体协商订立劳动合同",
        "发布暑期安全提示",
        "综合交通枢纽转运能力",
        "收到答复盖章后归档",
        "报告药品不良反应问题",
        "更换醒目标识",
        "全面排查按排查结果整改",
        "加强登记薄弱环节",
        "加强检查院内感染",
        "公安机关通缉要犯",
        "打造避暑名城",
        "破坏境内外市场秩序",
        "取消划线评分办法",
        "必须要坚持",
        "建成一座标准化厂房",
        "村民持股分红",
        "分子细胞研究",
        "骨干与专家座谈",
        "草案语言平实",
    ],
)
def test_a_sound_word_keeps_the_wrong_one_in_it_from_being_found(office: Office, text: str) -> None:
    assert list(findings(text, HERE, words(office))) == []


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_listed_word_is_found_and_what_is_put_there_is_not(path: Path, office: Office) -> None:
    known = words(office)
    for word, right in tomllib.loads(path.read_text(encoding="utf-8"))["words"].items():
        (match,) = known.matches(word)
        assert (match.start, match.end) == (0, len(word))
        again = [m.entry.word for m in known.matches(right) if m.entry.severity != Severity.INFO]
        assert again == [], f"{word} → {right}"


def test_an_office_adds_a_list_and_replaces_another(office: Office) -> None:
    before = words(office)
    own(office, "ours.toml", LIST)
    added = words(office)
    assert [m.entry.list_name for m in added.matches("甲乙丙")] == ["本单位"]
    assert added.digest != before.digest
    own(office, "typos.toml", LIST)
    assert [m.entry.word for m in words(office).matches("布署甲乙丙")] == ["甲乙丙"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('name = "x"\n', "kind"),
        (LIST.replace("2026-11-27", '"yesterday"'), "version"),
        (LIST.replace('"甲乙丙"', '"甲"'), "words.甲"),
        (LIST + '[unless]\n"甲乙丙" = "("\n', "unless.甲乙丙"),
    ],
)
def test_mistakes_in_a_list_are_named(office: Office, text: str, key: str) -> None:
    own(office, "ours.toml", text)
    with pytest.raises(BadConfiguration) as raised:
        words(office)
    assert any(flaw.key.startswith(key) for flaw in raised.value.flaws)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("局长李四主持会议", "副局长"), ("李四局长主持会议", "副局长"), ("局党组书记、局长李四讲话", "副局长")],
)
def test_a_name_with_another_title_is_found(text: str, suggestion: str) -> None:
    (found,) = findings(text, HERE, made("name_and_title", words={"李四": "市科知局副局长"}))
    assert (found.kind, found.suggestion) == (Kind.NAME_AND_TITLE, suggestion)
    assert text[found.start : found.end] == "局长"


@pytest.mark.parametrize("text", ["副局长李四", "李四副局长", "李四出席", "市科知局副局长、李四"])
def test_a_name_with_its_title_or_none_is_left_alone(text: str) -> None:
    assert list(findings(text, HERE, made("name_and_title", words={"李四": "市科知局副局长"}))) == []


@example("甲甲乙", {"甲甲乙丁", "甲乙"}, set())
@given(
    st.text(alphabet="甲乙丙丁", max_size=30),
    st.sets(st.text(alphabet="甲乙丙丁", min_size=2, max_size=4), min_size=1, max_size=6),
    st.sets(st.text(alphabet="甲乙丙丁", min_size=2, max_size=5), max_size=4),
)
def test_matches_are_the_longest_words_from_the_left(text: str, wrong: set[str], sound: set[str]) -> None:
    sound -= wrong
    found = [(m.start, m.end) for m in made(words=dict.fromkeys(wrong, ""), exceptions=tuple(sound)).matches(text)]
    assert found == _slowly(text, wrong, sound)


def _slowly(text: str, wrong: set[str], sound: set[str]) -> list[tuple[int, int]]:
    found, place = [], 0
    while place < len(text):
        word = max((w for w in wrong | sound if text.startswith(w, place)), key=len, default="")
        if word in wrong and word:
            found.append((place, place + len(word)))
        place += len(word) or 1
    return found
