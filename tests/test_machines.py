"""What programs get: the feed, structured data and previews of links; each only of what a provider wrote."""

import json
import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from generator.headers import headers_for
from site_checks import build_site, tree
from stores import offering, picture, random_store, write_store

BASE = "https://apps.example.com/shop/"
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "</script><script>alert(1)</script>\" & <b> 'x'"


def built(folder: Path, *records: dict[str, Any], base_url: str | None = BASE, **more: Any) -> dict[str, str]:
    content = write_store(folder / "content", records, store={"title": "Lamps & Co", **more})
    build_site(content, folder / "site", base_url=base_url)
    files = tree(folder / "site").items()
    return {path: content.decode() for path, content in files if path.endswith((".html", ".xml"))}


def app(number: int, **changes: Any) -> dict[str, Any]:
    day = f"2026-03-{number:02}T12:00:00+01:00"
    return offering(
        **{"id": number, "reference": f"app{number}", "name": f"App {number}", "updated_at": day, **changes}
    )


def texts(entry: ElementTree.Element, name: str) -> list[str]:
    return [it.text or "" for it in entry.findall(f"{ATOM}{name}")]


def feed(site: dict[str, str]) -> ElementTree.Element:
    return ElementTree.fromstring(site["feed.xml"])  # noqa: S314  # ours


def test_the_feed_has_what_changed_newest_first(tmp_path: Path) -> None:
    site = built(
        tmp_path,
        app(1, card_description="Lights <lamps>.", store={"categories": ["Rooms & halls"], "publisher": "Acme"}),
        app(3, created_at="2025-01-01T00:00:00Z"),
        app(2, draft=True),
        app(4, disabled=True),
        app(5, updated_at=None),
    )
    root = feed(site)
    entries = root.findall(f"{ATOM}entry")
    assert [texts(entry, "title") for entry in entries] == [["App 3"], ["App 1"]]
    assert [texts(entry, "id") for entry in entries] == [[f"{BASE}apps/app3/"], [f"{BASE}apps/app1/"]]
    assert texts(entries[0], "published") == ["2025-01-01T00:00:00+00:00"]
    assert texts(entries[1], "updated") == ["2026-03-01T12:00:00+01:00"] != texts(root, "updated")
    assert texts(root, "updated") == ["2026-03-03T12:00:00+01:00"]
    assert texts(entries[1], "summary") == ["Lights <lamps>."]
    assert [it.get("term") for it in entries[1].findall(f"{ATOM}category")] == ["Rooms & halls"]
    assert [it.text for it in entries[1].iter(f"{ATOM}name")] == ["Acme"]
    assert (
        '<link rel="alternate" type="application/atom+xml" title="Lamps &amp; Co" href="feed.xml">'
        in site["index.html"]
    )


def test_a_feed_has_the_fifty_newest(tmp_path: Path) -> None:
    many = [
        app(1, id=n, reference=f"a{n}", name=f"A {n}", updated_at=f"2026-01-01T00:00:{n:02}Z") for n in range(1, 53)
    ]
    assert len(feed(built(tmp_path, *many)).findall(f"{ATOM}entry")) == 50


@pytest.mark.parametrize(
    ("record", "base_url"),
    [
        pytest.param(app(1), None, id="without an address"),
        pytest.param(app(1, updated_at=None), BASE, id="without a date"),
    ],
)
def test_there_may_be_no_feed(tmp_path: Path, record: dict[str, Any], base_url: str | None) -> None:
    site = built(tmp_path, record, base_url=base_url)
    assert "feed.xml" not in site
    assert "atom" not in site["index.html"]


def structured(page: str) -> list[dict[str, Any]]:
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    graph: list[dict[str, Any]] = json.loads(data)["@graph"]
    return graph


def test_structured_data_say_what_the_page_says(tmp_path: Path) -> None:
    record = app(1, card_description="Lights.", store={"categories": ["Rooms"], "publisher": "Acme"})
    software, trail = structured(built(tmp_path, record)["apps/app1/index.html"])
    assert software == {
        "@type": "SoftwareApplication",
        "name": "App 1",
        "identifier": "app1",
        "url": f"{BASE}apps/app1/",
        "description": "Lights.",
        "applicationCategory": "Rooms",
        "publisher": {"@type": "Organization", "name": "Acme"},
        "dateModified": "2026-03-01T12:00:00+01:00",
    }
    assert [(it["position"], it["name"], it["item"]) for it in trail["itemListElement"]] == [
        (1, "Lamps & Co", BASE),
        (2, "App 1", f"{BASE}apps/app1/"),
    ]


def test_structured_data_cannot_end_their_script(tmp_path: Path) -> None:
    site = built(tmp_path, app(1, name=HOSTILE, card_description=HOSTILE))
    software, _ = structured(site["apps/app1/index.html"])
    assert software["name"] == HOSTILE


def test_blank_is_left_out_of_structured_data(tmp_path: Path) -> None:
    software, _ = structured(built(tmp_path, app(1, updated_at=None))["apps/app1/index.html"])
    assert software.keys() == {"@type", "name", "identifier", "url", "publisher"}


def previewed(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', page))


def test_a_link_to_an_app_has_a_preview(tmp_path: Path) -> None:
    content = write_store(
        tmp_path / "content",
        {"a": app(1, card_description="Lights & more."), "b": app(2)},
        store={"title": "Lamps"},
        files={"offerings/a/picture.png": picture(random.Random(1), "png", (300, 200))},  # noqa: S311  # a picture
    )
    build_site(content, tmp_path / "site", base_url=BASE)
    told = previewed((tmp_path / "site/apps/app1/index.html").read_text())
    assert told.pop("image").startswith(f"{BASE}media/")
    assert told == {
        "type": "website",
        "site_name": "Lamps",
        "title": "App 1 · Lamps",
        "description": "Lights &amp; more.",
        "url": f"{BASE}apps/app1/",
    }
    assert "image" not in previewed((tmp_path / "site/apps/app2/index.html").read_text())


def test_without_an_address_nothing_absolute_is_said(tmp_path: Path) -> None:
    page = built(tmp_path, app(1), base_url=None)["apps/app1/index.html"]
    assert previewed(page) == {}
    assert "ld+json" not in page


# ------------------------------------------------------------------------------------------------------------ records


def validator(site: Path, name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((site / "v1" / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("base_url", [BASE, pytest.param(None, marks=pytest.mark.long)])
def test_records_are_what_the_schemas_beside_them_say(tmp_path: Path, base_url: str | None) -> None:
    """Every field that is published has its line there, and the other way round."""
    store = random_store(tmp_path / "content", seed=11, count=40)
    build_site(store.folder, tmp_path / "site", base_url=base_url)
    listing = json.loads((tmp_path / "site/v1/app_offerings.json").read_text())
    assert len(listing) > 20
    whole = validator(tmp_path / "site", "app_offering.schema.json")
    listed = validator(tmp_path / "site", "app_offerings.schema.json")
    listed.validate(listing)
    assert {*listing[0]} == {*listed.schema["items"]["properties"]}
    for short in listing:
        record = json.loads((tmp_path / f"site/v1/app_offerings/{short['id']}.json").read_text())
        whole.validate(record)
        assert {*record} == {*whole.schema["properties"]}


@pytest.mark.parametrize(
    "changes", [{"id": "1"}, {"name": None}, {"reference": "x" * 162}, {"policy_jwt_alg": "hs256"}]
)
def test_a_record_that_is_none_breaks_its_schema(tmp_path: Path, changes: dict[str, Any]) -> None:
    content = write_store(tmp_path / "content", [app(1)])
    build_site(content, tmp_path / "site")
    record = json.loads((tmp_path / "site/v1/app_offerings/1.json").read_text())
    assert not validator(tmp_path / "site", "app_offering.schema.json").is_valid({**record, **changes})


def test_records_and_schemas_may_be_read_from_anywhere() -> None:
    for path in ("/v1/app_offerings.json", "/v1/app_offerings/1.json", "/v1/app_offerings.schema.json"):
        assert headers_for(path)["Access-Control-Allow-Origin"] == "*"
