"""Labels as partners write them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.nomenclature import labels
from directory.records import Label


@pytest.mark.parametrize(
    ("text", "label_id"),
    [
        ("RGE", "rge"),
        ("R.G.E.", "rge"),
        ("Label RGE", "rge"),
        ("Reconnu garant de l’environnement", "rge"),
        ("ISO 9001", "iso-9001"),
        ("ISO 9001:2015", "iso-9001"),
        ("ISO9001 v2015", "iso-9001"),
        ("Certifié ISO 14001 version 2015", "iso-14001"),
        ("Qualibat n° 5112", "qualibat"),
        ("Maître artisan", "maitre-artisan"),
        ("MAITRE ARTISAN", "maitre-artisan"),
        ("Artisan d’art", "artisan-d-art"),
        ("ESUS", "esus"),
        ("agréé ESUS", "esus"),
        ("ACI", "aci"),
        ("Entreprise d'insertion", "ei"),
        ("EPV", "entreprise-du-patrimoine-vivant"),
        ("AB", "agriculture-biologique"),
        ("French Tech 120", "french-tech-120"),
        ("French Tech 120 - promotion 2023", "french-tech-120"),
        ("French Tech 2030", "french-tech-2030"),
        ("Next40", "next40"),
        ("IMPRIM'VERT", "imprim-vert"),
        ("B.Corp", "b-corp"),
        ("PME+", "pme-plus"),
    ],
)
def test_a_known_label(text: str, label_id: str) -> None:
    assert labels.find(text) == labels.get(label_id)
    assert labels.get(label_id) is not None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("  Trophée de  la Cité 2024 ", Label(id="trophee-de-la-cite-2024", name="Trophée de la Cité 2024")),
        ("Artisan boulanger", Label(id="artisan-boulanger", name="Artisan boulanger")),
        ("★★★", Label(id="label-3ad334f0", name="★★★")),
        ("x" * 500, Label(id="x" * 80, name="x" * 80)),
    ],
)
def test_an_unknown_label_is_one_of_its_own(text: str, label: Label) -> None:
    assert labels.find(text) == label
    assert labels.get(label.id) is None


@pytest.mark.parametrize(
    ("text", "label_id", "day"),
    [
        ("RGE (valable jusqu'au 31/12/2026)", "rge", date(2026, 12, 31)),
        ("RGE jusqu’au 2026-12-31", "rge", date(2026, 12, 31)),
        ("Qualibat n° 5112 – expire le 1.3.2020", "qualibat", date(2020, 3, 1)),
        ("ISO 9001 (ÉCHÉANCE : 2027-01-31T00:00:00)", "iso-9001", date(2027, 1, 31)),
        ("RGE (jusqu'au 31/02/2026)", "rge", None),
        ("RGE (jusqu'au 46022)", "rge", None),
        ("RGE depuis 01/02/2019", "rge", None),
        ("jusqu'au 31/12/2026", "jusquau-31-12-2026", date(2026, 12, 31)),
        ("Qualiopi", "qualiopi", None),
    ],
)
def test_until_when_a_label_is_held_is_no_part_of_its_name(text: str, label_id: str, day: date | None) -> None:
    assert (labels.find(text).id, labels.expires_on(text)) == (label_id, day)


def test_what_a_known_label_says() -> None:
    assert labels.get("esus") == Label(
        id="esus", name="Entreprise solidaire d'utilité sociale", issuer="État", responsible=True
    )
    assert labels.get("iso-9001") == Label(
        id="iso-9001", name="ISO 9001 – Management de la qualité", issuer="ISO", responsible=False
    )


def test_every_known_label_is_found_by_its_id_and_by_its_name() -> None:
    known = labels.known()
    assert len({label.id for label in known}) == len(known)
    assert [labels.find(label.id) for label in known] == list(known)
    assert [labels.find(label.name) for label in known] == list(known)


@settings(deadline=None)
@given(st.text())
def test_an_id_is_a_slug_that_names_the_same_label(text: str) -> None:
    label = labels.find(text)
    assert set(label.id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert labels.find(label.id).id == label.id


def test_lone_surrogates_do_not_stop_anything() -> None:
    assert labels.find("\ud800").id == labels.find("?").id
