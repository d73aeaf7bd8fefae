"""The store that the settings name, opened in this version's shape."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from directory.store.database import Database
from gateway.errors import SettingsError
from gateway.settings import Settings


def made_folder(folder: Path) -> Path:
    """The folder, made if need be. Raises :class:`~gateway.errors.SettingsError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"data_dir {folder} cannot be made ({reason}); choose a folder that can be") from None
    return folder


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Database]:
    """The store, migrated; closed at the end. Raises :class:`~directory.store.errors.StoreError`."""
    made_folder(settings.data_dir)
    database = Database(settings.store_url)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()
