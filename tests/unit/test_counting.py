"""The command that counts: its documents, its tables, its CSV, and one sentence for each mistake."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result

from publisher.cli.counting import count
from publisher.cli.output import Exit
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.office import Office

pytestmark = pytest.mark.django_db


def write(office: Office, day: str, event: Event, item: int, channel: str, **facts: Any) -> None:
    subject = Subject(item=item, channel=channel, column="dynamics", title=facts.pop("title", f"第{item}条"), **facts)
    with time_machine.travel(f"{day}T04:00:00Z", tick=False):
        record(office, event, subject, actor="test", proof=Proof(evidence="E2", url=f"http://example.org/{item}"))


@pytest.fixture
def filled(office: Office) -> Office:
    write(office, "2016-04-01", Event.PUBLISHED, 1, "portal", section="办公室")
    write(office, "2017-03-01", Event.PUBLISHED, 2, "portal", section="办公室", person="张三")
    write(office, "2017-03-01", Event.PUBLISHED, 2, "weibo", section="办公室", person="张三")
    write(office, "2017-05-02", Event.PUBLISHED, 3, "portal", section="政策科", title="=2+2", source="新华社")
    write(office, "2017-06-02", Event.HANDED_OVER, 3, "daily", section="政策科", channel_kind="newspaper", issue="7")
    write(office, "2018-01-09", Event.RECALLED, 3, "portal", section="政策科")
    return office


def run(*words: str) -> Result:
    return CliRunner().invoke(count, words)


def document(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_document_of_a_year_keeps_the_contract(filled: Office) -> None:
    found = document("2017", "--by", "channel,column")
    assert {name: found[name] for name in ("year", "rule", "office", "items", "publications", "handed_over")} == {
        "year": 2017,
        "rule": "sent",
        "office": "kzj",
        "items": 2,
        "publications": 4,
        "handed_over": 1,
    }
    assert found["rows"] == [
        {"channel": "daily", "column": "dynamics", "count": 1},
        {"channel": "portal", "column": "dynamics", "count": 2},
        {"channel": "weibo", "column": "dynamics", "count": 1},
    ]
    assert (found["unit"], found["rule_version"], found["count"]) == ("publication", 1, 4)
    assert found["period"] == {"first": "2017-01-01", "last": "2017-12-31"}


COUNTS = {
    "a month": (("--month", "3"), 2),
    "a quarter": (("--quarter", "2"), 2),
    "days": (("--from", "2017-03-02", "--to", "2017-05-02"), 1),
    "across years": (("--from", "2016-04-01"), 5),
    "a channel": (("--channel", "portal"), 2),
    "two channels": (("--channel", "portal", "--channel", "weibo"), 3),
    "a column": (("--column", "notices"), 0),
    "a section": (("--section", "办公室"), 2),
    "a person": (("--person", "张三"), 2),
    "own": (("--source", ""), 3),
    "taken over": (("--source", "新华社"), 1),
    "items": (("--rule", "disclosed"), 2),
    "issues": (("--rule", "issues-handed-over"), 1),
    "as it stood on a day": (("--as-of", "2017-05-02"), 3),
    "as it stood at a moment": (("--as-of", "2017-05-02T11:59+08:00"), 2),
}


@pytest.mark.parametrize(("words", "expected"), COUNTS.values(), ids=COUNTS)
def test_periods_and_restrictions(filled: Office, words: tuple[str, ...], expected: int) -> None:
    found = document("2017", *words, "--by", "")
    assert found["count"] == expected
    assert sum(row["count"] for row in found["rows"]) == expected
    assert len(document("2017", *words, "--rows")["entries"]) == expected


def test_rows_open_the_count(filled: Office) -> None:
    found = document("2017", "--rows", "--channel", "portal")
    assert [entry["title"] for entry in found["entries"]] == ["第2条", "=2+2"]
    assert {"seq", "at", "event", "url", "evidence", "actor", "hash"} <= set(found["entries"][0])
    lines = list(csv.DictReader(io.StringIO(run("2017", "--rows", "--csv").stdout)))
    assert [line["channel"] for line in lines] == ["portal", "weibo", "portal", "daily"]
    assert lines[2]["title"] == "'=2+2", "a spreadsheet must not take a title for a formula"
    table = run("2017", "--rows")
    assert "门户网站" in table.stdout
    assert "送交报社" in table.stdout


def test_two_years_side_by_side(filled: Office) -> None:
    found = document("2017", "--compare", "2016", "--by", "channel")
    assert (found["count"], found["compared"], found["change"], found["change_percent"]) == (4, 1, 3, 300.0)
    assert {row["channel"]: (row["count"], row["compared"], row["change"]) for row in found["rows"]} == {
        "daily": (1, 0, 1),
        "portal": (2, 1, 1),
        "weibo": (1, 0, 1),
    }
    assert document("2017", "--compare", "2016", "--month", "4")["compared_period"]["first"] == "2016-04-01"
    lines = list(csv.DictReader(io.StringIO(run("2017", "--compare", "2016", "--by", "channel", "--csv").stdout)))
    assert lines[1] == {"channel": "portal", "compared": "1", "count": "2", "change": "1", "change_percent": "100.0"}


def test_two_rules_differ_row_by_row(filled: Office) -> None:
    found = document("2017", "--against", "published")
    assert (found["count"], found["against"]["count"]) == (4, 3)
    assert [entry["event"] for entry in found["only_here"]] == ["handed_over"]
    assert found["only_there"] == []
    lines = list(csv.DictReader(io.StringIO(run("2017", "--against", "disclosed", "--csv").stdout)))
    assert [(line["counted_by"], line["channel"]) for line in lines] == [("sent", "weibo"), ("sent", "daily")]


def test_of_a_difference_the_totals_are_told_and_as_many_rows_as_are_wanted(filled: Office) -> None:
    found = document("2017", "--against", "disclosed", "--limit", "1")
    assert (found["only_here_count"], found["only_there_count"]) == (2, 0)
    assert [entry["channel"] for entry in found["only_here"]] == ["weibo"]
    done = run("2017", "--against", "disclosed", "--limit", "1")
    said = done.stderr.replace(" ", "").replace("\n", "")
    assert said.index("其中仅此口径计入的2") < said.index("另有1条未列出")
    assert "新浪微博" in done.stdout
    assert "攀枝花日报" not in done.stdout
    assert run("2017", "--limit", "1").exit_code == Exit.USAGE


def test_the_rules_are_listed(filled: Office) -> None:
    assert {"sent", "published", "disclosed", "live"} <= {rule["key"] for rule in document("--list-rules")}
    assert "同一信息在不同渠道分别计数" in run("--list-rules").stdout.replace("\n", "")


def test_the_table_says_its_rule_and_what_adds_up_to_more(filled: Office) -> None:
    done = run("2017", "--rule", "disclosed", "--by", "channel")
    assert "disclosed v1" in done.stderr
    assert "不同渠道和方式公开相同信息计1条" in done.stderr
    assert "4" in done.stderr.splitlines()[-1]


MISTAKES = {
    "no year": ((), "2026"),
    "two periods": (("2017", "--month", "3", "--quarter", "1"), "--month, --quarter"),
    "a period that ends first": (("2017", "--from", "2018-01-01"), "2018-01-01"),
    "unknown cut": (("2017", "--by", "colour"), "colour"),
    "unknown channel": (("2017", "--channel", "portl"), "portl"),
    "unknown column": (("2017", "--column", "x"), "dynamics"),
    "unknown archive": (("2017", "--archive", "old"), "old"),
    "no date": (("2017", "--as-of", "soon"), "soon"),
    "two views": (("2017", "--rows", "--compare", "2016"), "--compare, --rows"),
    "two formats": (("2017", "--json", "--csv"), "--json, --csv"),
    "years by day": (("2017", "--compare", "2016", "--by", "day"), "day"),
    "month 13": (("2017", "--month", "13"), "13"),
}


@pytest.mark.parametrize(("words", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_and_status_2(filled: Office, words: tuple[str, ...], told: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert told in done.stderr


def test_a_channel_only_the_log_knows_is_counted(filled: Office) -> None:
    write(filled, "2017-08-01", Event.PUBLISHED, 9, "old-site")
    assert document("2017", "--channel", "old-site")["count"] == 1
