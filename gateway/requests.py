"""What a caller sent, made a GraphQL request or refused: GraphQL over HTTP, section "Request".

Pure: bytes and headers in, :class:`GraphQLRequest` out. Nothing here may raise anything but :class:`RequestRefused`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from gateway.errors import RequestRefused

JSON_TYPE: Final = "application/json"
PARAMETERS: Final = ("query", "documentId", "operationName", "variables", "extensions")
LONGEST_ID: Final = 256  # of characters
_SHA256: Final = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The members of a request, their types checked.

    ``query`` is empty only where ``document_id`` names the document instead: the bare hash of a ``documentId`` of the
    form ``sha256:…`` and of ``extensions.persistedQuery``, any other identifier as it is.
    """

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    document_id: str | None = None

    @property
    def wants_cost(self) -> bool:
        """Whether the answer shall say what it cost."""
        return self.extensions.get("cost") is True


Batch = list[GraphQLRequest | RequestRefused]


def from_body(body: bytes, batch: int = 0) -> GraphQLRequest | Batch:
    """A POST's JSON body: one request, or a list of up to ``batch`` of them, each of which is refused by itself."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestRefused(400, "BAD_JSON", f"The body is not JSON in UTF-8: {error}.") from None
    except RecursionError:
        raise RequestRefused(400, "BAD_JSON", "The body is nested too deeply.") from None
    if isinstance(value, list):
        return _batch(value, batch)
    if not isinstance(value, dict):
        raise RequestRefused(400, "BAD_REQUEST", "The body must be a JSON object with « query ».")
    return _checked(value)


def from_parameters(parameters: Mapping[str, str]) -> GraphQLRequest:
    """A GET's query string, where variables and extensions are JSON text."""
    members: dict[str, Any] = {name: parameters[name] for name in PARAMETERS if name in parameters}
    for name in ("variables", "extensions"):
        if text := members.get(name):
            members[name] = _json_parameter(name, text)
        else:
            members.pop(name, None)
    return _checked({name: value for name, value in members.items() if value != "" or name == "query"})


def bare_id(document_id: str) -> str:
    """A document's identifier, a hash without its ``sha256:``."""
    hashed = _SHA256.fullmatch(document_id)
    return hashed[1] if hashed else document_id


def check_content(headers: Mapping[str, str]) -> None:
    """Refuse a body that is not uncompressed JSON in UTF-8; a form or plain text would let other sites' pages post."""
    kind, _, parameters = headers.get("content-type", "").partition(";")
    if kind.strip().lower() != JSON_TYPE:
        raise RequestRefused(415, "CONTENT_TYPE", f"Send the request as {JSON_TYPE} (header Content-Type).")
    charset = _charset(parameters)
    if charset not in {"", "utf-8", "utf8"}:
        raise RequestRefused(415, "CHARSET", "Send the request in UTF-8; other character sets are not read.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestRefused(415, "CONTENT_ENCODING", "Send the request uncompressed; Content-Encoding is not read.")


def check_length(query_string: bytes, limit: int) -> None:
    """Refuse an address whose parameters are longer than a body may be."""
    if len(query_string) > limit:
        message = f"The parameters are longer than {limit:,} bytes; send the request by POST, or ask for less."
        raise RequestRefused(414, "PARAMETERS_TOO_LONG", message)


def announced_length(headers: Mapping[str, str]) -> int | None:
    """The Content-Length, where there is a sane one."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def too_large(limit: int) -> RequestRefused:
    """The refusal of a body beyond ``limit`` bytes; the connection ends with it, for the rest is never read."""
    message = f"The body is larger than {limit:,} bytes; ask for less in one request."
    return RequestRefused(413, "BODY_TOO_LARGE", message, {"Connection": "close"})


def _json_parameter(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RequestRefused(400, "BAD_JSON", f"The parameter « {name} » is not JSON.") from None


def _batch(values: list[Any], most: int) -> Batch:
    if not most:
        raise RequestRefused(400, "BATCH", "A body holds one request: an object with « query », not a list.")
    if not 0 < len(values) <= most:
        message = f"The list holds {len(values)} requests; send from 1 to {most} in one body."
        raise RequestRefused(400, "BATCH", message)
    if not all(isinstance(value, dict) for value in values):
        raise RequestRefused(400, "BATCH", "Every element of the list must be a JSON object with « query ».")
    return [_checked_alone(value) for value in values]


def _checked_alone(members: Mapping[str, Any]) -> GraphQLRequest | RequestRefused:
    try:
        return _checked(members)
    except RequestRefused as refused:
        return refused


def _checked(members: Mapping[str, Any]) -> GraphQLRequest:
    name = members.get("operationName")
    document_id = _document_id(members)
    query = members.get("query")
    if query is None and document_id:
        query = ""
    if not isinstance(query, str) or not (query.strip() or document_id):
        raise RequestRefused(400, "BAD_REQUEST", "« query » is missing; it must be a text holding a GraphQL document.")
    if name is not None and not isinstance(name, str):
        raise RequestRefused(400, "BAD_REQUEST", "« operationName » must be a text or null.")
    return GraphQLRequest(query, name, _object(members, "variables"), _object(members, "extensions"), document_id)


def _document_id(members: Mapping[str, Any]) -> str | None:
    """What names the document: ``documentId`` (GraphQL over HTTP, appendix A) or Apollo's extension."""
    given = [("documentId", members.get("documentId"))]
    if (persisted := _object(members, "extensions").get("persistedQuery")) is not None:
        given.append(("extensions.persistedQuery.sha256Hash", _sha256_hash(persisted)))
    ids = {bare_id(_identifier(name, value)) for name, value in given if value is not None}
    if len(ids) > 1:
        raise RequestRefused(400, "BAD_REQUEST", "« documentId » and « extensions.persistedQuery » name two documents.")
    return next(iter(ids), None)


def _sha256_hash(persisted: Any) -> Any:
    if not isinstance(persisted, dict) or persisted.get("version") != 1 or "sha256Hash" not in persisted:
        message = "« extensions.persistedQuery » must be an object with « version » 1 and « sha256Hash »."
        raise RequestRefused(400, "BAD_REQUEST", message)
    return persisted["sha256Hash"]


def _identifier(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        raise RequestRefused(400, "BAD_REQUEST", f"« {name} » must be a text of 1 to {LONGEST_ID} characters.")
    return value


def _object(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RequestRefused(400, "BAD_REQUEST", f"« {name} » must be an object or null.")
    return value


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""
