"""The monogram of an app without a picture: its initials, on colours and a shape that its name and category choose."""

import hashlib
import unicodedata
from itertools import takewhile
from typing import TypeVar
from xml.sax.saxutils import escape

T = TypeVar("T")

_PALETTE = (
    ("#dfe7d8", "#24452f"),  # moss
    ("#d5e6e4", "#134744"),  # lagoon
    ("#f1dfc4", "#6a3d07"),  # amber
    ("#efd9dd", "#6d1f36"),  # rose
    ("#d9e0ef", "#1d3767"),  # dusk
    ("#e4dbee", "#46256b"),  # iris
    ("#f3d8cc", "#702a16"),  # terracotta
    ("#e6e3c8", "#474214"),  # olive
    ("#d2e2ea", "#12404f"),  # petrol
    ("#e8dfd4", "#4a382a"),  # umber
)
"""Grounds and inks: warm and muted, of the same lightness, at least 7:1 with each other."""

_MOTIFS = (
    '<path d="M192 130a62 62 0 0 0-62 62h62z"/>',  # quarter circle
    '<path d="M192 130a62 62 0 0 0-62 62h22a40 40 0 0 1 40-40z"/>',  # ring
    '<path d="M192 130v18l-44 44h-18zM192 164v18l-10 10h-18z"/>',  # stripes
    '<path d="M160 130l32 32v24l-32-32-32 32v-24zM160 170l22 22h-44z"/>',  # chevron
    '<path d="M146 130h19v16h16v19h-16v16h-19v-16h-16v-19h16z"/>',  # plus
    '<path d="M192 130a62 62 0 0 0-62 62h12a50 50 0 0 1 50-50z"/>'
    '<path d="M192 156a36 36 0 0 0-36 36h12a24 24 0 0 1 24-24z"/>',  # arcs
    '<path d="M158 158h21v21h-21zM132 158h21v21h-21zM158 132h21v21h-21z"/>',  # grid
    "".join(f'<circle cx="{x}" cy="{y}" r="7"/>' for x in (134, 153, 172) for y in (134, 153, 172) if x + y > 300),
)
"""Shapes in the lower right corner of a square of 192, below the letters; each tells a category."""

_MOTIF_SHARE = 0.17
"""How much ink stands in a motif's tone: seen, but quiet enough for a letter to stand on it at 4.5:1."""

_LETTERS = 80.0
_ROOM = 120.0
_CAPITAL = 0.36
"""The letters' size, the width they may take, in a square of 192; half a capital's height, in sizes."""


def monogram_svg(name: str, motif: str) -> bytes:
    """Return a square of 192 pixels with the initials of `name`, for an app without a picture.

    The name chooses the colours and the category, `motif`, the shape: the same in every build. A name without
    a letter or digit shows its motif alone. It has no style, as the site's policy blocks inline ones.
    """
    ground, ink = _chosen(_PALETTE, name)
    letters = initials(name)
    shape = _chosen(_MOTIFS, motif)
    tone = _mixed(ground, ink, _MOTIF_SHARE)
    corner = f'<g fill="{tone}">{shape}</g>'
    alone = f'<g fill="{ink}" transform="matrix(1.5 0 0 1.5 -141 -141)">{shape}</g>'
    square = f'<rect width="192" height="192" fill="{ground}"/>'
    opening = '<svg xmlns="http://www.w3.org/2000/svg" width="192" height="192" viewBox="0 0 192 192">'
    return f"{opening}{square}{corner + _text(letters, ink) if letters else alone}</svg>".encode()


def initials(name: str) -> str:
    """Return the first letter or digit of the first two words that have one, with its accents; or nothing."""
    firsts = [first for word in unicodedata.normalize("NFC", name).split() if (first := _first_letter(word))]
    return "".join(firsts[:2])


def _first_letter(word: str) -> str:
    """Return the first letter or digit with its vowel signs and accents: at most three, and no storm."""
    start = next((place for place, character in enumerate(word) if character.isalnum()), None)
    if start is None:
        return ""
    marks = takewhile(lambda character: unicodedata.category(character) in {"Mn", "Mc"}, word[start + 1 : start + 4])
    upper = word[start].upper()
    return (upper if len(upper) == 1 else word[start]) + "".join(marks)


def _text(letters: str, ink: str) -> str:
    """Set the letters as large as there is room, on a base line of ours: browsers differ in centring."""
    size = min(_LETTERS, _ROOM / sum(map(_advance, letters)))
    place = f'x="96" y="{92 + _CAPITAL * size:.1f}" text-anchor="middle"'
    font = f'font-family="ui-sans-serif, system-ui, sans-serif" font-size="{size:.0f}" font-weight="600"'
    return f'<text {place} {font} fill="{ink}">{escape(letters)}</text>'


def _advance(character: str) -> float:
    """Estimate a character's width in font sizes, as system fonts have it at this weight."""
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 1
    return {"I": 0.32, "1": 0.5, "J": 0.55, "M": 0.9, "W": 1.0}.get(character, 0.7)


def _chosen(options: tuple[T, ...], key: str) -> T:
    """Choose by a hash: `hash` would differ from run to run, and a counter by the order of apps."""
    number = int.from_bytes(
        hashlib.sha256(unicodedata.normalize("NFC", key).casefold().encode(errors="replace")).digest()[:8],
        "big",
    )
    return options[number % len(options)]


def _mixed(ground: str, ink: str, share: float) -> str:
    pairs = zip(bytes.fromhex(ground[1:]), bytes.fromhex(ink[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()
