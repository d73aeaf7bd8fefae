"""What of a supplier gets into the index, and above all what does not."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from directory import quality
from directory.disclosure import Role
from directory.records import Address, Contact, Disclosure, Establishment, LabelGrant, Location, Supplier, SupplierField
from directory.search import layout
from directory.search.document import document, points
from directory.search.engine import TantivyEngine
from directory.search.query import Near, SearchQuery, Where
from tests.directory.search.search_kit import NOW, ids, indexed, site, supplier

SECRET = supplier(
    1,
    "Jeanne Secret",
    legal_form="1000",
    siren="732829320",
    trade_names=("Salon Discret",),
    description="Chez Jeanne, sur rendez-vous",
    website="https://jeanne.fr",
    contact=Contact(name="Jeanne", email="jeanne@exemple.fr", phone="+33600000000"),
    disclosure=Disclosure.PARTIAL,
    establishments=(
        Establishment(
            id="-1",
            name="Salon Discret",
            address=Address(lines=("1 rue Cachée",), postcode="13400", commune="Aubagne", commune_code="13005"),
            location=Location(43.29, 5.57),
        ),
    ),
)


def test_a_label_that_has_expired_is_not_in_it() -> None:
    last = date(2026, 11, 23)
    one = supplier(1, labels=(), partners=("cmar",))
    one = replace(one, labels=(LabelGrant("rge", "cmar", last), LabelGrant("qualibat", "cmar")))

    def held(today: date) -> tuple[object, ...]:
        shown = document(one, NOW, today)
        assert shown is not None
        return shown[layout.LABEL], shown[layout.RESPONSIBLE], shown["facet_label"], "garant" in str(shown[layout.TEXT])

    assert held(last) == (["rge", "qualibat"], "true", "qualibat\x1frge", True)
    assert held(last + timedelta(days=1)) == (["qualibat"], "false", "qualibat", False)
    one = replace(one, labels=(*one.labels, LabelGrant("rge", "chambre")))  # another says so without a last day
    assert held(last + timedelta(days=1)) == (["qualibat", "rge"], "true", "qualibat\x1frge", True)
    one = replace(one, labels=one.labels[:1])
    assert "LABELS" not in document(one, NOW, last + timedelta(days=1))[layout.HAS]  # type: ignore[index,operator]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    hidden = supplier(2, "Opposée", disclosure=Disclosure.OPTED_OUT, siren="552100554")
    return indexed(tmp_path_factory.mktemp("document"), [SECRET, hidden, supplier(3, "Ouverte")])


@pytest.mark.parametrize("text", ["jeanne", "secret", "salon", "discret", "rendez-vous", "aubagne", "ND", "[ND]"])
def test_what_partial_diffusion_masks_cannot_be_searched_for(engine: TantivyEngine, text: str) -> None:
    for role in Role:
        assert ids(engine, SearchQuery(text=text, role=role)) == []


@pytest.mark.parametrize(
    "where",
    [
        Where(located_in=("13005",)),
        Where(located_in=("13",)),
        *(Where(has=(SupplierField(field),)) for field in ("EMAIL", "PHONE", "WEBSITE", "LOCATION", "DESCRIPTION")),
    ],
)
def test_nor_filtered_by(engine: TantivyEngine, where: Where) -> None:
    assert ids(engine, SearchQuery(where=where, role=Role.STEWARD)) == []


def test_nor_told_by_the_quality() -> None:
    def told(contact: Contact) -> tuple[object, object]:
        one = supplier(1, contact=contact)
        shown = document(replace(one, quality=quality.assess(one, NOW, NOW)), NOW)
        assert shown
        return shown[layout.QUALITY], shown[layout.BY_QUALITY]

    assert told(Contact(phone="+33600000000")) == told(Contact())


def test_nor_found_by_distance(engine: TantivyEngine) -> None:
    assert ids(engine, SearchQuery(near=Near(43.29, 5.57, 500))) == []


def test_what_is_public_of_it_is_found(engine: TantivyEngine) -> None:
    assert ids(engine, SearchQuery(text="732829320")) == [1]


def test_who_opted_out_is_not_there_at_all(engine: TantivyEngine) -> None:
    assert ids(engine, SearchQuery()) == [1, 3]
    assert ids(engine, SearchQuery(text="opposée 552100554", role=Role.STEWARD)) == []


def test_contact_data_is_never_a_word_of_the_index() -> None:
    shown = document(supplier(1, contact=Contact(name="Mme Rare", email="rare@exemple.fr", phone="+33491000000")), NOW)
    assert shown
    assert "rare" not in repr(shown)
    assert shown.pop(layout.PHONE) == ["+33491000000"]  # asked only for those who may see it
    assert "491000000" not in repr(shown)
    assert shown[layout.HAS] == ["NAME", "EMAIL", "PHONE"]


def _order_key(one: Supplier) -> object:
    shown = document(one, NOW)
    assert shown
    return shown[layout.BY_NAME]


def test_names_are_ordered_without_accents_spaces_before_figures_before_letters() -> None:
    names = ["", "Étoile", "Étoile 2", "Étoile du Sud", "Étoile2", "Etoiles", "Zèbre"]
    keys = [_order_key(supplier(number, name)) for number, name in enumerate(names, start=1) if name]
    assert keys == sorted(keys)  # type: ignore[type-var]
    assert _order_key(supplier(7, "ÉTOILE")) == "etoile00000000007"


def test_several_points_are_stored_and_one_is_not() -> None:
    one = document(supplier(1, establishments=(site("13005", (43.0, 5.0)), site("13005", (43.0, 5.0)))), NOW)
    two = document(supplier(1, establishments=(site("13005", (43.0, 5.0)), site("13005", (44.0, 5.5)))), NOW)
    assert one
    assert two
    assert layout.POINTS not in one
    stored = two[layout.POINTS]
    assert isinstance(stored, bytes)
    assert points(stored) == (Location(43.0, 5.0), Location(44.0, 5.5))
