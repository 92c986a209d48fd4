"""From an author's bytes to what the site publishes: sizes, colours, limits and names."""

import hashlib
import io
import random
import re
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from generator.assets import (
    ATTACHMENT_BYTES,
    PICTURE_BYTES,
    Asset,
    download,
    figure,
    icon,
    monogram,
    supported_picture,
)
from generator.errors import AssetError
from generator.models import Download, Picture

Published = tuple[Picture, tuple[Asset, ...]]
RED, GREEN, BLUE, CLEAR = (255, 0, 0, 255), (0, 128, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
RECT = b'<rect width="24" height="12" fill="#f00"/>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="12">' + RECT + b"</svg>"


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def flat(width: int, height: int, mode: str = "RGB", colour: object = (255, 0, 0)) -> Image.Image:
    return Image.new(mode, (width, height), colour)  # type: ignore[arg-type]


def noise(width: int, height: int) -> Image.Image:
    always_the_same = random.Random(1)  # noqa: S311
    return Image.frombytes("RGB", (width, height), always_the_same.randbytes(width * height * 3))


def halves(width: int, height: int) -> Image.Image:
    """Red on the left, blue on the right."""
    image = flat(width, height)
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def opened(published: Published, width: int | None = None) -> Image.Image:
    """Return the picture that a browser would get, its own or the variant of this width."""
    picture, assets = published
    path = next((it.path for it in picture.variants if it.width == width), picture.path)
    return Image.open(io.BytesIO(next(asset.content for asset in assets if asset.path == path)))


def near(pixel: object, colour: tuple[int, ...], tolerance: int = 6) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= tolerance for one, other in zip(pixel, colour, strict=False))


ICONS = [
    ((512, 512), [64, 96, 128, 192]),
    ((192, 192), [64, 96, 128, 192]),
    ((1024, 10), [64, 96, 128, 192]),
    ((130, 40), [64, 96, 128]),
    ((64, 64), [64]),
    ((63, 20), [63]),
    ((1, 1), [1]),
    ((2000, 1), [64, 96, 128, 192]),
]


@pytest.mark.parametrize(("size", "widths"), ICONS)
def test_an_icon_has_the_sizes_of_its_pages_and_is_never_enlarged(size: tuple[int, int], widths: list[int]) -> None:
    published = icon(saved(flat(*size)))
    picture, assets = published
    assert [variant.width for variant in picture.variants] == widths
    assert [variant.path for variant in picture.variants] == [asset.path for asset in assets]
    assert (picture.width, picture.height) == (min(128, widths[-1]),) * 2
    for width in widths:
        assert opened(published, width).size == (width, width)
    assert opened(published).size == (picture.width, picture.height)


def test_an_icon_shows_all_of_a_picture_in_the_middle_of_a_transparent_square() -> None:
    image = opened(icon(saved(halves(400, 200))), 64).convert("RGBA")
    assert [image.getpixel((32, y)) for y in (0, 12, 51, 63)] == [CLEAR] * 4
    assert near(image.getpixel((0, 32)), RED)
    assert near(image.getpixel((63, 32)), BLUE)


def test_an_svg_icon_is_drawn_in_every_size_however_small_it_says_it_is() -> None:
    published = icon(SVG)
    assert [variant.width for variant in published[0].variants] == [64, 96, 128, 192]
    image = opened(published, 192).convert("RGBA")
    assert image.getpixel((96, 10)) == CLEAR
    assert image.getpixel((96, 96)) == RED


FIGURES = [
    ((3000, 1500), [(720, 360), (1440, 720)]),
    ((1440, 100), [(720, 50), (1440, 100)]),
    ((1000, 10), [(720, 7), (1000, 10)]),
    ((720, 300), [(720, 300)]),
    ((300, 900), [(300, 900)]),
    ((1, 1), [(1, 1)]),
    ((10, 20_000), [(8, 16_383)]),
    ((20_000, 2), [(720, 1), (1440, 1)]),
]


@pytest.mark.parametrize(("size", "sizes"), FIGURES)
def test_a_figure_keeps_its_proportions_and_is_never_enlarged(
    size: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    published = figure(saved(flat(*size)))
    picture, _ = published
    assert [opened(published, variant.width).size for variant in picture.variants] == sizes
    assert (picture.width, picture.height) == sizes[0]
    assert all(one.width < other.width for one, other in pairwise(picture.variants))


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ('width="300" height="200"', [(300, 200), (600, 400)]),
        ('width="4000" height="2000"', [(720, 360), (1440, 720)]),
        ('width="200" height="4000"', [(36, 720), (72, 1440)]),
        ('width="0.5" height="0.5"', [(1, 1), (2, 2)]),
        ('viewBox="0 0 10 10"', [(10, 10), (20, 20)]),
    ],
)
def test_an_svg_figure_is_drawn_in_its_own_size_and_twice_that(size: str, sizes: list[tuple[int, int]]) -> None:
    published = figure(f'<svg xmlns="http://www.w3.org/2000/svg" {size}/>'.encode())
    assert [opened(published, variant.width).size for variant in published[0].variants] == sizes


def grey_16() -> bytes:
    """Return a PNG of 16 bits a pixel, half as bright as it could be; a plain conversion makes it white."""
    return saved(Image.frombytes("I;16", (8, 8), struct.pack("<H", 0x8000) * 64))


def rgb_16() -> bytes:
    row = b"\0" + struct.pack(">HHH", 0xFFFF, 0, 0) * 8
    return png_of(struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0), zlib.compress(row * 8))


def png_of(header: bytes, pixels: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def palette(transparent: object) -> bytes:
    image = flat(8, 8, "P", 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    return saved(image, transparency=transparent)


def animated(kind: str) -> bytes:
    frames = [flat(8, 8, colour=colour) for colour in ("#f00", "#00f")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


CLEAR_RED = flat(8, 8, "RGBA", (255, 0, 0, 0))
COLOURS = {
    "PNG": (saved(flat(8, 8)), RED),
    "JPEG": (saved(flat(8, 8), "JPEG", quality=95), RED),
    "GIF": (saved(flat(8, 8), "GIF"), RED),
    "WebP": (saved(flat(8, 8), "WEBP", lossless=True), RED),
    "SVG": (SVG, RED),
    "CMYK": (saved(flat(8, 8, "CMYK", (0, 255, 255, 0)), "JPEG", quality=95), RED),
    "black and white": (saved(flat(8, 8, "1", 1)), (255, 255, 255, 255)),
    "grey": (saved(flat(8, 8, "L", 128)), (128, 128, 128, 255)),
    "grey with alpha": (saved(flat(8, 8, "LA", (128, 64))), (128, 128, 128, 64)),
    "grey of 16 bits": (grey_16(), (128, 128, 128, 255)),
    "colour of 16 bits": (rgb_16(), RED),
    "palette": (saved(flat(8, 8).convert("P")), RED),
    "palette with a clear colour": (palette(0), CLEAR),
    "palette with alpha": (palette(bytes([64, 255])), (255, 0, 0, 64)),
    "a clear colour": (saved(flat(8, 8), transparency=(255, 0, 0)), CLEAR),
    "clear": (saved(CLEAR_RED), CLEAR),
    "animated GIF": (animated("GIF"), RED),
    "animated WebP": (animated("WEBP"), RED),
    "animated PNG": (animated("PNG"), RED),
}


@pytest.mark.parametrize(("content", "colour"), COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("make", [icon, figure])
def test_every_kind_of_picture_keeps_its_colours(
    make: Callable[[bytes], Published], content: bytes, colour: tuple[int, int, int, int]
) -> None:
    """Of a moving one the first frame is shown."""
    image = opened(make(content)).convert("RGBA")
    pixel = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    assert abs(pixel[3] - colour[3]) <= 2
    assert colour[3] == 0 or near(pixel, colour)


def test_colours_in_another_profile_are_converted() -> None:
    """A picture whose profile exchanges red and green, as no real one does, is read by it."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = lab.replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")
    image = opened(icon(saved(flat(8, 8), icc_profile=swapped)))
    assert near(image.convert("RGB").getpixel((4, 4)), (0, 255, 0), 10)
    broken = opened(icon(saved(flat(8, 8), icc_profile=b"no profile")))
    assert near(broken.convert("RGB").getpixel((4, 4)), RED)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright(orientation: int) -> None:
    """Turned by a camera in each of the eight ways, it looks as it did before its corners were told apart."""
    upright = Image.new("RGB", (40, 20), "#fff")
    ImageDraw.Draw(upright).rectangle((0, 0, 19, 9), fill="#f00")
    turns = [None, 0, 3, 1, 5, 2, 6, 4]  # Image.Transpose: how a camera of EXIF 1 to 8 stores it
    turn = turns[orientation - 1]
    stored = upright if turn is None else upright.transpose(Image.Transpose(turn))
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = opened(figure(saved(stored, "JPEG", exif=exif, quality=95, subsampling=0))).convert("RGB")
    assert shown.size == (40, 20)
    assert near(shown.getpixel((4, 4)), RED, 20)
    assert all(near(shown.getpixel(place), (255, 255, 255), 20) for place in [(35, 4), (4, 16), (35, 16)])


def test_nothing_but_pixels_is_published() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "WEBP", "PNG"):
        content = saved(noise(300, 300), kind, exif=exif, icc_profile=profile)
        _, assets = figure(content)
        for asset in assets:
            assert Image.open(io.BytesIO(asset.content)).info.keys() <= {
                "loop",
                "background",
                "timestamp",
                "duration",
            }
            assert not any(word in asset.content for word in (b"Secret", b"EXIF", b"ICCP", b"XMP "))


def test_a_broken_camera_note_does_not_spoil_the_picture() -> None:
    content = saved(flat(8, 8), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 30)
    assert near(opened(icon(content)).convert("RGB").getpixel((4, 4)), RED)


def test_a_flat_picture_is_crisp_and_a_photograph_small() -> None:
    drawing = flat(720, 400, colour=(250, 247, 242))
    ImageDraw.Draw(drawing).ellipse((100, 50, 400, 350), fill="#1f5c4d")
    published = figure(saved(drawing))
    assert opened(published).convert("RGB").tobytes() == drawing.tobytes()
    assert len(published[1][0].content) < 4_000
    photograph = Image.radial_gradient("L").resize((720, 540)).convert("RGB")
    assert len(figure(saved(Image.blend(photograph, noise(720, 540), 0.1)))[1][0].content) < 80_000


def test_the_same_bytes_give_the_same_files_named_by_their_hash() -> None:
    content = saved(noise(500, 300))
    for make in (icon, figure):
        assert make(content) == make(content)
        for asset in make(content)[1]:
            assert asset.path == f"media/{hashlib.sha256(asset.content).hexdigest()[:16]}.webp"


def bomb(width: int, height: int) -> bytes:
    """Return a PNG whose header promises this many pixels."""
    return png_of(struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0), zlib.compress(b"\0" * 1000))


GIF_BOMB = b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;"
GIF_FRAME_BOMB = b"GIF89a\x01\0\x01\0\0\0\0,\xff\xff\xff\xff\xff\xff\xff\xff\0\x02\x02D\x01\0;"
JPEG_BOMB = saved(flat(8, 8), "JPEG").replace(b"\x08\x00\x08\x00\x08", b"\x08\xff\xff\xff\xff")
WEBP_BOMB = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\xfe\x3f\0\xfe\x3f\0"
PNG = saved(noise(60, 40))

REFUSED = {
    "empty": (b"", "not a picture: the content is nothing"),
    "HTML": (b"<!doctype html><p>404", "not a picture: the content is HTML"),
    "PDF": (b"%PDF-1.7", "the content is PDF"),
    "text": (b"words", "the content is text"),
    "program": (b"\x7fELF\x02", "the content is a program for Linux"),
    "TIFF": (saved(flat(8, 8), "TIFF"), "the content is TIFF"),
    "BMP": (saved(flat(8, 8), "BMP"), "the content is BMP"),
    "too large": (PNG + b"\0" * PICTURE_BYTES, r"5\.0 MiB, at most 5 MiB"),
    "too many pixels": (bomb(50_000, 50_000), "50,000 × 50,000 pixels, at most 16 megapixels"),
    "a pixel too many": (bomb(4_001, 4_000), "4,001 × 4,000 pixels"),
    "all the pixels": (bomb(2**31 - 1, 2**31 - 1), "pixels"),
    "GIF with too many": (GIF_BOMB, "pixels"),
    "GIF with a large frame": (GIF_FRAME_BOMB, "pixels|broken"),
    "JPEG with too many": (JPEG_BOMB, "65,535 × 65,535 pixels"),
    "WebP with too many": (WEBP_BOMB, "megapixels|broken"),
    "no pixels": (bomb(0, 8), "broken"),
    "PNG cut off": (PNG[:-40], "the PNG is broken or incomplete"),
    "PNG of a header": (PNG[:40], "broken"),
    "JPEG cut off": (saved(noise(60, 40), "JPEG")[:-200], "the JPEG is broken"),
    "GIF cut off": (saved(noise(60, 40), "GIF")[:-900], "the GIF is broken"),
    "WebP cut off": (saved(noise(60, 40), "WEBP")[:-200], "the WebP is broken"),
    "SVG cut off": (SVG[:-3], "the SVG cannot be read"),
    "SVG of a bomb": (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "entities"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("make", [icon, figure])
def test_what_is_no_usable_picture_is_refused_with_its_reason(
    make: Callable[[bytes], Published], content: bytes, reason: str
) -> None:
    with pytest.raises(AssetError, match=reason):
        make(content)


def test_sixteen_megapixels_are_allowed() -> None:
    assert figure(saved(flat(4_000, 4_000, "1", 0)))[0].width == 720


SEEDS = [
    saved(noise(9, 7), "PNG"),
    saved(noise(9, 7), "JPEG"),
    saved(noise(9, 7), "GIF"),
    saved(noise(9, 7), "WEBP"),
    animated("GIF"),
    animated("WEBP"),
    animated("PNG"),
    palette(bytes([64, 255])),
    saved(flat(8, 8), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0), st.binary(min_size=1, max_size=6)), max_size=4),
    st.data(),
)
@settings(max_examples=300)
def test_a_damaged_picture_is_shown_or_refused(
    seed: bytes, damages: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    content = bytearray(seed)
    for place, new in damages:
        content[place % len(content) : place % len(content) + len(new)] = new
    damaged = bytes(content[: data.draw(st.integers(0, len(content)))]) if data.draw(st.booleans()) else bytes(content)
    try:
        picture, assets = icon(damaged)
    except AssetError as error:
        assert str(error)
    else:
        assert picture.path in {asset.path for asset in assets}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PNG, True),
        (SEEDS[1], True),
        (SEEDS[2], True),
        (SEEDS[3], True),
        (SVG, True),
        (b"", False),
        (b"%PDF-1", False),
    ],
)
def test_a_picture_is_told_from_other_files(content: bytes, expected: bool) -> None:
    assert supported_picture(content) is expected


def test_a_monogram_is_a_picture_without_variants() -> None:
    picture, asset = monogram("Note Dispatcher", "Chat")
    assert picture == Picture(asset.path, 192, 192, ())
    assert asset.path == f"media/{hashlib.sha256(asset.content).hexdigest()[:16]}.svg"
    assert monogram("Note Dispatcher", "Chat") == (picture, asset)
    assert asset.content.startswith(b"<svg ")


def test_an_attachment_is_published_as_it_came_under_a_true_name() -> None:
    content = b"%PDF-1.7 words"
    made, asset = download("../a\\terms & more.png", content)
    assert re.fullmatch(r"files/[0-9a-f]{16}/terms & more\.png\.pdf", made.path)
    digest = hashlib.sha256(content).hexdigest()
    assert made == Download("terms & more.png.pdf", made.path, len(content), digest, "PDF")
    assert asset == Asset(made.path, content)


def test_one_content_under_two_names_stands_in_two_folders() -> None:
    """`Terms.pdf` beside `terms.pdf` would be one file where case does not count."""
    paths = [download(name, b"%PDF-1.7 words")[0].path for name in ("Terms.pdf", "terms.pdf")]
    assert len({path.rpartition("/")[0] for path in paths}) == 2


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "app.js", "x.xml", "README.md", "page"])
def test_nothing_that_a_browser_would_run_keeps_its_extension(name: str) -> None:
    made, asset = download(name, b"<script>alert(1)</script>")
    assert made.name == f"{name}.txt"
    assert asset.path.endswith(f"/{name}.txt")
    assert made.kind == "TXT"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"MZ\x90\0", "a program for Windows; allowed are PDF, PNG"),
        (b"%PDF-" + b"\0" * ATTACHMENT_BYTES, r"20\.0 MiB, at most 20 MiB"),
    ],
)
def test_an_attachment_that_is_not_published_has_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(AssetError, match=reason):
        download("terms.pdf", content)


def test_the_largest_attachment_is_published() -> None:
    assert download("terms.pdf", b"%PDF-" + b"\0" * (ATTACHMENT_BYTES - 5))[0].size == ATTACHMENT_BYTES
