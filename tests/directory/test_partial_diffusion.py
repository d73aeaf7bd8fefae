"""Partial diffusion obeyed by the directory: in the index, in every answer of the search, in exports and in the log."""

import asyncio
import logging
from itertools import product
from pathlib import Path

import msgspec
import pytest
import structlog

from directory.disclosure import Role, Sight, visible
from directory.records import Disclosure, SupplierField
from directory.search.document import document
from directory.search.engine import TantivyEngine
from directory.search.errors import SearchError
from directory.search.query import Direction, FacetField, Near, Order, OrderField, SearchQuery, Where, Window
from directory.store.database import Database
from directory.store.reading import Reader, StoredSupplier
from gateway.cli.export import What
from gateway.cli.export import _export as export
from gateway.cli.sheets import Format, writing
from gateway.logs import QUIET
from tests.directory.partial_kit import (
    MARTIN,
    MASKED,
    MEMBERS,
    NAMES_OF_XYLANDER,
    NOON,
    PLACES_OF_WAGRAMME,
    PLACES_OF_XYLANDER,
    STRANGERS,
    WAGRAMME,
    WORDS_OF_ZWICKEL,
    XYLANDER,
    ZWICKEL,
    betrayed,
    furnish,
)


@pytest.fixture(scope="module")
def house(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and an index of the kit's companies."""
    folder = tmp_path_factory.mktemp("partial")
    (folder / "circuit.db").write_bytes(migrated_file.read_bytes())

    async def fill() -> None:
        database = Database(f"sqlite:///{folder / 'circuit.db'}")
        await furnish(database, folder / "index")
        await database.close()

    asyncio.run(fill())
    return folder


@pytest.fixture(scope="module")
def suppliers(house: Path) -> dict[str, StoredSupplier]:
    """What the store knows, by SIREN."""

    async def read() -> dict[str, StoredSupplier]:
        database = Database(f"sqlite:///{house / 'circuit.db'}")
        found = {each.supplier.siren or "": each async for page in Reader(database).every_supplier() for each in page}
        await database.close()
        return found

    return asyncio.run(read())


@pytest.fixture(scope="module")
def engine(house: Path) -> TantivyEngine:
    return TantivyEngine.open(house / "index")


def test_the_kit_has_what_it_is_to_hide(suppliers: dict[str, StoredSupplier]) -> None:
    disclosures = {siren: each.supplier.disclosure for siren, each in suppliers.items()}
    partial = dict.fromkeys((XYLANDER, WAGRAMME, ZWICKEL), Disclosure.PARTIAL)
    assert disclosures == partial | {MARTIN: Disclosure.FULL}
    told = " ".join(msgspec.json.encode(each.supplier).decode() for each in suppliers.values())
    unsaid = {"zephirine"}  # only what the index makes of it
    assert set(betrayed(told)) == set(MASKED) - unsaid
    assert len(suppliers[XYLANDER].supplier.establishments) == 2
    assert len(suppliers[XYLANDER].supplier.listings) == 4


@pytest.mark.parametrize("role", STRANGERS)
def test_nothing_of_a_record_betrays_it(suppliers: dict[str, StoredSupplier], role: Role) -> None:
    for each in suppliers.values():
        assert betrayed(repr(visible(each.supplier, role))) == []
        assert visible(each.supplier, Role.STEWARD) == each.supplier


async def _told(house: Path, role: Role) -> list[str]:
    """Every listing, match and provenance in the sight of the role."""
    database = Database(f"sqlite:///{house / 'circuit.db'}")
    reader = Reader(database)
    known = [each.supplier async for page in reader.every_supplier() for each in page]
    ids = [each.id for each in known]
    told = []
    for company, listings, choices in zip(
        known, await reader.listings_of(ids), await reader.provenance_of(ids), strict=True
    ):
        sight = Sight.of(company, role)
        told += [repr(sight.listing(each.listing)) for each in listings]
        told += [repr(sight.match(each.match)) for each in listings if each.match]
        told.append(repr(sight.provenance(choices)))
    await database.close()
    return told


@pytest.mark.parametrize("role", STRANGERS)
def test_nor_does_any_listing_match_or_provenance(house: Path, role: Role) -> None:
    told = asyncio.run(_told(house, role))
    assert len(told) == 2 * len(MEMBERS) + 4
    assert [betrayed(each) for each in told if betrayed(each)] == []
    assert set(betrayed(repr(asyncio.run(_told(house, Role.STEWARD))))) >= {"xylander", "tisserands", "+33611223344"}


def test_the_index_holds_none_of_it(house: Path, suppliers: dict[str, StoredSupplier]) -> None:
    documents = [document(each.supplier, each.updated_at) for each in suppliers.values()]
    assert betrayed(repr(documents)) == []
    files = [path for path in (house / "index").rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        assert betrayed(path.read_bytes().decode("latin-1")) == [], path.name


def ask(engine: TantivyEngine, role: Role, **asked: object) -> set[int]:
    question = SearchQuery(role=role, **asked)  # type: ignore[arg-type]
    return {hit.id for hit in engine.search(question).hits}


@pytest.mark.parametrize("role", Role)
def test_no_question_finds_by_what_is_hidden(
    engine: TantivyEngine, suppliers: dict[str, StoredSupplier], role: Role
) -> None:
    hidden = {suppliers[siren].supplier.id for siren in (XYLANDER, WAGRAMME, ZWICKEL)}
    trader = {suppliers[siren].supplier.id for siren in (XYLANDER, ZWICKEL)}
    for word in MASKED:
        assert not ask(engine, role, text=word) & hidden, word
    for place in ("13030", "13023", "13119", "13", "93", "200054807"):
        assert not ask(engine, role, where=Where(located_in=(place,))) & hidden, place
    for middle in ((43.2761, 5.6998), (43.2181, 5.6303), (43.25605, 5.56593)):
        assert not ask(engine, role, near=Near(*middle, 400.0)) & hidden, middle
    for field in (SupplierField.ADDRESS, SupplierField.LOCATION, SupplierField.WEBSITE, SupplierField.DESCRIPTION):
        assert not ask(engine, role, where=Where(has=(field,))) & hidden, field
    assert not ask(engine, role, text="13.10Z Ysaline") & trader - ask(engine, role, text="13.10Z")
    if role is not Role.PUBLIC:
        for field in (SupplierField.EMAIL, SupplierField.PHONE):
            assert not ask(engine, role, where=Where(has=(field,))) & hidden, field


@pytest.mark.parametrize("role", Role)
def test_who_is_hidden_is_found_by_what_is_not(
    engine: TantivyEngine, suppliers: dict[str, StoredSupplier], role: Role
) -> None:
    trader = {suppliers[XYLANDER].supplier.id}
    assert ask(engine, role, text=XYLANDER) == trader
    assert ask(engine, role, where=Where(naf=("13.10Z",))) == trader
    assert ask(engine, role, text="Wagramme") == {suppliers[WAGRAMME].supplier.id}


@pytest.mark.parametrize(("role", "field", "way"), [*product(Role, OrderField, Direction)])
def test_no_order_nor_its_cursors_betray_a_value(
    engine: TantivyEngine, role: Role, field: OrderField, way: Direction
) -> None:
    near = Near(43.29, 5.57, 400.0) if field is OrderField.DISTANCE else None
    question = SearchQuery(order=Order(field, way), role=role, near=near)
    try:
        pages = [engine.search(question, Window(first=count)) for count in (1, 10)]
    except SearchError:
        assert (field, way) == (OrderField.RELEVANCE, Direction.ASC)
        return
    for hit in pages[1].hits:
        assert betrayed(repr(hit)) == []
    after = engine.search(question, Window(first=10, after=pages[0].hits[0].cursor))
    assert after.hits == pages[1].hits[1:]


def test_masked_names_stand_together_in_the_order_of_names(
    engine: TantivyEngine, suppliers: dict[str, StoredSupplier]
) -> None:
    hits = engine.search(SearchQuery(order=Order(OrderField.NAME, Direction.ASC))).hits
    masked = sorted(suppliers[siren].supplier.id for siren in (XYLANDER, ZWICKEL))
    # BRASSERIE WAGRAMME, the two marks, PLOMBERIE MARTIN.
    assert [hit.id for hit in hits][1:3] == masked


@pytest.mark.parametrize("role", Role)
def test_no_facet_counts_what_is_hidden(engine: TantivyEngine, role: Role) -> None:
    facets = engine.facets(SearchQuery(role=role), tuple(FacetField), top=100)
    assert betrayed(repr(facets)) == []
    counts = {facet.field: {bucket.value: bucket.count for bucket in facet.buckets} for facet in facets}
    assert counts[FacetField.COMMUNE] == {"13005": 1}
    assert counts[FacetField.DEPARTMENT] == {"13": 1}
    assert counts[FacetField.PARTNER] == {"cmar": 3, "cpme13": 3}


def test_the_quality_of_who_is_hidden_is_that_of_what_is_shown(
    engine: TantivyEngine, suppliers: dict[str, StoredSupplier]
) -> None:
    shown = visible(suppliers[ZWICKEL].supplier, Role.PUBLIC)
    assert shown is not None
    number = suppliers[ZWICKEL].supplier.id
    at_least = [shown.quality.score, shown.quality.score + 0.001]
    assert [number in ask(engine, Role.STEWARD, where=Where(min_quality=least)) for least in at_least] == [True, False]


@pytest.mark.parametrize(("what", "form"), [*product(What, Format)])
async def test_no_export_betrays_it_but_the_stewards(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], what: What, form: Format
) -> None:
    monkeypatch.chdir(house)
    monkeypatch.setenv("CIRCUIT_DATABASE_URL", f"sqlite:///{house / 'circuit.db'}")

    async def exported(role: Role) -> str:
        await export(what, role, writing(None, form), closed=True)
        return capsysbinary.readouterr().out.decode()

    for role in STRANGERS:
        told = await exported(role)
        assert betrayed(told) == []
        assert XYLANDER in told
        assert "PLOMBERIE MARTIN" in told
    own = betrayed(await exported(Role.STEWARD))
    for words in (NAMES_OF_XYLANDER[:2], PLACES_OF_XYLANDER[:2], PLACES_OF_WAGRAMME[:1], WORDS_OF_ZWICKEL[:3]):
        assert set(words) <= set(own)


async def test_no_line_of_the_log_betrays_it(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        await furnish(database, tmp_path / "index")
    assert [line["event"] for line in lines] == ["harvest", "harvest", "harvest", "resolution"]
    assert betrayed(repr(lines)) == []
    # The driver, which shows what it writes, is silent at every level that can be set.
    heard = [record.getMessage() for record in caplog.records if not record.name.startswith(QUIET)]
    assert [line for line in heard if betrayed(line)] == []


def test_noon_is_when_everything_was_read(suppliers: dict[str, StoredSupplier]) -> None:
    assert {each.updated_at for each in suppliers.values()} == {NOON}
