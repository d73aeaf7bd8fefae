"""Invented suppliers in numbers, for measuring: real communes, real NAF codes, names and descriptions like real ones.

Suppliers crowd where people live; one in ten has a second establishment, three in ten know only their commune's centre.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from directory import geography
from directory.geography import Commune
from directory.nomenclature import labels, naf
from directory.records import (
    Activity,
    Address,
    CompanySize,
    Contact,
    Establishment,
    LabelGrant,
    Location,
    Quality,
    Supplier,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def _listed(text: str) -> list[str]:
    return text.split()


_FAMILIES = _listed(
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Garcia David Bertrand "
    "Roux Vincent Fournier Morel Girard Andre Mercier Blanc Guerin Boyer Garnier Chevalier Legrand Perrin"
)
_NOUNS = _listed(
    "Provence Méditerranée Azur Mistral Garrigue Calanques Soleil Sud Littoral Alpilles Luberon Durance Estérel "
    "Services Conseil Habitat Énergies Industrie Bâtiment Rénovation Solutions Atelier Maison Jardin"
)
_TRADES = _listed(
    "plombier chauffagiste menuisier électricien maçon peintre boulanger traiteur fleuriste imprimeur garagiste "
    "carreleur serrurier couvreur paysagiste informaticien architecte comptable formateur nettoyage"
)
_PHRASES = (
    "installation et dépannage de chaudières",
    "devis gratuit sous 48 heures",
    "entreprise familiale depuis trois générations",
    "travaux de rénovation énergétique",
    "intervient chez les particuliers et les professionnels",
    "fabrication sur mesure",
    "conseil aux entreprises et aux collectivités",
    "produits issus de l'agriculture biologique",
    "gestion des déchets",
    "insertion par l'activité économique",
    "développement de logiciels pour l'industrie",
    "formation professionnelle",
)
_SIZES = (CompanySize.MICRO,) * 7 + (CompanySize.PME, CompanySize.PME, CompanySize.UNKNOWN)
_PARTNERS = ("chambre", "cmar", "cpme13", "cress_paca", "french_tech")
_FORMS = ("5499", "5710", "1000", "5498", "9220", "5720")


def suppliers(count: int, seed: int = 1) -> Iterator[tuple[Supplier, datetime]]:
    """So many suppliers with the instant each last changed, the same for the same seed."""
    random = Random(seed)
    communes = [commune for commune in geography.communes() if commune.population]
    crowd = list(accumulate(commune.population for commune in communes))
    codes = naf.codes()
    for number in range(1, count + 1):
        homes = random.choices(communes, cum_weights=crowd, k=2 if random.random() < 0.1 else 1)
        yield _supplier(number, random, homes, codes), NOW - timedelta(minutes=random.randrange(1_000_000))


def _supplier(number: int, random: Random, homes: list[Commune], codes: tuple[str, ...]) -> Supplier:
    siren, trade = f"{900_000_000 + number}", random.choice(_TRADES)
    held = random.sample(labels.known(), random.choice((0, 0, 1, 2)))
    return Supplier(
        id=number,
        siren=siren,
        name=_name(random, trade),
        quality=Quality(score=random.randrange(300, 1000) / 1000, completeness=0.5),
        description=f"{trade.capitalize()} : {', '.join(random.sample(_PHRASES, 4))}."
        if random.random() < 0.7
        else None,
        website=f"https://exemple-{number}.fr",
        size=random.choice(_SIZES),
        legal_form=random.choice(_FORMS),
        activities=tuple(Activity(code) for code in sorted(_activities(random, codes))),
        labels=tuple(LabelGrant(label.id, "cmar") for label in held),
        contact=Contact(email=f"contact@exemple-{number}.fr"),
        establishments=tuple(_establishment(siren, rank, home, random) for rank, home in enumerate(homes)),
        partners=tuple(sorted(random.sample(_PARTNERS, random.choice((1, 1, 1, 2, 3))))),
    )


def _name(random: Random, trade: str) -> str:
    family, nouns = random.choice(_FAMILIES), random.sample(_NOUNS, 2)
    return random.choice((f"{trade} {family}", f"SARL {family} {nouns[0]}", " ".join(nouns)))


def _activities(random: Random, codes: tuple[str, ...]) -> set[str]:
    """One code, or two for one supplier in four; some activities are common and most are rare."""
    return {codes[int(len(codes) * random.random() ** 2)] for _ in range(random.choice((1, 1, 1, 2)))}


def _establishment(siren: str, rank: int, home: Commune, random: Random) -> Establishment:
    centre, exact = home.location, random.random() < 0.7
    location = Location(centre.latitude + random.gauss(0, 0.02), centre.longitude + random.gauss(0, 0.025))
    siret = f"{siren}{rank + 1:05}"
    return Establishment(
        id=siret,
        siret=siret,
        address=Address(postcode=home.postcodes[0], commune=home.name, commune_code=home.code),
        location=location if exact else centre,
        is_head_office=rank == 0,
    )
