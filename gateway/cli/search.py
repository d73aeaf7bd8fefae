"""``circuit search``: the buyer's question from the command line."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, say, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.search.query import Near
    from directory.store.reading import StoredSupplier

COLUMNS = {
    "name": "name",
    "siren": "SIREN",
    "commune": "commune",
    "km": "km",
    "activity": "activity",
    "partners": "listed by",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(search)


def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is looked for, in French.")],
    near: Annotated[str | None, typer.Option(metavar="COMMUNE", help="Commune or INSEE code to look around.")] = None,
    km: Annotated[float, typer.Option(min=0.1, max=500, metavar="N", help="Radius around --near.")] = 20.0,
    first: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 10,
    json: AsJson = False,
) -> None:
    """Search the directory as the public may; each company once, whoever lists it."""
    from directory.search.engine import TantivyEngine
    from directory.search.query import SearchQuery, Window

    settings = Settings()
    engine = TantivyEngine.open(settings.index_dir)
    found = engine.search(SearchQuery(text=text, near=_place(near, km) if near else None), Window(first=first))
    suppliers = run(_suppliers(settings, [hit.id for hit in found.hits]))
    rows = [
        _row(stored, hit.distance_km, hit.score)
        for hit, stored in zip(found.hits, suppliers, strict=True)
        # The store may be ahead of the index: who was merged away since is shown under the survivor's own hit.
        if stored and stored.supplier.id == hit.id
    ]
    table(rows, COLUMNS, json=json)
    say(f"{len(rows)} of {found.total:,} suppliers.")


def _place(name: str, km: float) -> "Near":
    from directory import geography, towns
    from directory.search.query import Near

    commune = geography.commune(name) or towns.find(name, None)
    if commune is None:
        raise Failure(f"No commune of the region is called {name!r}; give its name in full or its INSEE code.", code=2)
    return Near(commune.location.latitude, commune.location.longitude, km)


async def _suppliers(settings: Settings, ids: list[int]) -> "list[StoredSupplier | None]":
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    async with opened_store(settings) as database:
        return await Reader(database).suppliers(ids)


def _row(stored: "StoredSupplier", km: float | None, score: float | None) -> dict[str, Any]:
    from directory.disclosure import Role, visible

    supplier = visible(stored.supplier, Role.PUBLIC)
    if supplier is None:
        return {"name": "(not shown)"}
    office = supplier.head_office
    return {
        "name": supplier.name,
        "siren": supplier.siren,
        "commune": office.address.commune if office else None,
        "km": None if km is None else round(km, 1),
        "score": score,
        "activity": next((activity.label for activity in supplier.activities if activity.label), None),
        "partners": ", ".join(supplier.partners),
    }
