"""Statistics in a real browser: charts are drawn from the tables, and a number or a bar opens its rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from publisher.office import get_office
from tests.browser.window import DESKTOP, TELEPHONE, enter, needs_browser
from tests.log_samples import year_of_work

pytestmark = needs_browser

ADDRESS = "/statistics/?year=2026"
BAR = """() => {
    const place = document.querySelector("[data-chart=stacked] .drawn > div");
    const chart = echarts.getInstanceByDom(place);
    const value = chart.getOption().series[0].data[5].value;
    const [x, y] = chart.convertToPixel({ seriesIndex: 0 }, [5, value / 2]);
    const box = place.getBoundingClientRect();
    return { x: box.x + x, y: box.y + y, value };
}"""
"""Where the bar of June and of the first channel is drawn, and how high it is."""

DRAWING = """() => [...document.querySelectorAll("[data-chart=stacked] canvas")].map((one) => one.toDataURL()).join()"""
"""What the chart looks like, in all its layers."""


@pytest.fixture(autouse=True)
def _worked(committed: None) -> Iterator[None]:
    """Two years of work in the log."""
    with time_machine.travel("2026-11-24T02:00:00Z"):
        year_of_work(get_office(), 2025, 10)
        year_of_work(get_office(), 2026, 25, until=date(2026, 11, 20))
        yield


def test_a_number_opens_into_exactly_that_many_rows(page: Page, live_server: LiveServer) -> None:
    enter(page, live_server)
    page.get_by_role("link", name="统计", exact=True).click()
    expect(page.locator("h1")).to_have_text("统计")
    number = page.locator(".part:not(.chart) .numbers tbody td a").first
    expected = int(number.inner_text())
    number.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(str(expected))
    expect(page.locator(".entries tbody tr")).to_have_count(expected)


def test_charts_are_drawn_from_the_tables_but_not_printed_and_a_bar_opens_its_rows(
    page: Page, live_server: LiveServer
) -> None:
    enter(page, live_server)
    page.goto(live_server.url + ADDRESS)
    expect(page.locator(".drawn:has(canvas)")).to_have_count(3)
    page.emulate_media(media="print")
    expect(page.locator(".drawn").first).to_be_hidden()
    expect(page.locator("[data-chart=stacked] tbody tr").last).to_be_visible()
    expect(page.locator("[data-chart=calendar] .drawn")).to_be_visible()
    page.emulate_media(media="screen")
    labels = [chart.get_attribute("aria-label") or "" for chart in page.locator(".drawn [aria-label]").all()]
    assert len(labels) == 3
    assert all("图" in label for label in labels)
    page.locator("[data-chart=stacked]").scroll_into_view_if_needed()
    bar = page.evaluate(BAR)
    before = page.evaluate(DRAWING)
    page.mouse.move(bar["x"], bar["y"])
    # The tooltip is drawn; were it HTML with a style of its own, the page's rules would be broken in the console.
    page.wait_for_function(f"before => ({DRAWING})() !== before", arg=before)
    page.mouse.click(bar["x"], bar["y"])
    expect(page.locator("h1")).to_have_text(str(bar["value"]))
    expect(page.locator(".conditions")).to_contain_text("6月")


CELL = """() => {
    const place = document.querySelector("[data-chart=calendar] .drawn > div");
    const chart = echarts.getInstanceByDom(place);
    const { value } = chart.getOption().series[0].data[0];
    const [x, y] = chart.convertToPixel({ calendarIndex: 0 }, value[0]);
    const box = place.getBoundingClientRect();
    return { x: box.x + x, y: box.y + y, day: value[0], number: value[1] };
}"""
"""Where the first day of the first column is drawn, and how many it has."""


def test_a_day_of_the_calendar_opens_its_rows(page: Page, live_server: LiveServer) -> None:
    enter(page, live_server)
    page.goto(live_server.url + ADDRESS)
    page.locator("[data-chart=calendar]").scroll_into_view_if_needed()
    cell = page.evaluate(CELL)
    page.mouse.click(cell["x"], cell["y"])
    expect(page.locator("h1")).to_have_text(str(cell["number"]))
    expect(page.locator(".conditions")).to_contain_text(cell["day"])


@pytest.mark.parametrize("runs_scripts", [False])
def test_everything_but_charts_works_without_scripts(page: Page, live_server: LiveServer) -> None:
    enter(page, live_server)
    page.goto(live_server.url + ADDRESS)
    expect(page.locator(".drawn").first).to_be_hidden()
    page.get_by_label("口径", exact=True).select_option("disclosed")
    page.get_by_label("对比年份").select_option("2025")
    page.get_by_role("button", name="统计").click()
    expect(page.locator(".said strong")).to_have_text("主动公开信息数")
    expect(page.locator(".part:not(.chart) thead th").nth(-1)).to_have_text("增减")


PAGES = [
    ADDRESS,
    f"{ADDRESS}&by=section&also=class&against=2025&other=live",
    "/statistics/rows/?year=2026",
    "/statistics/difference/?year=2026&other=live",
    "/log/",
    "/log/3/",
]


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
def test_nothing_sticks_out_of_the_window(page: Page, live_server: LiveServer, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, live_server)
    for address in PAGES:
        page.goto(live_server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], address
