"""The messages of graphql-transport-ws, and the codes with which a connection is closed.

The protocol is that of the npm package graphql-ws (its ``PROTOCOL.md``).
"""

from enum import IntEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct

PROTOCOL: Final = "graphql-transport-ws"
_REASON_BYTES: Final = 123  # the most that a closing frame holds (RFC 6455, section 5.5)

Id = Annotated[str, Meta(min_length=1, max_length=256)]


class Code(IntEnum):
    """Why a connection is closed; graphql-ws connects again after those below 4000."""

    NORMAL = 1000
    GOING_AWAY = 1001
    INTERNAL = 1011
    TRY_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    BAD_PROTOCOL = 4406
    INIT_TIMEOUT = 4408
    ID_TAKEN = 4409
    INIT_TWICE = 4429


class Closed(Exception):
    """The connection ends with this code and reason."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")


class Init(Struct, tag="connection_init"):
    """The client asks to be let in."""

    payload: dict[str, Any] | None = None

    @property
    def authorization(self) -> str | None:
        """What browsers cannot say in a header, said in the payload."""
        said = {name.lower(): value for name, value in (self.payload or {}).items()}.get("authorization")
        return None if said is None else str(said)


class Ping(Struct, tag="ping"):
    """Either side asks whether the other is there."""

    payload: dict[str, Any] | None = None


class Pong(Struct, tag="pong"):
    """Either side is there."""

    payload: dict[str, Any] | None = None


class Subscribe(Struct, tag="subscribe"):
    """The client asks an operation; ``payload`` is the JSON of a request as POST takes it."""

    id: Id
    payload: Raw


class Complete(Struct, tag="complete"):
    """The client wants no more of an operation, or there is no more of it."""

    id: Id


Message = Init | Ping | Pong | Subscribe | Complete
_decoder: "Final[msgspec.json.Decoder[Message]]" = msgspec.json.Decoder(Message)


class _Said(Struct, omit_defaults=True):
    type: str
    id: str | None = None
    payload: Any = None


def read(text: str | None) -> Message:
    """A client's message. Raises :class:`Closed` for anything else, binary frames (``None``) too."""
    if text is None:
        raise Closed(Code.BAD_MESSAGE, "Messages are text frames; this one was binary.")
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Closed(Code.BAD_MESSAGE, f"This is no message of {PROTOCOL}: {error}") from None


def say(kind: str, of: str | None = None, payload: Any = None) -> str:
    """A message of ours; ``of`` is the id of its operation."""
    return msgspec.json.encode(_Said(kind, of, payload)).decode()
