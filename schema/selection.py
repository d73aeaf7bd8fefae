"""Which fields a caller asks for below the one being resolved, so that what nobody asked for is not worked out."""

from collections.abc import Iterable, Iterator

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode

from schema.context import Info


def selects(info: Info, name: str) -> bool:
    """Whether the field ``name`` is asked for, directly or by way of fragments; one that is skipped counts as asked.

    Strawberry's ``info.selected_fields`` follows every fragment wherever it is spread, which takes exponential time
    for fragments that spread each other; here each is looked into once.
    """
    raw = info._raw_info  # there is no public way to the nodes
    seen: set[str] = set()

    def fields(selections: Iterable[SelectionNode]) -> Iterator[str]:
        for node in selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, InlineFragmentNode):
                yield from fields(node.selection_set.selections)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                yield from fields(raw.fragments[node.name.value].selection_set.selections)

    return any(name in fields(node.selection_set.selections) for node in raw.field_nodes if node.selection_set)
