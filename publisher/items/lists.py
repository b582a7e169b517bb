"""Lists that people kept of what was published: a table with a row for each, its headings in Chinese or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from channels.base import Evidence, Past
from channels.errors import Text
from channels.website.dates import read_day
from publisher.items.clippings import BadClipping, Clipping, Clippings
from publisher.items.tables import Cell, Line, Sheet, read_table
from publisher.office import Office

HEADINGS = {
    "title": "标题 题目 题名 名称 稿件标题 信息标题 文章标题 文章题目 信息名称 稿件名称 title headline",
    "day": "日期 时间 见报日期 见报时间 发布日期 发布时间 刊登日期 刊登时间 刊发日期 刊发时间 date day published",
    "column": "栏目 所属栏目 发布栏目 栏目名称 column",
    "channel": "渠道 发布渠道 平台 channel",
    "url": "网址 链接 地址 网页地址 链接地址 url link address",
    "issue": "期号 期数 期次 期 issue",
    "page": "版面 版次 版 page",
    "section": "供稿科室 科室 报送科室 责任科室 供稿单位 供稿部门 部门 section department",
    "author": "作者 撰稿人 供稿人 通讯员 author",
    "source": "来源 信息来源 source",
    "clipping": "剪报 剪报文件 附件 文件 截图 clipping file",
}
"""What may stand above a column; the rest of a table is not read."""

PASSED_OVER = frozenset({"序号", "备注", "no.", "no", "remark", "remarks"})
"""Headings that need no word."""

NAMES = {word: name for name, words in HEADINGS.items() for word in words.split()}
NEEDED = frozenset({"title", "day"})
HEADED_WITHIN = 20
"""Rows at the top among which the headings are looked for: a table has a title above them."""

TOTALS = frozenset({"合计", "总计", "小计", "共计", "total"})
ISSUE_NUMBER = re.compile(r"第?\s*(\d+)(?:\.0)?\s*期?")
AMBIGUOUS = re.compile(r"\d{1,2}\.\d{1,2}")
"""Tables drop the last zero of numbers: 3.1 may have been 3.10."""

SHORT = {"section": 100, "source": 200, "issue": 32}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a table: its sheet (empty for CSV), its row, and what to do about it."""

    sheet: str
    row: int
    text: Text


class BadList(Exception):
    """A list nothing was taken from; ``mistakes`` names every one."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{mistake.row}: {mistake.text}" for mistake in mistakes))


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says, in its order, and the clippings that go with it.

    ``elsewhere`` counts rows of other channels; ``unread`` are headings of columns that mean nothing here, ``passed``
    sheets without headings, ``unused`` clippings that belong to no row.
    """

    entries: Sequence[Past]
    clippings: Mapping[str, Sequence[Clipping]]
    elsewhere: int
    unread: Sequence[str]
    passed: Sequence[str]
    unused: Sequence[Path]

    def clippings_of(self, past: Past) -> Sequence[Clipping]:
        return self.clippings.get(past.where, ())


@dataclass(frozen=True, slots=True)
class Reading:
    """What a list is read for: the channel and year, and what holds where a row says nothing.

    Attributes:
        channel: names by which a row may call the channel; rows of others are passed over.
        column: key of the column of rows that name none.
        is_print: what has no issue number is known by its day.
    """

    office: Office
    year: int
    channel: Sequence[str]
    column: str = ""
    is_print: bool = False


def read_list(name: str, content: bytes, reading: Reading, clippings: Clippings | None = None) -> Listed:
    """Read a whole list.

    Raises UnreadableTable: it is no table. Raises BadList: with every mistake in it. Raises OSError: a clipping.
    """
    sheets = read_table(name, content)
    tables = [table for sheet in sheets if (table := _Table.of(sheet))]
    if not tables:
        last = next((sheet.name for sheet in sheets if sheet.lines), "")
        text = Text(
            "There is no row of headings: write at least {title} and {day} above the columns.", title="标题", day="日期"
        )
        raise BadList([Mistake(last, 1, text)])
    listed = _Rows(name, reading, clippings).read(tables)
    used = {table.sheet.name for table in tables}
    return replace(listed, passed=[sheet.name for sheet in sheets if sheet.lines and sheet.name not in used])


@dataclass(frozen=True, slots=True)
class _Table:
    """The part of a sheet below its headings."""

    sheet: Sheet
    names: Sequence[str]
    headings: Sequence[str]
    lines: Sequence[Line]

    @classmethod
    def of(cls, sheet: Sheet) -> _Table | None:
        """None where a sheet has no headings: then it is no list."""
        for place, line in enumerate(sheet.lines[:HEADED_WITHIN]):
            headings = [str(cell) for cell in line.cells]
            names = [NAMES.get(_heading(heading), "") for heading in headings]
            if set(names) >= NEEDED:
                return cls(sheet, _once(names), headings, sheet.lines[place + 1 :])
        return None

    @property
    def unread(self) -> list[str]:
        pairs = zip(self.headings, self.names, strict=True)
        return [heading for heading, name in pairs if not name and _heading(heading) not in PASSED_OVER | {""}]

    def parts(self, line: Line) -> dict[str, Cell]:
        """The cells of a row that mean something, by name; the address may lie behind the title."""
        found = {name: cell for name, cell in zip(self.names, line.cells, strict=False) if name and cell != ""}
        links = dict(zip(self.names, line.links, strict=False))
        if "url" not in found and (link := links.get("url") or links.get("title")):
            found["url"] = link
        return found


class _Rows:
    """The rows of all tables, with every mistake noted."""

    def __init__(self, name: str, reading: Reading, clippings: Clippings | None) -> None:
        self.name = name
        self.reading = reading
        self.clippings = clippings
        self.columns = {key: key for key in reading.office.columns}
        self.columns |= {column.name: key for key, column in reading.office.columns.items()}
        self.mistakes: list[Mistake] = []
        self.kept: dict[str, Sequence[Clipping]] = {}
        self.elsewhere = 0

    def read(self, tables: Sequence[_Table]) -> Listed:
        entries = [past for table in tables for line in table.lines if (past := self._row(table, line)) is not None]
        if not entries and not self.mistakes and not self.elsewhere:
            self.mistakes.append(Mistake(tables[0].sheet.name, 1, Text("There is nothing below the headings.")))
        if self.mistakes:
            raise BadList(self.mistakes)
        unread = dict.fromkeys(heading for table in tables for heading in table.unread)
        unused = self.clippings.unused if self.clippings else ()
        return Listed(entries, self.kept, self.elsewhere, list(unread), (), unused)

    def _row(self, table: _Table, line: Line) -> Past | None:
        parts = table.parts(line)
        if not parts or any(_heading(str(cell)) in TOTALS for cell in line.cells):
            return None
        if "channel" in parts and str(parts["channel"]) not in self.reading.channel:
            self.elsewhere += 1
            return None
        texts = {name: str(cell) for name, cell in parts.items()}
        mistakes = list(self._texts_mistakes(texts))
        day = self._day(table.sheet, parts.get("day", ""))
        if day is None:
            mistakes.append(_no_day(texts.get("day", "")))
        self.mistakes += [Mistake(table.sheet.name, line.number, text) for text in mistakes]
        if mistakes or day is None:
            return None
        return self._past(table, line, texts, day)

    def _past(self, table: _Table, line: Line, texts: Mapping[str, str], day: date) -> Past | None:
        place = f"{table.sheet.name}!{line.number}" if table.sheet.name else str(line.number)
        issue = _issue(texts.get("issue", "")) or (day.isoformat() if self.reading.is_print else "")
        try:
            clippings = self._clippings(texts, day, issue)
        except BadClipping as error:
            self.mistakes.append(Mistake(table.sheet.name, line.number, error.text))
            return None
        where = f"{self.name} {place}"
        if clippings:
            self.kept[where] = clippings
        raw: dict[str, object] = {name: texts[name] for name in ("page", "author") if texts.get(name)}
        if clippings:
            raw["clippings"] = [clipping.as_json() for clipping in clippings]
        return Past(
            title=" ".join(texts["title"].split()),
            published_on=day,
            url=texts.get("url", ""),
            column=self.columns.get(texts.get("column", ""), self.reading.column),
            section=texts.get("section", ""),
            source=texts.get("source", ""),
            issue=issue,
            where=where,
            evidence=Evidence.KEPT_COPY if clippings else Evidence.DECLARED,
            raw=raw,
        )

    def _texts_mistakes(self, texts: Mapping[str, str]) -> Iterator[Text]:
        if not texts.get("title"):
            yield Text("The title is missing: write it.")
        column, url = texts.get("column", ""), texts.get("url", "")
        if column and column not in self.columns:
            known = ", ".join(column.name for column in self.reading.office.columns.values())
            yield Text("There is no column {name}: write one of {known}.", name=column, known=known)
        if url and not _is_address(url):
            yield Text("{url} is no address: write one such as https://www.example.gov.cn/1.html.", url=url)
        for name, length in SHORT.items():
            if len(texts.get(name, "")) > length:
                yield Text("“{text}” is too long: write at most {length} characters.", text=texts[name], length=length)

    def _day(self, sheet: Sheet, cell: Cell) -> date | None:
        if isinstance(cell, str) and AMBIGUOUS.fullmatch(cell):
            return None
        return sheet.day(cell) or (read_day(cell, year=self.reading.year) if isinstance(cell, str) else None)

    def _clippings(self, texts: Mapping[str, str], day: date, issue: str) -> list[Clipping]:
        """Those the row names, else those that are named after its day or issue. Raises BadClipping."""
        if self.clippings is None:
            return []
        if not (named := texts.get("clipping", "")):
            return self.clippings.of(day, issue)
        found = []
        for name in filter(None, re.split(r"[;；,，、\n]\s*", named)):
            clipping = self.clippings.named(name.strip())
            if clipping is None:
                raise BadClipping("The clipping {name} is not in {folder}.", name=name, folder=self.clippings.folder)
            found.append(clipping)
        return found


def _heading(text: str) -> str:
    """A heading without blanks, remarks in brackets, and marks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\(.*?\)|[\s:*]", "", plain)


def _once(names: Sequence[str]) -> list[str]:
    """Each name where it stands first: a table may have two columns that could be meant."""
    return [name if name and name not in names[:place] else "" for place, name in enumerate(names)]


def _issue(text: str) -> str:
    """``第36期`` and ``36.0`` are issue 36; what is written otherwise stays."""
    found = ISSUE_NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return str(int(found[1])) if found else " ".join(text.split())


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _no_day(written: str) -> Text:
    if not written:
        return Text("The day is missing: write one such as {example}.", example="2017-03-12")
    return Text("“{text}” is no day: write one such as {example}.", text=written, example="2017-03-12")
