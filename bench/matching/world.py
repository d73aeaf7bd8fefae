"""An invented world of establishments, unit by unit: whatever kind is furthest behind its quota comes next.

A unit is a company of one site, a chain (one company, many sites), a franchise (one sign, many companies), the
companies of one owner, or namesakes in one town.
"""

from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from bench.matching import numbers, places
from bench.matching.companies import (
    Firm,
    Person,
    Registry,
    Site,
    company_name,
    contacts,
    firm,
    pooled_place,
    sign_name,
)
from bench.matching.places import Place
from bench.matching.vocabulary import Trade, words
from directory.geography import Commune

QUOTAS = {"single": 0.85, "chain": 0.06, "franchise": 0.04, "owner": 0.02, "namesake": 0.03}
MOVED, DOMICILED, POOLED_PHONE = 0.045, 0.05, 0.06
TENANTS = 30  # companies at one domiciliation address
CLIENTS = 25  # companies behind one accountant's phone
SMALL_CHAIN = 0.75  # of chains have two to five sites
LARGEST_CHAIN, LARGEST_FRANCHISE = 160, 90
HEAVY_TAIL = 0.45  # exponent of Pareto's law: the lower, the more sites are in the largest chains
HEAD_OFFICE_PHONE = 0.3  # of sites of a chain are also reached by its switchboard


class World:
    """Endless sites for so many establishments (chains and pools are sized for them), the same for the same seed."""

    def __init__(self, establishments: int, seed: int) -> None:
        self._registry = Registry(seed)
        self._chance: Random = self._registry.chance
        self._establishments = establishments
        self._last_siret = numbers.siret(numbers.siren(0, seed), 1)
        self._made = dict.fromkeys(QUOTAS, 0)
        self._makers = {
            "single": self._single,
            "chain": self._chain,
            "franchise": self._franchise,
            "owner": self._owner,
            "namesake": self._namesakes,
        }

    def sites(self) -> Iterator[Site]:
        """One after another, those of a unit together."""
        total = 0
        while True:
            kind = max(QUOTAS, key=lambda each: QUOTAS[each] * (total + 1) - self._made[each])
            for site in self._makers[kind]():
                self._made[kind] += 1
                total += 1
                yield site

    # Units

    def _single(self) -> Iterator[Site]:
        chance = self._chance
        home = places.commune(chance)
        company = firm(self._registry, self._trade(), home.name)
        where, kind = places.place(chance, home), _kind(company)
        if chance.random() < POOLED_PHONE:
            number = self._registry.seed * 10_007 + self._pool(CLIENTS, POOLED_PHONE)
            pooled = numbers.pooled_phone(number)
            phones = (pooled,) if chance.random() < 0.4 else (pooled, *company.phones)
            company, kind = replace(company, phones=phones), "shared phone"
        if chance.random() < DOMICILED:
            where, kind = pooled_place(chance, self._pool(TENANTS, DOMICILED), self._registry.seed), "domiciliation"
        moved = chance.random() < MOVED
        old = places.place(chance, self._near(where.commune)) if moved else None
        yield self._site(company, "moved" if moved else kind, where, old=old)

    def _chain(self) -> Iterator[Site]:
        chance = self._chance
        small = chance.random() < SMALL_CHAIN
        home = places.commune(chance)
        company = firm(self._registry, self._trade(), home.name, alone=0, sign=0.3 if small else 0)
        if small:
            size = chance.choice((2, 2, 2, 3, 3, 4, 5))
        else:
            size, sign = self._size(6, LARGEST_CHAIN), self._brand()
            domain = self._registry.domain(sign, home.name)
            legal = sign if chance.random() < 0.5 else company.legal
            company = replace(company, sign=sign, legal=legal, domain=domain, emails=(f"contact@{domain}",))
        for rank in range(1, size + 1):
            town = self._near(home) if small and chance.random() < 0.7 else places.commune(chance)
            yield self._branch(company, "chain", rank, town, brand=not small)

    def _franchise(self) -> Iterator[Site]:
        chance = self._chance
        size, sign, trade = self._size(4, LARGEST_FRANCHISE), self._brand(), self._trade()
        domain = self._registry.domain(sign, "france")
        while size > 0:
            town = places.commune(chance)
            own = firm(self._registry, trade, town.name, alone=0.1, sign=0)
            legal = f"{sign} {town.name}" if own.person is None and chance.random() < 0.2 else own.legal
            local = replace(
                own, sign=sign, legal=legal, domain=domain, emails=(_branch_mailbox(town, domain), *own.emails)
            )
            for rank in range(1, min(size, chance.choice((1, 1, 1, 1, 2, 3))) + 1):
                yield self._branch(local, "franchise", rank, town, brand=True)
                town = self._near(town)
                size -= 1

    def _owner(self) -> Iterator[Site]:
        """Two to four companies of one person, who answers one phone for all and has one site, often at one address."""
        chance = self._chance
        home = places.commune(chance)
        where, surname = places.place(chance, home), words().surname(chance)
        first = firm(self._registry, self._trade(), home.name, alone=0, sign=0)
        for _ in range(chance.choice((2, 2, 2, 3, 4))):
            own = self._sister(surname, home)
            emails = first.emails if chance.random() < 0.6 else own.emails
            shared = replace(own, phones=(first.phones[0], *own.phones), domain=first.domain, emails=emails)
            together = chance.random() < 0.5
            yield self._site(shared, "owner", where if together else places.place(chance, home))

    def _sister(self, surname: str, home: Commune) -> Firm:
        """One of an owner's companies, named after the family or not."""
        chance, trade = self._chance, self._trade()
        after_family = (f"{surname} {trade.name}", f"{surname} {trade.other}", f"{trade.name} {surname}")
        return contacts(
            self._registry,
            legal=chance.choice((*after_family, company_name(chance, trade))),
            form=chance.choice(("SARL", "SAS", "SCI", "EURL")),
            owner=None,
            sign="",
            trade=trade,
            town=home.name,
        )

    def _namesakes(self) -> Iterator[Site]:
        """Two companies of one name and one trade in one town: bakers who both chose the port, or two cousins."""
        chance = self._chance
        home, trade = places.commune(chance), self._trade()
        postcode = chance.choice(home.postcodes)
        surname, sign = words().surname(chance), sign_name(chance, trade)
        family = chance.random() < 0.5
        for _ in range(2):
            own = firm(self._registry, trade, home.name, alone=1.0 if family else 0.2, sign=0)
            if family and own.person:
                somebody = Person(surname, own.person.first, own.person.second, own.person.civility)
                own = replace(own, person=somebody, legal=f"{surname} {somebody.first}")
            elif own.person or chance.random() < 0.5:
                own = replace(own, sign=sign)
            else:
                own = replace(own, legal=sign)
            same = chance.random() < 0.6
            yield self._site(own, "namesake", places.place(chance, home, postcode if same else None))

    # Parts

    def _branch(self, company: Firm, kind: str, rank: int, town: Commune, *, brand: bool) -> Site:
        chance = self._chance
        own = self._registry.phones()[:1]
        shared = chance.random() < (HEAD_OFFICE_PHONE if kind == "chain" else 0.05)
        phones = (*own, company.phones[0]) if shared else own
        emails = (
            (_branch_mailbox(town, company.domain),) if company.domain and chance.random() < 0.5 else company.emails
        )
        local = replace(company, phones=phones, emails=emails)
        return self._site(local, kind, places.place(chance, town), rank=rank, brand=brand)

    def _site(
        self, company: Firm, kind: str, where: Place, *, old: Place | None = None, rank: int = 1, brand: bool = False
    ) -> Site:
        siret = numbers.siret(company.siren, rank)
        stray = self._last_siret
        self._last_siret = siret
        return Site(
            number=self._registry.next("site"),
            company=company.company,
            kind=kind,
            siren=company.siren,
            siret=siret,
            stray=stray,
            legal=company.legal,
            form=company.form,
            person=company.person,
            sign=company.sign,
            brand=brand,
            trade=company.trade,
            place=where,
            old_place=old,
            phones=company.phones,
            emails=company.emails,
            domain=company.domain,
        )

    def _trade(self) -> Trade:
        return words().trades.pick(self._chance)

    def _brand(self) -> str:
        vocabulary, chance = words(), self._chance
        head, tail = chance.choice(vocabulary.brand_heads), chance.choice(vocabulary.brand_tails)
        return chance.choice((f"{head} {tail}", f"{head} {tail}", f"{head}{tail.lower()}"))

    def _near(self, home: Commune) -> Commune:
        """The town itself, or another of its department."""
        if self._chance.random() < 0.5:
            return home
        for _ in range(8):
            other = places.commune(self._chance)
            if other.department == home.department:
                return other
        return home

    def _size(self, least: int, most: int) -> int:
        """By Pareto's law, a tenth of the smaller worlds at most."""
        largest = max(least, min(most, self._establishments // 100))
        return min(largest, int(least * (1 - self._chance.random()) ** (-1 / HEAVY_TAIL)))

    def _pool(self, each: int, share: float) -> int:
        """One of the pools that serve so many companies each, some more than others."""
        pools = max(1, round(self._establishments * share / each))
        return int(pools * self._chance.random() ** 1.4)


def _kind(company: Firm) -> str:
    if company.person:
        return "sole trader"
    return "trade name" if company.sign else "plain"


def _branch_mailbox(town: Commune, domain: str) -> str:
    local = "".join(letter for letter in town.name.lower() if letter.isascii() and letter.isalnum())
    return f"{local}@{domain}"
