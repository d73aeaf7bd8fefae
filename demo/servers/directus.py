"""Directus's GraphQL for one collection: its schema, filters, sorts and aggregate, over plain records."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, build_schema, execute_sync, parse, validate

from demo.clocks import read_iso
from demo.ledger import Record

_STRING = "_eq: String _neq: String _contains: String _icontains: String _in: [String] _nin: [String]"
_ORDER = "_gt: {0} _gte: {0} _lt: {0} _lte: {0}"
_NULL = "_null: Boolean _nnull: Boolean"
SDL = f"""
type Query {{
  startups(filter: startups_filter, sort: [String], limit: Int, offset: Int, page: Int, search: String): [startups!]!
  startups_by_id(id: ID!): startups
  startups_aggregated(filter: startups_filter): [startups_aggregated!]!
}}
type startups {{
  id: ID! nom: String raison_sociale: String siren: String site: String accroche: String description: String
  thematiques: [String] adresse: String code_postal: String ville: String latitude: Float longitude: Float
  annee_creation: Int effectif: String levee_eur: Float labels: [String] statut: String
  date_created: String date_updated: String source: String
}}
type startups_aggregated {{ count: startups_aggregated_count countAll: Int }}
type startups_aggregated_count {{ id: Int }}
input startups_filter {{
  _and: [startups_filter] _or: [startups_filter]
  id: id_filter nom: string_filter siren: string_filter statut: string_filter ville: string_filter
  date_created: date_filter date_updated: date_filter annee_creation: number_filter
}}
input string_filter {{ {_STRING} {_NULL} }}
input id_filter {{ _eq: ID _neq: ID _in: [ID] _nin: [ID] {_ORDER.format("ID")} {_NULL} }}
input number_filter {{ _eq: Float _neq: Float {_ORDER.format("Float")} {_NULL} }}
input date_filter {{ _eq: String _neq: String {_ORDER.format("String")} {_NULL} }}
"""
SCHEMA = build_schema(SDL)
COLUMNS = tuple(SCHEMA.type_map["startups"].fields)  # type: ignore[attr-defined]

_Passes = Callable[[Record], bool]
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "_eq": operator.eq,
    "_neq": operator.ne,
    "_gt": operator.gt,
    "_gte": operator.ge,
    "_lt": operator.lt,
    "_lte": operator.le,
    "_contains": operator.contains,
    "_icontains": lambda held, wanted: wanted.lower() in held.lower(),
    "_in": lambda held, wanted: held in wanted,
    "_nin": lambda held, wanted: held not in wanted,
}
_GROUPS: Mapping[str, Callable[[Iterable[bool]], bool]] = {"_and": all, "_or": any}


class BadQuery(Exception):
    """A document that does not parse or does not fit the schema; ``errors`` are GraphQL's own."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def checked(query: str) -> DocumentNode:
    """The document, parsed and valid against the schema, or :class:`BadQuery`."""
    try:
        document = parse(query, max_tokens=2_000)
    except GraphQLError as error:
        raise BadQuery([error]) from error
    errors = validate(SCHEMA, document)
    if errors:
        raise BadQuery(errors)
    return document


def executed(document: DocumentNode, variables: dict[str, Any], members: "Members") -> dict[str, Any]:
    """The ``data`` of the answer to a checked document, or :class:`BadQuery`."""
    result = execute_sync(SCHEMA, document, members, variable_values=variables)
    if result.errors or result.data is None:
        raise BadQuery(result.errors or [GraphQLError("Must provide an operation.")])
    return result.data


class Members:
    """The root of a query. ``limit_max`` is Directus's QUERY_LIMIT_MAX: ``limit: -1`` means that many."""

    def __init__(self, records: Sequence[Record], limit_max: int) -> None:
        self._records = records
        self._limit_max = limit_max

    def startups(self, _: GraphQLResolveInfo[Any], **arguments: Any) -> Sequence[Record]:
        """One page; past the end, nothing."""
        limit = arguments.get("limit", 100)
        size = self._limit_max if limit is None or limit < 0 else min(limit, self._limit_max)
        page = arguments.get("page")
        offset = max((page - 1) * size if page else arguments.get("offset") or 0, 0)
        rows = ordered(self._passing(arguments.get("filter")), arguments.get("sort") or ["id"])
        return rows[offset : offset + size]

    def startups_by_id(self, _: GraphQLResolveInfo[Any], **arguments: Any) -> Record | None:
        """One member, or null."""
        return next((record for record in self._records if str(record["id"]) == arguments["id"]), None)

    def startups_aggregated(self, _: GraphQLResolveInfo[Any], **arguments: Any) -> list[dict[str, Any]]:
        """The count of what passes the filter, in Directus's one group."""
        count = len(self._passing(arguments.get("filter")))
        return [{"count": {"id": count}, "countAll": count}]

    def _passing(self, wanted: Mapping[str, Any] | None) -> Sequence[Record]:
        return list(filter(condition(wanted), self._records)) if wanted else self._records


def condition(wanted: Mapping[str, Any]) -> _Passes:
    """A filter input as a test; everything in one object must hold."""
    tests = [_clause(name, value) for name, value in wanted.items() if value is not None]
    return _combined(all, tests)


def ordered(records: Sequence[Record], sort: Sequence[str | None]) -> Sequence[Record]:
    """Records by the columns named, ``-`` for falling; nulls come first when rising, as in SQLite and MySQL."""
    for name in reversed([name for name in sort if name]):
        column, falling = name.removeprefix("-"), name.startswith("-")
        if column not in COLUMNS:
            raise GraphQLError(f'You don\'t have permission to access field "{column}".')
        records = sorted(
            records, key=lambda record: (record.get(column) is not None, record.get(column)), reverse=falling
        )
    return records


def _clause(name: str, value: Any) -> _Passes:
    """One key of a filter object: a group of filters, or a column with its operators."""
    if name in _GROUPS:
        holds, inner = _GROUPS[name], [condition(wanted) for wanted in value if wanted]
    else:
        given = ((operation, operand) for operation, operand in value.items() if operand is not None)
        holds, inner = all, [_comparison(name, operation, operand) for operation, operand in given]
    return _combined(holds, inner)


def _combined(holds: Callable[[Iterable[bool]], bool], tests: Sequence[_Passes]) -> _Passes:
    """Several tests as one; a test that is alone is asked itself, for every record is."""
    return tests[0] if len(tests) == 1 else lambda record: holds(test(record) for test in tests)


def _comparison(column: str, operation: str, operand: Any) -> _Passes:
    """One operator on one column; a null passes no comparison, as in SQL."""
    if operation in ("_null", "_nnull"):
        null = operand is (operation == "_null")
        return lambda record: (record.get(column) is None) is null
    compare = _COMPARISONS[operation]
    wanted = _comparable(column, operand)

    def passes(record: Record) -> bool:
        held = record.get(column)
        return held is not None and bool(compare(_comparable(column, held), wanted))

    return passes


@lru_cache(maxsize=65_536)
def _instant(text: str) -> datetime:
    """The instant; remembered, for a database does not read its dates anew at every question."""
    return read_iso(text)


def _comparable(column: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(column, item) for item in value]
    try:
        match column:
            case "id":
                return int(value)
            case "date_created" | "date_updated":
                return _instant(value)
            case _:
                return value
    except ValueError as error:
        raise GraphQLError(f'Invalid value for "{column}".') from error
