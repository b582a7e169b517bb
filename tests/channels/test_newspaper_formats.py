"""Every format of the package, opened by a reader that is not ours."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from hypothesis import given, settings
from lxml import etree
from pypdf import PdfReader

from channels.base import Medium, Place, Product
from channels.errors import ProductRefused
from channels.newspaper.channel import NewspaperChannel
from channels.newspaper.options import NewspaperOptions
from tests.channels.samples import fragments, make_article, picture

NITF = "{http://iptc.org/std/NITF/2006-10-18/}"
HTML = (
    f'<p>全市新增<strong>5家</strong>，<em>详</em><a href="https://x.cn/">见</a>名单。<br>H<sub>2</sub>O</p><h2>一、成效</h2>'
    f'<figure><img src="asset:{picture().sha256}" alt="现场"><figcaption>授牌现场</figcaption></figure>'
    "<ul><li>甲<ul><li>乙</li></ul></li></ul><blockquote><p>引用</p></blockquote><hr>"
    '<table><tr><th>名</th><th colspan="2">数</th></tr><tr><td>钒</td><td>1</td><td>2</td></tr></table>'
)
ORDER = ["hedline", "note", "rights", "byline", "distributor", "dateline", "abstract", "series"]
INLINE = {"em", "a", "br", "q", "num"}


def rendered(home: Path, html: str = HTML, *formats: str, **options: Any) -> Product:
    values = {"column_title": "钒钛之都·科技之光", "formats": formats, **options}
    channel = NewspaperChannel("daily", NewspaperOptions.model_validate(values), Place(home, "科知局"))
    return channel.render(make_article(html=html))


def file_of(product: Product, ending: str) -> Medium:
    return next(medium for medium in product.media if medium.name.endswith(ending))


def nitf_of(product: Product) -> Any:
    return etree.fromstring(file_of(product, ".nitf.xml").content)


def local(element: Any) -> str:
    return str(etree.QName(element).localname)


def test_the_proof_holds_the_text_and_its_fonts_and_is_the_same_each_time(tmp_path: Path) -> None:
    proof = file_of(rendered(tmp_path, HTML, "pdf", columns=3), ".pdf")
    reader = PdfReader(io.BytesIO(proof.content))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "全市新增" in text
    assert "授牌现场" in text
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    parts = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert all(any(name.startswith("/FontFile") for name in part.get_object()) for part in parts)
    assert file_of(rendered(tmp_path, HTML, "pdf", columns=3), ".pdf").content == proof.content


def test_nitf_names_the_item_its_place_in_print_and_its_pictures(tmp_path: Path) -> None:
    root = nitf_of(rendered(tmp_path, HTML, "nitf"))
    assert root.find(f".//{NITF}doc-id").get("id-string") == "kzj-31-r1"
    assert root.find(f".//{NITF}hl1").text == "我市新增5家国家高新技术企业"
    about = root.find(f".//{NITF}pubdata")
    assert (about.get("type"), about.get("name"), about.get("unit-of-measure")) == (
        "print",
        "钒钛之都·科技之光",
        "character",
    )
    reference = root.find(f".//{NITF}media-reference")
    assert (reference.get("source"), reference.get("mime-type")) == ("01.png", "image/png")
    assert "".join(root.find(f".//{NITF}media-caption").itertext()) == "授牌现场"


@settings(max_examples=10)
@given(html=fragments())
def test_nitf_keeps_the_order_and_the_elements_of_its_schema(
    tmp_path_factory: pytest.TempPathFactory, html: str
) -> None:
    root = nitf_of(rendered(tmp_path_factory.getbasetemp(), html, "nitf"))
    assert [local(part) for part in root] == ["head", "body"]
    assert [local(part) for part in root[0]] == ["title", "docdata", "pubdata"]
    top, content = root[1]
    places = [ORDER.index(local(part)) for part in top]
    assert places == sorted(places)
    assert {local(part) for part in content} <= {"p", "hl2", "table", "media", "bq", "hr"}
    assert not (content.text or "").strip()
    assert {local(part) for p in content.iter(f"{NITF}p") for part in p} <= INLINE
    assert all(len(row) for row in content.iter(f"{NITF}tr"))


def test_ninjs_has_what_its_schema_asks_for_and_nothing_unknown(tmp_path: Path) -> None:
    product = rendered(tmp_path, HTML, "ninjs")
    document = json.loads(file_of(product, ".ninjs.json").content)
    known = {
        "uri", "standard", "type", "representationType", "version", "versionCreated", "pubStatus", "language", "by",
        "headlines", "bodies", "infoSources", "altIds", "associations", "descriptions",
    }  # fmt: skip
    assert set(document) <= known
    assert (document["uri"], document["standard"]["version"], document["pubStatus"]) == (
        "urn:publisher:kzj-31-r1",
        "3.1",
        "usable",
    )
    assert all(part["value"] for part in (*document["headlines"], *document["bodies"]))
    (shown,) = document["associations"]
    assert {"name", "uri", "type"} <= set(shown)
    assert shown["renditions"][0]["href"] == "01.png"
    assert shown["renditions"][0]["sizeInBytes"] == len(picture().content)


@settings(max_examples=10)
@given(html=fragments())
def test_icml_declares_every_style_it_uses_and_parts_paragraphs(
    tmp_path_factory: pytest.TempPathFactory, html: str
) -> None:
    content = file_of(rendered(tmp_path_factory.getbasetemp(), html, "icml"), ".icml").content
    assert content.count(b"<?aid ") == 2
    root = etree.fromstring(content)
    declared = {each.get("Self") for each in root.iter("CharacterStyle", "ParagraphStyle")}
    ranges = list(root.iter("ParagraphStyleRange"))
    used = {each.get("AppliedParagraphStyle") for each in ranges}
    used |= {each.get("AppliedCharacterStyle") for each in root.iter("CharacterStyleRange")}
    assert used <= declared
    assert len(list(root.iter("Br"))) == len(ranges) - 1
    assert not any("\n" in (each.text or "") for each in root.iter("Content"))


def test_the_newspapers_own_template_is_filled_in(tmp_path: Path) -> None:
    template = Document()
    template.add_paragraph("{{ column_title }}|{{ title }}")
    template.add_paragraph("{%p for line in paragraphs %}")
    template.add_paragraph("{{ line }}")
    template.add_paragraph("{%p endfor %}")
    template.save(str(tmp_path / "报社.docx"))
    made = rendered(tmp_path, "<p>甲 &amp; 乙</p><p>丙</p>", "docx", template="报社.docx")
    lines = [paragraph.text for paragraph in Document(io.BytesIO(file_of(made, ".docx").content)).paragraphs]
    assert lines == ["钒钛之都·科技之光|我市新增5家国家高新技术企业", "甲 & 乙", "丙"]
    assert rendered(tmp_path, "<p>甲 &amp; 乙</p><p>丙</p>", "docx", template="报社.docx").digest == made.digest


def test_a_template_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProductRefused, match=r"没有\.docx"):
        rendered(tmp_path, HTML, "docx", template="没有.docx")
    (tmp_path / "坏.docx").write_bytes(b"no zip")
    with pytest.raises(ProductRefused, match=r"坏\.docx"):
        rendered(tmp_path, HTML, "docx", template="坏.docx")
