"""An author's SVG cannot reach out, hang or blow up a build; a monogram stays the same and can be read."""

import base64
import gzip
import io
import re
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generator.drawings import (
    DEPTH,
    ELEMENTS,
    SIDE,
    SVG_BYTES,
    Drawing,
    draw,
    read_svg,
)
from generator.errors import AssetError
from generator.monograms import _MOTIF_SHARE, _PALETTE, _mixed, initials, monogram_svg

NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
WHITE = '<rect width="8" height="8" fill="#fff"/>'


def svg(inner: str, attributes: str = 'width="8" height="8"') -> bytes:
    return f"<svg {NAMESPACES} {attributes}>{inner}</svg>".encode()


def red_png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "#f00").save(file, "PNG")
    return file.getvalue()


def pixels(content: bytes, size: tuple[int, int] = (8, 8), *, deadline: float = 20) -> Image.Image:
    """Draw once; the deadline allows for a busy machine."""
    (png,) = draw(read_svg(content), [size], deadline=deadline)
    return Image.open(io.BytesIO(png)).convert("RGBA")


RED_DATA = base64.b64encode(red_png()).decode()
SVG_DATA = base64.b64encode(svg('<rect width="8" height="8" fill="red"/>')).decode()
RED_RECT = '<rect width="8" height="8" fill="red"/>'

# Each would be red if it were followed; `{png}` is the path of a red picture that is there.
REFERENCES = [
    '<image href="{png}" width="8" height="8"/>',
    '<image xlink:href="{png}" width="8" height="8"/>',
    '<image href="file://{png}" width="8" height="8"/>',
    '<image href=" {png}" width="8" height="8"/>',
    '<image href="{name}" width="8" height="8"/>',
    '<image href="./{name}" width="8" height="8"/>',
    '<image href="&#x2f;{png}" width="8" height="8"/>',
    '<x:image xmlns:x="http://www.w3.org/2000/svg" xlink:href="{png}" width="8" height="8"/>',
    '<image xmlns:l="http://www.w3.org/1999/xlink" l:href="{png}" width="8" height="8"/>',
    '<image xml:base="{folder}/" href="{name}" width="8" height="8"/>',
    '<image href="/etc/passwd" width="8" height="8"/>',
    '<image href="https://example.com/x.png" width="8" height="8"/>',
    '<image href="data:image/svg+xml;base64,{svg_data}" width="8" height="8"/>',
    '<image href="data:text/plain;base64,{svg_data}" width="8" height="8"/>',
    '<filter id="f"><feImage href="{png}"/></filter><rect width="8" height="8" filter="url(#f)"/>',
    '<use href="other.svg#x"/>',
    '<use xlink:href="file://{folder}/other.svg#x"/>',
    '<pattern id="p" href="{folder}/other.svg#x"/><rect width="8" height="8" fill="url(#p)"/>',
    '<style>@import url("http://example.com/x.css"); @import "{folder}/x.css";</style>',
    "<style>rect {{ fill: url(http://example.com/#x) red }}</style>",
    '<rect width="8" height="8" fill="url({folder}/other.svg#x)"/>',
    '<rect width="8" height="8" style="fill: url(\'http://example.com/x#a\')"/>',
    '<foreignObject width="8" height="8"><image href="{png}" width="8" height="8"/></foreignObject>',
    '<script href="{png}">document.write("x")</script>',
]


@pytest.mark.parametrize("inner", REFERENCES)
def test_no_reference_leaves_a_drawing(inner: str, tmp_path: Path) -> None:
    """Nothing red is drawn, and nothing that names a file is handed to who draws."""
    (tmp_path / "red.png").write_bytes(red_png())
    (tmp_path / "other.svg").write_bytes(svg(f'<g id="x">{RED_RECT}</g>'))
    (tmp_path / "x.css").write_text("rect { fill: red }")
    places = {"png": tmp_path / "red.png", "name": "red.png", "folder": tmp_path, "svg_data": SVG_DATA}
    content = svg(WHITE + inner.format(**places))
    markup = read_svg(content).markup(8, 8)
    assert str(tmp_path) not in re.sub(r'xml:base="[^"]*"', "", markup)
    assert "example.com" not in markup
    assert "red.png" not in markup
    assert (255, 0, 0, 255) not in dict(colours(pixels(content)))


def colours(image: Image.Image) -> list[tuple[object, int]]:
    return [(colour, count) for count, colour in image.getcolors(1 << 20) or []]


GRADIENT = '<linearGradient id="g"><stop stop-color="red"/></linearGradient>'
LOCAL = [
    f'<image href="data:image/png;base64,{RED_DATA}" width="8" height="8"/>',
    f'<image xlink:href="data:image/png;base64,{RED_DATA}" width="8" height="8"/>',
    f'<defs><g id="x">{RED_RECT}</g></defs><use href="#x"/>',
    f'<defs><g id="x">{RED_RECT}</g></defs><use xlink:href=" #x "/>',
    GRADIENT + '<rect width="8" height="8" fill="url(#g)"/>',
    GRADIENT + '<rect width="8" height="8" style="fill: url( \'#g\' )"/>',
    '<style><![CDATA[ .a { fill: red } ]]></style><rect class="a" width="8" height="8"/>',
    "<style>.a > .b { fill: red }</style><g class='a'><rect class='b' width='8' height='8'/></g>",
    f"<a href='https://example.com/'>{RED_RECT}</a>",
]


@pytest.mark.parametrize("inner", LOCAL)
def test_what_stays_inside_is_drawn(inner: str) -> None:
    assert colours(pixels(svg(inner))) == [((255, 0, 0, 255), 64)]


def test_a_reference_that_survived_would_meet_a_process_without_files(tmp_path: Path) -> None:
    """The second guard, tried without the first: no file can be opened where drawings are made."""
    path = tmp_path / "red.png"
    path.write_bytes(red_png())
    image = f'<image href="{path}" width="8" height="8"/>'
    raw = Drawing("svg", (("xmlns", "http://www.w3.org/2000/svg"),), image, 8, 8)
    (png,) = draw(raw, [(8, 8)], deadline=20)
    assert colours(Image.open(io.BytesIO(png)).convert("RGBA")) == [((0, 0, 0, 0), 64)]


@pytest.mark.parametrize(
    "css",
    [
        "u\\72l(http://example.com/x)",
        "\\75rl(http://example.com)",
        "fill: \\55 RL(//example.com)",
        "@\\69mport 'x'",
    ],
)
def test_an_escape_in_css_ends_it(css: str) -> None:
    assert "example" not in read_svg(svg(f"<style>{css}</style>")).inner


@pytest.mark.parametrize("css", ["@imp@import;ort 'x';", "u@import;rl(http://x)", "uurl(x)rl(y)", "url( (#a)"])
def test_what_is_taken_out_of_css_leaves_nothing_to_grow_together(css: str) -> None:
    assert not re.search(r"@import|url\(", read_svg(svg(f"<style>{css}</style>")).inner)


def test_css_in_pieces_is_judged_as_a_whole() -> None:
    """A comment, CDATA or a long text makes the parser tell a style in several parts."""
    pieces = "<style>" + " " * 20_000 + "rect{fill:u<!-- -->rl(<![CDATA[http://example.com/x]]>)}</style>"
    assert "example.com" not in read_svg(svg(pieces)).inner


DOUBLING = '<rect id="u0" width="1" height="1"/>' + "".join(
    f'<g id="u{n}"><use href="#u{n - 1}"/><use href="#u{n - 1}"/></g>' for n in range(1, 30)
)
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
FILTERED = '<filter id="f" {region}>{effect}</filter><rect width="8" height="8" filter="url(#f)"/>'
BOMB_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\6\0\0\0"

HOSTILE = {
    "billion laughs": f'<!DOCTYPE svg [<!ENTITY a0 "ha">{LAUGHS}]><svg {NAMESPACES}>&a9;</svg>'.encode(),
    "external entity": b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
    "parameter entity": b'<!DOCTYPE svg [<!ENTITY % a SYSTEM "http://example.com/x"> %a;]><svg/>',
    "doubling use": svg(DOUBLING),
    "use of itself": svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
    "huge": svg(WHITE, 'width="100000" height="100000"'),
    "endless": svg(WHITE, 'width="1e99" height="1e99"'),
    "thin": svg(WHITE, 'width="1" height="100000"'),
    "huge view box": svg(WHITE, 'viewBox="0 0 1e300 1e300"'),
    "tiny view box": svg(WHITE, 'viewBox="0 0 1e-300 1e-300"'),
    "no size at all": svg(WHITE, 'width="0" height="0"'),
    "negative": svg(WHITE, 'width="-8" height="-8"'),
    "not a number": svg(WHITE, 'width="nan" height="inf" viewBox="nan nan nan nan"'),
    "blur": svg(FILTERED.format(region="", effect='<feGaussianBlur stdDeviation="10000"/>')),
    "blurs": svg(FILTERED.format(region="", effect='<feGaussianBlur stdDeviation="1000"/>' * 500)),
    "turbulence": svg(FILTERED.format(region="", effect='<feTurbulence baseFrequency="0.1" numOctaves="999999"/>')),
    "morphology": svg(FILTERED.format(region="", effect='<feMorphology radius="4000"/>')),
    "filter region": svg(FILTERED.format(region='x="-9e9" y="-9e9" width="9e99" height="9e99"', effect="<feOffset/>")),
    "masks": svg('<mask id="m"><rect width="8" height="8"/></mask>' + '<g mask="url(#m)">' * 90 + WHITE + "</g>" * 90),
    "pattern": svg('<pattern id="p" width="1e-9" height="1e-9"/><rect width="8" height="8" fill="url(#p)"/>'),
    "dashes": svg('<path d="M0 0H1e9" stroke="red" stroke-dasharray="1e-6"/>'),
    "nested": svg("<g>" * 5000 + "</g>" * 5000),
    "many": svg("<g/>" * (ELEMENTS + 1)),
    "large": svg("<!--" + " " * SVG_BYTES + "-->"),
    "picture bomb": svg(f'<image href="data:image/png;base64,{base64.b64encode(BOMB_PNG).decode()}"/>'),
    "empty": b"",
    "compressed": gzip.compress(svg(WHITE)),
    "not XML": b"<svg><rect></svg>",
    "cut off": svg(WHITE)[:-3],
    "HTML": b"<html><svg/></html>",
    "no namespace": b'<svg width="8" height="8"><rect width="8" height="8"/></svg>',
    "unbound prefix": f'<svg {NAMESPACES}><q:rect x:href="a"/></svg>'.encode(),
    "unknown encoding": b'<?xml version="1.0" encoding="none"?><svg/>',
    "a codec that is no text": b'<?xml version="1.0" encoding="zip"?><svg/>',
    "NUL": svg("\0"),
    "invalid UTF-8": svg("<title>\xff</title>").replace(b"\xc3\xbf", b"\xff"),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_drawing_is_drawn_or_refused_in_time(content: bytes) -> None:
    begin = time.monotonic()
    try:
        drawing = read_svg(content)
        (png,) = draw(drawing, [drawing.fitted(SIDE, SIDE)], deadline=1)
    except AssetError as error:
        assert re.search(r"SVG|drawing", str(error))
    else:
        assert max(Image.open(io.BytesIO(png)).size) <= SIDE
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("billion laughs", "declares entities"),
        ("external entity", "declares entities"),
        ("parameter entity", "declares entities"),
        ("no size at all", "0 × 0 pixels"),
        ("nested", f"more than {DEPTH} deep"),
        ("many", "more than 20,000 elements"),
        ("large", "at most 1 MiB"),
        ("cut off", "cannot be read"),
        ("HTML", "its root is <html>"),
        ("unknown encoding", "cannot be read"),
    ],
)
def test_the_reason_is_said(name: str, reason: str) -> None:
    with pytest.raises(AssetError, match=reason):
        read_svg(HOSTILE[name])


def test_a_drawing_that_takes_too_long_is_ended() -> None:
    with pytest.raises(AssetError, match="longer than 1 second"):
        draw(read_svg(HOSTILE["blurs"]), [(SIDE, SIDE)], deadline=1)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="40" height="20"', (40, 20)),
        ('width="40px" height="20px"', (40, 20)),
        ('width="1in" height="25.4mm"', (96, 96)),
        ('width="3pt" height="1.5e1"', (4, 15)),
        ('width="1." height=".5"', (1, 0.5)),
        ('viewBox="0 0 40 20"', (40, 20)),
        ('viewBox=" 0,0 , 40 20 "', (40, 20)),
        ('width="100%" height="100%" viewBox="0 0 40 20"', (40, 20)),
        ('width="80" viewBox="0 0 40 20"', (80, 40)),
        ('height="80" viewBox="0 0 40 20"', (160, 80)),
        ('width="80" height="30" viewBox="0 0 40 20"', (80, 30)),
        ('width="80"', (80, 150)),
        ('viewBox="0 0 0 0"', (300, 150)),
        ('viewBox="a b c d"', (300, 150)),
        ("", (300, 150)),
    ],
)
def test_a_drawing_tells_its_own_size(attributes: str, size: tuple[float, float]) -> None:
    drawing = read_svg(svg("", attributes))
    assert (drawing.width, drawing.height) == size


def test_a_drawing_fills_the_size_it_is_drawn_in() -> None:
    """Whatever its own size: shapes are scaled, and the background stays transparent."""
    half = '<rect width="50%" height="100%" fill="#00f"/>'
    drawing = read_svg(svg(half, 'width="100000" height="50000"'))
    assert drawing.fitted(64, 64) == (64, 32)
    small, large = (Image.open(io.BytesIO(png)) for png in draw(drawing, [(64, 32), (128, 64)], deadline=20))
    assert (small.size, large.size) == ((64, 32), (128, 64))
    assert [small.getpixel((x, 16)) for x in (2, 30, 34)] == [
        (0, 0, 255, 255),
        (0, 0, 255, 255),
        (0, 0, 0, 0),
    ]


@pytest.mark.parametrize(
    "content",
    [
        svg(RED_RECT).decode().encode("utf-16"),
        b"\xef\xbb\xbf" + svg(RED_RECT),
        b'<?xml version="1.0" encoding="iso-8859-1"?><!-- \xe9 -->' + svg(RED_RECT),
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
        + svg(RED_RECT),
        svg(RED_RECT).replace(b"<", b"<s:").replace(b"<s:/", b"</s:").replace(b"xmlns=", b"xmlns:s="),
        b'<?xml-stylesheet href="http://example.com/x.css"?>' + svg(RED_RECT),
    ],
)
def test_every_way_to_write_an_svg_is_read(content: bytes) -> None:
    assert colours(pixels(content)) == [((255, 0, 0, 255), 64)]


def test_the_same_drawing_has_the_same_pixels() -> None:
    drawing = read_svg(svg(LOCAL[4]))
    assert draw(drawing, [(48, 48)], deadline=20) == draw(drawing, [(48, 48)], deadline=20)


# Values that are harmless, hostile, and both at once.
PIECES = [
    *("#a", "url(#a)", "url(", "URL(x)", "http://h/", "/etc/passwd", "file:", "data:image/png;base64,"),
    *("data:image/svg+xml,", ")", "'", '"', "\\", "@import", ";", "<", "&", "é"),
]
VALUES = st.lists(st.sampled_from([*PIECES, " ", "\n"]), max_size=6).map("".join)
NAMES = st.sampled_from(["href", "xlink:href", "src", "fill", "style", "filter", "id", "xml:base"])
ELEMENT_NAMES = st.sampled_from(["g", "image", "use", "style", "script", "foreignObject", "feImage", "rect"])


def tag(name: str, attributes: dict[str, str], text: str, children: list[str]) -> str:
    element = ElementTree.Element(name, attributes)
    element.text = text
    opening, end = ElementTree.tostring(element, encoding="unicode", short_empty_elements=False).rsplit("</", 1)
    return opening + "".join(children) + "</" + end


TREES = st.recursive(
    st.builds(tag, ELEMENT_NAMES, st.dictionaries(NAMES, VALUES, max_size=3), VALUES, st.just([])),
    lambda inner: st.builds(
        tag, ELEMENT_NAMES, st.dictionaries(NAMES, VALUES, max_size=3), VALUES, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(TREES)
@settings(max_examples=100)
def test_whatever_is_written_refers_only_inwards(inner: str) -> None:
    markup = read_svg(svg(inner)).markup(8, 8)
    for element in ElementTree.fromstring(markup).iter():  # noqa: S314  # our own output
        local = element.tag.rpartition("}")[2]
        assert local not in {"script", "foreignObject"}
        css = (element.text or "") if local == "style" else ""
        for name, value in element.attrib.items():
            if name.rpartition("}")[2] in {"href", "src"}:
                assert value.startswith(("#", "data:image/png;"))
            elif "url" in value.lower():
                css += f" {value}"
        assert not re.search(r"url\s*\(\s*['\"]?[^#'\"\s]", css, re.IGNORECASE)
        assert "@import" not in css


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: svg(text, "")), VALUES.map(svg)))
def test_anything_is_a_drawing_or_refused(content: bytes) -> None:
    try:
        assert read_svg(content).width > 0
    except AssetError as error:
        assert str(error)


INITIALS = [
    ("Note Dispatcher", "ND"),
    ("slack", "S"),
    ("On-call Pager", "OP"),
    ("The Big App", "TB"),
    ("365 Sync", "3S"),
    ("R & D", "RD"),
    ("  (beta) x ", "BX"),
    ("élan vital", "ÉV"),
    ("e\u0301lan", "É"),
    ("ßeta", "ß"),
    ("Őrség", "Ő"),
    ("日本 語", "日語"),
    ("हिन्दी ऐप", "हिऐ"),
    ("مرحبا بك", "مب"),
    ("<b>&", "B"),
    ("🎉 Party", "P"),
    ("🎉", ""),
    ("---", ""),
    ("", ""),
    ("a" + "\u0300" * 500, "À" + "\u0300" * 3),
]


@pytest.mark.parametrize(("name", "letters"), INITIALS)
def test_a_name_has_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = (value / 255 for value in bytes.fromhex(colour[1:]))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ground", "ink"), _PALETTE)
def test_letters_can_be_read_on_the_ground_and_on_the_motif(ground: str, ink: str) -> None:
    assert contrast(ground, ink) >= 7
    assert contrast(_mixed(ground, ink, _MOTIF_SHARE), ink) >= 4.5


def test_one_name_has_one_monogram_and_one_category_one_motif() -> None:
    """Golden: a change of these bytes renames files of every store, so it must be meant."""
    expected = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="192" height="192" viewBox="0 0 192 192">'
        '<rect width="192" height="192" fill="#e6e3c8"/>'
        '<g fill="#cbc8a9"><path d="M192 130v18l-44 44h-18zM192 164v18l-10 10h-18z"/></g>'
        '<text x="96" y="120.8" text-anchor="middle" font-family="ui-sans-serif, system-ui, sans-serif" '
        'font-size="80" font-weight="600" fill="#474214">ND</text></svg>'
    )
    assert monogram_svg("Note Dispatcher", "Chat").decode() == expected
    assert monogram_svg("NOTE dispatcher", "chat").decode() == expected


def test_names_and_categories_spread_over_colours_and_motifs() -> None:
    monograms = [monogram_svg(f"App {n}", f"Category {n}").decode() for n in range(200)]
    assert len({re.findall(r'fill="(#\w+)"', it)[0] for it in monograms}) == len(_PALETTE)
    assert len({re.findall(r"<g [^>]*>(.*)</g>", it)[0] for it in monograms}) == 8


@given(st.text(), st.text())
def test_any_name_gives_a_small_static_drawing(name: str, motif: str) -> None:
    content = monogram_svg(name, motif)
    assert len(content) < 1000
    elements = list(ElementTree.fromstring(content).iter())  # noqa: S314  # our own output
    assert {element.tag.rpartition("}")[2] for element in elements} <= {
        "svg",
        "rect",
        "g",
        "path",
        "circle",
        "text",
    }
    assert not {name for element in elements for name in element.attrib} & {"style", "href", "class"}
    assert ("<text" in content.decode()) == bool(initials(name))
