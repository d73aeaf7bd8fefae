"""What every reader of a document's syntax tree asks of it."""

from typing import Final

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode

CONDITIONS: Final = frozenset({"include", "skip"})


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Its fragments by name; of two with one name, which validation refuses, the later."""
    return {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}


def response_key(field: FieldNode) -> str:
    """The name that the field has in the answer."""
    return (field.alias or field.name).value
