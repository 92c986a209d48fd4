"""Drawings: SVG to pixels, in a process that can be killed; and monograms for apps without a picture.

resvg reads local files that an SVG refers to, whatever it is told about resources, so every reference that leaves the
drawing is taken out before. Fonts of the system are not used: a build gives the same bytes on every machine.
"""

import hashlib
import multiprocessing
import multiprocessing.process
import re
import unicodedata
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Final
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape

from generator.errors import AssetError

SVG_BYTES: Final = 1024 * 1024
SECONDS: Final = 5.0
_MOST_ELEMENTS = 20_000
_DEEPEST = 64
_MEMORY = 1024 * 1024 * 1024
_NAMESPACE = "{http://www.w3.org/2000/svg}"


def draw(svg: bytes, longest: int) -> bytes:
    """Draw an SVG as PNG, its longer side `longest` pixels.

    Raises `AssetError` when it is no SVG, declares a document type or entities, is larger than 1 MiB, too deep or too
    long, or is not drawn within 5 seconds and 1 GiB.
    """
    if len(svg) > SVG_BYTES:
        raise AssetError(f"an SVG of {len(svg):,} bytes, at most {SVG_BYTES:,}")
    root = _parsed(svg)
    _sized(root, longest)
    _cut_references(root)
    return _drawn(ElementTree.tostring(root, encoding="unicode"))


def _parsed(svg: bytes) -> ElementTree.Element:
    _check_grammar(svg)
    try:
        root = ElementTree.fromstring(svg.decode("utf-8-sig"))  # noqa: S314  # entities were refused before
    except (ElementTree.ParseError, ValueError) as error:
        raise AssetError(f"is no SVG: {error}") from None
    if root.tag != f"{_NAMESPACE}svg":
        raise AssetError("is no SVG: its outermost element is another")
    return root


def _check_grammar(svg: bytes) -> None:
    """Refuse what makes a small file a large one, before anything is built from it."""
    depth = count = 0

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEPEST or count > _MOST_ELEMENTS:
            raise AssetError("an SVG with too many or too deeply nested elements")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise AssetError("an SVG that declares a document type, which is not drawn")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(svg.removeprefix(b"\xef\xbb\xbf"), True)
    except expat.ExpatError as error:
        raise AssetError(f"is no SVG: {error}") from None


_NUMBER = re.compile(r"\s*\+?(\d{1,6}(?:\.\d+)?)(?:px)?\s*")
_WIDEST = 16.0


def _sized(root: ElementTree.Element, longest: int) -> None:
    """Give the drawing the size that is wanted, whatever it asks for; its shape comes from its view box."""
    view = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?", root.get("viewBox", ""))[:4]]
    sides = [_NUMBER.fullmatch(root.get(side, "")) for side in ("width", "height")]
    stated = [float(side[1]) if side else 0.0 for side in sides]
    width, height = view[2:4] if len(view) == 4 else stated
    if not 0 < width < 1e6 or not 0 < height < 1e6:
        width = height = 100.0
    if len(view) != 4:
        root.set("viewBox", f"0 0 {width} {height}")
    ratio = min(max(width / height, 1 / _WIDEST), _WIDEST)
    root.set("width", str(round(longest * min(ratio, 1.0)) or 1))
    root.set("height", str(round(longest / max(ratio, 1.0)) or 1))


_DROPPED = {"script", "foreignObject", "iframe", "handler", "listener"}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_LEAVES = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|\\", re.IGNORECASE)
"""A reference out of the drawing; and a backslash, with which CSS can spell one in other letters."""


def _cut_references(element: ElementTree.Element) -> None:
    for child in list(element):
        if child.tag.rpartition("}")[2] in _DROPPED:
            element.remove(child)
        else:
            _cut_references(child)
    for name, value in list(element.attrib.items()):
        local = name.rpartition("}")[2].lower()
        leads = local in {"href", "src", "base"} and not value.strip().startswith("#")
        if (leads and not _PICTURE.fullmatch(value.strip())) or (not leads and _LEAVES.search(value)):
            del element.attrib[name]
    if element.text and element.tag.rpartition("}")[2] == "style" and _LEAVES.search(element.text):
        element.text = ""


if "fork" in multiprocessing.get_all_start_methods():
    _Worker: type[multiprocessing.process.BaseProcess] = multiprocessing.get_context("fork").Process  # 5 ms
else:
    _Worker = multiprocessing.Process


def _drawn(svg: str) -> bytes:
    """Draw in a process of its own: a drawing may ask for more time or memory than there is."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    worker = _Worker(target=_draw_and_send, args=(svg, theirs), daemon=True)
    worker.start()
    theirs.close()
    try:
        answer: bytes | str = ours.recv() if ours.poll(SECONDS) else "an SVG that takes too long to draw"
    except (EOFError, OSError):
        answer = "an SVG that cannot be drawn"
    finally:
        worker.kill()
        worker.join()
        ours.close()
    if isinstance(answer, str):
        raise AssetError(answer)
    return answer


def _draw_and_send(svg: str, answer: Connection) -> None:
    import resvg_py

    _bound_memory()
    try:
        answer.send(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)))
    except BaseException as error:  # a panic in resvg is no Exception
        answer.send(f"an SVG that cannot be drawn ({error})"[:200])


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows; there the time is the bound
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_TONES: Final = (
    ("#dfe7d8", "#24452f"),
    ("#d5e6e4", "#134744"),
    ("#f1dfc4", "#6a3d07"),
    ("#efd9dd", "#6d1f36"),
    ("#d9e0ef", "#1d3767"),
    ("#e4dbee", "#46256b"),
    ("#f2d9cb", "#74290f"),
    ("#e9e3c8", "#4b430c"),
    ("#dbe5ea", "#1f4256"),
    ("#e6ded6", "#47352a"),
)
"""A ground and an ink each: warm, muted, and at least 7:1 apart."""

_MOTIFS: Final = (
    '<path d="M192 92v100H92a100 100 0 0 1 100-100z"/>',
    '<path d="M192 192v-28a28 28 0 0 0-28 28zM192 144v-28a76 76 0 0 0-76 76h28a48 48 0 0 1 48-48z"/>',
    '<path d="M192 192h-40l40-40zM132 192h-32l92-92v32z"/>',
    '<path d="M108 176a8 8 0 1 0 16 0 8 8 0 1 0-16 0zm28 0a8 8 0 1 0 16 0 8 8 0 1 0-16 0zm28 0a8 8 0 1 0 16 0 8 8 0 '
    "1 0-16 0zm-28-28a8 8 0 1 0 16 0 8 8 0 1 0-16 0zm28 0a8 8 0 1 0 16 0 8 8 0 1 0-16 0zm0-28a8 8 0 1 0 16 0 8 8 0 1 "
    '0-16 0z"/>',
    '<path d="M192 92v100H92z"/>',
    '<path d="M192 192h-84v-28h28v-28h28v-28h28z"/>',
    '<path d="M92 192a25 25 0 0 1 50 0zM142 192a25 25 0 0 1 50 0zM142 164a25 25 0 0 1 50 0z"/>',
    '<path d="M108 164h28v28h-28zM164 164h28v28h-28zM136 136h28v28h-28zM164 108h28v28h-28z"/>',
)
"""Figures that grow out of the lower right corner, each in one path."""

_STRENGTH = 0.14
"""How much ink a motif has: letters that stand on it keep more than 4.5:1."""


def monogram(name: str, motif: str) -> bytes:
    """Draw the initials of `name` on a ground of its own, with the figure of `motif` in a corner, as SVG.

    The same name has the same colours, and the same motif (a category, say) the same figure, in every build.
    """
    ground, ink = _TONES[_number(name) % len(_TONES)]
    figure = _MOTIFS[_number(motif) % len(_MOTIFS)]
    letters = _initials(name)
    words = (
        f'<text x="96" y="96" dy=".355em" text-anchor="middle" font-family="ui-sans-serif, system-ui, sans-serif" '
        f'font-size="{80 if len(letters) < 2 else 72}" font-weight="650" fill="{ink}">{escape(letters)}</text>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 192 192" width="192" height="192">'
        f'<path fill="{ground}" d="M0 0h192v192H0z"/><g fill="{mixed(ground, ink, _STRENGTH if letters else 0.6)}">{figure}</g>'
        f"{words if letters else ''}</svg>\n"
    ).encode()


def mixed(ground: str, ink: str, share: float) -> str:
    """Mix two colours like ``#24452f``, with this share of the second."""
    channels = zip(bytes.fromhex(ground[1:]), bytes.fromhex(ink[1:]), strict=True)
    return "#" + bytes(round(one + (other - one) * share) for one, other in channels).hex()


def _number(words: str) -> int:
    folded = unicodedata.normalize("NFKC", words).casefold().strip()
    return int.from_bytes(hashlib.sha256(folded.encode("utf-8", "replace")).digest()[:4])


def _initials(name: str) -> str:
    """Return the first letters or digits of the first two words; of one word, its first; of none, nothing."""
    return "".join(list(_firsts(unicodedata.normalize("NFC", name)))[:2]).upper()[:3]


def _firsts(name: str) -> Iterator[str]:
    for word in re.split(r"[\s\-–—/_.·|&+]+", name):
        letters = [char for char in word if unicodedata.category(char)[0] in "LN"]
        if letters:
            yield letters[0]
