"""How large a document is, measured in one pass before it is validated or executed.

Suppliers lead to listings and listings to suppliers: each such step multiplies the answer, so that a document of two
hundred characters could ask for gigabytes. Every node of the document is looked at once, and every fragment is added
up once however often it is spread: a document whose fragments spread one another twice each costs its own length to
measure, not two to the power of it. Nothing here calls itself, so that no document is too deep to be refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from gateway.merging import pairs
from gateway.refusals import beyond
from gateway.settings_limits import Limits

# Tools ask for the whole schema in one deep question; graphql-core itself bounds how its lists may nest.
INTROSPECTION: Final = frozenset({"__schema", "__type"})
INTROSPECTION_DEPTH: Final = 20
# Of all operations and fragments together, each spread out: this times what one of them may have.
ALTOGETHER: Final = 10
# Counts go no further: fragments that double each other would make numbers as long as the document.
UNCOUNTED: Final = 1_000_000_000

Executable = OperationDefinitionNode | FragmentDefinitionNode


class Spread(NamedTuple):
    """Where a fragment is spread: below so many levels, inside introspection or not, at the root or below a field."""

    name: str
    above: int
    introspects: bool
    at_root: bool


@dataclass(slots=True)
class Extent:
    """What there is of each in an operation or a fragment; once added up, with all the fragments that it spreads.

    ``depth`` is of fields and inline fragments outside introspection, ``introspection`` of those inside.
    """

    depth: int = 0
    introspection: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    opened: int = 0
    roots: int = 0
    values: int = 0
    spreads: list[Spread] = field(default_factory=list)


def read(query: str, limits: Limits) -> DocumentNode:
    """The document that a text holds, within its limits. Raises :class:`graphql.GraphQLError`."""
    length = len(query.encode("utf-8", "surrogatepass"))
    _within(length, limits.document_bytes, "DOCUMENT_TOO_LARGE", "bytes", "ask in several requests")
    try:
        document = parse(query, no_location=True, max_tokens=limits.document_tokens)
    except GraphQLSyntaxError as error:
        raise _said_of_the_parser(error, limits) from None
    check(document, limits)
    return document


def _said_of_the_parser(error: GraphQLSyntaxError, limits: Limits) -> GraphQLError:
    if error.message.endswith("tokens. Parsing aborted."):
        most = limits.document_tokens
        sentence = f"The document has more than {most:,} tokens (names, braces, values): ask in several requests."
        return beyond("TOO_MANY_TOKENS", sentence, found=most + 1, limit=most)
    if error.message.endswith("nested too deeply. Parsing aborted."):
        sentence = "The document is nested too deeply to be read: ask in several requests."
        return GraphQLError(sentence, extensions={"code": "TOO_DEEP"})
    return error


def check(document: DocumentNode, limits: Limits) -> None:
    """Raise :class:`graphql.GraphQLError`, naming bound and figure, for a document that is beyond ``limits``."""
    fragments, operations = {}, []
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            name = definition.name.value
            if name in fragments:  # validation reads both: the one must not hide how large the other is
                sentence = f"Two fragments are called « {name[:64]} »; give each a name of its own."
                raise GraphQLError(sentence, extensions={"code": "BAD_QUERY"})
            fragments[name] = definition
        elif isinstance(definition, OperationDefinitionNode):
            operations.append(definition)
    _within(len(operations), limits.document_operations, "TOO_MANY_OPERATIONS", "operations", "send fewer in one")
    _within(len(fragments), limits.document_fragments, "TOO_MANY_FRAGMENTS", "fragments", "write fewer into one")
    sizes = {name: _measured(fragment) for name, fragment in fragments.items()}
    for name in _innermost_first(sizes):
        _add_up(sizes[name], sizes)
    fields = 0
    for operation in operations:
        size = _measured(operation)
        _add_up(size, sizes)
        _judge(size, limits)
        fields += size.fields
    # A fragment that no operation spreads is validated all the same.
    for size in sizes.values():
        _judge(size, limits, is_fragment=True)
        fields += size.fields
    _within(fields, ALTOGETHER * limits.document_fields, "TOO_MANY_FIELDS", "fields in all", "ask in several requests")
    _check_pairs([*operations, *fragments.values()], fragments, limits.document_pairs)


def _check_pairs(definitions: Iterable[Executable], fragments: Mapping[str, FragmentDefinitionNode], most: int) -> None:
    found = 0
    for definition in definitions:
        found += pairs(definition, fragments, most - found)
        _within(found, most, "TOO_MANY_FIELDS", "pairs of fields that are one in the answer", "ask once")


def _judge(size: Extent, limits: Limits, *, is_fragment: bool = False) -> None:
    # Inside a fragment nobody knows whether it will stand in introspection.
    most = INTROSPECTION_DEPTH if is_fragment else limits.document_depth
    _within(size.depth, most, "TOO_DEEP", "levels of fields", "ask in several requests")
    _within(size.introspection, INTROSPECTION_DEPTH, "TOO_DEEP", "levels of introspection", "ask in several requests")
    _within(size.values, limits.value_depth, "VALUE_TOO_DEEP", "levels of lists and objects in a value", "flatten it")
    _within(size.fields, limits.document_fields, "TOO_MANY_FIELDS", "fields", "ask in several requests")
    _within(size.opened, limits.document_spreads, "TOO_MANY_SPREADS", "fragments spread", "spread fewer")
    _within(size.aliases, limits.document_aliases, "TOO_MANY_ALIASES", "aliases", "ask in several requests")
    _within(size.directives, limits.document_directives, "TOO_MANY_DIRECTIVES", "directives", "write fewer")
    if not is_fragment:
        _within(size.roots, limits.root_fields, "TOO_MANY_ROOT_FIELDS", "root fields", "ask in several requests")


def _within(found: int, limit: int, code: str, what: str, remedy: str) -> None:
    if found > limit:
        figure = f"{found:,}" if found < UNCOUNTED else f"more than {UNCOUNTED:,}"
        raise beyond(
            code, f"The document has {figure} {what}, and {limit:,} are allowed: {remedy}.", found=found, limit=limit
        )


def _measured(definition: Executable) -> Extent:
    """What stands in the definition itself."""
    size = Extent()
    _look_at_directives(size, definition.directives)
    for variable in definition.variable_definitions or ():
        _look_at_directives(size, variable.directives)
        _look_at_values(size, [variable.default_value] if variable.default_value else [])
    waiting: list[tuple[SelectionSetNode, int, bool, bool]] = [(definition.selection_set, 1, False, True)]
    while waiting:
        selected, level, introspects, at_root = waiting.pop()
        for selection in selected.selections:
            _look_at_directives(size, selection.directives)
            if isinstance(selection, FragmentSpreadNode):
                size.opened += 1
                size.spreads.append(Spread(selection.name.value, level - 1, introspects, at_root))
                continue
            inside = introspects or _is_introspection(selection)
            _look_at(size, selection, level, introspects=inside, at_root=at_root)
            below: SelectionSetNode | None = getattr(selection, "selection_set", None)
            if below is not None:
                waiting.append((below, level + 1, inside, at_root and not isinstance(selection, FieldNode)))
    return size


def _is_introspection(selection: SelectionNode) -> bool:
    return isinstance(selection, FieldNode) and selection.name.value in INTROSPECTION


def _look_at(size: Extent, selection: SelectionNode, level: int, *, introspects: bool, at_root: bool) -> None:
    if introspects:
        size.introspection = max(size.introspection, level)
    else:
        size.depth = max(size.depth, level)
    if isinstance(selection, FieldNode):
        size.fields += 1
        size.aliases += selection.alias is not None
        size.roots += at_root
        _look_at_values(size, (argument.value for argument in selection.arguments or ()))
    else:
        size.opened += 1


def _look_at_directives(size: Extent, directives: Iterable[DirectiveNode] | None) -> None:
    for directive in directives or ():
        size.directives += 1
        _look_at_values(size, (argument.value for argument in directive.arguments or ()))


def _look_at_values(size: Extent, values: Iterable[ValueNode]) -> None:
    level, here = 0, _nested(values)
    while here:
        level += 1
        here = _nested(inner for value in here for inner in _inside(value))
    size.values = max(size.values, level)


def _nested(values: Iterable[ValueNode]) -> list[ListValueNode | ObjectValueNode]:
    return [value for value in values if isinstance(value, ListValueNode | ObjectValueNode)]


def _inside(value: ListValueNode | ObjectValueNode) -> Iterable[ValueNode]:
    return value.values if isinstance(value, ListValueNode) else (each.value for each in value.fields)


def _innermost_first(sizes: Mapping[str, Extent]) -> Iterable[str]:
    """The fragments, each after those that it spreads. Refuses one that spreads itself."""
    ordered: dict[str, None] = {}
    for start in sizes:
        trail = {start: iter(sizes[start].spreads)} if start not in ordered else {}
        while trail:
            name, spreads = next(reversed(trail.items()))
            step = next((each.name for each in spreads if each.name in sizes and each.name not in ordered), None)
            if step is None:
                ordered[name] = None
                del trail[name]
            elif step in trail:
                sentence = f"The fragment « {step[:64]} » spreads itself, directly or through others; take that out."
                raise GraphQLError(sentence, extensions={"code": "BAD_QUERY"})
            else:
                trail[step] = iter(sizes[step].spreads)
    return ordered


def _add_up(size: Extent, sizes: Mapping[str, Extent]) -> None:
    """Add to a definition what it spreads. A fragment that is not there is said by validation."""
    for spread in size.spreads:
        other = sizes.get(spread.name)
        if other is None:
            continue
        size.fields = min(size.fields + other.fields, UNCOUNTED)
        size.aliases = min(size.aliases + other.aliases, UNCOUNTED)
        size.directives = min(size.directives + other.directives, UNCOUNTED)
        size.opened = min(size.opened + other.opened, UNCOUNTED)
        size.values = max(size.values, other.values)
        if spread.at_root:
            size.roots = min(size.roots + other.roots, UNCOUNTED)
        inside = max(other.introspection, other.depth if spread.introspects else 0)
        size.introspection = max(size.introspection, inside and spread.above + inside)
        if not spread.introspects:
            size.depth = max(size.depth, spread.above + other.depth)
