"""A report with one of everything, and what its figures open into."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

from PIL import Image

from publisher.reports.document import Block, Cell, Document, Heading, Paragraph, Picture, Run, Table
from publisher.reports.render import FigureSource

TITLE = "攀枝花市科学技术和知识产权局2017年度政府信息公开工作年度报告"
OFFICE = "攀枝花市科学技术和知识产权局"
NASTY = '=HYPERLINK("http://evil.example/","点")<script>alert(1)</script>&\x07'
"""A title somebody might submit: a formula for Excel, markup for browsers, a character no XML file may hold."""

WORK_NEWS = tuple(
    {
        "number": str(number),
        "date": f"2017-{1 + number % 12:02}-{1 + number % 28:02}",
        "event": "发布",
        "channel": "门户网站",
        "title": f"工作动态第{number}条",
        "address": f"https://www.example.cn/{number}.html",
    }
    for number in range(3, 39)
)
SOURCES = {
    "aspects": FigureSource("《条例》规定的方面数", "6", "个", "text"),
    "news": FigureSource("工作动态信息数", "36", "条", "log", "门户网站发布的，撤回的不计。", WORK_NEWS),
    "social": FigureSource(
        "微博微信信息数",
        "100余条",
        "条",
        "log",
        "两个渠道分别计。",
        [{"number": "900", "date": "2017-03-01", "title": NASTY, "address": "javascript:alert(1)"}],
    ),
    "letters": FigureSource(
        "回复局长信箱来信数",
        "3",
        "封",
        "entered",
        entered_by="张三",
        entered_at=datetime(2018, 1, 10, 9, 30, tzinfo=UTC),
        note=NASTY,
    ),
    "fee": FigureSource("行政事业性收费", "1.50", "万元", "entered", entered_by="李四"),
    "phone": FigureSource("联系电话", "3333482", kind="config"),
}


def head(text: str, columns: int = 1, rows: int = 1) -> Cell:
    return Cell(text, columns=columns, rows=rows, is_head=True)


FEES = Table(
    [
        [head("第二十条第（八）项", 2)],
        [head("信息内容"), head("本年收费金额（单位：万元）")],
        [Cell("行政事业性收费", is_head=True, align="left"), Cell("1.50", "fee")],
        [Cell("联系电话", is_head=True, align="left"), Cell("3333482", "phone")],
        [Cell(NASTY), Cell("—")],
    ],
    caption="第二十条",
    widths=(2, 1),
    head_rows=2,
)
REQUESTS = Table(
    [
        [head("申请\n项目", rows=2), head("申请人情况", 2)],
        [head("自然人"), head("法人")],
        [head("办理结果", rows=2), Cell("36", "news"), Cell("0")],
        [Cell("0", columns=2)],
    ],
    head_rows=2,
)


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 150), "navy").save(buffer, "PNG")
    return buffer.getvalue()


def text(*parts: str | Run) -> list[Run]:
    return [Run(part) if isinstance(part, str) else part for part in parts]


def sample(*, is_draft: bool = False, tables: tuple[Table, ...] = (FEES, REQUESTS)) -> Document:
    blocks: list[Block] = [
        Heading(1, text("一、概述")),
        Paragraph(text("联系电话：", Run("3333482", "phone"), "。" + NASTY)),
        Heading(1, text("二、", Run("6", "aspects"), "个方面的工作情况")),
        Heading(3, text("1.主动公开")),
        Paragraph(text("发布工作动态", Run("36条", "news"), "、微博微信", Run("100余条", "social"), "，")),
        Paragraph(text("全年共", Run("36条", "news"), "，回复来信", Run("3封", "letters"), "。")),
        *tables,
        Paragraph(text("注：撤回的不计。"), kind="note"),
        Picture(picture(), "各月发布量：一月30条", "图1 各月发布量", 120),
        Paragraph(text(OFFICE), kind="signature"),
        Paragraph(text("2018年1月24日"), kind="signature"),
    ]
    return Document(TITLE, blocks, is_draft=is_draft, author=OFFICE, dated=date(2018, 1, 24))
