"""How much, how long and when: read in order to be left aside."""

import re
from collections.abc import Sequence
from typing import Final

from directory.geography import DEPARTMENTS
from directory.normalise import vocabulary
from directory.understanding.tokens import Token

_COUNTED: Final = vocabulary(
    "personne personnes persone persones pers pax "
    "invite invites convive convives couvert couverts participant participants salarie "
    "salaries employe employes collaborateur collaborateurs poste postes enfant enfants eleve eleves exemplaire "
    "exemplaires ex unite unites lot lots piece pieces fois nuit nuits place places"
)
_MEASURES: Final = vocabulary(
    "m m2 m3 ml cm mm km kms kilometre kilometres metre metres g kg kilo kilos tonne tonnes t l litre litres ha "
    "hectare hectares kva kw kwc kwh w wh mw v carre carres cube cubes % go mo to"
)
_MONEY: Final = vocabulary("€ $ £ euro euros eur k ke m€ keuros ht ttc million millions milliers")
_TIME: Final = vocabulary(
    "h heure heures min mn minute minutes j jour jours journee journees semaine semaines sem mois an ans annee annees "
    "trimestre trimestres semestre semestres"
)
UNITS: Final = _COUNTED | _MEASURES | _MONEY | _TIME
_NUMBER_WORDS: Final = vocabulary(
    "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante "
    "cinquante soixante cent cents mille"
)
_ROUND_NUMBERS: Final = vocabulary(
    "dizaine dizaines douzaine douzaines quinzaine vingtaine trentaine quarantaine cinquantaine soixantaine centaine "
    "centaines millier milliers"
)
_ABOUT: Final = vocabulary(
    "environ minimum maximum mini maxi min max moins plus jusqu budget entre pendant durant duree depuis sous chaque "
    "ouvrable ouvrables ouvre ouvres"
)
_BETWEEN_NUMBERS: Final = vocabulary("a et ou x au")

_MONTHS: Final = vocabulary(
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre janv fevr sept oct nov dec"
)
_DAYS: Final = vocabulary(
    "lundi mardi mercredi jeudi vendredi samedi dimanche lundis mardis mercredis jeudis vendredis samedis dimanches "
    "demain aujourdhui weekend weekends"
)
_BEFORE_DATE: Final = vocabulary(
    "le la les l du au en des de d a partir avant apres jusqu ici fin debut mi courant pour pendant depuis mois"
)
_NEXT: Final = vocabulary("prochain prochaine prochains prochaines dernier derniere")
_PARTS_OF_DAY: Final = vocabulary("matin midi aprem soir")
_PARTS_OF_YEAR: Final = vocabulary("annee mois semaine trimestre semestre ete hiver printemps automne rentree vacances")
_BY_WHEN: Final = vocabulary("avant apres ici courant depuis jusqu")
_YEAR: Final = re.compile(r"20[1-4]\d")
# Words of quantities that corrections must know.
WORDS: Final = _COUNTED | _MONEY | _TIME | _NUMBER_WORDS | _ROUND_NUMBERS | _ABOUT | _MONTHS | _DAYS | _NEXT


def unit_at(row: Sequence[Token], at: int) -> bool:
    """Whether a unit stands there, in the phrase of the number before it."""
    return at < len(row) and row[at].text in UNITS and not row[at].is_elided and not row[at].ended.strip("./")


# Quantities


def quantity_at(row: Sequence[Token], start: int) -> int:
    """After a number with its unit, ``x2``, ``24/7`` or ``par mois``; ``start`` when there is none."""
    at = start
    while at < min(len(row), start + 4) and row[at].text in _ABOUT:
        at += 1
    end = _numbers(row, at)
    if end > at and unit_at(row, end):
        return _trailing(row, end)
    if at < len(row) and row[at].text in {"un", "une"} and at + 1 < len(row):
        following = row[at + 1].text
        if following in _TIME or following in _ROUND_NUMBERS or following == "fois":
            return _trailing(row, at + 1)
    if end > at > start and row[start].text == "budget":
        return end
    if start < len(row) and row[start].text in {"par", "chaque"} and start + 1 < len(row):
        return start + 2 if row[start + 1].text in _TIME | {"personne"} else start
    return _times(row, start)


def _numbers(row: Sequence[Token], at: int) -> int:
    """After numbers in a row (``12 000``, ``10 à 15``, ``deux cents``), ``at`` when there is none."""
    last = min(len(row), at + 8)
    while at < last:
        if _is_number(row[at]):
            at += 1
        elif row[at].text in _BETWEEN_NUMBERS and at + 1 < len(row) and at and _is_number(row[at + 1]):
            if not _is_number(row[at - 1]):
                return at
            at += 2
        else:
            break
    return at


def _is_number(token: Token) -> bool:
    return token.is_number or token.text in _NUMBER_WORDS or token.text in _ROUND_NUMBERS


def _trailing(row: Sequence[Token], at: int) -> int:
    """After units in a row and what they are counted by: ``h / semaine``, ``fois par mois``, ``€ HT max``."""
    while at < len(row) and not row[at].ended.strip("./"):
        text, following = row[at].text, row[at + 1].text if at + 1 < len(row) else ""
        if text in UNITS or text in _ABOUT - {"depuis", "sous", "entre", "plus"}:
            at += 1
        elif (text in {"par", "de", "d"} and following in _TIME | {"personne", "budget"}) or (
            row[at].is_number and (following in _TIME or row[at].ended == "/" or row[at].is_glued)
        ):
            at += 2 if following in UNITS else 1
        else:
            break
    return at


def _times(row: Sequence[Token], at: int) -> int:
    """After ``x2``, ``2x`` or ``24/7``."""
    if at >= len(row):
        return at
    if re.fullmatch(r"x\d{1,6}", row[at].text):
        return at + 1
    if row[at].is_whole and at + 1 < len(row):
        following = row[at + 1]
        if (following.text == "x" and following.is_glued) or (following.ended == "/" and following.text == "7"):
            return at + 2
    return at


def identifier_at(row: Sequence[Token], start: int) -> int:
    """After a SIREN or SIRET that is typed in groups of three digits and then five; ``start`` when there is none."""
    groups = [token.text for token in row[start : start + 4]]
    if len(groups) >= 3 and all(len(group) == 3 and group.isdecimal() for group in groups[:3]):
        return start + (4 if len(groups) == 4 and len(groups[3]) == 5 and groups[3].isdecimal() else 3)
    return start


def phone_at(row: Sequence[Token], start: int) -> int:
    """After a telephone number of ten digits or ``33`` and nine, however grouped; ``start`` when there is none."""
    digits, at = "", start
    while at < len(row) and at < start + 6 and row[at].text.replace(".", "").isdecimal():
        digits += row[at].text.replace(".", "")
        at += 1
        if len(digits) >= 10:
            break
    is_phone = (len(digits) == 10 and digits[0] == "0") or (len(digits) == 11 and digits.startswith("33"))
    return at if is_phone else start


# Dates


def date_at(row: Sequence[Token], start: int) -> int:
    """After a date, a month, a day of the week or an hour, with what leads to it; ``start`` when there is none."""
    at = start
    while at < min(len(row), start + 6) and row[at].text in _BEFORE_DATE and (at == start or not row[at].ended):
        at += 1
    if at > start and (at >= len(row) or row[at].ended):
        return start
    if at < len(row) and row[at].text in _PARTS_OF_YEAR and any(token.text in _BY_WHEN for token in row[start:at]):
        return at + 1
    return next((end for read in (_written, _slashed, _hour, _coming) if (end := read(row, at)) > at), start)


def _written(row: Sequence[Token], at: int) -> int:
    """``12 juin 2026``, ``13 au 15 mai``, ``lundi 3 mars``, ``septembre``, ``2026``."""
    end = at
    while end < len(row) and row[end].text in _DAYS:
        end += 1
    if end > at and end < len(row) and row[end].text in _PARTS_OF_DAY and not row[end].ended:
        end += 1
    day = end
    while day < len(row) and day < end + 4 and (_is_day(row[day]) or row[day].text in {"au", "et", "er", "a"}):
        day += 1
    if day < len(row) and row[day].text in _MONTHS and (day > end or not row[day].is_acronym):
        end = day + 1
    if end < len(row) and _YEAR.fullmatch(row[end].text) and not unit_at(row, end + 1):
        end += 1
    return end


def _is_day(token: Token) -> bool:
    return token.is_whole and len(token.text) <= 2 and 1 <= int(token.text) <= 31


def _slashed(row: Sequence[Token], at: int) -> int:
    """``12/06`` or ``12/06/2026``, but not ``04/05/06``: those are departments."""
    end = at
    while end < len(row) and row[end].is_whole and (end == at or row[end].ended == "/") and end < at + 3:
        end += 1
    parts = [token.text for token in row[at:end]]
    preceded = at > 0 and row[at - 1].text in {"le", "du", "au"}
    if len(parts) < 2 or not _is_day(row[at]) or not 1 <= int(parts[1]) <= 12:
        return at
    return end if preceded or not all(part in DEPARTMENTS for part in parts) else at


def _hour(row: Sequence[Token], at: int) -> int:
    """``14h`` and ``14h30``."""
    if at + 1 >= len(row) or not row[at].is_whole or not row[at + 1].is_glued:
        return at
    if not re.fullmatch(r"h\d{0,2}", row[at + 1].text) or (at and row[at - 1].text not in _BEFORE_DATE):
        return at
    return at + 2


def _coming(row: Sequence[Token], at: int) -> int:
    """``semaine prochaine``, ``mois prochain``."""
    if at + 1 < len(row) and row[at].text in _TIME and row[at + 1].text in _NEXT:
        return at + 2
    return at
