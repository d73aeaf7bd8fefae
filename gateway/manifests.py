"""Trusted documents: the operations of known clients, listed in a file that their build writes.

Read whole and checked against the schema before anything is served, so that a client which asks for what is not there
is found out by the operator and not by its users. Two forms are in use: Apollo's manifest (a list of operations with
``id`` and ``body``), and one object ``{id: text}``, as Relay's compiler and GraphQL Code Generator write it.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate

from gateway.errors import SettingsError
from gateway.requests import bare_id

APOLLO: Final = "apollo-persisted-query-manifest"
_FORMS: Final = (
    f"either an Apollo manifest (« format »: « {APOLLO} », « version »: 1, « operations ») or an object {{id: text}}"
)

Select = Callable[[str, str | None], object]
"""Raises :class:`graphql.GraphQLError` for a document that the hub would not read: what it bounds is its own matter."""


class Document(NamedTuple):
    """One of the manifest: the identifier its clients send, its text, its operations, and what is wrong with it."""

    id: str
    text: str
    operations: tuple[str, ...] = ()
    problem: str | None = None


class _Operation(msgspec.Struct):
    id: str
    body: str


class _Apollo(msgspec.Struct):
    version: int
    operations: list[_Operation]


class Trusted:
    """The trusted documents by what may name them: the manifest's identifier, and the SHA-256 of the text."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        hashed = {digest(text): text for text in documents.values()}
        self._texts = hashed | {bare_id(name): text for name, text in documents.items()}
        self._known = frozenset(hashed.values())

    def __len__(self) -> int:
        return len(self._known)

    def find(self, document_id: str) -> str | None:
        """The text that an identifier names; hashes are given without ``sha256:``."""
        return self._texts.get(document_id)

    def holds(self, text: str) -> bool:
        """Whether the text is one of them, to the letter."""
        return text in self._known


def digest(text: str) -> str:
    """The SHA-256 of a document's text, as clients compute it: 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path) -> dict[str, str]:
    """The texts of a manifest by their identifiers. Raises :class:`SettingsError` for a file that is none."""
    try:
        said = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"the manifest {path} cannot be read ({error.strerror}); correct its path") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(
            f"the manifest {path} is not JSON ({error}); have the client's build write it anew"
        ) from None
    texts = _texts(path, said)
    if not texts:
        raise SettingsError(f"the manifest {path} lists no operation; have the client's build write it anew")
    return texts


def examined(texts: Mapping[str, str], schema: GraphQLSchema, select: Select) -> list[Document]:
    """Every document with what is wrong with it, in the manifest's order."""
    return [_examined(name, text, schema, select) for name, text in texts.items()]


def trusted(path: Path | None, schema: GraphQLSchema, select: Select) -> Trusted:
    """The manifest's documents, all good. Raises :class:`SettingsError` that names the first one that is not."""
    if path is None:
        return Trusted({})
    texts = read(path)
    wrong = [document for document in examined(texts, schema, select) if document.problem]
    if wrong:
        first = f"« {wrong[0].operations[0] if wrong[0].operations else wrong[0].id} »: {wrong[0].problem}"
        said = f"{len(wrong)} of the {len(texts)} operations of {path} cannot be run, first {first}"
        raise SettingsError(f"{said} Mend the client or the manifest; circuit manifest lists them all.")
    return Trusted(texts)


def _texts(path: Path, said: Any) -> dict[str, str]:
    if isinstance(said, dict) and all(isinstance(text, str) for text in said.values()):
        return dict(said)
    if not isinstance(said, dict) or said.get("format") != APOLLO:
        raise SettingsError(f"the manifest {path} is of no known form; it must be {_FORMS}")
    try:
        manifest = msgspec.convert(said, _Apollo)
    except msgspec.ValidationError as error:
        raise SettingsError(f"the manifest {path} is not as Apollo has it ({error}); have it written anew") from None
    if manifest.version != 1:
        raise SettingsError(f"the manifest {path} has version {manifest.version}; only version 1 is read")
    texts: dict[str, str] = {}
    for operation in manifest.operations:
        if texts.setdefault(operation.id, operation.body) != operation.body:
            raise SettingsError(
                f"the manifest {path} has two texts for the id « {operation.id} »; have it written anew"
            )
    return texts


def _examined(name: str, text: str, schema: GraphQLSchema, select: Select) -> Document:
    operations: tuple[str, ...] = ()
    try:
        document = parse(text, no_location=True)
        operations = tuple(_names(document))
        errors = validate(schema, document)
        if errors:
            raise errors[0]
        # Which of several a request means is its own to say; here any stands for all.
        select(text, operations[0] if operations else None)
    except GraphQLError as error:
        return Document(name, text, operations, error.message)
    return Document(name, text, operations)


def _names(document: DocumentNode) -> Iterator[str]:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.name:
            yield definition.name.value
