"""Articles to publish in tests: an ordinary one, and random ones."""

from __future__ import annotations

import io
import unicodedata
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from PIL import Image

from channels.base import Article, Column, Medium

COLUMN = Column("dynamics", "工作动态", "政务动态", description="全市科技和知识产权工作动态")
PAGE = "https://www.example.gov.cn/item/"


def picture(colour: str = "navy", size: tuple[int, int] = (64, 48), name: str = "picture.png") -> Medium:
    """A small real picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return Medium(name, "image/png", buffer.getvalue(), alt="示意图")


def make_article(**changes: Any) -> Article:
    """An ordinary item with headings, a table, a link, a picture and an attachment, with ``changes``."""
    shown = picture()
    values: dict[str, Any] = {
        "key": "kzj-31-r1",
        "item": 31,
        "revision": 1,
        "title": "我市新增5家国家高新技术企业",
        "html": (
            "<p>近日，<strong>全市</strong>新增国家高新技术企业5家，详见"
            '<a href="https://www.example.gov.cn/list">名单</a>。</p><h2>一、基本情况</h2>'
            f'<figure><img src="asset:{shown.sha256}" alt="示意图"><figcaption>授牌现场</figcaption></figure>'
            "<table><tr><th>序号</th><th>企业</th></tr><tr><td>1</td><td>甲 &amp; 乙公司</td></tr></table>"
            "<ul><li>一是政策<ul><li>补助</li></ul></li><li>二是服务</li></ul><blockquote><p>来源：本局</p></blockquote>"
        ),
        "column": COLUMN,
        "created_on": datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai")),
        "office_name": "攀枝花市科学技术和知识产权局",
        "summary": "近日，全市新增国家高新技术企业5家。",
        "author": "规划科",
        "section": "规划科",
        "media": (shown,),
        "attachments": (Medium("名单.pdf", "application/pdf", b"%PDF-1.4\n%%EOF\n"),),
        "page_url": f"{PAGE}31",
    }
    values.update(changes)
    return Article(**values)


titles = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp")), min_size=1, max_size=20
).filter(lambda title: title == " ".join(title.split()) and title == unicodedata.normalize("NFC", title))

words = st.text(st.sampled_from("政务公开，。科技abc 123&<>\"'😀"), min_size=1, max_size=30)


@st.composite
def fragments(draw: st.DrawFn) -> str:
    """Clean HTML as the house makes it: a few blocks of each sort."""
    blocks = []
    for kind, text in draw(st.lists(st.tuples(st.sampled_from(["p", "h2", "ul", "table"]), words), max_size=6)):
        inner = text.replace("&", "&amp;").replace("<", "&lt;")
        wrapped = {"ul": f"<li>{inner}</li>", "table": f"<tr><td>{inner}</td></tr>"}.get(kind, inner)
        blocks.append(f"<{kind}>{wrapped}</{kind}>")
    return "".join(blocks)
