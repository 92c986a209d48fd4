"""Pages to bytes: small templates laid over ours, and what templates may call."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from generator.errors import InputError, Problem
from generator.languages import load_language
from generator.models import Attachment, DeclaredAssurance, Download, Picture, PublicOffering, Screenshot, Variant
from generator.pages import Page, Tab, plan_pages
from generator.render import RenderedPage, Renderer, TextNote, load_static
from generator.settings import PACKAGED_TEMPLATES, Provider, Store
from site_checks import parse, public

BASE = "https://apps.example.com/shop/"
STORE = Store(title="Widget Apps")
ENGLISH = load_language([PACKAGED_TEMPLATES], "en")
Render = Callable[..., str]


def lay(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a folder of templates."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def renderer(*folders: Path, store: Store = STORE) -> Renderer:
    return Renderer(store, folders, load_static(folders, store, ENGLISH), ENGLISH)


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Render one template with a context, as the page at `path`."""

    def render(template: str, path: str = "apps/dusk/index.html", store: Store = STORE, **context: object) -> str:
        lay(tmp_path, {"page.html": template})
        made = renderer(tmp_path, PACKAGED_TEMPLATES, store=store)
        return made.render(Page(path, "page.html", context)).content.decode()

    return render


def site_of(store: Store, *offerings: PublicOffering) -> dict[str, RenderedPage]:
    """Render every page of a store with our own templates."""
    made = renderer(PACKAGED_TEMPLATES, store=store)
    return {page.path: made.render(page) for page in plan_pages(store, offerings)}


def problem_of(folder: Path, page: Page | None = None) -> Problem:
    with pytest.raises(InputError) as caught:
        renderer(folder).render(page or Page("apps/dusk/index.html", "page.html", {}))
    (problem,) = caught.value.problems
    assert not problem.warning
    return problem


# Assets


def test_an_asset_carries_the_hash_of_its_content(tmp_path: Path) -> None:
    static = load_static([lay(tmp_path, {"assets/store.js": "let a = 1\n"})], STORE, ENGLISH)
    digest = sha256(b"let a = 1\n").hexdigest()[:12]
    assert static["store.js"].path == f"assets/store.{digest}.js"
    assert static["store.js"].content == b"let a = 1\n"


def test_another_content_is_another_path(tmp_path: Path) -> None:
    one = load_static([lay(tmp_path / "1", {"assets/a.css": "a{}"})], STORE, ENGLISH)
    other = load_static([lay(tmp_path / "2", {"assets/a.css": "b{}"})], STORE, ENGLISH)
    assert one["a.css"].path != other["a.css"].path


def test_the_theme_ends_the_stylesheet_and_is_part_of_its_hash(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"assets/store.css": "body{}\n", "assets/other.css": "body{}\n"})
    static = load_static([folder], Store(accent="#123aBC", radius=0), ENGLISH)
    assert static["store.css"].content == b"body{}\n:root{--accent:#123aBC;--radius:0px}\n"
    assert static["store.css"].path != load_static([folder], STORE, ENGLISH)["store.css"].path
    assert static["other.css"].content == b"body{}\n"


def test_a_store_replaces_one_asset_and_keeps_the_rest(tmp_path: Path) -> None:
    own = lay(tmp_path / "own", {"assets/store.js": "own"})
    ours = lay(tmp_path / "ours", {"assets/store.js": "ours", "assets/theme.js": "theme"})
    static = load_static([own, ours], STORE, ENGLISH)
    assert {name: file.content for name, file in static.items()} == {"store.js": b"own", "theme.js": b"theme"}


def test_a_store_without_assets_has_ours(tmp_path: Path) -> None:
    assert load_static([tmp_path / "none", PACKAGED_TEMPLATES], STORE, ENGLISH) == load_static(
        [PACKAGED_TEMPLATES], STORE, ENGLISH
    )
    assert {"store.css", "store.js", "mark.svg"} <= load_static([PACKAGED_TEMPLATES], STORE, ENGLISH).keys()


def test_hidden_files_and_folders_are_no_assets(tmp_path: Path) -> None:
    folder = lay(
        tmp_path, {"assets/.DS_Store": "x", "assets/.env": "SECRET=1", "assets/a.css": "", "assets/b/c.css": ""}
    )
    assert "a.css" in load_static([folder], STORE, ENGLISH)
    assert not any(name.startswith(".") for name in load_static([folder], STORE, ENGLISH))


def test_a_template_links_an_asset_from_where_it_stands(render: Render, tmp_path: Path) -> None:
    lay(tmp_path, {"assets/own.js": "x"})
    digest = sha256(b"x").hexdigest()[:12]
    assert render('{{ asset("own.js") }}') == f"../../assets/own.{digest}.js"
    assert render('{{ asset("own.js") }}', path="index.html") == f"assets/own.{digest}.js"


# Overlay


def test_a_store_replaces_one_template_and_keeps_the_rest(tmp_path: Path) -> None:
    own = lay(tmp_path, {"404.html": "Gone, says {{ site.store.title }}."})
    made = renderer(own, PACKAGED_TEMPLATES)
    pages = {page.path: made.render(page).content.decode() for page in plan_pages(STORE, [public()])}
    assert pages["404.html"] == "Gone, says Widget Apps."
    assert "<h1>Log Note Dispatcher</h1>" in pages["apps/wdc_note_dispatcher/index.html"]


def test_a_replaced_partial_changes_the_pages_of_ours_that_use_it(tmp_path: Path) -> None:
    own = lay(tmp_path, {"_categories.html": "<p>own categories</p>"})
    made = renderer(own, PACKAGED_TEMPLATES)
    (index,) = (page for page in plan_pages(STORE, [public()]) if page.path == "index.html")
    assert "<p>own categories</p>" in made.render(index).content.decode()


# Mistakes in templates


def test_an_unknown_name_is_told_with_template_and_line(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"page.html": "<p>\n{{ offering.nmae }}\n</p>"})
    problem = problem_of(folder, Page("apps/dusk/index.html", "page.html", {"offering": public()}))
    assert (problem.where, problem.line) == (str(folder / "page.html"), 2)
    assert "nmae" in problem.reason
    assert "apps/dusk/index.html" in problem.reason


@pytest.mark.parametrize(
    "template", ["{{ nothing }}", "{% if nothing %}{% endif %}", "{{ nothing.more }}", "{{ nothing() }}"]
)
def test_an_undefined_name_is_never_nothing(tmp_path: Path, template: str) -> None:
    problem = problem_of(lay(tmp_path, {"page.html": template}))
    assert problem.line == 1
    assert "nothing" in problem.reason


def test_a_mistake_in_a_partial_is_told_where_it_stands(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"page.html": "{% include '_part.html' %}", "_part.html": "\n\n{{ 1 // 0 }}"})
    problem = problem_of(folder)
    assert (problem.where, problem.line) == (str(folder / "_part.html"), 3)
    assert "ZeroDivisionError" in problem.reason


def test_a_mistake_in_a_layout_is_told_where_it_stands(tmp_path: Path) -> None:
    layout = "<main>\n{% block main %}{% endblock %}\n{{ lost }}</main>"
    folder = lay(tmp_path, {"page.html": "{% extends '_layout.html' %}", "_layout.html": layout})
    assert (problem_of(folder).where, problem_of(folder).line) == (str(folder / "_layout.html"), 3)


@pytest.mark.parametrize(
    ("template", "line"),
    [("a\n{% if %}\n", 2), ("a\nb\n{% for x in y %}", 3), ("{{ a | nofilter }}", 1), ("{{ 'open }}", 1)],
)
def test_wrong_syntax_is_told_with_template_and_line(tmp_path: Path, template: str, line: int) -> None:
    folder = lay(tmp_path, {"page.html": template})
    problem = problem_of(folder)
    assert (problem.where, problem.line) == (str(folder / "page.html"), line)
    assert problem.reason


def test_wrong_syntax_in_a_partial_is_told_where_it_stands(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"page.html": "\n{% include '_part.html' %}", "_part.html": "\n\n\n{% endif %}"})
    assert (problem_of(folder).where, problem_of(folder).line) == (str(folder / "_part.html"), 4)


@pytest.mark.parametrize("template", ["{% include 'lost.html' %}", "{% extends 'lost.html' %}"])
def test_a_missing_template_is_told_by_its_name(tmp_path: Path, template: str) -> None:
    problem = problem_of(lay(tmp_path, {"page.html": template}))
    assert "lost.html" in problem.reason
    assert "page.html" in problem.where


def test_a_missing_page_template_is_told_by_its_name(tmp_path: Path) -> None:
    assert "page.html" in str(problem_of(tmp_path))


def test_a_template_that_is_no_utf_8_is_told_by_its_name(tmp_path: Path) -> None:
    assert "page.html" in problem_of(lay(tmp_path, {"page.html": b"\xff\xfe"})).where


def test_an_unknown_asset_is_told_by_its_name(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"page.html": "\n{{ asset('lost.css') }}"})
    problem = problem_of(folder)
    assert (problem.where, problem.line) == (str(folder / "page.html"), 2)
    assert "lost.css" in problem.reason


# Addresses


@pytest.mark.parametrize(
    ("base_url", "prefix"),
    [(None, "/"), ("https://apps.example.com/", "/"), (BASE, "/shop/"), ("https://example.com/a/b%20c/", "/a/b%20c/")],
)
def test_the_links_of_404_begin_with_the_path_of_the_site(render: Render, base_url: str | None, prefix: str) -> None:
    template, store = '{{ link("apps/dusk/index.html") }}', Store(base_url=base_url)
    assert render(template, path="404.html", store=store) == f"{prefix}apps/dusk/index.html"


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("index.html", BASE),
        ("apps/dusk/index.html", f"{BASE}apps/dusk/"),
        ("page/2/index.html", f"{BASE}page/2/"),
    ],
)
def test_the_canonical_address_of_a_page(render: Render, path: str, canonical: str) -> None:
    assert render("{{ canonical() }}", path=path, store=Store(base_url=BASE)) == canonical


def test_without_a_base_url_nothing_is_canonical(render: Render) -> None:
    assert render("{{ canonical() is none }}") == "True"
    assert all(b"canonical" not in page.content for page in site_of(STORE, public()).values())


def test_a_srcset_names_every_width(render: Render) -> None:
    drawing = Picture("media/a.svg", 256, 256)
    photo = Picture("media/b.webp", 720, 480, (Variant("media/a.webp", 360), Variant("media/b.webp", 720)))
    assert render("{{ srcset(it) }}", it=drawing) == ""
    assert render("{{ srcset(it) }}", it=photo) == "../../media/a.webp 360w, ../../media/b.webp 720w"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://example.com/a?b=1", "https://example.com/a?b=1"),
        ("http://example.com/", "http://example.com/"),
        ("mailto:help@example.com", "mailto:help@example.com"),
        ("https://{account}.example.com/", "https://{account}.example.com/"),
        (None, ""),
        ("", ""),
        ("javascript:alert(1)", ""),
        (" javascript:alert(1)", ""),
        ("java\tscript:alert(1)", ""),
        ("JAVASCRIPT:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example.com/", ""),
        ("/\\evil.example.com/", ""),
        ("index.html", ""),
        ("https://[", ""),
    ],
)
def test_only_an_honest_address_becomes_a_link(render: Render, address: str | None, shown: str) -> None:
    assert render("{{ it | address }}", it=address) == shown


# What templates may call


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1_000, "1 KB"),
        (1_234, "1.2 KB"),
        (9_940, "9.9 KB"),
        (9_960, "10 KB"),
        (10_000, "10 KB"),
        (12_345, "12 KB"),
        (212_345, "212 KB"),
        (999_400, "999 KB"),
        (999_600, "1 MB"),
        (1_000_000, "1 MB"),
        (1_500_000, "1.5 MB"),
        (20_971_520, "21 MB"),
        (999_900_000, "1 GB"),
        (2_500_000_000, "2.5 GB"),
    ],
)
def test_the_size_of_a_file(render: Render, size: int, shown: str) -> None:
    assert render("{{ size | filesize }}", size=size) == shown


@pytest.mark.parametrize(
    ("written", "day", "month"),
    [
        ("2026-01-01T00:30:00+13:00", "1 January 2026", "January 2026"),
        ("2025-12-31T23:30:00-11:00", "31 December 2025", "December 2025"),
        ("2024-02-29T12:00:00+00:00", "29 February 2024", "February 2024"),
    ],
)
def test_a_day_is_the_day_where_it_was_written(render: Render, written: str, day: str, month: str) -> None:
    moment = datetime.fromisoformat(written)
    assert render("{{ it | day }}|{{ it | month }}|{{ it | iso }}", it=moment) == f"{day}|{month}|{written}"


def test_a_day_without_a_time(render: Render) -> None:
    assert render("{{ it | day }}|{{ it | iso }}", it=date(2027, 6, 30)) == "30 June 2027|2027-06-30"


def test_months_have_english_names_in_every_locale(render: Render) -> None:
    months = [date(2026, number, 1) for number in range(1, 13)]
    shown = render("{% for it in months %}{{ it | month }},{% endfor %}", months=months)
    assert shown.replace(" 2026", "") == (
        "January,February,March,April,May,June,July,August,September,October,November,December,"
    )


@pytest.mark.parametrize(
    ("algorithm", "shown"),
    [
        ("rs256", "RS256 (RSA using SHA-256)"),
        ("rs384", "RS384 (RSA using SHA-384)"),
        ("rs512", "RS512 (RSA using SHA-512)"),
        ("es256", "ES256 (ECDSA using P-256 and SHA-256)"),
        ("es384", "ES384 (ECDSA using P-384 and SHA-384)"),
        ("es512", "ES512 (ECDSA using P-521 and SHA-512)"),
    ],
)
def test_how_requests_are_signed(render: Render, algorithm: str, shown: str) -> None:
    assert render("{{ say('signing.' ~ it) }}", it=algorithm) == shown


# Texts


def tab(text: str, *files: Attachment) -> Tab:
    return Tab("wdc_dusk", "features", text, (), files)


def test_a_text_becomes_html_for_the_page_it_stands_on(render: Render) -> None:
    figure = Picture("media/f.webp", 720, 480, (Variant("media/e.webp", 360), Variant("media/f.webp", 720)))
    file = Attachment("attachments/flow.png", Download("flow.png", "files/1f/flow.png", 9, "0" * 64, "PNG"), figure)
    text = "# Steps\n\n![Flow](attachments/flow.png) and [the file](attachments/flow.png)"
    shown = render("{{ (tab | rendered).html }}", tab=tab(text, file))
    assert 'id="h-features-steps"' in shown
    assert 'src="../../media/f.webp"' in shown
    assert 'srcset="../../media/e.webp 360w, ../../media/f.webp 720w"' in shown
    assert 'href="../../files/1f/flow.png"' in shown


def test_the_flavour_is_the_store_s(render: Render) -> None:
    template = "{{ (tab | rendered).html }}"
    assert "<strong>a</strong>" in render(template, tab=tab("__a__"))
    assert "<em>a</em>" in render(template, tab=tab("__a__"), store=Store(markup="xurrent"))


def test_the_words_of_a_text(render: Render) -> None:
    assert render("{{ '**bold** & [link](https://example.com)' | plain }}") == "bold &amp; link"


def test_what_a_text_s_author_should_know_travels_with_the_page(tmp_path: Path) -> None:
    made = renderer(lay(tmp_path, {"page.html": "{{ (tab | rendered).html }}"}))
    page = made.render(Page("apps/dusk/index.html", "page.html", {"tab": tab("One\n\n[two](lost.html)")}))
    (note,) = page.notes
    assert isinstance(note, TextNote)
    assert (note.reference, note.text, note.line) == ("wdc_dusk", "features", 3)
    assert "lost.html" in note.reason


def test_rendering_a_page_twice_gives_the_same(tmp_path: Path) -> None:
    made = renderer(lay(tmp_path, {"page.html": "{{ (tab | rendered).html }}"}))
    page = Page("apps/dusk/index.html", "page.html", {"tab": tab("[two](lost.html)")})
    assert made.render(page) == made.render(page)


def test_a_text_is_never_a_template(render: Render) -> None:
    assert "{{ 7*7 }} {% raw %}" in render("{{ (tab | rendered).html }}", tab=tab("{{ 7*7 }} {% raw %}"))
    assert render("{{ name }}", name="{{ 7*7 }}{% include 'x' %}{# y #}").startswith("{{ 7*7 }}{% include")


def test_json_is_as_it_was_written_and_safe_in_a_page(render: Render) -> None:
    record = {"name": "日本語 </script><!-- \u2028 & 'quoted'", "id": 2**62}
    shown = render("{{ record | tojson }}", record=record)
    assert not set("<>&'") & set(shown)
    assert "日本語" in shown


# Every string of a page is escaped

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "&lt;script&gt; &amp; &#60;",
    "{{ 7*7 }}{% raw %}",
    "<!-- --><svg/onload=alert(1)>",
    "]]></loc><x>",
]  # fmt: skip


def hostile(words: str) -> PublicOffering:
    """An offering that says `words` wherever an author may write."""
    file = Download(words, "files/1f/a.pdf", 1, "0" * 64, "PDF")
    return public(
        name=words,
        reference=words,
        card_description=words,
        publisher=words,
        categories=(words, f"{words} too"),
        tags=(words,),
        draft=True,
        description=words,
        features=words,
        compliance=words,
        attachments=(Attachment(f"attachments/{words}", file),),
        screenshots=(Screenshot(Picture("media/1.webp", 8, 8), words),),
        assurances=(DeclaredAssurance(words, words, words, file, date(2027, 1, 1)),),
        website=f"https://example.com/?{words}",
        support=f"https://example.com/#{words}",
        install_url=f"https://example.com/{words}",
        configuration_uri_template=f"https://example.com/{{account}}{words}",
        policy_jwt_alg="rs256",
        created_at=datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        updated_at=datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        requires_enabled_oauth_person=True,
        has_ui_extension=True,
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_an_author_writes_is_words(words: str) -> None:
    """The hostile page has the very elements of the harmless one: nothing that was written became markup."""
    pages, tame_pages = _site_that_says(words), _site_that_says("tame")
    assert len(pages) == len(tame_pages)
    seen = 0
    for page, other in zip(pages.values(), tame_pages.values(), strict=True):
        if page.path.endswith(".html"):
            parsed, expected = parse(page.content), parse(other.content)
            assert parsed.wrong == [], page.path
            assert _without_prose(parsed.tags) == _without_prose(expected.tags), page.path
            seen += words.split()[0] in parsed.words + parsed.title
    assert seen > 3


def _site_that_says(words: str) -> dict[str, RenderedPage]:
    provider = Provider(name=words, url="https://example.com/")
    store = Store(title=words, tagline=words, provider=provider, base_url=BASE, per_page=1)
    neighbour = public(id=2, reference="last", name="~ last", categories=(words,), publisher="~ last")
    return site_of(store, hostile(words), neighbour)


def _without_prose(tags: Mapping[str, int]) -> dict[str, int]:
    """Leave out what a text's own markup may make of its words."""
    return {tag: count for tag, count in tags.items() if tag not in {"p", "div", "a"}}


@pytest.mark.parametrize("words", HOSTILE)
def test_a_sitemap_stays_well_formed(words: str) -> None:
    store = Store(base_url="https://apps.example.com/" + re.sub(r"[?#\"<>&\s]", "", words))
    sitemap = site_of(store, hostile(words))["sitemap.xml"].content.decode()
    assert len(re.findall(r"<(?!/|\?)", sitemap)) == sitemap.count("</")


def test_a_rendered_page_is_utf_8(render: Render) -> None:
    assert render("日本語 {{ it }}", it="Łódź") == "日本語 Łódź"


def test_every_name_in_our_templates_is_defined_for_the_barest_offering() -> None:
    """StrictUndefined finds a name that only some offerings have."""
    pages: dict[str, Any] = site_of(STORE, public())
    assert {"index.html", "404.html", "updated/index.html", "robots.txt"} <= pages.keys()
    assert site_of(STORE).keys() >= {"index.html", "404.html", "updated/index.html"}


@pytest.mark.parametrize(
    ("name", "path"), [("CNAME", r"assets/CNAME\.[0-9a-f]{12}"), ("a.b.css", r"assets/a\.[0-9a-f]{12}\.b\.css")]
)
def test_the_hash_stands_behind_the_first_part_of_a_name(tmp_path: Path, name: str, path: str) -> None:
    """A name without an ending is not hidden by it."""
    static = load_static([lay(tmp_path, {f"assets/{name}": "x"})], STORE, ENGLISH)
    assert re.fullmatch(path, static[name].path)
