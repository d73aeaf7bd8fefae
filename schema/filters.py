"""What a search of suppliers takes: filters, a place, an order."""

from datetime import datetime
from typing import Any, Optional

import strawberry

from directory import disclosure
from directory.disclosure import Role
from directory.records import CompanySize, SupplierField, SupplierStatus
from directory.search import query
from directory.search.query import Direction, OrderField
from schema import ids
from schema.arguments import ABSENT, given
from schema.enums import publish
from schema.errors import Forbidden

publish(
    OrderField,
    "What suppliers can be ordered by.",
    {
        OrderField.RELEVANCE: "How well they answer `query`; without it, quality.",
        OrderField.DISTANCE: "How far they are; needs `near`.",
        OrderField.NAME: "Their name.",
        OrderField.QUALITY: "The quality of their record.",
        OrderField.UPDATED_AT: "When their record last changed.",
    },
    name="SupplierOrderField",
)
publish(
    Direction,
    "Which end comes first.",
    {Direction.ASC: "Smallest, nearest, oldest or A first.", Direction.DESC: "Largest, best, newest or Z first."},
    name="OrderDirection",
)

DEFAULT_RADIUS_KM = 30.0


def _filter(description: str, name: str | None = None) -> Any:
    return strawberry.field(default=ABSENT, description=description, name=name)


@strawberry.input(description="A rectangle of the map, edges included; it does not cross the date line.")
class BoundingBox:
    """Two corners."""

    south: float = strawberry.field(description="Degrees north of its southern edge, WGS 84.")
    west: float = strawberry.field(description="Degrees east of its western edge.")
    north: float = strawberry.field(description="Degrees north of its northern edge.")
    east: float = strawberry.field(description="Degrees east of its eastern edge.")


@strawberry.input(
    description="Every filter given must hold; values inside one list are alternatives, except in `has` and where the "
    "name begins with `all`. A filter left out, null or empty filters nothing."
)
class SupplierWhere:
    """Filters of a search."""

    naf: list[str] | None = _filter("Activity, as NAF codes of any level: `F`, `43`, `43.2`, `43.22`, `43.22A`.")
    size: list[CompanySize] | None = _filter("Enterprise category.")
    labels: list[strawberry.ID] | None = _filter("Holds one of these labels: their ids or short codes.")
    all_labels: list[strawberry.ID] | None = _filter("Holds every one of these labels: their ids or short codes.")
    label_issuers: list[str] | None = _filter(
        "Holds a label that one of these grants, named as `Label.issuer` is: `Qualibat`."
    )
    responsible_purchasing: bool | None = _filter(
        "Whether it holds a label that counts for responsible purchasing: ESUS, RGE, work integration, EA, ESAT, "
        "organic farming…"
    )
    legal_form: list[str] | None = _filter("Legal form, as INSEE codes or their beginnings: `5710`, `54`.")
    partners: list[strawberry.ID] | None = _filter("Listed by one of these partners: their ids or short codes.")
    all_partners: list[strawberry.ID] | None = _filter(
        "Listed by every one of these partners: their ids or short codes."
    )
    min_partners: int | None = _filter("Listed by at least so many partners.")
    status: list[SupplierStatus] | None = _filter(
        "Whether in business; ACTIVE alone unless said: companies that have closed are found by asking for CLOSED."
    )
    located_in: list[str] | None = _filter(
        "Has a site there, by official codes: commune (`13005`), department (`13`), region (`93`), EPCI (`200054807`)."
    )
    serves: list[str] | None = _filter(
        "Works there, by the same codes: one of its `serviceAreas` holds one of these; or it names none and sits there."
    )
    within: BoundingBox | None = _filter("Has a site in this rectangle.")
    min_quality: float | None = _filter("Quality score of at least this, from 0 to 1.")
    has: list[SupplierField] | None = _filter(
        "Every one of these fields is known; EMAIL and PHONE are for roles that may see contacts."
    )
    updated_since: datetime | None = _filter("Record changed at or after this instant.")
    not_: Optional["SupplierWhere"] = _filter("None of the suppliers for which all of this holds.", name="not")


@strawberry.input(description="A disc: suppliers with a site in it.")
class Near:
    """A place and a radius."""

    latitude: float = strawberry.field(description="Degrees north of its centre, WGS 84.")
    longitude: float = strawberry.field(description="Degrees east of its centre.")
    radius_km: float | None = strawberry.field(default=DEFAULT_RADIUS_KM, description="Its radius in kilometres.")


@strawberry.input(description="An order; equals follow their ids.")
class SupplierOrder:
    """What to order by, and which end comes first."""

    field: OrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(description="Which end comes first.")


BEST_FIRST = SupplierOrder(field=OrderField.RELEVANCE, direction=Direction.DESC)


def where_of(where: SupplierWhere | None, role: Role) -> query.Where:
    """The filters in the engine's words. Raises :class:`Forbidden` for those that are not for this role."""
    if not where:
        return query.Where()
    status = given(where.status)
    _check_disclosure(where.has or [], role)
    return query.Where(
        naf=tuple(where.naf or ()),
        size=tuple(where.size or ()),
        labels=_codes("Label", where.labels),
        all_labels=_codes("Label", where.all_labels),
        label_issuers=tuple(where.label_issuers or ()),
        responsible_purchasing=given(where.responsible_purchasing),
        legal_form=tuple(where.legal_form or ()),
        partners=_codes("Partner", where.partners),
        all_partners=_codes("Partner", where.all_partners),
        min_partners=given(where.min_partners),
        status=None if status is None else tuple(status),
        located_in=tuple(where.located_in or ()),
        serves=tuple(where.serves or ()),
        within=_box_of(where.within),
        min_quality=given(where.min_quality),
        has=tuple(where.has or ()),
        updated_since=given(where.updated_since),
        not_=where_of(where.not_, role) if where.not_ else None,
    )


def _box_of(box: BoundingBox | None) -> query.Box | None:
    return query.Box(box.south, box.west, box.north, box.east) if box else None


def near_of(near: Near | None) -> query.Near | None:
    """The disc in the engine's words."""
    if not near:
        return None
    radius = DEFAULT_RADIUS_KM if near.radius_km is None else near.radius_km
    return query.Near(near.latitude, near.longitude, radius)


def order_of(order: SupplierOrder | None) -> query.Order:
    """The order in the engine's words."""
    return query.Order(order.field, order.direction) if order else query.Order()


def _codes(type_name: str, values: list[strawberry.ID] | None) -> tuple[str, ...]:
    return tuple(ids.code_of(type_name, value) for value in values or ())


def _check_disclosure(fields: list[SupplierField], role: Role) -> None:
    for field in fields:
        if not disclosure.may_filter(role, field):
            raise Forbidden(f"The filter `has: {field}` is for roles that may see contacts; ask for an API key.")
