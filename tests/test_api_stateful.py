"""Writes of the API and a person's edits on the disk, in any order: both are always there."""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from api_stores import api
from stores import offering, without, write_store

names = st.text("aé\"\\#'[ ]{}=,", min_size=1, max_size=12).filter(str.strip)
texts = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))


class Both(RuleBasedStateMachine):
    """What the API gives is what was last written, by whomever; and a person's comments stay."""

    offerings = Bundle("offerings")
    count: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.content = write_store(self.folder / "content")
        self.client: httpx.Client = api(self.content)
        self.records: dict[int, dict[str, Any]] = {}
        self.places: dict[int, Path] = {}
        self.comments: dict[int, list[str]] = {}
        self.made = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.client.close()
            shutil.rmtree(self.folder)

    def _noted(self, number: int, place: Path, **fields: Any) -> int:
        self.records[number] = {"draft": False, "description": None, "card_description": None, **fields}
        self.places[number], self.comments[number] = place, []
        return number

    # --- The API

    @rule(target=offerings, name=names, description=texts)
    def create(self, name: str, description: str | None) -> int:
        self.made += 1
        body = {**without(offering(), "id"), "name": name, "reference": f"made {self.made}", "description": description}
        answer = self.client.post("/v1/app_offerings", json=body)
        assert answer.status_code == 201, answer.text
        place = self.content / "offerings" / f"made-{self.made}"
        return self._noted(answer.json()["id"], place, name=name, description=description, draft=True)

    @rule(
        number=offerings,
        name=names,
        card=texts.map(lambda text: re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "", text or "")),
    )
    def change_fields(self, number: int, name: str, card: str) -> None:
        answer = self.client.patch(f"/v1/app_offerings/{number}", json={"name": name, "card_description": card})
        assert answer.status_code == 200, answer.text
        self.records[number] |= {"name": name, "card_description": card or None}

    @rule(number=offerings, description=texts)
    def change_text(self, number: int, description: str | None) -> None:
        answer = self.client.patch(f"/v1/app_offerings/{number}", json={"description": description})
        assert answer.status_code == 200, answer.text
        self.records[number]["description"] = description

    @rule(number=offerings)
    def change_nothing(self, number: int) -> None:
        tag = self.client.get(f"/v1/app_offerings/{number}").headers["ETag"]
        whole = self.client.get(f"/v1/app_offerings/{number}").json()
        answer = self.client.patch(f"/v1/app_offerings/{number}", json=whole, headers={"If-Match": tag})
        assert answer.headers["ETag"] == tag

    # --- A person

    @rule(target=offerings, name=names)
    def add_a_folder(self, name: str) -> int:
        self.made += 1
        number, place = 1000 + self.made, f"mine {self.made}"
        write_store(self.content, {place: offering(id=number, reference=place, name=name)})
        return self._noted(number, self.content / "offerings" / place, name=name)

    @rule(number=offerings)
    def write_a_comment(self, number: int) -> None:
        """Above everything, in a file that is replaced as editors do."""
        path = self.places[number] / "offering.toml"
        comment = f"# comment {len(self.comments[number])} of {number}"
        beside = path.with_name(".offering.toml.swp")
        beside.write_text(f"{comment}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
        beside.replace(path)
        self.comments[number].append(comment)

    @rule(number=offerings)
    def publish(self, number: int) -> None:
        """Only the file ends the state of a draft."""
        path = self.places[number] / "offering.toml"
        path.write_text(path.read_text(encoding="utf-8").replace("draft = true\n", ""), encoding="utf-8")
        self.records[number]["draft"] = False

    @rule(number=offerings, text=texts)
    def save_a_text(self, number: int, text: str | None) -> None:
        path = self.places[number] / "description.md"
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(("\ufeff" + text).encode())
        self.records[number]["description"] = text

    @rule(number=offerings)
    def rename_the_folder(self, number: int) -> None:
        self.made += 1
        self.places[number] = self.places[number].rename(self.content / "offerings" / f"renamed {self.made}")

    @rule(number=consumes(offerings))
    def remove_the_folder(self, number: int) -> None:
        shutil.rmtree(self.places.pop(number))
        del self.records[number], self.comments[number]

    # --- What must be so

    @invariant()
    def the_list_is_what_was_written(self) -> None:
        if not hasattr(self, "client"):
            return
        path = "/v1/app_offerings?per_page=100&sort=id&fields=id,name,description,card_description"
        listed = {it["id"]: it for it in self.client.get(path).json()}
        drafts = {it["id"] for it in self.client.get("/v1/app_offerings/latest_internal?per_page=100").json()}
        for number, it in listed.items():
            it["draft"] = number in drafts
        assert listed == {number: {"id": number, **it} for number, it in self.records.items()}
        assert list(listed) == sorted(listed)

    @invariant()
    def comments_stay(self) -> None:
        for number, comments in getattr(self, "comments", {}).items():
            text = (self.places[number] / "offering.toml").read_text(encoding="utf-8")
            assert [line for line in text.splitlines() if line.startswith("# comment")] == comments[::-1]


TestBoth = Both.TestCase
TestBoth.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)


@pytest.mark.long
class TestBothAtLength(Both.TestCase):  # type: ignore[misc]
    settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
