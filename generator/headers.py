"""The headers that a host should send with the site: a policy under which nothing but our own files can act.

They are written as ``_headers`` (the format of Cloudflare Pages, Netlify and others), sent by the preview, and repeated
in each page as a meta policy as far as a page may set one. Hosts differ in what they do when two rules give one header
(the later wins, or both are joined by a comma), so for every path each header has one rule at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

META_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
POLICY: Final = f"{META_POLICY}; frame-ancestors 'none'"
"""What a page may load and do (Content Security Policy, level 3). A meta element cannot set ``frame-ancestors``."""


def with_index(policy: str) -> str:
    """Let a policy compile WebAssembly, as the full-text index must; it comes from our own files, like any script.

    A host sends one policy for all pages, and each page holds its own, of which both hold: only a page that searches
    the index may compile.
    """
    return policy.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")


@dataclass(frozen=True)
class Rule:
    """Headers for the paths that `pattern` matches: one path from the root, or with ``*`` all that begin so."""

    pattern: str
    headers: Mapping[str, str]

    def matches(self, path: str) -> bool:
        """Whether the rule is for `path`, which begins with a slash."""
        stem, star, _ = self.pattern.partition("*")
        return path.startswith(stem) if star else path == stem


_OUR_OWN = {"Cross-Origin-Resource-Policy": "same-origin"}
_NAMED_BY_CONTENT = {"Cache-Control": "public, max-age=31536000, immutable"}

RULES: Final = (
    Rule(
        "/*",
        {
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    ),
    *(Rule(pattern, _OUR_OWN) for pattern in ("/", "/index.html", "/404.html")),
    *(
        Rule(f"/{folder}/*", _OUR_OWN)
        for folder in ("apps", "categories", "compare", "page", "publishers", "security", "updated")
    ),
    Rule("/pagefind/*", _OUR_OWN),
    *(Rule(f"/{folder}/*", {**_OUR_OWN, **_NAMED_BY_CONTENT}) for folder in ("assets", "files", "media")),
    Rule("/v1/*", {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}),
)
"""Pages, pictures and files are for the store alone; ``v1/`` may be read from anywhere."""


def headers_for(path: str) -> dict[str, str]:
    """Return the headers of the file or folder at `path`, which begins with a slash."""
    return {name: value for rule in RULES if rule.matches(path) for name, value in rule.headers.items()}


def headers_file(*, has_index: bool = False) -> bytes:
    """Write ``_headers``, for a site with a full-text index or without."""
    blocks = (
        "\n".join((rule.pattern, *(f"  {name}: {value}" for name, value in rule.headers.items()))) for rule in RULES
    )
    text = "\n".join(blocks) + "\n"
    return (with_index(text) if has_index else text).encode()
