"""What python-docx has no words for: links inside a file, page numbers, the mark of a draft, spare faces."""

from __future__ import annotations

from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import _BaseHeaderFooter
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run as WordRun
from lxml.etree import _Element

from channels.newspaper.word import TITLE_FACE, indent, set_face

SPARE_FACES = {"仿宋_GB2312": "仿宋", "楷体_GB2312": "楷体", "方正小标宋简体": "宋体"}
"""The faces official documents ask for, and what every Windows has in their place."""

FONTS = f"""<w:fonts {nsdecls("w")}>%s</w:fonts>"""
FONT = '<w:font w:name="%s"><w:altName w:val="%s"/><w:charset w:val="86"/></w:font>'

WATERMARK = """
<w:pict xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"
        xmlns:o="urn:schemas-microsoft-com:office:office">
  <v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
               path="m@7,l@8,m@5,21600l@6,21600e">
    <v:formulas>
      <v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
      <v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
      <v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/>
      <v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/>
    </v:formulas>
    <v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800"
            o:connectangles="270,180,90,0"/>
    <v:textpath on="t" fitshape="t"/>
  </v:shapetype>
  <v:shape id="draft{number}" o:spid="_x0000_s{number}" type="#_x0000_t136" alt="{words}"
           stroked="f" fillcolor="#f3dcdc"
           style="position:absolute;width:300pt;height:130pt;rotation:315;z-index:-251658240;\
mso-position-horizontal:center;mso-position-horizontal-relative:margin;\
mso-position-vertical:center;mso-position-vertical-relative:margin">
    <v:textpath style="font-family:&quot;黑体&quot;;font-size:1pt" string="{words}"/>
  </v:shape>
</w:pict>"""
"""Word's own kind of watermark, an outline drawn behind the text."""


class Bookmarks:
    """Places of a file that links lead to."""

    def __init__(self) -> None:
        self._count = 0

    def put_around(self, element: _Element, name: str) -> None:
        """Name what ``element`` holds."""
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (start, end):
            mark.set(qn("w:id"), str(self._count))
        start.set(qn("w:name"), name)
        self._count += 1
        element.addprevious(start)
        element.addnext(end)

    def link(self, run: WordRun, name: str) -> _Element:
        """Make ``run`` lead to the bookmark ``name``; the element of the link, which now holds it."""
        around = OxmlElement("w:hyperlink")
        around.set(qn("w:anchor"), name)
        around.set(qn("w:history"), "1")
        run._r.addprevious(around)
        around.append(run._r)
        return around


def number_pages(document: WordDocument) -> None:
    """At the outer edge, as official documents have it: right on odd pages, left on even ones."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, alignment in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = _only_paragraph(footer)
        paragraph.alignment = alignment
        indent(paragraph, left=1, right=1)
        for part in ("— ", "PAGE", " —"):
            run = paragraph.add_run("" if part == "PAGE" else part)
            run.font.size = Pt(14)
            set_face(run, TITLE_FACE)
            if part == "PAGE":
                _make_field(run, part)


def mark_as_draft(document: WordDocument, words: str) -> None:
    """Put ``words`` large and pale behind every page."""
    section = document.sections[0]
    for number, header in enumerate((section.header, section.even_page_header), start=2049):
        drawn = parse_xml(WATERMARK.format(number=number, words=words))
        _only_paragraph(header).add_run()._r.append(drawn)


def name_spare_faces(document: WordDocument) -> None:
    """Tell Word what to take where a face is not installed, instead of whatever it likes."""
    (part,) = (
        relation.target_part
        for relation in document.part.rels.values()
        if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE
    )
    fonts = "".join(FONT % names for names in SPARE_FACES.items())
    part._blob = (FONTS % fonts).encode()


def set_language(document: WordDocument) -> None:
    """The template is set to Japanese: readers and breakers of lines would go by it."""
    for language in document.settings.element.iter(qn("w:themeFontLang")):
        language.set(qn("w:val"), "zh-CN")
        language.set(qn("w:eastAsia"), "zh-CN")


def _only_paragraph(part: _BaseHeaderFooter) -> Paragraph:
    part.is_linked_to_previous = False
    paragraph: Paragraph = part.paragraphs[0]
    paragraph.style = "Normal"
    return paragraph


def _make_field(run: WordRun, instruction: str) -> None:
    for kind in ("begin", "", "end"):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = instruction
        run._r.append(mark)
