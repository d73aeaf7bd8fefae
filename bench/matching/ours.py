"""Our own matcher behind the contract: establishments by :meth:`Matching.site`, suppliers by its clusters."""

from collections.abc import Hashable, Sequence

from directory.matching.contract import Decisions, MatchRecord
from directory.matching.probabilistic import ProbabilisticMatcher


def by_ours(records: Sequence[MatchRecord]) -> tuple[list[Hashable], list[Hashable]]:
    """Establishment and supplier of each record."""
    matching = ProbabilisticMatcher().match(records, Decisions())
    company = {listing: place for place, cluster in enumerate(matching.clusters) for listing in cluster}
    return [matching.site(record.listing) for record in records], [company[record.listing] for record in records]
