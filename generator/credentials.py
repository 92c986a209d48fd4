"""What proves to the API who asks: values that show themselves to nobody but the API."""

import re
from dataclasses import dataclass

from generator.errors import UsageError

_MOST = 16 * 1024
_VISIBLE = re.compile(r"[\x21-\x7e]+")
"""What a header may hold without being cut, folded or refused (RFC 9110, section 5.5)."""


class Secret:
    """A value that no message, log, traceback or copy shows; `reveal` is the one way to it."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value, for the header or form that carries it."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not handed to another process or written to a file")


@dataclass(frozen=True)
class Token:
    """A personal access token."""

    secret: Secret


@dataclass(frozen=True)
class ClientCredentials:
    """An OAuth client's id and secret (RFC 6749, section 4.4), good for tokens that expire."""

    client_id: Secret
    client_secret: Secret


Credentials = Token | ClientCredentials


def checked_secret(name: str, text: str) -> Secret:
    """Take `text`, without the space around it, as a secret; raises `UsageError` that shows nothing of it."""
    text = text.strip()
    if not _VISIBLE.fullmatch(text):
        raise UsageError(f"{name}: holds nothing, or a space or character that no token holds")
    if len(text) > _MOST:
        raise UsageError(f"{name}: {len(text):,} characters, at most {_MOST:,}")
    return Secret(text)
