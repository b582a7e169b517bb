"""What was read, liked and passed on: every figure is the sum of its rows, nothing is counted twice."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from django.test import Client
from pytest_django import Settings

from publisher.cli.figures import figure
from publisher.items.models import Item
from publisher.office import Office
from publisher.queue.models import LinkedPage, LinkUse, Metric, Sighted
from publisher.queue.sightings.enrolling import enrol
from publisher.queue.sightings.looking import look
from publisher.queue.visits import dispatch
from publisher.reports import metrics
from publisher.reports.metrics import Cell
from publisher.reports.models import EnteredValue, VisitDay
from tests.desk_samples import sign_in
from tests.queued import corrected, one, released

pytestmark = pytest.mark.django_db


def out(office: Office, title: str = "科技活动周启动") -> Item:
    item = released(office, "portal", title=title)
    dispatch.work(one(item, "portal").pk)
    return item


def counted(item: Item, **days: int) -> None:
    """What was counted up to each day, such as ``d20260131=5``, of the newest delivery."""
    delivery = one(item, "portal")
    place = {"office": item.office, "channel": "portal", "item": item, "delivery": delivery, "name": "reads"}
    Metric.objects.bulk_create(
        Metric(**place, day=datetime.strptime(day, "d%Y%m%d").date(), value=value)  # noqa: DTZ007 - a day alone
        for day, value in days.items()
    )


@pytest.fixture
def two(office: Office) -> tuple[Item, Item]:
    old, new = out(office, "去年的"), out(office, "今年的")
    counted(old, d20251230=100, d20260105=110, d20260131=130, d20260215=120, d20260301=135)
    counted(new, d20260210=7, d20260211=9, d20270101=12)
    return old, new


def test_a_month_has_what_was_gained_in_it(office: Office, two: tuple[Item, Item]) -> None:
    cells = [(cell.month, cell.value) for cell in metrics.of_year(office, 2026)]
    assert cells == [(1, 30), (2, 9), (3, 5)]
    assert metrics.of_year(office, 2025) == [Cell(12, "portal", "reads", 100)]
    assert metrics.of_year(office, 2027) == [Cell(1, "portal", "reads", 3)]
    assert metrics.years(office) == [2025, 2026, 2027]


def test_every_figure_is_the_sum_of_its_rows(office: Office, two: tuple[Item, Item]) -> None:
    old, new = two
    assert [(row.item, row.value) for row in metrics.rows(office, 2026)] == [(old.pk, 35), (new.pk, 9)]
    for cell in metrics.of_year(office, 2026):
        found = metrics.rows(office, 2026, month=cell.month, channel=cell.channel, name=cell.name)
        assert sum(row.value for row in found) == cell.value
    assert metrics.rows(office, 2026, channel="wechat") == metrics.rows(office, 2026, name="likes") == []


def test_a_correction_at_the_same_place_is_not_counted_anew(office: Office) -> None:
    item = out(office)
    counted(item, d20260101=40)
    (correction,) = corrected(office, item)
    dispatch.work(correction.pk)
    assert one(item, "portal").remote_id
    counted(item, d20260102=45)
    assert [cell.value for cell in metrics.of_year(office, 2026)] == [45]


def test_the_command_shows_figures_and_rows_and_enters_what_a_form_asks_for(
    office: Office, settings: Settings, two: tuple[Item, Item]
) -> None:
    run = CliRunner().invoke
    shown = json.loads(run(figure, ["metrics", "2026", "--json"]).stdout)
    assert shown["total"] == {"reads": 44}
    rows = json.loads(run(figure, ["metrics", "2026", "--rows", "--month", "2", "--json"]).stdout)
    assert [(row["title"], row["value"]) for row in rows["rows"]] == [("今年的", 9)]
    assert "去年的" in run(figure, ["metrics", "2026", "--rows"]).stdout
    folder = Path(settings.PUBLISHER_CONFIG).parent / "forms"
    folder.mkdir()
    (folder / "own.toml").write_text(FORM, encoding="utf-8")
    done = run(figure, ["metrics", "2026", "--enter", "--json"])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["figures"] == ["site_reads"]
    assert run(figure, ["metrics", "2010", "--enter"]).exit_code == 1
    assert EnteredValue.objects.get().value == "44"
    assert run(figure, ["metrics", "2026", "--channel", "nowhere"]).exit_code == 2


FORM = """
extends = "website-annual"

[[figures]]
key = "site_reads"
kind = "analytics"
counted = "reads"
kinds = ["website"]
label = "网站阅读量"
unit = "次"

[[blocks]]
block = "paragraph"
text = "网站阅读{site_reads}。"
"""


def test_every_number_of_the_page_opens_into_rows_that_add_up_to_it(client: Client, two: tuple[Item, Item]) -> None:
    sign_in(client)
    page = BeautifulSoup(client.get("/statistics/read/?year=2026").content, "html.parser")
    numbers = page.select("table.numbers td a")
    assert [link.text for link in numbers] == ["30", "9", "5", "44"]
    for link in numbers:
        rows = BeautifulSoup(client.get(str(link["href"])).content, "html.parser")
        assert rows.select_one("h1 .large").text == link.text  # type: ignore[union-attr]
        assert sum(int(cell.text) for cell in rows.select("tbody td.number")) == int(link.text)
    VisitDay.objects.create(office=two[0].office, site="portal", day=date(2026, 3, 1), views=70, visitors=20)
    page = BeautifulSoup(client.get("/statistics/read/?year=2026").content, "html.parser")
    table = page.select_one('section[aria-labelledby="visits"] table')
    assert [cell.text for cell in table.select("td")] == ["70", "20", "70", "20"]  # type: ignore[union-attr]
    assert client.get("/statistics/read/?year=1066").status_code == 404
    assert client.get("/statistics/read/rows/?year=2026&channel=x").status_code == 404


def test_the_items_page_says_what_the_looks_have_shown(office: Office, client: Client, two: tuple[Item, Item]) -> None:
    _old, item = two
    now = datetime(2030, 3, 1, tzinfo=UTC)
    enrol(office, now=now)
    list(look(office, now=now, most=9))
    trouble = {
        "template": "{address} answers {status}: the page is not there.",
        "values": {"address": "x", "status": 404},
    }
    page = LinkedPage.objects.create(office=office.slug, address="x", due_at=now, is_bad=True, trouble=trouble)
    LinkUse.objects.create(sighted=Sighted.objects.get(item=item), page=page)
    sign_in(client)
    shown = BeautifulSoup(client.get(f"/items/{item.pk}/").content, "html.parser")
    section = shown.select_one('section[aria-labelledby="seen"]')
    assert section is not None
    assert section.select_one("dd").text.strip() == "12"  # type: ignore[union-attr]
    assert section.select_one("p.reason").text.startswith("x ")  # type: ignore[union-attr]
    assert str((now + timedelta(hours=8)).date()) in str(section)
    assert date(2030, 3, 1).isoformat() in str(section)
