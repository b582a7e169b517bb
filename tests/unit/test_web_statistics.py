"""Statistics on screen: every number opens exactly its rows, whatever is asked; bad questions are said to be bad."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.http import QueryDict
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.reports.counts import count, opened
from publisher.reports.naming import CUT_NAMES
from publisher.reports.periods import Period
from publisher.reports.rules import rule, rules
from publisher.reports.selection import CUTS, Selection
from publisher.web.statistics.form import QuestionForm
from publisher.web.statistics.naming import KINDS, UNIT_NAMES, value_name
from publisher.web.statistics.question import end_of, parameters_of
from tests.desk_samples import elements, links, sign_in, texts
from tests.log_samples import write, year_of_work

pytestmark = [pytest.mark.django_db, pytest.mark.once]

YEAR = 2026
ADDRESS = f"/statistics/?year={YEAR}"
PAGES = [
    "/statistics/",
    "/statistics/rows/",
    "/statistics/difference/?other=live",
    "/statistics/table.csv",
    "/statistics/rows.csv",
]
ECHARTS = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
"""SHA-256 of ``dist/echarts.min.js`` in the package echarts 6.1.0, as npm has it."""


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(f"{YEAR}-11-24T02:00:00Z"):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


@pytest.fixture
def worked() -> Office:
    """An office with some items of two years in its log."""
    office = get_office()
    year_of_work(office, YEAR - 1, 3)
    year_of_work(office, YEAR, 7, until=date(YEAR, 11, 20))
    for event in ("column_added", "column_changed"):
        write(office, at(f"{YEAR}-03-01"), event, None, "", title="视频", column="videos", column_name="视频")
    for event in ("released_in_emergency", "recall_completed", "marked_withdrawn"):
        write(office, at(f"{YEAR}-03-02"), event, YEAR * 1000 + 1, "", title="汛情通报", disclosure="proactive")
    return office


def at(day: str, hour: int = 4) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def numbers(page: Any, query: str) -> list[tuple[int, str]]:
    """Every number that is a link, with where it leads."""
    found = [(element.get_text(), str(element["href"])) for element in elements(page, query)]
    return [(int(text), address) for text, address in found]


def walk(desk: Client, address: str) -> list[str]:
    """The numbers of all entries behind a number, page by page."""
    found: list[str] = []
    while address:
        page = desk.get(address)
        assert page.status_code == 200
        found += texts(page, ".entries tbody .number")
        onward = links(page, ".pages a[rel=next]")
        address = onward[0] if onward else ""
    return found


@pytest.mark.parametrize("address", PAGES)
def test_statistics_ask_to_sign_in(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=/statistics/")


@pytest.mark.parametrize("address", PAGES)
def test_statistics_are_only_read(desk: Client, address: str) -> None:
    assert desk.post(address).status_code == 405


@pytest.mark.parametrize("address", PAGES)
def test_statistics_of_an_empty_log_are_shown(desk: Client, address: str) -> None:
    assert desk.get(address).status_code == 200


QUESTIONS = [
    *(f"by={cut}" for cut in CUTS),
    *(f"by=channel&rule={key}" for key in rules(on=date(YEAR, 12, 31))),
    "by=column&also=channel",
    "by=section&also=person&rule=disclosed",
    "by=day&also=column",
    f"by=section&also=class&against={YEAR - 1}",
    f"by=month&part=h1&against={YEAR - 1}&rule=disclosed-live",
    f"first={YEAR - 1}-06-15&last={YEAR}-06-14&by=year&also=channel",
    "part=q2&by=channel&channel=portal&channel=weibo&class=政务动态",
    "by=source&section=科技计划科&rule=disclosed",
    f"by=channel&as_of={YEAR}-07-01&rule=live",
]


@pytest.mark.parametrize("query", QUESTIONS)
def test_every_number_opens_as_many_rows(desk: Client, worked: Office, query: str) -> None:
    page = desk.get(f"{ADDRESS}&{query}" if "first=" not in query else f"/statistics/?{query}")
    assert page.status_code == 200
    found = numbers(page, ".totals a, .part:not(.chart) .numbers td a")
    assert found
    for number, address in dict.fromkeys(found):
        assert_opens(desk, address, number)


@pytest.mark.parametrize("query", ["rule=sent", "rule=disclosed&part=q3", f"first={YEAR - 1}-06-15&last={YEAR}-06-14"])
def test_every_number_of_the_charts_opens_as_many_rows(desk: Client, worked: Office, query: str) -> None:
    found = numbers(desk.get(f"{ADDRESS}&{query}"), ".chart .numbers td a")
    assert found
    for number, address in dict.fromkeys(found):
        assert_opens(desk, address, number)


def assert_opens(desk: Client, address: str, number: int) -> None:
    """The page behind a number says the same number and has so many different rows."""
    page = BeautifulSoup(desk.get(address).content.decode(), "lxml")
    heading = page.select_one("h1")
    assert heading
    assert heading.get_text().strip() == str(number)
    rows = [cell.get_text().strip() for cell in page.select(".entries tbody .number")]
    assert len(rows) == len(set(rows)) == number
    assert not page.select(".pages")


def test_rows_beyond_a_page_follow_on_the_next(desk: Client) -> None:
    office = get_office()
    for item in range(1, 62):
        write(office, at("2026-03-01"), "published", item)
    for key, number in (("sent", 61), ("disclosed", 61)):
        address = f"/statistics/rows/?year={YEAR}&rule={key}"
        assert texts(desk.get(address), "h1") == [str(number)]
        assert walk(desk, address) == [str(seq) for seq in range(1, number + 1)]
        assert links(desk.get(address + "&after=50&shown=50"), ".pages a")[0] == address


def test_both_totals_are_told_apart(desk: Client) -> None:
    office = get_office()
    for channel in ("portal", "wechat", "weibo"):
        write(office, at("2026-03-01"), "published", 1, channel)
    write(office, at("2026-03-02"), "published", 2)
    for key in ("sent", "disclosed"):
        page = desk.get(f"{ADDRESS}&rule={key}")
        assert texts(page, ".total .large") == ["2", "4"]
        assert texts(page, ".total .parts li") == ["门户网站 2", "微信公众号 1", "新浪微博 1", "攀枝花日报 0"]
    assert texts(page, ".own h2") == ["Items, whatever their channels"]


def test_the_rule_stands_above_the_numbers(desk: Client, worked: Office) -> None:
    shown = texts(desk.get(f"{ADDRESS}&rule=live"), ".said")
    assert shown == [f"still out at the end live v1 {rule('live', on=date(YEAR, 1, 1)).words.en}"]


def test_table_shows_what_is_expected_though_nothing_is_there(desk: Client, worked: Office) -> None:
    table = elements(desk.get(f"{ADDRESS}&by=column&also=channel"), ".numbers")[0]
    heads = [" ".join(cell.get_text().split()) for cell in table.select("thead th")]
    assert heads == ["Column", *(entry.name for entry in worked.channels.values()), "Total"]
    lines = [" ".join(row.get_text().split()) for row in table.select("tbody tr")]
    assert lines[-1] == "公开年报 0 0 0 0 0"


def test_a_total_is_less_than_its_lines_where_items_stand_in_several(desk: Client) -> None:
    office = get_office()
    for channel in ("portal", "weibo"):
        write(office, at("2026-03-01"), "published", 1, channel)
    hint = "counts once in the total"
    assert hint in desk.get(f"{ADDRESS}&by=channel&rule=disclosed").content.decode()
    assert hint not in desk.get(f"{ADDRESS}&by=channel&rule=sent").content.decode()


def test_two_years_stand_side_by_side_with_the_change(desk: Client) -> None:
    office = get_office()
    write(office, at("2025-03-01"), "published", 1)
    write(office, at("2025-12-01"), "published", 2)
    for item in (3, 4, 5):
        write(office, at("2026-03-01"), "published", item)
    write(office, at("2026-04-01"), "published", 6, "weibo")
    page = desk.get(f"{ADDRESS}&part=h1&by=channel&against=2025")
    table = elements(page, ".numbers")[0]
    lines = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in table.select("tr")]
    assert lines == [
        ["Channel", "first half of 2026", "first half of 2025", "Change"],
        ["门户网站", "3", "1", "+2 +200.0%"],
        ["微信公众号", "0", "0", "0"],
        ["新浪微博", "1", "0", "+1"],
        ["攀枝花日报", "0", "0", "0"],
        ["Total", "4", "1", "+3 +300.0%"],
    ]


def test_difference_of_two_rules_is_shown_row_by_row(desk: Client) -> None:
    office = get_office()
    write(office, at("2026-03-01"), "published", 1, title="留下的")
    write(office, at("2026-03-01"), "published", 2, title="撤回的")
    write(office, at("2026-03-02"), "recalled", 2, title="撤回的")
    asked = desk.get(f"{ADDRESS}&rule=sent&other=live")
    leads = [link for link in links(asked, ".reason a") if "/difference/" in link]
    page = desk.get(leads[0])
    assert texts(page, ".total .large") == ["2", "1"]
    assert texts(page, ".entries .title")[0].startswith("撤回的")
    assert [row for row in texts(page, ".part h2") if row.endswith(": 1")] != []
    for number, address in numbers(page, ".large a"):
        assert len(walk(desk, address)) == number


def test_difference_is_shown_in_pages(desk: Client) -> None:
    office = get_office()
    for item in range(1, 61):
        write(office, at("2026-03-01"), "published", item, evidence="E1")
    page = desk.get(f"/statistics/difference/?year={YEAR}&rule=sent&other=proven")
    assert len(texts(page, ".entries tbody tr .title")) == 50
    onward = links(page, ".pages a[rel=next]")
    assert len(texts(desk.get(onward[0]), ".entries tbody tr .title")) == 10


MISTAKES = [
    ("year=1999", "Select a valid choice"),
    ("year=abc", "Select a valid choice"),
    ("part=q5", "Select a valid choice"),
    ("rule=nonsense", "Select a valid choice"),
    ("by=moon", "Select a valid choice"),
    ("also=moon", "Select a valid choice"),
    ("channel=nowhere", "Select a valid choice"),
    ("class=nowhere", "Select a valid choice"),
    ("archive=nowhere", "Select a valid choice"),
    ("against=3000", "Select a valid choice"),
    ("unit=parsec", "Select a valid choice"),
    ("first=2026-02-30", "Enter a valid date"),
    ("first=2026-05-01&last=2026-04-30", "The last day is before the first"),
    ("first=0001-01-01&last=9999-12-31", "The log cannot hold such a year"),
    ("as_of=yesterday", "Enter a valid date"),
    (f"section={'x' * 101}", "at most 100 characters"),
    ("section=%00", "Null characters"),
    ("in.moon=1", "The address names no cell of a table"),
    ("in.month=May", "The address names no cell of a table"),
    ("in.year=99999999999999999999", "The address names no cell of a table"),
    ("in.day=today", "The address names no cell of a table"),
    ("in.section=%00", "The address names no cell of a table"),
]


@pytest.mark.parametrize(("query", "words"), MISTAKES, ids=[query[:20] for query, _ in MISTAKES])
def test_bad_questions_are_said_to_be_bad(desk: Client, query: str, words: str) -> None:
    response = desk.get(f"/statistics/?{query}")
    assert response.status_code == 400
    assert words in " ".join(texts(response, "[role=alert]"))


@pytest.mark.parametrize("address", [address.partition("?")[0] for address in PAGES])
def test_bad_questions_are_bad_on_every_page(desk: Client, address: str) -> None:
    response = desk.get(f"{address}?year=1999&other=live")
    assert response.status_code == 400
    assert texts(response, ".mistake") == ["Select a valid choice. 1999 is not one of the available choices."]


def test_difference_without_another_rule_asks_for_one(desk: Client) -> None:
    response = desk.get(f"/statistics/difference/?year={YEAR}")
    assert response.status_code == 400
    assert texts(response, ".mistake") == ["Choose the rule to compare with."]


@pytest.mark.parametrize("address", ["/statistics/table.pdf", "/statistics/rows.exe"])
def test_other_forms_of_a_file_are_not_there(desk: Client, address: str) -> None:
    assert desk.get(address).status_code == 404


def test_what_left_the_configuration_can_still_be_asked_for(desk: Client) -> None:
    office = get_office()
    write(office, at("2026-03-01"), "published", 1, "blog", column="old", column_name="旧栏目", column_class="旧类")
    page = desk.get(f"{ADDRESS}&by=channel&channel=blog&column=old&class=旧类")
    assert texts(page, ".total .large") == ["1", "1"]
    assert texts(page, ".numbers tbody th")[0] == "blog"


def test_entries_of_another_office_are_not_counted(desk: Client, worked: Office) -> None:
    before = texts(desk.get(ADDRESS), ".total .large")
    write(replace(worked, slug="other"), at("2026-03-01"), "published", 777)
    assert texts(desk.get(ADDRESS), ".total .large") == before


def test_figures_stand_as_they_stood_on_a_day(desk: Client) -> None:
    office = get_office()
    write(office, at("2026-03-01", 15), "published", 1)  # 23 o'clock where the office is
    write(office, at("2026-03-01", 17), "published", 2)
    assert texts(desk.get(f"{ADDRESS}&as_of=2026-03-01"), ".total .large")[0] == "1"
    assert texts(desk.get(f"{ADDRESS}&as_of=2026-03-02"), ".total .large")[0] == "2"


ASKED = {
    f"{ADDRESS}&by=column&also=channel": 27,
    f"{ADDRESS}&by=section&also=person&against={YEAR - 1}": 25,
    "/statistics/rows/?rule=disclosed": 14,
    "/statistics/difference/?rule=sent&other=live": 19,
    "/statistics/table.json?by=section": 10,
}
"""Addresses, and how many questions to the database they may cost."""


@pytest.mark.parametrize("items", [3, 12])
@pytest.mark.parametrize("address", ASKED)
def test_statistics_ask_the_database_as_often_for_many_entries_as_for_few(
    desk: Client, django_assert_max_num_queries: Any, items: int, address: str
) -> None:
    year_of_work(get_office(), YEAR - 1, items)
    year_of_work(get_office(), YEAR, items, until=date(YEAR, 11, 20))
    with django_assert_max_num_queries(ASKED[address]):
        assert desk.get(address).status_code == 200


def test_rows_say_what_is_known_of_each_entry(desk: Client) -> None:
    write(get_office(), at("2026-03-01"), "published", 1, title="科技活动周", section="办公室", source="四川日报")
    page = desk.get(f"/statistics/rows/?year={YEAR}")
    row = texts(page, ".entries tbody tr")[0]
    shown = (
        "1 2026-03-01 published 门户网站 科技活动周 View 门户网站 (opens in a new window) 工作动态 · 办公室 · 四川日报"
    )
    assert row.startswith(shown)
    assert links(page, ".entries .number a") == ["/log/1/"]
    assert links(page, ".entries .address") == ["https://kzj.example.gov.cn/portal/1.html"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,<script>", "//example.com"])
def test_address_that_is_none_of_the_web_is_no_link(desk: Client, address: str) -> None:
    write(get_office(), at("2026-03-01"), "published", 1, url=address, title="<script>alert(1)</script>")
    for page in (desk.get(f"/statistics/rows/?year={YEAR}"), desk.get("/log/"), desk.get("/log/1/")):
        assert not any(link.startswith(("javascript", "data", "//")) for link in links(page))
        assert "<script>alert" not in page.content.decode()


def test_table_is_saved_as_shown(desk: Client, worked: Office) -> None:
    page = desk.get(f"{ADDRESS}&by=column&also=channel")
    text, workbook, document = (desk.get(link) for link in links(page, ".part:first-of-type .downloads a")[:3])
    shown = [
        [cell.get_text().strip() for cell in row.select("th, td")] for row in elements(page, ".numbers")[0].select("tr")
    ]
    assert text["Content-Disposition"].startswith("attachment")
    assert list(csv.reader(io.StringIO(body(text).decode("utf-8-sig")))) == shown
    sheets = load_workbook(io.BytesIO(body(workbook)))
    rows = [
        ["" if cell is None else str(cell) for cell in row] for row in sheets.worksheets[0].iter_rows(values_only=True)
    ]
    assert [row for row in rows if row in shown] == shown
    said = rule("sent", on=date(YEAR, 1, 1)).words.en
    assert any(said in row[0] for row in rows)
    selection = Selection(Period.of_year(YEAR), rule("sent", on=date(YEAR, 1, 1)))
    assert len(list(sheets.worksheets[1].iter_rows(min_row=2))) == count(worked, selection)
    counted = json.loads(body(document))
    assert (counted["items"], counted["publications"], counted["count"]) == tuple(
        int(texts(page, ".total .large")[place]) for place in (0, 1, 1)
    )
    for row in counted["rows"]:
        assert texts(desk.get(row["rows"].removeprefix("http://testserver")), "h1") == [str(row["count"])]


def body(response: Any) -> bytes:
    return response.getvalue() if hasattr(response, "getvalue") else response.content


@pytest.mark.parametrize("key", ["sent", "disclosed"])
def test_rows_are_saved_all_of_them(desk: Client, worked: Office, key: str) -> None:
    selection = Selection(Period.of_year(YEAR), rule(key, on=date(YEAR, 1, 1)))
    expected = [entry.seq for entry in opened(worked, selection)]
    query = urlencode(parameters_of(selection))
    lines = list(csv.reader(io.StringIO(body(desk.get(f"/statistics/rows.csv?{query}")).decode("utf-8-sig"))))
    assert [int(line[0]) for line in lines[1:]] == expected
    sheet = load_workbook(io.BytesIO(body(desk.get(f"/statistics/rows.xlsx?{query}")))).active
    assert [row[0] for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)] == expected
    assert [entry["seq"] for entry in json.loads(body(desk.get(f"/statistics/rows.json?{query}")))] == expected


def test_titles_are_never_formulas(desk: Client) -> None:
    title = '=HYPERLINK("https://evil.example")\x0b'
    write(get_office(), at("2026-03-01"), "published", 1, title=title)
    text = body(desk.get(f"/statistics/rows.csv?year={YEAR}")).decode("utf-8-sig")
    assert "'" + title in list(csv.reader(io.StringIO(text)))[1]
    sheet = load_workbook(io.BytesIO(body(desk.get(f"/statistics/rows.xlsx?year={YEAR}")))).active
    cell = next(cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=HYPERLINK"))
    assert cell.data_type == "s"


def test_only_scripts_of_the_page_run(desk: Client, worked: Office) -> None:
    policies = []
    for _time in range(2):
        page = desk.get(ADDRESS)
        policy = page["Content-Security-Policy"]
        scripts = elements(page, "script:not([type='application/json'])")
        nonces = {str(script["nonce"]) for script in scripts}
        assert len(nonces) == 1
        assert f"script-src 'nonce-{nonces.pop()}'" in policy.split("; ")
        assert "unsafe" not in policy
        assert all(script["src"] and not script.get_text() for script in scripts)
        assert not re.search(r"<style|\son\w+=|\sstyle=", page.content.decode())
        policies.append(policy)
    assert policies[0] != policies[1]


def test_charts_library_is_the_published_one() -> None:
    found = finders.find("web/vendor/echarts-6.1.0.min.js")
    assert found
    assert hashlib.sha256(Path(found).read_bytes()).hexdigest() == ECHARTS


def test_every_cut_and_unit_has_a_chinese_name() -> None:
    assert CUT_NAMES.keys() == CUTS.keys()
    office = get_office()
    with translation.override("zh-hans"):
        names = [*CUT_NAMES.values(), *UNIT_NAMES.values(), *(value_name(office, "kind", kind) for kind in KINDS)]
        assert not any(str(name).isascii() for name in names)


DAYS = st.dates(date(2024, 1, 1), date(2026, 11, 20))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda t: t == t.strip()
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(
    days=st.tuples(DAYS, DAYS).map(sorted),
    key=st.sampled_from(sorted(rules(on=date(2026, 1, 1)))),
    filters=st.fixed_dictionaries(
        {},
        optional={"sections": st.tuples(TEXTS), "sources": st.tuples(TEXTS), "channels": st.just(("portal", "daily"))},
    ),
    as_of=st.none() | DAYS,
    cell=st.dictionaries(st.sampled_from(["section", "channel", "issue"]), st.just("") | TEXTS, max_size=2),
    month=st.none() | st.integers(1, 12),
)
def test_an_address_asks_for_what_it_was_made_of(
    db: None, days: list[date], key: str, filters: Any, as_of: date | None, cell: dict[str, Any], month: int | None
) -> None:
    office = get_office()
    selection = Selection(
        Period(*days),
        rule(key, on=days[1]),
        as_of=end_of(as_of, office) if as_of else None,
        cell=tuple((cell | ({"month": month} if month else {})).items()),
        **filters,
    )
    if not LogEntry.objects.exists():
        write(office, at("2024-01-05"), "published", 1)
    form = QuestionForm(office, QueryDict(urlencode(parameters_of(selection))))
    assert form.question().selection == selection
