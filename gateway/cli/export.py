"""``circuit export``: the directory as CSV or JSON Lines, streamed, showing what the chosen role may see.

Ids are those of every other command: ``supplier_id`` is the supplier's number, the same in both exports, and
``establishment_id`` the number, a slash and the establishment's own id. Listings of one supplier have the same
``supplier_id``, those of one site the same ``establishment_id``.
"""

from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, aclosing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from directory.disclosure import Field, Role, Sight, visible
from directory.records import SupplierStatus
from gateway.cli.context import run
from gateway.cli.output import Failure, say
from gateway.cli.sheets import Format, ForSpreadsheets, Output, Write, writing
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.records import Address, Contact, Supplier
    from directory.store.reading import Reader, StoredListing, StoredSupplier


class What(StrEnum):
    """What can be exported."""

    LISTINGS = "listings"
    SUPPLIERS = "suppliers"


class Form(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


# In place of an establishment's id where a supplier has no site; an id made of an address goes on after its dash.
NO_SITE = "-"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(export)


def export(
    what: Annotated[What, typer.Argument(help="One row a listing, or one a supplier.")],
    form: Annotated[
        Form, typer.Option("--format", help="CSV with a header, one JSON object a line, or a workbook (of a search).")
    ] = Form.CSV,
    role: Annotated[
        Role, typer.Option(case_sensitive=False, help="Show what this role may see; contacts need a role above PUBLIC.")
    ] = Role.PUBLIC,
    closed: Annotated[
        bool, typer.Option("--closed", help="Companies too that have closed, as an official register says.")
    ] = False,
    output: Output = None,
    for_spreadsheets: ForSpreadsheets = False,
    query: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Suppliers that this text finds, as /suppliers.csv gives them.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="JSON", help="Suppliers that these filters of GraphQL find, likewise.")
    ] = None,
) -> None:
    """Write every listing (with its supplier and establishment), every supplier, or all that a search finds."""
    if for_spreadsheets and form is not Form.CSV:
        raise Failure("--for-spreadsheets is about CSV; leave it out, or --format.", code=2)
    if query is not None or where is not None or form is Form.XLSX:
        from gateway.cli import export_found

        if what is not What.SUPPLIERS or closed:
            raise Failure("A search finds suppliers; leave out --closed, or say status in --where.", code=2)
        run(export_found.export(form.value, role, query, where, output))
        return
    written = writing(output, Format(form.value), for_spreadsheets=for_spreadsheets)
    run(_export(what, role, written, closed=closed))


async def _export(what: What, role: Role, written: AbstractContextManager[Write], *, closed: bool) -> None:
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        with written as write:
            unresolved = await _write(what, role, Reader(database), write, closed=closed)
    if unresolved:
        say(f"{len(unresolved):,} listings belong to no supplier yet and were left out; run circuit resolve.")


async def _write(what: What, role: Role, reader: "Reader", write: Write, *, closed: bool) -> list[str]:
    """Write every row; the ids of listings that belong to no supplier yet."""
    unresolved: list[str] = []
    rows = _suppliers(reader, role, closed) if what is What.SUPPLIERS else listings(reader, role, closed, unresolved)
    async with aclosing(rows):
        async for row in rows:
            write(row)
    return unresolved


async def listings(reader: "Reader", role: Role, closed: bool, unresolved: list[str]) -> AsyncGenerator[dict[str, Any]]:
    """A row a listing; ids of those that belong to no supplier yet are put into ``unresolved``."""
    async with aclosing(reader.every_listing()) as batches:
        async for batch in batches:
            ids = list(dict.fromkeys(stored.supplier_id for stored in batch if stored.supplier_id is not None))
            suppliers = dict(zip(ids, await reader.suppliers(ids), strict=True))
            for stored in batch:
                if stored.supplier_id is None:
                    unresolved.append(stored.listing.external_id)
                owner = suppliers.get(stored.supplier_id or 0)
                if owner and (supplier := _wanted(owner, role, closed)):
                    yield _listing_row(stored, supplier, Sight.of(supplier, role))


async def _suppliers(reader: "Reader", role: Role, closed: bool) -> AsyncGenerator[dict[str, Any]]:
    async with aclosing(reader.every_supplier()) as batches:
        async for batch in batches:
            for stored in batch:
                if supplier := _wanted(stored, role, closed):
                    yield _supplier_row(stored, supplier)


def _wanted(stored: "StoredSupplier", role: Role, closed: bool) -> "Supplier | None":
    """The supplier as the role may see it; ``None`` for one that it may not, or that was not asked for."""
    supplier = visible(stored.supplier, role)
    return supplier if supplier and (closed or supplier.status is not SupplierStatus.CLOSED) else None


def _listing_row(stored: "StoredListing", supplier: "Supplier", sight: Sight) -> dict[str, Any]:
    listing = sight.listing(stored.listing)
    return {
        "partner": listing.partner,
        "external_id": listing.external_id,
        "supplier_id": stored.supplier_id,
        "establishment_id": _establishment_id(stored, sight),
        "name": listing.name,
        "trade_names": list(listing.trade_names),
        "siren": listing.siren,
        "siret": listing.siret,
        "naf": [activity.code for activity in listing.activities if activity.nomenclature.value.startswith("NAF")],
        **_place(listing.address),
        **_reach(listing.contact, listing.website),
        "first_seen_at": stored.first_seen_at,
        "last_seen_at": stored.last_seen_at,
        **_standing(supplier),
    }


def _establishment_id(stored: "StoredListing", sight: Sight) -> str | None:
    # Without a SIRET the id is a digest of the address, which whoever knows the streets can guess.
    if stored.establishment is None:
        return f"{stored.supplier_id}/{NO_SITE}"
    is_siret = stored.establishment.isdigit()
    if not sight.sees(Field.SIRET if is_siret else Field.ADDRESS):
        return None
    return f"{stored.supplier_id}/{stored.establishment}"


def _supplier_row(stored: "StoredSupplier", supplier: "Supplier") -> dict[str, Any]:
    from directory.records import Address

    office = supplier.head_office
    return {
        "supplier_id": supplier.id,
        "name": supplier.name,
        "trade_names": list(supplier.trade_names),
        "siren": supplier.siren,
        "siret": office and office.siret,
        "naf": [activity.code for activity in supplier.activities if activity.nomenclature.value.startswith("NAF")],
        "size": supplier.size,
        "legal_form": supplier.legal_form,
        **_place(office.address if office else Address()),
        "latitude": office and office.location and office.location.latitude,
        "longitude": office and office.location and office.location.longitude,
        **_reach(supplier.contact, supplier.website),
        "labels": sorted({grant.label for grant in supplier.labels}),
        "partners": list(supplier.partners),
        "establishments": len(supplier.establishments),
        "quality": supplier.quality.score,
        "updated_at": stored.updated_at,
        **_standing(supplier),
    }


def _place(address: "Address") -> dict[str, Any]:
    street = ", ".join(address.lines) or None
    return {
        "address": street,
        "postcode": address.postcode,
        "commune": address.commune,
        "commune_code": address.commune_code,
    }


def _standing(supplier: "Supplier") -> dict[str, Any]:
    return {"status": supplier.status, "closed_on": supplier.closed_on, "disclosure": supplier.disclosure}


def _reach(contact: "Contact", website: str | None) -> dict[str, Any]:
    return {"website": website, "email": contact.email, "phone": contact.phone}
