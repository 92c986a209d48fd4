"""Requests that schemathesis makes from the OpenAPI document: valid ones and broken ones, 2,000 of them.

All checks of schemathesis are on: no 5xx, no status or media type or header that the document leaves out, no body that
its schema forbids, broken requests refused, valid ones accepted. What the specification itself contradicts stands in
`EXCEPTIONS`, with the reason.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from serving import OUR_TOKEN, our_server
from targets import Target

schemathesis = pytest.importorskip("schemathesis", reason="needs the extra `conformance`")

pytestmark = pytest.mark.conformance

CASES = 2000
PER_OPERATION = 112
"""Of each kind, valid and broken; an operation without parameters has only one valid request."""

AUTHORIZED = {"Authorization": f"Bearer {OUR_TOKEN}"}

EXCEPTIONS = {
    # field or parameter, and the reason given → why a request that fits the document is refused all the same
    r"reference: has already been taken": "It must be unique across all accounts; no schema can say so.",
    r"reference: can't be changed once": "It may only be changed until the app offering is published.",
    r"\w+_attachments: no (uploaded file|attachment) has the key": "A key is given out by the upload that goes before.",
    r"picture_uri: is no (JPG|data URL)": "Whether a data URL holds a picture is seen in its content.",
    r"(id|ids|created_at|updated_at): .* is no ": "Operators stand in filter values: the document has text.",
    r"search_(after|before): is no cursor": "Cursors are opaque.",
    r"\w+ and \w+ cannot be given together": "No schema says that parameters exclude each other.",
    r"\w+: (id|version) is not an integer": "1.0 is an integer of JSON Schema, and no id.",
    r"policy_jwt_claim_expires_in: expected minutes": "1.0 is an integer of JSON Schema, and no minutes.",
    r"service_instance: can't be blank": "Required: an empty text is none, as a client writes it.",
}


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    with our_server(tmp_path) as server:
        yield server


def reasons(answer: Any) -> list[str]:
    """Return why a request was refused, a field a line."""
    body = answer.json()
    if answer.status_code == 422:
        return [f"{field}: {reason}" for field, reason in body["errors"]]
    return [body["message"]]


def is_excepted(failure: Exception, answer: Any) -> bool:
    """Whether every reason for which a valid request was refused is one that the specification asks for.

    One kind of broken request is taken: where a reference is written by its id, its other form is not looked at.
    """
    if type(failure).__name__ == "AcceptedNegativeData":
        broken = re.findall(r"at /properties/(service_instance|ui_extension_version)\b", str(failure))
        return bool(broken) and all(f"{name}_id" in json.loads(answer.request.body) for name in broken)
    return type(failure).__name__ == "RejectedPositiveData" and all(
        any(re.match(pattern, reason) for pattern in EXCEPTIONS) for reason in reasons(answer)
    )


def known_ids(http: httpx.Client, origin: str) -> list[str]:
    """Return ids and a nodeID of records that are there: without them nearly every request would be a 404."""
    records = http.get(f"{origin}/v1/app_offerings?fields=nodeID", headers=AUTHORIZED).json()
    return [*(str(record["id"]) for record in records), records[2]["nodeID"]]


def broken_parts(case: Any) -> set[str]:
    """Name the parts of a request that were broken on purpose."""
    return {str(part.value) for part, info in case.meta.components.items() if info.mode.is_negative}


def test_requests_made_from_the_document(target: Target, http: httpx.Client) -> None:
    origin = target.server.origin
    schema = schemathesis.openapi.from_dict(http.get(f"{origin}/openapi.json").json())
    schema.config.generation.update(with_security_parameters=False, allow_extra_parameters=False)
    ids = known_ids(http, origin)
    tried: Counter[str] = Counter()
    failures: dict[tuple[str, str], list[str]] = defaultdict(list)

    def attempt(case: Any) -> None:
        tried[case.operation.label] += 1
        number = tried[case.operation.label]
        broken = broken_parts(case)
        if case.operation.path == "/app_offerings/{id}" and ("path" not in broken or "body" in broken) and number % 8:
            case.path_parameters["id"] = ids[number % len(ids)]
        answer = case.call(base_url=f"{origin}/v1", headers=AUTHORIZED)
        try:
            case.validate_response(answer, headers=AUTHORIZED)
        except schemathesis.errors.FailureGroup as group:
            for failure in group.exceptions:
                if not is_excepted(failure, answer):
                    told = f"{answer.request.method} {answer.request.url} {answer.request.body!r}"[:600]
                    found = failures[case.operation.label, type(failure).__name__]
                    found.append(f"{failure}\n  {told}\n  {answer.status_code} {answer.text[:300]}")

    made = settings(
        max_examples=PER_OPERATION, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    for result in schema.get_all_operations():
        operation = result.ok()
        has_parameters = any((operation.path_parameters, operation.query, operation.body))
        modes = list(schemathesis.GenerationMode) if has_parameters else [schemathesis.GenerationMode.POSITIVE]
        for mode in modes:
            with suppress(Unsatisfiable) if mode.is_negative else nullcontext():  # there may be nothing to break
                made(given(operation.as_strategy(generation_mode=mode))(attempt))()

    shown = [f"{label}: {kind}, {len(found)} times\n{found[0]}" for (label, kind), found in failures.items()]
    assert not failures, "\n\n".join(shown)
    assert tried.total() >= CASES, json.dumps(tried, indent=1)
