"""Charts as pictures: bars for months or years, one part for each channel, and columns over the days of a year.

The same numbers give the same bytes on one machine, so the last pictures are kept: a draft is looked at again and
again, and drawing its chart takes longer than everything else of it. Figures are never shared: any thread may draw.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import cycle, pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontPath, FontProperties
from matplotlib.patches import Patch
from matplotlib.text import Text as DrawnText
from matplotlib.ticker import MaxNLocator

from channels.errors import ConfigurationError
from channels.markup import NOT_XML
from channels.pictures import chinese_font, simplified_face
from publisher.reports.charting import ChartData, Kind, Series
from publisher.reports.document import Picture

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
"""Told apart by people who see colours differently, too (Okabe and Ito)."""
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++", "oo", "--")
"""Told apart in black and white."""
HEAT = ("#FFFFFF", "#C6DBEF", "#6BAED6", "#2171B5", "#08306B")
STEPS = (0, 1, 2, 4, 8)
"""From how many a day each of these colours is used."""
GREY, INK = "#D0D0D0", "#222222"
EDGE: Mapping[str, Any] = {"edgecolor": "white", "linewidth": 0.4}

WIDTH_MM, BARS_MM, ROW_MM, DPI = 150, 80, 8, 200
LONGEST_NAME = 14
KEPT = 16
"""Pictures, of some hundred thousand bytes each."""
NUMBER_PT = 7.5
SCALE = 0.88
"""Chinese characters fill their square: they look larger than Latin letters of the same size."""


def picture(chart: ChartData, *, caption: str = "", width_mm: float = WIDTH_MM) -> Picture:
    """The chart for a report. Raises ConfigurationError: there is no Chinese font to draw it with."""
    return Picture(draw(chart), described(chart), caption, width_mm)


def draw(chart: ChartData) -> bytes:
    """The chart as PNG. Raises ConfigurationError: there is no Chinese font."""
    rows = tuple((series.name, tuple(series.values)) for series in chart.series)
    return png(chart.kind, tuple(chart.labels), rows)


def described(chart: ChartData) -> str:
    """The numbers in words, for those who cannot see the picture."""
    words = _days_in_words if chart.kind == "calendar" else _bars_in_words
    rows = "；".join(f"{series.name}{words(series, chart.labels)}" for series in chart.series) or "没有发布记录"
    return f"{chart.title}：{rows}。" if chart.title else f"{rows}。"


def longest_gap(days: Sequence[date], first: date, last: date) -> int:
    """The longest run of days without any of ``days``, which are in order, from the first day to the last."""
    edges = [first - timedelta(days=1), *days, last + timedelta(days=1)]
    return max((after - before).days - 1 for before, after in pairwise(edges))


# Words


def _bars_in_words(series: Series, labels: Sequence[str]) -> str:
    highest, lowest = max(series.values, default=0), min(series.values, default=0)
    if highest == lowest:
        return f"合计{series.total}，均为{highest}"
    most, least = (_with_value(series, labels, value) for value in (highest, lowest))
    return f"合计{series.total}，最多为{most}{highest}，最少为{least}{lowest}"


def _with_value(series: Series, labels: Sequence[str], value: int) -> str:
    """``2017年`` and ``3月（`` need no colon before a number, a bare year does."""
    named = [label for label, each in zip(labels, series.values, strict=True) if each == value]
    return "、".join(named) + ("：" if named[-1][-1:].isdecimal() else "")


def _days_in_words(series: Series, labels: Sequence[str]) -> str:
    days = [date.fromisoformat(label) for label in labels]
    counted = [day for day, number in zip(days, series.values, strict=True) if number]
    if not counted:
        return "没有发布"
    return f"合计{series.total}，{len(counted)}天有发布，最长间隔{longest_gap(counted, days[0], days[-1])}天"


def _short(name: str) -> str:
    # matplotlib leaves out of a legend what begins with an underscore.
    clean = NOT_XML.sub("", name).lstrip("_") or " "
    return clean if len(clean) <= LONGEST_NAME else clean[: LONGEST_NAME - 1] + "…"


# Drawing


@lru_cache(maxsize=KEPT)
def png(kind: Kind, labels: tuple[str, ...], rows: tuple[tuple[str, tuple[int, ...]], ...]) -> bytes:
    chart = ChartData(kind, "", labels, [Series(name, values) for name, values in rows])
    return _png(_heat_map(chart) if kind == "calendar" else _bars(chart))


def _blank(height_mm: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_MM / 25.4, height_mm / 25.4), dpi=DPI, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.tick_params(length=0)
    return figure, axes


def _bars(chart: ChartData) -> Figure:
    figure, axes = _blank(BARS_MM)
    places = range(len(chart.labels))
    tops = [0] * len(chart.labels)
    for series, colour, hatch in zip(chart.series, cycle(COLOURS), cycle(HATCHES), strict=False):
        axes.bar(places, series.values, 0.62, bottom=tops, color=colour, hatch=hatch, **EDGE)
        tops = [below + value for below, value in zip(tops, series.values, strict=True)]
    highest = max(tops, default=0)
    for place, top in zip(places, tops, strict=True):
        if top:
            axes.text(place, top + highest * 0.015, str(top), ha="center", va="bottom", size=NUMBER_PT, color=INK)
    axes.set_xticks(places, chart.labels)
    axes.set_xlim(-0.6, len(chart.labels) - 0.4)
    axes.set_ylim(0, max(highest * 1.12, 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.grid(axis="y", color=GREY, linewidth=0.5)
    axes.set_axisbelow(True)
    _explain(figure, [series.name for series in chart.series])
    return figure


def _heat_map(chart: ChartData) -> Figure:
    """A row for each column (栏目) and a place for each day, darker where more was published: it shows the gaps."""
    figure, axes = _blank(26 + ROW_MM * max(len(chart.series), 1))
    if chart.series:
        colours, steps = ListedColormap(HEAT), BoundaryNorm([*STEPS, 10**9], len(HEAT))
        heat = [series.values for series in chart.series]
        axes.pcolormesh(heat, cmap=colours, norm=steps, edgecolors="#EDEDED", linewidth=0.15, antialiased=True)
    axes.set_yticks([row + 0.5 for row in range(len(chart.series))], [_short(series.name) for series in chart.series])
    axes.set_ylim(max(len(chart.series), 1), 0)
    _mark_months(axes, [date.fromisoformat(label) for label in chart.labels])
    _explain_heat(figure)
    return figure


def _mark_months(axes: Axes, days: Sequence[date]) -> None:
    starts = [number for number, day in enumerate(days) if day.day == 1 or not number]
    axes.set_xticks(starts, [f"{days[number].month}月" for number in starts], horizontalalignment="left")
    for number in starts[1:]:
        axes.axvline(number, color="#AAAAAA", linewidth=0.5, linestyle=":")
    axes.set_xlim(0, len(days))


def _explain(figure: Figure, names: Iterable[str]) -> None:
    patches = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=_short(name))
        for name, colour, hatch in zip(names, cycle(COLOURS), cycle(HATCHES), strict=False)
    ]
    if patches:
        figure.legend(handles=patches, loc="outside upper center", ncols=min(len(patches), 4), frameon=False)


def _explain_heat(figure: Figure) -> None:
    ranges = [f"{first}" if first + 1 == after else f"{first}–{after - 1}" for first, after in pairwise(STEPS)]
    labels = [f"每日{numbers}" for numbers in (*ranges, f"{STEPS[-1]}以上")]
    patches = [Patch(facecolor=colour, edgecolor=GREY, label=label) for colour, label in zip(HEAT, labels, strict=True)]
    figure.legend(handles=patches, loc="outside upper center", ncols=len(patches), frameon=False)


def _png(figure: Figure) -> bytes:
    _set_faces(figure)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    # Without the program's name and version, which would change the bytes with every new version.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _set_faces(figure: Figure) -> None:
    path = chinese_font()
    if path is None:
        raise ConfigurationError(
            "Charts cannot be drawn on this machine: no Chinese font was found. Install the Debian package {package}.",
            package="fonts-noto-cjk",
        )
    face = FontPath(str(path), simplified_face(path))
    for text in figure.findobj(DrawnText):
        if isinstance(text, DrawnText):
            text.set_fontproperties(FontProperties(fname=face, size=float(text.get_fontsize()) * SCALE))
            # A dollar sign in a name is no formula.
            text.set_parse_math(False)
