"""The store that the settings name, opened in this version's shape."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from directory.store.database import Database
from gateway.settings import Settings


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Database]:
    """The store, migrated; closed at the end. Raises :class:`~directory.store.errors.StoreError`."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.store_url)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()
