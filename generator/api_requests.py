"""Requests to one API: addresses below its own, who asks, and answers that are what they should be.

The token goes to the origin of the API and to nothing below another path. No redirect is followed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx

from generator.authorization import Authorizer, oauth_address
from generator.credentials import ClientCredentials, Credentials
from generator.errors import (
    AccessError,
    AnswerError,
    ConflictError,
    FieldsError,
    NotFoundError,
    RateLimitError,
    StatusError,
    UsageError,
)
from generator.links import origin
from generator.patience import Again, Patience
from generator.redaction import origin_of
from generator.strict_json import StrictJsonError, parse
from generator.wire import Answer, Limits, exchange

_TOLD_BYTES: Final = 64 * 1024
"""How much of an answer that says no is looked at."""
_MOST_ERRORS: Final = 50


@dataclass(frozen=True)
class Endpoint:
    """Where the API is and who asks: `url` without a slash at its end; `account` may be blank.

    `oauth_url` is needed for client credentials alone, where the platform's own does not follow from `url`.
    """

    url: str
    account: str = ""
    credentials: Credentials | None = None
    oauth_url: str | None = None


@dataclass(frozen=True)
class Reply:
    """A checked answer: the JSON value of its body, and its headers."""

    value: Any
    headers: httpx.Headers


class ApiRequests:
    """Sends requests to one API with patience. Raises `RemoteError` for everything that is not as asked."""

    def __init__(self, http: httpx.Client, endpoint: Endpoint, patience: Patience) -> None:
        self.base = httpx.URL(endpoint.url.rstrip("/"))
        self._http, self._account, self.patience = http, endpoint.account, patience
        oauth_url = endpoint.oauth_url or oauth_address(endpoint.url)
        if isinstance(endpoint.credentials, ClientCredentials) and oauth_url is None:
            raise UsageError("store.toml: api.oauth_url: is needed to exchange a client's id and secret for a token")
        self.authorizer = Authorizer(http, endpoint.credentials, oauth_url or "", patience)

    @property
    def host(self) -> str:
        """The API's host, which messages begin with."""
        return self.base.host

    def address(self, path: str, query: str = "") -> httpx.URL:
        """Return the address of `path`, which begins with a slash, below the API's own."""
        return httpx.URL(f"{self.base}{path}{f'?{query}' if query else ''}")

    def get(self, address: httpx.URL) -> Reply:
        """Read an address of the API."""
        return self._reply(self.send("GET", address, "whenever it failed"), "GET", address, 200)

    def write(
        self,
        method: str,
        address: httpx.URL,
        body: Mapping[str, Any],
        again: Again,
        *,
        expected: int,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a JSON body to an address of the API."""
        content = json.dumps(body, allow_nan=False).encode()
        given = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
        answer = self.send(method, address, again, content=content, headers=given)
        return self._reply(answer, method, address, expected)

    def send(
        self,
        method: str,
        address: httpx.URL,
        again: Again,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request to the API with its token, which is fetched anew once when it is not accepted any more."""
        if origin(address) != origin(self.base):
            raise AnswerError(f"{self.host}: leads to another origin, which must not see the token")

        def ask() -> Answer:
            given = {"Accept": "application/json", **self.asker(), **(headers or {})}

            def once(limits: Limits) -> Answer:
                request = self._http.build_request(method, address, content=content, headers=given)
                return exchange(self._http, request, limits, self.patience.timing.clock)

            return self.patience.answer(once, self.host, again)

        return self.authorizer.renewing(ask)

    def asker(self) -> dict[str, str]:
        """Return the headers that say who asks, for a request to the API's own origin."""
        return {**self.authorizer.headers(), **({"X-Xurrent-Account": self._account} if self._account else {})}

    def _reply(self, answer: Answer, method: str, address: httpx.URL, expected: int) -> Reply:
        self.refuse(answer, method, address, expected)
        what = self.named(method, address)
        kind = answer.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            page = "a web page" if "html" in kind else "another kind of file"
            raise AnswerError(f"{what}: answered with {page} instead of JSON; is [api] url in store.toml right?")
        try:
            return Reply(parse(answer.body), answer.headers)
        except StrictJsonError as error:
            raise AnswerError(f"{what}: the answer {error}") from None

    def refuse(self, answer: Answer, method: str, address: httpx.URL, expected: int) -> None:
        """Raise the error that a status other than the `expected` one stands for."""
        if answer.status == expected:
            return
        what = self.named(method, address)
        if 300 <= answer.status < 400:
            to = origin_of(str(address.join(answer.headers["location"]))) if _leads_on(answer) else "…"
            raise AnswerError(
                f"{what}: answered with a redirect to {to}, which is not followed; is [api] url in store.toml right?"
            )
        if answer.status < 400:
            raise AnswerError(f"{what}: answered {answer.status}, where {expected} was expected")
        message, errors = self._told(answer)
        told = f"{what}: {answer.status} {_PHRASES.get(answer.status, '')}".rstrip()
        if message and message.lower() != _PHRASES.get(answer.status, "").lower():
            told += f": {message}"
        told += "".join(f"; {field} {reason}" for field, reason in errors)
        if answer.status in {401, 403}:
            told += f" ({self.authorizer.advice()})"
        raise _KINDS.get(answer.status, StatusError)(told, status=answer.status, errors=errors)

    def named(self, method: str, address: httpx.URL) -> str:
        """Name a request in a message: the host, the method, and the path below the API, without its query."""
        return f"{self.host}: {method} {address.path.removeprefix(self.base.path)[:200]}"

    def _told(self, answer: Answer) -> tuple[str, Sequence[tuple[str, str]]]:
        """Return the message of an answer that says no, and its pairs of field and reason; as far as it has any."""
        try:
            body = parse(answer.body[:_TOLD_BYTES])
        except StrictJsonError:
            return "", ()
        if not isinstance(body, dict):
            return "", ()
        message, errors = body.get("message"), body.get("errors")
        pairs = [
            (self.authorizer.redacted(pair[0]), self.authorizer.redacted(pair[1]))
            for pair in (errors if isinstance(errors, list) else [])[:_MOST_ERRORS]
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        ]
        return self.authorizer.redacted(message) if isinstance(message, str) else "", pairs


_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_KINDS: Final[Mapping[int, type[StatusError]]] = {
    401: AccessError,
    403: AccessError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    422: FieldsError,
    429: RateLimitError,
}


def _leads_on(answer: Answer) -> bool:
    try:
        httpx.URL(answer.headers.get("location", ""))
    except httpx.InvalidURL:
        return False
    return "location" in answer.headers
