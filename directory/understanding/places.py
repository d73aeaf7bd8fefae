"""Places in a row of words: what names them, what leads to them, and how far around them is meant."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct, structs

from directory import geography, towns
from directory.geography import DEPARTMENTS
from directory.normalise import vocabulary
from directory.understanding import gazetteer, place_words
from directory.understanding.gazetteer import Named, Proof
from directory.understanding.phrases import Phrases
from directory.understanding.quantities import unit_at
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
_ARTICLES: Final = vocabulary("l le la les d de du des")
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
# After these a number is a day: "pour le 13", "à partir du 13".
_BEFORE_DAY: Final = vocabulary("pour avant apres partir jusqu depuis des")
_ORDINAL_ENDS: Final = vocabulary("e er eme ieme")
_ARRONDISSEMENT: Final = vocabulary("arrondissement arrondissements arr arrdt arrt ardt")


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
) | (_FILLING | _ARRONDISSEMENT | _KM)

_TRADES: Final = Phrases(dict.fromkeys(TRADE_PHRASES, True))
_PREPOSITIONS: Final = Phrases(
    [
        *((phrase, Leading.NEAR) for phrase in place_words.NEAR),
        *((phrase, Leading.AT) for phrase in place_words.AT),
        *((phrase, Leading.LOOSE) for phrase in place_words.LOOSE),
    ],
    passing_over=True,
)
_AROUND_IT: Final = Phrases(dict.fromkeys(place_words.AROUND_IT, True), passing_over=True)


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
    if row[led.at].text in _ARTICLES:
        led.article = row[led.at].text
        led.at += 1
        return True
    return False


def _before_longer_name(row: Sequence[Token], start: int, preposition: tuple[int, Leading]) -> tuple[int, Leading]:
    """The preposition, cut short where its noun begins a name: "dans le Pays de Grasse" is in that very body."""
    for at in range(start + 1, preposition[0]):
        name = gazetteer.names().at(row, at)
        if name and name[0] > preposition[0] and row[at].text not in _ARTICLES:
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
        and row[end].text in _FILLING - _ARTICLES - {"a", "dans", "sur"}
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
    if row[led.at].is_elided or _TRADES.at(row, led.at) or _is_street(row, led.at):
        return None
    return (
        _arrondissement_at(row, led.at)
        or _postcode_at(row, led.at)
        or _name_at(row, led)
        or _department_number_at(row, led)
    )


def _is_street(row: Sequence[Token], at: int) -> bool:
    before = at - 1
    while before >= max(at - 3, 0) and row[before].text in _ARTICLES and not row[before + 1].ended:
        before -= 1
    return before >= 0 and row[before].text in place_words.STREET_WORDS and not row[before + 1].ended


def _name_at(row: Sequence[Token], led: _Led) -> tuple[int, tuple[str, ...]] | None:
    found = gazetteer.names().at(row, led.at)
    if found is None or row[led.at].text in _ARTICLES:
        return None
    end, named = found
    end, codes, is_confirmed = _confirmed(row, end, named)
    return (end, codes) if is_confirmed or _is_believed(row, led, end, named) else None


def _confirmed(row: Sequence[Token], end: int, named: Named) -> tuple[int, tuple[str, ...], bool]:
    """With the arrondissement, postcode or department that stands after the name and tells which one is meant."""
    if MARSEILLE in named.codes:
        after, codes = _ordinals(row, end)
        if codes:
            after = _postcode_at(row, after)[0] if _postcode_at(row, after) else after
            return after, codes, True
    postcode = _postcode_at(row, end)
    if postcode:
        return postcode[0], _told_apart(named.codes, postcode[1]), True
    cedex = _cedex(row, end)
    if cedex > end:
        return cedex, named.codes, True
    beside = _number_in(row, end)
    if beside:
        known = gazetteer.namesakes(named.codes)
        there = tuple(each.code for each in known if each.department == row[end].text)
        # "Aubagne 13" says where Aubagne is; the 13 beside Gap is another place.
        return (beside, there, True) if there else (end, named.codes, False)
    return end, named.codes, False


def _told_apart(codes: tuple[str, ...], served: tuple[str, ...]) -> tuple[str, ...]:
    """The communes named that the postcode serves, or the arrondissement of the city named; else those named."""
    bearing = {known.code for known in gazetteer.namesakes(codes)} | set(codes)
    here = tuple(code for code in served if bearing.intersection(geography.areas_of(code)[:2]))
    return here or codes


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


# Numbers


def _postcode_at(row: Sequence[Token], at: int) -> tuple[int, tuple[str, ...]] | None:
    """After five digits of a postcode known here, and a name or CEDEX after it that belongs to it."""
    if at >= len(row) or len(row[at].text) != 5 or not row[at].is_whole or unit_at(row, at + 1):
        return None
    served = tuple(known.code for known in towns.in_postcode(row[at].text))
    if not served:
        return None
    end = at + 1
    if end < len(row) and row[end].text in _ARTICLES and not row[end].ended:
        end += 1
    name = gazetteer.names().at(row, end) if end < len(row) and not row[end].ended.strip("(") else None
    end = at + 1
    if name:
        told = _told_apart(name[1].codes, served)
        if set(told) <= set(served):
            return _cedex(row, _ordinals(row, name[0])[0]), told
    return _cedex(row, end), served


def _cedex(row: Sequence[Token], at: int) -> int:
    if at < len(row) and row[at].text == "cedex":
        has_number = at + 1 < len(row) and row[at + 1].is_whole and len(row[at + 1].text) <= 2
        return at + (2 if has_number else 1)
    return at


def _ordinals(row: Sequence[Token], start: int) -> tuple[int, tuple[str, ...]]:
    """After ``8e``, ``1er, 2e et 6ème arrondissements``, ``8`` beside Marseille, and the codes of those."""
    at, codes = start, []
    while at < len(row):
        begin = at + 1 if at > start and row[at].text in {"et", "ou"} else at
        after = _ordinal(row, begin, bare_too=begin == start)
        if after is None:
            break
        at = after
        codes.append(f"132{int(row[begin].text):02}")
    if codes and at < len(row) and row[at].text in _ARRONDISSEMENT:
        at += 1
    return at, tuple(codes)


def _ordinal(row: Sequence[Token], at: int, *, bare_too: bool) -> int | None:
    """After the number of one of the 16 arrondissements. A bare 13 is the department's as well: not read as such."""
    if at >= len(row) or not row[at].is_whole or len(row[at].text) > 2 or not 1 <= int(row[at].text) <= 16:
        return None
    if at + 1 < len(row) and row[at + 1].text in _ORDINAL_ENDS and (row[at + 1].is_glued or not row[at + 1].ended):
        return at + 2
    is_last = at + 1 >= len(row) or bool(row[at + 1].ended) or row[at + 1].text in _ARRONDISSEMENT
    return at + 1 if bare_too and is_last and row[at].text not in DEPARTMENTS else None


def _arrondissement_at(row: Sequence[Token], at: int) -> tuple[int, tuple[str, ...]] | None:
    """After ``8ème arrondissement (de Marseille)``, or ``8e`` alone after "dans le"."""
    end, codes = _ordinals(row, at)
    if not codes:
        return None
    is_said = row[end - 1].text in _ARRONDISSEMENT
    after = end
    while after < len(row) and row[after].text in {"de", "a"} and not row[after].ended:
        after += 1
    if after < len(row) and row[after].text == "marseille":
        return after + 1, codes
    in_the = [token.text for token in row[max(at - 2, 0) : at]] in (["dans", "le"], ["sur", "le"])
    at_end = end >= len(row) or bool(row[end].ended)
    is_ordinal = row[end - 1].text in _ORDINAL_ENDS
    return (end, codes) if is_said or (in_the and at_end and is_ordinal) else None


def _department_number_at(row: Sequence[Token], led: _Led) -> tuple[int, tuple[str, ...]] | None:
    """``le 13``, ``dans le 83``, ``(13)``, ``13/83`` and a number at the end of a phrase."""
    at = led.at
    end = _number_in(row, at)
    if not end:
        return None
    begin = max(at - 2, 0)
    if any(token.text in _BEFORE_DAY for token in row[begin:at]):
        return None
    is_led = led.leading is not Leading.NONE or led.article in {"le", "du"}
    is_last = end >= len(row) or bool(row[end].ended) or row[end].text in {"et", "ou"}
    return (end, (row[at].text,)) if is_led or "(" in row[at].ended or is_last else None


def _number_in(row: Sequence[Token], at: int) -> int:
    """After the number of a department of the region, 0 when there is none or it counts something."""
    is_number = at < len(row) and row[at].text in DEPARTMENTS and not row[at].is_glued
    is_counting = at + 1 < len(row) and (unit_at(row, at + 1) or row[at + 1].is_glued)
    return at + 1 if is_number and not is_counting else 0


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
        if gazetteer.names().at(row, led.at) and row[led.at].text not in _ARTICLES:
            return True
        if not _lead(row, led):
            return False
    return False


def ends_in_trade(row: Sequence[Token], at: int) -> int:
    """After the trade phrase that starts there, ``at`` when there is none."""
    found = _TRADES.at(row, at)
    return found[0] if found else at
