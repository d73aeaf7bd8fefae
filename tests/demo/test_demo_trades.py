from collections import Counter
from string import Formatter

from demo.servers.posts import TERMS
from demo.wording import WORLDS, Trade, other_activities, trades, trades_of, words
from directory.nomenclature import naf

PLACEHOLDERS = {"nom", "prenom", "deux", "mot", "lieu", "pays", "sigle", "neo"}


def faults(trade: Trade) -> list[str]:
    """What a trade of the files lacks."""
    fields = {field for name in trade.noms for _, field, _, _ in Formatter().parse(name) if field}
    checks = {
        "a known naf": naf.known(trade.naf),
        "a weight": trade.poids > 0,
        "a sector": trade.secteur in {slug for _, _, slug in TERMS},
        "two phrases": len(trade.fait) >= 2,
        "a name": bool(trade.noms),
        "products": bool(trade.vend),
        "known placeholders": fields <= PLACEHOLDERS,
        "a craft": bool(trade.metier) or trade.monde != "craft",
        "themes": bool(trade.themes) or trade.monde != "startup",
    }
    return [f"{trade.monde} {trade.naf} lacks {what}" for what, holds in checks.items() if not holds]


def test_trades_cover_the_region() -> None:
    assert len({trade.naf for trade in trades()}) >= 200
    assert set(Counter(trade.monde for trade in trades())) == set(WORLDS)


def test_trades_are_whole() -> None:
    assert [fault for trade in trades() for fault in faults(trade)] == []


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
