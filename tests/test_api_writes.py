"""Writes of the API: checked as a whole, and made as edits of a person's files."""

import base64
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api_stores import ORIGIN, api, application, message, together
from generator.content import ContentFolder
from stores import offering, several, write_store

WRITTEN = """# Ours: ask Kim before you change this.
reference = "dusk"   # never changes

webhook_uri_template = 'https://hooks.example.com/{account}'
name = "Dusk" # on the card
policy_jwt_alg = "rs512"
service_instance = { name = "Lamps", id = 83 } # the lamps
created_at = 2024-01-22 11:05:00+01:00

[store]
tags = [
  "light", # both kinds
]
"""
NEW: dict[str, Any] = {
    "name": "Dawn",
    "policy_jwt_alg": "rs256",
    "service_instance_id": 83,
    "webhook_uri_template": "https://hooks.example.com/",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(
        tmp_path / "content", [offering(id=3, reference="night", name="Night", draft=True)], store={"account": "wdc"}
    )
    dusk = tmp_path / "content/offerings/dusk"
    dusk.mkdir()
    (dusk / "offering.toml").write_text(WRITTEN)
    (dusk / "description.md").write_text("# Dusk\r\n\r\nLights the lamps.\r\n", newline="")
    return tmp_path / "content"


@pytest.fixture
def client(folder: Path) -> httpx.Client:
    return api(folder, clock=lambda: 1_780_000_000.9)


def number(client: httpx.Client, reference: str = "dusk") -> int:
    (found,) = client.get("/v1/app_offerings", params={"reference": reference}).json()
    return int(found["id"])


def patch(client: httpx.Client, body: Any, reference: str = "dusk", **headers: str) -> httpx.Response:
    return client.patch(f"/v1/app_offerings/{number(client, reference)}", json=body, headers=headers)


def errors(answer: httpx.Response) -> list[list[str]]:
    assert (answer.status_code, message(answer)) == (422, "Validation Failed"), answer.text
    return list(answer.json()["errors"])


# --- A person's files


def test_a_change_leaves_everything_else_as_it_was_written(client: httpx.Client, folder: Path) -> None:
    """Comments, order, quotes, blank lines; and texts byte for byte."""
    answer = patch(client, {"name": "Dusk & Dawn", "policy_jwt_audience": "lamps", "features": "- Bright\n"})
    assert answer.status_code == 200
    dusk = folder / "offerings/dusk"
    changed = WRITTEN.replace('"Dusk" #', '"Dusk & Dawn" #')
    after = (dusk / "offering.toml").read_text()
    assert [line for line in after.splitlines() if line not in changed.splitlines()] == [
        'policy_jwt_audience = "lamps"',
        "updated_at = 2026-05-28T20:26:40+00:00",
    ]
    assert [line for line in changed.splitlines() if line not in after.splitlines()] == []
    assert (dusk / "features.md").read_text() == "- Bright\n"
    assert (dusk / "description.md").read_bytes() == b"# Dusk\r\n\r\nLights the lamps.\r\n"
    assert sorted(path.name for path in dusk.iterdir()) == ["description.md", "features.md", "offering.toml"]


def test_what_stood_there_before_is_kept_beside_the_content(client: httpx.Client, folder: Path) -> None:
    patch(client, {"name": "Dawn", "description": None})
    kept = folder.parent / ".cache/api/replaced/dusk"
    assert (kept / "offering.toml").read_text() == WRITTEN
    assert (kept / "description.md").read_text().startswith("# Dusk")


def test_a_patch_that_changes_nothing_touches_nothing(client: httpx.Client, folder: Path) -> None:
    whole = client.get(f"/v1/app_offerings/{number(client)}").json()
    before = (folder / "offerings/dusk/offering.toml").stat()
    for body in ({}, {"name": "Dusk"}, whole, {"service_instance_id": 83}, {"disabled": "no"}, {"source": ""}):
        assert patch(client, body).json() == whole
    assert (folder / "offerings/dusk/offering.toml").stat() == before


def test_a_new_offering_is_a_draft_in_a_folder_of_its_own(client: httpx.Client, folder: Path) -> None:
    answer = client.post("/v1/app_offerings", json={**NEW, "description": "\ufeffHi"}, headers={"X-4me-Source": "sync"})
    record = answer.json()
    assert answer.status_code == 201
    assert (record["reference"], record["source"], record["description"]) == ("wdc_dawn", "sync", "\ufeffHi")
    assert record["created_at"] == record["updated_at"] == "2026-05-28T20:26:40+00:00"
    assert answer.headers["Location"] == f"{ORIGIN}/v1/app_offerings/{record['id']}"
    made = ContentFolder(folder).record(folder / "offerings/wdc_dawn")
    assert made.extras == {"draft": True}
    assert (made.fields or {})["id"] == record["id"]
    assert client.get(answer.headers["Location"]).json() == record
    assert client.get("/v1/app_offerings/latest_internal").json()[0]["id"] == record["id"]


def test_a_draft_may_be_renamed_and_keeps_its_id(client: httpx.Client, folder: Path) -> None:
    made = client.post("/v1/app_offerings", json=NEW).json()
    renamed = client.patch(f"/v1/app_offerings/{made['id']}", json={"reference": "wdc_dawn_2"}).json()
    assert (renamed["id"], renamed["reference"]) == (made["id"], "wdc_dawn_2")
    again = client.post("/v1/app_offerings", json=NEW)
    assert again.status_code == 201
    assert again.json()["id"] != made["id"]
    assert errors(client.patch(f"/v1/app_offerings/{made['id']}", json={"reference": "dusk"})) == [
        ["reference", "has already been taken"]
    ]
    assert client.patch(f"/v1/app_offerings/{made['id']}", json={"reference": None}).status_code == 422  # taken again


def test_a_file_that_cannot_be_changed_in_place_is_left(client: httpx.Client, folder: Path) -> None:
    path = folder / "offerings/dusk/offering.toml"
    path.write_text(WRITTEN + '[[store.screenshots]]\nfile = "attachments/a.png"\n')
    rigid = path.read_text().replace("[store]\n", "").replace("tags =", "store.tags =")
    path.write_text(rigid)
    answer = patch(client, {"name": "Dawn"})
    assert answer.status_code in {200, 409}
    if answer.status_code == 409:
        assert path.read_text() == rigid


# --- Rules

SHORT = "https://hooks.example.com/"
BLANK = "can't be blank"
DURATION = 'expected minutes as a whole number, or hours and minutes as "2:30"'
NO_UPLOAD = "no uploaded file has the key attachments/x/a.png"
NO_ATTACHMENT = "no attachment has the key attachments/x/a.png"
UNKNOWN = "unknown field; did you mean name?"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": ""}, [["name", "can't be blank"]]),
        ({"name": None}, [["name", "can't be blank"]]),
        ({"name": "   "}, [["name", "can't be blank"]]),
        ({"name": "n" * 129}, [["name", "is too long (maximum is 128 characters)"]]),
        ({"name": ["a"]}, [["name", "is not a string"]]),
        ({"name": "a\nb"}, [["name", "holds a line break or tab, and must be one line"]]),
        ({"policy_jwt_alg": "hs256"}, [["policy_jwt_alg", "is not included in the list"]]),
        ({"policy_jwt_alg": None}, [["policy_jwt_alg", BLANK]]),
        ({"webhook_uri_template": ""}, [["webhook_uri_template", BLANK]]),
        ({"description": "é" * 32769}, [["description", "65,538 bytes, at most 65,536"]]),
        ({"policy_jwt_audience": "é" * 1025}, [["policy_jwt_audience", "2,050 bytes, at most 2,048"]]),
        ({"policy_jwt_claim_expires_in": "2:60"}, [["policy_jwt_claim_expires_in", DURATION]]),
        ({"policy_jwt_claim_expires_in": 1.5}, [["policy_jwt_claim_expires_in", DURATION]]),
        ({"policy_jwt_claim_expires_in": -1}, [["policy_jwt_claim_expires_in", "must be greater than or equal to 0"]]),
        ({"disabled": "perhaps"}, [["disabled", "is not a boolean"]]),
        ({"disabled": 1}, [["disabled", "is not a boolean"]]),
        ({"service_instance_id": None}, [["service_instance", "can't be blank"]]),
        ({"service_instance_id": "x"}, [["service_instance", "id is not an integer"]]),
        ({"service_instance_id": True}, [["service_instance", "id is not an integer"]]),
        ({"service_instance": 83}, [["service_instance", "is not an object"]]),
        ({"service_instance": {"name": "x"}}, [["service_instance", "id can't be blank"]]),
        ({"reference": "other"}, [["reference", "can't be changed once the app offering is published"]]),
        ({"reference": None}, [["reference", "can't be changed once the app offering is published"]]),
        ({"picture_uri": "javascript:alert(1)"}, [["picture_uri", "is no https:// address and no data URL"]]),
        ({"picture_uri": "data:image/png;base64,!!"}, [["picture_uri", "is no data URL in base64"]]),
        ({"picture_uri": "data:image/png;base64,aGk="}, [["picture_uri", "is no JPG, GIF, WEBP, PNG or SVG picture"]]),
        ({"description_attachments": [{"key": "attachments/x/a.png"}]}, [["description_attachments", NO_UPLOAD]]),
        (
            {"features_attachments": [{"key": "attachments/x/a.png", "_destroy": True}]},
            [["features_attachments", NO_ATTACHMENT]],
        ),
        ({"compliance_attachments": "a.png"}, [["compliance_attachments", "is not a list"]]),
        ({"nme": "x", "Name": "y"}, [["nme", UNKNOWN], ["Name", UNKNOWN]]),
    ],
    ids=lambda value: ",".join(value)[:40] if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_breaks_a_rule_is_told_and_nothing_is_written(
    client: httpx.Client, folder: Path, body: dict[str, Any], told: list[list[str]]
) -> None:
    assert errors(patch(client, body)) == told
    assert (folder / "offerings/dusk/offering.toml").read_text() == WRITTEN


def test_everything_that_is_wrong_is_told_at_once(client: httpx.Client) -> None:
    fields = [field for field, _ in errors(client.post("/v1/app_offerings", json={"disabled": "x", "colour": 1}))]
    assert fields == ["colour", "disabled", "name", "policy_jwt_alg", "service_instance", "webhook_uri_template"]


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"policy_jwt_claim_expires_in": "2:30"}, "policy_jwt_claim_expires_in", 150),
        ({"policy_jwt_claim_expires_in": "30"}, "policy_jwt_claim_expires_in", 30),
        ({"disabled": "Yes"}, "disabled", True),
        ({"requires_enabled_oauth_person": "on"}, "requires_enabled_oauth_person", True),
        ({"service_instance": {"id": 7}}, "service_instance", {"id": 7, "name": None}),
        ({"service_instance_id": "7"}, "service_instance", {"id": 7, "name": None}),
        ({"ui_extension_version_id": 7}, "ui_extension_version", {"id": 7, "name": None, "version": None}),
        ({"description": None}, "description", None),
        ({"description": "é" * 32768}, "description", "é" * 32768),
        ({"card_description": "c" * 255}, "card_description", "c" * 255),
        ({"name": '"\\ # [x] {{ é 日本'}, "name", '"\\ # [x] {{ é 日本'),
        ({"picture_uri": "https://pictures.example.com/a.png"}, "picture_uri", "https://pictures.example.com/a.png"),
        ({"id": 99, "created_at": "2001-01-01T00:00:00Z", "nodeID": 1}, "created_at", "2024-01-22T11:05:00+01:00"),
    ],
    ids=lambda value: ",".join(value)[:40] if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_written_is_read(client: httpx.Client, body: dict[str, Any], field: str, value: object) -> None:
    """In the answer, in a GET, and by another server over the same folder."""
    answer = patch(client, body)
    assert answer.status_code == 200, answer.text
    assert answer.json()[field] == value
    assert client.get(f"/v1/app_offerings/{answer.json()['id']}").json()[field] == value


def test_a_name_of_a_service_instance_is_not_lost(client: httpx.Client, folder: Path) -> None:
    """Neither when its id is written again, nor when another offering gets it; and it is written into the file."""
    assert patch(client, {"service_instance_id": 83, "name": "x"}).json()["service_instance"]["name"] == "Lamps"
    patch(client, {"service_instance_id": 12}, "night")
    other = patch(client, {"service_instance_id": 83}, "night").json()["service_instance"]
    assert other == {"id": 83, "name": "Lamps"}
    assert 'name = "Lamps"' in (folder / "offerings/night/offering.toml").read_text()


def test_null_in_a_required_field_is_read_and_not_written(folder: Path) -> None:
    told: list[str] = []
    path = folder / "offerings/dusk/offering.toml"
    path.write_text(WRITTEN.replace('policy_jwt_alg = "rs512"\n', ""))
    client = api(folder, problem=lambda problem: told.append(str(problem)))
    assert client.get(f"/v1/app_offerings/{number(client)}").json()["policy_jwt_alg"] is None
    assert "policy_jwt_alg: is null, and the specification requires it" in "\n".join(told)
    assert errors(patch(client, {"name": "Dawn"})) == [["policy_jwt_alg", "can't be blank"]]
    assert patch(client, {"name": "Dawn", "policy_jwt_alg": "es256"}).status_code == 200


def test_a_stale_tag_is_refused(client: httpx.Client) -> None:
    first = client.get(f"/v1/app_offerings/{number(client)}")
    tag = first.headers["ETag"]
    short = client.get(f"/v1/app_offerings/{number(client)}", params={"fields": "name"}, headers={"If-None-Match": tag})
    assert (short.status_code, short.content, short.headers["ETag"]) == (304, b"", tag)
    assert patch(client, {"name": "Dawn"}, **{"If-Match": '"other"'}).status_code == 412
    assert patch(client, {"name": "Dawn"}, **{"If-Match": f'"other", {tag}'}).status_code == 200
    assert patch(client, {"name": "Noon"}, **{"If-Match": tag}).status_code == 412
    assert patch(client, {"name": "Noon"}, **{"If-Match": "*"}).status_code == 200


# --- Pictures


def picture(kind: str = "PNG", size: int = 8) -> bytes:
    content = io.BytesIO()
    Image.effect_noise((size, size), 90).save(content, kind)
    return content.getvalue()


def data_url(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_a_picture_in_a_data_url_becomes_a_file(client: httpx.Client, folder: Path) -> None:
    dusk, png, jpeg = folder / "offerings/dusk", picture(), picture("JPEG")
    uri = patch(client, {"picture_uri": data_url(png)}).json()["picture_uri"]
    assert (dusk / "picture.png").read_bytes() == png
    fetched = client.get(uri, headers={"Authorization": ""})
    assert (fetched.content, fetched.headers["Content-Type"]) == (png, "image/png")
    assert patch(client, {"picture_uri": uri}).json()["picture_uri"].partition("?")[0] == uri.partition("?")[0]
    assert (dusk / "picture.png").read_bytes() == png
    patch(client, {"picture_uri": data_url(jpeg, "image/jpeg")})
    assert sorted(path.name for path in dusk.glob("picture.*")) == ["picture.jpg"]
    assert patch(client, {"picture_uri": None}).json()["picture_uri"] is None
    assert not list(dusk.glob("picture.*"))


def test_a_picture_may_be_larger_than_a_body_and_has_a_limit(client: httpx.Client) -> None:
    """A body has 1 MiB apart from its picture, and a picture less than 2 MiB."""
    large = picture(size=1200)
    assert 1_000_000 < len(large) < 2 * 1024 * 1024
    assert patch(client, {"picture_uri": data_url(large)}).status_code == 200
    assert errors(patch(client, {"picture_uri": data_url(picture() + bytes(2 * 1024 * 1024))})) == [
        ["picture_uri", "is too large (maximum is 2,097,151 bytes)"]
    ]
    assert patch(client, {"picture_uri": data_url(large), "description": "x" * 1_048_576}).status_code == 413


# --- At the same time


def test_parallel_changes_of_different_fields_are_all_made(folder: Path) -> None:
    """50 at once: each of 14 fields, and 36 files that are attached."""
    app = application(folder)
    client = api(app)
    here = f"/v1/app_offerings/{number(client)}"
    fields: dict[str, Any] = {
        "name": "New",
        "card_description": "card",
        "description": "one",
        "features": "two",
        "compliance": "three",
        "configuration_uri_template": SHORT,
        "webhook_uri_template": SHORT,
        "disabled": True,
        "requires_enabled_oauth_person": True,
        "policy_jwt_alg": "es512",
        "policy_jwt_audience": "audience",
        "policy_jwt_claim_expires_in": 5,
        "source": "s",
        "sourceID": "7",
    }
    keys = [uploaded(client, f"{n}.txt", b"file %d" % n) for n in range(36)]
    bodies = [{name: value} for name, value in fields.items()]
    bodies += [{"features_attachments": [{"key": key}]} for key in keys]
    answers = together(app, [("PATCH", here, body) for body in bodies])
    assert [answer.status_code for answer in answers] == [200] * 50
    record = client.get(here).json()
    assert {name: record[name] for name in fields} == fields
    assert {it["key"] for it in record["attachments"]} == set(keys)
    assert "# Ours: ask Kim" in (folder / "offerings/dusk/offering.toml").read_text()


def test_the_same_post_twice_at_once_makes_one(folder: Path) -> None:
    app = application(folder)
    for attempt in range(5):
        body = {**NEW, "name": f"Dawn {attempt}"}
        answers = together(app, [("POST", "/v1/app_offerings", body)] * 4)
        assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
        assert errors(max(answers, key=lambda answer: answer.status_code)) == [["reference", "has already been taken"]]


@pytest.mark.parametrize("saves", ["in place", "by replacing"])
def test_an_editor_that_saves_meanwhile_loses_nothing(folder: Path, saves: str) -> None:
    """What a person saves while writes go on is there afterwards, whether a write came before it or was refused."""
    app = application(folder)
    here = f"/v1/app_offerings/{number(api(app))}"
    path = folder / "offerings/dusk/offering.toml"

    def save(text: str) -> None:
        if saves == "in place":
            path.write_text(text)
        else:
            beside = path.with_name(".offering.toml.swp")
            beside.write_text(text)
            beside.replace(path)

    statuses = []
    for turn in range(25):
        mark = f"# saved by a person, {turn}\n"
        editor = threading.Thread(target=save, args=(mark + WRITTEN,))
        requests = [("PATCH", here, {"policy_jwt_audience": f"{turn}-{n}"}) for n in range(3)]
        editor.start()
        statuses += [answer.status_code for answer in together(app, requests)]
        editor.join()
        assert mark in path.read_text()
    assert set(statuses) <= {200, 409}
    assert 200 in statuses


# --- Files


def uploaded(client: httpx.Client, name: str, content: bytes) -> str:
    storage = client.get("/v1/attachments/storage").json()
    fields = {"Content-Type": "text/plain", **storage["local"]}
    answer = client.post(storage["upload_uri"], data=fields, files={"file": (name, content)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["key"])


def test_a_file_is_uploaded_attached_read_and_removed(client: httpx.Client, folder: Path) -> None:
    key = uploaded(client, "C:\\docs\\terms of use.txt", b"Be kind.")
    waiting = folder.parent / ".cache/api/uploads"
    assert len(list(waiting.iterdir())) == 1
    body = {
        "description": f"![Terms]({key.replace(' ', '%20')})",
        "description_attachments": [{"key": key, "inline": "true"}],
    }
    record = patch(client, body).json()
    (listed,) = record["attachments"]
    assert listed == {**listed, "key": key, "name": "terms of use.txt", "inline": True, "size": 8}
    assert list(waiting.iterdir()) == []
    fetched = client.get(listed["uri"], headers={"Authorization": ""})
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"Be kind.", "application/octet-stream")
    assert "sandbox" in fetched.headers["Content-Security-Policy"]
    assert client.get(listed["uri"], headers={"If-None-Match": fetched.headers["ETag"]}).status_code == 304
    assert patch(client, {"description_attachments": [{"key": key}]}).status_code == 200  # again: it is there already
    gone = patch(client, {"description_attachments": [{"key": key, "_destroy": True}]}).json()
    assert gone["attachments"] == []
    assert client.get(listed["uri"]).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda uri: uri.replace("signature=", "signature=0"), 403),
        (lambda uri: uri.partition("?")[0], 403),
        (lambda uri: uri.replace("expires=1", "expires=2"), 403),
        (lambda uri: uri.replace("a.txt", "b.txt"), 403),
        (lambda uri: uri.replace("/files/", "/files/1"), 403),
        (lambda uri: uri + "&x=1", 200),
    ],
)
def test_an_address_is_good_as_it_was_signed(
    client: httpx.Client, folder: Path, change: Callable[[str], str], status: int
) -> None:
    (folder / "offerings/dusk/attachments").mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / "offerings/dusk/attachments" / name).write_text(name)
    uri = client.get(f"/v1/app_offerings/{number(client)}").json()["attachments"][0]["uri"]
    assert client.get(change(uri)).status_code == status


def test_an_address_is_good_for_a_day(folder: Path) -> None:
    now = [1_780_000_000.0]
    client = api(folder, clock=lambda: now[0])
    (folder / "offerings/dusk/picture.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    record = client.get(f"/v1/app_offerings/{number(client)}")
    uri, upload = record.json()["picture_uri"], client.get("/v1/attachments/storage").json()["upload_uri"]
    now[0] += 24 * 3600
    assert client.get(uri).headers["Content-Type"] == "image/svg+xml"
    assert client.get(f"/v1/app_offerings/{number(client)}").headers["ETag"] == record.headers["ETag"]
    now[0] += 1
    assert client.get(uri).status_code == 403
    assert client.post(upload, files={"file": b"x"}).status_code == 403


@pytest.mark.parametrize(
    ("key", "name", "status"),
    [
        ("{key}", "run.exe", 422),
        ("{key}", "page.html", 422),
        ("{key}", "", 422),
        ("attachments/AAAAAAAAAAAAAAAAAAAAAA/${{filename}}", "a.txt", 422),
        ("attachments/../../x", "a.txt", 422),
        ("{key}/../x.txt", "a.txt", 422),
        ("", "a.txt", 422),
    ],
)
def test_an_upload_goes_where_it_was_told(client: httpx.Client, folder: Path, key: str, name: str, status: int) -> None:
    storage = client.get("/v1/attachments/storage").json()
    data = {"key": key.format(key=storage["local"]["key"])}
    assert client.post(storage["upload_uri"], data=data, files={"file": (name, b"x")}).status_code == status
    assert not list(folder.parent.rglob("*.exe")) + list(folder.parent.rglob("x.txt"))


def test_an_upload_over_its_limit(client: httpx.Client) -> None:
    storage = client.get("/v1/attachments/storage").json()
    large = bytes(storage["size_limit"] + 1)
    answer = client.post(storage["upload_uri"], data=storage["local"], files={"file": ("a.txt", large)})
    assert answer.status_code == 413
    assert uploaded(client, "a.txt", large[:-1])


def test_offerings_of_the_same_reference_or_id(tmp_path: Path) -> None:
    """The first folder by its name is served, the other is told and comes when the first is gone."""
    told: list[str] = []
    content = write_store(tmp_path / "content", {"b": several(2)[1], "a": several(2)[1]})
    client = api(content, problem=lambda problem: told.append(problem.reason))
    assert client.get("/v1/app_offerings").headers["X-Pagination-Total-Entries"] == "1"
    assert told == ["has the id or the reference of a too, and is left out"]
    (content / "offerings/a/offering.toml").unlink()
    (content / "offerings/a").rmdir()
    assert len(client.get("/v1/app_offerings").json()) == 1
    assert patch(client, {"name": "B"}, "wdc_app_2").status_code == 200
    assert 'name = "B"' in (content / "offerings/b/offering.toml").read_text()
