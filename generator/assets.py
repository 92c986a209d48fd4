"""Pictures and attachments as the site publishes them: checked by content, resized, named by their hash.

Functions from bytes to bytes. Of an author's picture nothing but its pixels is published; an attachment is
published as it came, under a name that agrees with its content.
"""

import hashlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageCms
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import Resampling, Transpose
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from generator.drawings import SIDE, Drawing, draw, read_svg
from generator.errors import AssetError
from generator.filetypes import PictureFormat, described, file_type, picture_format, published_name, safe_name
from generator.models import Download, Picture, Variant
from generator.monograms import monogram_svg

PICTURE_BYTES = 5 << 20
PICTURE_PIXELS = 16_000_000
ATTACHMENT_BYTES = 20 << 20

ICON_WIDTHS = (64, 96, 128, 192)
"""The card's 64 and the header's 96 pixels, each also for a screen of twice the density."""
ICON_DEFAULT = 128

FIGURE_WIDTHS = (720, 1440)
"""A text's column, and the same for a screen of twice the density."""
FIGURE_DEFAULT = 720

QUALITY = 82
"""WebP quality of photographs: the loss is not seen at the size of a column."""

FLAT_COLOURS = 4096
"""A picture of fewer colours may be a drawing or a screenshot, which are small and crisp without loss."""

LOSSLESS_PRICE = 2
"""How many times larger the lossless file of a flat picture may be: without it, letters get fringes."""

_WEBP_SIDE = 16_383
"""The longest side of a WebP file, in pixels (RFC 9649, section 2.6: 14 bits)."""

# The classes rather than `Image.open`, which warns or gives up before it tells a large picture's size.
_READERS: dict[str, type[ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "GIF": GifImageFile,
    "WebP": WebPImageFile,
}

# Pillow documents OSError; its plugins let through whatever they meet in a broken file.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What undoes each value of the EXIF tag Orientation (CIPA DC-008, section 4.6.5)."""


@dataclass(frozen=True)
class Asset:
    """A file of the site at `path`: ``media/<hash>.webp|svg`` or ``files/<hash>/<name>``."""

    path: str
    content: bytes


def icon(content: bytes) -> tuple[Picture, tuple[Asset, ...]]:
    """Return an app's picture as squares of `ICON_WIDTHS`, and its files.

    The whole picture is shown, on transparent ground where it is no square. It is never enlarged: a small one
    has fewer sizes. Raises `AssetError`.
    """
    if _checked_format(content) == "SVG":
        drawing = read_svg(content)
        sizes = [drawing.fitted(width, width) for width in ICON_WIDTHS]
        images = [_squared(image) for image in _drawn(drawing, sizes)]
    else:
        picture = _decoded(content)
        side = min(max(picture.size), max(ICON_WIDTHS))
        square = _squared(_shrunk(picture, side, side))
        widths = [width for width in ICON_WIDTHS if width <= side] or [side]
        images = [_shrunk(square, width, width) for width in widths]
    return _published(images, ICON_DEFAULT)


def figure(content: bytes) -> tuple[Picture, tuple[Asset, ...]]:
    """Return a screenshot or a picture in a text in `FIGURE_WIDTHS`, and its files. Raises `AssetError`.

    It keeps its proportions and is never enlarged. An SVG is drawn in its own size and twice that.
    """
    if _checked_format(content) == "SVG":
        drawing = read_svg(content)
        width, height = drawing.fitted(*(min(round(side), SIDE // 2) for side in (drawing.width, drawing.height)))
        images = _drawn(drawing, [(width, height), (width * 2, height * 2)])
    else:
        picture = _decoded(content)
        large = _shrunk(picture, max(FIGURE_WIDTHS), _WEBP_SIDE)
        widths = [width for width in FIGURE_WIDTHS if width < large.width] + [large.width]
        images = [_shrunk(large, width, _WEBP_SIDE) for width in widths]
    return _published(images, FIGURE_DEFAULT)


def monogram(name: str, motif: str) -> tuple[Picture, Asset]:
    """Return the generated picture of the app called `name`; `motif`, its category, chooses the shape."""
    asset = _media(monogram_svg(name, motif), "svg")
    return Picture(asset.path, 192, 192), asset


def download(name: str, content: bytes) -> tuple[Download, Asset]:
    """Return the copy of an attachment, under a safe name whose extension agrees with the content.

    Raises `AssetError` for a type that is not published, and for more than `ATTACHMENT_BYTES`.
    """
    _check_size(content, ATTACHMENT_BYTES)
    safe = safe_name(name)
    found = file_type(safe, content)
    digest = hashlib.sha256(content).hexdigest()
    published = published_name(safe, found)
    folder = hashlib.sha256(published.encode() + b"\0" + content).hexdigest()[:16]  # one name in each folder
    path = f"files/{folder}/{published}"
    return Download(published, path, len(content), digest, found.kind), Asset(path, content)


def check_picture(content: bytes) -> None:
    """Raise `AssetError` for what no picture can be made of; an SVG may still fail when it is drawn."""
    if _checked_format(content) == "SVG":
        read_svg(content)
    else:
        _decoded(content)


def check_attachment(name: str, content: bytes) -> None:
    """Raise `AssetError` for what may not be published under any name, and for a picture that is broken."""
    download(name, content)
    if supported_picture(content) and len(content) <= PICTURE_BYTES:
        check_picture(content)


def supported_picture(content: bytes) -> bool:
    """Tell whether `content` begins as a PNG, JPEG, GIF, WebP or SVG does; it may still be broken."""
    return picture_format(content) is not None


def _checked_format(content: bytes) -> PictureFormat:
    _check_size(content, PICTURE_BYTES)
    found = picture_format(content)
    if found is None:
        raise AssetError(f"not a picture: the content is {described(content)}")
    return found


def _check_size(content: bytes, limit: int) -> None:
    if len(content) > limit:
        raise AssetError(f"{len(content) / 2**20:.1f} MiB, at most {limit >> 20} MiB")


def _drawn(drawing: Drawing, sizes: Sequence[tuple[int, int]]) -> list[Image.Image]:
    """Draw in each size rather than shrink: edges stay on their pixels, and files become half as large."""
    return [PngImageFile(io.BytesIO(png)).convert("RGBA") for png in draw(drawing, sizes)]


def _decoded(content: bytes) -> Image.Image:
    """Return the first frame upright, in RGB or RGBA, its colours in sRGB, without any metadata."""
    found = picture_format(content) or ""
    with _reading(found):
        picture = _READERS[found](io.BytesIO(content))
    width, height = picture.size
    if width * height > PICTURE_PIXELS:
        raise AssetError(f"{width:,} × {height:,} pixels, at most {PICTURE_PIXELS // 10**6} megapixels")
    with _reading(found):
        picture.load()
        plain = _in_srgb(picture)
        turn = _UPRIGHT.get(_orientation(picture))
        return plain.transpose(turn) if turn is not None else plain


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what Pillow raises on a broken file into `AssetError`; what it warns of concerns nobody."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError:
        raise AssetError(f"more than {PICTURE_PIXELS // 10**6} megapixels") from None
    except _BROKEN:
        raise AssetError(f"the {name} is broken or incomplete") from None


def _orientation(picture: ImageFile) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return 1


def _in_srgb(picture: ImageFile) -> Image.Image:
    """Return the pixels in RGB or RGBA, converted by the colour profile where there is a sound one."""
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value / 256).convert("L").convert(mode)  # 16 bits a pixel
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "RGBA", "CMYK"}:
        try:
            source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
        except (ImageCms.PyCMSError, *_BROKEN):
            converted = None  # a profile that is broken, or for other pixels
        if converted is not None:
            return converted
    return picture.convert(mode)


def _shrunk(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Return the picture as large as fits into a box, its proportions kept, never enlarged.

    Hamming leaves no halo around flat shapes, as Lanczos does, and takes a third of the bytes off icons.
    """
    scale = min(width / picture.width, height / picture.height)
    if scale >= 1:
        return picture
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Resampling.HAMMING, reducing_gap=3.0)


def _squared(picture: Image.Image) -> Image.Image:
    """Put the picture in the middle of a transparent square as large as its larger side."""
    side = max(picture.size)
    if picture.size == (side, side):
        return picture
    square = Image.new("RGBA", (side, side))
    square.paste(picture.convert("RGBA"), ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _published(images: Sequence[Image.Image], default: int) -> tuple[Picture, tuple[Asset, ...]]:
    """Return a picture of these sizes, ascending; its own file is the largest up to `default` pixels wide."""
    assets = tuple(_media(_webp(image), "webp") for image in images)
    variants = tuple(Variant(asset.path, image.width) for asset, image in zip(assets, images, strict=True))
    chosen = max((n for n, image in enumerate(images) if image.width <= default), default=0)
    return Picture(assets[chosen].path, images[chosen].width, images[chosen].height, variants), assets


def _media(content: bytes, extension: str) -> Asset:
    return Asset(f"media/{hashlib.sha256(content).hexdigest()[:16]}.{extension}", content)


def _webp(image: Image.Image) -> bytes:
    """Encode with loss, or without where a flat picture pays little for it."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    lossy = _encoded(image, lossless=False)
    if image.getcolors(FLAT_COLOURS) is None:
        return lossy
    lossless = _encoded(image, lossless=True)
    return lossless if len(lossless) <= LOSSLESS_PRICE * len(lossy) else lossy


def _encoded(image: Image.Image, *, lossless: bool) -> bytes:
    """Encode by method 4: 6 takes up to a hundred times as long for 3 % less. Metadata is emptied by name."""
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=lossless, quality=QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return file.getvalue()
