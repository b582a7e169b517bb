"""Charts: what they show, that they can be told apart, and that the same numbers give the same picture."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from channels import pictures
from channels.errors import ConfigurationError
from channels.pictures import chinese_font, simplified_face
from publisher.office import Office, load
from publisher.reports.charting import ChartData, Series
from publisher.reports.document import Paragraph, Picture
from publisher.reports.render.charts import COLOURS, HEAT, described, draw, longest_gap, png
from publisher.reports.report import make_report
from tests.forms import MODEL, publish

ROOT = Path(__file__).parents[2]
MONTHS = [f"{month}月" for month in range(1, 13)]
DAYS = [(date(2017, 1, 1) + timedelta(days=day)).isoformat() for day in range(365)]
needs_font = pytest.mark.skipif(chinese_font() is None, reason="this machine has no Chinese font")


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    png.cache_clear()


def months(*series: Series) -> ChartData:
    return ChartData("months", "各渠道每月发布数", MONTHS, series)


def calendar(*series: Series) -> ChartData:
    return ChartData("calendar", "各栏目每日发布数", DAYS, series)


PORTAL = Series("门户网站", [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8])
DAILY = Series("攀枝花日报", [3] * 12)
NEWS = Series("工作动态", [9 if number == 100 else 1 if number < 50 else 0 for number in range(365)])
CHARTS = {
    "months": months(PORTAL, DAILY),
    "years": ChartData("years", "历年发布数", ["2016", "2017"], [Series("门户网站", [300, 366])]),
    "calendar": calendar(NEWS, Series("通知公告", [0] * 365)),
    "nothing": months(),
    "nothing in the year": calendar(),
    "odd names": months(Series("_$x^2$_{\x07很长的名称很长的名称很长的名称", [0] * 12)),
    "more than there are colours": months(*(Series(f"渠道{number}", [1] * 12) for number in range(12))),
}


def colours(content: bytes) -> set[tuple[int, int, int]]:
    image = Image.open(io.BytesIO(content)).convert("RGB")
    return {colour for _, colour in image.getcolors(maxcolors=image.width * image.height) or []}


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@needs_font
@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS.keys())
def test_a_chart_is_a_picture_of_full_width_and_always_the_same(chart: ChartData) -> None:
    content = draw(chart)
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.width) == ("PNG", 1181)
    assert "Software" not in image.info
    assert draw(chart) is content, "drawn once"
    png.cache_clear()
    assert draw(chart) == content


@needs_font
def test_threads_do_not_disturb_each_other() -> None:
    charts = [CHARTS["months"], CHARTS["years"], CHARTS["calendar"]] * 2
    once = [draw(chart) for chart in charts[:3]]
    png.cache_clear()
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(draw, charts)) == once * 2


DRAWING = """
import sys
import django
django.setup()
from publisher.reports.charting import ChartData, Series
from publisher.reports.render.charts import draw

draw(ChartData("years", "", ["2017"], [Series("a", [1])]))
print("matplotlib.pyplot" in sys.modules)
"""


@needs_font
def test_drawing_does_without_the_state_matplotlib_keeps_for_a_whole_program() -> None:
    done = subprocess.run([sys.executable, "-c", DRAWING], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["False"]


@needs_font
def test_each_channel_has_its_colour_and_other_numbers_give_another_picture() -> None:
    shown = colours(draw(months(PORTAL, DAILY)))
    assert {rgb(COLOURS[0]), rgb(COLOURS[1])} <= shown
    assert rgb(COLOURS[2]) not in shown
    assert draw(months(PORTAL)) != draw(months(Series("门户网站", [*PORTAL.values[:-1], 9])))


@needs_font
def test_a_day_is_the_darker_the_more_was_published() -> None:
    assert {rgb(HEAT[1]), rgb(HEAT[4])} <= colours(draw(calendar(NEWS)))


@needs_font
def test_the_bars_stand_where_the_numbers_are() -> None:
    """The only month with anything is the last: its bar is at the right."""
    image = Image.open(io.BytesIO(draw(months(Series("门户网站", [*[0] * 11, 5]))))).convert("RGB")
    at = [
        x
        for x in range(image.width)
        for y in range(200, image.height - 100, 40)
        if image.getpixel((x, y)) == rgb(COLOURS[0])
    ]
    assert at
    assert min(at) > image.width * 0.88


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (
            months(PORTAL, DAILY),
            "各渠道每月发布数：门户网站合计52，最多为6月9，最少为2月、4月1；攀枝花日报合计36，均为3。",
        ),
        (CHARTS["years"], "历年发布数：门户网站合计666，最多为2017：366，最少为2016：300。"),
        (CHARTS["calendar"], "各栏目每日发布数：工作动态合计59，51天有发布，最长间隔264天；通知公告没有发布。"),
        (months(), "各渠道每月发布数：没有发布记录。"),
        (ChartData("months", "", MONTHS, [DAILY]), "攀枝花日报合计36，均为3。"),
    ],
    ids=["months", "years", "calendar", "nothing", "untitled"],
)
def test_the_numbers_are_said_in_words(chart: ChartData, words: str) -> None:
    assert described(chart) == words


@given(st.sets(st.integers(0, 60)))
def test_the_longest_gap_is_the_longest_run_of_empty_days(numbers: set[int]) -> None:
    first = date(2024, 2, 1)
    days = [first + timedelta(days=number) for number in sorted(numbers)]
    runs = "".join("1" if number in numbers else "0" for number in range(61)).split("1")
    assert longest_gap(days, first, first + timedelta(days=60)) == max(map(len, runs))


@needs_font
def test_the_face_for_simplified_chinese_is_taken() -> None:
    font = chinese_font()
    assert font is not None
    if "NotoSansCJK" in font.name:
        assert simplified_face(font) == 2


@pytest.fixture
def no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "CHINESE_FONTS", ("/nowhere/font.ttc",))


@pytest.mark.usefixtures("no_font")
def test_without_a_chinese_font_the_package_is_named() -> None:
    with pytest.raises(ConfigurationError, match="fonts-noto-cjk"):
        draw(CHARTS["months"])


# In a report


@pytest.fixture
def office(home: Path) -> Office:
    office = load(MODEL, home=home)
    publish(office, "2017-03-01", "portal", range(1, 8))
    publish(office, "2017-04-01", "weibo", range(1, 4))
    return office


@pytest.mark.django_db
@needs_font
def test_the_official_report_has_a_chart_of_its_counts(office: Office) -> None:
    blocks = make_report(office, 2017, "narrative-2008", today=date(2018, 1, 24)).document().blocks
    (chart,) = [block for block in blocks if isinstance(block, Picture)]
    assert chart.caption == "2017年各渠道每月发布信息数"
    assert "门户网站合计7，最多为3月7" in chart.alt
    assert "新浪微博合计3，最多为4月3" in chart.alt
    assert chart.content.startswith(b"\x89PNG")


@pytest.mark.django_db
@pytest.mark.usefixtures("no_font")
def test_a_machine_that_cannot_draw_prints_the_numbers_in_words(office: Office) -> None:
    blocks = make_report(office, 2017, "narrative-2008", today=date(2018, 1, 24)).document().blocks
    assert not any(isinstance(block, Picture) for block in blocks)
    assert "2017年各渠道每月发布信息数：门户网站7，新浪微博3。" in [
        block.text for block in blocks if isinstance(block, Paragraph)
    ]
