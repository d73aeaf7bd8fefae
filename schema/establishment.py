"""Establishments: the sites of a company, with their addresses."""

from typing import Self

import strawberry

from directory import records
from schema import ids, paging
from schema.errors import BadCursor
from schema.paging import PageInfo
from schema.scalars import Siret

CURSOR = "establishment"


@strawberry.type(description="A postal address, each part as far as it is known.")
class Address:
    """An address of one establishment."""

    lines: list[str] = strawberry.field(description="Street and what goes before it, a line each.")
    postcode: str | None = strawberry.field(description="Postal code (`13400`).")
    commune: str | None = strawberry.field(description="Name of the commune.")
    commune_code: str | None = strawberry.field(
        description="INSEE code of the commune (`13005`), as `locatedIn` takes it."
    )
    department_code: str | None = strawberry.field(
        description="INSEE code of the department (`13`), as `locatedIn` takes it; all that some partners say."
    )

    @classmethod
    def of(cls, address: records.Address) -> Self | None:
        """The address; ``None`` for one of which nothing is known."""
        if address == records.Address():
            return None
        return cls(
            lines=list(address.lines),
            postcode=address.postcode,
            commune=address.commune,
            commune_code=address.commune_code,
            department_code=address.department,
        )


@strawberry.type(description="A point on the map, WGS 84.")
class Location:
    """Where an establishment is."""

    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")
    approximate: bool = strawberry.field(description="Whether it is the centre of the commune and not the address.")


@strawberry.type(description="One site of a company; in France it has a SIRET.")
class Establishment(ids.Node):
    """A site as the listings that name it describe it."""

    siret: Siret | None = strawberry.field(description="Its number in the SIRENE register.")
    name: str | None = strawberry.field(description="Its own name or sign, where it has one.")
    address: Address | None = strawberry.field(description="Where to write to it.")
    location: Location | None = strawberry.field(description="Where it is on the map.")
    is_head_office: bool = strawberry.field(description="Whether the company's seat is here.")
    is_open: bool = strawberry.field(description="Whether it is in business.")

    @classmethod
    def of(cls, supplier: int, site: records.Establishment) -> Self:
        """This site of that supplier."""
        point = site.location
        return cls(
            id=ids.encode("Establishment", f"{supplier}/{site.id}"),
            siret=Siret(site.siret) if site.siret else None,
            name=site.name,
            address=Address.of(site.address),
            location=Location(latitude=point.latitude, longitude=point.longitude, approximate=point.approximate)
            if point
            else None,
            is_head_office=site.is_head_office,
            is_open=site.is_open,
        )


@strawberry.type(description="An establishment and its place in the list.")
class EstablishmentEdge:
    """The Relay edge."""

    cursor: str = strawberry.field(description="Its place, to be given as `after`.")
    node: Establishment = strawberry.field(description="The establishment.")


@strawberry.type(description="A page of a company's establishments, its seat first.")
class EstablishmentConnection:
    """The Relay connection."""

    edges: list[EstablishmentEdge] = strawberry.field(description="The establishments with their cursors.")
    nodes: list[Establishment] = strawberry.field(description="The establishments alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies among the rest.")
    total_count: int = strawberry.field(description="How many establishments the company has.")

    @classmethod
    def of(cls, supplier: records.Supplier, first: int | None, after: str | None) -> Self:
        """The page asked for of the supplier's establishments."""
        sites = sorted(supplier.establishments, key=lambda site: (not site.is_head_office, site.id))
        start = _position_after(sites, after)
        page = sites[start : start + paging.size(first)]
        edges = [
            EstablishmentEdge(cursor=paging.cursor(CURSOR, site.id), node=Establishment.of(supplier.id, site))
            for site in page
        ]
        return cls(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo.around(
                [edge.cursor for edge in edges], has_next=start + len(page) < len(sites), has_previous=start > 0
            ),
            total_count=len(sites),
        )


def _position_after(sites: list[records.Establishment], after: str | None) -> int:
    if after is None:
        return 0
    place = paging.place(CURSOR, after)
    for position, site in enumerate(sites, start=1):
        if site.id == place:
            return position
    raise BadCursor("The establishment of this cursor is gone; leave `after` out to begin again.")
