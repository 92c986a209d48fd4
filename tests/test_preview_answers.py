"""What the preview answers to an address, and what it lays over a page."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from generator.errors import Problem
from generator.headers import headers_for
from generator.panel import view_prefix, views
from generator.preview_answers import Answer, PreviewAnswers
from generator.settings import Settings
from generator.workshop import Shown, View, Workshop
from stores import offering, write_store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    write_store(
        folder / "content",
        {
            "dusk": offering(
                reference="wdc_dusk", name="Dusk", description="Evening. [terms](attachments/Übersicht.txt)"
            ),
            "night": offering(id=3, reference="wdc_night", name="Night", draft=True),
            "noon": offering(id=4, reference="wdc_noon", name="Noon", disabled=True),
        },
        store={"title": "Lamps"},
        files={"offerings/dusk/attachments/Übersicht.txt": "terms", "secret.txt": "not for anybody"},
    )
    return folder


@pytest.fixture(scope="module")
def shop(folder: Path) -> Workshop:
    settings = Settings(folder / "content", templates=folder / "none", base_url="http://127.0.0.1:8000/")
    shop = Workshop(settings, folder / "files")
    shop.update()
    return shop


@pytest.fixture
def answers(shop: Workshop) -> PreviewAnswers:
    return PreviewAnswers(shop)


def of_kind(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.headers["Content-Type"].partition(";")[0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/", (200, "text/html")),
        ("/index.html", (200, "text/html")),
        ("/apps/wdc_dusk/", (200, "text/html")),
        ("/apps/wdc_dusk/index.html", (200, "text/html")),
        ("/%61pps/wdc_dusk/", (200, "text/html")),
        ("/updated/", (200, "text/html")),
        ("/v1/app_offerings.json", (200, "application/json")),
        ("/v1/app_offerings/1.json", (200, "application/json")),
        ("/sitemap.xml", (200, "application/xml")),
        ("/robots.txt", (200, "text/plain")),
        ("/_headers", (200, "text/plain")),
        ("/livereload.js", (200, "text/javascript")),
        ("/~preview/preview.js", (200, "text/javascript")),
        ("/~preview/preview.css", (200, "text/css")),
        ("/~preview/sources.css", (200, "text/css")),
        ("/~drafts/", (200, "text/html")),
        ("/~drafts/apps/wdc_night/", (200, "text/html")),
        ("/~disabled/apps/wdc_noon/", (200, "text/html")),
        ("/~drafts+disabled/apps/wdc_noon/", (200, "text/html")),
    ],
)
def test_what_is_there(answers: PreviewAnswers, address: str, expected: tuple[int, str]) -> None:
    assert of_kind(answers.answer(address)) == expected


def test_pictures_and_attachments_are_there(answers: PreviewAnswers, shop: Workshop) -> None:
    assert shop.edition
    stock = shop.edition.shelved["wdc_dusk"].stock
    picture = answers.answer(f"/{stock.picture.path}")
    assert of_kind(picture) == (200, "image/svg+xml")
    assert picture.body.startswith(b"<svg")
    file = answers.answer(f"/{quote(stock.attachments[0].download.path)}")
    assert of_kind(file) == (200, "text/plain")
    assert file.body == b"terms"


def addresses(table: str) -> list[str]:
    return table.split()


NOT_THERE = addresses(
    r"""
    /nothing /nothing/ /apps /apps/ /apps/wdc_dusk.html /INDEX.HTML /index.html/
    /apps/wdc_night/ /apps/wdc_noon/ /~drafts/apps/wdc_noon/ /v1/app_offerings/3.json
    /~everything/ /~preview/ /~preview/panel.html /~preview/../panel.html /~preview/%2e%2e/assets/store.css
    /.appshelf.json /.env /.git/config /content/store.toml /secret.txt /livereload
    /../content/secret.txt /..%2fcontent/secret.txt /%2e%2e/content/secret.txt /%2e%2e%2fcontent%2fsecret.txt
    /..\content\secret.txt /..%5ccontent%5csecret.txt /%252e%252e/content/secret.txt /....//secret.txt
    /%c0%ae%c0%ae/content/secret.txt /%uff0e%uff0e/x /..;/content/secret.txt /./index.html /apps/../index.html
    //etc/passwd ///etc/passwd /etc/passwd //apps/wdc_dusk /C:/x /media/../../content/secret.txt
    /files/../../content/secret.txt /media/ /files/ /assets/ /index.html%00 /%00 /index.html%00.txt
    /index.html%0d%0aX:y /% /%zz /%ff%fe /index.html%20 /index.html. /index.html::$DATA
    /con /nul.txt /-rf /__proto__ /constructor /<script>alert(1)</script> /'"><svg/onload=alert(1)>
    """
)
LONG = {
    "9,000 letters": "/" + "a" * 9_000,
    "1,000 times up": "/" + "%2e%2e%2f" * 1_000 + "etc/passwd",
    "1,800 folders": "/" + "apps/" * 1_800,
}


@pytest.mark.parametrize("address", [*NOT_THERE, *(pytest.param(it, id=name) for name, it in LONG.items())])
def test_what_is_not_there(answers: PreviewAnswers, address: str) -> None:
    """Traversal in all encodings, long paths, hidden and foreign files: a page that repeats nothing of the address."""
    answer = answers.answer(address)
    assert of_kind(answer) == (404, "text/html")
    assert b"not for anybody" not in answer.body
    assert b"alert(1)" not in answer.body
    assert b"There is no page at this address" in answer.body


@pytest.mark.parametrize("address", ["/apps/wdc_dusk", "/updated", "/~drafts/apps/wdc_night"])
def test_a_folder_without_its_slash_leads_to_it(answers: PreviewAnswers, address: str) -> None:
    answer = answers.answer(address)
    assert (answer.status, answer.headers["Location"]) == (307, f"{address}/")


@pytest.mark.parametrize(
    "address",
    ["/", "/apps/wdc_dusk/index.html", "/v1/app_offerings.json", "/nothing", "/apps/wdc_dusk", "/livereload.js"],
)
def test_headers_are_those_of_the_headers_file(answers: PreviewAnswers, address: str) -> None:
    answer = answers.answer(address)
    expected = headers_for("/404.html" if answer.status == 404 else address)
    assert expected.items() <= answer.headers.items()
    assert "Content-Security-Policy" in answer.headers


def test_browsers_keep_only_what_is_named_by_its_content(answers: PreviewAnswers, shop: Workshop) -> None:
    assert shop.edition
    asset = next(path for path in shop.edition.windows[View()].shared if path.startswith("assets/"))
    assert "immutable" in answers.answer(f"/{asset}").headers["Cache-Control"]
    for address in ("/", "/v1/app_offerings.json", "/livereload.js", "/~preview/preview.js", "/nothing"):
        assert answers.answer(address).headers["Cache-Control"] == "no-store"


def test_no_error_is_kept(tmp_path: Path) -> None:
    write_store(tmp_path / "content", store={"title": 1})
    shop = Workshop(Settings(tmp_path / "content", templates=tmp_path / "none"), tmp_path / "files")
    shop.update()
    for address in ("/assets/store.000000000000.css", "/media/0.webp", "/", "/nothing"):
        answer = PreviewAnswers(shop).answer(address)
        assert (answer.status, answer.headers["Cache-Control"]) == (500, "no-store")


def test_a_switch_keeps_the_address_that_was_asked_for(answers: PreviewAnswers) -> None:
    elements = Elements(answers.answer("/apps/wdc_night/").body)
    links = [attributes["href"] for tag, attributes in elements.found if tag == "a"]
    assert "/~drafts/apps/wdc_night/" in links


@pytest.mark.parametrize("address", ["//evil.example", "///evil.example/x", "/\\evil.example", "/%2f%2fevil.example"])
def test_no_switch_leads_elsewhere(answers: PreviewAnswers, address: str) -> None:
    elements = Elements(answers.answer(address).body)
    links = [str(attributes["href"]) for tag, attributes in elements.found if tag == "a"]
    assert not [link for link in links if link.startswith(("//", "/\\"))]


def test_views_stand_under_their_folders() -> None:
    assert [*views(View())] == ["/", "/~disabled/", "/~drafts/", "/~drafts+disabled/"]
    assert [*views(View(drafts=True))] == ["/~published/", "/~disabled/", "/", "/~drafts+disabled/"]
    assert view_prefix(View(), View(drafts=True)) == "/~published/"


def test_a_page_loads_live_reload_and_says_which_state_it_shows(answers: PreviewAnswers) -> None:
    body = answers.answer("/").body.decode()
    head, _, rest = body.partition("</head>")
    assert head.index("~preview/preview.js") < head.index('src="/livereload.js"')
    assert f'data-stamp="{answers.stamp}"' in head
    assert rest.index("<appshelf-preview>") < rest.index("</body>")


def test_another_run_of_the_preview_has_other_stamps(shop: Workshop) -> None:
    """So that a page which was open before a restart loads again."""
    assert PreviewAnswers(shop).stamp != PreviewAnswers(shop).stamp


# ------------------------------------------------------------------------------------------- what is laid over a page


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its words."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</template><script>alert(1)</script>",
    "</pre></body><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% include 'x' %}",
    "<!-- ",
    "&lt;b&gt;",
    "javascript:alert(1)",
)


def overlay(tmp_path: Path, words: str) -> Answer:
    """Make a problem whose file, field, reason and line are these words, and return the page under it."""
    folder = tmp_path / "content"
    write_store(folder, {"dusk": offering(name="Dusk")}, store={"title": "Lamps"})
    shop = Workshop(
        Settings(folder, templates=tmp_path / "none", base_url="http://127.0.0.1:8000/"), tmp_path / "files"
    )
    shop.update()
    file = folder / "notes.txt"
    file.write_text(f"one\n{words}\nthree\n")
    shop.problems = (Problem(str(file), words, words, line=2, column=3), Problem(words, words, words))
    return PreviewAnswers(shop).answer("/")


@pytest.mark.parametrize("words", HOSTILE)
def test_overlay_escaping(tmp_path: Path, words: str) -> None:
    """What an author wrote is shown as words, whatever it is; no element of it becomes one of the page."""
    body = overlay(tmp_path, words).body
    plain, hostile = Elements(overlay(tmp_path / "plain", "words").body), Elements(body)
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    assert not [name for _, attributes in hostile.found for name in attributes if name.startswith("on")]
    assert body.count(b"</body>") == 1
    assert hostile.words.count(words) >= 4


def test_the_overlay_names_the_file_line_column_and_what_is_expected(tmp_path: Path) -> None:
    content = tmp_path / "content"
    write_store(content, {"dusk": offering(name="Dusk")}, store={"title": "Lamps"})
    shop = Workshop(Settings(content, templates=tmp_path / "none"), tmp_path / "files")
    shop.update()
    (content / "store.toml").write_text('title = "Lamps"\nper_page = \n')
    shop.update()
    answer = PreviewAnswers(shop).answer("/")
    words = " ".join(Elements(answer.body).words.split())
    assert answer.status == 200
    assert "1 problem" in words
    assert f"{content}/store.toml:2:12 is no TOML: invalid value" in words
    assert '1title = "Lamps"2per_page = ' in words
    assert "Dusk" in words


def test_many_problems_are_counted_and_the_first_told(tmp_path: Path) -> None:
    content = tmp_path / "content"
    write_store(content, [offering(reference=f"wdc_{n}", id=n, name="") for n in range(1, 31)])
    shop = Workshop(Settings(content, templates=tmp_path / "none"), tmp_path / "files")
    shop.update()
    answer = PreviewAnswers(shop).answer("/")
    words = " ".join(Elements(answer.body).words.split())
    assert answer.status == 500
    assert "30 problems" in words
    assert words.count("is blank, and required") == 20
    assert "and 10 more" in words


def test_problems_of_a_page_that_is_no_html_are_plain_words(tmp_path: Path) -> None:
    write_store(tmp_path / "content", store={"title": 1})
    shop = Workshop(Settings(tmp_path / "content", templates=tmp_path / "none"), tmp_path / "files")
    shop.update()
    answer = PreviewAnswers(shop).answer("/v1/app_offerings.json")
    assert of_kind(answer) == (500, "text/plain")
    assert b"title: expected text" in answer.body


def test_a_template_of_one_s_own_needs_no_head_or_body(tmp_path: Path) -> None:
    write_store(tmp_path / "content", {"dusk": offering()})
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/index.html").write_text("<p>All there is.")
    shop = Workshop(Settings(tmp_path / "content", templates=tmp_path / "templates"), tmp_path / "files")
    shop.update()
    body = PreviewAnswers(shop).answer("/").body.decode()
    assert body.startswith("<p>All there is.")
    assert "/livereload.js" in body
    assert "<appshelf-preview>" in body


def test_parts_of_a_page_tell_where_they_are_written(answers: PreviewAnswers) -> None:
    elements = Elements(answers.answer("/apps/wdc_dusk/").body)
    written = {tag: attributes["data-written"] for tag, attributes in elements.found if "data-written" in attributes}
    assert str(written["h1"]).startswith("dusk/offering.toml:")
    assert str(written["h1"]).endswith(" · 4 of 128")
    assert written["section"] == "dusk/description.md · 44 of 65,536 bytes"


def test_switches_lead_to_the_same_page_in_another_view(answers: PreviewAnswers) -> None:
    elements = Elements(answers.answer("/~drafts/apps/wdc_dusk/").body)
    links = [attributes["href"] for tag, attributes in elements.found if tag == "a"]
    assert {"/apps/wdc_dusk/", "/~drafts+disabled/apps/wdc_dusk/"} <= set(links)


class Changing(Workshop):
    """A store that becomes another one just after it was looked at."""

    def show(self, path: str, view: View) -> Shown | None:
        shown = super().show(path, view)
        self.fail(Problem("store.toml", "title", "changed meanwhile"))
        return shown


@pytest.mark.parametrize("address", ["/", "/nowhere/"])
def test_a_page_that_a_change_overtakes_is_not_taken_for_the_newest(folder: Path, tmp_path: Path, address: str) -> None:
    shop = Changing(Settings(folder / "content", base_url="http://127.0.0.1:8000/"), tmp_path)
    shop.update()
    answers = PreviewAnswers(shop)
    page = answers.answer(address).body.decode()
    assert f'data-stamp="{answers.stamp}"' not in page
    shop.close()
