"""What buyers ask about security and compliance, and the sentences of a text that name it: quoted, never judged. Pure.

A topic is found by its words alone. Nothing is concluded from a sentence, and nothing from its absence: a page says
"no sentence about …", which is a fact about the text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from generator.markup_values import Heading, Passage


@dataclass(frozen=True)
class Topic:
    """Something that buyers ask about: its name, its key in addresses, and the words that name it."""

    key: str
    name: str
    words: re.Pattern[str]


@dataclass(frozen=True)
class Quote:
    """A sentence, word for word, and the heading that it stands under."""

    words: str
    heading: Heading | None


@dataclass(frozen=True)
class Answer:
    """A topic and the sentences that name it, in the order of the text."""

    topic: Topic
    quotes: tuple[Quote, ...]


def _topic(key: str, name: str, words: str) -> Topic:
    return Topic(key, name, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE))


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
        r"|(?:hosted|stored|processed|kept|located|reside[sd]?) in",
    ),
    _topic("retention", "Retention", r"retention|retain(?:s|ed)?|(?:kept|stored) for|deleted (?:after|within)"),
    _topic("deletion", "Deletion", r"delet(?:e|es|ed|ing|ion)|eras(?:e|es|ed|ing|ure)"),
    _topic("encryption", "Encryption", r"(?:un)?encrypt\w*|TLS(?: ?1\.[0-3])?|SSL|AES(?:-?(?:128|192|256))?"),
    _topic("backups", "Backups", r"back-?ups?|backed up"),
    _topic("subprocessors", "Subprocessors", r"sub-?(?:processors?|contractors?)"),
    _topic(
        "sign-in",
        "Sign-in",
        r"(?:sign|signs|signed|signing|log|logs|logged)[ -]in|log-?ins?|single sign-on|SSO|SAML|OAuth(?: ?2(?:\.0)?)?"
        r"|OpenID|MFA|2FA|(?:multi|two)-?factor|second factor|passwords?",
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
    return Topic(topic.key, name, re.compile(rf"{topic.words.pattern}|(?<!\w)(?:{others})(?!\w)", re.IGNORECASE))


ATTESTED = tuple(topic for topic in TOPICS if topic.name.startswith(("ISO", "SOC", "HIPAA", "PCI")))
"""What an auditor attests: a provider that has it declares it as an assurance."""

_MONTH = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_END = re.compile(rf"""[.!?…]["'”’»)\]]*(?=\s+["'“‘«„(\[]?[^\W_a-zà-ÿ])(?!(?<=\d\.)\s+(?:{_MONTH})\b)""")
"""A German day is written with a dot, as in “am 1. März”."""
_NO_END = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|e\.g|i\.e|etc|vs|approx|incl|no|nr|ltd|inc|corp|co|dr|mr|ms|mrs|st|art|sec|abs|bzw|ca|evtl|ggf|inkl|zzgl|bijv|evt|resp)\.$",
    re.IGNORECASE,
)
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
    """Find what a text says by topic: the sentences that name it, or else the first one under a heading that does."""
    found: dict[Topic, dict[str, Quote]] = {topic: {} for topic in topics}
    headed: dict[Topic, dict[str, Quote]] = {topic: {} for topic in topics}
    opened: Heading | None = None
    for passage in passages:
        named = [topic for topic in topics if passage.heading and topic.words.search(passage.heading.text)]
        is_first = passage.heading is not None and passage.heading is not opened
        opened = passage.heading
        for number, sentence in enumerate(sentences(passage.words)):
            for topic in topics:
                if topic.words.search(sentence):
                    found[topic].setdefault(sentence, Quote(_short(sentence), passage.heading))
                elif is_first and not number and topic in named:
                    headed[topic].setdefault(sentence, Quote(_short(sentence), passage.heading))
    told = {topic: found[topic] or headed[topic] for topic in topics}
    return tuple(Answer(topic, tuple(quotes.values())) for topic, quotes in told.items() if quotes)


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST else sentence[:_LONGEST].rstrip() + " …"


def silent(answered: Iterable[Answer], topics: Topics = TOPICS) -> Topics:
    """Return the topics that no sentence names."""
    told = {answer.topic for answer in answered}
    return tuple(topic for topic in topics if topic not in told)


def topic_of(declared: str, topics: Topics = TOPICS) -> Topic | None:
    """Return the topic that the name of a declared assurance names, if it is one of ours."""
    named = (it for it in topics if it.words.search(declared) or it.name.casefold() == declared.casefold())
    return next(named, None)
