"""Draws and writes the sample manuscripts beside this file; running it again gives the same bytes.

Run: ``python tests/data/make_samples.py``
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table
from docx.text.run import Run
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
SCALE = 3
"""Pictures are drawn this much larger and reduced, for smooth edges."""

Point = tuple[float, float]

SKY, SUN, FAR, NEAR, RIVER = "#dcecf5", "#f6c667", "#a9c3b6", "#6f9a86", "#7fb2cf"
WOOD, RED, DARK, CREAM, BLUE, GREY = "#8a6a55", "#d1493f", "#37474f", "#fdf8ee", "#3f7cac", "#90a4ae"


class Sheet:
    """A picture in the making; all measures in pixels of the finished picture."""

    def __init__(self, width: int, height: int, background: str) -> None:
        self.size = (width, height)
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), background)
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Sequence[Point], colour: str) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, radius: float = 0) -> None:
        self.draw.rounded_rectangle((left * SCALE, top * SCALE, right * SCALE, bottom * SCALE), radius * SCALE, colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self.draw.ellipse([value * SCALE for value in (x - radius, y - radius, x + radius, y + radius)], colour)

    def line(self, points: Sequence[Point], colour: str, width: float) -> None:
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], colour, round(width * SCALE), joint="curve")

    def label(self, x: float, y: float, text: str, size: float, colour: str = DARK) -> None:
        font = ImageFont.load_default(size * SCALE)
        self.draw.text((x * SCALE, y * SCALE), text, colour, font, anchor="mm")

    def png(self) -> bytes:
        reduced = self.image.resize(self.size, Image.Resampling.LANCZOS).quantize(64)
        buffer = BytesIO()
        reduced.save(buffer, "PNG", optimize=True)
        return buffer.getvalue()


def valley() -> Sheet:
    """Hills, the river and a kapok branch: the town the flower gave its name."""
    sheet = Sheet(800, 450, SKY)
    sheet.disc(630, 110, 52, SUN)
    for base, height, colour, shift in ((300, 90, FAR, 0.4), (350, 70, NEAR, 2.1)):
        ridge = [
            (x, base - height * (0.6 + 0.4 * math.sin(x / 97 + shift) * math.sin(x / 41))) for x in range(0, 801, 8)
        ]
        sheet.polygon([(0, 450), *ridge, (800, 450)], colour)
    sheet.polygon([(0, 385), (250, 370), (520, 392), (800, 372), (800, 450), (0, 450)], RIVER)
    for left, top in ((470, 300), (515, 275), (560, 290), (610, 262), (655, 285)):
        sheet.box(left, top, left + 36, 378, CREAM, 3)
        for row in range(int((360 - top) / 18)):
            sheet.box(left + 7, top + 8 + row * 18, left + 14, top + 16 + row * 18, GREY)
            sheet.box(left + 22, top + 8 + row * 18, left + 29, top + 16 + row * 18, GREY)
    sheet.line([(-10, 60), (120, 110), (230, 105), (330, 150)], WOOD, 9)
    sheet.line([(120, 110), (190, 190), (210, 240)], WOOD, 6)
    for x, y, radius in ((75, 95, 30), (185, 98, 34), (318, 146, 28), (208, 238, 26)):
        blossom(sheet, x, y, radius)
    return sheet


def blossom(sheet: Sheet, x: float, y: float, radius: float) -> None:
    """A kapok flower: five petals around a yellow heart."""
    for petal in range(5):
        angle = math.radians(petal * 72 - 90)
        sheet.disc(x + radius * 0.62 * math.cos(angle), y + radius * 0.62 * math.sin(angle), radius * 0.55, RED)
    sheet.disc(x, y, radius * 0.34, SUN)


def stand() -> Sheet:
    """A booth of the science fair: telescope, flask, visitors."""
    sheet = Sheet(800, 450, "#f3efe6")
    sheet.box(0, 360, 800, 450, "#d9cfbd")
    sheet.box(90, 60, 710, 120, BLUE, 10)
    for stripe in range(20):
        sheet.box(90 + stripe * 31, 112, 121 + stripe * 31, 146, CREAM if stripe % 2 else RED, 8)
    sheet.box(102, 140, 112, 370, GREY)
    sheet.box(688, 140, 698, 370, GREY)
    sheet.box(140, 290, 660, 375, WOOD, 6)
    sheet.box(140, 290, 660, 302, "#a5836b", 4)
    sheet.line([(250, 288), (285, 225), (320, 288)], DARK, 6)
    sheet.line([(232, 250), (350, 190)], DARK, 22)
    sheet.line([(340, 195), (372, 179)], BLUE, 30)
    sheet.polygon([(440, 288), (520, 288), (492, 232), (492, 200), (468, 200), (468, 232)], "#cfe6ee")
    sheet.polygon([(444, 284), (516, 284), (502, 256), (458, 256)], "#62b6a8")
    for x, y, radius in ((474, 180, 7), (487, 160, 10), (470, 138, 6)):
        sheet.disc(x, y, radius, "#9fd3c9")
    sheet.disc(590, 245, 40, "#5c9ead")
    sheet.line([(560, 285), (620, 285)], DARK, 6)
    for x, height, colour in ((200, 150, RED), (395, 120, SUN), (560, 160, "#62b6a8"), (650, 110, BLUE)):
        sheet.box(x - 26, 470 - height, x + 26, 460, colour, 20)
        sheet.disc(x, 450 - height, 22, "#e8b998")
    return sheet


def chart() -> Sheet:
    """Patent applications a year, inventions in the darker part."""
    sheet = Sheet(760, 420, "#ffffff")
    years = ((2013, 1120, 340), (2014, 1385, 460), (2015, 1690, 610), (2016, 2075, 830), (2017, 2480, 1090))
    for step in range(6):
        height = 360 - step * 60
        sheet.line([(80, height), (720, height)], "#e3e8ea", 1.5)
        sheet.label(48, height, str(step * 500), 14, GREY)
    for place, (year, total, inventions) in enumerate(years):
        left = 115 + place * 122
        sheet.box(left, 360 - total * 0.12, left + 70, 360, "#8fc1e3")
        sheet.box(left, 360 - inventions * 0.12, left + 70, 360, BLUE)
        sheet.label(left + 35, 346 - total * 0.12, str(total), 16)
        sheet.label(left + 35, 384, str(year), 16)
    sheet.line([(80, 360), (720, 360)], DARK, 2)
    return sheet


def stages() -> Sheet:
    """Five stages, one after the other."""
    sheet = Sheet(760, 160, "#ffffff")
    for place, colour in enumerate((BLUE, "#5c9ead", "#62b6a8", SUN, RED)):
        left = 20 + place * 146
        tip = [(left + 118, 30), (left + 142, 80), (left + 118, 130)]
        sheet.polygon([(left, 30), *tip, (left, 130), (left + 24, 80)], colour)
        sheet.disc(left + 74, 80, 26, "#ffffff")
        sheet.label(left + 74, 80, str(place + 1), 30, colour)
    return sheet


TIMETABLE = (
    ("日期", "时间", "活动内容", "地点"),
    ("5月19日", "9:00", "启动仪式暨大型科普集市", "攀枝花公园广场"),
    ("", "15:00", "“钒钛新材料”科普报告会", "市图书馆报告厅"),
    ("5月22日", "10:00", "知识产权进企业", "钒钛高新技术产业开发区"),
    ("5月24日", "14:30", "实验室开放日", "攀枝花学院、市农林科学研究院"),
    ("说明", "以上活动均免费向公众开放，团体参观请提前一天预约。", "", ""),
)
ACTIVITIES = (
    "科普展览：集中展示钒钛新材料、阳光康养、特色农业等领域的60余项科技成果；",
    "科技服务：组织专家现场解答专利申请、项目申报等问题，发放资料3000余份；",
    "互动体验：设置天文观测、化学实验、机器人表演等12个体验区。",
)


def science_week() -> bytes:
    """The Word sample: news about the science week."""
    document = Document()
    _prepare(document)
    document.add_heading("攀枝花市启动2018年科技活动周", level=0)
    opening = document.add_paragraph("5月19日上午，以“")
    opening.add_run("科技创新 强国富民").bold = True
    opening.add_run(
        "”为主题的攀枝花市2018年科技活动周在攀枝花公园广场拉开帷幕。"
        "来自全市36家成员单位的科技工作者、学校师生和市民群众1500余人参加了启动仪式。"
    )
    _picture(document, valley(), "木棉花枝后的攀枝花城区和金沙江", "图1 金沙江畔的攀枝花市区")
    document.add_heading("一、活动内容丰富多彩", level=1)
    document.add_paragraph("活动周期间，全市围绕科技成果惠及民生，重点开展三类活动：")
    for activity in ACTIVITIES:
        document.add_paragraph(activity, style="List Bullet")
    document.add_heading("（一）科普集市人气旺", level=2)
    paragraph = document.add_paragraph("在天文观测体验区，小学生排起长队。“")
    paragraph.add_run("原来太阳黑子是这个样子的！").italic = True
    paragraph.add_run("”市第二小学的同学们兴奋地说。")
    _picture(document, stand(), "市民在科普展台前观看望远镜和化学实验", "图2 市民参观科普展台")
    document.add_heading("（二）科技服务送上门", level=2)
    document.add_paragraph(
        "市科技和知识产权局组织8名科技特派员深入米易县、盐边县，向种植户讲解芒果、枇杷的病虫害防治技术，"
        "现场检测土壤样品42份，每份用土约0.5 kg。"
    )
    document.add_heading("二、活动安排", level=1)
    _timetable(document)
    document.add_heading("三、持续推进全民科学素质提升", level=1)
    document.add_paragraph(
        "市科技和知识产权局负责人表示，将以此次活动周为契机，推动科研设施和科普场馆常态化开放，力争到2020年全市公民具备科学素质的比例达到8%以上。"
    )
    for line in ("攀枝花市科学技术和知识产权局", "2018年5月19日"):
        document.add_paragraph(line).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    buffer = BytesIO()
    document.save(buffer)
    return _undated(buffer.getvalue())


def _prepare(document: DocumentType) -> None:
    """Author, dates and the Chinese faces."""
    properties = document.core_properties
    properties.author = properties.last_modified_by = "攀枝花市科学技术和知识产权局"
    properties.title, properties.comments = "科技活动周", ""
    properties.created = properties.modified = datetime(2018, 5, 19, 4, tzinfo=UTC).replace(tzinfo=None)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "FangSong", Pt(16)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")


def _picture(document: DocumentType, sheet: Sheet, alt: str, caption: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run: Run = paragraph.add_run()
    run.add_picture(BytesIO(sheet.png()), width=Cm(14))
    for properties in run.element.iter(qn("wp:docPr")):
        properties.set("descr", alt)
    document.add_paragraph(caption, style="Caption").alignment = WD_ALIGN_PARAGRAPH.CENTER


def _timetable(document: DocumentType) -> None:
    table: Table = document.add_table(rows=len(TIMETABLE), cols=4, style="Table Grid")
    for row, texts in zip(table.rows, TIMETABLE, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.rows[0]._tr.get_or_add_trPr().append(table._tbl.makeelement(qn("w:tblHeader"), {}))
    for cell in table.rows[0].cells:
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    _merge(table, (1, 0), (2, 0))
    _merge(table, (5, 1), (5, 3))


def _merge(table: Table, first: tuple[int, int], last: tuple[int, int]) -> None:
    cell = table.cell(*first)
    text = cell.text
    # Merging strings the paragraphs of all cells together.
    cell.merge(table.cell(*last)).text = text


def _undated(archive: bytes) -> bytes:
    """The same archive with one fixed date on all its parts."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, (2018, 5, 19, 12, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name), compresslevel=9)
    return buffer.getvalue()


def main() -> None:
    (HERE / "science-week.docx").write_bytes(science_week())
    (HERE / "patent-notice-chart.png").write_bytes(chart().png())
    (HERE / "patent-notice-steps.png").write_bytes(stages().png())


if __name__ == "__main__":
    main()
