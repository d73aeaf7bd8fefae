"""What understands needs in this process: made anew when the lexicon, the partners' names or the index have changed."""

import asyncio
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from cache import make_key
from directory.lexicography import current
from directory.records import PartnerInfo
from directory.search.engine import Snapshot
from directory.store import lexicon
from directory.store.database import Database
from directory.store.reading import Reader
from directory.understanding.lexicon import carried
from directory.understanding.meaning import carried_meaning
from directory.understanding.understander import Indexed, Partners, Understander

PATIENCE = 5.0  # seconds for the store
# Names that mean something else more often: a cold room is no chamber of commerce.
_ORDINARY = frozenset({"chambre"})
# What buyers call the partners besides the names that their settings give them.
_ALSO: Mapping[str, tuple[str, ...]] = {
    "chambre": ("CCI", "chambre de commerce"),
    "cmar": ("CMA", "chambre de métiers", "chambre des métiers"),
    "cpme13": ("CPME",),
    "cress_paca": ("Cress", "ESS", "économie sociale et solidaire"),
    "french_tech": ("French Tech", "startup", "start-up", "jeune pousse"),
}


class _State(Struct, frozen=True):
    """What an understander was made of."""

    entry: int
    partners: tuple[tuple[str, tuple[str, ...]], ...]
    index: str | None


async def understander_of(database: Database, index: Snapshot) -> Understander:
    """The one that a process makes for a moment: by the lexicon in force and the words of this index."""
    understanding = Understanding(database, Reader(database))
    await understanding.refresh(index.meta.generation, index)
    return understanding.now()


class Understanding:
    """Holds the understander in force. Making one takes about a second, in a thread; the one before serves meanwhile.

    ``digest`` names what it was made of: no answer understood by one is kept for another.
    """

    def __init__(self, database: Database, reader: Reader) -> None:
        self._database, self._reader = database, reader
        self._state: _State | None = None
        self._made: Understander | None = None
        self.digest = ""

    def now(self) -> Understander:
        """The one in force; where none was made yet, one by the lexicon that the hub came with."""
        if self._made is None:
            self._made = Understander.of(carried(), meaning=carried_meaning())
        return self._made

    async def refresh(self, generation: str | None, indexed: Indexed | None) -> bool:
        """Make it anew if what it was made of has changed; whether it was. ``generation`` names what is ``indexed``.

        Raises :class:`~directory.store.errors.StoreError`, TimeoutError.
        """
        async with asyncio.timeout(PATIENCE):
            partners = await self._names()
            async with self._database.reading() as connection:
                entry = await lexicon.latest(connection)
            state = _State(entry, tuple(sorted(partners.items())), generation)
            if state == self._state:
                return False
            known = await current(self._database)
        self._made = await asyncio.to_thread(
            lambda: Understander.of(known, partners=partners, indexed=indexed, meaning=carried_meaning())
        )
        self._state, self.digest = state, make_key(msgspec.to_builtins(state)).hex()
        return True

    async def _names(self) -> Partners:
        """The names that each partner goes by: its own, its organisation's and its short code."""
        states = await self._reader.partners()
        return {each.info.id: _spoken(each.info) for each in states}


def _spoken(partner: PartnerInfo) -> tuple[str, ...]:
    names = (partner.name, partner.organisation, partner.id, *_ALSO.get(partner.id, ()))
    return tuple(name for name in names if name.casefold() not in _ORDINARY)
