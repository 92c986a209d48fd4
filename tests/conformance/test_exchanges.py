"""Every exchange of `exchanges/`, played against our own server or the one that ``--target`` names."""

from collections.abc import Callable

import pytest

from exchanges import Exchange, load_exchanges
from playing import Player
from targets import Target, unique, why_not


def listed() -> list[object]:
    return [
        pytest.param(exchange, id=exchange.name, marks=[pytest.mark.writes] if exchange.writes else [])
        for exchange in load_exchanges()
    ]


@pytest.mark.parametrize("exchange", listed())
def test_exchange(
    exchange: Exchange, target_of: Callable[[Exchange], Target], player_of: Callable[[Target], Player]
) -> None:
    target = target_of(exchange)
    if reason := why_not(exchange, target):
        pytest.skip(reason)
    player_of(target).play(exchange, unique=unique())
