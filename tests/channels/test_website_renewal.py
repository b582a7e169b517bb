"""Changed settings of the office reach every page that is out, a little at a time and around what was approved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from channels.base import Receipt, Withdrawal
from channels.website.static import frame
from channels.website.static.channel import StaticWebsite
from channels.website.static.records import open_records
from tests.channels.killing import killed_homes
from tests.channels.memory_steps import MemorySteps
from tests.channels.samples import make_article
from tests.channels.test_website import WRITERS, dead_links
from tests.channels.test_website_portal import POLICIES, keep_up, make_portal, publish, text

OLD, NEW = "蜀ICP备10000001号", "蜀ICP备20000002号-1"
ITEMS = 45


def old(home: Path) -> StaticWebsite:
    return make_portal(home, icp_number=OLD)


def new(home: Path, **options: Any) -> StaticWebsite:
    return make_portal(home, icp_number=NEW, theme="red", **options)


def filled(home: Path) -> list[Receipt]:
    """A site with full lists; item 1 was taken back, item 2 marked, and somebody has altered item 3."""
    portal = old(home)
    receipts = [publish(portal, item, column=POLICIES, media=(), html="<p>正文。</p>") for item in range(1, ITEMS + 1)]
    portal.recall(receipts[0], MemorySteps())
    portal.mark(receipts[1], MemorySteps(), Withdrawal("law"))
    altered = portal.site.folder / receipts[2].remote_id
    altered.write_text(text(portal, receipts[2].remote_id).replace("正文", "改动"), encoding="utf-8")
    return receipts


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filled")
    filled(home)
    return home


@pytest.fixture
def home(sites: Path, tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    for name in ("site", "site.records"):
        shutil.copytree(sites / name, tmp_path / "home" / name)
    return tmp_path / "home"


def receipt_of(item: int) -> Receipt:
    return Receipt(f"202611/t20261120_{item}.html", make_article().created_on)


def pages(portal: StaticWebsite) -> dict[str, str]:
    folder = portal.site.folder
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}


def content(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def test_every_page_gets_the_new_frame_and_keeps_what_was_approved(home: Path) -> None:
    before = pages(old(home))
    portal = new(home)
    keep_up(portal)
    after = pages(portal)
    assert [name for name, page in after.items() if (OLD in page) or (NEW not in page)] == [receipt_of(3).remote_id]
    own = [name for name in after if name.startswith("2026")]
    assert [name for name in own if content(before[name]) != content(after[name])] == []
    assert len(own) == ITEMS
    assert [portal.look(receipt_of(item)).is_unchanged for item in (1, 2, 3, 4)] == [None, True, False, True]
    assert portal.look(receipt_of(2)).is_marked
    assert dead_links(portal.site.folder) == []


def test_a_page_in_its_new_frame_is_the_page_that_would_be_written_now(home: Path, tmp_path: Path) -> None:
    portal = new(home)
    keep_up(portal)
    fresh = new(tmp_path / "fresh")
    receipt = publish(fresh, 45, column=POLICIES, media=(), html="<p>正文。</p>")
    number = "008282882/2026-00045"
    assert text(portal, receipt.remote_id) == text(fresh, receipt.remote_id).replace("008282882/2026-00001", number)


def test_a_publication_waits_for_none_of_it_and_passes_in_between(home: Path) -> None:
    portal = new(home)
    receipt = publish(portal, 46)
    assert NEW in text(portal, receipt.remote_id)
    assert all(NEW in text(portal, name) for name in ("index.html", "policies/index.html", "catalogue.html"))
    assert OLD in text(portal, receipt_of(5).remote_id), "that comes with time"
    steps = 0
    while portal.keep_up(seconds=0):
        steps += 1
        if steps == 3:
            portal.recall(publish(portal, 47), MemorySteps())
            product = portal.render(make_article(key="kzj-48-r1", item=48, title="第48条", attachments=()))
            portal.publish(product, MemorySteps())
            assert portal.find(product, MemorySteps()) is not None
    assert steps > ITEMS
    assert [name for name, page in pages(portal).items() if OLD in page] == [receipt_of(3).remote_id]
    assert portal.keep_up(seconds=0) == 0


def test_nothing_is_written_where_nothing_has_changed(home: Path) -> None:
    portal = new(home)
    keep_up(portal)
    before = {path: path.stat().st_ino for path in portal.site.folder.rglob("*") if path.is_file()}
    with open_records(portal.site.records_path) as records, records.transaction():
        records.set_fact("fingerprint", "another")
    assert portal.keep_up(seconds=0)
    keep_up(portal)
    assert {path: path.stat().st_ino for path in portal.site.folder.rglob("*") if path.is_file()} == before


def test_killed_at_any_line_each_page_is_whole_and_it_goes_on(home: Path, tmp_path: Path) -> None:
    def renewed(copy: Path) -> None:
        while new(copy).keep_up(seconds=0.02):
            pass

    for copy in killed_homes(home, tmp_path / "homes", renewed, within=(*WRITERS, "static/renewal.py"), moments=4):
        portal = new(copy)
        assert portal.site.entry(7) is not None
        assert portal.look(receipt_of(7)).is_unchanged
        assert all(page.endswith("</html>\n") for page in pages(portal).values())
        keep_up(portal)
        assert [name for name, page in pages(portal).items() if OLD in page] == [receipt_of(3).remote_id]


HEAD = '<title>第1条 - 旧名</title>\n<meta name="SiteIDCode" content="1">\n'
FRAMES = {
    "of this version": f'{HEAD}TAGS<link rel="icon"><link rel="stylesheet"><main id="content" class="wide">TEXT</main>',
    "of the first one": f'{HEAD}TAGS<link rel="stylesheet"><main id="content" class="wide">TEXT</main>',
}
FRAME = (
    '<title>第1条 - 新名</title><meta name="SiteIDCode" content="2"><link rel="icon">'
    '<main id="content" class="wide"></main>脚'
)


@pytest.mark.parametrize("page", FRAMES.values(), ids=FRAMES)
def test_pages_of_all_versions_can_be_framed_anew(page: str) -> None:
    made = frame.reframed(page.encode(), FRAME.encode()).decode()
    assert frame.title_of(page.encode()) == "第1条"
    assert made == (
        '<title>第1条 - 新名</title><meta name="SiteIDCode" content="2">\nTAGS<link rel="icon">'
        '<main id="content" class="wide">TEXT</main>脚'
    )


@pytest.mark.parametrize("page", ["", "<html></html>", FRAME[:60], FRAME.replace("</main>", "")])
def test_what_is_no_page_of_ours_stays_as_it_is(page: str) -> None:
    assert frame.reframed(page.encode(), FRAME.encode()).decode() == page
