"""An official register behind the protocol of the API Recherche d'entreprises: asked by SIREN, never read whole.

``GET /search?q=…`` gives at most 25 companies a page and 10,000 in all, which is no directory. Asked for a SIREN it
gives that company, and might give others besides; of a company with more establishments than one answer holds it gives
several results. ``minimal`` and ``include`` leave the directors out, whose birthdays are none of our business.
"""

from collections.abc import Mapping
from typing import Final

from connectors import jsontext, readers
from connectors.paging import Batch
from connectors.paths import getter
from connectors.protocols.base import Batches, Protocol
from directory import identifiers
from directory.identifiers import InvalidValue
from directory.records import Scope

_PARTS: Final[Mapping[str, str]] = {"minimal": "true", "include": "siege"}
# A word that many a company has in its name, for a look at the register.
_SAMPLE: Final = "plomberie"


class Register(Protocol):
    """``GET {base}/{resource}?q={SIREN}`` → ``{"results": […]}``."""

    def everything(self) -> Batches:
        """Raises :class:`CannotAsk`: a register holds every company there is."""
        raise self.cannot_ask(
            "it is a register, read by SIREN, and not a directory; ask it for the companies that directories list"
        )

    async def sample(self) -> Batches:
        """One page of companies; how many more there are says nothing."""
        self.start(Scope.CHANGES)
        yield Batch(rows=await self._asked(_SAMPLE))

    async def member(self, external_id: str) -> str | None:
        """The company of a SIREN; ``None`` where the register knows none, and unasked for what is no SIREN."""
        if not _is_siren(external_id):
            return None
        place = self.id_column()
        rows = await self._asked(external_id)
        return next((row for row in rows if self._value(row, place) == external_id), None)

    async def _asked(self, question: str) -> list[str]:
        size = str(self.declared.page_size)
        reply = await self.http.get(self.address, {"q": question, "page": "1", "per_page": size, **_PARTS})
        return self.rows(reply, "results")

    def _value(self, row: str, place: str) -> str:
        try:
            return readers.scalar(getter(place)(jsontext.decoded(row, object)))
        except jsontext.NotJson as fault:
            raise self.not_json(fault, "resource") from None


def _is_siren(text: str) -> bool:
    """Whether it is one, written as registers write it."""
    try:
        return identifiers.siren(text) == text
    except InvalidValue:
        return False
