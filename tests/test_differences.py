"""What differs between two texts: what people would mark, nothing lost or made up, within a number of steps."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.differences import (
    CONTEXT,
    LONGEST,
    MOST_CHARACTERS,
    MOST_EDITS,
    STEPS,
    Block,
    Difference,
    brief,
    difference,
    every_edit,
)
from generator.edits import Steps, shortest_edits
from generator.markup_blocks import blocks
from generator.runs import Run, tokens, word_runs

PLENTY = 1_000_000


def written(runs: Sequence[Run]) -> str:
    """Runs as a line: ``kept for [-30] [+90] days``."""
    marks = {"=": "{}", "-": "[-{}]", "+": "[+{}]"}
    return "".join(marks[kind].format(words) for kind, words in runs)


def before(runs: Sequence[Run]) -> str:
    return "".join(words for kind, words in runs if kind != "+").removeprefix(" ")


def after(runs: Sequence[Run]) -> str:
    return "".join(words for kind, words in runs if kind != "-").removeprefix(" ")


def changed(old: str, new: str) -> list[str]:
    """What is told of two texts, by line."""
    told = difference(blocks(old, "commonmark"), blocks(new, "commonmark"))
    assert told is not None
    return [f"{edit.heading}: {written(edit.runs)}" if edit.heading else written(edit.runs) for edit in told.edits]


# ------------------------------------------------------------------------------------------------ sequences

FEW = st.lists(st.sampled_from("ab c"), max_size=12)


@given(FEW, FEW)
def test_regions_turn_the_old_into_the_new(old: list[str], new: list[str]) -> None:
    regions = shortest_edits(old, new, Steps(PLENTY))
    assert regions is not None
    made, at = list[str](), 0
    for removed, added in regions:
        assert removed.start >= at
        made += [*old[at : removed.start], *new[added]]
        at = removed.stop
    assert made + old[at:] == new
    assert (old == new) == (regions == [])


@given(FEW, FEW)
def test_no_fewer_edits_would_do(old: list[str], new: list[str]) -> None:
    regions = shortest_edits(old, new, Steps(PLENTY)) or []
    edits = sum(removed.stop - removed.start + added.stop - added.start for removed, added in regions)
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, one in enumerate(old):
        for j, other in enumerate(new):
            longest[i + 1][j + 1] = longest[i][j] + 1 if one == other else max(longest[i][j + 1], longest[i + 1][j])
    assert edits == len(old) + len(new) - 2 * longest[-1][-1]


@pytest.mark.parametrize("count", [100, 10_000])
def test_steps_bound_the_work(count: int) -> None:
    old, new = ["a", "b"] * count, ["b", "c", "a"] * count
    steps = Steps(500)
    assert shortest_edits(old, new, steps) is None
    assert -len(old) <= steps.left < 0


# ------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("Kept for 30 days.", "Kept for 90 days.", "Kept for[- 30][+ 90] days.", id="a number"),
        pytest.param("We use TLS 1.2.", "We use TLS 1.3.", "We use TLS[- 1.2][+ 1.3].", id="a version, whole"),
        pytest.param("It is kept.", "It is never kept.", "It is[+ never] kept.", id="a word more"),
        pytest.param("It is never kept.", "It is kept.", "It is[- never] kept.", id="a word less"),
        pytest.param(
            "Stored in Dublin.", "Stored in Dublin, or Cork.", "Stored in Dublin[+, or Cork].", id="an addition"
        ),
        pytest.param(
            "Servers (Ireland).",
            "Servers (Ireland) and mail (Germany).",
            "Servers (Ireland)[+ and mail (Germany)].",
            id="an addition after a bracket, not from inside it",
        ),
        pytest.param(
            "Kept for 30 days. Then it goes.",
            "Kept for 30 days in the EU. Backups are kept for 60 days. Then it goes.",
            "Kept for 30 days[+ in the EU. Backups are kept for 60 days]. Then it goes.",
            id="an addition that begins as what follows",
        ),
        pytest.param(
            "A red and a blue lamp on the table.",
            "A green and a black lamp on the table.",
            "A[- red][+ green] and a[- blue][+ black] lamp on the table.",
            id="two words apart",
        ),
        pytest.param(
            "Stored in Cork and Dublin only, as agreed.",
            "Stored in Rome and Oslo only, as agreed.",
            "Stored in[- Cork and Dublin][+ Rome and Oslo] only, as agreed.",
            id="one word between is read along",
        ),
        pytest.param("Logs are kept.", "All logs are kept.", "[-Logs][+All logs] are kept.", id="at the beginning"),
        pytest.param("", "A new line.", "[+A new line.]", id="a new line"),
        pytest.param("An old line.", "", "[-An old line.]", id="an old line"),
        pytest.param("a b c d", "w x y z", "[-a b c d][+w x y z]", id="nothing in common"),
        pytest.param(
            "データは30日間保存。", "データは90日間保存。", "データは[-30][+90]日間保存。", id="no spaces between words"
        ),
        pytest.param(
            "البيانات في دبلن فقط", "البيانات في كورك فقط", "البيانات في[- دبلن][+ كورك] فقط", id="from the right"
        ),
        pytest.param("हिन्दी में लिखा", "हिन्दी से लिखा", "हिन्दी[- में][+ से] लिखा", id="marks belong to their letters"),
        pytest.param("same", "same", "same", id="the same"),
    ],
)
def test_words_are_marked_as_people_would(old: str, new: str, told: str) -> None:
    assert written(word_runs(old, new, Steps(PLENTY))) == told


LINES = st.lists(st.sampled_from(["a", "b", "(c)", "d,", "1.3", "é", "日本", "of", "-", "…"]), max_size=14).map(
    " ".join
)


@given(LINES, LINES, st.sampled_from([0, 5, 50, PLENTY]))
def test_runs_hold_both_versions(old: str, new: str, steps: int) -> None:
    runs = word_runs(old, new, Steps(steps))
    assert (before(runs), after(runs)) == (old, new)
    assert all(run.words for run in runs)


@given(st.text(max_size=60))
def test_tokens_are_all_there_is(words: str) -> None:
    assert "".join(tokens(words)) == f" {words}"


# ------------------------------------------------------------------------------------------------- texts

POLICY = """\
We keep little.

## Retention

Logs are kept for 30 days. Nothing else is stored.

| Data | Kept for |
|--|--|
| Logs | 30 days |
| Backups | 35 days |

- [ ] encrypted at rest

```
retention = 30
```
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param(
            "kept for 30 days", "kept for 90 days",
            ["Retention: Logs are kept for[- 30][+ 90] days. Nothing else is stored."], id="in a paragraph",
        ),
        pytest.param("| Logs | 30", "| Logs | 90", ["Retention: Logs |[- 30][+ 90] days"], id="in a table"),
        pytest.param("[ ]", "[x]", ["Retention: [-☐][+☑] encrypted at rest"], id="a task that is done"),
        pytest.param("= 30", "= 60", ["Retention: retention =[- 30][+ 60]"], id="in code"),
        pytest.param("## Retention", "## Storage", ["[-Retention]", "[+Storage]"], id="a heading"),
        pytest.param("We keep little.\n\n", "", ["[-We keep little.]"], id="a paragraph less"),
        pytest.param("## Ret", "It is little.\n\n## Ret", ["[+It is little.]"], id="a paragraph more"),
        pytest.param(POLICY, "", ["[-We keep little.]", "[-Retention]"], id="all of it"),
    ],
)  # fmt: skip
def test_what_is_told_of_a_text(old: str, new: str, told: list[str]) -> None:
    assert changed(POLICY, POLICY.replace(old, new, 1))[: len(told)] == told


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(POLICY, id="the same"),
        pytest.param(POLICY.replace("little", "**little**"), id="other emphasis"),
        pytest.param(POLICY.replace("\n\n", "\n\n\n"), id="other spaces"),
        pytest.param(POLICY.replace("little", "[little](https://example.com)"), id="a link"),
        pytest.param("\ufeff" + POLICY.replace("\n", "\r\n"), id="another system's line ends"),
        pytest.param(POLICY.replace("little", "li\u202ettle"), id="what no page shows"),
    ],
)
def test_nothing_is_told_when_no_word_differs(new: str) -> None:
    assert difference(blocks(POLICY, "commonmark"), blocks(new, "commonmark")) is None


def test_a_text_beyond_markup_is_read_as_it_is_written() -> None:
    long = "word " * 14_000
    assert [block.words for block in blocks(f"**{long}**\n\nend", "commonmark")] == [f"**{long}**".strip(), "end"]


BLOCKS = st.lists(st.tuples(LINES.filter(bool), st.sampled_from(["", "One"])).map(lambda it: Block(*it)), max_size=8)


@given(BLOCKS, BLOCKS)
def test_edits_lead_from_one_text_to_the_other(old: list[Block], new: list[Block]) -> None:
    edits = every_edit(old, new, Steps(PLENTY))
    assert edits is not None
    gone = Counter(filter(None, (before(edit.runs) for edit in edits)))
    come = Counter(filter(None, (after(edit.runs) for edit in edits)))
    was, now = (Counter(block.words for block in them) for them in (old, new))
    assert gone <= was
    assert come <= now
    assert was - gone == now - come
    words = [block.words for block in old], [block.words for block in new]
    assert (edits == []) == (words[0] == words[1])


@given(BLOCKS, BLOCKS)
def test_nothing_is_shown_that_nobody_wrote(old: list[Block], new: list[Block]) -> None:
    told = difference(old, new)
    both = "\n".join(block.words for block in (*old, *new))
    for edit in told.edits if told else ():
        for run in edit.runs:
            assert all(part.strip(" …") in both for part in run.words.split(" … "))


# fmt: off
HOSTILE = {
    "one letter": ("a\n\n" * 21_000, "b\n\n" * 21_000),
    "two letters": ("a\n\nb\n\n" * 10_000, "b\n\na\n\na\n\n" * 7_000),
    "a word by turns": ("a " * 32_000, "b a " * 16_000),
    "all other words": ("word " * 13_000, "drow " * 13_000),
    "shuffled words": (" ".join(map(str, range(9_000))), " ".join(str(n * 7 % 9_001) for n in range(9_000))),
    "shuffled lines": ("\n\n".join(map(str, range(8_000))), "\n\n".join(str(n * 7 % 8_001) for n in range(8_000))),
    "fifty long lines": (("word " * 250 + "\n\n") * 50, ("drow " * 125 + "word " * 125 + "\n\n") * 50),
    "no spaces": ("日" * 20_000, "日本" * 10_000),
    "signs": ("(" * 60_000, "()" * 30_000),
    "marks": ("e" + "\u0301" * 30_000, "e" + "\u0302" * 30_000),
}
# fmt: on


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_cost_steps_that_are_counted(name: str) -> None:
    old, new = ([Block(line, "") for line in text.strip().split("\n\n")] for text in HOSTILE[name])
    steps = Steps(STEPS)
    every_edit(old, new, steps)
    assert steps.left > -70_000  # no more than the length of a text beyond
    told = difference(old, new)
    assert told is not None
    assert len(told.edits) <= MOST_EDITS
    shown = [run.words for edit in told.edits for run in edit.runs]
    assert max(map(len, shown), default=0) <= LONGEST + 2 * CONTEXT
    assert sum(map(len, islice(shown, 3, None))) <= MOST_CHARACTERS


def test_what_is_beyond_the_steps_is_rewritten() -> None:
    old, new = ([Block(it, "") for it in words] for words in ("abcdefgh" * 9, "hgfedcba" * 9))
    assert difference(old, new, steps=100) == Difference(())
    assert brief(Difference(())) == ()


def test_many_edits_are_counted() -> None:
    old, new = ([Block(f"Line {n} says {word}.", "") for n in range(40)] for word in ("this", "that"))
    told = difference(old, new)
    assert told is not None
    assert (len(told.edits), told.more, told.count) == (MOST_EDITS, 16, 40)


def test_a_long_line_is_shown_around_its_changes() -> None:
    line = " ".join(f"word{n}" for n in range(300))
    (edit,) = (difference([Block(line, "")], [Block(line.replace("word150 ", "other "), "")]) or Difference(())).edits
    first, gone, come, last = edit.runs
    assert first.words.startswith("… word14")
    assert (gone.words, come.words) == (" word150", " other")
    assert last.words.endswith(" …")
    assert max(len(first.words), len(last.words)) <= CONTEXT + 4


def test_a_brief_line_has_the_first_change() -> None:
    told = difference(blocks(POLICY, "commonmark"), blocks(POLICY.replace("30", "90"), "commonmark"))
    assert told is not None
    assert written(brief(told)) == "Logs are kept for[- 30][+ 90] days. Nothing else is stored."
    long = [Block("word " * 90 + "end", "")], [Block("word " * 90 + "other " * 90, "")]
    line = written(brief(difference(*long) or Difference(())))
    assert len(line) < 240
    assert line.startswith("… word")
