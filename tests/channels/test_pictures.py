"""Pictures: every platform's limits are met, nothing private goes out, and nothing broken gets through."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from channels import pictures
from channels.errors import ProductRefused
from channels.pictures import GIF, JPEG, PNG, chinese_font, draw_cover, fit, is_animated, size_of

BOTH = (JPEG, PNG)
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825


def saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def noise(width: int, height: int) -> Image.Image:
    """Hard to compress."""
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(3 * width * height))


def easily(content: bytes, name: str = "") -> tuple[bytes, str]:
    """Fitted to limits that no picture of these tests exceeds."""
    return fit(content, types=BOTH, max_bytes=1_000_000, name=name)


def half_red(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "blue")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill="red")
    return image.convert(mode)


def animation() -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green")]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


@pytest.mark.parametrize(
    ("file_format", "mode", "types", "expected"),
    [
        ("WEBP", "RGB", BOTH, JPEG),
        ("GIF", "P", BOTH, PNG),
        ("BMP", "RGB", BOTH, PNG),
        ("TIFF", "RGB", BOTH, PNG),
        ("JPEG", "CMYK", BOTH, JPEG),
        ("TIFF", "I;16", BOTH, PNG),
        ("PNG", "LA", (JPEG, GIF), JPEG),
    ],
)
def test_every_format_becomes_one_the_platform_takes(
    file_format: str, mode: str, types: tuple[str, ...], expected: str
) -> None:
    content, media_type = fit(saved(Image.new(mode, (30, 20)), file_format), types=types, max_bytes=10_000)
    assert media_type == expected == Image.MIME[str(opened(content).format)]
    assert size_of(content) == (30, 20)


def test_sixteen_bits_a_pixel_keep_their_brightness() -> None:
    content, _ = easily(saved(Image.new("I;16", (30, 20), 32_768), "TIFF"))
    assert opened(content).convert("L").getpixel((5, 5)) == 128


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_a_picture_that_fits_stays_as_it_is(file_format: str) -> None:
    content = saved(half_red(), file_format)
    assert easily(content) == (content, f"image/{file_format.lower()}")


def test_an_animation_stays_where_the_platform_takes_animations() -> None:
    assert fit(animation(), types=(JPEG, PNG, GIF), max_bytes=10_000) == (animation(), GIF)
    assert is_animated(animation())


def test_an_animation_becomes_its_first_frame_elsewhere() -> None:
    content, media_type = easily(animation())
    assert media_type == PNG
    assert not is_animated(content)
    assert opened(content).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_a_photo_is_turned_upright_and_says_nothing_about_its_maker() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKER] = "Camera of Li Si"
    exif.get_ifd(GPS)[1] = "N"
    content, _ = easily(saved(half_red(), "JPEG", exif=exif, quality=95))
    image = opened(content).convert("RGB")
    assert image.size == (40, 60)
    assert not image.getexif()
    assert b"Li Si" not in content
    top, bottom = image.getpixel((20, 10)), image.getpixel((20, 50))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > 100 > bottom[0]


def test_a_photo_with_a_preview_inside_is_no_animation() -> None:
    photo = saved(half_red(), "MPO", save_all=True, append_images=[half_red(size=(6, 4))])
    assert not is_animated(photo)
    assert easily(photo)[1] == JPEG


@pytest.mark.parametrize("file_format", ["JPEG", "GIF"])
def test_comments_are_removed(file_format: str) -> None:
    content, _ = easily(saved(half_red("P" if file_format == "GIF" else "RGB"), file_format, comment=b"by Li Si"))
    assert b"Li Si" not in content


def test_text_in_a_png_is_removed() -> None:
    text = PngInfo()
    text.add_text("Author", "Li Si")
    content, media_type = easily(saved(half_red(), "PNG", pnginfo=text))
    assert media_type == PNG
    assert b"Li Si" not in content


def test_transparency_survives_as_png_and_becomes_white_in_jpeg() -> None:
    clear = saved(Image.new("RGBA", (30, 20), (0, 0, 0, 0)), "WEBP", lossless=True)
    content, media_type = easily(clear)
    assert (media_type, opened(content).mode) == (PNG, "RGBA")
    flat, media_type = fit(clear, types=(JPEG,), max_bytes=10_000)
    assert media_type == JPEG
    assert opened(flat).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("max_bytes", [400_000, 60_000, 3_000])
def test_a_large_picture_shrinks_until_it_fits(max_bytes: int) -> None:
    content, media_type = fit(saved(noise(800, 600), "PNG"), types=BOTH, max_bytes=max_bytes)
    assert (len(content) <= max_bytes, media_type) == (True, JPEG)
    width, height = size_of(content)
    assert abs(width / height - 4 / 3) < 0.2


def test_a_side_that_is_too_long_shrinks() -> None:
    content, _ = fit(saved(Image.new("RGB", (900, 90)), "PNG"), types=BOTH, max_bytes=10_000, max_side=300)
    assert size_of(content) == (300, 30)


def test_a_limit_nothing_can_meet_is_said() -> None:
    with pytest.raises(ProductRefused, match=r"noise\.png cannot be made small enough"):
        fit(saved(noise(100, 100), "PNG"), types=BOTH, max_bytes=100, name="noise.png")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a picture"),
        (b"%PDF-1.4", "not a picture"),
        (saved(half_red(), "EPS"), "not a picture"),
        (b"\x00\x00\x00 ftypheic", "not a picture"),
        (saved(noise(40, 40), "JPEG")[:-800], "damaged"),
        (saved(noise(40, 40), "PNG")[:-2000], "damaged"),
    ],
    ids=["empty", "pdf", "postscript", "heic", "half jpeg", "half png"],
)
def test_what_is_no_sound_picture_is_refused_by_name(content: bytes, message: str) -> None:
    with pytest.raises(ProductRefused, match=message) as caught:
        easily(content, name="现场.jpg")
    assert "现场.jpg" in str(caught.value)


@pytest.mark.parametrize("side", [10_000, 30_000], ids=["above the limit", "far above"])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    header = saved(Image.new("1", (8, 8)), "BMP")
    bomb = header[:18] + side.to_bytes(4, "little") * 2 + header[26:]
    with pytest.raises(ProductRefused, match="too many pixels"):
        easily(bomb)


def test_the_same_picture_gives_the_same_bytes() -> None:
    content = saved(noise(300, 200), "BMP")
    assert fit(content, types=BOTH, max_bytes=20_000) == fit(content, types=BOTH, max_bytes=20_000)


# Pillow warns about damaged files besides refusing them.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.binary(max_size=400), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]), st.integers(0, 400))
def test_damage_anywhere_gives_a_picture_or_a_clear_no(junk: bytes, file_format: str, at: int) -> None:
    sound = saved(half_red(), file_format)
    damaged = sound[:at] + junk + sound[at + len(junk) :]
    try:
        content, media_type = easily(damaged)
    except ProductRefused:
        return
    assert Image.MIME[str(opened(content).format)] == media_type


def test_a_cover_has_the_shape_of_a_cover_and_depends_on_its_words_only() -> None:
    cover = draw_cover("关于组织申报的通知", "某局")
    assert size_of(cover) == (900, 383)
    assert cover == draw_cover("关于组织申报的通知", "某局")
    assert cover != draw_cover("关于组织申报的公示", "某局")


def test_without_a_chinese_font_the_cover_is_a_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "CHINESE_FONTS", ("/nowhere/font.ttc",))
    assert chinese_font() is None
    assert size_of(draw_cover("标题", "某局")) == (900, 383)


@given(st.text(max_size=80))
def test_a_cover_can_be_drawn_for_any_title(title: str) -> None:
    assert size_of(draw_cover(title, "某局")) == (900, 383)


@pytest.mark.parametrize(
    "title", ["\u2029", "\u2028a\u2029", "\u202e右到左", "a\nb\tc", "\ufdfd" * 50, "\U0001f468\u200d\U0001f469"]
)
def test_a_cover_is_drawn_whatever_signs_the_title_has(title: str) -> None:
    assert draw_cover(title, title) == draw_cover(title, title)


def test_what_was_made_to_fit_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(noise(320, 200), "PNG")
    first = pictures.fit(content, types=(pictures.JPEG,), max_bytes=10_000)
    monkeypatch.delattr(pictures, "_fit")
    assert pictures.fit(content, types=(pictures.JPEG,), max_bytes=10_000) == first


def test_pictures_are_remembered_for_what_they_were_made_for() -> None:
    content = saved(noise(300, 200), "PNG")
    large, small = (pictures.fit(content, types=(pictures.JPEG,), max_bytes=limit) for limit in (40_000, 4_000))
    assert len(small[0]) <= 4_000 < len(large[0])


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    memory = pictures._Memory(max_bytes=250)
    for name in ("a", "b", "c", "b"):
        memory.put((name, (), 0, 0), (name.encode() * 100, "image/png"))
    assert [memory.get((name, (), 0, 0)) is not None for name in "abc"] == [False, True, True]
