"""Characters that deceive a reader: taken out of all that a page shows, and never counted when names are compared.

The rule is one for texts and for fields of one line. What is stored stays as it was written.
"""

import re
import unicodedata
from collections.abc import Iterator

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DECEIVING = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f)"
    "|[\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What shows words in an order that nobody wrote (bidirectional overrides, embeddings, isolates), or hides them (spaces
and signs without a width, annotations, tags but for those of a region's flag, which is group 1). Joiners and the marks
of a direction stay: emoji and several scripts need them."""

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Without a shape, although Unicode takes them for letters, marks and symbols."""

_SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")

UNPRINTABLE = "a control character or half a surrogate pair: replaced"
DECEIVING = "an invisible character that turns or hides words: left out"


def clean(text: str) -> str:
    """Replace what no page may hold, and leave out what deceives a reader."""
    return _DECEIVING.sub(r"\1", _UNPRINTABLE.sub("\ufffd", text))


def deceits(text: str) -> Iterator[tuple[int, str]]:
    """Yield what `clean` changes: where the first of its kind stands in `text`, and what becomes of it, in words."""
    if found := _UNPRINTABLE.search(text):
        yield found.start(), UNPRINTABLE
    if found := next((match for match in _DECEIVING.finditer(text) if not match[1]), None):
        yield found.start(), DECEIVING


def visible(text: str) -> str:
    """Return the characters of `text` that have a shape, and its spaces: what two names are told apart by."""
    if text.isascii() and text.isprintable():  # nearly every name, at a thousandth of the time
        return text
    return "".join(char for char in _SELECTORS.sub("", text) if char not in _FILLERS and not _is_formatting(char))


def _is_formatting(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs"}


def whole_characters(text: str, end: int) -> str:
    """Return up to `end` characters, and no half of several that are drawn as one."""
    while end > 1 and (unicodedata.category(text[end])[0] == "M" or "\u200d" in text[end - 1 : end + 1]):
        end -= 1
    return text[:end]
