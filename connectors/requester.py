"""What is asked of a partner, and the one seam behind which it is answered: by its server, a file, or kept copies.

:class:`connectors.wire.Wire` asks the server, :class:`connectors.files.OnDisk` reads the file,
:class:`connectors.replaying.Reeled` the copies.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec
from yarl import URL

from connectors.auth import Authenticator
from connectors.replies import Reply
from directory.records import Copy, Traffic


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A question, which may be sent again: reading, or asking for a token, changes nothing.

    ``accept``: statuses of 400 and above that the caller understands itself. A request for a token goes out without
    the partner's credentials, and no copy of its answer is kept.
    """

    method: str
    url: URL
    headers: Mapping[str, str] = {}
    body: bytes | Mapping[str, str] | None = None
    accept: frozenset[int] = frozenset()
    is_for_token: bool = False


Streamed = tuple[Reply, AsyncIterator[bytes]]


class Requester(Protocol):
    """Whoever answers for a partner. Raises :class:`connectors.errors.PartnerError` for whatever is no answer."""

    auth: Authenticator

    @property
    def traffic(self) -> Traffic:
        """What the present reading has cost so far."""
        ...

    def begin(self) -> None:
        """Begins a reading: its time budget and its traffic."""
        ...

    def chapter(self, name: str) -> None:
        """Begins a part of the reading; one that is begun again counts from its first answer again."""
        ...

    def copies(self) -> tuple[Copy, ...]:
        """The copies kept since the last call."""
        ...

    async def read(self, request: Request) -> Reply:
        """The answer, read whole."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[Streamed]:
        """The answer's head (a reply without a body) and its unpacked bytes as they come.

        Bytes that end too soon raise :class:`connectors.errors.Unsettled`.
        """
        ...
