"""One invented company: who it is, what it does, where it is. Made from the seed and its number, nothing else."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Final

from msgspec import Struct

from demo import numbers
from demo.places import Place, any_commune, place_in
from demo.spelling import capitals, contracted, slug
from demo.wording import WORLDS, Trade, other_activities, trades_of, words
from directory import geography
from directory.geography import Commune
from directory.nomenclature import naf

_WORLD_WEIGHTS: Final = tuple(accumulate((42, 40, 12, 6)))
_OTHER_ACTIVITY: Final = 0.06
_CITY: Final = 30_000  # people; Marseille's arrondissements are cities of their own
_HOLDINGS: Final = ("Holding", "Développement", "Participations", "& Associés")

_FORMS: Final[dict[str, tuple[Sequence[str], Sequence[float]]]] = {
    "craft": (("EI", "SARL", "SAS", "EURL", "SASU"), tuple(accumulate((36, 26, 13, 12, 13)))),
    "business": (
        ("SARL", "SAS", "SASU", "EURL", "EI", "SA", "SNC", "SELARL"),
        tuple(accumulate((34, 34, 12, 9, 5, 4, 1, 1))),
    ),
    "social": (
        ("Association loi 1901", "SCOP", "SCIC", "SAS", "Fondation"),
        tuple(accumulate((68, 12, 8, 10, 2))),
    ),
    "startup": (("SAS", "SASU", "SARL", "SA"), tuple(accumulate((82, 11, 5, 2)))),
}
# What the first queries of a newcomer ask for is there in every region, however small: world, activity, commune.
_PROMISED: Final = (
    *(("craft", "43.22A", "13005"),) * 6,  # plumbers in Aubagne
    *(("craft", "43.21A", "13001"),) * 3,  # electricians in Aix-en-Provence
    *(("social", "65.12Z", "13206"),) * 3,  # mutuals in Marseille
    ("craft", "56.21Z", "13207"),
    ("social", "88.10C", "13005"),
    ("startup", "62.01Z", "13001"),
    ("business", "81.21Z", "13215"),
)

# Names that say nothing of the trade.
_PLAIN_NAMES: Final = {
    "craft": (
        "Ets {nom}",
        "Entreprise {nom}",
        "{nom} et Fils",
        "{prenom} {nom}",
        "{sigle}",
        "{deux}",
        "{mot} Services",
    ),
    "business": (
        "{nom}",
        "Ets {nom}",
        "{sigle}",
        "Groupe {nom}",
        "{deux}",
        "{nom} {pays}",
        "{sigle} {pays}",
        "Société {nom}",
    ),
    "social": ("{mot}", "{mot} {lieu}", "{sigle}", "Association {lieu} {mot}", "Les Ateliers {mot}"),
    "startup": ("{neo}", "{neo} {mot}", "{mot}{mot}"),
}
# Parameters of the log-normal law of head-counts (mean and deviation of its logarithm).
_HEADS: Final = {"craft": (0.6, 1.0), "business": (1.6, 1.4), "social": (2.2, 1.3), "startup": (1.8, 1.0)}


class Sketch(Struct, frozen=True):
    """What decides which directories list a company; cheap to make, and the beginning of :class:`Company`."""

    number: int
    world: str
    trade: Trade
    commune: Commune
    heads: int
    extra_sites: int


class Site(Struct, frozen=True):
    """An establishment of a company."""

    siret: str
    place: Place


class Company(Struct, frozen=True, kw_only=True):
    """An invented company. ``name`` is without legal form; ``sign`` is what the shop front says, where it differs.

    ``person`` is the sole trader (given name, family name). ``former`` is the establishment it moved away from, with
    the SIRET it had there. Phones are national numbers; ``borrowed_phone`` is its accountant's. ``founded`` is a year.
    """

    sketch: Sketch
    siren: str
    name: str
    sign: str | None
    person: tuple[str, str] | None
    form: str
    sites: tuple[Site, ...]
    former: Site | None
    phone: str
    former_phone: str | None
    borrowed_phone: str | None
    email: str | None
    website: str | None
    founded: int
    labels: tuple[str, ...]
    works: tuple[str, ...]

    @property
    def shown_name(self) -> str:
        """The name people know it by."""
        return self.sign or self.name


def sketched(seed: int, number: int) -> tuple[Sketch, Random]:
    """The outline of company ``number`` and the source of chance to go on with."""
    rng = Random(numbers.mixed(seed, number))
    if is_promised(number):
        trade, commune = _promised(number)
    else:
        trade, commune = _any_trade(rng), any_commune(rng)
    world = trade.monde
    heads = min(int(rng.lognormvariate(*_HEADS[world])), 4_000)
    extra = rng.choice((1, 1, 1, 2, 2, 3)) if heads >= 10 and rng.random() < 0.28 else 0
    return Sketch(number, world, trade, commune, heads, extra), rng


@lru_cache(maxsize=16_384)  # the default region whole: a company is asked for once a listing, about 50 µs each time
def company(seed: int, number: int) -> Company:
    """Company ``number``, whole."""
    sketch, rng = sketched(seed, number)
    trade = sketch.trade
    form = trade.forme or _form(sketch, rng)
    person = (rng.choice(words().prenoms), rng.choice(words().patronymes)) if form == "EI" else None
    trade_name = _named(sketch, person, rng)
    name, sign = _name_and_sign(trade, trade_name, person, rng)
    siren = numbers.siren(seed, number)
    sites, former = _sites(sketch, siren, rng)
    website = _website(sketch, trade_name, sign, rng)
    return Company(
        sketch=sketch,
        siren=siren,
        name=name,
        sign=sign,
        person=person,
        form=form,
        sites=sites,
        former=former,
        phone=numbers.phone(seed, number),
        former_phone=numbers.phone(seed, number + numbers.PHONES // 2) if rng.random() < 0.08 else None,
        borrowed_phone=numbers.phone(seed, numbers.PHONES - 1 - rng.randrange(40)) if rng.random() < 0.015 else None,
        email=_email(website, person, rng),
        website=website,
        founded=min(2026 - int(rng.expovariate(0.08)), 2025),
        labels=_labels(trade, rng),
        works=tuple(rng.sample(trade.fait, min(len(trade.fait), rng.randrange(2, 5)))),
    )


def is_promised(number: int) -> bool:
    """Whether a company is there because newcomers ask for it."""
    return number < len(_PROMISED)


def _promised(number: int) -> tuple[Trade, Commune]:
    world, code, town = _PROMISED[number]
    commune = geography.commune(town)
    trade = next(trade for trade in trades_of(world)[0] if trade.naf == code)
    if commune is None:
        raise LookupError(f"the demo promises a company in {town}, which directory.geography does not know")
    return trade, commune


def _any_trade(rng: Random) -> Trade:
    """A trade by the weight of its world and its own; now and then one known by its official label alone."""
    world = rng.choices(WORLDS, cum_weights=_WORLD_WEIGHTS)[0]
    choice, weights = trades_of(world)
    trade = rng.choices(choice, cum_weights=weights)[0]
    if world == "business" and rng.random() < _OTHER_ACTIVITY:
        return _plain_trade(rng.choice(other_activities()))
    return trade


def _plain_trade(code: str) -> Trade:
    """A trade known only by the official label of its activity."""
    label = naf.label(code) or code
    lower = label[:1].lower() + label[1:]
    noms = ("{nom} {sigle}", "{sigle}", "{nom} {pays}", "{mot} {sigle}", "Société {nom}", "{deux}")
    return Trade(naf=code, poids=1, monde="business", noms=noms, fait=(lower,), secteur="services-aux-entreprises")


def _form(sketch: Sketch, rng: Random) -> str:
    forms, weights = _FORMS[sketch.world]
    form = rng.choices(forms, cum_weights=weights)[0]
    # A sole trader with a dozen employees is rare enough to be left out.
    return "SARL" if form == "EI" and sketch.heads > 10 else form


def _named(sketch: Sketch, person: tuple[str, str] | None, rng: Random) -> str:
    """A name after one of the trade's patterns."""
    vocabulary = words()
    given, family = person or (rng.choice(vocabulary.prenoms), rng.choice(vocabulary.patronymes))
    patterns = _PLAIN_NAMES[sketch.world] if rng.random() < 0.12 else sketch.trade.noms
    name = rng.choice(patterns).format(
        nom=family,
        prenom=given,
        deux=f"{family} & {_partner(family, rng)}",
        mot=rng.choice(vocabulary.mots),
        lieu=_locality(sketch.commune, rng),
        pays=rng.choice(("Provence", "Méditerranée", "Sud", "Azur", "PACA", "du Midi", "Provençale", "Alpes Sud")),
        sigle="".join(rng.choice("ABCDEFGHILMNOPRSTV") for _ in range(rng.choice((2, 3, 3, 3, 4)))),
        neo=rng.choice(vocabulary.racines) + rng.choice(vocabulary.fins),
    )
    return contracted(name)


def _locality(commune: Commune, rng: Random) -> str:
    """The commune, or a place around it: in a city few take the city's own name."""
    share = 0.55 if commune.population < _CITY else 0.12
    return short_name(commune.name) if rng.random() < share else rng.choice(words().lieux)


def _partner(family: str, rng: Random) -> str:
    other = rng.choice(words().patronymes)
    return "Fils" if other == family or rng.random() < 0.35 else other


def short_name(commune: str) -> str:
    """``Marseille 5e Arrondissement`` is Marseille on a shop front."""
    return "Marseille" if commune.startswith("Marseille ") else commune


def _name_and_sign(
    trade: Trade, trade_name: str, person: tuple[str, str] | None, rng: Random
) -> tuple[str, str | None]:
    """Legal name and sign: a sole trader's legal name is the person's, a franchise's sign is the brand's."""
    brand = rng.choice(trade.enseignes) if trade.enseignes and rng.random() < 0.12 else None
    if person is not None:
        return f"{capitals(person[1])} {person[0]}", brand or (trade_name if rng.random() < 0.6 else None)
    if brand is not None:
        return trade_name, brand
    if trade.monde != "social" and rng.random() < 0.1:
        return f"{rng.choice(words().patronymes)} {rng.choice(_HOLDINGS)}", trade_name
    return trade_name, None


def _sites(sketch: Sketch, siren: str, rng: Random) -> tuple[tuple[Site, ...], Site | None]:
    """Establishments, the head office first, and the one it moved away from."""
    zone = {"craft": 0.12, "business": 0.3, "social": 0.08, "startup": 0.35}[sketch.world]
    first = 2 if rng.random() < 0.07 else 1
    communes = [sketch.commune, *(any_commune(rng) for _ in range(sketch.extra_sites))]
    sites = [
        Site(numbers.siret(siren, rank), place_in(commune, rng, zone=zone))
        for rank, commune in enumerate(communes, first)
    ]
    former = None
    if first == 2:
        left = sketch.commune if rng.random() < 0.6 else any_commune(rng)
        former = Site(numbers.siret(siren, 1), place_in(left, rng, zone=zone))
    return tuple(sites), former


def _website(sketch: Sketch, trade_name: str, sign: str | None, rng: Random) -> str | None:
    """A site under ``.example`` (RFC 2606); a franchise's is a page of the brand's."""
    if rng.random() < {"craft": 0.5, "business": 0.35, "social": 0.4, "startup": 0.04}[sketch.world]:
        return None
    commune = sketch.commune
    town = slug(short_name(commune.name))
    if sign is not None and sign in sketch.trade.enseignes:
        return f"https://www.{slug(sign)}.example/{town}-{rng.randrange(100, 1000)}"
    host = slug(trade_name)
    if sketch.world != "startup" and not host.endswith(town):
        host = f"{host}-{commune.postcodes[0] if commune.population >= _CITY else town}"
    return f"https://{'www.' if rng.random() < 0.8 else ''}{host[:60].strip('-')}.example"


def _email(website: str | None, person: tuple[str, str] | None, rng: Random) -> str | None:
    if rng.random() < 0.2:
        return None
    if website is None or "/" in website.removeprefix("https://"):
        local = slug(" ".join(person)) if person else "contact"
        return f"{local}{rng.randrange(100_000)}@courriel.example"
    host = website.removeprefix("https://").removeprefix("www.")
    return f"{rng.choice(('contact', 'contact', 'info', 'accueil', 'direction'))}@{host}"


def _labels(trade: Trade, rng: Random) -> tuple[str, ...]:
    return tuple(label for label in trade.labels if rng.random() < 0.25)
