"""What five directories say of an establishment, each in its own habit.

The Chambre knows companies by their numbers; the CMAR knows craftsmen and often no street; the CPME knows signs and
hardly a SIREN; the CRESS knows associations; French Tech knows sites and points.
"""

from random import Random

from msgspec import Struct

from bench.matching import places
from bench.matching.companies import Site
from bench.matching.spelling import BOTH_NAMES, company_form, person_name, short_town, written
from directory.nomenclature import naf
from directory.records import Activity, Address, Contact, Listing, Location

STRAY_SIRET = 0.0007
WRONG_PHONE_DIGIT = 0.004
SECOND_PHONE = 0.25  # of those who have two
SECOND_MAILBOX = 0.2
NEIGHBOUR_NAF, OTHER_NAF = 0.14, 0.03
BUSINESS_POSTCODE = 0.012  # a CEDEX of its own
SOCIAL_PAGE = 0.08  # of sites given are a page on a social network


class Habits(Struct, frozen=True, kw_only=True):
    """How often a partner gives what. ``reach`` is the share of houses it lists, by kind."""

    name: str
    reach: dict[str, float]
    siret: float
    siren: float
    sign_first: float
    other_name: float
    form: float
    capitals: float
    street: float
    shortened: float
    postcode: float
    phone: float
    email: float
    site: float
    naf: float
    exact_point: float
    rough_point: float
    centre_point: float = 0.0


PARTNERS = (
    Habits(
        name="chambre",
        reach={"craft": 0.76, "shop": 0.91, "service": 0.89, "tech": 0.84, "social": 0.57},
        siret=0.79, siren=0.10, sign_first=0.06, other_name=0.45, form=0.6, capitals=0.5,
        street=0.94, shortened=0.4, postcode=0.99, phone=0.72, email=0.62, site=0.45, naf=0.97,
        exact_point=0.45, rough_point=0.15,
    ),
    Habits(
        name="cmar",
        reach={"craft": 0.90, "shop": 0.40, "service": 0.17, "tech": 0.11, "social": 0.11},
        siret=0.71, siren=0.12, sign_first=0.10, other_name=0.35, form=0.3, capitals=0.8,
        street=0.55, shortened=0.6, postcode=0.95, phone=0.70, email=0.45, site=0.25, naf=0.90,
        exact_point=0.10, rough_point=0.10,
    ),
    Habits(
        name="cpme13",
        reach={"craft": 0.55, "shop": 0.65, "service": 0.71, "tech": 0.57, "social": 0.43},
        siret=0.27, siren=0.10, sign_first=0.34, other_name=0.15, form=0.25, capitals=0.1,
        street=0.86, shortened=0.5, postcode=0.98, phone=0.82, email=0.72, site=0.55, naf=0.40,
        exact_point=0.15, rough_point=0.25, centre_point=0.05,
    ),
    Habits(
        name="cress_paca",
        reach={"craft": 0.15, "shop": 0.19, "service": 0.29, "tech": 0.15, "social": 0.93},
        siret=0.62, siren=0.14, sign_first=0.22, other_name=0.30, form=0.4, capitals=0.2,
        street=0.90, shortened=0.3, postcode=0.98, phone=0.72, email=0.75, site=0.55, naf=0.70,
        exact_point=0.35, rough_point=0.20,
    ),
    Habits(
        name="french_tech",
        reach={"craft": 0.07, "shop": 0.10, "service": 0.33, "tech": 0.88, "social": 0.19},
        siret=0.38, siren=0.30, sign_first=0.30, other_name=0.20, form=0.1, capitals=0.05,
        street=0.70, shortened=0.2, postcode=0.93, phone=0.40, email=0.65, site=0.90, naf=0.35,
        exact_point=0.55, rough_point=0.20, centre_point=0.05,
    ),
)  # fmt: skip


def listing(chance: Random, habits: Habits, site: Site, external_id: str, *, outdated: bool) -> Listing:
    """What this partner says of the site; ``outdated`` when it has not heard that the site moved."""
    where = site.old_place if outdated and site.old_place else site.place
    name, others = _names(chance, habits, site)
    siren, siret = _identifiers(chance, habits, site)
    return Listing(
        partner=habits.name,
        external_id=external_id,
        name=name,
        raw='{"invented": true}',
        trade_names=others,
        siren=siren,
        siret=siret,
        activities=_activities(chance, habits, site),
        address=_address(chance, habits, where),
        location=_location(chance, habits, where),
        contact=_contact(chance, habits, site),
        website=_website(chance, habits, site),
        legal_form=site.form or None if chance.random() < habits.form else None,
    )


def _names(chance: Random, habits: Habits, site: Site) -> tuple[str, tuple[str, ...]]:
    """The name, and the other name where the partner has a field for it."""
    town, often = short_town(site), habits.capitals
    if not site.sign:
        return written(chance, _legal(chance, habits, site), town, capitals=often), ()
    sign = written(chance, site.sign, town, capitals=often, brand=site.brand)
    if site.sign == site.legal and not site.person:
        return company_form(chance, sign, site.form, habits.form / 2), ()
    legal = written(chance, _legal(chance, habits, site), town, capitals=often)
    if chance.random() < BOTH_NAMES:
        return chance.choice((f"{legal} - {sign}", f"{legal} ({sign})", f"{sign} - {legal}")), ()
    sign_first = habits.sign_first + (0.45 if site.brand else 0)
    first, second = (sign, legal) if chance.random() < sign_first else (legal, sign)
    return first, (second,) if chance.random() < habits.other_name else ()


def _legal(chance: Random, habits: Habits, site: Site) -> str:
    if site.person:
        return person_name(chance, site.person, site.trade.name)
    return company_form(chance, site.legal, site.form, habits.form)


def _identifiers(chance: Random, habits: Habits, site: Site) -> tuple[str | None, str | None]:
    """SIREN and SIRET as far as they are given: one, both or none; one in some hundreds is somebody else's."""
    way = chance.random()
    if way < habits.siret:
        siret = site.stray if chance.random() < STRAY_SIRET else site.siret
        return (siret[:9] if chance.random() < 0.6 else None), siret
    return (site.siren if way < habits.siret + habits.siren else None), None


def _activities(chance: Random, habits: Habits, site: Site) -> tuple[Activity, ...]:
    if chance.random() >= habits.naf:
        return ()
    way, codes = chance.random(), site.trade.codes
    if way < OTHER_NAF:
        return (Activity(chance.choice(naf.codes())),)
    return (Activity(codes[-1] if way < OTHER_NAF + NEIGHBOUR_NAF else codes[0]),)


def _address(chance: Random, habits: Habits, where: places.Place) -> Address:
    given = chance.random() < habits.street
    town, postcode = places.town(chance, where.commune), where.postcode
    if chance.random() < BUSINESS_POSTCODE:
        town, postcode = f"{short_of(town)} Cedex", f"{postcode[:3]}{chance.randrange(80, 99)}"
    return Address(
        lines=places.lines(chance, where, shortened=habits.shortened) if given else (),
        postcode=postcode if chance.random() < habits.postcode else None,
        commune=town,
    )


def short_of(town: str) -> str:
    """The town without its arrondissement or CEDEX."""
    return " ".join(word for word in town.split() if not word[0].isdigit() and word != "Cedex")


def _location(chance: Random, habits: Habits, where: places.Place) -> Location | None:
    way = chance.random()
    if way < habits.exact_point:
        return places.near(chance, where.point, 12)
    if way < habits.exact_point + habits.rough_point:
        return places.near(chance, where.point, 200)
    if way < habits.exact_point + habits.rough_point + habits.centre_point:
        return Location(where.commune.location.latitude, where.commune.location.longitude)
    return None


def _contact(chance: Random, habits: Habits, site: Site) -> Contact:
    return Contact(
        phone=_phone(chance, site.phones) if chance.random() < habits.phone else None,
        email=_one_of(chance, site.emails, SECOND_MAILBOX) if chance.random() < habits.email else None,
    )


def _phone(chance: Random, phones: tuple[str, ...]) -> str:
    phone = _one_of(chance, phones, SECOND_PHONE)
    if chance.random() >= WRONG_PHONE_DIGIT:
        return phone
    at = chance.randrange(5, len(phone))
    return f"{phone[:at]}{chance.randrange(10)}{phone[at + 1 :]}"


def _one_of(chance: Random, values: tuple[str, ...], second: float) -> str:
    """The first, or another of them so often."""
    return values[0] if len(values) == 1 or chance.random() >= second else chance.choice(values[1:])


def _website(chance: Random, habits: Habits, site: Site) -> str | None:
    if chance.random() >= habits.site:
        return None
    slug = "".join(letter for letter in (site.sign or site.legal).lower() if letter.isascii() and letter.isalnum())
    if chance.random() < SOCIAL_PAGE or not site.domain:
        return f"https://www.facebook.com/{slug}" if chance.random() < 0.3 else None
    path = f"/magasins/{site.place.commune.code}" if site.brand and chance.random() < 0.5 else ""
    return f"{chance.choice(('https://www.', 'https://', 'http://www.', 'http://'))}{site.domain}{path}"
