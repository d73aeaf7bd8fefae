"""Which fields a caller asks for below the one being resolved, so that what nobody asked for is not worked out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from schema.context import Info


def selects(info: Info, name: str) -> bool:
    """Whether the field ``name`` is asked for, directly or by way of fragments; one that is skipped counts as asked.

    Strawberry's ``info.selected_fields`` follows every fragment wherever it is spread, which takes exponential time
    for fragments that spread each other; here each is looked into once, and where a plan runs, once a plan.
    """
    raw: Any = info._raw_info  # there is no public way to the nodes
    known: frozenset[str] | None = getattr(raw, "selected", None)
    return name in (names(raw.fragments, (node.selection_set for node in raw.field_nodes)) if known is None else known)


def names(
    fragments: Mapping[str, FragmentDefinitionNode], selections: Iterable[SelectionSetNode | None]
) -> Iterator[str]:
    """The names of the fields in these selections, those of their fragments among them."""
    seen: set[str] = set()

    def fields(selected: SelectionSetNode) -> Iterator[str]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, InlineFragmentNode):
                yield from fields(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                yield from fields(fragments[node.name.value].selection_set)

    for selected in selections:
        if selected:
            yield from fields(selected)
