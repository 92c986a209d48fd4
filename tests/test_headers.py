"""What hosts send with the site: one rule a header, the same policy in the file, in every page, and in the preview."""

import re
from collections import Counter
from pathlib import Path

import pytest

from generator.build import build
from generator.headers import META_POLICY, POLICY, RULES, headers_file, headers_for
from generator.settings import Settings
from site_checks import build_site
from stores import random_store, several, write_store

POLICY_BY_HAND = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headers")
    store = random_store(folder / "content", seed=7, count=14)
    build(
        Settings(store.folder, folder / "site", folder / "none", base_url="https://apps.example.com/"), lambda *_: None
    )
    return folder / "site"


def test_the_policy_allows_our_own_files_and_nothing_else() -> None:
    assert dict(part.split(" ", 1) for part in POLICY.split("; ")) == POLICY_BY_HAND
    assert f"{META_POLICY}; frame-ancestors 'none'" == POLICY


def test_only_a_page_that_searches_the_index_may_compile_it(tmp_path: Path) -> None:
    """The host's policy is one for all pages, and each page narrows it."""
    content = write_store(tmp_path / "content", several(3, description="Words to be found."))
    build_site(content, tmp_path / "site", indexes=True)
    headers = (tmp_path / "site" / "_headers").read_text()
    assert headers.count("'wasm-unsafe-eval'") == 1
    assert headers == headers_file(has_index=True).decode()
    assert "'unsafe-eval'" not in headers
    pages = {page: page.read_text() for page in (tmp_path / "site").rglob("*.html")}
    assert [page.name for page, text in pages.items() if "wasm-unsafe-eval" in text] == ["index.html"]
    assert "wasm-unsafe-eval" in pages[tmp_path / "site" / "index.html"]


def test_every_page_carries_the_policy_before_anything_it_loads(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text()
        found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        assert found, page
        assert found[1].replace("&#39;", "'") == META_POLICY
        assert found.start() < min(text.index("<link"), text.index("<script"))


def test_no_header_has_two_rules_for_one_path(site: Path) -> None:
    """Hosts disagree about what two rules for one header mean: the later one, or both joined."""
    for file in site.rglob("*"):
        path = f"/{file.relative_to(site).as_posix()}" + ("/" if file.is_dir() else "")
        given = Counter(name for rule in RULES if rule.matches(path) for name in rule.headers)
        assert set(given.values()) == {1}, path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/", "same-origin", id="the list"),
        pytest.param("/apps/wdc_dusk/", "same-origin", id="a page by its folder"),
        pytest.param("/apps/wdc_dusk/index.html", "same-origin", id="a page by its file"),
        pytest.param("/media/0123456789abcdef.webp", "same-origin", id="a picture"),
        pytest.param("/files/0123456789abcdef/terms.pdf", "same-origin", id="an attachment"),
        pytest.param("/v1/app_offerings.json", "cross-origin", id="records, for anybody"),
    ],
)
def test_who_may_embed(path: str, expected: str) -> None:
    assert headers_for(path)["Cross-Origin-Resource-Policy"] == expected


def test_only_records_may_be_read_from_other_origins(site: Path) -> None:
    paths = [f"/{file.relative_to(site).as_posix()}" for file in site.rglob("*") if file.is_file()]
    shared = {path for path in paths if "Access-Control-Allow-Origin" in headers_for(path)}
    assert shared == {path for path in paths if path.startswith("/v1/")}


def test_only_what_is_named_by_its_content_is_kept_for_ever(site: Path) -> None:
    paths = [f"/{file.relative_to(site).as_posix()}" for file in site.rglob("*") if file.is_file()]
    kept = [path for path in paths if "Cache-Control" in headers_for(path)]
    assert kept
    assert all(re.search(r"[0-9a-f]{12}", path) for path in kept)


def test_the_file_is_what_hosts_read(site: Path) -> None:
    """Parsed as Cloudflare and Netlify do: a pattern at the margin, its headers indented, one splat at the end."""
    rules: dict[str, dict[str, str]] = {}
    for line in (site / "_headers").read_text().splitlines():
        if line.startswith("/"):
            assert line.count("*") == line.endswith("/*")
            headers = rules.setdefault(line, {})
        else:
            name, colon, value = line.strip().partition(": ")
            assert line.startswith("  ") and colon and name not in headers
            headers[name] = value
    assert rules == {rule.pattern: dict(rule.headers) for rule in RULES}
    assert (site / "_headers").read_bytes() == headers_file()
    assert all(len(line) < 2000 for line in headers_file().decode().splitlines())  # the limit of Cloudflare
