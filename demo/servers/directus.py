"""Directus's GraphQL for one collection: its schema, filters, sorts and aggregate, executed over plain records."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values, get_variable_values

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


class BadQuery(Exception):
    """A document that does not parse or does not fit the schema; ``errors`` are GraphQL's own."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def checked(query: str) -> DocumentNode:
    """The document, parsed and valid against the schema, or :class:`BadQuery`."""
    try:
        document = parse(query, no_location=False, max_tokens=2_000)
    except GraphQLError as error:
        raise BadQuery([error]) from error
    errors = validate(SCHEMA, document)
    if errors:
        raise BadQuery(errors)
    return document


class Execution:
    """One query over the members' records. ``limit_max`` is Directus's QUERY_LIMIT_MAX."""

    def __init__(
        self, document: DocumentNode, variables: dict[str, Any], records: Sequence[Record], limit_max: int
    ) -> None:
        self._records = records
        self._limit_max = limit_max
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        if not operations:
            raise BadQuery([GraphQLError("Must provide an operation.")])
        self._operation = operations[0]
        values = get_variable_values(SCHEMA, self._operation.variable_definitions or (), variables)
        if isinstance(values, list):
            raise BadQuery(values)
        self._variables = values

    def data(self) -> dict[str, Any]:
        """The ``data`` of the answer."""
        query = SCHEMA.query_type
        assert query is not None  # noqa: S101 - the schema above has one
        return {_key(field): self._root(query, field) for field in self._fields(self._operation.selection_set)}

    def _root(self, query: GraphQLObjectType, field: FieldNode) -> Any:
        if field.name.value == "__typename":
            return "Query"
        arguments = get_argument_values(query.fields[field.name.value], field, self._variables)
        match field.name.value:
            case "startups":
                return self._shown(self._page(arguments), field)
            case "startups_by_id":
                found = [record for record in self._records if str(record["id"]) == arguments["id"]]
                return self._shown(found, field)[0] if found else None
            case _:
                return [self._counted(len(list(self._passing(arguments))), field)]

    def _page(self, arguments: Mapping[str, Any]) -> Sequence[Record]:
        limit = arguments.get("limit", 100)
        bounded = self._limit_max if limit is None or limit < 0 else min(limit, self._limit_max)
        page = arguments.get("page")
        offset = (page - 1) * bounded if page else arguments.get("offset") or 0
        rows = ordered(list(self._passing(arguments)), arguments.get("sort") or ["id"])
        return rows[max(offset, 0) : max(offset, 0) + bounded]

    def _passing(self, arguments: Mapping[str, Any]) -> Iterable[Record]:
        wanted = arguments.get("filter")
        return filter(condition(wanted), self._records) if wanted else self._records

    def _shown(self, records: Sequence[Record], field: FieldNode) -> list[dict[str, Any]]:
        columns = [(_key(inner), inner.name.value) for inner in self._fields(field.selection_set)]
        return [{key: _column(record, name) for key, name in columns} for record in records]

    def _counted(self, count: int, field: FieldNode) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for inner in self._fields(field.selection_set):
            match inner.name.value:
                case "countAll":
                    answer[_key(inner)] = count
                case "count":
                    answer[_key(inner)] = {_key(leaf): count for leaf in self._fields(inner.selection_set)}
                case _:
                    answer[_key(inner)] = "startups_aggregated"
        return answer

    def _fields(self, selected: SelectionSetNode | None) -> Iterable[FieldNode]:
        """Fields of a selection, fragments opened."""
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from self._fields(self._fragments[node.name.value].selection_set)
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set)


def condition(wanted: Mapping[str, Any]) -> _Passes:
    """A filter input as a test; everything in one object must hold."""
    tests = [_clause(name, value) for name, value in wanted.items() if value is not None]
    return lambda record: all(test(record) for test in tests)


def ordered(records: Sequence[Record], sort: Sequence[str | None]) -> Sequence[Record]:
    """Records by the columns named, ``-`` for falling; nulls come first when rising, as in SQLite and MySQL."""
    for name in reversed([name for name in sort if name]):
        column, falling = name.removeprefix("-"), name.startswith("-")
        if column not in COLUMNS:
            raise BadQuery([GraphQLError(f'You don\'t have permission to access field "{column}".')])
        records = sorted(
            records, key=lambda record: (record.get(column) is not None, record.get(column)), reverse=falling
        )
    return records


def _clause(name: str, value: Any) -> _Passes:
    if name in ("_and", "_or"):
        tests = [condition(inner) for inner in value if inner]
        return (
            (lambda record: all(t(record) for t in tests))
            if name == "_and"
            else lambda record: any(t(record) for t in tests)
        )
    tests = [_comparison(name, operation, operand) for operation, operand in value.items() if operand is not None]
    return lambda record: all(test(record) for test in tests)


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


def _comparable(column: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(column, item) for item in value]
    try:
        match column:
            case "id":
                return int(value)
            case "date_created" | "date_updated":
                return read_iso(value)
            case _:
                return value
    except ValueError as error:
        raise BadQuery([GraphQLError(f'Invalid value for "{column}".')]) from error


def _column(record: Record, name: str) -> Any:
    match name:
        case "id":
            return str(record["id"])
        case "__typename":
            return "startups"
        case _:
            return record.get(name)


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value
