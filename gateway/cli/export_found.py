"""``circuit export suppliers --query …``: the whole result of a search, as the hub's door gives it."""

import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from directory.disclosure import Role
from gateway.cli.output import Failure
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.export.making import Export


async def export(form: str, role: Role, query: str | None, where: str | None, output: Path | None) -> None:
    """Write the file, whole or not at all; without ``output`` to standard output."""
    from directory.export.making import prepare
    from directory.export.writing import Format
    from directory.records import now
    from directory.search.engine import TantivyEngine
    from directory.store.reading import Reader
    from gateway.stores import opened_store
    from gateway.understanding import understander_of
    from schema import ids
    from schema.errors import RequestError
    from schema.questions import question_of

    asked = {name: value for name, value in (("query", query), ("where", _json(where))) if value is not None}
    settings = Settings()
    index = TantivyEngine.open(settings.index_dir).snapshot
    async with opened_store(settings) as database:
        understander = await understander_of(database, index)
        try:
            question = question_of(asked, role, lambda: understander)
        except RequestError as error:
            raise Failure(str(error), code=2) from None

        def address_of(number: int) -> str:
            return ids.encode("Supplier", number)

        made = await prepare(Reader(database), index, question, asked, Format(form), now(), address_of)
        await _write(made, output)


def _json(text: str | None) -> Any:
    try:
        return None if text is None else msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise Failure(
            '--where is no JSON; write it as in GraphQL, its names quoted: {"naf": ["43.2"]}.', code=2
        ) from None


async def _write(made: "Export", output: Path | None) -> None:
    async with aclosing(made.chunks()) as chunks:
        if output is None:
            async for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
            return
        unfinished = output.with_name(f".{output.name}.part")
        try:
            with unfinished.open("wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
            unfinished.replace(output)
        except OSError as error:
            raise Failure(f"{output} cannot be written: {error.strerror}.") from None
        finally:
            unfinished.unlink(missing_ok=True)
