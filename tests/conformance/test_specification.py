"""Every sentence of the specification is held by an exchange or a test, and the README says by which."""

import ast
import os
from pathlib import Path

import pytest

from exchanges import load_exchanges
from sentences import SPECIFICATION, Sentence, held_elsewhere, holders, load_sentences, quoted
from specification_table import README, with_table

EXCHANGES = load_exchanges()
SENTENCES = load_sentences()
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda it: it.quoted[:60])
def test_every_sentence_is_held(sentence: Sentence) -> None:
    assert holders(SENTENCES, EXCHANGES)[sentence] or held_elsewhere().get(sentence.quoted)


def test_nothing_of_the_specification_is_left_out() -> None:
    """Compared with the specification itself, which lies beside the data outside of the repository."""
    if not (folder := os.environ.get("APPSHELF_DATA")):
        pytest.skip("APPSHELF_DATA names no folder, so the sentences are not compared with the specification")
    whole = (Path(folder).parent / "app_offerings_api.txt").read_text("utf-8")
    ours = "\n".join(line.lstrip("#") for line in SPECIFICATION.read_text("utf-8").splitlines())
    assert "".join(ours.split()) == "".join(whole.split())


@pytest.mark.parametrize("claim", held_elsewhere())
def test_what_holds_a_sentence_elsewhere_is_there(claim: str) -> None:
    assert quoted(claim, SENTENCES).quoted == claim
    for test in held_elsewhere()[claim]:
        path, name = test.split("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_exchange_has_a_name_of_its_own() -> None:
    names = [exchange.name for exchange in EXCHANGES]
    assert len(set(names)) == len(names)


def test_a_quotation_of_what_nobody_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="0 sentences"):
        quoted("Sorting: By default a collection is sorted by id.", SENTENCES)
    with pytest.raises(ValueError, match="2 sentences"):
        quoted("webhook_uri_template: The …", SENTENCES)


def test_the_readme_s_table_is_this_one() -> None:
    """``python tests/conformance/specification_table.py`` writes it."""
    text = README.read_text("utf-8")
    assert with_table(text) == text
