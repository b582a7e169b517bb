"""A published report beside the log: each printed figure, what is counted, and whether its words hold."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from pytest_django import Settings

from channels.base import Past
from publisher.cli.backfilling import backfill
from publisher.log.past import Taking, begin
from publisher.office import Office, get_office
from publisher.reports.figures.entering import Given, enter_all
from publisher.reports.printed import BadPrinted, Printed, parse_printed, read_printed
from publisher.reports.reconciliation import Compared, numbers, reconcile
from publisher.reports.report import Report, make_report
from tests.forms import office_with_example, publish
from tests.world import Done

DATA = Path(__file__).parents[1] / "data"
NEWS, SOCIAL, ITEMS = "short.news", "short.social", "short.items"

db = pytest.mark.django_db


@pytest.fixture
def office(home: Path, settings: Settings) -> Office:
    """An office with the short report, and a year 2017 of which most was backfilled."""
    office_with_example(home)
    settings.PUBLISHER_CONFIG = home / "office.toml"
    get_office.cache_clear()
    made = get_office()
    fill(made, "portal", 30)
    fill(made, "weibo", 101)
    publish(made, "2017-12-01", "portal", [1])
    return made


def fill(office: Office, channel: str, count: int) -> None:
    """Backfill some publications of the class 政务动态."""
    entry = office.channels[channel]
    taking = Taking(office, entry, 2017, "tester", begin(office, entry, 2017, source="channel", by="tester"))
    taking.take(
        [
            Past(f"{channel}第{n}次会议", date(2017, 1 + n % 12, 3), remote_id=str(n), column="dynamics")
            for n in range(count)
        ]
    )


def compared(office: Office, *texts: str) -> list[Compared]:
    return reconcile(report(office), [parse_printed(text) for text in texts])


def report(office: Office) -> Report:
    return make_report(office, 2017, "short-report")


@db
def test_what_was_backfilled_counts_here_whatever_the_forms_rule_says_of_it(office: Office) -> None:
    news, social, items = compared(office, f"{NEWS}=31", f"{SOCIAL}=101", f"{ITEMS}=132")
    assert report(office).figures[NEWS].number == 1
    assert (news.ours, news.backfilled, news.difference, news.is_supported) == (31, 30, 0, True)
    assert (social.ours, social.backfilled, social.is_supported) == (101, 101, True)
    assert (items.ours, items.backfilled, items.is_supported) == (132, 131, True)
    for one in (news, social, items):
        assert len(set(numbers(report(office), one))) == one.ours


@db
def test_the_seed_year_backfilled_is_what_its_report_prints(office: Office) -> None:
    """366 work news (here 31), no columns added: what counts no publications stays what it is."""
    made = make_report(office, 2017)
    found = {one.printed.key: one for one in reconcile(made, seed())}
    assert all(one.figure is not None for one in found.values())
    assert (found["portal_work_news"].ours, found["portal_work_news"].difference) == (31, -335)
    assert (found["weibo_wechat_items"].is_supported, found["columns_added"].ours) == (True, 0)
    assert found["power_list_total"].ours is None


def seed() -> list[Printed]:
    return read_printed("figures-2017.json", (DATA / "figures-2017.json").read_bytes())


WORDS = {
    "exact": (f"{NEWS}=31", True, 0),
    "one too many": (f"{NEWS}=32", False, -1),
    "one missing": (f"{NEWS}=30条", False, 1),
    "more": (f"{SOCIAL}=100余条", True, 1),
    "more than there is": (f"{SOCIAL}=200余条", False, -99),
    "passed": (f"{SOCIAL}=突破100条", True, 1),
    "in old characters": (f"{SOCIAL}=100餘條", True, 1),
    "at least": (f"{SOCIAL}=101条以上", True, 0),
    "near": (f"{SOCIAL}=近110条", True, -9),
    "in Chinese figures": (f"{SOCIAL}=百余条", True, 1),
}


@db
@pytest.mark.parametrize(("text", "holds", "difference"), WORDS.values(), ids=WORDS)
def test_words_hold_or_do_not(office: Office, text: str, holds: bool, difference: int) -> None:
    (one,) = compared(office, text)
    assert (one.is_supported, one.difference) == (holds, difference)


@db
def test_what_was_entered_is_compared_and_what_nobody_knows_is_not(office: Office) -> None:
    enter_all(office, 2017, [Given("short.visits", "120000", "", "")], by="tester")
    visits, penalty, unknown, text = compared(
        office, "short.visits=突破10万次", "short.penalty=3", "portal_work_news=366", "short.problems=1"
    )
    assert (visits.ours, visits.is_supported, visits.is_counted) == (120_000, True, False)
    assert (penalty.ours, penalty.is_supported, unknown.figure, text.is_supported) == (None, None, None, None)


def run(*words: str, language: str = "zh-hans") -> Done:
    with override(language):
        result = CliRunner().invoke(backfill, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


BASE = ("--year", "2017", "--form", "short-report")


@db
def test_the_command_lists_each_figure_and_what_differs_with_its_rows(office: Office) -> None:
    words = (*BASE, "--printed", f"{NEWS}=32", "--printed", f"{SOCIAL}=100余条", "--printed", "other=1")
    done = run(*words, "--rows")
    assert done.status == 1
    assert all(text in done.out for text in ("100余条", "-1", "✗", "✓", "门户网站", "portal第29次会议"))
    assert "weibo第1次会议" not in done.out
    assert "回填的也计入" in done.err
    document = run(*words, "--json").json
    news, social, other = document["figures"]
    assert (document["agree"], document["form"]) == (False, "short-report")
    assert (news["printed"], news["counted"], news["backfilled"], news["difference"]) == ("32", "31", "30", "-1")
    assert sum(last - first + 1 for first, last in news["rows"]) == 31
    assert (news["supported"], social["supported"], other["supported"], other["label"]) == (False, True, None, None)
    assert run(*BASE, "--printed", f"{NEWS}=31", "--json").status == 0


@db
def test_a_channel_is_backfilled_and_reconciled_at_once(office: Office, home: Path) -> None:
    path = home / "list.csv"
    path.write_text("标题,日期,栏目\n补录的一次会议,2017-03-12,工作动态\n", encoding="utf-8")
    done = run("portal", *BASE, "--file", str(path), "--printed", f"{NEWS}=32", "--json")
    assert (done.status, done.json["added"], done.json["reconciliation"]["agree"]) == (0, 1, True)


BAD = {
    "nothing to do": BASE,
    "no figure": (*BASE, "--printed", "portal_notices"),
    "no number": (*BASE, "--printed", "portal_notices=many"),
    "no such form": ("--year", "2017", "--form", "nowhere", "--printed", "a=1"),
    "another year's form": ("--year", "2021", "--form", "short-report", "--printed", "a=1"),
}


@db
@pytest.mark.parametrize("words", BAD.values(), ids=BAD)
def test_bad_input_is_one_message(office: Office, words: Sequence[str]) -> None:
    done = run(*words)
    assert (done.status, done.out) == (2, "")
    assert done.err.strip()


def test_the_figures_of_the_published_report_are_read() -> None:
    found = {printed.key: printed for printed in seed()}
    assert len(found) == len(json.loads((DATA / "figures-2017.json").read_bytes())["figures"])
    assert found["portal_work_news"].claim.allows(366)
    assert not found["portal_work_news"].claim.allows(367)
    # 100余條: more than a hundred, and less than two hundred.
    assert [found["weibo_wechat_items"].claim.allows(number) for number in (100, 101, 199, 200)] == [
        *(False, True, True, False)
    ]
    assert found["portal_visits"].claim.style == "over"
    assert (found["fees_charged"].value, found["fees_charged"].words) == (Decimal(0), "無")
    # Words that are no number leave the number itself.
    assert found["proposals_not_disclosed"].claim.allows(1)


def workbook(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


FILES = {
    "a table": ("printed.xlsx", workbook(["key", "value", "precision"], ["a", 366, "exact"], ["b", 100, "at_least"])),
    "CSV in Chinese": ("printed.csv", "数字,数值,精度\na,366,\nb,100,至少\n".encode("gb18030")),
    "a list": ("printed.json", b'[{"key": "a", "value": 366}, {"key": "b", "value": 100, "precision": "at_least"}]'),
    "pairs": ("printed.json", '{"a": 366, "b": "100条以上"}'.encode()),
}


@pytest.mark.parametrize(("name", "content"), FILES.values(), ids=FILES)
def test_printed_figures_come_in_several_files(name: str, content: bytes) -> None:
    first, second = read_printed(name, content)
    assert (first.key, first.value, first.claim.style) == ("a", 366, "exact")
    assert (second.key, second.value, second.claim.style) == ("b", 100, "at_least")
    assert [second.claim.allows(number) for number in (99, 100, 1000)] == [False, True, True]


MISTAKES = {
    "no JSON": ("x.json", b"{"),
    "no figures": ("x.json", b"{}"),
    "no list": ("x.json", b"3"),
    "no object": ("x.json", b"[1]"),
    "no headings": ("x.csv", b"a,b\n1,2\n"),
    "no key": ("x.csv", b"key,value\n,2\n"),
    "no value": ("x.csv", b"key,value\na,\n"),
    "no number": ("x.csv", b"key,value\na,x\n"),
    "no precision": ("x.csv", b"key,value,precision\na,1,roughly\n"),
    "twice": ("x.csv", b"key,value\na,1\na,2\n"),
    "two numbers": ("x.csv", "key,value,wording\na,100,200余条\n".encode()),
}


@pytest.mark.parametrize(("name", "content"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_of_a_file_is_named(name: str, content: bytes) -> None:
    with pytest.raises(BadPrinted) as caught:
        read_printed(name, content)
    assert caught.value.mistakes


@given(value=st.integers(0, 10**9), words=st.sampled_from(["{}", "{}条", "突破{}次", "{}以上"]))
def test_the_number_that_words_name_is_the_one_that_is_compared(value: int, words: str) -> None:
    printed: Printed = parse_printed(f"a={words.format(value)}")
    assert printed.value == value


@given(text=st.text())
def test_no_text_upsets_the_reading(text: str) -> None:
    for written in (text, f"a={text}"):
        with suppress(BadPrinted):
            assert parse_printed(written).key == written.partition("=")[0].strip()
