"""Where a report's figures come from, as every form of output shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from publisher.reports.document import Document, Heading, Paragraph, Table

KINDS = {
    "log": "发布日志计数",
    "entered": "人工填报",
    "analytics": "统计系统导入",
    "config": "单位配置",
    "text": "文字表述",
    "names": "发布日志归纳",
    "sum": "由其他数字计算",
}
"""Kind of a figure → the words of the annex."""

ROW_HEADINGS = {
    "number": "日志编号",
    "date": "日期",
    "event": "事项",
    "channel": "渠道",
    "column": "栏目",
    "section": "供稿科室",
    "issue": "期号",
    "title": "标题",
    "address": "网址或凭证",
}
"""What an opened row may say, in this order; what no row of a list says gets no column."""

ANNEX_TITLE = "附件：数字来源"
ANNEX_WORDS = "本报告中的数字均可追溯：由发布日志计数的，列明口径与日志编号；由人工填报的，列明填报人与填报时间。"
LOG_TITLE = "发布日志摘录"
DRAFT_WORDS = "草稿"
TOO_MANY_WORDS = "共 {count} 条日志记录，逐条内容见本报告的网页或 Excel 版本，或按编号在发布日志中查阅。"

MOST_ON_PAPER = 2000
"""Log rows a PDF lists one by one: more fill pages nobody reads, and take a second for each thousand to be set."""

MOST_NUMBERS = 6000
"""Characters of a list of numbers: three pages of Word. A cell of Excel holds five times as many."""


@dataclass(frozen=True, slots=True)
class FigureSource:
    """What a figure opens into.

    Args:
        label: what is counted.
        value_text: the value as the report words it.
        kind: a key of ``KINDS``.
        rule_words: the counting rule (口径) in words.
        rows: the log rows counted, in order, each with the keys of ``ROW_HEADINGS`` it has something for.
        entered_by: who gave the number, where it was not counted.
        note: the document it was taken from, or what else must be known.
    """

    label: str
    value_text: str
    unit: str = ""
    kind: str = "log"
    rule_words: str = ""
    rows: Sequence[Mapping[str, str]] = ()
    entered_by: str = ""
    entered_at: datetime | None = None
    note: str = ""

    @property
    def kind_words(self) -> str:
        return KINDS.get(self.kind, self.kind)

    @property
    def value_words(self) -> str:
        """The value with its unit, which words (无, 100余条) have or need none."""
        is_bare = self.value_text[-1:].isdecimal() or self.value_text.endswith(("余", "万", "亿"))
        return f"{self.value_text}{self.unit}" if is_bare else self.value_text

    @property
    def entered_words(self) -> str:
        """Who gave the number and when, by the clock ``entered_at`` bears."""
        moment = f"{self.entered_at:%Y-%m-%d %H:%M}" if self.entered_at else ""
        return " ".join(filter(None, [self.entered_by, moment]))

    @property
    def numbers(self) -> str:
        """The numbers of the log rows, short; of very many only the first."""
        words = number_ranges(row.get("number", "") for row in self.rows)
        return words if len(words) <= MOST_NUMBERS else f"{words[: words.rfind('、', 0, MOST_NUMBERS)]}……"


Sources = Mapping[str, FigureSource]


def in_order(document: Document, sources: Sources) -> dict[str, FigureSource]:
    """``sources`` as the figures first appear in the document, then those it does not show."""
    shown = dict.fromkeys(key for key in figures(document) if key in sources)
    return {key: sources[key] for key in [*shown, *(key for key in sources if key not in shown)]}


def figures(document: Document) -> Iterator[str]:
    """The key of each figure shown, in reading order, as often as it is shown."""
    for block in document.blocks:
        if isinstance(block, Heading | Paragraph):
            yield from (run.figure for run in block.runs if run.figure)
        elif isinstance(block, Table):
            yield from (cell.figure for row in block.rows for cell in row if cell.figure)


def row_fields(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Which columns a list of ``rows`` needs, in order."""
    said = {name for row in rows for name, value in row.items() if value}
    return [name for name in ROW_HEADINGS if name in said]


def number_ranges(numbers: Iterable[str]) -> str:
    """``1–3、7``: ascending, each once, neighbours joined; what is no whole number stands at the end as it is."""
    given = dict.fromkeys(filter(None, numbers))
    whole = sorted({int(number) for number in given if _is_whole(number)})
    runs = ([number for _, number in group] for _, group in groupby(enumerate(whole), lambda pair: pair[1] - pair[0]))
    spans = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return "、".join([*spans, *(number for number in given if not _is_whole(number))])


def _is_whole(number: str) -> bool:
    return number.isascii() and number.isdecimal()


def distinct_rows(sources: Sources) -> list[Mapping[str, str]]:
    """The log rows of all figures, each once, by number."""
    rows = {row.get("number", ""): row for source in sources.values() for row in source.rows}
    return [rows[number] for number in sorted(rows, key=lambda number: (not _is_whole(number), len(number), number))]
