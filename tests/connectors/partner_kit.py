"""What the connectors' tests say often: declarations in haste, one reading gathered, the error a reading ends with."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from aiohttp import web

from connectors import Declaration, PartnerError, declare, open_connector
from directory.records import End, Listing, Page, Unusable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Mapping[str, Handler]], Awaitable[str]]
Declared = Callable[..., Declaration]

# Tests wait for nothing that they do not test.
HASTE: Mapping[str, Any] = {
    "retry_pause": 0.001,
    "retries": 2,
    "timeout": 2,
    "rate": 10_000,
    "allow_hosts": ["127.0.0.1"],
}


class Reading:
    """What one reading gave, gathered."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.ends: list[End] = []

    def take(self, part: Page | End) -> None:
        """The next part."""
        self.pages.append(part) if isinstance(part, Page) else self.ends.append(part)

    @property
    def end(self) -> End:
        (end,) = self.ends
        return end

    @property
    def counting(self) -> list[Page]:
        """The pages since the reading began anew, if it did."""
        anew = [number for number, page in enumerate(self.pages) if page.restarts]
        return self.pages[anew[-1] :] if anew else self.pages

    @property
    def listings(self) -> dict[str, Listing]:
        return {listing.external_id: listing for page in self.counting for listing in page.listings}

    @property
    def unusable(self) -> list[Unusable]:
        return [row for page in self.counting for row in page.unusable]

    @property
    def deleted(self) -> list[str]:
        return [external_id for page in self.counting for external_id in page.deleted]


async def reading_of(declaration: Declaration, cursor: str | None = None) -> Reading:
    """One reading from beginning to end."""
    reading = Reading()
    async with open_connector(declaration) as connector:
        async for part in connector.read(cursor):
            reading.take(part)
    return reading


async def failure_of(declaration: Declaration, cursor: str | None = None) -> PartnerError:
    """The error that a reading ends with."""
    with pytest.raises(PartnerError) as caught:
        await reading_of(declaration, cursor)
    return caught.value


def plain(address: str, **changes: Any) -> Declaration:
    """A partner of plain JSON: one answer that is the list."""
    overrides = {
        "title": "Essai",
        "protocol": "json",
        "base_url": address,
        "pages": {"paging": "single"},
        "fields": {"id": "id", "name": "name"},
        **HASTE,
        **changes,
    }
    return declare("essai", overrides)
