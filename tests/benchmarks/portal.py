"""What publishing one more item costs a website that has many: time, files and bytes."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch
from zoneinfo import ZoneInfo

from channels.base import Article, Column, Place
from channels.website.static.change import Change
from channels.website.static.channel import StaticOptions, StaticWebsite
from channels.website.static.index import BLOCK, JOIN, PART, Index, Progress, fold, script
from channels.website.static.records import Entry, open_records
from tests.benchmarks.figures import Curve, Figure, Section
from tests.benchmarks.stage import Plan
from tests.channels.memory_steps import MemorySteps

SIZES = (100, 1_000, 10_000, 100_000)
QUICK_SIZES = (100, 1_000)
ROUNDS, QUICK_ROUNDS = 20, 5
FIRST, DAYS = datetime(2017, 1, 1, 1, tzinfo=UTC), 3600
"""The items of a site are spread over ten years."""

COLUMNS = tuple(Column(f"column-{number}", f"栏目{number}", "政务动态") for number in range(8))
ZONE = ZoneInfo("Asia/Shanghai")
CHARACTERS = [chr(0x4E00 + number) for number in range(2500)]
WEIGHTS = [1 / (place + 5) for place in range(len(CHARACTERS))]

NOTE = """\
A site of finished pages with eight columns, ten years of items, 900 characters each. One more is published on each site
in turn, {rounds} rounds: its page, the lists, home page, catalogue, feeds, maps and the full-text index, every file on
the disk before it is called out. Every {part} items a publication closes a part of the index as well, and of {joined}
items some thirty publications each join a part of the parts: what that costs stands below. Items that are there already
are put into the records in bulk."""


def measure(plan: Plan, folder: Path) -> Section:
    sizes = QUICK_SIZES if plan.quick else SIZES
    rounds = plan.of(ROUNDS, QUICK_ROUNDS)
    chance = random.Random(plan.seed)
    sites = {size: _filled(folder / str(size), size, chance) for size in sizes}
    took: dict[int, list[float]] = {size: [] for size in sizes}
    written: dict[int, tuple[int, int]] = {}
    for turn in range(rounds):
        for size, site in sites.items():
            before = _files(site.site.folder) if turn == rounds - 1 else {}
            took[size].append(_publish(site, size + 1 + turn, chance))
            if before:
                written[size] = _difference(before, _files(site.site.folder))
    figures = [
        Figure(f"files one publication writes, {size:,} items", files, detail=f"{written_bytes / 1000:.0f} kB")
        for size, (files, written_bytes) in written.items()
    ]
    figures += _closing(folder / "index", chance)
    curve = Curve("one more item", {size: median(times) for size, times in took.items()})
    note = NOTE.format(rounds=rounds, part=PART, joined=PART * JOIN)
    return Section("Website", note, figures, [curve])


def _filled(home: Path, size: int, chance: random.Random) -> StaticWebsite:
    """A site on which ``size`` items stand already."""
    options = StaticOptions(base_url="https://www.example.gov.cn/", organ_code="008282882")
    site = StaticWebsite("portal", options, Place(home, "市科学技术局", "5104000000", columns=COLUMNS))
    site.site.records_path.parent.mkdir(parents=True)
    with _fast_disk():
        _write_texts(site.site.folder, size, chance)
        with open_records(site.site.records_path) as records, records.transaction():
            for number in range(1, size + 1):
                entry = _entry(number, size)
                records.keep(entry)
                records.set_fact(f"month:{entry.published_at.astimezone(ZONE):%Y%m}", "")
            records.set_fact("index", json.dumps(asdict(_progress(size))))
        # The first publication begins every list.
        _publish(site, size * 10, chance)
        while site.keep_up(seconds=9):
            pass
    return site


def _entry(number: int, size: int) -> Entry:
    at = FIRST + timedelta(days=number * DAYS / size)
    return Entry(
        item=number,
        revision=1,
        digest=f"{number:064x}",
        title=f"关于开展第{number}项科技计划项目申报工作的通知",
        summary="为做好科技计划项目申报工作，现将有关事项通知如下。" * 3,
        column_key=COLUMNS[number % len(COLUMNS)].key,
        path=f"{at:%Y%m}/t{at:%Y%m%d}_{number}.html",
        published_at=at,
        page_sha256="",
        number=number,
        details={
            "organ": "市科学技术局",
            "made_on": f"{at:%Y-%m-%d}",
            "index_number": f"008282882/{at:%Y}-{number:05}",
        },
    )


def _progress(size: int) -> Progress:
    closed = max(0, (size - PART // 2) // PART)
    return Progress(closed, closed // JOIN)


def _write_texts(folder: Path, size: int, chance: random.Random) -> None:
    """The texts of all items; the parts made of them are not read when one more comes."""
    (folder / "assets/search").mkdir(parents=True)
    texts = [fold(_text(chance)) for _ in range(500)]
    for block in range(size // BLOCK + 1):
        numbers = range(max(1, block * BLOCK), min(size, block * BLOCK + BLOCK - 1) + 1)
        content = {str(number): [f"第{number}项", texts[number % len(texts)]] for number in numbers}
        (folder / f"assets/search/t{block}.js").write_bytes(script(f"t{block}", content))


class Folder(Change):
    """Files written at once."""

    def put(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)


def _closing(folder: Path, chance: random.Random) -> list[Figure]:
    """What goes on in the index costs the publication that does it, at most."""
    last = PART * JOIN + PART
    _write_texts(folder, last, chance)
    index = Index(Folder(folder), Progress())
    slowest = {"closes a part": 0.0, "joins some of the parts": 0.0}
    while not index.progress.joined:
        name = "closes a part" if index.progress.closed < JOIN else "joins some of the parts"
        begun = time.perf_counter()
        index.go_on(last)
        slowest[name] = max(slowest[name], time.perf_counter() - begun)
    return [Figure(f"slowest publication that {name}", seconds, "s") for name, seconds in slowest.items()]


def _publish(site: StaticWebsite, item: int, chance: random.Random) -> float:
    """Milliseconds until a new item of today is out."""
    now = datetime.now(ZONE)
    article = Article(
        key=f"bench-{item}-r1",
        item=item,
        revision=1,
        title=f"关于第{item}批科技型中小企业入库的公告",
        html=f"<p>{_text(chance)}</p>",
        column=COLUMNS[item % len(COLUMNS)],
        created_on=now,
        office_name="市科学技术局",
    )
    product = site.render(article)
    begun = time.perf_counter()
    site.publish(product, MemorySteps())
    return (time.perf_counter() - begun) * 1000


def _text(chance: random.Random) -> str:
    return "".join(chance.choices(CHARACTERS, WEIGHTS, k=900))


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Path → inode and size of every file."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            status = Path(path, name).stat()
            found[f"{path}/{name}"] = (status.st_ino, status.st_size)
    return found


def _difference(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> tuple[int, int]:
    changed = [size for path, (inode, size) in after.items() if before.get(path, (0, 0))[0] != inode]
    return len(changed), sum(changed)


@contextmanager
def _fast_disk() -> Iterator[None]:
    """Nothing waits for the disk: what is only a preparation."""
    with patch("os.fsync", lambda _: None):
        yield
