"""The ``Authorization`` header: from a personal token, or from an OAuth client's id and secret.

Client credentials (RFC 6749, section 4.4) are exchanged for a token, which is kept until shortly before it expires,
or until the API does not accept it any more.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import httpx

from generator.credentials import ClientCredentials, Credentials, Secret, Token
from generator.errors import AccessError, AnswerError
from generator.patience import Patience
from generator.redaction import redacted
from generator.strict_json import StrictJsonError, parse
from generator.wire import Answer, Limits, exchange

LEEWAY: Final = 60.0
"""Seconds before its end from which a token is not used any more."""
_VISIBLE = re.compile(r"[\x21-\x7e]{1,16384}")


class Authorizer:
    """Gives requests to the API their ``Authorization``; the secrets go nowhere else."""

    def __init__(self, http: httpx.Client, credentials: Credentials | None, oauth_url: str, patience: Patience) -> None:
        self._http, self._credentials, self._oauth_url, self._patience = http, credentials, oauth_url, patience
        self._fetched: Secret | None = None
        self._expires: float | None = None

    def headers(self) -> dict[str, str]:
        """Return the header for a request that is sent now; raises `RemoteError` if no token can be had."""
        match self._credentials:
            case None:
                return {}
            case Token(secret):
                return {"Authorization": f"Bearer {secret.reveal()}"}
            case ClientCredentials() as client:
                is_old = self._expires is not None and self._patience.timing.clock() >= self._expires
                if self._fetched is None or is_old:
                    self._fetch(client)
                return {"Authorization": f"Bearer {self._fetched.reveal() if self._fetched else ''}"}

    def renewing(self, ask: Callable[[], Answer]) -> Answer:
        """Ask; once more with a new token, where one can be had and the old one is not accepted (401)."""
        answer = ask()
        if answer.status != 401 or self._fetched is None:
            return answer
        self._fetched = None
        return ask()

    def advice(self) -> str:
        """Say what to look at when access is denied."""
        if self._credentials is None:
            return "no token was sent; set APPSHELF_API_TOKEN"
        return "is the token right, and the account?"

    def redacted(self, text: str) -> str:
        """Return the other side's words as they may be shown."""
        return redacted(text, (secret.reveal() for secret in self._secrets()))

    def _secrets(self) -> list[Secret]:
        match self._credentials:
            case Token(secret):
                return [secret]
            case ClientCredentials(client_id, client_secret):
                return [client_id, client_secret, *([self._fetched] if self._fetched else [])]
        return []

    def _fetch(self, client: ClientCredentials) -> None:
        address = httpx.URL(self._oauth_url)
        form = {
            "grant_type": "client_credentials",
            "client_id": client.client_id.reveal(),
            "client_secret": client.client_secret.reveal(),
        }

        def send(limits: Limits) -> Answer:
            return exchange(
                self._http,
                self._http.build_request("POST", address, data=form, headers={"Accept": "application/json"}),
                Limits(_ANSWER_BYTES, seconds=limits.seconds),
                self._patience.timing.clock,
            )

        asked = self._patience.timing.clock()
        answer = self._patience.answer(send, address.host, "whenever it failed")  # a token too many harms nobody
        given = _grant(answer, address.host)
        if answer.status != 200:
            reason = self.redacted(str(given.get("error", "")))
            message = f"{address.host}: gives no token: {answer.status}{f': {reason}' if reason else ''}"
            raise AccessError(message, status=answer.status)
        token, kind, seconds = given.get("access_token"), given.get("token_type"), given.get("expires_in")
        if not isinstance(token, str) or not _VISIBLE.fullmatch(token):
            raise AnswerError(f"{address.host}: answered without a token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise AnswerError(f"{address.host}: gave a token of a kind other than bearer")
        self._fetched = Secret(token)
        self._expires = None
        if isinstance(seconds, int | float) and seconds > 0:
            self._expires = asked + max(seconds - LEEWAY, seconds / 2)


_ANSWER_BYTES: Final = 64 * 1024


def _grant(answer: Answer, host: str) -> dict[str, Any]:
    """Read what the token endpoint says (RFC 6749, sections 5.1 and 5.2); of a failure, what can be read of it."""
    try:
        given = parse(answer.body)
    except StrictJsonError as error:
        if answer.status == 200:
            raise AnswerError(f"{host}: the answer {error}") from None
        return {}
    if isinstance(given, dict):
        return given
    if answer.status == 200:
        raise AnswerError(f"{host}: answered without a token")
    return {}


def oauth_address(api_url: str) -> str | None:
    """Return where the platform exchanges credentials: ``https://api.<domain>/v1`` → ``https://oauth.<domain>/token``.

    ``None`` for an API whose host is not called so (developer.xurrent.com, "Service URLs").
    """
    url = httpx.URL(api_url)
    if not url.host.startswith("api."):
        return None
    return str(url.copy_with(host=f"oauth.{url.host.removeprefix('api.')}", raw_path=b"/token"))
