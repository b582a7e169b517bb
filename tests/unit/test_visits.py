"""Visits: pages that people open are counted by day and visitor, each line once, robots left out."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from publisher.cli.figures import figure
from publisher.cli.visiting import visits
from publisher.office import Office
from publisher.reports.figures.entering import Given, enter
from publisher.reports.models import EnteredValue, VisitDay, VisitLog
from publisher.reports.visits import importing, visitors
from publisher.reports.visits.feeding import feed
from publisher.reports.visits.importing import NotCounted, import_log
from publisher.reports.visits.lines import Counting
from publisher.reports.visits.visitors import Visitors

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
SPIDER = "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 27)


def line(
    path: str = "/202611/t20261120_31.html",
    *,
    ip: str = "203.0.113.7",
    at: str = "27/Nov/2026:09:30:00 +0800",
    method: str = "GET",
    status: int = 200,
    browser: str = BROWSER,
) -> str:
    return f'{ip} - - [{at}] "{method} {path} HTTP/1.1" {status} 512 "https://www.example.gov.cn/" "{browser}"\n'


def counted(text: str) -> dict[date, tuple[int, int]]:
    counting = Counting(SHANGHAI, b"key")
    counting.add(text.encode())
    return {day: (one.views, len(Visitors.of(one.visitors))) for day, one in counting.take().items()}


def write(folder: Path, *lines: str, name: str = "access.log") -> Path:
    path = folder / name
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "one",
    [
        line(),
        line("/"),
        line("/dynamics/"),
        line("/dynamics/index_2.html?a=1"),
        line("/news/show.php?id=3"),
        line("/kzj/list.jhtml"),
        line(status=304),
        "www.example.gov.cn:443 " + line(),
        line().rstrip("\n") + ' "10.0.0.1" 0.003\n',
        line(browser=BROWSER + ' \\"x\\"'),
        line("/中文.html"),
    ],
)
def test_a_page_that_somebody_opens_is_a_view(one: str) -> None:
    assert counted(one) == {DAY: (1, 1)}


@pytest.mark.parametrize(
    "one",
    [
        line("/assets/site.css"),
        line("/202611/chart.png"),
        line("/feed.xml"),
        line("/robots.txt"),
        line("/wp-json/wp/v2/posts"),
        line("/?rest_route=/wp/v2/posts"),
        line("/wp-login.php"),
        line(method="POST"),
        line(method="HEAD"),
        line(status=404),
        line(status=301),
        line(browser=SPIDER),
        line(browser="curl/7.88.1"),
        line(browser="-"),
        line(at="31/Feb/2026:09:30:00 +0800"),
        '203.0.113.7 - - [27/Nov/2026:09:30:00 +0800] "\\x16\\x03\\x01" 400 150 "-" "-"\n',
        "no line of a log\n",
        "\n",
    ],
)
def test_what_is_no_page_or_no_person_is_none(one: str) -> None:
    assert counted(one) == {}


def test_a_day_is_one_of_the_offices_and_visitors_are_told_apart_by_address_and_browser() -> None:
    text = "".join(
        [
            line(at="26/Nov/2026:16:30:00 +0000"),
            line(at="26/Nov/2026:15:59:59 +0000"),
            line(at="26/Nov/2026:23:59:59 +0800", ip="203.0.113.8"),
            line(),
            line(ip="2001:db8::1"),
            line(browser=f"{BROWSER} Edg/120.0"),
        ]
    )
    assert counted(text) == {date(2026, 11, 26): (2, 2), DAY: (4, 3)}


@examples(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from([line(), line("/a.css"), line(browser=SPIDER), "x\n"]), max_size=30), st.integers(1, 99)
)
def test_where_a_log_is_cut_does_not_matter(lines: list[str], size: int) -> None:
    text = "".join(lines).encode()
    pieces = (text[begin : begin + size] for begin in range(0, len(text), size))
    counting = Counting(SHANGHAI, b"key")
    for piece in importing.whole_lines(pieces, longest=500):
        counting.add(piece)
    assert (counting.lines, sum(day.views for day in counting.days.values())) == (len(lines), lines.count(line()))


def of(numbers: Iterable[int]) -> Visitors:
    return Visitors.of(b"".join(hashlib.blake2b(str(one).encode(), digest_size=8).digest() for one in numbers))


def test_visitors_are_counted_exactly_and_very_many_nearly_in_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = of(range(100)), of(range(50, 60_000))
    assert (len(few), len(many), len(few.merged(many))) == (100, 59_950, 60_000)
    assert Visitors(few.merged(many).kept()).kept() == many.merged(few).kept()
    monkeypatch.setattr(visitors, "EXACT", 50_000)
    both = few.merged(many)
    assert both.is_exact is False
    assert abs(len(both) - 60_000) < 60_000 * 0.03
    assert len(both.kept()) == visitors.REGISTERS + 1
    assert both.kept() == few.sketched().merged(many.sketched()).kept() == Visitors(both.kept()).merged(few).kept()
    assert [len(Visitors().sketched()), len(few.sketched())] == [0, 100]


@pytest.mark.django_db
def test_where_there_are_too_many_visitors_it_says_so(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "EXACT", 1000)
    first = [line(ip=f"10.0.{number >> 8}.{number & 255}") for number in range(900)]
    import_log(office, "portal", write(tmp_path, *first), by="t")
    assert VisitDay.objects.values_list("visitors", "is_exact").get() == (900, True)
    more = [line(ip=f"10.9.{number >> 8}.{number & 255}") for number in range(900)]
    import_log(office, "portal", write(tmp_path, *more, name="more.log"), by="t")
    counted, is_exact = VisitDay.objects.values_list("visitors", "is_exact").get()
    assert (abs(counted - 1800) < 60, is_exact) == (True, False)
    shown = json.loads(CliRunner().invoke(visits, ["list", "2026", "--json"]).stdout)
    assert (shown["visitors"], shown["estimated"]) == (counted, 1)
    assert "估计" in CliRunner().invoke(visits, ["list", "2026"]).output
    (given,) = [value for value in feed(office, 2026, by="t") if value.key == "site_visitors"]
    assert "估计" in given.note


@pytest.mark.django_db
def test_who_the_visitors_were_is_forgotten_and_how_many_is_not(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LITTLE", 800)
    old = [line(ip=f"10.0.0.{number}", at="01/Sep/2026:09:30:00 +0800") for number in range(150)]
    path = write(tmp_path, *old)
    import_log(office, "portal", path, by="t")
    assert len(VisitDay.objects.get().visitors_seen) == 1 + 8 * 150
    with path.open("a") as file:
        file.write(line())
    import_log(office, "portal", path, by="t")
    september = VisitDay.objects.get(day=date(2026, 9, 1))
    assert (september.visitors, september.is_exact) == (150, True)
    assert Visitors(bytes(september.visitors_seen)).is_exact is False
    late = write(tmp_path, old[0], line(ip="10.7.0.1", at="01/Sep/2026:10:30:00 +0800"), name="late.log")
    import_log(office, "portal", late, by="t")
    september.refresh_from_db()
    assert (september.views, september.visitors, september.is_exact) == (152, 151, False)


@pytest.mark.django_db
def test_a_file_without_lines_is_refused_before_it_fills_the_memory(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    with path.open("wb") as file:
        file.truncate(2**36)
    with pytest.raises(NotCounted, match="megabyte"):
        import_log(office, "portal", path, by="t")


@pytest.mark.django_db
def test_each_line_is_counted_once_however_often_the_log_comes(office: Office, tmp_path: Path) -> None:
    path = write(tmp_path, line(), line(ip="203.0.113.8"), line()[:40])
    assert sum(import_log(office, "portal", path, by="t").views.values()) == 2
    assert sum(import_log(office, "portal", path, by="t").views.values()) == 0
    with path.open("a") as file:
        file.write(line()[40:] + line(ip="203.0.113.9") + line(at="28/Nov/2026:09:30:00 +0800"))
    assert sum(import_log(office, "portal", path, by="t").views.values()) == 3
    packed = tmp_path / "access.log.2.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert import_log(office, "portal", packed, by="t").lines == 0
    rows = VisitDay.objects.order_by("day").values_list("site", "views", "visitors")
    assert list(rows) == [("portal", 4, 3), ("portal", 1, 1)]
    assert VisitLog.objects.get().lines == 5


@pytest.mark.django_db
def test_a_long_log_is_known_again_when_it_has_grown(office: Office, tmp_path: Path) -> None:
    path = write(tmp_path, *(line(ip=f"203.0.113.{number}") for number in range(100)))
    import_log(office, "portal", path, by="t")
    with path.open("a") as file:
        file.write(line())
    assert import_log(office, "portal", path, by="t").lines == 1
    other = write(tmp_path, line(at="29/Nov/2026:09:30:00 +0800"), name="other.log")
    assert import_log(office, "portal", other, by="t").lines == 1
    assert VisitLog.objects.count() == 2


@pytest.mark.django_db
def test_killed_on_the_way_it_goes_on_where_it_was(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PIECE", 1000)
    monkeypatch.setattr(importing, "KEPT_EVERY", 2000)
    path = write(tmp_path, *(line(ip=f"203.0.113.{number % 50}") for number in range(100)))
    keep, times = importing._keep, []

    def killed(*arguments: object) -> None:
        times.append(1)
        if len(times) == 4:
            raise KeyboardInterrupt
        keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "_keep", killed)
    with pytest.raises(KeyboardInterrupt):
        import_log(office, "portal", path, by="t")
    assert 0 < VisitDay.objects.get().views < 100
    import_log(office, "portal", path, by="t")
    assert VisitDay.objects.values_list("views", "visitors").get() == (100, 50)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[office]\nname = 1\n" * 50, "combined"),
        (gzip.compress(line().encode() * 500)[:-20], "damaged"),
    ],
    ids=["another file", "half a gz"],
)
def test_what_is_no_log_is_refused(office: Office, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(content)
    with pytest.raises(NotCounted, match=said):
        import_log(office, "portal", path, by="t")


@pytest.mark.django_db
def test_a_log_that_was_changed_behind_its_beginning_is_refused(office: Office, tmp_path: Path) -> None:
    path = write(tmp_path, line(), line(ip="203.0.113.8"))
    import_log(office, "portal", path, by="t")
    VisitLog.objects.update(head=importing._digest(line().encode()), head_length=len(line()))
    write(tmp_path, line(), line(ip="203.0.113.9"))
    with pytest.raises(NotCounted, match="other lines"):
        import_log(office, "portal", path, by="t")


@pytest.mark.django_db
def test_the_year_gets_its_figures_and_a_persons_word_stands(office: Office, tmp_path: Path) -> None:
    path = write(tmp_path, line(), line(ip="203.0.113.8"))
    done = CliRunner().invoke(visits, ["import", str(path), "--json"])
    document = json.loads(done.stdout)
    assert (done.exit_code, document["logs"][0]["days"]) == (0, {"2026-11-27": 2})
    figures = {one["key"]: one["value"] for one in document["figures"]}
    assert (figures["site_visits"], figures["site_visitors"]) == ("2", "2")
    shown = json.loads(CliRunner().invoke(figure, ["show", "2026", "site_visits", "--json"]).stdout)
    assert shown["number"] == "2"
    assert feed(office, 2026, by="t") == []
    enter(office, 2026, Given("site_visits", "500", source="运维报告"), by="t")
    with path.open("a") as file:
        file.write(line())
    done = CliRunner().invoke(visits, ["import", str(path)])
    assert done.exit_code == 0
    newest = EnteredValue.objects.filter(key="site_visits").order_by("-seq")[0]
    assert newest.value == "500"
    listed = json.loads(CliRunner().invoke(visits, ["list", "2026", "--days", "--json"]).stdout)
    assert (listed["views"], listed["visitors"], listed["rows"][0]["day"]) == (3, 2, "2026-11-27")
    assert CliRunner().invoke(visits, ["import", str(tmp_path / "none.log")]).exit_code == 2
    assert CliRunner().invoke(visits, ["import", str(path), "--site", "wechat"]).exit_code == 2


@pytest.mark.django_db
def test_a_form_may_be_about_one_of_several_websites(office: Office, settings: Settings, tmp_path: Path) -> None:
    folder = Path(settings.PUBLISHER_CONFIG).parent / "forms"
    folder.mkdir()
    change = 'extends = "website-annual"\n[[figures]]\nkey = "site_visits"\nchannels = ["portal"]\n'
    (folder / "own.toml").write_text(change, encoding="utf-8")
    import_log(office, "portal", write(tmp_path, line(), line()), by="t")
    import_log(office, "science", write(tmp_path, line(), name="science.log"), by="t")
    entered = {value.key: value.value for value in feed(office, 2026, by="t")}
    assert (entered["site_visits"], entered["site_visitors"]) == ("2", "2")
    assert feed(office, 2026, by="t") == []
