"""The website after a publication: corrections in place, recalls, late calls, records of an older version."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from lxml import html as lxml_html

from channels import deadline
from channels.base import Column, Evidence, Medium, Product, Receipt, Withdrawal
from channels.errors import ChannelUnavailable, NeverSent, OutcomeUnknown, PersonNeeded, ProductRefused
from channels.website.static.channel import StaticWebsite
from channels.website.static.records import Move, Records, Stage
from tests.channels.killing import killed_homes
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import COLUMN, make_article, picture
from tests.channels.test_website import (
    ALL_OF_99,
    BASE_URL,
    OTHER,
    WRITERS,
    dead_links,
    dead_links_of_lists,
    full_disk,
    make_channel,
    product_of,
    showing,
)

FIRST, LATER = "2026-11-20T01:02:03+00:00", "2026-11-22T08:30:00+00:00"

SIXTY = (*range(1, 60), 99)


@pytest.fixture
def channel(tmp_path: Path) -> StaticWebsite:
    return make_channel(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site"


def at(moment: str) -> MemorySteps:
    """A delivery that was begun then."""
    steps = MemorySteps()
    steps.repeatable("time", lambda: {"at": moment})
    return steps


def published(channel: StaticWebsite, item: int = 31, **changes: Any) -> Receipt:
    return channel.publish(product_of(channel, item, **changes), at(FIRST))


def receipt_of(item: int) -> Receipt:
    return Receipt(f"202611/t20261120_{item}.html", datetime.now(UTC))


def revision(channel: StaticWebsite, number: int = 2, item: int = 31, **changes: Any) -> Product:
    values = {"key": f"kzj-{item}-r{number}", "item": item, "revision": number, "title": f"更正为{number}", **changes}
    return channel.render(make_article(**values))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def lists(folder: Path) -> dict[str, str]:
    """Everything that leads to pages: name → content."""
    names = [*folder.glob("*.*"), *folder.glob("assets/*/*.js"), *folder.glob("[!2]*/*.html"), *folder.glob("2*/*.xml")]
    return {str(path.relative_to(folder)): text(path) for path in names}


# Corrections


def test_a_correction_keeps_the_day_and_says_when_it_was_made(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    corrected = channel.correct(receipt, revision(channel), at(LATER))
    page = lxml_html.fromstring((folder / receipt.remote_id).read_bytes())
    facts = page.find_class("facts")[0].text_content()
    assert "发布时间：2026-11-20 09:02" in facts
    assert "更正时间：2026-11-22 16:30" in facts
    assert page.xpath("//meta[@name='PubDate']/@content") == ["2026-11-20 09:02"]
    assert corrected.published_at.isoformat() == LATER
    assert (corrected.remote_id, corrected.url, corrected.evidence) == (
        receipt.remote_id,
        receipt.url,
        Evidence.READ_BACK,
    )


def test_every_list_follows_the_new_title(channel: StaticWebsite, folder: Path) -> None:
    channel.correct(published(channel), revision(channel), at(LATER))
    said = lists(folder)
    assert [name for name, content in said.items() if "第31条" in content] == []
    for name in ("index.html", "dynamics/index.html", "feed.xml"):
        assert "更正为2" in said[name], name
    assert LATER in said["202611/sitemap.xml"]
    assert "2026-11-20" in said["dynamics/index.html"], "the day of the first publication"


def test_a_correction_moves_to_another_column_and_leaves_nothing_behind(channel: StaticWebsite, folder: Path) -> None:
    left = Column("old", "旧栏目", "政务动态", description="从前的栏目")
    receipt = published(channel, column=left)
    published(channel, 32, column=left)
    channel.correct(receipt, revision(channel, column=OTHER), at(LATER))
    assert "t20261120_31" in text(folder / "notices/index.html")
    assert "t20261120_31" not in text(folder / "old/index.html")
    assert '<meta name="ColumnDescription"\n          content="从前的栏目">' in text(folder / "old/index.html")
    assert dead_links(folder) == []


def test_a_correction_stays_at_the_address_of_the_receipt(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    shown = picture("red")
    changes = {"html": f'<img src="asset:{shown.sha256}">', "media": (shown,)}
    moved = revision(channel, created_on=datetime(2026, 12, 1, tzinfo=UTC), **changes)
    corrected = channel.correct(receipt, moved, at(LATER))
    assert corrected.url == receipt.url
    assert list(folder.glob("202612*")) == []
    assert f'<link rel="canonical" href="{receipt.url}">' in text(folder / receipt.remote_id)
    assert channel.find(moved, MemorySteps()) == corrected


def test_a_correction_of_a_correction_keeps_the_first_day(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    second = channel.correct(receipt, revision(channel), at("2026-11-21T00:00:00+00:00"))
    third = channel.correct(second, revision(channel, 3), at(LATER))
    assert '<time datetime="2026-11-20T01:02:03+00:00">' in text(folder / third.remote_id)
    assert "更正时间：2026-11-22 16:30" in lxml_html.fromstring(text(folder / third.remote_id)).text_content()


def test_a_correction_needs_no_records_but_the_receipt(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    shutil.rmtree(folder.with_name("site.records"))
    channel.correct(receipt, revision(channel), at(LATER))
    assert '<meta name="PubDate" content="2026-11-20 09:02">' in text(folder / receipt.remote_id)


def test_what_a_correction_took_out_is_not_left_beside_it(channel: StaticWebsite, folder: Path) -> None:
    shared, wrong = (
        Medium("共用.pdf", "application/pdf", b"%PDF shared"),
        Medium("错.pdf", "application/pdf", b"%PDF no"),
    )
    receipt = published(channel, attachments=(shared, wrong))
    published(channel, 32, attachments=(shared,))
    channel.correct(receipt, revision(channel, attachments=()), at(LATER))
    assert not (folder / f"202611/{wrong.sha256[:16]}.pdf").exists()
    assert (folder / f"202611/{shared.sha256[:16]}.pdf").exists()
    assert dead_links(folder) == []


# Recalls


def test_a_notice_stands_in_the_place_of_the_page_and_says_nothing_of_it(channel: StaticWebsite, folder: Path) -> None:
    receipt, steps = published(channel), MemorySteps()
    steps.repeatable("aim", lambda: {"at": LATER, "digest": receipt.raw["product_sha256"]})
    gone = channel.recall(receipt, steps)
    page = text(folder / receipt.remote_id)
    assert "<h1>本页内容已撤回</h1>" in page
    assert '<time datetime="2026-11-22T08:30:00+00:00">2026-11-22 16:30</time>' in page
    assert '<meta name="robots" content="noindex">' in page
    assert "第31条" not in page
    assert "高新技术" not in page
    assert (gone.remote_id, gone.url) == (receipt.remote_id, receipt.url)
    assert (gone.published_at.isoformat(), gone.evidence) == (LATER, Evidence.READ_BACK)
    assert dead_links(folder) == []


def test_nothing_leads_to_what_was_taken_back(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    published(channel, 32)
    channel.recall(receipt, MemorySteps())
    said = lists(folder)
    assert [name for name, content in said.items() if "第31条" in content or "t20261120_31" in content] == []
    assert "第32条" in said["dynamics/index.html"]
    assert dead_links(folder) == []


def test_pictures_and_attachments_go_along(channel: StaticWebsite, folder: Path) -> None:
    receipt, other = published(channel), published(channel, 32, media=(), html="<p>无图</p>")
    channel.recall(receipt, MemorySteps())
    beside = {path.suffix for path in (folder / "202611").iterdir()}
    assert beside == {".html", ".xml", ".pdf"}, "the attachment is the other item's too"
    channel.recall(other, MemorySteps())
    assert {path.suffix for path in (folder / "202611").iterdir()} == {".html", ".xml"}


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a site with the items 1 to 59 and 99: two full pages, and a first page of twenty."""
    home = tmp_path_factory.mktemp("sixty")
    for item in SIXTY:
        published(make_channel(home), item)
    return home


@pytest.mark.parametrize("item", [1, 20, 21, 40, 99], ids=str)
def test_a_list_that_becomes_shorter_leaves_no_page_behind(tmp_path: Path, sixty: Path, item: int) -> None:
    shutil.copytree(sixty, tmp_path, dirs_exist_ok=True)
    channel, folder = make_channel(tmp_path), tmp_path / "site"
    assert (folder / "dynamics/index_2.html").is_file()
    channel.recall(receipt_of(item), MemorySteps())
    assert not (folder / "dynamics/index_2.html").exists()
    said = lists(folder)
    assert [name for name, content in said.items() if f"t20261120_{item}." in content] == []
    shown = "".join(content for name, content in said.items() if name.startswith("dynamics/"))
    assert all(shown.count(f"t20261120_{number}.") == 1 for number in SIXTY if number != item)
    assert dead_links(folder) == []


def test_a_later_revision_may_come_after_a_recall(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    channel.recall(receipt, MemorySteps())
    with pytest.raises(ProductRefused, match="taken back"):
        channel.publish(product_of(channel, 31), MemorySteps())
    assert "本页内容已撤回" in text(folder / receipt.remote_id)
    channel.publish(revision(channel), MemorySteps())
    assert channel.look(receipt).is_there
    assert "更正为2" in text(folder / "dynamics/index.html")
    channel.correct(receipt, revision(channel, 3), MemorySteps())
    assert "更正为3" in text(folder / "feed.xml")
    assert dead_links(folder) == []


def test_what_was_taken_back_is_not_found(channel: StaticWebsite) -> None:
    receipt = published(channel)
    channel.recall(receipt, MemorySteps())
    assert channel.find(product_of(channel, 31), MemorySteps()) is None


@pytest.mark.parametrize("entered", ["address", "path"])
def test_a_page_of_which_a_person_entered_the_address_is_taken_back(channel: StaticWebsite, entered: str) -> None:
    receipt = published(channel)
    known = {"remote_id": "", "url": receipt.url} if entered == "address" else {"url": ""}
    channel.recall(replace(receipt, evidence=Evidence.DECLARED, raw={}, **known), MemorySteps())
    assert not channel.look(receipt).is_there


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://elsewhere.cn/202611/t20261120_31.html",
        f"{BASE_URL}../etc/passwd",
        f"{BASE_URL}202601/t20260101_7.html",
    ],
    ids=["nothing", "another site", "no page", "no such page"],
)
def test_what_was_entered_wrongly_is_not_called_taken_back(channel: StaticWebsite, url: str) -> None:
    published(channel)
    with pytest.raises(PersonNeeded, match="no page of the website"):
        channel.recall(Receipt("", datetime.now(UTC), url, Evidence.DECLARED), MemorySteps())


def test_a_page_that_is_gone_already_is_taken_back(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    shutil.rmtree(folder.with_name("site.records"))
    (folder / receipt.remote_id).unlink()
    assert not channel.look(receipt).is_there
    assert channel.recall(receipt, MemorySteps()).evidence is Evidence.READ_BACK


def test_a_page_without_a_record_is_left_to_a_person(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    shutil.rmtree(folder.with_name("site.records"))
    with pytest.raises(PersonNeeded, match="no record"):
        channel.recall(receipt, MemorySteps())
    assert channel.look(receipt).is_there


# Calls that come late


def test_an_older_revision_does_not_come_back(channel: StaticWebsite, folder: Path) -> None:
    first, second = product_of(channel, 31), revision(channel)
    receipt = channel.publish(first, at(FIRST))
    sleeper = at(FIRST)  # another worker with the same delivery, before its call
    channel.correct(receipt, second, at(LATER))
    before = text(folder / receipt.remote_id)
    with pytest.raises(ProductRefused, match="newer revision"):
        channel.publish(first, sleeper)
    with pytest.raises(ProductRefused, match="newer revision"):
        channel.correct(receipt, first, MemorySteps())
    assert text(folder / receipt.remote_id) == before


def test_a_recall_that_wakes_up_late_does_not_take_down_what_came_after_it(
    channel: StaticWebsite, folder: Path
) -> None:
    receipt, sleeper = published(channel), MemorySteps(too_late=True)
    with pytest.raises(NeverSent):
        channel.recall(receipt, sleeper)
    channel.recall(receipt, MemorySteps())
    channel.publish(revision(channel), MemorySteps())
    with pytest.raises(PersonNeeded, match="was replaced"):
        channel.recall(receipt, sleeper.fresh_process())
    assert "更正为2" in text(folder / receipt.remote_id)


@pytest.mark.parametrize("act", ["publish", "correct", "recall"])
def test_what_is_too_late_leaves_no_trace(channel: StaticWebsite, folder: Path, act: str) -> None:
    receipt, late = published(channel), MemorySteps(too_late=True)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    calls: dict[str, Callable[[], object]] = {
        "publish": lambda: channel.publish(product_of(channel, 32), late),
        "correct": lambda: channel.correct(receipt, revision(channel), late),
        "recall": lambda: channel.recall(receipt, late),
    }
    with pytest.raises(NeverSent):
        calls[act]()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_last_look_at_the_clock_is_right_before_the_change_is_decided(
    channel: StaticWebsite, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(channel)
    product, files = revision(channel), sorted(folder.rglob("*"))
    planned = Records.plan

    def slow(records: Records, moves: Sequence[Move]) -> None:
        planned(records, moves)
        time.sleep(0.06)

    monkeypatch.setattr(Records, "plan", slow)
    with deadline.not_after(deadline.elapsed() + 0.05), pytest.raises(NeverSent):
        channel.publish(product, MemorySteps())
    monkeypatch.undo()
    assert channel.find(product, MemorySteps()) is None
    assert "第31条" in text(folder / "202611/t20261120_31.html")
    channel.publish(product, MemorySteps())
    assert "更正为2" in text(folder / "dynamics/index.html")
    assert sorted(folder.rglob("*")) == files


# Crashes and troubles


def recall_of_99(home: Path) -> None:
    make_channel(home).recall(receipt_of(99), MemorySteps())


def correction_of_99(home: Path) -> None:
    channel = make_channel(home)
    product = revision(channel, item=99, column=OTHER, attachments=())
    channel.correct(receipt_of(99), product, at(LATER))


@pytest.mark.parametrize("change", [recall_of_99, correction_of_99], ids=["recall", "correction"])
@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "in full lists"])
def test_killed_at_any_line_all_has_changed_or_nothing_has(
    tmp_path: Path, sixty: Path, is_alone: bool, change: Callable[[Path], None]
) -> None:
    before = tmp_path / "before" if is_alone else sixty
    if is_alone:
        published(make_channel(before), 99)
    was = said_of_99(before / "site")
    for home in killed_homes(before, tmp_path / "homes", change, within=WRITERS):
        # Whoever opens the site next completes what was decided.
        make_channel(home).site.entry(99)
        assert said_of_99(home / "site") in (was, after(change))
        assert dead_links_of_lists(home / "site") == []
        # Somebody else comes first, and must not lose what was begun.
        published(make_channel(home), 70)
        change(home)
        assert said_of_99(home / "site") == after(change)
        assert dead_links_of_lists(home / "site") == []
        assert not list((home / "site").glob(".*"))


def mark_of_99(home: Path) -> None:
    make_channel(home).mark(receipt_of(99), MemorySteps(), Withdrawal("law"))


def test_killed_while_it_is_marked_everything_says_so_or_nothing_does(tmp_path: Path) -> None:
    published(make_channel(tmp_path / "before"), 99)
    for home in killed_homes(tmp_path / "before", tmp_path / "homes", mark_of_99, within=WRITERS, moments=5):
        folder = home / "site"
        make_channel(home).site.entry(99)
        said = {str(path.relative_to(folder)) for path in folder.rglob("*.*ml") if "已撤回" in text(path)}
        assert said in (set(), IN_PAGES_AND_FEEDS)
        mark_of_99(home)
        assert make_channel(home).look(receipt_of(99)).is_marked
        assert not list(folder.glob(".*"))


IN_PAGES_AND_FEEDS = {
    *("202611/t20261120_99.html", "dynamics/index.html", "catalogue.html", "index.html", "feed.xml", "atom.xml"),
}


def said_of_99(folder: Path) -> tuple[set[str], str]:
    """Who names the item, and what stands at its address."""
    page = lxml_html.fromstring((folder / "202611/t20261120_99.html").read_bytes())
    return showing(folder, 99) - {"202611/t20261120_99.html"}, str(page.findtext(".//h1"))


def after(change: Callable[[Path], None]) -> tuple[set[str], str]:
    if change is recall_of_99:
        return set(), "本页内容已撤回"
    everywhere = ALL_OF_99 - {"202611/t20261120_99.html", "dynamics/index.html"} | {"notices/index.html"}
    return {re.sub(r"c\d{6}", "c202611", name) for name in everywhere}, "更正为2"


def test_the_look_tells_what_has_changed_or_is_missing(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    seen = channel.look(receipt)
    assert (seen.is_there, seen.is_unchanged, seen.problems) == (True, True, [])
    (picture_file,) = (folder / "202611").glob("*.png")
    picture_file.unlink()
    page = folder / receipt.remote_id
    page.write_bytes(page.read_bytes().replace("第31条".encode(), "别的".encode()))
    seen = channel.look(receipt)
    assert (seen.is_there, seen.is_unchanged) == (True, False)
    assert [str(problem) for problem in seen.problems] == [f"The file {picture_file.name} of the page is missing."]


def test_the_look_completes_a_recall_that_was_broken_off(channel: StaticWebsite, folder: Path) -> None:
    receipt = published(channel)
    (folder / "feed.xml").unlink()
    (folder / "feed.xml").mkdir()
    with pytest.raises(OutcomeUnknown):
        channel.recall(receipt, MemorySteps())
    assert "本页内容已撤回" in text(folder / receipt.remote_id)
    with pytest.raises(PersonNeeded):
        channel.look(receipt)
    (folder / "feed.xml").rmdir()
    assert not channel.look(receipt).is_there
    assert "第31条" not in text(folder / "feed.xml")


def test_a_full_disk_is_waited_for(channel: StaticWebsite, folder: Path) -> None:
    receipt, steps = published(channel), MemorySteps()
    with full_disk(0), pytest.raises(ChannelUnavailable):
        channel.recall(receipt, steps)
    assert channel.look(receipt).is_there
    channel.recall(receipt, steps.fresh_process())
    assert not channel.look(receipt).is_there
    assert dead_links(folder) == []


def test_a_site_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    channel = make_channel(tmp_path, timeout_s=0.02)
    receipt = published(channel)
    with FileLock(tmp_path / "site.records/site.lock"):
        for call in (
            lambda: channel.recall(receipt, MemorySteps()),
            lambda: channel.correct(receipt, revision(channel), MemorySteps()),
            lambda: channel.look(receipt),
        ):
            with pytest.raises(ChannelUnavailable):
                call()


# Records as versions before kept them

OLD_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    item INTEGER PRIMARY KEY, revision INTEGER NOT NULL, digest TEXT NOT NULL, title TEXT NOT NULL,
    summary TEXT NOT NULL, column_key TEXT NOT NULL, path TEXT NOT NULL, published_at TEXT NOT NULL,
    page_sha256 TEXT NOT NULL, stage INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS shown_by_column ON entries (column_key, published_at, item) WHERE stage > 0;
CREATE INDEX IF NOT EXISTS shown_by_time ON entries (published_at, item) WHERE stage > 0;
CREATE INDEX IF NOT EXISTS shown_by_path ON entries (path) WHERE stage > 0;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def make_old(folder: Path, stages: dict[int, int]) -> None:
    """Write the records of a site anew as the version before kept them; ``stages``: item → its stage there."""
    file = folder.with_name("site.records") / "index.sqlite3"
    with sqlite3.connect(file) as connection:
        fields = "item, revision, digest, title, summary, column_key, path, published_at, page_sha256"
        rows = connection.execute(f"SELECT {fields} FROM entries").fetchall()
        facts = connection.execute("SELECT name, value FROM facts WHERE name = 'fingerprint'").fetchall()
    connection.close()
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.executescript(OLD_SCHEMA)
        connection.executemany(
            f"INSERT INTO entries ({fields}, stage) VALUES (?,?,?,?,?,?,?,?,?,?)",
            [(*row, stages[row[0]]) for row in rows],
        )
        connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)
    connection.close()


def test_records_of_the_version_before_still_open(channel: StaticWebsite, folder: Path) -> None:
    receipts = {item: published(channel, item) for item in (1, 2)}
    make_old(folder, {1: 2, 2: 2})
    again = make_channel(folder.parent)
    assert again.publish(product_of(again, 1), MemorySteps()) == receipts[1]
    again.recall(receipts[1], MemorySteps())
    again.correct(receipts[2], revision(again, item=2), at(LATER))
    assert [again.look(receipt).is_there for receipt in receipts.values()] == [False, True]
    assert "更正为2" in text(folder / "dynamics/index.html")


def test_what_the_version_before_left_half_done_is_completed(channel: StaticWebsite, folder: Path) -> None:
    for item in (1, 2, 3, 4):
        published(channel, item)
    products = {item: product_of(channel, item) for item in (1, 2, 3, 4)}
    make_old(folder, {1: 2, 2: 1, 3: 0, 4: 0})
    (folder / "202611/t20261120_4.html").unlink()
    for name in ("feed.xml", "202611/sitemap.xml", "dynamics/index.html"):
        (folder / name).write_text("from before item 2")
    again = make_channel(folder.parent)
    found = {item: again.find(product, MemorySteps()) is not None for item, product in products.items()}
    assert found == {1: True, 2: True, 3: True, 4: False}
    assert again.keep_up(seconds=9) == 0
    for name in ("feed.xml", "202611/sitemap.xml", "dynamics/index.html"):
        assert [f"_{item}.html" in text(folder / name) for item in (1, 2, 3, 4)] == [True, True, True, False], name


def test_the_records_say_what_stands_at_an_address(channel: StaticWebsite) -> None:
    receipt = published(channel, column=COLUMN)
    shown = channel.site.entry_at(receipt.remote_id)
    assert shown is not None
    assert (shown.stage, shown.changed_at) == (Stage.SHOWN, None)
    channel.recall(receipt, MemorySteps())
    gone = channel.site.entry(31)
    assert gone is not None
    assert (gone.stage, gone.published_at) == (Stage.RECALLED, shown.published_at)
