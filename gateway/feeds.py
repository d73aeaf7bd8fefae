"""``GET /saved-searches/{id}/feed.atom?token=…``: what is new of a saved search, as an Atom feed (RFC 4287).

The token opens it, for feed readers know no API keys. It shows what the search's owner may see, now: who is hidden
since is in it no more. Whoever has no good token is not told which searches there are.
"""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response

from directory.disclosure import Role, visible
from directory.following import MOST_NEWS
from directory.portrait import activity_label
from directory.records import Supplier
from directory.saving import opens
from directory.store import saved
from directory.store.errors import StoreError
from directory.store.saved import Change, Match, SavedSearch
from gateway.errors import RequestRefused
from gateway.etag import PRIVATE, conditional
from gateway.hub import Hub
from gateway.links import link_of
from gateway.refusals import refuse, store_away
from schema import ids
from schema.errors import STORE_AWAY, BadInput

ATOM: Final = "http://www.w3.org/2005/Atom"
MEDIA_TYPE: Final = "application/atom+xml; charset=utf-8"
LONGEST_TOKEN: Final = 100
_NAMESPACE: Final = uuid.UUID("8c0f2f0e-3c5b-5d0a-9a55-2b1c7d8e4f60")  # ours alone, for the ids of feeds and entries
_TITLES: Final = {Change.NEW: "Nouveau", Change.CHANGED: "Modifié"}
# What XML 1.0 cannot hold (section 2.2).
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


async def feed(request: Request) -> Response:
    """The endpoint; refusals come in the form of GraphQL's errors, as everywhere in the hub."""
    hub: Hub = request.app.state.hub
    try:
        async with hub.gate:
            search = await _opened(hub, request.path_params["id"], request.query_params.get("token", ""))
            body = await _written(hub, search, hub.settings.alerts.public_url or str(request.base_url))
    except RequestRefused as refused:
        return refuse(refused)
    except StoreError:
        return refuse(store_away(STORE_AWAY))
    return conditional(request, body, {"Content-Type": MEDIA_TYPE, "Cache-Control": PRIVATE})


async def _opened(hub: Hub, opaque: str, token: str) -> SavedSearch:
    try:
        number = ids.number_of("SavedSearch", opaque)
    except BadInput:
        number = 0
    async with hub.database.reading() as connection:
        search = await saved.find(connection, number) if number else None
    if not opens(search, token[:LONGEST_TOKEN]) or search is None:
        raise RequestRefused(404, "NOT_FOUND", "There is no such feed; take its address from savedSearchUpdate anew.")
    return search


async def _written(hub: Hub, search: SavedSearch, base: str) -> bytes:
    async with hub.database.reading() as connection:
        news = await saved.news(connection, search.id, MOST_NEWS)
    stored = await hub.reader.suppliers([each.supplier_id for each in news])
    role = Role(search.role)
    seen = [
        (each, supplier)
        for each, known in zip(news, stored, strict=True)
        if known and (supplier := visible(known.supplier, role)) and supplier.id == each.supplier_id
    ]
    return _atom(search, seen, base)


def _atom(search: SavedSearch, news: Sequence[tuple[Match, Supplier]], base: str) -> bytes:
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "fr"})
    _put(root, "id", _urn(f"search/{search.id}"))
    _put(root, "title", f"Circuit Court : {search.name}")
    _put(root, "updated", _instant(max((each.at for each, _ in news), default=search.created_at)))
    _put(ET.SubElement(root, "author"), "name", "Circuit Court")
    # Without its token: the address that is written down here opens nothing.
    opaque = ids.encode("SavedSearch", search.id)
    ET.SubElement(root, "link", {"rel": "self", "href": f"{base.rstrip('/')}/saved-searches/{opaque}/feed.atom"})
    for each, supplier in news:
        _entry(root, search, each, supplier, base)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: ET.Element, search: SavedSearch, news: Match, supplier: Supplier, base: str) -> None:
    entry = ET.SubElement(root, "entry")
    opaque = ids.encode("Supplier", supplier.id)
    _put(entry, "id", _urn(f"search/{search.id}/{supplier.id}/{_instant(news.at)}"))
    _put(entry, "title", f"{_TITLES[news.change]} : {supplier.name}")
    _put(entry, "updated", _instant(news.at))
    ET.SubElement(entry, "link", {"rel": "alternate", "href": link_of(base, opaque) or base})
    ET.SubElement(entry, "category", {"term": news.change.value, "label": _TITLES[news.change]})
    _put(entry, "content", _told(supplier)).set("type", "text")


def _told(supplier: Supplier) -> str:
    office = supplier.head_office
    town = office.address.commune if office else None
    activities = ", ".join(dict.fromkeys(map(activity_label, supplier.activities)))
    return " – ".join(part for part in (supplier.name, town, activities) if part)


def _put(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = _NOT_XML.sub("", text)
    return child


def _urn(name: str) -> str:
    return uuid.uuid5(_NAMESPACE, name).urn


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
