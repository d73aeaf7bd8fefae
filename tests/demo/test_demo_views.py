from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from stdnum.fr import siret as stdnum_siret

from demo import Region
from demo.company import Company
from demo.numbers import REFUSED_MOBILE
from demo.spelling import slug
from demo.texts import described
from demo.views import VIEWS
from demo.views import base as writing
from directory.nomenclature import sizes
from directory.records import CompanySize

REGION = Region(seed=13, companies=4_000)


def first_company(holds: Callable[[Company], object]) -> Company:
    """The first company of the region of which something holds."""
    return next(company for company in map(REGION.company, range(REGION.companies)) if holds(company))


def many(write: Callable[[Random], str | None], times: int = 300) -> Counter[str | None]:
    """What a way of writing gives over so many draws."""
    return Counter(write(Random(seed)) for seed in range(times))


def digits(phone: str | None) -> str:
    plain = "".join(filter(str.isdigit, phone or ""))
    return f"0{plain[2:]}" if plain.startswith("33") else plain


@pytest.mark.parametrize(
    ("heads", "code", "words", "size"),
    [
        (0, "00", "0-0", CompanySize.MICRO),
        (2, "01", "1-2", CompanySize.MICRO),
        (9, "03", "6-9", CompanySize.MICRO),
        (10, "11", "10-19", CompanySize.PME),
        (99, "21", "50-99", CompanySize.PME),
        (250, "32", "250-499", CompanySize.ETI),
        (4_000, "51", "2000+", CompanySize.ETI),
    ],
)
def test_headcounts_as_bands_and_in_words(heads: int, code: str, words: str, size: CompanySize) -> None:
    assert (writing.band(heads), writing.range_of(heads)) == (code, words)
    by_code = sizes.get(code)
    assert by_code is not None
    assert by_code.size == size


def test_some_directories_miss_a_move() -> None:
    company = first_company(lambda company: company.former)
    assert company.former is not None
    known = [writing.known_site(company, 0, Random(seed), stale=0.3) for seed in range(300)]
    assert 50 < known.count(company.former) < 130
    assert known.count(company.former) + known.count(company.sites[0]) == 300
    assert stdnum_siret.is_valid(company.former.siret)
    assert company.former.siret[:9] == company.siren
    assert company.former.siret not in {site.siret for site in company.sites}


def test_a_second_site_is_never_mistaken_for_the_former_one() -> None:
    company = first_company(lambda company: company.former and len(company.sites) > 1)
    assert writing.known_site(company, 1, Random(1), stale=1.0) == company.sites[1]


def test_phones_are_the_companys_its_former_one_or_its_accountants() -> None:
    company = first_company(lambda company: company.former_phone and company.borrowed_phone)
    phones = many(lambda rng: writing.known_phone(company, rng, missing=0.1), 600)
    seen = {digits(phone) for phone in phones}
    rare = {phone for phone in seen if phone.startswith(REFUSED_MOBILE)}
    assert seen - rare == {"", company.phone, company.former_phone, company.borrowed_phone}
    assert len(rare) == 1
    assert 30 < phones[None] < 100


def test_accountants_lend_their_phone_to_several_companies() -> None:
    borrowed = Counter(REGION.company(number).borrowed_phone for number in range(REGION.companies))
    del borrowed[None]
    assert len(borrowed) <= 40
    assert max(borrowed.values()) > 1


def test_legal_forms_come_and_go() -> None:
    company = first_company(lambda company: company.form == "SARL")
    names = many(lambda rng: writing.with_form(company, "Durand", rng, chance=0.5))
    assert set(names) == {"Durand", "SARL Durand", "Durand SARL", "S.A.R.L. Durand", "Durand S.A.R.L."}
    association = first_company(lambda company: company.form.startswith("Association"))
    assert set(many(lambda rng: writing.with_form(association, "Durand", rng, chance=1.0))) == {"Durand"}


def test_sole_traders_are_people_in_any_order() -> None:
    company = first_company(lambda company: company.person)
    assert company.person is not None
    given, family = company.person
    names = many(lambda rng: slug(writing.person_name(company, rng)))
    assert set(names) == {slug(f"{family} {given}"), slug(f"{given} {family}")}
    assert company.form == "EI"


def test_marseille_is_written_with_and_without_its_arrondissement() -> None:
    company = first_company(lambda company: company.sketch.commune.code == "13205" and not company.former)
    names = many(lambda rng: writing.commune_name(company.sites[0], rng, upper=0.5, district=0.5))
    assert set(names) == {"Marseille", "MARSEILLE", "Marseille 5e Arrondissement", "MARSEILLE 5E ARRONDISSEMENT"}


def test_sites_are_written_in_every_way() -> None:
    company = first_company(lambda company: company.website and company.website.startswith("https://www."))
    host = str(company.website).removeprefix("https://www.")
    written = many(lambda rng: writing.site_address(company, rng, missing=0.2))
    ways = {None, f"https://www.{host}", f"http://www.{host}", f"https://www.{host}/", f"www.{host}", host}
    assert set(written) == ways


def test_descriptions_speak_of_the_trade_and_differ() -> None:
    company = first_company(lambda company: company.sketch.trade.naf == "43.22A" and len(company.works) > 2)
    texts = {described(company, Random(seed), long=True) for seed in range(50)}
    assert len(texts) > 30
    assert all(any(work in text.lower() for work in company.works) for text in texts)


@pytest.mark.parametrize("partner", VIEWS)
def test_a_key_leads_back_to_its_position(partner: str) -> None:
    view = VIEWS[partner]
    assert [view.position(view.key(position)) for position in (0, 7, 123_456)] == [0, 7, 123_456]
