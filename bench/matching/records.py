"""Match records of listings: the comparable forms that :func:`directory.intake.prepare` gives, and nothing else."""

from collections.abc import Iterator
from random import Random

from msgspec import Struct

from bench.matching.generator import Truth, generate
from directory.establishments import town
from directory.intake import prepare
from directory.matching.contract import MatchRecord
from directory.normalise import fold
from directory.records import Listing, Nomenclature


def record_of(number: int, listing: Listing) -> MatchRecord:
    """The match record of a partner's listing under this id."""
    prepared = prepare(listing)
    whole, keys = prepared.listing, prepared.keys
    address, point = whole.address, whole.location
    known = point is not None and not point.approximate
    commune = town(keys.commune_code) if keys.commune_code else fold(address.commune or "")
    codes = (each.code for each in whole.activities if each.nomenclature is Nomenclature.NAF_REV2)
    return MatchRecord(
        listing=number,
        key=f"{listing.partner}\x1f{listing.external_id}",
        siren=keys.siren,
        siret=keys.siret,
        names=(keys.name_key, *keys.trade_keys) if keys.name_key else keys.trade_keys,
        commune=commune or None,
        street=keys.street_key,
        site=keys.site,
        phone=keys.phone,
        postcode=address.postcode,
        email=whole.contact.email,
        naf=next(codes, None),
        latitude=point.latitude if known and point else None,
        longitude=point.longitude if known and point else None,
    )


class Benchmark(Struct, frozen=True):
    """Records in a shuffled order, each with its truth at the same place; a record's id is its place."""

    records: list[MatchRecord]
    truths: list[Truth]


def benchmark(records: int, seed: int) -> Benchmark:
    """So many generated records. Their order and ids are shuffled, so that neither tells who belongs together."""
    numbers = list(range(records))
    Random(seed).shuffle(numbers)
    found = sorted(_numbered(numbers, seed), key=lambda each: each[0].listing)
    return Benchmark([record for record, _ in found], [truth for _, truth in found])


def _numbered(numbers: list[int], seed: int) -> Iterator[tuple[MatchRecord, Truth]]:
    for number, (listing, truth) in zip(numbers, generate(len(numbers), seed), strict=True):
        yield record_of(number, listing), truth
