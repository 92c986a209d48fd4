"""What buyers ask about security and compliance, and the sentences of a text that name it: quoted, never judged. Pure.

A topic is found by its words alone, in a sentence or in the heading above it. Nothing is concluded from a sentence,
and nothing from its absence: a page says "no sentence about …", which is a fact about the text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from markdown_it.common.utils import unescapeAll

from generator.markup_values import Heading, Passage


@dataclass(frozen=True)
class Topic:
    """Something that buyers ask about: its name, its key in addresses, and the words that name it.

    `headings` are the words that name it in a heading, where one word says less elsewhere: “Location”.
    """

    key: str
    name: str
    words: re.Pattern[str]
    headings: re.Pattern[str]


@dataclass(frozen=True)
class Quote:
    """A sentence, word for word, after the one that it refers to if it does; and the heading that it stands under."""

    words: str
    heading: Heading | None


@dataclass(frozen=True)
class Answer:
    """A topic and the sentences that name it, in the order of the text."""

    topic: Topic
    quotes: tuple[Quote, ...]


def _topic(key: str, name: str, words: str, headings: str = "") -> Topic:
    return Topic(key, name, _naming(words), _naming(f"{words}|{headings}" if headings else words))


def _naming(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


_NUMBER = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|thirty|ninety)"
_TIME = r"(?:hours?|days?|weeks?|months?|years?)"
TOPICS = (
    _topic("iso-27001", "ISO 27001", r"ISO(?:[ /-]*IEC)?[ /-]*27001"),
    _topic("iso-27018", "ISO 27018", r"ISO(?:[ /-]*IEC)?[ /-]*27018"),
    _topic("soc-1", "SOC 1", r"SOC[ -]?(?:1|I)(?: Type (?:1|2|I|II))?"),
    _topic("soc-2", "SOC 2", r"SOC[ -]?(?:2|II)(?: Type (?:1|2|I|II))?"),
    _topic("soc-3", "SOC 3", r"SOC[ -]?(?:3|III)"),
    _topic("gdpr", "GDPR", r"GDPR|General Data Protection Regulation|DSGVO|Datenschutz-Grundverordnung"),
    _topic("hipaa", "HIPAA", r"HIPAA"),
    _topic("pci-dss", "PCI DSS", r"PCI[ -]?DSS"),
    _topic(
        "data-location",
        "Data location",
        r"(?-i:data cent(?:er|re)s?)|data (?:location|residency|regions?)|European Union|European Economic Area|EU|EEA"
        r"|(?:hosted|stored|processed|kept|located|reside[sd]?) in"
        r"|(?-i:(?:held|runs?|running|operated|takes? place|servers?|process(?:es|ing)|stores?|hosts?|keeps?)"
        r"(?: [a-z]+){0,3} in(?= [A-Z]))",
        headings=r"locations?|residency|hosting|hosted|where .*(?:data|records?|information)",
    ),
    _topic(
        "retention",
        "Retention",
        r"retention|retain(?:s|ed)?|(?:kept|stored|held) (?:for|until)|deleted (?:after|within)"
        rf"|(?:for|until) (?:at most |up to )?{_NUMBER} {_TIME}"
        rf"|{_NUMBER} {_TIME} (?:after|later|at (?:most|the latest))",
        headings="kept for|how long .*(?:keep|kept|stored?)",
    ),
    _topic("deletion", "Deletion", r"delet(?:e|es|ed|ing|ion)|eras(?:e|es|ed|ing|ure)"),
    _topic("encryption", "Encryption", r"(?:un)?encrypt\w*|TLS(?: ?1\.[0-3])?|SSL|AES(?:-?(?:128|192|256))?"),
    _topic("backups", "Backups", r"back-?ups?|backed up"),
    _topic("subprocessors", "Subprocessors", r"sub-?(?:processors?|contractors?)", headings="third parties|suppliers"),
    _topic(
        "sign-in",
        "Sign-in",
        r"(?:sign|signs|signed|signing|log|logs|logged)[ -]in|log-?ins?|single sign-on|SSO|SAML|OAuth(?: ?2(?:\.0)?)?"
        r"|OpenID|MFA|2FA|(?:multi|two)-?factor|second factor|password (?:policy|rules)|passwordless"
        r"|passwords? (?:are|is)",
        headings="authentication",
    ),
    _topic("penetration-test", "Penetration test", r"pen(?:etration)?[ -]?test(?:s|ed|ing|er|ers)?"),
    _topic("audit-log", "Audit log", r"audit (?:logs?|trails?|records?)|(?:is|are) logged"),
    _topic(
        "incidents",
        "Incidents",
        r"security incidents?|breach(?:es)?|vulnerabilit(?:y|ies)|weakness(?:es)?",
    ),
)

Topics = tuple[Topic, ...]


def topics_in(names: Mapping[str, str], words: Mapping[str, Sequence[str]]) -> Topics:
    """Return our topics in another language: their `names`, and the `words` that name them beside ours, by key.

    A word is taken as it stands, but for the case of its letters; ``*`` at its end stands for more of them.
    """
    return tuple(_also(topic, names.get(topic.key, topic.name), words.get(topic.key, ())) for topic in TOPICS)


def _also(topic: Topic, name: str, words: Sequence[str]) -> Topic:
    if not words:
        return replace(topic, name=name)
    others = "|".join(re.escape(word.removesuffix("*")) + r"\w*" * word.endswith("*") for word in words)
    return Topic(
        topic.key, name, _naming(f"{topic.words.pattern}|{others}"), _naming(f"{topic.headings.pattern}|{others}")
    )


ATTESTED = tuple(topic for topic in TOPICS if topic.name.startswith(("ISO", "SOC", "HIPAA", "PCI")))
"""What an auditor attests: a provider that has it declares it as an assurance."""

_MONTH = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_END = re.compile(rf"""[.!?…]["'”’»)\]]*(?=\s+["'“‘«„(\[]?[^\W_a-zà-ÿ])(?!(?<=\d\.)\s+(?:{_MONTH})\b)""")
"""A German day is written with a dot, as in “am 1. März”."""
_NO_END = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|e\.g|i\.e|etc|vs|approx|incl|no|nr|ltd|inc|corp|co|dr|mr|ms|mrs|st|art|sec|abs|bzw|ca|evtl|ggf|inkl|zzgl|bijv|evt|resp)\.$",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"(?:There (?:is|are) no (?:other|further)|No other|They|It|This|These|Those|Both|Neither|Such|Others?"
    r"|Es gibt keine? (?:anderen?|weiteren?)|Sie|Diese[rsmn]?|Beide|Er is geen ander|Zij|Ze|Deze|Dit)\b"
)
"""How a sentence begins that says little without the one before it."""
_UNDER_A_HEADING = 6
"""Sentences of a section that are about the topic of its heading, though they do not name it."""
_MARKS = re.compile(r"[*~`\\\[\]<>]|(?<![^\W_])_+|_+(?![^\W_])")
"""What markup may put around words."""
_INSIDE = re.compile(r"\w(?:[*~`\\\[\]<>]+|\]\S*\))\w")
"""Where it may stand inside one, or may not be markup at all."""
_LONGEST = 600
"""Characters of a quoted sentence; what never ends is cut there."""


def sentences(words: str) -> Iterator[str]:
    """Yield the sentences of a passage, each word for word."""
    start = 0
    for end in _END.finditer(words):
        if not _NO_END.search(words[start : end.start() + 1]):
            yield words[start : end.end()].strip()
            start = end.end()
    if rest := words[start:].strip():
        yield rest


def answers(passages: Iterable[Passage], topics: Topics = TOPICS) -> tuple[Answer, ...]:
    """Find what a text says by topic: the sentences that name it, and the first ones under a heading that does.

    Under a heading that names several topics, a sentence that names none of them may be about either: the first one
    stands for what no sentence names.
    """
    found: dict[Topic, dict[str, Quote]] = {topic: {} for topic in topics}
    spare: dict[Topic, dict[str, Quote]] = {topic: {} for topic in topics}
    named: list[Topic] = []
    opened: Heading | None = None
    said = 0
    for passage in passages:
        if passage.heading is not opened:
            opened, said = passage.heading, 0
            named = [topic for topic in topics if opened and topic.headings.search(opened.text)]
        before = ""
        for sentence in sentences(passage.words):
            said += 1
            about = named if len(named) == 1 and said <= _UNDER_A_HEADING else ()
            for topic in topics:
                if topic in about or topic.words.search(sentence):
                    found[topic].setdefault(sentence, _quote(sentence, before, passage.heading, found[topic]))
                elif said == 1 and topic in named:
                    spare[topic][sentence] = Quote(_short(sentence), passage.heading)
            before = sentence
    told = {topic: found[topic] or spare[topic] for topic in topics}
    return tuple(Answer(topic, tuple(quotes.values())) for topic, quotes in told.items() if quotes)


@lru_cache(maxsize=4096)
def may_answer(text: str, topics: Topics = TOPICS) -> bool:
    """Whether a text may say something by topic, told without reading it as markup; remembered, as an author looks on.

    When this is false, `answers` finds nothing; when it is true, it may still find nothing.
    """
    names = _any_of(topics).search
    if names(text.lower()):
        return True
    words = unescapeAll(text).replace("](", "] (").replace("][", "] [")
    return bool(_INSIDE.search(words) or names(" ".join(_MARKS.sub("", words).lower().split())))


@lru_cache(maxsize=4)
def _any_of(topics: Topics) -> re.Pattern[str]:
    """One pattern for all topics, in lower case throughout: it finds at least what they find."""
    return re.compile("|".join(topic.headings.pattern.replace("(?-i:", "(?:").lower() for topic in topics))


def _quote(sentence: str, before: str, heading: Heading | None, quoted: Mapping[str, Quote]) -> Quote:
    words = f"{before} {sentence}" if before and before not in quoted and _REFERS.match(sentence) else sentence
    return Quote(_short(words), heading)


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST else sentence[:_LONGEST].rstrip() + " …"


def silent(answered: Iterable[Answer], topics: Topics = TOPICS, declared: Iterable[str] = ()) -> Topics:
    """Return the topics that no sentence names, and nothing that was declared."""
    told = {answer.topic for answer in answered} | {topic_of(name, topics) for name in declared}
    return tuple(topic for topic in topics if topic not in told)


def topic_of(declared: str, topics: Topics = TOPICS) -> Topic | None:
    """Return the topic that the name of a declared assurance names, if it is one of ours."""
    named = (it for it in topics if it.words.search(declared) or it.name.casefold() == declared.casefold())
    return next(named, None)
