"""Reading back what an office's old website shows."""

from __future__ import annotations

import json
import re
import socket
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.base import Channel, Column, Past, PastPage, Place
from channels.errors import ChannelUnavailable, ConfigurationError, PersonNeeded, SettingRefused
from channels.website.dates import read_by_pattern, read_day
from channels.website.fetching import decode
from channels.website.past_options import PastSite
from channels.website.static.channel import StaticWebsite
from tests.channels.old_site import (
    NEWS,
    NOTICES,
    POLICIES,
    ROWS,
    SCRIPTED,
    OldSite,
    Published,
    Reply,
    go,
    html,
    published,
    served,
)

COLUMNS = tuple(Column(key, key, "政务动态") for key in ("dynamics", "notices", "policies", "annual-reports"))
LAST = date(2018, 2, 10)


@pytest.fixture
def site() -> Iterator[OldSite]:
    with served(OldSite()) as running:
        yield running


def channel(site: OldSite, *lists: dict[str, Any], **shared: Any) -> Channel:
    past = {"site": site.url, "pause_s": 0, **shared, "lists": [dict(table) for table in lists]}
    options = StaticWebsite.Options.model_validate({"base_url": "https://www.example.gov.cn/", "past": past})
    assert isinstance(options, StaticWebsite.Options)
    return StaticWebsite("portal", options, Place(Path("/nowhere"), "科知局", columns=COLUMNS))


def read(
    reader: Channel, year: int = 2017, *, after: str = "", is_known: Callable[[str], bool] = lambda _: False
) -> list[PastPage]:
    return list(reader.past(year, after=after, is_known=is_known))


def of_year(pages: list[PastPage], year: int = 2017) -> list[Past]:
    return [entry for page in pages for entry in page.entries if entry.published_on.year == year]


def gaps(pages: list[PastPage]) -> list[str]:
    return [str(gap) for page in pages for gap in page.gaps]


def wanted(items: list[Published], year: int = 2017) -> list[tuple[str, date]]:
    return [(item.title, item.day) for item in items if item.day.year == year]


def found(pages: list[PastPage], year: int = 2017) -> list[tuple[str, date]]:
    return [(entry.title, entry.published_on) for entry in of_year(pages, year)]


STYLES = {
    "numbered pages in an old encoding": (OldSite.add_news, NEWS),
    "a program that repeats its last page": (OldSite.add_notices, NOTICES),
    "a link to the next page and days on the articles": (OldSite.add_policies, POLICIES),
    "rows in a script, days in the addresses": (OldSite.add_scripted, SCRIPTED),
}


@pytest.mark.parametrize(("add", "table"), STYLES.values(), ids=STYLES)
def test_each_style_of_list_is_read_whole_and_in_full(site: OldSite, add: Any, table: dict[str, Any]) -> None:
    items = published(90, LAST, step_days=5)
    add(site, items)
    pages = read(channel(site, table))
    assert sorted(found(pages)) == sorted(wanted(items))
    assert len(wanted(items)) == 73
    assert gaps(pages) == []
    assert [left for page in pages for left in page.left_out] == []
    entry = of_year(pages)[0]
    assert (entry.column, entry.evidence.value, entry.source) == (table["column"], "E2", "")
    assert entry.url.startswith(site.url)
    assert site.answer(entry.url.removeprefix(site.url.rstrip("/"))).status == 200 or table is not NEWS


def test_a_list_that_begins_with_the_newest_is_left_behind_its_year(site: OldSite) -> None:
    items = published(400, LAST, step_days=5)
    site.add_news(items)
    pages = read(channel(site, NEWS))
    assert sorted(found(pages)) == sorted(wanted(items))
    # The notice on top of every page is the oldest of all and does not mislead.
    assert site.calls["/gzdt/index_5.html"] == 1
    assert site.calls["/gzdt/index_6.html"] == 0
    everything = read(channel(site, {**NEWS, "newest_first": False}))
    assert len(found(everything, 2013)) == len(wanted(items, 2013)) > 0


def test_each_step_is_one_call_and_tells_how_long_to_wait(site: OldSite) -> None:
    site.add_policies(published(25, LAST))
    site.robots = "User-agent: *\nCrawl-delay: 7\nDisallow: /admin/"
    pages = channel(site, POLICIES, pause_s=2).past(2017, after="", is_known=lambda _: False)
    for number, page in enumerate(pages, start=1):
        assert site.calls.total() == number
        assert page.pause_s == 7
    assert site.calls.total() == 1 + 2 + 25


def test_what_is_known_is_not_asked_for_again(site: OldSite) -> None:
    items = published(25, LAST)
    site.add_policies(items)
    pages = read(channel(site, POLICIES), is_known=lambda url: not url.endswith("/9.htm"))
    assert sum(page.known for page in pages) == 24
    assert [entry.url for page in pages for entry in page.entries] == [f"{site.url}zcwj/9.htm"]


def test_a_broken_page_is_asked_for_again_and_told_only_if_it_stays_broken(site: OldSite) -> None:
    items = published(100, LAST, step_days=3)
    site.add_news(items)
    site.troubles["/gzdt/index_1.html"] = [Reply(b"<h1>500</h1>", 500)]
    once = read(channel(site, NEWS))
    assert sorted(found(once)) == sorted(wanted(items))
    assert gaps(once) == []
    site.troubles["/gzdt/index_1.html"] = [Reply(b"<h1>500</h1>", 500), Reply(b"", 200)]
    twice = read(channel(site, NEWS))
    assert gaps(twice) == [f"{site.url}gzdt/index_1.html shows no rows."]
    # The row that the next page repeats is there all the same.
    assert len(found(twice)) == len(wanted(items)) - ROWS + 1


@pytest.mark.parametrize("times", [1, 2])
def test_two_broken_pages_are_not_the_end_of_a_list(site: OldSite, times: int) -> None:
    items = published(100, LAST, step_days=3)
    site.add_news(items)
    broken = [Reply(b"", 500)] * times
    site.troubles = {"/gzdt/index_1.html": [Reply(b"", 500)], "/gzdt/index_2.html": broken.copy()}
    pages = read(channel(site, NEWS))
    assert bool(gaps(pages)) == (times == 2)
    if times == 1:
        assert sorted(found(pages)) == sorted(wanted(items))


def test_an_empty_page_before_a_broken_one_is_no_end_either(site: OldSite) -> None:
    items = published(100, LAST, step_days=3)
    site.add_news(items)
    site.troubles = {"/gzdt/index_1.html": [Reply(b"")] * 2, "/gzdt/index_2.html": [Reply(b"", 500)]}
    pages = read(channel(site, NEWS))
    assert gaps(pages) == [f"{site.url}gzdt/index_1.html shows no rows."]
    assert len(found(pages)) == len(wanted(items)) - ROWS + 1


@pytest.fixture(scope="module")
def troubled() -> Iterator[OldSite]:
    """A list of six pages of one year."""
    with served(OldSite()) as running:
        running.add_news(published(6 * ROWS - 1, date(2017, 12, 30), step_days=2))
        yield running


@settings(max_examples=40)
@given(
    broken=st.dictionaries(st.integers(1, 5), st.integers(1, 3)),
    empty=st.tuples(st.integers(1, 5), st.integers(0, 3)),
    stop=st.integers(1, 12),
)
def test_whatever_fails_and_wherever_it_is_broken_off_nothing_is_missing_in_silence(
    troubled: OldSite, broken: dict[int, int], empty: tuple[int, int], stop: int
) -> None:
    """Broken pages may follow one another; two empty ones would be the end of a list."""
    troubled.troubles = {f"/gzdt/index_{number}.html": [Reply(b"", 500)] * times for number, times in broken.items()}
    troubled.troubles.setdefault(f"/gzdt/index_{empty[0]}.html", [Reply(b"")] * empty[1])
    reader = channel(troubled, NEWS)
    first = list(islice(reader.past(2017, after="", is_known=lambda _: False), stop))
    rest = read(reader, after=first[-1].after)
    items = wanted(published(6 * ROWS - 1, date(2017, 12, 30), step_days=2))
    taken = {*found(first), *found(rest)}
    assert taken <= set(items)
    assert taken == set(items) or gaps([*first, *rest])


def test_an_article_that_fails_once_is_asked_again(site: OldSite) -> None:
    items = published(3, LAST, step_days=10)
    site.add_policies(items)
    site.troubles[f"/zcwj/{items[1].number}.htm"] = [Reply(b"", 500)]
    pages = read(channel(site, POLICIES), 2018)
    assert sorted(found(pages, 2018)) == sorted(wanted(items, 2018))
    assert [left for page in pages for left in page.left_out] == []


def test_an_article_that_cannot_be_read_is_left_out_and_named(site: OldSite) -> None:
    items = published(3, LAST, step_days=10)
    site.add_policies(items)
    del site.pages[f"/zcwj/{items[1].number}.htm"]
    pages = read(channel(site, POLICIES), 2018)
    assert len(of_year(pages, 2018)) == 2
    (left,) = [left for page in pages for left in page.left_out]
    assert (left.title, left.where) == (items[1].shown, f"{site.url}zcwj/p1.htm")
    assert str(left.text) == f"{site.url}zcwj/{items[1].number}.htm cannot be read (status 404)."


def test_reading_goes_on_behind_the_page_where_it_ended(site: OldSite) -> None:
    news, notices = published(60, LAST, step_days=5), published(50, LAST, step_days=5, first_number=500)
    site.add_news(news)
    site.add_notices(notices)
    reader = channel(site, NEWS, NOTICES)
    whole = found(read(reader))
    for stop in range(1, 9):
        first: list[PastPage] = []
        for page in reader.past(2017, after="", is_known=lambda _: False):
            first.append(page)
            if len(first) == stop:
                break
        rest = read(reader, after=first[-1].after)
        assert set(found(first)) | set(found(rest)) == set(whole)
    site.calls.clear()
    read(reader, after=first[-1].after)
    assert site.calls["/gzdt/index.html"] == 0


def test_a_failed_page_is_not_forgotten_by_who_goes_on(site: OldSite) -> None:
    items = published(100, LAST, step_days=3)
    site.add_news(items)
    site.troubles["/gzdt/index_1.html"] = [Reply(b"", 500)]
    reader = channel(site, NEWS)
    first = []
    for page in reader.past(2017, after="", is_known=lambda _: False):
        first.append(page)
        if site.calls["/gzdt/index_3.html"]:
            break
    assert len(json.loads(first[-1].after)["again"]) == 1
    rest = read(reader, after=first[-1].after)
    assert set(found(first)) | set(found(rest)) == set(wanted(items))


def test_a_cursor_of_a_list_that_is_no_longer_configured_begins_anew(site: OldSite) -> None:
    items = published(30, LAST)
    site.add_news(items)
    for after in ("nonsense", '{"list": "x", "page": 1, "url": "http://x/", "again": []}', "[]"):
        assert len(found(read(channel(site, NEWS), 2018, after=after), 2018)) == 30


def test_a_site_that_is_down_is_no_end_of_a_list(site: OldSite) -> None:
    site.add_news(published(60, LAST))
    reader = channel(site, {**NEWS, "own_site": True})
    pages = reader.past(2017, after="", is_known=lambda _: False)
    next(pages)
    site.troubles = {f"/gzdt/index_{number}.html": [Reply(b"", 503)] for number in (1, 2)}
    with pytest.raises(ChannelUnavailable, match="asks to wait") as caught:
        next(pages)
    assert caught.value.retry_after_s == 60
    dead = channel(OldSite(url="http://127.0.0.1:9/"), NEWS)
    with pytest.raises(ChannelUnavailable, match="cannot be reached"):
        read(dead)


def test_robots_txt_is_honoured_except_on_the_offices_own_site(site: OldSite) -> None:
    items = published(5, LAST)
    site.add_news(items)
    site.robots = "User-agent: *\nDisallow: /gzdt/\n"
    refused = read(channel(site, NEWS))
    assert gaps(refused) == [f"{site.url}gzdt/index.html may not be read by programs, says the robots.txt of the site."]
    assert site.calls == {"/robots.txt": 1}
    assert len(found(read(channel(site, {**NEWS, "own_site": True})), 2018)) == 5
    assert site.calls["/robots.txt"] == 1
    site.robots = ""
    assert len(found(read(channel(site, NEWS)), 2018)) == 5


@pytest.mark.parametrize("trouble", [Reply(b"", 500), Reply(b"", 503)], ids=["broken", "busy"])
def test_a_robots_txt_that_cannot_be_had_allows_nothing(site: OldSite, trouble: Reply) -> None:
    site.add_news(published(5, LAST))
    site.troubles["/robots.txt"] = [trouble]
    with pytest.raises(ChannelUnavailable):
        read(channel(site, NEWS))
    assert set(site.calls) == {"/robots.txt"}


def test_it_stays_on_one_host_and_outside_the_internal_network(site: OldSite) -> None:
    items = published(5, LAST)
    site.add_news(items)
    with served(OldSite()) as other:
        other.add_news(items)
        site.pages["/gzdt/index.html"] = lambda _: go(f"{other.url}gzdt/index.html")
        assert "leads to another host" in gaps(read(channel(site, NEWS)))[0]
        assert other.calls.total() == 0
        site.pages["/old/"] = lambda _: go("/gzdt/index_0.html")
        site.add_news(items)
        site.pages["/gzdt/index_0.html"] = site.pages["/gzdt/index.html"]
        moved = read(channel(site, {**NEWS, "url": "old/", "first_url": ""}))
        assert [entry.url for entry in of_year(moved, 2018)] == [
            f"{site.url}gzdt/{item.path}" for item in [items[-1], *items[:-1]]
        ]


def test_a_site_that_moved_to_https_is_asked_there(site: OldSite) -> None:
    site.pages["/gzdt/index.html"] = lambda _: go(f"{site.url.replace('http:', 'https:')}gzdt/index.html")
    # Nobody speaks TLS here: it was asked, not sent in circles.
    with pytest.raises(ChannelUnavailable, match="127"):
        read(channel(site, NEWS))
    assert site.calls == {"/robots.txt": 1, "/gzdt/index.html": 1}


def test_an_address_that_leads_in_circles_is_told(site: OldSite) -> None:
    site.pages["/gzdt/index.html"] = lambda _: go("/gzdt/index.html")
    assert "without end" in gaps(read(channel(site, NEWS)))[0]


def test_a_name_that_leads_inside_is_not_asked_unless_the_office_says_so(
    site: OldSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of the public internet with an address of this machine, as a forged name server would tell it."""
    real = socket.getaddrinfo

    def forged(host: str, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host == "www.example.gov.cn" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", forged)
    site.add_news(published(5, LAST))
    table = {**NEWS, "site": site.url.replace("127.0.0.1", "www.example.gov.cn")}
    with pytest.raises(PersonNeeded, match=r"internal address 127\.0\.0\.1"):
        read(channel(site, table))
    assert site.calls.total() == 0
    assert len(found(read(channel(site, {**table, "internal": True})), 2018)) == 5


def test_links_that_lead_elsewhere_are_taken_as_taken_over_and_never_followed(site: OldSite) -> None:
    rows = (
        '<ul class="list"><li><span>2017-05-01</span><a href="http://www.gov.cn/zhengce/1.htm">国务院文件</a></li>'
        '<li><span>2017-05-02</span><a href="javascript:void(0)" onclick="show(1)">只有脚本</a></li>'
        '<li><a href="x.html">没有日期</a></li><li><span>2017-05-03</span><a href="z.html"><img></a></li>'
        '<li><span>2017-02-30</span><a href="y.html">不存在的日子</a></li></ul>'
    )
    site.pages["/gzdt/index.html"] = lambda _: html(rows)
    pages = read(channel(site, NEWS))
    (entry,) = of_year(pages)
    assert (entry.title, entry.source) == ("国务院文件", "www.gov.cn")
    assert [(left.title, str(left.text)) for page in pages for left in page.left_out] == [
        ("只有脚本", "The row has no link to a page."),
        ("没有日期", "Neither the list nor the page says the day."),
        ("", "Neither the list nor the page says the title."),
        ("不存在的日子", "Neither the list nor the page says the day."),
    ]


def test_a_list_has_a_last_page(site: OldSite) -> None:
    def endless(query: dict[str, list[str]]) -> Reply:
        number = query["page"][0]
        return html(f'<ul class="list"><li><span>2017-05-01</span><a href="{number}.html">第{number}页</a></li></ul>')

    site.pages["/endless"] = endless
    pages = read(channel(site, {**NEWS, "url": "endless?page={page}", "first_url": "", "max_pages": 5}))
    assert len(of_year(pages)) == 5
    assert gaps(pages) == ["The list endless?page={page} has more than 5 pages: raise max_pages."]


def test_a_list_that_is_not_there_or_looks_otherwise_is_told(site: OldSite) -> None:
    assert gaps(read(channel(site, NEWS))) == [f"{site.url}gzdt/index.html cannot be read (status 404)."]
    site.add_news(published(5, LAST))
    other = read(channel(site, {**NEWS, "row": "div.news li"}))
    assert gaps(other) == [f"{site.url}gzdt/index.html shows no rows."]


def test_days_in_two_places_are_read_by_a_pattern(site: OldSite) -> None:
    rows = '<ul class="list"><li><span><b>12</b><i>2017-03</i></span><a href="a.html">三月的一天</a></li></ul>'
    site.pages["/gzdt/index.html"] = lambda _: html(rows)
    table = {**NEWS, "date_pattern": r"(?P<day>\d+)\s*(?P<year>\d{4})-(?P<month>\d+)"}
    assert found(read(channel(site, table))) == [("三月的一天", date(2017, 3, 12))]


PAGES = {
    "a small set claimed, a large one used": ("釩鈦镕".encode("gb18030"), "", "gb2312", "釩鈦镕"),
    "nothing claimed": ("攀枝花".encode("gbk"), "", "", "攀枝花"),
    "wrong claim": ("攀枝花".encode(), "gbk", "gb2312", "攀枝花"),
    "a Latin set claimed by the server": ("攀枝花".encode("gbk"), "ISO-8859-1", "gb2312", "攀枝花"),
    "Traditional": ("釩鈦之都".encode("big5"), "big5", "big5", "釩鈦之都"),
    "a title cut within a character": ("攀枝花".encode()[:-1], "", "utf-8", "攀枝�"),
}


@pytest.mark.parametrize(("body", "told", "claim", "text"), PAGES.values(), ids=PAGES)
def test_pages_are_read_in_the_encoding_they_are_in(body: bytes, told: str, claim: str, text: str) -> None:
    head = f'<meta charset="{claim}">'.encode() if claim else b""
    assert decode(head + body, told=told).endswith(text)


WRONG = {
    "no lists": {"lists": []},
    "no row": {"lists": [{"column": "dynamics", "url": "a.html"}]},
    "no CSS": {"lists": [{"column": "dynamics", "url": "a.html", "row": "li["}]},
    "no pattern": {"lists": [{"column": "dynamics", "url": "a.html", "row": "li", "date_pattern": r"(\d+)"}]},
    "no such encoding": {"encoding": "gb9999", "lists": [{"column": "dynamics", "url": "a.html", "row": "li"}]},
    "two ways on": {"lists": [{"column": "dynamics", "url": "a{page}.html", "row": "li", "next": "a"}]},
    "no address": {"site": "ftp://x/", "lists": [{"column": "dynamics", "url": "a.html", "row": "li"}]},
    "unknown setting": {"rows": "li", "lists": [{"column": "dynamics", "url": "a.html", "row": "li"}]},
}


@pytest.mark.parametrize("table", WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_named(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        PastSite.model_validate(table)
    (error,) = caught.value.errors()
    refused = error.get("ctx", {}).get("error")
    assert isinstance(refused, SettingRefused) or error["type"] in {"missing", "too_short", "extra_forbidden"}


def test_the_example_in_the_model_configuration_is_right() -> None:
    text = (Path(__file__).parents[2] / "config" / "office.toml").read_text(encoding="utf-8")
    example = text[text.index("# [channels.portal.past]") : text.index("# Also: title")]
    table = tomllib.loads("\n".join(line.removeprefix("#").strip() for line in example.splitlines()))
    first, second = PastSite.model_validate(table["channels"]["portal"]["past"]).lists
    assert (first.first_url, first.date, second.row, second.article_date) == (
        *("gzdt/index.html", "span", "ul.list li", ".info"),
    )


def test_a_list_names_a_column_of_the_office(site: OldSite) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        channel(site, {**NEWS, "column": "nowhere"})


def test_without_the_table_a_website_cannot_look_back() -> None:
    options = StaticWebsite.Options.model_validate({"base_url": "https://www.example.gov.cn/"})
    plain = StaticWebsite("portal", options, Place(Path("/nowhere")))  # type: ignore[arg-type]
    assert not plain.capabilities.past
    with pytest.raises(TypeError):
        plain.past(2017, after="", is_known=lambda _: False)


days = st.dates(date(1990, 1, 1), date(2099, 12, 31))
around = st.text(st.characters(exclude_categories=("Nd", "Nl", "No", "Cs")), max_size=8).filter(
    lambda text: not set(text) & set("年月日-/.零一二三四五六七八九十〇○")
)
FORMS: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.year}.{day.month}.{day.day}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day.year} 年 {day.month:02} 月 {day.day:02} 日",
    lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day:%Y-%m-%d} 08:30:00",
    lambda day: f"{day:%Y-%m-%d}T08:30:00+08:00",
    lambda day: "".join(chr(ord(sign) + 0xFEE0) for sign in f"{day:%Y-%m-%d}"),
    lambda day: chinese(day),
)


def chinese(day: date) -> str:
    digits = "〇一二三四五六七八九"

    def counted(number: int) -> str:
        tens, ones = divmod(number, 10)
        return ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (digits[ones] if ones else "")

    return f"{''.join(digits[int(sign)] for sign in str(day.year))}年{counted(day.month)}月{counted(day.day)}日"


@given(day=days, form=st.sampled_from(FORMS), before=around, behind=around)
@example(day=date(2017, 12, 31), form=chinese, before="发布时间：", behind="")
def test_a_day_is_read_however_it_is_written(day: date, form: Any, before: str, behind: str) -> None:
    assert read_day(before + form(day) + behind) == day


@given(text=st.text())
def test_no_text_upsets_the_reading_of_days(text: str) -> None:
    read_day(text)
    read_day(text, year=2017)


@given(day=days)
def test_a_day_without_its_year_is_one_of_the_year_that_is_given(day: date) -> None:
    if (day.month, day.day) != (2, 29):
        assert read_day(f"[{day:%m-%d}]", year=2017) == day.replace(year=2017)
    assert read_day(f"[{day:%m-%d}]") is None


def test_a_pattern_that_does_not_match_is_no_day() -> None:
    pattern = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")
    assert read_by_pattern("20171399", pattern) is None
    assert read_by_pattern("none", pattern) is None
