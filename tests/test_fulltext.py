"""The full-text index of a site: what it is made from, when it is kept, and what happens when it cannot be made."""

import gzip
import shutil
from pathlib import Path

import pytest

from generator.build import Report
from generator.errors import OutputError
from generator.fulltext import key_of, make_index
from generator.writer import Output, open_output
from site_checks import build_site, tree
from stores import offering, write_store

APPS = [
    offering(id=1, reference="alpha", name="Alpha", description="Exports invoices.", features="Bookkeepers like it."),
    offering(id=2, reference="beta", name="Beta", compliance="# Encryption\n\nData is encrypted at rest."),
    offering(id=5, reference="gamma", name="Gamma", description="Lists what is late."),
    offering(id=3, reference="gone", name="Gone", description="Nowhere to be read.", disabled=True),
    offering(id=4, reference="soon", name="Soon", description="Unfinished business.", draft=True),
]

NO_MORE = {"features": "", "compliance": ""}


def build(folder: Path, apps: list[dict[str, object]], **settings: object) -> Report:
    shutil.rmtree(folder / "content", ignore_errors=True)
    content = write_store(folder / "content", apps)
    return build_site(content, folder / "site", **{"indexes": True, **settings})


def index(folder: Path) -> dict[str, bytes]:
    return {path: content for path, content in tree(folder / "site").items() if path.startswith("pagefind/")}


def words(folder: Path) -> str:
    """All texts of the index, as it gives them to a browser."""
    parts = [content for path, content in index(folder).items() if path.endswith(".pf_fragment")]
    return " ".join(gzip.decompress(part).decode(errors="replace") for part in parts)


def test_it_holds_the_texts_of_what_is_shown(tmp_path: Path) -> None:
    report = build(tmp_path, APPS)
    found = words(tmp_path)
    for said in ("Exports invoices.", "Bookkeepers like it.", "Data is encrypted at rest.", "apps/beta/index.html"):
        assert said in found
    for hidden in ("Nowhere", "Unfinished", "Facts", "Reference"):
        assert hidden not in found
    assert report.files == len(tree(tmp_path / "site")) - 1  # all but the manifest
    assert report.committed and report.committed.written == report.files
    assert not any("-ui" in path or "highlight" in path for path in index(tmp_path))


def test_it_is_kept_while_no_text_changes(tmp_path: Path) -> None:
    build(tmp_path, APPS)
    before = index(tmp_path)
    report = build(tmp_path, APPS)
    assert "search" not in report.seconds
    assert report.committed and (report.committed.written, report.committed.removed) == (0, 0)
    assert report.committed.unchanged == report.files
    changed = [{**APPS[0], "card_description": "Another line."}, *APPS[1:]]
    assert "search" not in build(tmp_path, changed).seconds
    assert index(tmp_path) == before


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"features": "Accountants like it."}, id="a text"),
        pytest.param({"reference": "alpha2"}, id="the address of a page"),
        pytest.param({"disabled": True}, id="an app that is gone"),
    ],
)
def test_it_is_made_anew_when_a_text_changes(tmp_path: Path, changes: dict[str, object]) -> None:
    build(tmp_path, APPS)
    report = build(tmp_path, [{**APPS[0], **changes}, *APPS[1:]])
    assert "search" in report.seconds
    assert "Bookkeepers like it." not in words(tmp_path) or "apps/alpha2/" in words(tmp_path)
    made = tree(tmp_path / "site")
    build(tmp_path / "again", [{**APPS[0], **changes}, *APPS[1:]])
    assert tree(tmp_path / "again" / "site") == made


def test_an_index_that_is_not_whole_is_made_anew(tmp_path: Path) -> None:
    build(tmp_path, APPS)
    whole = index(tmp_path)
    (tmp_path / "site" / "pagefind" / "pagefind.js").write_text("tampered with")
    next((tmp_path / "site" / "pagefind" / "fragment").iterdir()).unlink()
    assert "search" in build(tmp_path, APPS).seconds
    assert index(tmp_path) == whole


@pytest.mark.parametrize(
    ("text", "made"),
    [
        pytest.param("[a]: https://example.com/", [], id="a definition alone"),
        pytest.param("[[\n\n[a]: /b", ["pagefind/made-from.txt"], id="no letter"),
    ],
)
def test_texts_that_show_no_words(tmp_path: Path, text: str, made: list[str]) -> None:
    """Whether they do is known when they are rendered, and no failure."""
    apps = [{**app, "description": text, **NO_MORE} for app in APPS[:2]]
    build(tmp_path, apps)
    assert list(index(tmp_path)) == made
    assert "search" not in build(tmp_path, apps).seconds


@pytest.mark.parametrize(
    ("apps", "settings"),
    [
        pytest.param(APPS, {"indexes": False}, id="as asked for"),
        pytest.param(APPS[:1], {}, id="with a single app"),
        pytest.param([offering(id=n, reference=f"app{n}", name=f"App {n}") for n in (1, 2)], {}, id="without any text"),
        pytest.param([{**app, "description": "[[[ –", **NO_MORE} for app in APPS[:2]], {}, id="without any word"),
    ],
)
def test_without_an_index_nothing_refers_to_it(
    tmp_path: Path, apps: list[dict[str, object]], settings: dict[str, object]
) -> None:
    build(tmp_path, APPS)
    build(tmp_path, apps, **settings)
    assert index(tmp_path) == {}
    assert [path for path, it in tree(tmp_path / "site").items() if b"wasm-unsafe-eval" in it] == []
    assert b"data-texts" not in tree(tmp_path / "site")["index.html"]


def test_settings_of_pagefind_s_own_do_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, APPS)
    (tmp_path / "pagefind.toml").write_text('root_selector = "footer"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGEFIND_ROOT_SELECTOR", "footer")
    build(tmp_path / "other", APPS)
    assert index(tmp_path / "other") == index(tmp_path)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param("echo no room >&2; exit 3", "Pagefind failed: no room", id="it says why"),
        pytest.param("exit 3", "Pagefind failed: status 3", id="it says nothing"),
        pytest.param(None, "No such file", id="it is not there"),
    ],
)
def test_a_failure_is_told_and_leaves_the_pages(tmp_path: Path, script: str | None, reason: str) -> None:
    build(tmp_path, APPS, indexes=False)
    before = tree(tmp_path / "site")
    program = tmp_path / "program"
    if script:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    with open_output(tmp_path / "site", inputs=[]) as output, pytest.raises(OutputError, match=reason) as caught:
        make_index(output, b"key", program)
    assert "--no-search builds without it" in str(caught.value)
    assert tree(tmp_path / "site") == before


def test_the_key_knows_pages_texts_and_language() -> None:
    texts = [("a", "1"), ("b", "2")]
    assert key_of(texts, "en") == key_of(reversed(texts), "en")
    keys = {key_of(texts, "en"), key_of(texts, "de"), key_of(texts[:1], "en"), key_of([("a", "2"), ("b", "1")], "en")}
    assert len(keys) == 4


@pytest.mark.parametrize("harm", ["changed", "gone", "a link"])
def test_only_what_stands_as_it_was_made_stands(tmp_path: Path, harm: str) -> None:
    with open_output(tmp_path / "site", inputs=[]) as output:
        output.commit([output.put("some/a.txt", b"a"), output.put("some/b.txt", b"b"), output.put("c.txt", b"c")])
        assert [entry.path for entry in output.standing("some/")] == ["some/a.txt", "some/b.txt"]
        _harm(output, harm)
        assert output.standing("some/") == ()


def _harm(output: Output, harm: str) -> None:
    target = output.folder / "some" / "b.txt"
    target.unlink()
    if harm == "changed":
        target.write_bytes(b"B")
    elif harm == "a link":
        (output.folder.parent / "b.txt").write_bytes(b"b")
        target.symlink_to(output.folder.parent / "b.txt")
