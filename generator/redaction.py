"""Other people's words, fit for a message: without secrets, whole addresses, or characters that act."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

MOST = 200
"""Characters of somebody else's message that are shown."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',]+")


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with each secret and credential as ``…``, and of each address its origin alone."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "…")
    text = _BEARER.sub(r"\1 …", text)
    text = _ADDRESS.sub(lambda match: f"{origin_of(match[0])}/…", text)
    text = "".join(char if char.isprintable() else " " for char in text).strip()
    return f"{text[:MOST]}…" if len(text) > MOST else text


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address; ``…`` where it has none that can be shown."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "…"
    if not host or not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", host):
        return "…"
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}"
