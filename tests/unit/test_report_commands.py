"""Figures and reports on the command line: what it prints, what it writes, and the status it ends with."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from pytest_django import Settings

from channels.sandbox.server import Sandbox
from publisher.cli import reporting
from publisher.cli.commands import publisher
from publisher.office import get_office
from publisher.reports import finishing
from tests.forms import COMPLETE, EXAMPLE, office_with_example
from tests.world import Done, World

FORM = ("--form", "short-report")
OPEN = ("years = [2017, 2018]", "years = [2017]")
YEAR = str(datetime.now(ZoneInfo("Asia/Shanghai")).year)
"""The real log is written today, so the report is this year's."""


pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def folder(home: Path, settings: Settings) -> Path:
    """Where the office has its configuration, with the example form for every year from 2017 on."""
    office_with_example(home, form_change=OPEN)
    settings.PUBLISHER_CONFIG = home / "office.toml"
    get_office.cache_clear()
    return home


def run(*words: str, stdin: str | None = None) -> Done:
    """A command in this process."""
    done = CliRunner().invoke(publisher, words, input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def test_the_known_forms_are_listed(folder: Path) -> None:
    forms = {form["key"]: form for form in run("report", "--list", "--json").json}
    assert forms["short-report"]["name"] == "政府信息公开工作简报"
    listed = run("report", "2016", "--list")
    assert "short-report" not in listed.out


def test_a_value_is_entered_and_shown_with_who_gave_it(folder: Path) -> None:
    done = run("figure", "set", "2019", "short.visits", "10.5万", "--source", "统计报告.pdf", "--json")
    assert [(value["value"], value["source"]) for value in done.json] == [("105000", "统计报告.pdf")]
    shown = run("figure", "show", "2019", "short.visits", "--json").json
    assert shown["phrase"] == "突破10万次"
    assert shown["history"][0]["by"].startswith("cli:")


def test_a_text_may_come_from_standard_input(folder: Path) -> None:
    run("figure", "set", "2019", "short.problems", "-", stdin="第一段。\n第二段。\n")
    assert run("figure", "show", "2019", "short.problems", "--json").json["text"] == "第一段。\n第二段。"


def test_a_pattern_fills_what_is_empty_and_nothing_else(folder: Path) -> None:
    run("figure", "set", "2020", "short.requests.granted.natural", "5")
    assert len(run("figure", "set", "2020", "short.requests.*", "0", "--json").json) == 7
    listed = {figure["key"]: figure for figure in run("figure", "list", "2020", *FORM, "--json").json}
    assert listed["short.requests.granted.total"]["number"] == "5"
    assert run("figure", "set", "2020", "short.requests.*", "0").status == 1


WRONG: dict[str, tuple[tuple[str, ...], int, str]] = {
    "unknown figure": (("figure", "set", "2019", "short.visit", "3"), 2, "short.visits"),
    "counted figure": (("figure", "set", "2019", "short.news", "3"), 2, "short.news"),
    "no number": (("figure", "set", "2019", "short.visits", "许多"), 2, "许多"),
    "no such file": (("figure", "import", "nowhere.csv", "--year", "2019"), 2, "nowhere.csv"),
    "year before the form": (("report", "2016", *FORM), 2, "2017–"),
    "unknown form": (("report", "2019", "--form", "long"), 2, "short-report"),
    "unknown ending": (("report", "2019", *FORM, "--out", "report.doc"), 2, ".docx"),
    "folder that is not there": (("report", "2019", *FORM, "--out", "nowhere/report.html"), 2, "nowhere/report.html"),
    "no time": (("report", "2019", *FORM, "--as-of", "gestern"), 2, "gestern"),
    "nothing final yet": (("report", "2019", *FORM, "--submit"), 1, "--final"),
    "not complete": (("report", "2021", *FORM, "--final"), 1, "short.visits"),
}


@pytest.mark.parametrize(("words", "status", "named"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_ends_in_a_sentence_and_a_status(
    folder: Path, words: tuple[str, ...], status: int, named: str
) -> None:
    done = run(*words)
    assert (done.status, done.out) == (status, "")
    assert named in done.err
    assert "Traceback" not in done.err


def test_a_table_with_mistakes_names_its_rows_and_takes_in_nothing(folder: Path) -> None:
    path = folder / "wrong.csv"
    path.write_text("key,value\nshort.visits,3\nshort.penalty,many\n", encoding="utf-8")
    done = run("figure", "import", str(path), "--year", "2022")
    assert done.status == 2
    assert "3" in done.err
    assert run("figure", "show", "2022", "short.visits", "--json").json["history"] == []


def test_a_draft_is_written_and_what_is_missing_is_said(folder: Path) -> None:
    out = folder / "draft.docx"
    done = run("report", "2021", *FORM, "--out", str(out))
    assert done.status == 0
    assert zipfile.is_zipfile(out)
    assert "short.visits" in done.err
    missing = run("report", "2021", *FORM, "--missing", "--json").json["missing"]
    assert "short.visits" in [figure["key"] for figure in missing]


def test_checks_that_fail_are_listed_and_end_in_status_one(folder: Path) -> None:
    for key, value in (("short.powers", "7"), ("short.penalty", "3"), ("short.award", "1")):
        run("figure", "set", "2023", key, value)
    done = run("report", "2023", *FORM, "--check", "--json")
    assert done.status == 1
    assert done.json["findings"][0]["check"] == "power_list_sum"


def test_a_report_is_compared_with_last_year(folder: Path) -> None:
    run("figure", "set", "2023", "short.visits", "100000")
    run("figure", "set", "2024", "short.visits", "150000")
    rows = run("report", "2024", *FORM, "--compare", "--json").json["figures"]
    visits = next(row for row in rows if row["key"] == "short.visits")
    assert [visits[name] for name in ("before", "now", "change", "percent")] == ["100000", "150000", "50000", "50"]


def test_a_final_report_is_given_out_as_it_was_frozen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pdf" in reporting.FILES
    monkeypatch.setattr(finishing, "FILES", ("html", "docx", "xlsx"))
    for key, value in COMPLETE.items():
        run("figure", "set", "2019", key, value)
    finished = run("report", "2019", *FORM, "--final", "--json").json
    run("figure", "set", "2019", "short.visits", "1")
    paths = {name: str(folder / name) for name in ("final.json", "final.html", "draft.html", "final.pdf")}
    run("report", "2019", *FORM, "--out", paths["final.json"])
    assert json.loads(Path(paths["final.json"]).read_text(encoding="utf-8"))["files"] == finished["files"]
    run("report", "2019", *FORM, "--out", paths["final.html"])
    assert "突破10万次" in Path(paths["final.html"]).read_text(encoding="utf-8")
    run("report", "2019", *FORM, "--draft", "--out", paths["draft.html"])
    assert "突破10万次" not in Path(paths["draft.html"]).read_text(encoding="utf-8")
    assert run("report", "2019", *FORM, "--out", paths["final.pdf"]).status == 1
    assert not Path(paths["final.pdf"]).exists()


# The whole way, as a user goes it


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation with the example form, one item of work news on its website, and everything entered."""
    with Sandbox() as sandbox:
        made = World.make(tmp_path_factory.mktemp("world"), sandbox)
        (made.home / "forms").mkdir()
        (made.home / "forms" / EXAMPLE.name).write_text(EXAMPLE.read_text(encoding="utf-8").replace(*OPEN))
        (made.home / "news.md").write_text("# 科技下乡\n\n我局开展科技下乡活动。\n")
        lines = "".join(f"{key},{value}\n" for key, value in COMPLETE.items())
        (made.home / "values.csv").write_text(f"key,value\n{lines}")
        words = ("--column", "dynamics", "--to", "portal", "--approve", "--wait", "60")
        for done in (
            made.publisher("submit", str(made.home / "news.md"), *words),
            made.publisher("figure", "import", str(made.home / "values.csv"), "--year", YEAR, "--kind", "entered"),
        ):
            assert done.status == 0, done.err
        yield made
        made.stop()


def test_a_report_is_finished_frozen_submitted_released_and_published(world: World) -> None:
    shown = world.publisher("figure", "show", YEAR, "short.news", "--rows", "--json").json
    assert (shown["number"], [entry["title"] for entry in shown["entries"]]) == ("1", ["科技下乡"])
    finished = world.publisher("report", YEAR, *FORM, "--final", "--json").json
    assert finished["version"] == 1
    world.publisher("figure", "set", YEAR, "short.visits", "1")
    item = world.publisher("report", YEAR, *FORM, "--submit", "--out", str(world.home / "final.pdf"), "--json").json[
        "item"
    ]
    assert (world.home / "final.pdf").read_bytes().startswith(b"%PDF")
    done = world.publisher("approve", str(item), "--wait", "60", "--json")
    assert done.json["deliveries"][0]["state"] == "done"
    (page,) = (world.home / "site").rglob(f"t*_{item}.html")
    text = page.read_text(encoding="utf-8")
    assert "网站访问量突破10万次" in text
    assert f"{YEAR}年度政府信息公开工作简报.docx" in text
