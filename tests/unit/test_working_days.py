"""Working days by the yearly arrangement of holidays: official days off, weekends worked for them, unknown years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.office import BadConfiguration, Office
from publisher.review import working_days
from publisher.review.working_days import NoArrangement, calendar, days_left, due_after

GOOD = 'year = 2027\nsource = "通知"\n[[holiday]]\nname = "元旦"\nfirst = 2027-01-01\nlast = 2027-01-01\n'


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        ("2025-01-26", True),  # a Sunday that makes up for the Spring Festival
        ("2025-01-28", False),
        ("2025-02-08", True),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2026-01-02", False),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-05-09", True),
        ("2026-06-19", False),
        ("2026-09-20", True),
        ("2026-09-25", False),
        ("2026-10-10", True),
        ("2026-11-28", False),
        ("2026-11-30", True),
    ],
)
def test_official_days_off_and_days_worked_for_them(office: Office, day: str, is_worked: bool) -> None:
    assert calendar(office).is_working_day(date.fromisoformat(day)) == is_worked


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-09-18", 20, "2026-10-22"),
        ("2026-03-02", 20, "2026-03-30"),
        ("2025-12-31", 1, "2026-01-04"),
    ],
)
def test_a_time_in_working_days_ends_on_the_day_it_should(office: Office, day: str, count: int, due: str) -> None:
    found = due_after(office, date.fromisoformat(day), count)
    assert found == date.fromisoformat(due)
    assert days_left(office, date.fromisoformat(day), found) == count


def test_what_is_past_counts_below_nothing(office: Office) -> None:
    assert days_left(office, date(2026, 3, 4), date(2026, 3, 2)) == -2


@given(st.dates(date(2025, 1, 1), date(2026, 6, 30)), st.integers(0, 60))
def test_going_on_and_counting_agree(day: date, count: int) -> None:
    known = working_days._load((Path(__file__).parents[2] / "config" / "holidays",))
    assert known.between(day, known.after(day, count)) == count


def test_a_year_without_its_arrangement_is_not_guessed_at(office: Office) -> None:
    with pytest.raises(NoArrangement):
        calendar(office).is_working_day(date(2031, 1, 6))
    assert due_after(office, date(2026, 12, 20), 20) is None


def own_file(office: Office, text: str, name: str = "2027.toml") -> Office:
    """The office with a file of holidays of its own."""
    folder = office.path.parent / "holidays"
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    return replace(office)


def test_an_office_adds_a_year_of_its_own(office: Office) -> None:
    assert due_after(own_file(office, GOOD), date(2026, 12, 31), 1) == date(2027, 1, 4)


def test_an_office_replaces_a_year(office: Office) -> None:
    own = own_file(office, GOOD.replace("2027", "2026"), "2026.toml")
    assert calendar(own).is_working_day(date(2026, 10, 1))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("last = 2027-01-01", "last = 2026-12-31", "holiday.0"),
        ("last = 2027-01-01", "last = 2027-01-01\nmade_up_on = [2027-01-04]", "holiday.0"),
        ("last = 2027-01-01\n", "", "holiday.0.last"),
        ("2027-01-01\nlast", '"soon"\nlast', "holiday.0.first"),
    ],
)
def test_a_mistake_in_a_file_is_named(office: Office, old: str, new: str, key: str) -> None:
    assert old in GOOD
    with pytest.raises(BadConfiguration) as caught:
        calendar(own_file(office, GOOD.replace(old, new)))
    assert [flaw.key for flaw in caught.value.flaws] == [key]
