"""Pictures of telephones (HEIC): kept as JPEG, whichever way they come in.

``tests/data/telephone.heic`` was drawn for this, held upright by a mark in the file: red above right, yellow below
left, all else blue; it says where it was taken and by which maker's telephone, and has a colour profile.
"""

from __future__ import annotations

import base64
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from publisher.items.actions import asset_store
from publisher.items.drafts.content import Content
from publisher.items.drafts.files import with_picture
from publisher.items.manuscript import UnreadableManuscript
from publisher.items.models import RevisionAsset
from publisher.items.pictures import Pictures, picture_of
from publisher.items.readers import read
from publisher.office import Office
from tests.unit.test_api import program

HEIC = (Path(__file__).parents[1] / "data" / "telephone.heic").read_bytes()
KEPT = picture_of(HEIC, "IMG_0812.HEIC")

SIZE = HEIC.index(b"ispe") + 8
"""Where the width and the height stand, four bytes each."""


def test_it_is_kept_as_an_upright_jpeg_that_says_nothing_of_who_took_it_where() -> None:
    assert (KEPT.name, KEPT.media_type) == ("IMG_0812.jpg", "image/jpeg")
    with Image.open(BytesIO(KEPT.content)) as shown:
        assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", (64, 96), {})
        assert shown.info["icc_profile"]
        seen = [shown.getpixel(place) for place in ((59, 5), (5, 91), (5, 5), (59, 91))]
    red, yellow, *blue = [tuple(value > 128 for value in colour) for colour in seen if isinstance(colour, tuple)]
    assert (red, yellow, blue) == ((True, False, False), (True, True, False), [(False, False, True)] * 2)
    assert picture_of(HEIC, "again.heif").content == KEPT.content


def test_beside_a_manuscript_and_inside_one(tmp_path: Path) -> None:
    (tmp_path / "图.heic").write_bytes(HEIC)
    beside = read(tmp_path / "a.md", "# 标题\n\n![图](图.heic)\n".encode(), name="a.md")
    data = base64.b64encode(HEIC).decode()
    inside = read(None, f'<h1>标题</h1><p><img src="data:image/heic;base64,{data}"></p>'.encode(), name="a.html")
    assert [medium.sha256 for medium in (*beside.media, *inside.media)] == [KEPT.sha256] * 2
    assert (beside.media[0].name, inside.media[0].name) == ("图.jpg", "picture-1.jpg")


@pytest.mark.django_db
def test_in_the_form(office: Office) -> None:
    content, added = with_picture(Content(), "IMG_0812.HEIC", HEIC)
    assert (added.name, added.sha256) == ("IMG_0812.jpg", KEPT.sha256)
    assert [asset_store().read(file.sha256) for file in content.pictures] == [KEPT.content]


@pytest.mark.django_db
def test_by_another_program(office: Office) -> None:
    upload = {"name": "IMG_0812.HEIC", "data": base64.b64encode(HEIC).decode(), "caption": "活动现场"}
    own = {"wechat": {"cover": upload["name"]}}
    text = {"content": "# 标题\n\n正文。\n\n![](IMG_0812.HEIC)", "format": "markdown", "channels": "wechat"}
    assert program().post(text | {"pictures": [upload], "variants": own}).status_code == 201
    assert RevisionAsset.objects.get(role="picture").sha256 == KEPT.sha256
    assert RevisionAsset.objects.get(role="picture").caption == "活动现场"


@pytest.mark.parametrize(
    "broken",
    [HEIC[:60], HEIC[:-300], HEIC[:12] + bytes(len(HEIC)), HEIC.replace(b"hvc1", b"av01")],
    ids=["its head only", "without its end", "empty", "another coding"],
)
def test_what_is_broken_is_said(broken: bytes) -> None:
    with pytest.raises(UnreadableManuscript, match=r"图\.heic is damaged"):
        picture_of(broken, "图.heic")


def test_a_picture_that_would_fill_the_memory_is_not_unpacked() -> None:
    giant = HEIC[:SIZE] + (16_000).to_bytes(4, "big") * 2 + HEIC[SIZE + 8 :]
    with pytest.raises(UnreadableManuscript, match="more than 80 million pixels"):
        picture_of(giant, "图.heic")


def test_a_computer_without_the_decoder_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(UnreadableManuscript, match=r"save it as JPEG, or install\s+pi-heif"):
        Pictures().add(HEIC, name="图.heic")
