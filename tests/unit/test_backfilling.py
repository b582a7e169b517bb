"""Backfilling as its users meet it: what it prints, what is in the log afterwards, and the status it ends with."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.utils.translation import override
from openpyxl import Workbook
from PIL import Image

from channels.sandbox.server import Sandbox
from publisher.cli.backfilling import backfill
from publisher.items.store import Store
from publisher.log import verify
from publisher.log.models import Backfill, LogEntry
from publisher.office import Office, get_office
from publisher.reports.counts import count
from publisher.reports.periods import Period
from publisher.reports.rules import rules
from publisher.reports.selection import Selection
from tests.channels.old_site import NEWS, NOTICES, POLICIES, OldSite, Reply, published, served
from tests.world import Done

pytestmark = pytest.mark.django_db

LAST = date(2018, 1, 20)
DYNAMICS = published(130, LAST, step_days=3)
NOTED = published(40, LAST, step_days=9, first_number=3000)
POLICY = published(12, date(2017, 12, 20), step_days=30, first_number=5000)


@pytest.fixture(scope="module")
def site() -> Iterator[OldSite]:
    with served(OldSite()) as running:
        running.add_news(DYNAMICS)
        running.add_notices(NOTED)
        running.add_policies(POLICY)
        yield running


@pytest.fixture(autouse=True)
def configured(office: Office, sandbox: Sandbox, site: OldSite) -> Office:
    """The model office with the old site behind its portal, and accounts that published the same."""
    for item in reversed(DYNAMICS[::5]):
        at = datetime(item.day.year, item.day.month, item.day.day, 3, tzinfo=UTC)
        sandbox.wechat.publish_by_hand(f"{item.title}！", at=at + timedelta(days=1))
        sandbox.weibo.post_by_hand(f"【转】今天 {site.url}gzdt/{item.path}", at=at)
    path = describe(office.path, site)
    get_office.cache_clear()
    assert get_office().path == path
    return get_office()


def describe(path: Path, site: OldSite) -> Path:
    """Describe the old site in a configuration."""
    past = toml({"site": site.url, "pause_s": 0, "lists": [NEWS, NOTICES, POLICIES]})
    text = path.read_text(encoding="utf-8")
    assert "[channels.portal]" in text
    path.write_text(text.replace("[channels.portal]", f"[channels.portal]\npast = {past}"), encoding="utf-8")
    return path


def toml(value: Any) -> str:
    """A value as one line of TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(part)}" for name, part in value.items()) + " }"
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


def run(*words: str, language: str = "zh-hans") -> Done:
    """Run the command in this process."""
    with override(language):
        result = CliRunner().invoke(backfill, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def backfilled(channel: str = "") -> list[LogEntry]:
    entries = LogEntry.objects.filter(event="backfilled").order_by("seq")
    return list(entries.filter(channel=channel) if channel else entries)


def counted(rule: str) -> int:
    selection = Selection(Period.of_year(2017), rules(on=date(2017, 12, 31))[rule])
    return count(get_office(), selection)


@pytest.fixture
def filled(configured: Office) -> dict[str, Any]:
    """The year 2017 of the old site, taken in."""
    done = run("portal", "--year", "2017", "--json")
    assert done.status == 0, done.err
    document: dict[str, Any] = done.json
    return document


def of_2017(items: list[Any]) -> list[Any]:
    return [item for item in items if item.day.year == 2017]


def test_a_year_of_the_old_site_is_in_the_log_and_counted(filled: dict[str, Any]) -> None:
    everything = [*DYNAMICS, *NOTED, *POLICY]
    assert (filled["added"], filled["already"]) == (len(of_2017(everything)), 0)
    assert (filled["found"], filled["complete"], filled["gaps"]) == (filled["added"] + filled["outside"], True, [])
    told = Counter({(row["month"], row["column"]): row["count"] for row in filled["by"]})
    columns = (("dynamics", DYNAMICS), ("notices", NOTED), ("policies", POLICY))
    assert told == Counter((item.day.month, column) for column, items in columns for item in of_2017(items))
    rows = backfilled()
    assert Counter((row.title, row.happened_on) for row in rows) == Counter(
        (item.title, item.day) for item in of_2017(everything)
    )
    assert {(row.channel, row.evidence, row.detail["run"]) for row in rows} == {("portal", "E2", filled["run"])}
    assert verify.verify_database(get_office().slug).is_sound
    assert counted("with-backfilled") == counted("disclosed-with-backfilled") == len(rows)
    assert counted("sent") == 0


def test_a_trial_shows_the_same_and_writes_nothing(configured: Office) -> None:
    shown = run("portal", "--year", "2017", "--dry-run", "--json")
    assert (shown.status, backfilled(), Backfill.objects.count()) == (0, [], 0)
    done = run("portal", "--year", "2017", "--json").json
    assert {**shown.json, "dry_run": False, "run": done["run"], "source": "channel"} == done


def test_a_second_time_adds_nothing(filled: dict[str, Any]) -> None:
    again = run("portal", "--year", "2017", "--json").json
    assert (again["added"], again["already"]) == (0, filled["added"])
    assert again["run"] != filled["run"]


def test_the_platforms_show_what_they_show_and_say_what_is_missing(filled: dict[str, Any]) -> None:
    items = of_2017(DYNAMICS[::5])
    wechat = run("wechat", "--year", "2017", "--json")
    assert (wechat.status, wechat.json["added"], wechat.json["complete"]) == (0, len(items), False)
    assert "群发" in wechat.json["gaps"][0]
    weibo = run("weibo", "--year", "2017", "--json", language="en").json
    newest = DYNAMICS[::5][:5]
    assert (weibo["found"], weibo["added"]) == (5, len(of_2017(newest)))
    assert f"back to {newest[-1].day}" in weibo["gaps"][0]
    numbers = {row.title: row.item for row in backfilled("portal")}
    pages = {row.url: row.item for row in backfilled("portal")}
    # The same title the day after, and a post that only points to the page.
    assert all(row.item == numbers[row.title.rstrip("！")] for row in backfilled("wechat"))
    assert all(row.item == pages[row.detail["about"]] for row in backfilled("weibo"))
    assert {row.column for row in [*backfilled("wechat"), *backfilled("weibo")]} == {"dynamics"}
    assert counted("disclosed-with-backfilled") == len(numbers)
    assert counted("with-backfilled") == len(backfilled())


def table(*rows: list[Any]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def printed(home: Path) -> tuple[Path, Path]:
    """A table of the newspaper's year and a folder of clippings."""
    clippings = home / "clippings"
    clippings.mkdir()
    Image.new("RGB", (8, 8)).save(clippings / "2017-02-03 头版.jpg")
    (clippings / "readme.txt").write_text("x")
    path = home / "报纸2017.xlsx"
    path.write_bytes(
        table(
            ["标题", "见报日期", "期号", "版面"],
            ["科技之光开栏", date(2017, 2, 3), 1, "A01"],
            ["专利知识问答之一", date(2017, 2, 13), 2, "A01"],
            ["次年的", date(2018, 1, 3), 3, "A01"],
        )
    )
    return path, clippings


def test_a_newspapers_year_comes_from_a_table_and_clippings(home: Path, printed: tuple[Path, Path]) -> None:
    path, clippings = printed
    words = ("daily", "--year", "2017", "--file", str(path), "--clippings", str(clippings), "--json")
    first = run(*words, "--limit", "1")
    assert (first.status, first.json["added"], first.json["complete"]) == (3, 1, False)
    assert "readme.txt" in first.err
    done = run(*words)
    assert (done.status, done.json["added"], done.json["already"]) == (0, 1, 1)
    (left,) = done.json["left_out"]
    assert (left["where"], left["title"]) == ("报纸2017.xlsx Sheet!4", "次年的")
    first_row, second_row = backfilled("daily")
    assert (first_row.issue, first_row.evidence, first_row.happened_on) == ("1", "E3", date(2017, 2, 3))
    assert (second_row.issue, second_row.evidence, second_row.happened_on) == ("2", "E0", date(2017, 2, 13))
    (clipping,) = first_row.detail["found"]["clippings"]
    assert Store(home / "assets").read(clipping["sha256"]) == (clippings / clipping["name"]).read_bytes()
    assert counted("issues-printed-with-backfilled") == 2


def test_a_table_with_mistakes_is_refused_whole(home: Path) -> None:
    path = home / "falsch.csv"
    path.write_text("标题,日期\n好的一行,2017-03-12\n坏的一行,没有\n" + ",,\n,2017-03-12\n" * 30, encoding="utf-8")
    done = run("daily", "--year", "2017", "--file", str(path), language="en")
    assert (done.status, done.out) == (2, "")
    assert "row 3: “没有” is no day: write one such as 2017-03-12." in done.err
    assert "… and 11 more." in done.err
    assert (backfilled(), Backfill.objects.count()) == ([], 0)


BAD = {
    "no such channel": ("nowhere", "--year", "2017"),
    "no year": ("portal",),
    "a year to come": ("portal", "--year", "2099"),
    "a channel that cannot": ("daily", "--year", "2017"),
    "no such file": ("daily", "--year", "2017", "--file", "nowhere.xlsx"),
    "no table": ("daily", "--year", "2017", "--file", "FILE"),
    "clippings without a table": ("daily", "--year", "2017", "--clippings", "."),
    "no such column": ("daily", "--year", "2017", "--file", "FILE", "--column", "nowhere"),
}


@pytest.mark.parametrize("words", BAD.values(), ids=BAD)
def test_bad_input_is_one_message(configured: Office, words: tuple[str, ...]) -> None:
    done = run(*(str(configured.path) if word == "FILE" else word for word in words))
    assert (done.status, done.out, backfilled()) == (2, "", [])
    assert done.err.strip()


def test_people_read_months_by_columns_what_is_left_out_and_what_is_missing(filled: dict[str, Any], home: Path) -> None:
    done = run("portal", "--year", "2016", "--dry-run")
    assert (done.status, "工作动态" in done.out, "没有写入" in done.err) == (0, True, True)
    assert "群发" in run("wechat", "--year", "2017").err
    path = home / "list.csv"
    path.write_text("标题,日期\n次年的会议召开,2018-01-03\n当年的会议召开,2017-01-03\n", encoding="utf-8")
    done = run("daily", "--year", "2017", "--file", str(path), "--limit", "1")
    assert (done.status, "次年的会议召开" in done.out, "再次运行" in done.err) == (3, True, True)


def test_wrong_credentials_are_one_message(configured: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECHAT_APP_SECRET", "wrong")
    done = run("wechat", "--year", "2017", "--json")
    assert (done.status, done.out) == (1, "")
    assert done.err.strip()


def test_a_site_that_is_down_is_told_and_the_run_can_go_on(configured: Office, site: OldSite) -> None:
    site.troubles["/robots.txt"] = [Reply(b"", 503, {"Retry-After": "86400"})]
    done = run("portal", "--year", "2017", "--json")
    assert (done.status, done.json["added"], done.json["complete"]) == (3, 0, False)
    assert done.json["ended_early"]
    assert run("portal", "--year", "2017", "--json").json["run"] == done.json["run"]


def test_a_site_that_shows_nothing_of_all_this_is_no_success(configured: Office, site: OldSite) -> None:
    with served(OldSite()) as empty:
        text = configured.path.read_text(encoding="utf-8").replace(site.url, empty.url)
        configured.path.write_text(text, encoding="utf-8")
        get_office.cache_clear()
        done = run("portal", "--year", "2017", "--json")
    assert (done.status, done.json["found"], len(done.json["gaps"])) == (1, 0, 3)
