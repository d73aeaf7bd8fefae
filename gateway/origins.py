"""The origins of pages that may read answers: those of the settings, and those of the keys in force."""

from collections.abc import Sequence
from typing import Final

from directory.store import keys
from directory.store.database import Database

_ANY: Final = "*"


class Origins:
    """The origins whose pages may read; those of keys are looked up once a second by the hub."""

    def __init__(self, settled: Sequence[str]) -> None:
        self._settled = frozenset(origin.lower() for origin in settled)
        self._of_keys: frozenset[str] = frozenset()

    async def refresh(self, database: Database) -> None:
        """Take up the origins of the keys in force. Raises :class:`~directory.store.errors.StoreError`."""
        async with database.reading() as connection:
            self._of_keys = await keys.origins(connection)

    def allowed(self, origin: str) -> str | None:
        """What to answer this origin in ``Access-Control-Allow-Origin``; ``None`` where its pages may not read."""
        if _ANY in self._settled:
            return _ANY
        return origin if origin.lower() in self._settled or origin.lower() in self._of_keys else None
