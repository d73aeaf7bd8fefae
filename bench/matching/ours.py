"""Our own matcher behind the contract: establishments by :meth:`Matching.site`, suppliers by its clusters."""

from collections.abc import Hashable, Sequence
from importlib import import_module

from directory.matching.contract import Decisions, Matcher, MatchRecord

# The first of them that is there.
MATCHERS = (
    ("directory.matching.probabilistic", "ProbabilisticMatcher"),
    ("directory.matching.strict", "StrictMatcher"),
)


def matcher() -> Matcher:
    """The matcher that the hub uses."""
    for module, name in MATCHERS:
        try:
            found: Matcher = getattr(import_module(module), name)()
        except ModuleNotFoundError:
            continue
        return found
    raise LookupError("none of our matchers is there")


def by_ours(records: Sequence[MatchRecord]) -> tuple[list[Hashable], list[Hashable]]:
    """Establishment and supplier of each record; a matcher without a second level calls a supplier one site."""
    matching = matcher().match(records, Decisions())
    company = {listing: place for place, cluster in enumerate(matching.clusters) for listing in cluster}
    companies: list[Hashable] = [company[record.listing] for record in records]
    if not hasattr(matching, "site"):
        return companies, companies
    return [matching.site(record.listing) for record in records], companies
