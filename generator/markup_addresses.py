"""Addresses in a text judged: which become links, to where, and what the author should know of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from markdown_it.common.normalize_url import normalizeLink

from generator.addresses import attachment_key
from generator.characters import clean
from generator.markup_headings import Headings
from generator.markup_policy import passes_as_link
from generator.markup_values import Target
from generator.markup_words import quoted

_CHARACTERS = 2048
"""An address's limit; a longer one is text."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_TRICKS = re.compile(r"[\s\\\x00-\x20\x7f-\xa0]")
"""Characters that browsers skip or turn (``java<tab>script:``, ``https:\\\\``): no honest address needs them."""

_HOST = r"(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
_WEB = re.compile(rf"https?://{_HOST}(?:[/?#][!-;=?-~]*)?", re.IGNORECASE)
_MAIL_FIELD = r"(?:subject|body)=[!-%'-;=?-~]*"
_MAIL = re.compile(
    r"mailto:[a-z0-9.!#$&'*+/=^_`{|}~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
    rf"(?:\?{_MAIL_FIELD}(?:&{_MAIL_FIELD})*)?",
    re.IGNORECASE,
)
"""A mail may be begun for the visitor; other fields could add a reader or, in old programs, a file."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of an address: a link to `href`, or text when none; `reason` tells the author why, or is ""."""

    href: str | None
    reason: str = ""


def judge(address: str, headings: Headings, targets: Mapping[str, Target]) -> Verdict:
    """Judge one address as it was written; `targets` by `attachment_key`."""
    if len(address) <= _CHARACTERS:
        if address.startswith("#"):
            return _judge_heading(address, headings)
        if (key := attachment_key(address)).startswith("attachments/"):
            target = targets.get(key)
            return Verdict(target.href) if target else Verdict(None, f"no file {quoted(address)}: shown as text")
    if (href := web_address(address)) is None:
        kind = "address" if _SCHEME.match(address) or len(address) > _CHARACTERS else "relative link"
        fault = "cannot be a link" if kind == "address" else "leads nowhere here"
        return Verdict(None, f"{kind} {quoted(address)} {fault}: shown as text")
    if href.startswith("http:"):
        return Verdict(href, f"http link {quoted(address)}: anybody on the way can read and change it")
    return Verdict(href)


def _judge_heading(address: str, headings: Headings) -> Verdict:
    id_ = headings.id_of(address)
    return Verdict(f"#{id_}") if id_ else Verdict(None, f"no heading {quoted(address)}: shown as text")


def web_address(written: str) -> str | None:
    """Return the address as the page will have it, if it is one of ``https``, ``http`` or ``mailto`` and hides nothing.

    What is judged is the very string that will be emitted: ASCII, percent-encoded, its host in Punycode. nh3 has its
    say, too: it reads addresses as browsers do, and drops those whose host no browser would accept.
    """
    if len(written) > _CHARACTERS or _TRICKS.search(written):
        return None
    try:
        address = normalizeLink(written)
    except ValueError:  # a host that has no Punycode
        return None
    if len(address) > _CHARACTERS or not (_WEB.fullmatch(address) or _MAIL.fullmatch(address)):
        return None
    return address if passes_as_link(address) else None


def last_part(address: str) -> str:
    """Name what has no name after the last part of its address, or the whole of it when that ends in ``/``."""
    return clean(unquote(address.partition("?")[0].rpartition("/")[2])) or address
