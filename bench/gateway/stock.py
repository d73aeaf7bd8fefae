"""Stock Strawberry: ``python -m bench.gateway.stock SUPPLIERS PORT``, its own ASGI application on uvicorn.

The fields of our schema that are asked for, over objects in memory that are made before the first question; no
extension is added and none is taken away.
"""

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import strawberry
import uvicorn
from strawberry.asgi import GraphQL

from directory.records import CompanySize, SupplierStatus

strawberry.enum(CompanySize)
strawberry.enum(SupplierStatus)


@strawberry.type
class Activity:
    """What a supplier does."""

    code: str
    label: str


@strawberry.type
class LegalForm:
    """How it is constituted."""

    label: str


@strawberry.type
class Address:
    """Where a site is."""

    postcode: str | None
    commune: str | None
    commune_code: str | None


@strawberry.type
class Establishment:
    """A site."""

    address: Address | None


@strawberry.type
class Supplier:
    """A company."""

    id: strawberry.ID
    siren: str | None
    name: str
    trade_names: list[str]
    description: str | None
    website: str | None
    size: CompanySize
    status: SupplierStatus
    updated_at: datetime
    activities: list[Activity]
    legal_form: LegalForm | None
    head_office: Establishment | None


@strawberry.type
class SupplierEdge:
    """A supplier in a list."""

    node: Supplier


@strawberry.type
class SupplierConnection:
    """A list."""

    edges: list[SupplierEdge]


@strawberry.enum
class OrderField(Enum):
    """What a list may be ordered by."""

    NAME = "NAME"


@strawberry.enum
class Direction(Enum):
    """Up or down."""

    ASC = "ASC"


@strawberry.input
class SupplierOrder:
    """The order of a list."""

    field: OrderField
    direction: Direction


@dataclass
class Held:
    """All edges, in the order of names."""

    edges: list[SupplierEdge]


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def suppliers(self, info: strawberry.Info[None, Held], first: int, order_by: SupplierOrder) -> SupplierConnection:
        """The first so many; they are held in the one order that there is."""
        return SupplierConnection(edges=info.root_value.edges[:first])


def supplier_of(line: str) -> Supplier:
    """A supplier as its line in the file has it."""
    node: dict[str, Any] = json.loads(line)
    site = node["headOffice"]
    address = site and site["address"]
    return Supplier(
        id=node["id"],
        siren=node["siren"],
        name=node["name"],
        trade_names=node["tradeNames"],
        description=node["description"],
        website=node["website"],
        size=CompanySize(node["size"]),
        status=SupplierStatus(node["status"]),
        updated_at=datetime.fromisoformat(node["updatedAt"]),
        activities=[Activity(code=each["code"], label=each["label"]) for each in node["activities"]],
        legal_form=LegalForm(label=node["legalForm"]["label"]) if node["legalForm"] else None,
        head_office=site and Establishment(address=address and _address(address)),
    )


def _address(found: dict[str, Any]) -> Address:
    return Address(postcode=found["postcode"], commune=found["commune"], commune_code=found["communeCode"])


class Served(GraphQL[None, Held]):
    """Strawberry's own application, the suppliers its root value."""

    held = Held([])

    async def get_root_value(self, request: object) -> Held:
        """The suppliers."""
        return self.held


def main() -> None:
    """Read the suppliers and serve."""
    with Path(sys.argv[1]).open(encoding="utf-8") as lines:
        Served.held = Held([SupplierEdge(node=supplier_of(line)) for line in lines])
    app = Served(strawberry.Schema(Query))
    uvicorn.run(app, port=int(sys.argv[2]), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
