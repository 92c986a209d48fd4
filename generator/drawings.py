"""Drawings: an SVG made safe, measured and drawn to pixels.

An author's SVG is a program for whoever draws it. It is read under limits, loses every reference that leaves
it, and is drawn by resvg in a process of its own that has no file, little memory and a deadline. Only its
pixels are published.
"""

import importlib.util
import math
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from generator.errors import AssetError

SVG_BYTES = 1 << 20
ELEMENTS = 20_000
DEPTH = 100
"""How large a drawing may be: bytes, elements, and elements in each other."""

SIDE = 1440
"""The larger side of what is drawn, in pixels."""

DEADLINE = 5.0
"""How long a drawing may take, in seconds, the start of its process included."""

MEMORY = 512 << 20
"""How much address space the process gets, in bytes: some 30 layers of the largest size."""

_DEFAULT_SIZE = (300.0, 150.0)
"""The size of a drawing that tells none, in pixels (CSS 2.2, section 10.3.2)."""

_UNITS = {
    "": 1,
    "px": 1,
    "pt": 4 / 3,
    "pc": 16,
    "in": 96,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "em": 16,
    "ex": 8,
}
"""Pixels in each unit of length (CSS Values 3, section 6.2), for text of 16 px."""

_LENGTH = re.compile(r"([0-9]*\.?[0-9]+(?:e[+-]?[0-9]{1,2})?)\.?(px|pt|pc|in|cm|mm|em|ex)?", re.IGNORECASE)
_LOCAL = re.compile(r"#|data:image/(?:png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"@import[^;]*;?", re.IGNORECASE)
_CSS_ADDRESS = re.compile(r"url\s*\(\s*+(?!['\"]?#)[^)]*\)?", re.IGNORECASE)
_DROPPED = frozenset({"script", "foreignobject", "iframe", "audio", "video", "object", "embed"})


@dataclass(frozen=True)
class Drawing:
    """An SVG that refers to nothing outside of itself. `width` and `height` are its own, in pixels."""

    root: str
    attributes: tuple[tuple[str, str], ...]
    inner: str
    width: float
    height: float

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """Return its size in whole pixels within a box, its proportions kept."""
        scale = min(width / self.width, height / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    def markup(self, width: int, height: int) -> str:
        """Return the SVG with this size in pixels, whatever size it had."""
        sized = dict(self.attributes) | {"width": str(width), "height": str(height)}
        return f"<{self.root}{_written(sized)}>{self.inner}</{self.root}>"


def read_svg(content: bytes) -> Drawing:
    """Return the drawing in `content` (UTF-8, UTF-16 or as declared), without what could leave it.

    Raises `AssetError` for what is no SVG, is broken, declares entities, has no size, or is over a limit.
    """
    if len(content) > SVG_BYTES:
        raise AssetError(f"an SVG of {len(content) / SVG_BYTES:.1f} MiB, at most 1 MiB")
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise AssetError(f"the SVG cannot be read: {error}") from None
    attributes = reader.attributes
    box = _view_box(attributes.pop("viewBox", ""))
    width, height = _size(_length(attributes.get("width")), _length(attributes.get("height")), box)
    attributes["viewBox"] = " ".join(map(str, box or (0, 0, width, height)))
    return Drawing(reader.root, tuple(attributes.items()), "".join(reader.inner), width, height)


def draw(drawing: Drawing, sizes: Sequence[tuple[int, int]], *, deadline: float = DEADLINE) -> tuple[bytes, ...]:
    """Return the drawing as a PNG in each of `sizes`, width and height in pixels, at most `SIDE` each.

    There are no fonts, so text is not drawn. Raises `AssetError` without an answer within `deadline` seconds.
    """
    if not all(0 < width <= SIDE and 0 < height <= SIDE for width, height in sizes):
        raise ValueError(f"drawings of {sizes} pixels are not made")
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        _PROCESS,
        _resvg_folder(),
        str(MEMORY),
        str(math.ceil(deadline)),
    ]
    task = b"\0".join(drawing.markup(width, height).encode() for width, height in sizes)
    try:
        answer = subprocess.run(  # noqa: S603  # our own interpreter and program
            command,
            input=task,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=deadline,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AssetError(f"drawing the SVG takes longer than {deadline:.0f} seconds") from None
    except OSError as error:
        raise AssetError(f"the SVG cannot be drawn: no process could be started ({error.strerror})") from None
    if answer.returncode:
        raise AssetError("the SVG cannot be drawn: it is broken or needs too much memory")
    return tuple(bytes.fromhex(line) for line in answer.stdout.decode().split())


_PROCESS = """
import sys
sys.path.append(sys.argv[1])
import resvg_py
task = sys.stdin.buffer.read().decode()
try:
    import resource as r
except ImportError:
    limits = ()
else:
    memory, seconds = int(sys.argv[2]), int(sys.argv[3])
    limits = (r.RLIMIT_AS, memory), (r.RLIMIT_CPU, seconds), (r.RLIMIT_CORE, 0), (r.RLIMIT_NOFILE, 0)
for limit, value in limits:
    try:
        r.setrlimit(limit, (value, value))
    except (OSError, ValueError):
        pass
for markup in task.split(chr(0)):
    print(resvg_py.svg_to_bytes(svg_string=markup, skip_system_fonts=True).hex())
"""
"""What the process runs: SVGs with a NUL between them in, a line of hexadecimal PNG for each out.

`RLIMIT_NOFILE` forbids to open any file, should a reference have got this far. A fresh interpreter without
site packages starts in some 15 ms. A fork would take 5, but it holds our memory and locks, is not to be had
everywhere, and is deprecated in a process with threads (Python 3.12).
"""


@cache
def _resvg_folder() -> str:
    spec = importlib.util.find_spec("resvg_py")
    if spec is None or spec.origin is None:
        raise AssetError("an SVG cannot be drawn without the package resvg-py")
    return str(Path(spec.origin).parents[1])


class _Reader:
    """Copies an SVG from expat's events, and leaves out what must not be drawn."""

    def __init__(self) -> None:
        self.root = ""
        self.attributes: dict[str, str] = {}
        self.inner: list[str] = []
        self._css: list[str] = []  # the text of a <style>, which may come in pieces
        self._open: list[str] = []
        self._elements = 0
        self._dropped_at = 0  # the depth of the element that is being left out
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_subset: bool) -> None:
        """Pass the plain DOCTYPE that drawing programs write: expat does not fetch what it names."""
        if has_subset:
            raise AssetError("the SVG declares entities in its DOCTYPE, which are not allowed")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        self._elements += 1
        self._check_limits()
        safe = {key: value for key, raw in attributes.items() if (value := _safe_value(key, raw)) is not None}
        if len(self._open) == 1:
            if _local(name) != "svg":
                raise AssetError(f"not an SVG: its root is <{name[:40]}>")
            self.root, self.attributes = name, safe
        elif not self._dropped_at:
            if _local(name) in _DROPPED:
                self._dropped_at = len(self._open)
            else:
                self.inner.append(f"<{name}{_written(safe)}>")

    def _end(self, name: str) -> None:
        if _local(name) == "style":
            self.inner.append(escape(_safe_css("".join(self._css))))
            self._css = []
        if not self._dropped_at and len(self._open) > 1:
            self.inner.append(f"</{name}>")
        if self._dropped_at == len(self._open):
            self._dropped_at = 0
        self._open.pop()

    def _text(self, text: str) -> None:
        if not self._dropped_at:
            is_css = _local(self._open[-1]) == "style"
            (self._css if is_css else self.inner).append(text if is_css else escape(text))

    def _check_limits(self) -> None:
        if self._elements > ELEMENTS:
            raise AssetError(f"the SVG has more than {ELEMENTS:,} elements")
        if len(self._open) > DEPTH:
            raise AssetError(f"the SVG nests its elements more than {DEPTH} deep")


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _safe_value(name: str, value: str) -> str | None:
    """Return an attribute's value without references out of the drawing; `None` where none is left."""
    local = _local(name)
    if local in {"href", "src"}:
        return value if _LOCAL.match(value := value.strip()) else None
    return _safe_css(value) if local == "style" or "url" in value.lower() else value


def _safe_css(text: str) -> str:
    """Return CSS whose only addresses are parts of the drawing; none where an escape could hide one."""
    return "" if "\\" in text else _CSS_ADDRESS.sub("none", _CSS_IMPORT.sub(" ", text))


def _written(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


def _length(text: str | None) -> float | None:
    """Return a length in pixels; `None` for a percentage, ``auto`` and whatever else depends on a page."""
    match = _LENGTH.fullmatch((text or "").strip())
    return float(match[1]) * _UNITS[(match[2] or "").lower()] if match else None


def _view_box(text: str) -> tuple[float, float, float, float] | None:
    try:
        left, top, width, height = (float(number) for number in re.split(r"[\s,]+", text.strip()))
    except ValueError:
        return None
    is_finite = all(map(math.isfinite, (left, top, width, height)))
    return (left, top, width, height) if is_finite and width > 0 and height > 0 else None


def _size(
    width: float | None, height: float | None, box: tuple[float, float, float, float] | None
) -> tuple[float, float]:
    """Return a drawing's own size. What attributes leave open comes from the view box, or is the default."""
    if box and width is None and height is None:
        width, height = box[2:]
    elif box and width is None:
        width = (height or 0) * box[2] / box[3]
    elif box and height is None:
        height = (width or 0) * box[3] / box[2]
    size = (_DEFAULT_SIZE[0] if width is None else width, _DEFAULT_SIZE[1] if height is None else height)
    if not all(1e-3 <= length <= 1e6 for length in size):
        raise AssetError(f"a drawing of {size[0]:g} × {size[1]:g} pixels has no usable size")
    return size
