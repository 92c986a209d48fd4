"""Pictures and attachments as the site has them: checked by content, resized, named by their hash. Pure."""

import hashlib
import io
import struct
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from generator import drawings, filetypes
from generator.errors import AssetError
from generator.models import Download, Picture, Variant

PICTURE_BYTES: Final = 5 * 1024 * 1024
PICTURE_PIXELS: Final = 16_000_000
ATTACHMENT_BYTES: Final = 20 * 1024 * 1024

ICON_SIDES: Final = (64, 96, 128, 192)
"""A card shows 64 px and a page's header 96 px, on screens of one and of two pixels each."""
FIGURE_WIDTHS: Final = (720, 1440)
"""A text's column is 704 px wide."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_FEW_COLOURS = 4096


@dataclass(frozen=True)
class Asset:
    """A file of the site, at a path that carries the hash of its content."""

    path: str
    content: bytes


def icon(content: bytes) -> tuple[Picture, tuple[Asset, ...]]:
    """Make an app's picture: whole, on a transparent square, never larger than it came. Raises `AssetError`."""
    image = _square(_opened(content, longest=ICON_SIDES[-1]))
    sides = [side for side in ICON_SIDES if side <= image.width] or [image.width]
    return _variants((image.resize((side, side), Image.Resampling.LANCZOS) for side in sides), usual=96)


def figure(content: bytes) -> tuple[Picture, tuple[Asset, ...]]:
    """Make a picture for a text or a screenshot, never larger than it came. Raises `AssetError`."""
    image = _opened(content, longest=FIGURE_WIDTHS[-1])
    widths = [width for width in FIGURE_WIDTHS if width < image.width] + [min(image.width, FIGURE_WIDTHS[-1])]
    sized = (
        image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
        for width in dict.fromkeys(widths)
    )
    return _variants(sized, usual=FIGURE_WIDTHS[0])


def monogram(name: str, motif: str) -> tuple[Picture, Asset]:
    """Draw the picture of an app that has none."""
    asset = _hashed("svg", drawings.monogram(name, motif))
    return Picture(asset.path, 192, 192), asset


def download(name: str, content: bytes) -> tuple[Download, Asset]:
    """Make the published copy of an attachment; its ending tells what it is. Raises `AssetError`."""
    if len(content) > ATTACHMENT_BYTES:
        raise AssetError(f"{len(content):,} bytes, at most {ATTACHMENT_BYTES:,}")
    file_type = filetypes.type_of(content)
    published = filetypes.published_name(name, file_type, content)
    digest = hashlib.sha256(content).hexdigest()
    asset = Asset(f"files/{digest[:16]}/{published}", content)
    ending = published.rpartition(".")[2].upper()
    label = ending if file_type.label == "TXT" else file_type.label
    return Download(published, asset.path, len(content), digest, label), asset


def supported_picture(content: bytes) -> bool:
    """Whether a file looks like a picture that `icon` and `figure` take."""
    try:
        return filetypes.is_svg(content) or filetypes.type_of(content[:64]).label in {"PNG", "JPG", "GIF", "WEBP"}
    except AssetError:
        return False


def _opened(content: bytes, longest: int) -> Image.Image:
    """Read a picture, upright and without metadata; an SVG is drawn with its longer side `longest` pixels."""
    if len(content) > PICTURE_BYTES:
        raise AssetError(f"{len(content):,} bytes, at most {PICTURE_BYTES:,}")
    if filetypes.is_svg(content):
        content = drawings.draw(content, longest)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of many pixels; the limit below refuses them
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                _check_pixels(image)
                image.load()
                return _plain(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise AssetError("is no picture: PNG, JPEG, GIF, WebP and SVG are") from None
    except (OSError, SyntaxError, ValueError, struct.error, EOFError, Image.DecompressionBombError) as error:
        raise AssetError(f"is a damaged picture ({error})") from None


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > PICTURE_PIXELS:
        raise AssetError(f"{image.width} × {image.height} pixels, at most {PICTURE_PIXELS // 1_000_000} megapixels")


def _plain(image: Image.Image) -> Image.Image:
    """Return the pixels alone, in red, green, blue and, where there is any, transparency."""
    has_transparency = image.has_transparency_data
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if has_transparency else "RGB")


def _square(image: Image.Image) -> Image.Image:
    side = max(image.size)
    if image.width == image.height:
        return image
    square = Image.new("RGBA", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def _variants(images: Iterable[Image.Image], usual: int) -> tuple[Picture, tuple[Asset, ...]]:
    """Encode a picture's sizes, ascending; `usual` is the width for a browser that cannot choose."""
    made = [(image.size, _hashed("webp", _encoded(image))) for image in images]
    variants = tuple(Variant(asset.path, width) for (width, _), asset in made)
    (width, height), asset = next((one for one in made if one[0][0] >= usual), made[-1])
    return Picture(asset.path, width, height, variants), tuple(asset for _, asset in made)


def _encoded(image: Image.Image) -> bytes:
    """Encode as WebP: flat drawings without loss, which is smaller and sharp; photographs at quality 82."""
    output = io.BytesIO()
    is_flat = image.getcolors(_FEW_COLOURS) is not None
    image.save(output, "WEBP", lossless=is_flat, quality=80 if is_flat else 82, method=4, exact=False)
    return output.getvalue()


def _hashed(ending: str, content: bytes) -> Asset:
    return Asset(f"media/{hashlib.sha256(content).hexdigest()[:20]}.{ending}", content)
