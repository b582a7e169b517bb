"""What each role may open of statistics, reports and log, and that nobody is led to what they may not open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from publisher.office import get_office
from publisher.people.roles import Role
from publisher.reports.finals import versions
from publisher.reports.models import EnteredValue
from tests.desk_samples import elements, links, person, texts
from tests.forms import moment, office_with_example, publish

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HERE = "/reports/2017/short-report/"
COUNTED = "/statistics/rows/?year=2017"


@pytest.fixture(autouse=True)
def _office(home: Path, settings: Settings) -> Iterator[None]:
    office_with_example(home)
    settings.PUBLISHER_CONFIG = home / "office.toml"
    get_office.cache_clear()
    publish(get_office(), "2017-03-01", "portal", range(1, 4))
    with time_machine.travel(moment("2018-01-24")):
        yield


def as_(role: Role) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person("lina", role))
    return client


OPEN_TO = {
    Role.DRAFTER: ["/statistics/", COUNTED, "/statistics/rows.csv", HERE, f"{HERE}preview/"],
    Role.AUDITOR: ["/statistics/", COUNTED, HERE, "/log/", "/log/1/", "/log/checkpoints/"],
    Role.REPORT_MANAGER: ["/statistics/", HERE, f"{HERE}fill/", f"{HERE}final/", "/log/"],
}
CLOSED_TO = {
    Role.DRAFTER: ["/log/", "/log/1/", "/log/export-csv.zip", "/log/checkpoints/", f"{HERE}fill/", f"{HERE}final/"],
    Role.AUDITOR: [f"{HERE}fill/", f"{HERE}final/"],
}


@pytest.mark.parametrize(("role", "address"), [(role, page) for role, pages in OPEN_TO.items() for page in pages])
def test_a_role_opens_its_pages(role: Role, address: str) -> None:
    response: Any = as_(role).get(address)
    assert response.status_code == 200
    response.getvalue()  # read to its end, so that its file is closed


@pytest.mark.parametrize(("role", "address"), [(role, page) for role, pages in CLOSED_TO.items() for page in pages])
def test_a_role_is_told_that_a_page_is_not_for_it(role: Role, address: str) -> None:
    response = as_(role).get(address)
    assert response.status_code == 403
    assert len(texts(response, "[role=alert]")) == 1


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.AUDITOR])
def test_who_only_reads_cannot_send_what_the_pages_do_not_offer(role: Role) -> None:
    desk = as_(role)
    assert desk.post(f"{HERE}fill/", {"value.short.penalty": "3"}).status_code == 403
    assert desk.post(f"{HERE}final/", {"version": "1", "seen": "1"}).status_code == 403
    assert not EnteredValue.objects.exists()
    assert versions(get_office(), 2017, "short-report") == []


@pytest.mark.parametrize("address", ["/statistics/", COUNTED, "/reports/2017/", HERE, f"{HERE}figures/short.penalty/"])
def test_nobody_is_led_to_what_they_may_not_open(address: str) -> None:
    desk = as_(Role.DRAFTER)
    page = desk.get(address)
    leads = dict.fromkeys(links(page, "main a, .rooms a"))
    for link in (link for link in leads if link.startswith("/") and not link.endswith(".pdf")):  # it takes seconds
        response: Any = desk.get(link)
        assert response.status_code == 200, link
        response.getvalue()  # read to its end, so that its file is closed


def test_numbers_of_entries_lead_into_the_log_only_who_may_see_it() -> None:
    assert elements(as_(Role.DRAFTER).get(COUNTED), ".entries .number a") == []
