"""Numbers that name places: postcodes, arrondissements of Marseille, departments of the region."""

from collections.abc import Sequence
from typing import Final

from directory import geography, towns
from directory.geography import DEPARTMENTS
from directory.normalise import vocabulary
from directory.understanding import gazetteer
from directory.understanding.quantities import unit_at
from directory.understanding.tokens import Token

# Where a place ends in the row, and the codes that it means.
Placed = tuple[int, tuple[str, ...]]

ARTICLES: Final = vocabulary("l le la les d de du des")
# After these a number is a day: "pour le 13", "à partir du 13".
_BEFORE_DAY: Final = vocabulary("pour avant apres partir jusqu depuis des")
_ORDINAL_ENDS: Final = vocabulary("e er eme ieme")
ARRONDISSEMENT: Final = vocabulary("arrondissement arrondissements arr arrdt arrt ardt")


def postcode_at(row: Sequence[Token], at: int) -> Placed | None:
    """After five digits of a postcode known here, and a name or CEDEX after it that belongs to it."""
    if at >= len(row) or len(row[at].text) != 5 or not row[at].is_whole or unit_at(row, at + 1):
        return None
    served = tuple(known.code for known in towns.in_postcode(row[at].text))
    if not served:
        return None
    end = at + 1
    if end < len(row) and row[end].text in ARTICLES and not row[end].ended:
        end += 1
    name = gazetteer.names().at(row, end) if end < len(row) and not row[end].ended.strip("(") else None
    end = at + 1
    if name:
        told = told_apart(name[1].codes, served)
        if set(told) <= set(served):
            return cedex(row, ordinals(row, name[0])[0]), told
    return cedex(row, end), served


def cedex(row: Sequence[Token], at: int) -> int:
    if at < len(row) and row[at].text == "cedex":
        has_number = at + 1 < len(row) and row[at + 1].is_whole and len(row[at + 1].text) <= 2
        return at + (2 if has_number else 1)
    return at


def ordinals(row: Sequence[Token], start: int) -> tuple[int, tuple[str, ...]]:
    """After ``8e``, ``1er, 2e et 6ème arrondissements``, ``8`` beside Marseille, and the codes of those."""
    at, codes = start, []
    while at < len(row):
        begin = at + 1 if at > start and row[at].text in {"et", "ou"} else at
        after = _ordinal(row, begin, bare_too=begin == start)
        if after is None:
            break
        at = after
        codes.append(f"132{int(row[begin].text):02}")
    if codes and at < len(row) and row[at].text in ARRONDISSEMENT:
        at += 1
    return at, tuple(codes)


def _ordinal(row: Sequence[Token], at: int, *, bare_too: bool) -> int | None:
    """After the number of one of the 16 arrondissements. A bare 13 is the department's as well: not read as such."""
    if at >= len(row) or not row[at].is_whole or len(row[at].text) > 2 or not 1 <= int(row[at].text) <= 16:
        return None
    if at + 1 < len(row) and row[at + 1].text in _ORDINAL_ENDS and (row[at + 1].is_glued or not row[at + 1].ended):
        return at + 2
    is_last = at + 1 >= len(row) or bool(row[at + 1].ended) or row[at + 1].text in ARRONDISSEMENT
    return at + 1 if bare_too and is_last and row[at].text not in DEPARTMENTS else None


def arrondissement_at(row: Sequence[Token], at: int) -> Placed | None:
    """After ``8ème arrondissement (de Marseille)``, or ``8e`` alone after "dans le"."""
    end, codes = ordinals(row, at)
    if not codes:
        return None
    is_said = row[end - 1].text in ARRONDISSEMENT
    after = end
    while after < len(row) and row[after].text in {"de", "a"} and not row[after].ended:
        after += 1
    if after < len(row) and row[after].text == "marseille":
        return after + 1, codes
    in_the = [token.text for token in row[max(at - 2, 0) : at]] in (["dans", "le"], ["sur", "le"])
    at_end = end >= len(row) or bool(row[end].ended)
    is_ordinal = row[end - 1].text in _ORDINAL_ENDS
    return (end, codes) if is_said or (in_the and at_end and is_ordinal) else None


def department_at(row: Sequence[Token], at: int, *, is_led: bool) -> Placed | None:
    """``le 13``, ``dans le 83``, ``(13)``, ``13/83`` and a number at the end of a phrase."""
    end = number_in(row, at)
    if not end:
        return None
    begin = max(at - 2, 0)
    if any(token.text in _BEFORE_DAY for token in row[begin:at]):
        return None
    is_last = end >= len(row) or bool(row[end].ended) or row[end].text in {"et", "ou"}
    return (end, (row[at].text,)) if is_led or "(" in row[at].ended or is_last else None


def number_in(row: Sequence[Token], at: int) -> int:
    """After the number of a department of the region, 0 when there is none or it counts something."""
    is_number = at < len(row) and row[at].text in DEPARTMENTS and not row[at].is_glued
    is_counting = at + 1 < len(row) and (unit_at(row, at + 1) or row[at + 1].is_glued)
    return at + 1 if is_number and not is_counting else 0


def told_apart(codes: tuple[str, ...], served: tuple[str, ...]) -> tuple[str, ...]:
    """The communes named that the postcode serves, or the arrondissement of the city named; else those named."""
    bearing = {known.code for known in gazetteer.namesakes(codes)} | set(codes)
    here = tuple(code for code in served if bearing.intersection(geography.areas_of(code)[:2]))
    return here or codes
