"""`publisher freshness`, and what `doctor` and `config check` say of it, as their users meet them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from channels.sandbox.server import Sandbox
from tests.world import World

pytestmark = pytest.mark.once

TEXT = "# 科技活动周启动\n\n正文。".encode()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An office with one item in its first column on the website, and nothing else."""
    with Sandbox() as sandbox:
        made = World.make(tmp_path_factory.mktemp("world"), sandbox)
        words = ("submit", "-", "--to", "portal", "--approve", "--wait", "30", "--json")
        assert made.publisher(*words, stdin=TEXT).status == 0
        yield made
        made.stop()


@pytest.fixture
def own(world: World) -> Iterator[Path]:
    """A standard of the office's own that the configuration names."""
    config = Path(world.environment["PUBLISHER_CONFIG"])
    before = config.read_text(encoding="utf-8")
    config.write_text(before.replace("national-2019", "own"), encoding="utf-8")
    path = world.home / "inspection" / "own.toml"
    path.parent.mkdir(exist_ok=True)
    yield path
    path.unlink()
    config.write_text(before, encoding="utf-8")


def test_the_document_has_every_row_with_its_limit_and_days(world: World) -> None:
    done = world.publisher("freshness", "--json")
    assert done.status == 0
    rows = {(row["channel"], row["of"], row["column"]): row for row in done.json["rows"]}
    dynamics = rows["portal", "column", "dynamics"]
    assert (dynamics["light"], dynamics["days"], dynamics["last"]["title"]) == ("green", 0, "科技活动周启动")
    assert dynamics["limit"]["document"] == "国办秘函〔2019〕19号"
    assert dynamics["red_on"] > dynamics["warn_on"] > dynamics["last"]["on"]
    assert rows["portal", "column", "notices"]["light"] == "empty"
    assert rows["portal", "home", None]["light"] == "green"
    assert rows["daily", "channel", None]["light"] == "unlimited"
    vetoes = {(one["channel"], one["key"]): one["outcome"] for one in done.json["vetoes"]}
    assert vetoes["portal", "home"] == "clear"
    assert vetoes["wechat", "account"] == "hit"
    assert done.json["outcome"] == "hit"


def test_the_table_is_chinese_and_the_verdict_stands_below_it(world: World) -> None:
    done = world.publisher("freshness")
    assert done.status == 0
    lines = [line for line in done.out.splitlines() if "工作动态" in line]
    assert "正常" in lines[0]
    assert "触发单项否决，按 政府网站与政务新媒体检查指标 国办秘函〔2019〕19号。" in done.err
    assert "已撤回的不计，更正不算更新。" in done.err


def test_the_inspection_table_is_written_whole(world: World) -> None:
    path = world.home / "检查表.xlsx"
    done = world.publisher("freshness", "--out", str(path))
    assert (done.status, done.out) == (0, "")
    assert load_workbook(path)["更新检查"]["C4"].value == "首页"
    assert [file.name for file in world.home.glob("*检查表*")] == ["检查表.xlsx"]


@pytest.mark.parametrize(
    ("name", "words"), [("table.docx", "请以 .xlsx 结尾"), ("missing/table.xlsx", "无法写入"), ("table", ".xlsx")]
)
def test_a_file_that_cannot_be_written_is_one_sentence(world: World, name: str, words: str) -> None:
    done = world.publisher("freshness", "--out", str(world.home / name))
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_the_doctor_tells_the_editor_without_calling_it_a_problem(world: World) -> None:
    findings = [one for one in world.publisher("doctor", "--json").json["findings"] if one["check"] == "freshness"]
    assert {(one["severity"], one["who"]) for one in findings} == {("warning", "editor")}
    assert any("空白，尚无已发布的信息：通知公告" in one["message"] for one in findings)


def test_a_standard_of_the_office_s_own_is_used(world: World, own: Path) -> None:
    own.write_text(
        'extends = "national-2019"\nname = "本单位"\nsource = "内部规定"\nsince = 2020-01-01\nmark = "verified"\n'
        '[[limits]]\nkey = "dynamic"\ndays = 3\n',
        encoding="utf-8",
    )
    document = world.publisher("freshness", "--json").json
    limits = {row["column"]: row["limit"] for row in document["rows"] if row["column"]}
    assert (limits["dynamics"]["days"], limits["dynamics"]["source"]) == (3, "内部规定")
    assert limits["notices"]["months"] == 6
    assert document["standard"]["name"] == "本单位"


def test_a_faulty_standard_is_named_by_every_command_that_needs_it(world: World, own: Path) -> None:
    own.write_text('name = "本单位"\nsource = "内部规定"\nsince = 2020-01-01\nmark = "sure"\n', encoding="utf-8")
    for words in (("freshness",), ("config", "check")):
        done = world.publisher(*words)
        assert done.status in (1, 2)
        assert f"{own}" in done.err
        assert "mark: 请写下列之一" in done.err
    (finding,) = [one for one in world.publisher("doctor", "--json").json["findings"] if one["check"] == "freshness"]
    assert (finding["severity"], finding["who"]) == ("problem", "administrator")
    assert "publisher config check" in finding["remedy"]
