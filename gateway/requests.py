"""What a caller sent, made a GraphQL request or refused: GraphQL over HTTP, section "Request".

Pure: bytes and headers in, :class:`GraphQLRequest` out. Nothing here may raise anything but :class:`RequestRefused`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from gateway.errors import RequestRefused

JSON_TYPE: Final = "application/json"
PARAMETERS: Final = ("query", "operationName", "variables", "extensions")


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The four members of a request, their types checked."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)

    @property
    def wants_cost(self) -> bool:
        """Whether the answer shall say what it cost."""
        return self.extensions.get("cost") is True


def from_body(body: bytes) -> GraphQLRequest:
    """A POST's JSON body."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestRefused(400, "BAD_JSON", f"The body is not JSON in UTF-8: {error}.") from None
    except RecursionError:
        raise RequestRefused(400, "BAD_JSON", "The body is nested too deeply.") from None
    if isinstance(value, list):
        raise RequestRefused(400, "BATCH", "A body holds one request: an object with « query », not a list.")
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


def _checked(members: Mapping[str, Any]) -> GraphQLRequest:
    query = members.get("query")
    if not isinstance(query, str) or not query.strip():
        raise RequestRefused(400, "BAD_REQUEST", "« query » is missing; it must be a text holding a GraphQL document.")
    name = members.get("operationName")
    if name is not None and not isinstance(name, str):
        raise RequestRefused(400, "BAD_REQUEST", "« operationName » must be a text or null.")
    return GraphQLRequest(query, name, _object(members, "variables"), _object(members, "extensions"))


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
