"""A directory in which three companies are under partial diffusion, and the words that nobody but a steward may read.

Ysaline Xylander is a sole trader whom SIRENE masks; Brasserie Wagramme a legal person whose address it masks;
Ferdinando Zwickel a sole trader whom no register was asked about yet. Plomberie Martin hides nothing.
"""

import base64
import binascii
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from directory.disclosure import Role
from directory.harvest import harvest
from directory.records import (
    Activity,
    Address,
    Contact,
    Disclosure,
    End,
    Listing,
    Location,
    Nomenclature,
    Page,
    PartnerInfo,
    PartnerKind,
    Scope,
    SupplierStatus,
)
from directory.resolution import resolve
from directory.search.build import build
from directory.store.database import Database
from directory.store.reading import Reader
from tests.harvesting import LAX

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
STRANGERS = (Role.PUBLIC, Role.BUYER, Role.PARTNER)

XYLANDER, WAGRAMME, ZWICKEL, MARTIN = "732829320", "552100554", "356000000", "775670417"
XYLANDER_SITE, WAGRAMME_SITE = XYLANDER + "00074", WAGRAMME + "00013"
PARTNERS = (
    PartnerInfo(id="cmar", name="CMAR", organisation="Chambre de métiers", priority=20),
    PartnerInfo(id="cpme13", name="CPME 13", organisation="CPME des Bouches-du-Rhône", priority=30),
    PartnerInfo(id="sirene", name="SIRENE", organisation="INSEE", kind=PartnerKind.REGISTER),
)

# By company, as they would be read in an answer; compared without case.
NAMES_OF_XYLANDER = ("ysaline", "xylander", "quenouille")
PLACES_OF_XYLANDER = ("tisserands", "cuges", "13030", "13780", "43.2761", "5.6998", "+33611223344", "x.example")
PLACES_OF_WAGRAMME = ("zéphirine", "zephirine", "ceyreste", "13023", "13600", "43.2181", "5.6303", "+33442556677")
WORDS_OF_ZWICKEL = ("ferdinando", "zwickel", "montaigut", "carnoux", "13119", "13470", "+33655443322")
MASKED = (*NAMES_OF_XYLANDER, *PLACES_OF_XYLANDER, *PLACES_OF_WAGRAMME, *WORDS_OF_ZWICKEL)

CUGES = Address(lines=("7 impasse des Tisserands",), postcode="13780", commune="Cuges-les-Pins")
CEYRESTE = Address(lines=("9 traverse Zéphirine",), postcode="13600", commune="Ceyreste")
CARNOUX = Address(lines=("4 montée Montaigut",), postcode="13470", commune="Carnoux-en-Provence")
OTHER_SITE = Address(lines=("2 place Quenouille",), commune="Cuges-les-Pins")
AUBAGNE = Address(lines=("12 rue Haute",), postcode="13400", commune="Aubagne")


def _says(partner: str, external_id: str, name: str, **values: object) -> Listing:
    return Listing(partner=partner, external_id=external_id, name=name, raw=json.dumps({"nom": name}), **values)  # type: ignore[arg-type]


MEMBERS = (
    _says(
        "cmar",
        "ysaline-xylander",
        "Ysaline Xylander",
        trade_names=("À la Quenouille",),
        siren=XYLANDER,
        siret=XYLANDER_SITE,
        description="Ysaline Xylander file la laine, impasse des Tisserands à Cuges. Tél. 06 11 22 33 44.",
        activities=(Activity("13.10Z"), Activity("artisanat", Nomenclature.PARTNER, "Artisanat")),
        address=CUGES,
        location=Location(43.2761, 5.6998),
        contact=Contact(name="Ysaline Xylander", email="ysaline@x.example", phone="+33611223344"),
        website="https://quenouille.x.example/",
        headcount="1",
        labels=("Maître artisan",),
        url="https://cmar.example/ysaline-xylander",
    ),
    # Known by her name, her street and her phone: what matched is as telling as what is said.
    _says(
        "cpme13",
        "771",
        "XYLANDER Ysaline",
        trade_names=("Quenouille",),
        address=CUGES,
        contact=Contact(phone="+33611223344"),
    ),
    _says("cpme13", "772", "Quenouille", siren=XYLANDER, address=OTHER_SITE),
    _says("sirene", XYLANDER, "[ND]", siren=XYLANDER, siret=XYLANDER_SITE, legal_form="1000",
          activities=(Activity("13.10Z"),), disclosure=Disclosure.PARTIAL, status=SupplierStatus.ACTIVE),
    _says(
        "cmar",
        "W1",
        "Brasserie Wagramme",
        siren=WAGRAMME,
        siret=WAGRAMME_SITE,
        description="La brasserie de Ceyreste, traverse Zéphirine.",
        activities=(Activity("11.05Z"),),
        address=CEYRESTE,
        location=Location(43.2181, 5.6303),
        contact=Contact(phone="+33442556677"),
    ),
    _says("cpme13", "zephirine-9", "Wagramme", siren=WAGRAMME, address=CEYRESTE, url="https://cpme.example/zephirine-9"),
    _says("sirene", WAGRAMME, "BRASSERIE WAGRAMME", siren=WAGRAMME, siret=WAGRAMME_SITE, legal_form="5710",
          activities=(Activity("11.05Z"),), disclosure=Disclosure.PARTIAL, status=SupplierStatus.ACTIVE),
    _says(
        "cpme13",
        "Z1",
        "Ferdinando Zwickel",
        siren=ZWICKEL,
        legal_form="Entrepreneur individuel",
        activities=(Activity("43.32A"),),
        address=CARNOUX,
        contact=Contact(phone="+33655443322"),
    ),
    _says("cmar", "M1", "Plomberie Martin", siren=MARTIN, activities=(Activity("43.22A"),), address=AUBAGNE,
          location=Location(43.29, 5.57)),
    _says("sirene", MARTIN, "PLOMBERIE MARTIN", siren=MARTIN, legal_form="5710", activities=(Activity("43.22A"),),
          disclosure=Disclosure.FULL, status=SupplierStatus.ACTIVE),
)  # fmt: skip


class _Members:
    """One partner's members."""

    def __init__(self, members: Iterable[Listing]) -> None:
        self._members = tuple(members)

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        yield Page(listings=self._members)
        yield End(scope=Scope.FULL)


async def furnish(database: Database, index_dir: Path, members: Sequence[Listing] = MEMBERS) -> None:
    """Harvest, resolve and index these members, as the hub does."""
    for partner in PARTNERS:
        mine = _Members(each for each in members if each.partner == partner.id)
        run = await harvest(database, mine, partner, full=True, clock=lambda: NOON, guard=LAX)
        assert run.problem is None
    await resolve(database, clock=lambda: NOON)
    reader = Reader(database)
    pairs = ((each.supplier, each.updated_at) async for page in reader.every_supplier() for each in page)
    await build(index_dir, pairs, clock=lambda: NOON)


def betrayed(text: str) -> list[str]:
    """The masked words that stand in a text, or in what it holds sealed: ids and cursors are only base64."""
    found = [text.casefold(), *(opened.casefold() for opened in unsealed(text))]
    return [word for word in MASKED if any(word.casefold() in each for each in found)]


def unsealed(text: str) -> Iterator[str]:
    for sealed in re.findall(r"[\w-]{8,}={0,2}", text):
        try:
            yield base64.urlsafe_b64decode(sealed.rstrip("=") + "=" * (-len(sealed.rstrip("=")) % 4)).decode(
                errors="ignore"
            )
        except (binascii.Error, ValueError):
            continue
