"""How long a recall may take: data of the program, and the office's own over it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.office import BadConfiguration, Office
from publisher.queue.recalls import rules
from publisher.queue.states import LineState, RecallKind

HERE = ZoneInfo("Asia/Shanghai")
DAYS = "[deadlines.error]\nnotice = { working_days = 3 }\nby_hand = { hours = 2 }\n"

WORKING_DAYS = [
    # asked at, last moment of the third working day after it
    (datetime(2026, 11, 23, 9, tzinfo=HERE), datetime(2026, 11, 26, 23, 59, 59, tzinfo=HERE)),
    (datetime(2026, 11, 27, 23, tzinfo=HERE), datetime(2026, 12, 2, 23, 59, 59, tzinfo=HERE)),  # over a weekend
    (datetime(2026, 9, 30, 9, tzinfo=HERE), datetime(2026, 10, 10, 23, 59, 59, tzinfo=HERE)),  # the 10th is made up
    (datetime(2040, 1, 5, 9, tzinfo=HERE), datetime(2040, 1, 8, 23, 59, 59, tzinfo=HERE)),  # of a year nobody knows
]


@pytest.mark.parametrize(("asked_at", "due_at"), WORKING_DAYS)
def test_working_days_go_by_the_holidays_and_end_with_the_day(
    office: Office, home: Path, asked_at: datetime, due_at: datetime
) -> None:
    (home / "recalls.toml").write_text(DAYS, encoding="utf-8")
    assert rules.due_at("error", LineState.NOTICE, asked_at) == due_at


def test_the_office_says_only_what_differs(office: Office, home: Path) -> None:
    (home / "recalls.toml").write_text(DAYS, encoding="utf-8")
    at = datetime(2026, 11, 23, 9, tzinfo=HERE)
    assert rules.due_at("error", LineState.BY_HAND, at) == at + timedelta(hours=2)
    assert rules.due_at("error", LineState.UNDER_WAY, at) == at + timedelta(hours=1)
    assert rules.rules().notices[RecallKind.ERROR].title == "更正启事"


MISTAKES = {
    "no time at all": ("[deadlines.error]\nnotice = { hours = 0 }\n", "deadlines.error.notice"),
    "two units": ("[deadlines.error]\nnotice = { hours = 1, working_days = 1 }\n", "deadlines.error.notice"),
    "an unknown kind": ("[deadlines.whim]\nnotice = { hours = 1 }\n", "deadlines.whim"),
    "a place nobody fills in": ('[notices.error]\ntext = "{name}"\n', "notices.error.text"),
    "an open brace": ('[notices.error]\ntext = "{title"\n', "notices.error.text"),
}


@pytest.mark.parametrize(("text", "key"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(office: Office, home: Path, text: str, key: str) -> None:
    (home / "recalls.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        rules.rules()
    assert caught.value.path == home / "recalls.toml"
    assert any(flaw.key.startswith(key) for flaw in caught.value.flaws)
