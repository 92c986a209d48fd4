"""Stores to test with: one record, a small content folder, or a whole seeded store with files.

    offering(name="Dusk")                      a record of the API with its required fields, as its JSON gives it
    several(3, disabled=True)                  three records that do not clash
    write_store(folder, {"dusk": offering()})  a content folder of such records
    random_store(folder, seed=1, count=20)     a store with everything in it; the same bytes for the same seed
    offerings()                                a hypothesis strategy of valid records
    told(problems, folder)                     problems as an author reads them, with paths from `folder` on

Nothing here looks at the code under test.
"""

import io
import json
import os
import random
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import strategies as st
from PIL import Image, ImageDraw

Fields = dict[str, Any]

TEXTS = ("description", "features", "compliance")
ALGORITHMS = ("rs256", "rs384", "rs512", "es256", "es384", "es512")


def offering(**changes: object) -> Fields:
    """Return a valid record with the fields that the specification requires, and `changes`."""
    record: Fields = {
        "id": 1,
        "reference": "wdc_note_dispatcher",
        "name": "Log Note Dispatcher Integration",
        "service_instance": {"id": 83, "name": "Our Integration"},
        "policy_jwt_alg": "rs512",
        "webhook_uri_template": "https://hooks.example.com/integration/?account={account}",
    }
    return {**record, **changes}


def several(count: int, **changes: object) -> list[Fields]:
    """Return `count` valid records that differ in id, reference and name, each with `changes`."""
    return [
        offering(**{"id": number, "reference": f"wdc_app_{number}", "name": f"App {number}", **changes})
        for number in range(1, count + 1)
    ]


def without(record: Mapping[str, Any], *keys: str) -> Fields:
    """Return the record without some of its fields."""
    return {key: value for key, value in record.items() if key not in keys}


def write_store(
    folder: Path,
    offerings: Mapping[str, Mapping[str, Any]] | Iterable[Mapping[str, Any]] = (),
    *,
    store: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes | str] | None = None,
) -> Path:
    """Write a content folder and return it.

    `offerings` go by their folders, or stand in a list (then each folder is called as its reference, or
    ``offering-1`` …). Texts become their own files, a ``None`` is left out; ``draft``, ``store`` and ``extra`` are
    keys like others. `files` go by their paths from `folder` on, and are written last.
    """
    (folder / "offerings").mkdir(parents=True, exist_ok=True)
    if store is not None:
        write_toml(folder / "store.toml", store)
    named = offerings if isinstance(offerings, Mapping) else _named(offerings)
    for name, record in named.items():
        place = folder / "offerings" / name
        place.mkdir()
        for text in TEXTS:
            if record.get(text) is not None:
                (place / f"{text}.md").write_text(record[text], encoding="utf-8", newline="")
        write_toml(place / "offering.toml", without(record, *TEXTS))
    for path, content in (files or {}).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def _named(offerings: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(record.get("reference") or f"offering-{n}"): record for n, record in enumerate(offerings, 1)}


def write_toml(path: Path, values: Mapping[str, Any]) -> None:
    """Write values as TOML, without those that are ``None``: TOML has no null."""
    path.write_text(tomlkit.dumps(_without_null(values)), encoding="utf-8", newline="")


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_null(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_without_null(inner) for inner in value]
    return value


def told(problems: Iterable[object], folder: Path) -> list[str]:
    """Return the problems as an author reads them, with the paths of files from `folder` on."""
    spellings = (f"{folder}{os.sep}", f"{os.path.relpath(folder)}{os.sep}")
    lines = [str(problem) for problem in problems]
    for spelling in spellings:
        lines = [line.replace(spelling, "") for line in lines]
    return lines


def write_records(path: Path, records: object) -> Path:
    """Write a JSON file, one value a line, and return its path."""
    path.write_text(json.dumps(records, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------------- a whole seeded store

# fmt: off
_WORDS = (
    "request", "incident", "change", "asset", "calendar", "note", "mailbox", "report", "alert", "survey",
    "pager", "invoice", "contract", "room", "licence", "sync", "import", "export", "review", "approve",
    "remind", "assign", "publish", "archive", "translate", "nightly", "hourly", "secure", "shared",
    "simple",
)
# fmt: on
_NAMES = (
    "Log Note Dispatcher",
    "Tartu Ülikool",
    "Łódź Bridge",
    "naïve façade",
    "Straße & Söhne",
    "日本語のメモ",
    "Ελληνικά",
    "Русский мост",
    "العربية",
    "Tiếng Việt",
    "🚀 Launch",
    "İstanbul",
    "ﬁle Mover",
    "Café (e\u0301)",
    "C++ / C# <Tools>",
    '"Quoted" Notes',
    "{{ Braces }} {% raw %}",
)
_CATEGORIES = (
    "Assets",
    "Monitoring",
    "Automation",
    "Communication",
    "Reports",
    "Überwachung",
    "セキュリティ",
    "HR & Pay",
)
_PUBLISHERS = ("Widget Data Center", "Øresund Software", "Acme <Ltd>", "株式会社サンプル")
_PICTURES = ("png", "jpg", "webp", "gif", "svg")
_FILE_NAMES = ("terms.pdf", "data model.csv", "notes.txt", "Übersicht.pdf", "取扱説明書.pdf", "export (1).csv")


@dataclass(frozen=True)
class RandomStore:
    """A store that was drawn, and what must be found in it."""

    folder: Path
    references: tuple[str, ...]
    disabled: frozenset[str]
    drafts: frozenset[str]

    @property
    def shown(self) -> tuple[str, ...]:
        """The references of a build without ``--drafts``."""
        return tuple(r for r in self.references if r not in self.disabled | self.drafts)


def random_store(folder: Path, seed: int, count: int) -> RandomStore:
    """Write a store of `count` offerings drawn from `seed`: every field, pictures, attachments, all states.

    The same seed and count give the same bytes (for one version of Pillow). The first offering uses everything and
    is shown, the second is a draft, the third is disabled; the others are as it falls.
    """
    draw = random.Random(seed)  # noqa: S311 drawn for tests, and to be drawn again
    records = [_random_offering(draw, number) for number in range(count)]
    write_store(
        folder,
        {f"app-{number:05}": record for number, (record, _) in enumerate(records)},
        store=_random_settings(draw),
        files={
            f"offerings/app-{number:05}/{path}": content
            for number, (_, files) in enumerate(records)
            for path, content in files.items()
        },
    )
    return RandomStore(
        folder,
        tuple(sorted(record["reference"] for record, _ in records)),
        disabled=frozenset(record["reference"] for record, _ in records if record.get("disabled")),
        drafts=frozenset(r["reference"] for r, _ in records if r.get("draft") and not r.get("disabled")),
    )


def _random_settings(draw: random.Random) -> Fields:
    return {
        "title": draw.choice(("Widget Apps", "Rakenduste pood", "アプリ <ストア>")),
        "tagline": _sentence(draw),
        "language": draw.choice(("en", "et", "pt-BR")),
        "account": "wdc",
        "accent": f"#{draw.randrange(0x606060):06x}",
        "per_page": draw.choice((3, 12, 48)),
        "install_url": "https://{account}.example.com/apps/{reference}/install",
        "provider": {
            "name": draw.choice(_PUBLISHERS),
            "url": "https://provider.example.com/",
            "support": "mailto:apps@provider.example.com",
        },
    }


def _random_offering(draw: random.Random, number: int) -> tuple[Fields, dict[str, bytes]]:
    everything = number == 0

    def often(chance: float) -> bool:
        return draw.random() < chance or everything

    files = _random_files(draw, everything)
    attached = [path for path in files if path.startswith("attachments/")]
    pictures = [path for path in attached if path.endswith((".png", ".jpg", ".webp", ".gif"))]
    documents = [path for path in attached if path not in pictures]
    name = f"{draw.choice(_NAMES)} {' '.join(draw.sample(_WORDS, 2)).title()} {number + 1}"
    created = datetime(2020, 1, 1, tzinfo=timezone(timedelta(minutes=draw.choice((-300, 0, 60, 330)))))
    created += timedelta(seconds=draw.randrange(190_000_000))
    record: Fields = {
        **offering(
            id=1000 + number,
            reference="wdc_" + name.lower().replace(" ", "_"),
            name=name,
            policy_jwt_alg=draw.choice(ALGORITHMS),
            service_instance={"id": draw.randint(1, 900), "name": draw.choice(_NAMES)},
        ),
        "card_description": _sentence(draw)[:255] if often(0.9) else None,
        "configuration_uri_template": "https://{account}.example.com/settings" if often(0.6) else None,
        "created_at": created if often(0.9) else None,
        "updated_at": created + timedelta(days=draw.randrange(600)) if often(0.9) else None,
        "policy_jwt_audience": "https://audience.example.com/" if often(0.5) else None,
        "policy_jwt_claim_expires_in": draw.choice((1, 10, 90, "2:30")) if often(0.5) else None,
        "requires_enabled_oauth_person": True if often(0.3) else None,
        "source": "appshelf" if often(0.3) else None,
        "sourceID": f"upstream-{number}" if often(0.3) else None,
        "ui_extension_version": {"id": 412, "name": "Settings", "version": 7} if often(0.4) else None,
        "draft": True if number == 1 or (number > 2 and draw.random() < 0.1) else None,
        "disabled": True if number == 2 or (number > 2 and draw.random() < 0.1) else None,
        "description": _text(draw, pictures, documents),
        "features": _text(draw, [], documents[:1]) if often(0.8) else None,
        "compliance": _text(draw, [], []) if often(0.7) else None,
        "store": _random_entry(draw, pictures, documents, everything),
    }
    return record, files


def _random_entry(draw: random.Random, pictures: list[str], documents: list[str], everything: bool) -> Fields:
    return {
        "categories": draw.sample(_CATEGORIES, draw.randint(1 if everything else 0, 3)),
        "tags": draw.sample(_WORDS, draw.randint(0, 5)),
        "publisher": draw.choice(_PUBLISHERS) if everything or draw.random() < 0.6 else None,
        "website": "https://apps.example.com/one?a=1&b=2" if everything or draw.random() < 0.5 else None,
        "support": draw.choice(("mailto:help@example.com", "https://help.example.com/")),
        "featured": True if everything or draw.random() < 0.2 else None,
        "screenshots": [{"file": path, "caption": _sentence(draw)[:200]} for path in pictures[:3]],
        "assurances": [
            {
                "topic": topic,
                "status": draw.choice(("Certified", "In progress", "Not applicable")),
                "scope": _sentence(draw)[:200],
                "evidence": documents[0] if documents else None,
                "valid_until": date(2027, 6, draw.randint(1, 30)),
            }
            for topic in draw.sample(("ISO 27001", "SOC 2", "GDPR", "Penetration test"), 4 if everything else 1)
        ],
    }


def _random_files(draw: random.Random, everything: bool) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    if everything or draw.random() < 0.7:
        ending = draw.choice(_PICTURES)
        files[f"picture.{ending}"] = picture(draw, ending, (draw.randint(16, 300), draw.randint(16, 300)))
    for number in range(3 if everything else draw.choice((0, 0, 1, 2))):
        ending = draw.choice(_PICTURES[:-1])
        files[f"attachments/screens/flow {number}.{ending}"] = picture(draw, ending, (draw.randint(200, 900), 240))
    names = _FILE_NAMES if everything else draw.sample(_FILE_NAMES, draw.choice((0, 1, 2)))
    return files | {f"attachments/{name}": document(draw, name) for name in names}


def picture(draw: random.Random, ending: str, size: tuple[int, int]) -> bytes:
    """Draw a picture of the given kind (``"png"``, ``"jpg"``, ``"webp"``, ``"gif"`` or ``"svg"``)."""
    colours = [(draw.randrange(256), draw.randrange(256), draw.randrange(256)) for _ in range(3)]
    width, height = size
    if ending == "svg":
        first, second, _ = (f"#{r:02x}{g:02x}{b:02x}" for r, g, b in colours)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
            f'<rect width="{width}" height="{height}" fill="{first}"/>'
            f'<circle cx="{width // 2}" cy="{height // 2}" r="{min(size) // 3}" fill="{second}"/></svg>'
        ).encode()
    image = Image.new("RGB", size, colours[0])
    pen = ImageDraw.Draw(image)
    pen.ellipse((width // 6, height // 6, width * 5 // 6, height * 5 // 6), fill=colours[1])
    pen.line((0, height, width, 0), fill=colours[2], width=3)
    file = io.BytesIO()
    image.save(file, {"jpg": "JPEG"}.get(ending, ending.upper()))
    return file.getvalue()


def document(draw: random.Random, name: str) -> bytes:
    """Write a file to attach, of the kind that its name says: PDF, CSV or plain text."""
    if name.endswith(".pdf"):
        return pdf(_sentence(draw))
    if name.endswith(".csv"):
        rows = (f"{draw.choice(_WORDS)},{draw.randrange(1000)}" for _ in range(draw.randint(2, 8)))
        return "\n".join(("name,count", *rows, "")).encode()
    return (_sentence(draw) + "\n").encode()


def pdf(words: str) -> bytes:
    """Return a PDF of one page that says `words`."""
    page = zlib.compress(f"BT /F 12 Tf 40 100 Td ({words.encode('ascii', 'replace').decode()}) Tj ET".encode())
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    file, offsets = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj%b\nendobj\n" % (number, value)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))
    return file + head + table + tail


def _sentence(draw: random.Random) -> str:
    words = draw.choices(_WORDS, k=draw.randint(6, 16))
    return f"{' '.join(words).capitalize()}{draw.choice(('.', ' – naïve, but true.', ' ✅.'))}"


def _text(draw: random.Random, pictures: list[str], documents: list[str]) -> str:
    parts = [
        f"## {_sentence(draw)}",
        f"{_sentence(draw)} **{draw.choice(_WORDS)}** and `{draw.choice(_WORDS)}_id`. {_sentence(draw)}",
        "\n".join(f"- {_sentence(draw)}" for _ in range(draw.randint(2, 4))),
        f"| Field | Meaning |\n|---|--:|\n| `{draw.choice(_WORDS)}` | {_sentence(draw)} |",
        f"1. {_sentence(draw)}\n2. [Read more](https://docs.example.com/{draw.choice(_WORDS)})",
        f"```python\nprint({draw.randrange(100)} < 7)  # {draw.choice(_WORDS)}\n```",
    ]
    chosen = draw.sample(parts, draw.randint(2, len(parts)))
    chosen += [f"![{_sentence(draw)}](<{path}>)" for path in pictures[:1]]
    chosen += [f"[{path.rpartition('/')[2]}](<{path}>)" for path in documents]
    return "\n\n".join(chosen) + "\n"


# ------------------------------------------------------------------------------------------------- a strategy

_CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])


def lines(limit: int, *, least: int = 0) -> st.SearchStrategy[str]:
    """Text of one line, in any script, without control characters; not blank where it must say something."""
    words = st.text(_CHARACTERS, min_size=least, max_size=limit)
    return words.filter(says_something) if least else words


def says_something(words: str) -> bool:
    """Whether a person sees more than space: anything that has a shape, be it a box."""
    seen = (char for char in words if unicodedata.category(char)[0] in "LNPS" or unicodedata.category(char) in "CoCn")
    return not set(seen) <= set("\u115f\u1160\u2800\u3164\uffa0")


def texts() -> st.SearchStrategy[str]:
    """Texts of a page: any line breaks, any script."""
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


def moments() -> st.SearchStrategy[str]:
    """Times as the API writes them: whole seconds and an offset."""
    zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=zones | st.just(UTC))  # noqa: DTZ001
    return times.map(lambda moment: moment.isoformat(timespec="seconds"))


def offerings() -> st.SearchStrategy[Fields]:
    """Valid records as the API's JSON gives them: every required field, any of the others."""
    ids = st.integers(1, 2**63 - 1)
    uris = lines(200).map(lambda rest: f"https://example.com/{rest}"[:255])
    required = {
        "id": ids,
        "name": lines(128, least=1),
        "reference": lines(161, least=1),
        "service_instance": st.fixed_dictionaries({"id": ids, "name": lines(80)}),
        "policy_jwt_alg": st.sampled_from(ALGORITHMS) | st.none(),
        "webhook_uri_template": uris | st.none(),
    }
    optional = {
        "card_description": lines(255) | st.none(),
        "configuration_uri_template": uris | st.none(),
        "created_at": moments() | st.none(),
        "updated_at": moments() | st.none(),
        "disabled": st.booleans(),
        "requires_enabled_oauth_person": st.booleans(),
        "picture_uri": uris | st.none(),
        "policy_jwt_audience": lines(200) | st.none(),
        "policy_jwt_claim_expires_in": st.integers(0, 100_000) | st.none(),
        "source": lines(30) | st.none(),
        "sourceID": lines(128) | st.none(),
        "ui_extension_version": st.none() | st.fixed_dictionaries({"id": ids, "name": lines(80), "version": ids}),
        "description": texts() | st.none(),
        "features": texts() | st.none(),
        "compliance": texts() | st.none(),
    }
    return st.fixed_dictionaries(required, optional=optional)
