from collections import Counter
from string import Formatter

import pytest

from demo.servers.posts import TERMS
from demo.wording import WORLDS, Trade, other_activities, trades, trades_of, words
from directory.nomenclature import naf

PLACEHOLDERS = {"nom", "prenom", "deux", "mot", "lieu", "pays", "sigle", "neo"}


def name_of(trade: Trade) -> str:
    return f"{trade.monde} {trade.naf}"


def test_trades_cover_the_region() -> None:
    assert len({trade.naf for trade in trades()}) >= 200
    assert set(Counter(trade.monde for trade in trades())) == set(WORLDS)


@pytest.mark.parametrize("trade", trades(), ids=name_of)
def test_a_trade_is_whole(trade: Trade) -> None:
    assert naf.known(trade.naf)
    assert trade.poids > 0
    assert trade.secteur in {slug for _, _, slug in TERMS}
    assert len(trade.fait) >= 2
    assert trade.noms
    assert trade.vend
    assert {field for name in trade.noms for _, field, _, _ in Formatter().parse(name) if field} <= PLACEHOLDERS
    assert trade.metier or trade.monde != "craft"
    assert trade.themes or trade.monde != "startup"


def test_weights_rise() -> None:
    for world in WORLDS:
        chosen, weights = trades_of(world)
        assert len(chosen) == len(weights)
        assert list(weights) == sorted(weights)


def test_other_activities_are_the_ones_no_trade_describes() -> None:
    others = set(other_activities())
    assert not others & {trade.naf for trade in trades()}
    assert not {"84.11Z", "99.00Z", "06.10Z"} & others
    assert "45.19Z" in others


def test_words_are_all_different() -> None:
    for name in words().__struct_fields__:
        listed = getattr(words(), name)
        assert len(set(listed)) == len(listed), name
