"""Counting rules are data: what the program brings, what an office adds, and every mistake by its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils import translation

from channels.errors import ConfigurationError
from publisher.cli.configuration import config
from publisher.log.events import Event
from publisher.office import BadConfiguration, Office
from publisher.reports.rules import DEFAULT, rule, rules

DAY = date(2017, 12, 31)
GOOD = """
[[rule]]
key = "sent"
version = 2
since = 2018-01-01
name = { zh = "新口径", en = "new rule" }
words = { zh = "只统计已发布的。", en = "Counts only what was published." }
events = ["published"]
unit = "publication"
withdrawn = "count"
"""


@pytest.fixture
def folder(office: Office) -> Path:
    """Where the office keeps rules of its own."""
    made = office.path.parent / "rules"
    made.mkdir()
    return made


def test_the_program_brings_its_rules(office: Office) -> None:
    known = rules(on=DAY)
    assert {DEFAULT, "published", "disclosed", "live", "proven", "with-backfilled", "issues-printed"} <= set(known)
    assert known["sent"].counted_events == (Event.PUBLISHED, Event.HANDED_OVER)
    assert known["with-backfilled"].counted_events[-1] == Event.BACKFILLED
    assert known["disclosed"].unit == "item"


def test_every_rule_says_itself_in_two_languages(office: Office) -> None:
    for found in rules(on=DAY).values():
        with translation.override("zh-hans"):
            assert str(found.words).endswith("。")
        with translation.override("en"):
            assert str(found.words).endswith(".")
            assert str(found.words).isascii()


def test_the_version_in_force_on_the_day_is_used(folder: Path) -> None:
    (folder / "own.toml").write_text(GOOD, encoding="utf-8")
    assert rule("sent", on=DAY).version == 1
    assert rule("sent", on=date(2018, 1, 1)).version == 2
    assert rule("sent", on=date(2018, 1, 1)).label == "sent v2"


def test_an_office_may_replace_a_rule(folder: Path) -> None:
    (folder / "own.toml").write_text(
        GOOD.replace("version = 2", "version = 1").replace("2018", "2000"), encoding="utf-8"
    )
    assert rule("sent", on=DAY).counted_events == (Event.PUBLISHED,)


def test_a_rule_of_a_later_year_is_told_from_one_there_is_not(folder: Path) -> None:
    (folder / "own.toml").write_text(GOOD.replace('"sent"', '"strict"'), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="in force from 2018-01-01"):
        rule("strict", on=DAY)
    with pytest.raises(ConfigurationError, match="There is no counting rule nonsense: use one of"):
        rule("nonsense", on=DAY)


MISTAKES = {
    "unknown event": ('"published"', '"publishd"', "rule.0.events.0", "The log has no event publishd"),
    "backfilled as an event": ('["published"]', '["backfilled"]', "rule.0.events.0", "backfilled = true"),
    "no events": ('["published"]', "[]", "rule.0.events", "name at least one"),
    "unknown unit": ('"publication"', '"page"', "rule.0.unit", "'item', 'publication', 'issue', 'column'"),
    "unknown handling of what was withdrawn": ('"count"', '"halve"', "rule.0.withdrawn", "Write one of"),
    "unknown setting": ("version = 2", "version = 2\nfoo = 1", "rule.0.foo", "There is no such setting"),
    "missing setting": ('unit = "publication"', "", "rule.0.unit", "This setting is missing"),
    "no date": ("2018-01-01", '"soon"', "rule.0.since", "Write a date such as"),
    "no version": ("version = 2", "version = 0", "rule.0.version", "Write 1 or more"),
    "empty sentence": ('"只统计已发布的。"', '""', "rule.0.words.zh", "may not be empty"),
    "no such grade": ('unit = "publication"', 'unit = "item"\nevidence = "E9"', "rule.0.evidence", "Write one of"),
    "unknown kind": ('withdrawn = "count"', 'withdrawn = "count"\nkinds = ["newspapr"]', "rule.0.kinds.0", "newspaper"),
    "no list": ('["published"]', '"published"', "rule.0.events", "A list belongs here"),
    "no TOML": ("[[rule]]", "[[rule", "", "is not valid TOML"),
}


@pytest.mark.parametrize(("old", "new", "key", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_named_with_file_key_and_remedy(
    folder: Path, old: str, new: str, key: str, remedy: str
) -> None:
    assert old in GOOD
    (folder / "own.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        rules(on=DAY)
    assert caught.value.path == folder / "own.toml"
    assert [flaw.key for flaw in caught.value.flaws] == [key]
    assert remedy in str(caught.value.flaws[0].text)


def test_the_check_of_the_configuration_reads_the_rules(folder: Path) -> None:
    (folder / "own.toml").write_text(GOOD.replace('"published"', '"publishd"'), encoding="utf-8")
    done = CliRunner().invoke(config, ["check"])
    assert done.exit_code == 1
    assert "own.toml" in done.stderr
    assert "rule.0.events.0" in done.stderr


def test_two_versions_alike_or_on_the_same_day_are_refused(folder: Path) -> None:
    (folder / "own.toml").write_text(GOOD + GOOD, encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        rules(on=DAY)
    assert [flaw.key for flaw in caught.value.flaws] == ["rule.1.version", "rule.1.since"]


def test_versions_in_two_files_clash_too(folder: Path) -> None:
    (folder / "a.toml").write_text(GOOD, encoding="utf-8")
    (folder / "b.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=r"b\.toml"):
        rules(on=DAY)
