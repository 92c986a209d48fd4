"""``store.toml``: every key with its default and its limits, and the flags of a build."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from generator.credentials import ClientCredentials, Secret, Token
from generator.errors import InputError, UsageError
from generator.settings import (
    PACKAGED_TEMPLATES,
    Api,
    DownloadLimits,
    Provider,
    Settings,
    Store,
    load_credentials,
    load_store,
    load_token,
)
from stores import told


def store(folder: Path, text: str, base_url: str | None = None) -> Store:
    (folder / "store.toml").write_text(text, encoding="utf-8", newline="")
    return load_store(folder, base_url)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        store(folder, text)
    return told(caught.value.problems, folder)


DEFAULTS = [
    ("title", "App store"),
    ("tagline", ""),
    ("base_url", None),
    ("language", "en"),
    ("account", ""),
    ("per_page", 48),
    ("markup", "commonmark"),
    ("logo", None),
    ("install_url", None),
    ("provider", Provider()),
    ("api", Api(url="https://api.xurrent.com/v1", oauth_url=None, view="latest_published")),
]


@pytest.mark.parametrize(("key", "default"), [pytest.param(*row, id=row[0]) for row in DEFAULTS])
def test_defaults(tmp_path: Path, key: str, default: object) -> None:
    """A store needs no settings: neither keys nor file."""
    assert getattr(load_store(tmp_path), key) == default
    assert getattr(store(tmp_path, "# nothing yet\n"), key) == default


def test_the_default_accent_is_a_colour(tmp_path: Path) -> None:
    accent = load_store(tmp_path).accent
    assert len(accent) == 7
    assert accent[0] == "#"
    assert int(accent[1:], 16) >= 0


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("title", '"Widget Apps"', "Widget Apps"),
        ("title", '"ストア 🚀"', "ストア 🚀"),
        ("tagline", '"Apps for your desk."', "Apps for your desk."),
        ("base_url", '"https://apps.example.com/"', "https://apps.example.com/"),
        ("base_url", '"https://example.com/shop"', "https://example.com/shop/"),
        ("base_url", '"http://localhost:8000"', "http://localhost:8000/"),
        ("language", '"et"', "et"),
        ("language", '"pt-BR"', "pt-BR"),
        ("language", '"zh-Hant-TW"', "zh-Hant-TW"),
        ("account", '"wdc"', "wdc"),
        ("account", '"my-account-2"', "my-account-2"),
        ("per_page", "1", 1),
        ("per_page", "1000", 1000),
        ("markup", '"xurrent"', "xurrent"),
        ("markup", '"commonmark"', "commonmark"),
        ("accent", '"#A0b1C2"', "#A0b1C2"),
        ("logo", '"logo.svg"', "logo.svg"),
        ("install_url", '"https://{account}.example.com/{reference}"', "https://{account}.example.com/{reference}"),
    ],
)
def test_values(tmp_path: Path, key: str, written: str, value: object) -> None:
    assert getattr(store(tmp_path, f"{key} = {written}\n"), key) == value


def test_the_provider(tmp_path: Path) -> None:
    written = (
        '[provider]\nname = "Widget"\nurl = "https://widget.example.com/"\nsupport = "mailto:apps@widget.example.com"\n'
    )
    assert store(tmp_path, written).provider == Provider(
        name="Widget", url="https://widget.example.com/", support="mailto:apps@widget.example.com"
    )


def test_the_rules_of_downloads(tmp_path: Path) -> None:
    written = '[downloads]\nallow_hosts = ["files.internal:8443"]\nlimits = { site_mib = 20, seconds = 5 }\n'
    rules = store(tmp_path, written).downloads
    assert rules.allow_hosts == ("files.internal:8443",)
    assert rules.limits == DownloadLimits(site_mib=20, seconds=5)
    assert store(tmp_path, "").downloads.allow_hosts == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[downloads]\nallow_hosts = ["a.example", "https://b.example"]',
            "2: downloads.allow_hosts[1]: expected a host's name, or a name and a port such as files.example.com:8443",
        ),
        (
            '[downloads]\nallow_hosts = ["127.1"]',
            "2: downloads.allow_hosts[0]: its host is a number that is not written as an address",
        ),
        ("[downloads]\nlimits = { picture_mib = 6 }", "2: downloads.limits.picture_mib: 6 is too large"),
        ("[downloads]\nlimits = { second = 6 }", "2: downloads.limits.second: unknown key; did you mean seconds?"),
        ('title = ""', "1: title: is blank, and required"),
        ("title = 5", "1: title: expected text, got the number 5"),
        (f'title = "{"x" * 65}"', "1: title: 65 characters, at most 64"),
        ('title = "a\\nb"', "1: title: holds a line break or tab, and must be one line"),
        (f'tagline = "{"🚀" * 256}"', "1: tagline: 256 characters, at most 255"),
        (
            'base_url = "example.com"',
            "1: base_url: must be a full address that begins with https:// and holds no user name",
        ),
        (
            'base_url = "https://user@example.com"',
            "1: base_url: must be a full address that begins with https:// and holds no user name",
        ),
        ('base_url = "https://example.com/?a=b"', "1: base_url: must be the address of a folder, without ? or #"),
        ('base_url = "https://example.com/#top"', "1: base_url: must be the address of a folder, without ? or #"),
        ("per_page = 0", "1: per_page: 0 is less than 1"),
        ("per_page = -5", "1: per_page: -5 is less than 1"),
        ("per_page = 1001", "1: per_page: 1001 is too large"),
        ('per_page = "48"', '1: per_page: expected a whole number, got the text "48"'),
        ("per_page = 48.0", "1: per_page: expected a whole number, got the number 48.0"),
        ("per_page = true", "1: per_page: expected a whole number, got true"),
        ('markup = "html"', '1: markup: "html" is none of commonmark or xurrent'),
        ('tilte = "x"', "1: tilte: unknown key; did you mean title?"),
        ('\n\nbaseurl = "x"', "3: baseurl: unknown key; did you mean base_url?"),
        ("weather = 1", "1: weather: unknown key"),
        ("provider = 5", "1: provider: expected a table of values, got the number 5"),
        ('[provider]\nname = ""', "2: provider.name: is blank, and required"),
        ('[provider]\nnmae = "x"', "2: provider.nmae: unknown key; did you mean name?"),
        (
            '[provider]\nurl = "widget"',
            "2: provider.url: must be a full address that begins with https:// and holds no user name",
        ),
        ('[provider]\nsupport = "a@b.example"', "2: provider.support: must be a full address"),
        ("[providr]\nname = 'x'", "1: providr: unknown key; did you mean provider?"),
        ("[providr.more]\nname = 'x'", "1: providr: unknown key; did you mean provider?"),
        ("title = ", "1:9: is no TOML: "),
        ("title = 'a'\ntitle = 'b'", "2:12: is no TOML: "),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    """File, line, key and reason."""
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"store.toml:{message}"), problem


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("language", ["", "english language", "e", "en_US", "en-", '"><script>']),
        ("account", ["WDC", "w d c", "ü", "a.b", "x" * 65, "wdc\n"]),
        ("accent", ["", "green", "#fff", "#12345g", "#1234567", "123456", "#123456\n", "#123456;}"]),
        (
            "install_url",
            [
                "",
                "javascript:alert(1)",
                "http://example.com",
                "//example.com",
                "https://user@example.com",
                "https://a b",
                "https://a\\b",
                "https://" + "x" * 2048,
            ],
        ),
        ("base_url", ["", "/shop", "ftp://example.com/", "https://exa mple.com", 'https://example.com/"', "https://"]),
    ],
)
def test_values_that_a_page_could_not_bear(tmp_path: Path, key: str, values: list[str]) -> None:
    """They go into attributes, style sheets and links."""
    for value in values:
        with pytest.raises(ValidationError):
            Store.model_validate({key: value})


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """In the order of their lines, as the offerings' are."""
    assert problems(tmp_path, 'title = 5\nper_page = 0\nmarkup = "x"\nwhat = 1\n[provider]\nwho = 2\n') == [
        "store.toml:1: title: expected text, got the number 5",
        "store.toml:2: per_page: 0 is less than 1",
        'store.toml:3: markup: "x" is none of commonmark or xurrent',
        "store.toml:4: what: unknown key",
        "store.toml:6: provider.who: unknown key",
    ]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda path: path.mkdir(), "is not a regular file", id="folder"),
        pytest.param(lambda path: path.symlink_to("/etc/hostname"), "leads out of", id="link-out"),
        pytest.param(lambda path: path.symlink_to("../nothing"), "leads out of", id="link-out-to-nothing"),
        pytest.param(lambda path: path.write_bytes("a = 1".encode("utf-16")), "is UTF-16; save it", id="utf-16"),
        pytest.param(lambda path: path.write_text("a = 1" + "1" * 4300), "", id="4301-digits"),
        pytest.param(lambda path: path.write_text("per_page = 0x" + "f" * 5000), "", id="hexadecimal"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, make: Any, reason: str) -> None:
    """It is told, and not taken for a missing one."""
    folder = tmp_path / "content"
    folder.mkdir()
    make(folder / "store.toml")
    with pytest.raises(InputError) as caught:
        load_store(folder)
    (problem,) = told(caught.value.problems, folder)
    assert problem.startswith("store.toml")
    assert reason in problem
    assert len(problem) < 400


# ------------------------------------------------------------------------------------------------- flags


@pytest.mark.parametrize("text", ["", 'base_url = "https://file.example.com/"'], ids=["no-key", "key"])
@pytest.mark.parametrize(
    ("flag", "base_url"),
    [
        ("https://flag.example.com", "https://flag.example.com/"),
        ("https://flag.example.com/", "https://flag.example.com/"),
        ("https://flag.example.com/shop", "https://flag.example.com/shop/"),
    ],
)
def test_the_flag_wins_and_ends_in_a_slash(tmp_path: Path, text: str, flag: str, base_url: str) -> None:
    assert store(tmp_path, text, flag).base_url == base_url


def test_the_flag_changes_nothing_else(tmp_path: Path) -> None:
    written = store(tmp_path, 'title = "Widget"\nper_page = 3\n', "https://flag.example.com")
    assert (written.title, written.per_page) == ("Widget", 3)
    assert load_store(tmp_path).base_url is None


@pytest.mark.parametrize(
    "flag", ["flag.example.com", "javascript:alert(1)", "https://a/?b", "https://u@a/", "/shop", " "]
)
def test_a_wrong_flag_is_wrong_usage(tmp_path: Path, flag: str) -> None:
    """design.md: exit status 2."""
    with pytest.raises(UsageError) as caught:
        load_store(tmp_path, flag)
    assert caught.value.exit_status == 2
    assert str(caught.value).startswith(f"--base-url {flag}: ")


def test_the_defaults_of_a_build() -> None:
    """design.md, "Commands"."""
    settings = Settings()
    assert (settings.content, settings.output, settings.templates) == (Path("content"), Path("site"), Path("templates"))
    assert (settings.source, settings.base_url) == ("content", None)
    assert (settings.drafts, settings.strict) == (False, False)


def test_own_templates_lie_over_the_packaged_ones(tmp_path: Path) -> None:
    folders = Settings(templates=tmp_path).template_folders
    assert folders == (tmp_path, PACKAGED_TEMPLATES)
    assert (PACKAGED_TEMPLATES / "index.html").is_file()


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().drafts = True  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Store().title = "x"


def test_the_example_store_is_valid() -> None:
    folder = Path(__file__).parent.parent / "content"
    assert load_store(folder).account == "wdc"


# ------------------------------------------------------------------------------------------------- the API


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://api.xurrent.qa/v1", "https://api.xurrent.qa/v1"),
        ("https://api.xurrent.com/v1/", "https://api.xurrent.com/v1"),
        ("https://api.example.com:8443/base/v1", "https://api.example.com:8443/base/v1"),
        ("http://127.0.0.1:8001/v1", "http://127.0.0.1:8001/v1"),
        ("http://localhost:8001/v1", "http://localhost:8001/v1"),
        ("http://[::1]:8001/v1", "http://[::1]:8001/v1"),
    ],
)
def test_the_address_of_the_api(tmp_path: Path, written: str, url: str) -> None:
    assert store(tmp_path, f'[api]\nurl = "{written}"\nview = "consumed"').api == Api(url=url, view="consumed")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('url = "http://api.xurrent.com/v1"', "api.url: must begin with https://, so that nobody on the way reads"),
        ('url = "http://127.0.0.1.example.com/v1"', "api.url: must begin with https://"),
        ('url = "http://0.0.0.0/v1"', "api.url: must begin with https://"),
        ('url = "https://user:pass@api.xurrent.com/v1"', "api.url: must be a full address that begins with https://"),
        ('url = "https://api.xurrent.com/v1?x=y"', "api.url: must be an address without ? or #"),
        ('url = "api.xurrent.com/v1"', "api.url: must be a full address"),
        ('oauth_url = "http://oauth.xurrent.com/token"', "api.oauth_url: must begin with https://"),
        ('view = "all"', 'api.view: "all" is none of latest_published'),
        ('token = "x"', "api.token: unknown key"),
    ],
)
def test_an_api_that_cannot_be_asked(tmp_path: Path, text: str, message: str) -> None:
    (problem,) = problems(tmp_path, f"[api]\n{text}\n")
    assert problem.startswith(f"store.toml:2: {message}"), problem


HIDDEN = "t0k.en-_~+/=="


def test_who_asks(tmp_path: Path) -> None:
    """From the environment alone."""
    file = tmp_path / "token"
    file.write_text(f"\ufeff{HIDDEN}\n", encoding="utf-8")
    link = tmp_path / "mounted"
    link.symlink_to(file)
    pair = {"APPSHELF_CLIENT_ID": "one", "APPSHELF_CLIENT_SECRET": HIDDEN}
    token = Token(Secret(HIDDEN))
    assert load_credentials({}) is None
    assert load_credentials({"APPSHELF_API_TOKEN": "", "APPSHELF_CLIENT_ID": ""}) is None
    assert load_credentials({"APPSHELF_API_TOKEN": f" {HIDDEN}\n"}) == token
    assert load_credentials({"APPSHELF_API_TOKEN_FILE": str(file)}) == token
    assert load_credentials({"APPSHELF_API_TOKEN_FILE": str(link)}) == token
    assert load_credentials(pair) == ClientCredentials(Secret("one"), Secret(HIDDEN))
    assert load_credentials({"APPSHELF_API_TOKEN": HIDDEN, **pair}) == token
    assert load_token(pair) is None


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"APPSHELF_CLIENT_ID": "x"}, "APPSHELF_CLIENT_ID and APPSHELF_CLIENT_SECRET belong together"),
        ({"APPSHELF_CLIENT_SECRET": HIDDEN}, "APPSHELF_CLIENT_ID and APPSHELF_CLIENT_SECRET belong together"),
        ({"APPSHELF_API_TOKEN": HIDDEN, "APPSHELF_API_TOKEN_FILE": "x"}, "are both given"),
        ({"APPSHELF_API_TOKEN": " "}, "APPSHELF_API_TOKEN: holds nothing, or a space"),
        ({"APPSHELF_API_TOKEN": f"{HIDDEN}\r\nX: y"}, "APPSHELF_API_TOKEN: holds nothing, or a space"),
        ({"APPSHELF_API_TOKEN": f"{HIDDEN}€"}, "APPSHELF_API_TOKEN: holds nothing, or a space or character"),
        ({"APPSHELF_API_TOKEN": HIDDEN * 2000}, "APPSHELF_API_TOKEN: 26,000 characters, at most 16,384"),
        ({"APPSHELF_CLIENT_ID": "a b", "APPSHELF_CLIENT_SECRET": HIDDEN}, "APPSHELF_CLIENT_ID: holds nothing"),
    ],
)
def test_who_asks_is_unclear(environment: dict[str, str], message: str) -> None:
    """The variable is named, and nothing of its value is shown."""
    with pytest.raises(UsageError) as caught:
        load_credentials(environment)
    assert message in str(caught.value)
    assert HIDDEN not in str(caught.value)
    assert caught.value.exit_status == 2


def test_a_token_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 100_000)
    (tmp_path / "empty").write_bytes(b"")
    for name, kind in (("none", InputError), ("large", InputError), ("empty", UsageError), (".", InputError)):
        with pytest.raises(kind):
            load_token({"APPSHELF_API_TOKEN_FILE": str(tmp_path / name)})
