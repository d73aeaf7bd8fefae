"""Small queries that others are made of. Built from values, never parsed from a caller's text."""

from collections.abc import Iterable, Sequence
from typing import Final

from tantivy import FieldType, Occur, Query

from directory.search import layout

SCHEMA: Final = layout.schema()
_LARGEST: Final = 2**64 - 1
Clause = tuple[Occur, Query]


def term(field: str, value: str | int) -> Query:
    """Suppliers that have the value; scores nothing."""
    return scoring(Query.term_query(SCHEMA, field, value, "basic"), 0)


def scoring(query: Query, score: float) -> Query:
    """The query with a fixed score: whole numbers, and halves, add up exactly in tantivy's 32-bit floats."""
    return Query.const_score_query(query, float(score))


def any_of(queries: Sequence[Query]) -> Query:
    """Suppliers that one of the queries finds; none when there is no query."""
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def any_term(field: str, values: Iterable[str]) -> Query:
    """Suppliers that have one of the values."""
    return any_of([term(field, value) for value in values])


def all_of(clauses: Sequence[Clause]) -> Query:
    """Suppliers for which every clause holds; all of them when there is no clause that must."""
    wanted = [clause for clause in clauses if clause[0] == Occur.Must]
    if not wanted:
        return Query.boolean_query([(Occur.Must, scoring(Query.all_query(), 0)), *clauses])
    return clauses[0][1] if len(clauses) == 1 else Query.boolean_query(list(clauses))


def at_least(field: str, kind: FieldType, value: float) -> Query:
    """Suppliers whose column is the value or above."""
    return scoring(Query.range_query(SCHEMA, field, kind, value), 0)


def after(field: str, value: int, *, upwards: bool) -> Query:
    """Suppliers whose column of whole numbers is above the value, or below it."""
    if not 0 < value < _LARGEST:  # the bound itself would not fit a column
        return Query.all_query() if upwards == (value <= 0) else Query.empty_query()
    lower, upper = (value + 1, None) if upwards else (None, value - 1)
    return scoring(Query.range_query(SCHEMA, field, FieldType.Unsigned, lower, upper), 0)
