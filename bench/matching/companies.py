"""Invented companies: what is so, before any directory says it."""

from random import Random

from msgspec import Struct

from bench.matching import numbers, places
from bench.matching.places import Place
from bench.matching.vocabulary import Trade, words
from directory.normalise import fold

KINDS = (
    "plain",
    "trade name",
    "sole trader",
    "chain",
    "franchise",
    "moved",
    "shared phone",
    "domiciliation",
    "namesake",
    "owner",
)
FORMS = ("SARL", "SARL", "SARL", "SAS", "SAS", "SAS", "SASU", "EURL", "SA", "SNC")
SOCIAL_FORMS = ("Association", "Association", "SCOP", "SCIC", "SARL")
HAS_DOMAIN, HAS_MOBILE, HAS_TWO_MAILBOXES = 0.5, 0.45, 0.3


class Person(Struct, frozen=True):
    """Who trades under their own name."""

    surname: str
    first: str
    second: str = ""
    civility: str = "M."


class Site(Struct, frozen=True, kw_only=True):
    """One establishment. ``sign`` is empty where it goes by its legal name; ``brand``: many bear the same sign.

    The first phone and mailbox are the usual ones. ``old_place`` is where it was before it moved. ``stray`` is a valid
    SIRET that somebody may take for its own: another site's of the company, or a neighbour's.
    """

    number: int
    company: int
    kind: str
    siren: str
    siret: str
    stray: str
    legal: str
    form: str
    person: Person | None
    sign: str
    brand: bool
    trade: Trade
    place: Place
    old_place: Place | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    domain: str


class Firm(Struct, frozen=True, kw_only=True):
    """What all sites of a company have in common."""

    company: int
    siren: str
    legal: str
    form: str
    person: Person | None
    sign: str
    trade: Trade
    domain: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]


class Registry:
    """Gives out what nobody else may have: numbers, phones, domains, mailboxes."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self._counts = {"company": 0, "site": 0, "phone": 0, "mobile": 0}
        self._taken: set[str] = set()

    def next(self, what: str) -> int:
        """Counts companies, sites, phones and mobiles from 1."""
        self._counts[what] += 1
        return self._counts[what]

    def phone(self) -> str:
        """A line of its own."""
        return numbers.fixed_phone(self.next("phone") + self.seed * 104_729)

    def phones(self) -> tuple[str, ...]:
        """A line, or a mobile, or both."""
        way = self.chance.random()
        mobile = numbers.mobile_phone(self.next("mobile") + self.seed * 104_729)
        if way < HAS_MOBILE:
            return (self.phone(), mobile) if way < HAS_MOBILE * 0.7 else (mobile, self.phone())
        return (mobile,) if way > 0.85 else (self.phone(),)

    def domain(self, name: str, town: str) -> str:
        """A domain after the name, with more of the town or a number where it is taken."""
        slug = _slug(name, self.chance.choice(("-", "", "")))[:28].strip("-")
        end = self.chance.choice((".fr", ".fr", ".fr", ".com", ".com", ".net"))
        return self._free(slug, (f"-{_slug(town, '')}", "-13", "-paca", "-provence"), end)

    def mailbox(self, local: str) -> str:
        """A mailbox with a provider that anybody uses."""
        start = _slug(local, self.chance.choice((".", "", "-", "_")))[:24].strip(".-_")
        return self._free(start, ("13", ".pro", ".contact"), f"@{words().generic_mail.pick(self.chance)}")

    def _free(self, start: str, more: tuple[str, ...], end: str) -> str:
        found = start + end
        if found in self._taken:
            found = start + self.chance.choice(more) + end
        while found in self._taken:
            found = f"{start}{self.chance.randrange(1, 100_000)}{end}"
        self._taken.add(found)
        return found


def _slug(text: str, between: str) -> str:
    return between.join("".join(letter if letter.isalnum() else " " for letter in fold(text)).split())


def person(chance: Random) -> Person:
    """Somebody."""
    first = words().first_names.pick(chance)
    second = words().first_names.pick(chance) if chance.random() < 0.15 else ""
    return Person(words().surname(chance), first, second, chance.choice(("M.", "M.", "Mme")))


def firm(registry: Registry, trade: Trade, town: str, *, alone: float = 0.2, sign: float = 0.27) -> Firm:
    """A company: so often a sole trader, so often with a sign that is not its name."""
    chance = registry.chance
    owner = person(chance) if chance.random() < alone else None
    legal = f"{owner.surname} {owner.first}" if owner else company_name(chance, trade)
    form = "" if owner else chance.choice(SOCIAL_FORMS if trade.kind == "social" else FORMS)
    called = sign_name(chance, trade) if chance.random() < sign else ""
    return contacts(registry, legal=legal, form=form, owner=owner, sign=called, trade=trade, town=town)


def contacts(
    registry: Registry, *, legal: str, form: str, owner: Person | None, sign: str, trade: Trade, town: str
) -> Firm:
    """The company of this name with numbers, phones and mailboxes of its own."""
    chance = registry.chance
    number = registry.next("company")
    known_as = sign or legal
    domain = registry.domain(known_as, town) if chance.random() < HAS_DOMAIN else ""
    return Firm(
        company=number,
        siren=numbers.siren(number, registry.seed),
        legal=legal,
        form=form,
        person=owner,
        sign=sign,
        trade=trade,
        domain=domain,
        emails=_mailboxes(registry, known_as, domain, owner),
        phones=registry.phones(),
    )


def _mailboxes(registry: Registry, name: str, domain: str, owner: Person | None) -> tuple[str, ...]:
    chance = registry.chance
    somebody = owner or person(chance)
    private = registry.mailbox(f"{somebody.first} {somebody.surname}" if owner or chance.random() < 0.3 else name)
    if not domain:
        return (private,)
    ours = f"{chance.choice(('contact', 'contact', 'info', 'accueil', _slug(somebody.first, '')))}@{domain}"
    if chance.random() >= HAS_TWO_MAILBOXES:
        return (ours,)
    return (ours, chance.choice((private, f"{_slug(somebody.surname, '')}@{domain}")))


def company_name(chance: Random, trade: Trade) -> str:
    """A legal name without its form."""
    way = chance.random()
    if way < 0.28:
        return _family_name(chance, trade)
    if way < 0.56:
        return _spoken_name(chance, trade)
    if way < 0.70:
        return invented(chance)
    if way < 0.80:
        return "".join(chance.choice("ABCDEFGHIJLMNOPRSTV") for _ in range(chance.choice((3, 3, 3, 4))))
    if way < 0.90:
        return f"{invented(chance)} {chance.choice((trade.name, trade.other, words().nouns.pick(chance)))}"
    return sign_name(chance, trade)


def _spoken_name(chance: Random, trade: Trade) -> str:
    if chance.random() < 0.43:
        return f"{trade.name} {words().spots.pick(chance)}"
    noun = words().nouns.pick(chance)
    return chance.choice((f"{noun} {trade.name}", f"{noun} {trade.other}", f"{noun} {trade.name} Services"))


def _family_name(chance: Random, trade: Trade) -> str:
    surname = words().surname(chance)
    first = words().first_names.pick(chance)
    return chance.choice(
        (
            f"{trade.name} {surname}",
            f"{trade.name} {surname}",
            f"{surname} {trade.name}",
            f"{trade.name} {surname} et Fils",
            f"{surname} Père et Fils",
            f"{surname} Frères",
            f"{trade.name} {first} {surname}",
            f"{surname} et Associés",
            f"Établissements {surname}",
            f"{surname} {words().surname(chance)}",
        )
    )


def sign_name(chance: Random, trade: Trade) -> str:
    """What is written over the door."""
    vocabulary = words()
    word = trade.name if chance.random() < 0.6 else trade.other
    return chance.choice(
        (
            f"{word} {vocabulary.spots.pick(chance)}",
            f"{word} {vocabulary.spots.pick(chance)}",
            f"{vocabulary.nouns.pick(chance)} {word}",
            f"Le {word} {vocabulary.spots.pick(chance)}",
            f"Chez {vocabulary.first_names.pick(chance)}",
            f"{word} {vocabulary.first_names.pick(chance)}",
            f"{vocabulary.nouns.pick(chance)} et {vocabulary.nouns.pick(chance)}",
            invented(chance),
        )
    )


def invented(chance: Random) -> str:
    """``Batiprovia``: of two or three syllables that mean nothing together."""
    vocabulary = words()
    middle = vocabulary.tails.pick(chance) if chance.random() < 0.5 else ""
    return vocabulary.heads.pick(chance) + middle + vocabulary.tails.pick(chance)


def pooled_place(chance: Random, number: int, seed: int) -> Place:
    """The address that so many companies have whom one company houses."""
    own = Random(seed * 1_000_003 + number)
    home = places.city(own)
    found = places.place(own, home)
    return Place(found.commune, found.postcode, found.number, found.street, "", found.point)
