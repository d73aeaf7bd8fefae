"""A real search: words, a filter, the total, 4 facets and 20 suppliers of 15 values; another text each time."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from bench.gateway import operations, postgraphile
from bench.gateway.asking import ask, send
from bench.gateway.servers import Server, ours
from bench.gateway.table import cpu_ratio, table, tail, target
from bench.gateway.turns import Effort, in_turns
from bench.gateway.world import described

OURS: Final = "ours, response cache off"
DEPARTMENTS: Final = ("13", "83", "06", "84")
TEXTS: Final = (
    *("plombier", "chauffagiste", "menuisier", "électricien", "maçon", "peintre", "boulanger", "traiteur", "fleuriste"),
    *("imprimeur", "garagiste", "carreleur", "serrurier", "couvreur", "paysagiste", "informaticien", "architecte"),
    *("comptable", "formateur", "nettoyage", "installation", "dépannage de chaudières", "rénovation énergétique"),
    *("fabrication sur mesure", "conseil aux entreprises", "agriculture biologique", "gestion des déchets"),
    *("économie sociale", "développement de logiciels", "formation professionnelle", "commerce de gros", "transport"),
    *("matériel électrique", "bijouterie", "textile", "location de voitures", "restauration", "hôtel", "pêche"),
    *("bâtiment", "jardin", "maçonnerie", "menuiserie bois", "métallurgie", "SARL Martin", "Garcia Provence"),
    *("plombier Marseille", "peintre Toulon", "architecte Nice", "traiteur Avignon"),
)
LOCATED: Final = "query($in: [String!]) { suppliers(where: {locatedIn: $in}, first: 1) { totalCount } }"
POSTGRAPHILE_LOCATED: Final = "query($in: String) { locatedSuppliers(department: $in) { totalCount } }"


def bodies(query: str) -> list[bytes]:
    """Every text in every department, so that texts change before departments do."""
    asked = ((text, department) for department, text in product(DEPARTMENTS, TEXTS))
    return [operations.body(query, {"text": text, "department": department}) for text, department in asked]


def search(data: Path, checkout: Path, effort: Effort) -> str:
    """Measure, and say in Markdown what came out."""
    mine = ours(OURS, data, checkout, cached=False)
    corpus = described(data, mine)
    found: list[str] = []
    with postgraphile.database(corpus) as theirs:
        asked = {OURS: bodies(operations.SEARCH), postgraphile.NAME: bodies(operations.POSTGRAPHILE_SEARCH)}

        def check(servers: Sequence[Server]) -> None:
            first, second = servers
            found.append(_agree(first, second, asked))

        rounds = in_turns(
            [mine, theirs.server], asked, effort, check=check, helpers={postgraphile.NAME: theirs.backends}
        )
    targets = (
        target("CPU, ours ÷ PostGraphile and its database", cpu_ratio(rounds[OURS], rounds[postgraphile.NAME]), 0.5),
        target("p99 ÷ p50", tail(rounds[OURS]), 5),
    )
    return "\n".join((table(rounds, OURS), "", *found, *targets))


def _agree(mine: Server, theirs: Server, asked: dict[str, list[bytes]]) -> str:
    """End the benchmark unless both count the same by the filter alone; how many each finds by words is told.

    What words mean is each one's own affair: ours knows trades by other names, and puts places first that are named.
    """
    for department in DEPARTMENTS:
        count = ask(mine.port, LOCATED, {"in": [department]})["suppliers"]["totalCount"]
        other = ask(theirs.port, POSTGRAPHILE_LOCATED, {"in": department})["locatedSuppliers"]["totalCount"]
        if count != other:
            raise SystemExit(f"of suppliers in {department} ours counts {count:,}, {theirs.name} {other:,}")
    totals = [_our_total(send(mine.port, body)) for body in asked[mine.name]]
    others = [_their_total(send(theirs.port, body)) for body in asked[theirs.name]]
    return f"- suppliers found, on average: ours {fmean(totals):,.0f}, {theirs.name} {fmean(others):,.0f}"


def _our_total(answer: dict[str, Any]) -> int:
    total: int = answer["suppliers"]["totalCount"]
    return total


def _their_total(answer: dict[str, Any]) -> int:
    tallies = answer["searchTallies"]["nodes"]
    return int(next(tally["count"] for tally in tallies if tally["field"] == "TOTAL"))
