"""What must never leave: a word that stands in every internal field, and nowhere in the site."""

import io
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import BaseModel

from generator.catalog import load_catalog
from generator.content import ContentFolder
from generator.differences import Difference, Edit
from generator.models import Change, Offering
from generator.pages import plan_pages
from generator.public import present, take_stock
from generator.runs import Run
from generator.settings import Store, load_store
from site_checks import build_site, check_site, tree
from stores import offering, pdf, random_store, write_records, write_store

WORD = "zqxcanary"
NUMBER = 718_392_116_055
"""A number that nobody else uses, for ids."""

VISIBLE = "Visible words"


def secret(name: str) -> str:
    return f"{WORD}-{name}"


def address(name: str) -> str:
    return f"https://{WORD}.example.com/{name}"


def shown(**changes: object) -> dict[str, Any]:
    """An offering that is shown, with a canary in each of its internal fields that both sources know."""
    return (
        offering(
            id=1,
            reference="wdc_visible",
            name=VISIBLE,
            description=f"{VISIBLE} in a text, and ![a picture](attachments/visible.png).",
            features=VISIBLE,
            compliance=VISIBLE,
            picture_uri=address("picture.png"),
            policy_jwt_audience=secret("audience"),
            policy_jwt_claim_expires_in=1_718_392_116,
            service_instance={"id": NUMBER, "name": secret("instance"), "later": secret("instance-later")},
            source=secret("source"),
            sourceID=secret("sourceid"),
            ui_extension_version={"id": NUMBER + 1, "name": secret("extension"), "version": NUMBER + 2},
            webhook_uri_template=address("hook?account={account}"),
        )
        | changes
    )


def hidden(number: int, **changes: object) -> dict[str, Any]:
    """An offering that is not shown: everything about it is secret, the public fields too."""
    return {
        **shown(),
        "id": NUMBER + 10 + number,
        "reference": secret(f"reference-{number}"),
        "name": secret("name"),
        "card_description": secret("card"),
        "configuration_uri_template": address("configuration"),
        "description": secret("description"),
        "features": f"{secret('features')} [file](attachments/{WORD}.pdf)",
        "compliance": secret("compliance"),
        "store": {
            "categories": [secret("category")],
            "tags": [secret("tag")],
            "publisher": secret("publisher"),
            "website": address("website"),
            "support": address("support"),
            "install_url": address("install"),
            "featured": True,
            "screenshots": [{"file": f"attachments/{WORD}.png", "caption": secret("caption")}],
            "assurances": [
                {
                    "topic": secret("topic"),
                    "status": secret("status"),
                    "scope": secret("scope"),
                    "evidence": f"attachments/{WORD}.pdf",
                    "valid_until": date(2027, 1, 1),
                }
            ],
        },
        **changes,
    }


def png() -> bytes:
    """A picture that says a secret in its metadata."""
    notes, file = PngInfo(), io.BytesIO()
    notes.add_text("Comment", secret("metadata"))
    Image.new("RGB", (300, 200), "#335577").save(file, "PNG", pnginfo=notes)
    return file.getvalue()


def plain_png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 200), "#775533").save(file, "PNG")
    return file.getvalue()


def hidden_files(folder: str) -> dict[str, bytes | str]:
    return {
        f"offerings/{folder}/picture.png": plain_png(),
        f"offerings/{folder}/attachments/{WORD}.png": plain_png(),
        f"offerings/{folder}/attachments/{WORD}.pdf": pdf("Evidence"),
        f"offerings/{folder}/attachments/notes.txt": secret("attachment"),
    }


def assert_silent(site: Path) -> None:
    files = tree(site)
    spoken = [path for path, content in files.items() if WORD.encode() in content.lower() or WORD in path.lower()]
    assert spoken == []
    numbers = [str(number).encode() for number in (*range(NUMBER, NUMBER + 20), 1_718_392_116)]
    assert [path for path, content in files.items() if any(number in content for number in numbers)] == []
    assert not any(path.startswith(f"v1/app_offerings/{NUMBER}") for path in files)
    assert sum(VISIBLE.encode() in content for content in files.values()) > 3, "the canary would be seen"


def test_a_folder_s_secrets_stay(tmp_path: Path) -> None:
    """Folder names, unknown files, hidden files and picture metadata are nobody's business either."""
    visible = f"offerings/{WORD}-folder"
    content = write_store(
        tmp_path / "content",
        {
            f"{WORD}-folder": shown(extra={"later_field": secret("later"), "nested": {"deep": [secret("deep")]}}),
            f"{WORD}-disabled": hidden(1, disabled=True),
            f"{WORD}-draft": hidden(2, draft=True),
            f"{WORD}-both": hidden(3, draft=True, disabled=True),
        },
        store={"title": "Shop", "account": "wdc"},
        files={
            f"{visible}/picture.png": png(),
            f"{visible}/attachments/visible.png": plain_png(),
            f"{visible}/attachments/.{WORD}.txt": secret("hidden"),
            f"{visible}/attachments/.git/config.txt": secret("hidden"),
            f"{visible}/notes.md": secret("unknown-file"),
            f".env-{WORD}": secret("environment"),
            f"notes-{WORD}.txt": secret("notes"),
            **hidden_files(f"{WORD}-disabled"),
            **hidden_files(f"{WORD}-draft"),
        },
    )
    report = build_site(content, tmp_path / "site", base_url="https://apps.example.com/")
    assert (report.offerings, report.disabled, report.drafts) == (1, 2, 1)
    check_site(tmp_path / "site", "https://apps.example.com/")
    assert_silent(tmp_path / "site")


def test_a_picture_address_stays_when_a_monogram_stands_in(tmp_path: Path) -> None:
    files = {"offerings/visible/attachments/visible.png": plain_png()}
    content = write_store(tmp_path / "content", {"visible": shown()}, files=files)
    build_site(content, tmp_path / "site")
    assert_silent(tmp_path / "site")


def test_a_record_file_s_secrets_stay(tmp_path: Path) -> None:
    """What the API sends beside the public fields: node ids, signed addresses, fields of later versions."""
    signed = {
        "key": f"attachments/{WORD}/visible.png",
        "name": secret("attachment-name"),
        "uri": address("signed?X-Amz-Signature=1"),
        "later": secret("attachment-later"),
    }
    change = [{"key": f"attachments/{WORD}.pdf", "inline": True, "later": secret("change")}]
    api = {
        "nodeID": secret("nodeid"),
        "attachments": [signed],
        "description_attachments": change,
        "features_attachments": change,
        "compliance_attachments": change,
        "openid_connect_discovery": address("discovery"),
        "later_field": {"nested": [secret("later"), {secret("key"): 1}]},
        WORD: True,
    }
    records = [
        shown(**api),
        hidden(1, disabled=True, **api),
        hidden(4, **api, reference="wdc_versions"),  # of two versions the one with the higher id is shown
        {**shown(), "id": 2**60, "reference": "wdc_versions", "description": VISIBLE},
    ]
    for record in records:
        record.pop("store", None)
    file = write_records(tmp_path / f"{WORD}.json", records)
    files = {"offerings/wdc_visible/attachments/visible.png": plain_png()}
    content = write_store(tmp_path / "content", {"wdc_visible": {"reference": "wdc_visible"}}, files=files)
    report = build_site(content, tmp_path / "site", source=str(file))
    assert (report.offerings, report.disabled) == (2, 1)
    check_site(tmp_path / "site")
    assert_silent(tmp_path / "site")


# What templates can reach

PUBLIC_TYPES = {
    *("Site", "PublicStore", "Provider", "Group", "Card", "Tab", "Pager", "Late", "Finder", "Facet", "Option"),
    *("Column", "Row", "Cell", "Table", "Compared", "Topic", "Related"),
    *("Update", "Change", "Difference", "Edit", "Run"),
    *("PublicOffering", "Picture", "Variant", "Attachment", "Download", "Screenshot", "DeclaredAssurance"),
}
_LEAVES = (str, bytes, int, float, bool, type(None), datetime, date, tzinfo, type)


def reachable(root: object) -> Iterator[object]:
    """Every value that can be got at from `root`: items, fields, attributes, closures."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, _LEAVES) or id(value) in seen:
            continue
        seen[id(value)] = value
        yield value
        waiting += _inside(value)


def _inside(value: object) -> list[object]:
    found: list[object] = list(vars(value).values()) if hasattr(value, "__dict__") else []
    if isinstance(value, Mapping):
        found += [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        found += value
    elif is_dataclass(value) and not isinstance(value, type):
        found += [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, BaseModel):
        found += [getattr(value, name) for name in type(value).model_fields]
        found.append(value.model_extra)
    elif isinstance(value, types.FunctionType | types.MethodType):
        function = value.__func__ if isinstance(value, types.MethodType) else value
        found += [cell.cell_contents for cell in function.__closure__ or ()]
        found += [*(function.__defaults__ or ()), getattr(value, "__self__", None)]
    elif isinstance(value, partial):
        found += [value.func, *value.args, *value.keywords.values()]
    elif hasattr(value, "__iter__"):
        raise AssertionError(f"a page gets a {type(value).__name__}, which this walk does not understand")
    return found


def test_the_walk_finds_what_is_hidden() -> None:
    """Else the next test would prove nothing."""
    record = Offering.model_validate(offering())

    class Holder:
        pass

    holder = Holder()
    holder.inner = lambda: record  # type: ignore[attr-defined]
    for root in ({"a": [(record,)]}, lambda: record, holder, {"a": lambda it=record: it}, partial(print, record)):
        assert any(value is record for value in reachable(root))
    with pytest.raises(AssertionError, match="generator"):
        list(reachable({"a": (it for it in [record])}))


def test_no_page_can_reach_a_record(tmp_path: Path) -> None:
    store = random_store(tmp_path / "content", seed=5, count=12)
    listings = load_catalog(ContentFolder(store.folder)).shown(drafts=True)
    told = Difference((Edit("Keys", (Run("+", "New"),)),))
    changes = (Change("compliance", datetime(2026, 1, 1, tzinfo=UTC), told), Change("features", None, told))
    offerings = [present(listing, take_stock(listing).stock, changes) for listing in listings]
    assert len(offerings) > 8
    pages = plan_pages(load_store(store.folder), offerings)
    own = {
        type(value).__name__
        for page in pages
        for value in reachable(page.context)
        if type(value).__module__.startswith("generator")
    }
    assert own == PUBLIC_TYPES


def test_no_offering_with_every_field_changes_what_is_public(tmp_path: Path) -> None:
    """Pages planned for a record with all its secrets are those of the same record without."""
    bare = offering(id=1, reference="wdc_visible", name=VISIBLE, ui_extension_version={"id": 1})
    full = {**bare, **{key: value for key, value in shown().items() if key in INTERNAL}}
    full |= {"nodeID": secret("nodeid"), "later": secret("later"), "updated_at": None}
    plans = []
    for name, record in (("bare", bare), ("full", full)):
        file = write_records(tmp_path / f"{name}.json", [record])
        content = write_store(tmp_path / name)
        build_site(content, tmp_path / f"{name}-site", source=str(file))
        plans.append(tree(tmp_path / f"{name}-site"))
    assert plans[0] == plans[1]
    assert Store().title.encode() in plans[0]["index.html"]


INTERNAL = {
    *("policy_jwt_audience", "policy_jwt_claim_expires_in", "service_instance", "source", "sourceID"),
    *("ui_extension_version", "webhook_uri_template", "picture_uri"),
}
