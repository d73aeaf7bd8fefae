"""Places in a row of words: what names them, what leads to them, and how far around them is meant."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct, structs

from directory.normalise import vocabulary
from directory.understanding import gazetteer, place_numbers, place_words
from directory.understanding.gazetteer import Named, Proof
from directory.understanding.phrases import Phrases
from directory.understanding.tokens import Token
from directory.understanding.trade_phrases import TRADE_PHRASES

MARSEILLE: Final = "13055"
# "près de" and "autour de" without a figure.
NEARBY_KM: Final = 15.0
LEAST_KM, MOST_KM = 1.0, 300.0
# A minute on the road of this region, as the crow flies; generous, since a place hides who is outside.
_KM_A_MINUTE: Final = 1.0

_KM: Final = vocabulary("km kms kilometre kilometres")
_MINUTES: Final = vocabulary("min mn minute minutes")
_HOURS: Final = vocabulary("h heure heures")
# A distance, a preposition and two articles stand before a name, and the name.
_MOST_LEADING: Final = 6
# Around a distance: "dans un rayon de 20 km maximum à la ronde".
_FILLING: Final = vocabulary(
    "a dans un une rayon perimetre moins environ max maxi maximum plus ronde voiture route jusqu autour alentour sur "
    "distance de d la du"
)
# What an article that stands before a name can be contracted to.
_CONTRACTED: Final = {
    "le": ("le", "au", "du"),
    "la": ("la",),
    "les": ("les", "aux", "des"),
    "l": ("l",),
    "": ("d", "de"),
}


class Leading(IntEnum):
    """What a preposition says of the name after it, the surer the higher."""

    NONE = 0
    LOOSE = 1
    AT = 2
    NEAR = 3


class Found(Struct, frozen=True):
    """A place from token ``start`` to before ``end``. Without ``codes`` it is a distance that some other place has."""

    start: int
    end: int
    codes: tuple[str, ...] = ()
    is_near: bool = False
    radius_km: float | None = None


class _Led(Struct):
    """What was read before a name."""

    at: int
    leading: Leading = Leading.NONE
    article: str = ""
    radius_km: float | None = None
    distance_end: int = 0


# Words that lead to places, for the vocabulary that corrections are made from.
WORDS: Final = frozenset(
    word for phrase in (*place_words.NEAR, *place_words.AT, *place_words.AROUND_IT) for word in phrase.split()
) | (_FILLING | place_numbers.ARRONDISSEMENT | _KM)

_TRADES: Final = Phrases((phrase, True) for phrase in TRADE_PHRASES)
_PREPOSITIONS: Final = Phrases(
    [
        *((phrase, Leading.NEAR) for phrase in place_words.NEAR),
        *((phrase, Leading.AT) for phrase in place_words.AT),
        *((phrase, Leading.LOOSE) for phrase in place_words.LOOSE),
    ],
    passing_over=True,
)
_AROUND_IT: Final = Phrases(((phrase, True) for phrase in place_words.AROUND_IT), passing_over=True)


def place_at(row: Sequence[Token], start: int) -> Found | None:
    """The place that begins there, with its prepositions; None when none does."""
    led = _Led(start)
    for _ in range(_MOST_LEADING):
        if led.at >= len(row) or (led.at > start and row[led.at].ended.strip("(.")):
            break
        named = _named_at(row, led)
        if named:
            return _with_surroundings(row, start, named, led)
        if not _lead(row, led):
            break
    return Found(start, led.distance_end, radius_km=led.radius_km) if led.radius_km else None


# What leads to a name


def _lead(row: Sequence[Token], led: _Led) -> bool:
    """Read one more of what may stand before a name; whether there was any."""
    if not led.radius_km:
        distance = _distance_at(row, led.at)
        if distance:
            led.at, led.radius_km = distance
            led.distance_end = led.at
            return True
    if not led.leading:
        preposition = _PREPOSITIONS.at(row, led.at)
        if preposition:
            led.article = row[led.at].text if row[led.at].text in {"au", "aux"} else ""
            led.at, led.leading = _before_longer_name(row, led.at, preposition)
            return True
    if row[led.at].text in place_numbers.ARTICLES:
        led.article = row[led.at].text
        led.at += 1
        return True
    return False


def _before_longer_name(row: Sequence[Token], start: int, preposition: tuple[int, Leading]) -> tuple[int, Leading]:
    """The preposition, cut short where its noun begins a name: "dans le Pays de Grasse" is in that very body."""
    for at in range(start + 1, preposition[0]):
        name = gazetteer.names().at(row, at)
        if name and name[0] > preposition[0] and row[at].text not in place_numbers.ARTICLES:
            return at, Leading.AT
    return preposition


def _distance_at(row: Sequence[Token], start: int) -> tuple[int, float] | None:
    """After a distance and the words around it (``à moins de 20 km``), and its kilometres."""
    at = start
    while at < len(row) and at < start + 8 and row[at].text in _FILLING:
        at += 1
    if at + 1 >= len(row) or not row[at].is_number or row[at + 1].ended.strip("."):
        return None
    scale = _scale(row[at + 1].text)
    # "2 h de ménage" and "15 minutes" are durations unless something says that they are a way to go.
    if not scale or (scale != 1.0 and not any(token.text in {"a", "rayon"} for token in row[start:at])):
        return None
    end = at + 2
    while (
        end < len(row)
        and end < at + 8
        and row[end].text in _FILLING - place_numbers.ARTICLES - {"a", "dans", "sur"}
        and not row[end].ended
    ):
        end += 1
    if row[end : end + 2] and [token.text for token in row[end : end + 3]] == ["a", "la", "ronde"]:
        end += 3
    return end, min(max(float(row[at].text) * scale, LEAST_KM), MOST_KM)


def _scale(unit: str) -> float | None:
    if unit in _KM:
        return 1.0
    return _KM_A_MINUTE if unit in _MINUTES else 60 * _KM_A_MINUTE if unit in _HOURS else None


# The name itself


def _named_at(row: Sequence[Token], led: _Led) -> tuple[int, tuple[str, ...]] | None:
    """Where the name ends that starts there, and the codes that it means; None for what is no place here."""
    token = row[led.at]
    if token.is_elided or not (token.is_number or gazetteer.names().may_start(token)):
        return None
    if _TRADES.at(row, led.at) or _is_street(row, led.at):
        return None
    return (
        place_numbers.arrondissement_at(row, led.at)
        or place_numbers.postcode_at(row, led.at)
        or _name_at(row, led)
        or place_numbers.department_at(row, led.at, is_led=_leads_to_number(led))
    )


def _leads_to_number(led: _Led) -> bool:
    return led.leading is not Leading.NONE or led.article in {"le", "du"}


def _is_street(row: Sequence[Token], at: int) -> bool:
    before = at - 1
    while before >= max(at - 3, 0) and row[before].text in place_numbers.ARTICLES and not row[before + 1].ended:
        before -= 1
    return before >= 0 and row[before].text in place_words.STREET_WORDS and not row[before + 1].ended


def _name_at(row: Sequence[Token], led: _Led) -> tuple[int, tuple[str, ...]] | None:
    found = gazetteer.names().at(row, led.at)
    if found is None or row[led.at].text in place_numbers.ARTICLES:
        return None
    end, named = found
    told = tuple(place_words.WITH_ARTICLE.get((led.article, code), code) for code in named.codes)
    named = structs.replace(named, codes=told)
    end, codes, is_confirmed = _confirmed(row, end, named)
    return (end, codes) if is_confirmed or _is_believed(row, led, end, named) else None


def _confirmed(row: Sequence[Token], end: int, named: Named) -> tuple[int, tuple[str, ...], bool]:
    """With the arrondissement, postcode or department that stands after the name and tells which one is meant."""
    if MARSEILLE in named.codes:
        after, codes = place_numbers.ordinals(row, end)
        if codes:
            beside = place_numbers.postcode_at(row, after)
            return beside[0] if beside else after, codes, True
    postcode = place_numbers.postcode_at(row, end)
    if postcode:
        return postcode[0], place_numbers.told_apart(named.codes, postcode[1]), True
    cedex = place_numbers.cedex(row, end)
    if cedex > end:
        return cedex, named.codes, True
    number = place_numbers.number_in(row, end)
    if number:
        known = gazetteer.namesakes(named.codes)
        there = tuple(each.code for each in known if each.department == row[end].text)
        # "Aubagne 13" says where Aubagne is; the 13 beside Gap is another place.
        return (number, there, True) if there else (end, named.codes, False)
    return end, named.codes, False


def _is_believed(row: Sequence[Token], led: _Led, end: int, named: Named) -> bool:
    """Whether enough stands beside a name that may be a word, a wine or a person."""
    if named.proof is Proof.NONE:
        return True
    token = row[led.at]
    if named.article is not None and not _fits(led.article, named.article):
        return False
    if end < len(row) and not row[end].ended and row[end].text in {"de", "d", "du", "des"}:
        return False
    if led.leading >= Leading.AT:
        return True
    if led.leading is Leading.LOOSE:
        return token.has_capital
    return named.proof is Proof.CAPITAL and token.has_capital and led.at > 0


def _fits(typed: str, official: str) -> bool:
    """Whether the article typed is that of the name: "aux Mées", "à Ongles", but neither "les Ongles" nor "à Mées"."""
    return typed in _CONTRACTED[official] or (not typed and not official)


# What follows a name


def _with_surroundings(row: Sequence[Token], start: int, named: tuple[int, tuple[str, ...]], led: _Led) -> Found:
    """The place with "et alentours", "(20 km)" or "dans un rayon de 20 km" after it."""
    end, codes = named
    found = Found(start, end, codes, led.leading is Leading.NEAR, led.radius_km)
    around = _AROUND_IT.at(row, end) if end < len(row) and not row[end].ended.strip("(,") else None
    if around:
        found = structs.replace(found, end=around[0], is_near=True)
    if found.radius_km is None and found.end < len(row) and not row[found.end].ended.strip("(+,"):
        distance = _distance_at(row, found.end)
        if distance and not _leads_on(row, distance[0]):
            found = structs.replace(found, end=distance[0], radius_km=distance[1])
    return found


def _leads_on(row: Sequence[Token], at: int) -> bool:
    """Whether the distance before belongs to another name after it: "Aix, 20 km autour de Gap"."""
    led = _Led(at)
    for _ in range(_MOST_LEADING):
        if led.at >= len(row) or row[led.at].ended:
            break
        if gazetteer.names().at(row, led.at) and row[led.at].text not in place_numbers.ARTICLES:
            return True
        if not _lead(row, led):
            return False
    return False


def ends_in_trade(row: Sequence[Token], at: int) -> int:
    """After the trade phrase that starts there, ``at`` when there is none."""
    found = _TRADES.at(row, at)
    return found[0] if found else at
