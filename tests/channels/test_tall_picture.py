"""A whole article as one tall picture for Weibo."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from channels.base import Medium, Product
from channels.errors import ProductRefused
from channels.pictures import JPEG, PNG, chinese_font, fit
from channels.weibo.options import WeiboOptions
from channels.weibo.render import check, render
from channels.weibo.tall_picture import MAX_BYTES, TALLEST_PX, WIDTH_PX, draw
from tests.channels.samples import make_article, picture

pytestmark = pytest.mark.skipif(chinese_font() is None, reason="this machine has no Chinese font")

SHORT, LONG = "<p>正文</p>", "<p>全市科技工作会议召开。</p>" * 30
HEADER_COLOUR = (28, 68, 120)


def options(wanted: str) -> WeiboOptions:
    values = {"access_token": "env:T", "safe_domain": "www.example.gov.cn", "link_from": "portal", "rip": "203.0.113.7"}
    return WeiboOptions.model_validate({**values, "tall_picture": wanted})


def product_of(wanted: str, html: str, **changes: Any) -> Product:
    values: dict[str, Any] = {"summary": "", "attachments": (), "media": (picture(),), **changes}
    return render(make_article(html=html, **values), options(wanted))


def drawn(html: str, **changes: Any) -> Image.Image:
    return Image.open(io.BytesIO(draw(make_article(html=html, **changes)).content))


@pytest.mark.parametrize(
    ("wanted", "html", "is_tall"),
    [
        ("never", LONG, False),
        ("overflow", SHORT, False),
        ("overflow", LONG, True),
        ("always", SHORT, True),
    ],
)
def test_it_goes_along_where_the_office_wants_it(wanted: str, html: str, *, is_tall: bool) -> None:
    product = product_of(wanted, html)
    (medium,) = product.media
    width, height = Image.open(io.BytesIO(medium.content)).size
    assert (width == WIDTH_PX and height > 500) is is_tall
    assert ("tall picture" in " ".join(str(note.text) for note in product.notes)) is is_tall
    assert not [problem for problem in check(product, options(wanted)) if problem.is_error]


def test_the_same_article_gives_the_same_bytes() -> None:
    article = make_article(html=LONG)
    assert draw(article).sha256 == draw(article).sha256


def test_it_is_as_tall_as_its_text_and_ends_with_the_office() -> None:
    short, long = drawn(LONG), drawn(LONG * 2)
    assert short.size[0] == long.size[0] == WIDTH_PX
    assert long.height > short.height + 1000
    for image in (short, long):
        assert image.convert("RGB").getpixel((4, 4)) == HEADER_COLOUR
        # The dark squares of the code stand in the last lines, and nothing is below the footer.
        footer = image.convert("L").crop((700, image.height - 240, WIDTH_PX, image.height - 30))
        assert footer.histogram()[0] > 0
        assert image.convert("RGB").getpixel((4, image.height - 2)) == (243, 246, 250)


def test_its_pictures_are_inside() -> None:
    red = io.BytesIO()
    Image.new("RGB", (900, 600), (200, 20, 20)).save(red, "PNG")
    shown = Medium("红.png", PNG, red.getvalue())
    image = drawn(f'{SHORT}<figure><img src="asset:{shown.sha256}" alt="红"></figure>', media=(shown,))
    colours = image.convert("RGB").getcolors(WIDTH_PX * TALLEST_PX) or []
    assert sum(count for count, colour in colours if colour == (200, 20, 20)) > 900 * 600 * 0.9


def test_many_photographs_still_fit_into_what_the_platform_takes() -> None:
    photographs = []
    for number in range(4):
        buffer = io.BytesIO()
        Image.effect_noise((1200, 900), 40 + 20 * number).convert("RGB").save(buffer, "JPEG", quality=90)
        photographs.append(Medium(f"{number}.jpg", JPEG, buffer.getvalue()))
    html = "".join(f'<figure><img src="asset:{photograph.sha256}" alt=""></figure>' for photograph in photographs)
    medium = draw(make_article(html=html, media=tuple(photographs)))
    assert medium.media_type == JPEG
    assert len(medium.content) <= MAX_BYTES


def test_what_is_too_long_for_one_picture_is_refused() -> None:
    with pytest.raises(ProductRefused, match="too long"):
        draw(make_article(html=f"<p>{'字' * 8000}</p>"))


def test_nothing_is_fetched_for_it() -> None:
    image = drawn('<p>正文</p><figure><img src="http://127.0.0.1:9/a.png" alt="外"></figure>', media=())
    assert image.width == WIDTH_PX


def test_damaged_pictures_stay_refused_afterwards() -> None:
    """WeasyPrint tells Pillow for the whole program to take them."""
    draw(make_article(html=SHORT))
    buffer = io.BytesIO()
    Image.effect_noise((40, 40), 80).save(buffer, "JPEG")
    with pytest.raises(ProductRefused, match="damaged"):
        fit(buffer.getvalue()[:-800], types=[JPEG], max_bytes=10_000)
