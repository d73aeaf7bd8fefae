"""Filters as clauses of a query, with their values checked."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Final

from tantivy import FieldType, Occur, Query

from directory import areas, geography
from directory.geography import Area
from directory.identifiers import InvalidValue
from directory.identifiers import naf as official_naf
from directory.nomenclature import labels, naf
from directory.normalise import fold
from directory.records import SupplierStatus, utc
from directory.search import layout
from directory.search.document import area_term, sitting_term, yes_or_no
from directory.search.errors import InvalidQuery
from directory.search.query import Box, Where
from directory.search.terms import Clause, all_of, any_term, at_least, term

_MOST_VALUES: Final = 100
_LONGEST_VALUE: Final = 100
_DEEPEST: Final = 3
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEGAL_FORM: Final = re.compile(r"[0-9]{1,2}|[0-9]{4}|[A-Z]{4}")


def clauses(where: Where, box: Callable[[Box], Query], depth: int = 0) -> list[Clause]:
    """What must hold, and under ``not_`` what must not; ``box`` finds who is in a rectangle. Raises InvalidQuery."""
    if depth > _DEEPEST:
        raise InvalidQuery(f"Filters are nested too deep: {_DEEPEST} levels of `not` at most.")
    found = [(Occur.Must, query) for query in (*_lists(where), *_columns(where))]
    found += _status(where.status, depth)
    found += [(Occur.Must, box(where.within))] if where.within else []
    excluded = clauses(where.not_, box, depth + 1) if where.not_ else []
    return [*found, (Occur.MustNot, all_of(excluded))] if excluded else found


def _status(wanted: tuple[SupplierStatus, ...] | None, depth: int) -> list[Clause]:
    """Most suppliers are active: to leave out the others is quicker than to look each of them up."""
    if wanted is None:
        wanted = () if depth else (SupplierStatus.ACTIVE,)
    if SupplierStatus.ACTIVE not in wanted:
        return [(Occur.Must, any_term(layout.STATUS, wanted))] if wanted else []
    others = [status for status in SupplierStatus if status not in wanted]
    return [(Occur.MustNot, any_term(layout.STATUS, others))] if others else []


def _lists(where: Where) -> Iterator[Query]:
    alternatives: tuple[tuple[str, tuple[str, ...], Callable[[str], str]], ...] = (
        (layout.NAF, where.naf, naf_code),
        (layout.SIZE, where.size, str),
        (layout.LABEL, where.labels, _value),
        (layout.LEGAL_FORM, where.legal_form, _legal_form),
        (layout.PARTNER, where.partners, _value),
        (layout.AREA, where.located_in, _area),
    )
    for field, values, checked in alternatives:
        if values:
            yield any_term(field, [checked(value) for value in _bounded(values)])
    if where.serves:
        yield any_term(layout.SERVES, dict.fromkeys(name for code in _bounded(where.serves) for name in _serving(code)))
    if where.label_issuers:
        yield any_term(layout.LABEL, _granted_by(_bounded(where.label_issuers)))
    if where.responsible_purchasing is not None:
        yield term(layout.RESPONSIBLE, yes_or_no(where.responsible_purchasing))
    together = ((layout.LABEL, where.all_labels), (layout.PARTNER, where.all_partners), (layout.HAS, where.has))
    for field, needed in together:
        yield from (term(field, _value(value)) for value in _bounded(needed))


def _columns(where: Where) -> Iterator[Query]:
    if where.min_partners is not None:
        yield at_least(layout.PARTNERS, FieldType.Unsigned, _whole(where.min_partners))
    if where.min_quality is not None:
        yield at_least(layout.QUALITY, FieldType.Float, _share(where.min_quality))
    if where.updated_since is not None:
        elapsed = utc(where.updated_since) - _EPOCH
        yield at_least(layout.UPDATED, FieldType.Integer, elapsed // timedelta(microseconds=1))


# Values


def _bounded(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(values) > _MOST_VALUES:
        raise InvalidQuery(f"A filter has {len(values)} values: {_MOST_VALUES} at most, split the query.")
    return values


def _value(value: str) -> str:
    if len(value) > _LONGEST_VALUE:
        raise InvalidQuery(f"A filter's value is longer than {_LONGEST_VALUE} characters: no code or id is.")
    return str(value)


def _granted_by(issuers: tuple[str, ...]) -> list[str]:
    named = {fold(_value(issuer)).strip() for issuer in issuers}
    return [label.id for label in labels.known() if label.issuer and fold(label.issuer) in named]


def naf_code(code: str) -> str:
    """A code of the NAF rév. 2, of any level, as it is officially written. Raises InvalidQuery."""
    plain = _value(code).strip().upper()
    if naf.known(plain):
        return plain
    try:
        return official_naf(plain)
    except InvalidValue:
        raise InvalidQuery(f"{code!r} is no code of the NAF rév. 2: give F, 43, 43.2, 43.22 or 43.22A.") from None


def _legal_form(code: str) -> str:
    if not _LEGAL_FORM.fullmatch(_value(code)):
        raise InvalidQuery(f"{code!r} is no legal form: give a code of INSEE's catégories juridiques, 5, 54 or 5499.")
    return code


def _area(code: str) -> str:
    return area_term(_known_area(code))


def _known_area(code: str) -> Area:
    area = geography.area(_value(code))
    if area is None:
        raise InvalidQuery(f"{code!r} is no area known here: give the code of a commune, department, region or EPCI.")
    return area


def _serving(code: str) -> Iterator[str]:
    """Terms of who serves an area: who works in it or in one that holds it, or says nothing and sits in it."""
    area = _known_area(code)
    yield from map(area_term, areas.around(area))
    yield sitting_term(area_term(area))


def _whole(number: int) -> int:
    if not 0 <= number <= _MOST_VALUES:
        raise InvalidQuery(f"The least number of partners is {number}: give 0 to {_MOST_VALUES}.")
    return number


def _share(number: float) -> float:
    if not (isfinite(number) and 0 <= number <= 1):
        raise InvalidQuery(f"The least quality is {number}: give 0 to 1.")
    return float(number)
