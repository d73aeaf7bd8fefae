"""What companies say of themselves, in French, composed from their trade's phrases."""

from random import Random
from typing import Final

from demo.company import Company, short_name
from demo.spelling import contracted, sentence

_WHERE: Final = (
    "Basés à {ville}, nous intervenons dans un rayon de {km} km.",
    "Installée à {ville}, l'entreprise travaille dans tout le département.",
    "À {ville} et alentours.",
    "Interventions à {ville} et dans les communes voisines.",
    "Notre équipe de {ville} vous répond sous 24 heures.",
)
_MORE: Final = {
    "craft": (
        "Devis gratuit.", "Travail soigné, délais tenus.", "Entreprise familiale depuis {an}.",
        "Particuliers, copropriétés et entreprises.", "Assurance décennale et responsabilité civile.",
        "Un seul interlocuteur du devis à la réception.", "Apprentis accueillis chaque année.",
    ),
    "business": (
        "Créée en {an}, la société compte {n} collaborateurs.", "Clients privés et marchés publics.",
        "Une démarche qualité suivie et des délais contractuels.",
        "Références auprès de donneurs d'ordre de la région.",
        "Un stock permanent et des livraisons sous 48 heures.", "Étude et chiffrage sous une semaine.",
    ),
    "social": (
        "Structure de l'économie sociale et solidaire créée en {an}.", "Clauses sociales d'insertion dans les marchés.",
        "Gouvernance partagée, bénéfices réinvestis.", "{n} salariés, dont des personnes en parcours d'insertion.",
        "Ancrage local et circuits courts.", "Accompagnement socioprofessionnel de nos équipes.",
    ),
    "startup": (
        "Fondée en {an}, l'équipe réunit {n} personnes.", "Une solution éprouvée chez des industriels de la région.",
        "Technologie brevetée, issue de la recherche publique.", "Démonstration en ligne sur demande.",
        "Hébergement en France, données protégées.", "Déjà présente dans trois pays européens.",
    ),
}  # fmt: skip


def described(company: Company, rng: Random, *, long: bool) -> str:
    """A French text about the company, one of many that fit it."""
    works = list(company.works)
    rng.shuffle(works)
    parts = [f"{sentence(', '.join(works))}."]
    town = short_name(company.sites[0].place.commune.name)
    if rng.random() < 0.7:
        parts.append(rng.choice(_WHERE).format(ville=town, km=rng.choice((10, 15, 20, 30, 40, 50))))
    if long:
        more = _MORE[company.sketch.world]
        parts += [text.format(an=company.founded, n=max(company.sketch.heads, 1)) for text in rng.sample(more, 2)]
    return contracted(" ".join(parts))
