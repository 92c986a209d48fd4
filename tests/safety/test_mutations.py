"""Each defence, taken away, turns a named test red; see `mutations`."""

import pytest

from mutations import MUTATIONS, ROOT, Mutation, apply, copied, run


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda it: it.defence)
def test_the_text_of_a_row_stands_in_its_file_once(mutation: Mutation) -> None:
    """Else the row proves nothing any more."""
    assert (ROOT / mutation.file).read_text().count(mutation.old) == 1
    assert all((ROOT / test.partition("::")[0]).is_file() for test in mutation.tests)


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda it: it.defence)
def test_a_defence_taken_away_turns_its_tests_red(mutation: Mutation) -> None:
    with copied() as folder:
        whole = run(mutation, folder)
        assert whole.failed == (), whole.said[-2000:]
        assert whole.passed
        apply(mutation, folder)
        hurt = run(mutation, folder)
        assert not hurt.is_broken, hurt.said[-2000:]
        for test in mutation.tests:
            assert any(name.startswith(test) for name in hurt.failed), (test, hurt.said[-2000:])
