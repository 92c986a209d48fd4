"""What `appshelf init` and `appshelf new` write: plans of paths and texts, and their application.

What a comment says of a key is read from the models' schemas, so that no limit grows old.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from generator.addresses import slugs
from generator.content import ContentFolder, file_fields
from generator.content_writer import SCHEMA_LINE, replace_file
from generator.documents import shown
from generator.errors import OutputError, UsageError
from generator.fields import TEXT_BYTES, Label, Reference
from generator.models import TEXT_NAMES, nature
from generator.schemas import STORE_SCHEMA, in_words, offering_schema, store_schema, write_schemas
from generator.toml_text import toml_value


def init_store(folder: Path, title: str = "Our apps") -> list[Path]:
    """Write a store that builds at once into `folder`, which is made if it is absent; return the files.

    Raises `OutputError` when the folder holds anything or cannot be written, and `UsageError` for a title that
    cannot be one.
    """
    plan = plan_store(title)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(f"{shown(folder)}: is not empty; choose a new folder")
    except OSError as error:
        raise OutputError(f"{shown(folder)}: {(error.strerror or str(error)).lower()}") from None
    return [*_write(folder, plan), *write_schemas(folder / "content")]


def new_offering(content: Path, reference: str) -> Path:
    """Write a draft with this reference into a content folder, and return its own folder.

    Raises `UsageError` for what cannot be a reference, and `OutputError` when there is no content folder, when an
    offering has the reference or the folder's name already, or when a file cannot be written.
    """
    plan = plan_offering(reference)
    if not content.is_dir():
        raise OutputError(f"{shown(content)}: no such folder; `appshelf init DIR` makes a store to begin with")
    offerings = content / "offerings"
    for record in ContentFolder(content).records() if offerings.is_dir() else ():
        if (record.fields or {}).get("reference") == reference:
            raise OutputError(f"{record.place.document.where}: has the reference {reference} already")
    folder = offerings / slugs([reference])[reference]
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{shown(folder)}: {(error.strerror or str(error)).lower()}") from None
    _write(folder, plan)
    write_schemas(content)
    return folder


def _write(folder: Path, plan: Mapping[str, str]) -> list[Path]:
    for name, text in plan.items():
        replace_file(folder / name, text.encode())
    return [folder / name for name in plan]


def _checked(value: str, kind: Any, word: str) -> str:
    try:
        return str(TypeAdapter(kind).validate_python(value))
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise UsageError(f"{value[:40]!r} is no {word}: {reason[:1].lower()}{reason[1:]}") from None


# --- A new offering


def plan_offering(reference: str) -> Mapping[str, str]:
    """Return the files of a new draft, by their names: every key that an author may set, with its meaning and limit.

    Raises `UsageError` for what cannot be a reference.
    """
    schema = offering_schema()
    fields, store = schema["properties"], schema["properties"]["store"]
    settable = [key for key in file_fields() if nature(key).access == "read-write"]
    values: Mapping[str, Any] = {
        "reference": _checked(reference, Reference, "reference"),
        "name": _name_from(reference, fields["name"]["maxLength"]),
        **{key: _example(fields[key]) for key in settable if nature(key).required and key not in {"reference", "name"}},
    }
    lines = [
        f"{SCHEMA_LINE}\n",
        *_comment("Remove this line to publish the app. Until then, `appshelf build --drafts` shows it."),
        "draft = true\n",
        *(_entry(key, fields[key], value, required=True) for key, value in values.items()),
        *(_entry(key, fields[key], used=False) for key in settable if key not in values),
        *_comment(_FILES),
        "",
        *_comment(store["description"]),
        "[store]",
        *(_entry(key, it, used=False) for key, it in store["properties"].items() if key != "assurances"),
        *_comment(store["properties"]["assurances"]["description"]),
        "# [[store.assurances]]",
        *_assurance(schema["$defs"]["Assurance"]),
    ]
    return {"offering.toml": "\n".join(lines) + "\n", **_TEXTS}


def _assurance(schema: Mapping[str, Any]) -> Iterator[str]:
    for key, field in schema["properties"].items():
        value = _example(field) if field.get("format") == "date" else toml_value(_example(field))
        yield f"# {key} = {value} # {in_words(field, required=key in schema['required'])}"


def _example(field: Mapping[str, Any]) -> Any:
    """Return a value that a key can have: its example, its default, or the first of its choices."""
    default = [field["default"]] if "default" in field else []
    return next(iter([*field.get("examples", ()), *default, *field.get("enum", ())]), "")


def _name_from(reference: str, limit: int) -> str:
    words = re.sub(r"[\W_]+", " ", reference).strip()
    return (words[:1].upper() + words[1:])[:limit].strip() or "New app"


def _entry(key: str, field: Mapping[str, Any], value: Any = None, *, required: bool = False, used: bool = True) -> str:
    """Write a key below its meaning and limit; one that is not `used` stands in a comment, ready to be used."""
    line = f"{key} = {toml_value(_example(field) if value is None else value)}"
    return "\n".join([*_comment(in_words(field, required=required)), line if used else f"# {line}", ""])


def _comment(words: str) -> list[str]:
    return textwrap.wrap(words, 100, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


_FILES: Final = (
    f"The texts stand beside this file: {', '.join(f'{name}.md' for name in TEXT_NAMES)}, each at most {TEXT_BYTES:,} "
    "bytes. Pictures and documents go into a folder attachments/; a text shows one with ![what it shows]"
    "(attachments/flow.png) and links one with [its title](attachments/report.pdf)."
)
_TEXTS: Final[Mapping[str, str]] = {
    "description.md": """\
The description of this app is being written. Its first paragraph will say what the app does, for whom, and what they \
no longer have to do by hand.

## Next

- when the app runs, and what makes it run
- which records it reads and which it writes
- what happens when something fails
- how it is set up, step by step
""",
    "features.md": """\
The list of features is being written. It will name each feature, what it is good for, and where it ends.
""",
    "compliance.md": """\
The statement on security and compliance is being written. It will answer, in full sentences:

- which data the app reads, where they are processed and stored, and for how long
- how data are encrypted, and who can reach them
- which subprocessors take part
- which certificates and tests there are, with their documents
- how data are deleted when the app is removed, and whom to write to about a weakness
""",
}


# --- A new store


def plan_store(title: str) -> Mapping[str, str]:
    """Return the files of a new store, by their paths. Raises `UsageError` for what cannot be a title."""
    values = {
        "title": _checked(title, Label, "title"),
        "tagline": "What we offer, what it does, and how it treats data.",
        "name": "Your company",
    }
    schema = store_schema()
    settings = {key: field for key, field in schema["properties"].items() if "$ref" not in field}
    tables = ("Provider", "Api", "DownloadRules")
    provider, api, downloads = (schema["$defs"][name]["properties"] for name in tables)
    lines = [
        f"#:schema {STORE_SCHEMA}",
        *_comment("A new store. `appshelf build`, called one folder up, makes the site;"),
        *_comment("`appshelf new REFERENCE` adds an offering. The samples in offerings/ may go."),
        "",
        *(_entry(key, it, values.get(key), used=key in values) for key, it in settings.items()),
        *_comment(schema["properties"]["provider"]["description"]),
        "[provider]",
        *(_entry(key, it, values.get(key), used=key in values) for key, it in provider.items()),
        "",
        *_comment(schema["properties"]["api"]["description"]),
        "[api]",
        *(_entry(key, it, used=False) for key, it in api.items()),
        "",
        *_comment(schema["properties"]["downloads"]["description"]),
        "[downloads]",
        *(_entry(key, it, used=False) for key, it in downloads.items()),
    ]
    samples = {f"content/offerings/{path}": text for path, text in _SAMPLES.items()}
    return {"content/store.toml": "\n".join(lines), ".gitignore": "site/\n.cache/\n", **samples}


_PICTURE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" rx="20" fill="{paper}"/>\
<path d="{path}" fill="none" stroke="{ink}" stroke-width="8" stroke-linecap="round" stroke-linejoin="round"/></svg>
"""
_SAMPLE: Final = f"""\
{SCHEMA_LINE}

# A sample. Its texts are description.md, features.md and compliance.md; `appshelf new` explains every key.
reference = "{{reference}}"
name = "{{name}}"
card_description = "{{card}}"
service_instance = {{{{ id = 1, name = "Production" }}}}
webhook_uri_template = "https://hooks.example.com/{{reference}}?account={{{{account}}}}"
policy_jwt_alg = "es256"
policy_jwt_claim_expires_in = 10 # minutes

[store]
categories = ["{{category}}"]
"""
_SAMPLES: Final[Mapping[str, str]] = {
    "shift-handover/offering.toml": _SAMPLE.format(
        reference="shift_handover",
        name="Shift Handover",
        card="Hands the open work of a shift to the next one, with a summary that fits on one page.",
        category="Automation",
    )
    + """\
tags = ["shifts", "summary", "night"]
featured = true

[[store.assurances]]
topic = "Data location"
status = "European Union"
scope = "Processing, storage and backups"
""",
    "shift-handover/picture.svg": _PICTURE.format(
        paper="#1f5c4d", ink="#f4efe4", path="M22 38h48l-12-12M74 58H26l12 12"
    ),
    "shift-handover/description.md": """\
Shift Handover collects what is still open when a shift ends, and gives it to the team that takes over. Nobody copies \
lists by hand, and nothing is left to a corridor conversation.

## What it reads and writes

| Record | Reads | Writes |
|:--|:-:|:-:|
| Requests of the team | yes | one note for each handover |
| People: name and team | yes | no |
| Everything else | no | no |

## When something fails

A handover that cannot be written is tried again for an hour. After that, the lead of the team gets an email with the \
summary in it.
""",
    "shift-handover/features.md": """\
- [x] A summary on one page, sorted by what is due first
- [x] Teams that change at different hours, in any time zone
- [x] A field for what no request says, such as a noise in the server room
- [ ] Handover to a partner's team, planned for next year
""",
    "shift-handover/compliance.md": """\
## Data

Summaries are processed and stored in the European Union and deleted after 30 days. They hold the subject, the number \
and the team of a request, and no attachments.

## Encryption and access

All connections use TLS 1.2 or later, and stored summaries are encrypted with AES-256. Our engineers see them only for \
a support ticket, and each access is logged.
""",
    "room-guide/offering.toml": _SAMPLE.format(
        reference="room_guide",
        name="Room Guide",
        card="Tells people how to use the room they are in: screens, heating, coffee, and whom to call.",
        category="Workplace",
    )
    + 'tags = ["meeting rooms", "facilities"]\n',
    "room-guide/picture.svg": _PICTURE.format(paper="#d9a441", ink="#2a2118", path="M30 76V22h36v54M22 76h52M56 50v2"),
    "room-guide/description.md": """\
Each room has a code at its door. Whoever scans it gets one page: how the screen is switched on, where the heating is \
set, and a button that registers a request with the room already filled in.

1. Install the app, and upload your list of rooms.
2. Print the codes; the app makes a PDF with eight on a sheet.
3. Choose the team that receives the requests of each building.
""",
    "room-guide/compliance.md": """\
The page of a room needs no sign-in and sets no cookie. A request holds what its author typed, the room and the time. \
Nothing is kept outside your account.
""",
}
"""The sample offerings, below ``offerings/``: that a text may be missing is part of what they show."""
