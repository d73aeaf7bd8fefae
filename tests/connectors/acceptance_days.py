"""The bad days: what the weather is, how the hub must come out of it, and what else must then be so.

What must be is the column "ours" of the measured table of bad days: never a number that a test run has shown.
"""

import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from demo import weather
from demo.servers.chambre import ChambreServer
from demo.weather import Day, Manner
from directory.records import Listing
from directory.store.partners import DriftKind, RunStatus
from tests.connectors.acceptance_stage import Ended, Stage
from tests.connectors.acceptance_table import Outcome

ACCEPTED, HELD, REFUSED = Outcome.ACCEPTED, Outcome.HELD, Outcome.REFUSED
UNAVAILABLE, LATER = Outcome.UNAVAILABLE, Outcome.LATER
_MOST_NAME: Final = 300

Check = Callable[[Stage, Ended], Awaitable[None]]
Outcomes = frozenset[Outcome]
Begin = Callable[[Stage], Day | Awaitable[Day]]


@dataclass(frozen=True)
class BadDay:
    """A row of the table, and the kind of day; ``begin`` makes it where the kind alone does not.

    ``may`` are the outcomes that are right, ``by`` a protocol's own ones where they differ. ``strange``
    members may be served otherwise than the server has them after an accepted run; ``adds`` when every
    record says more than before.
    """

    title: str
    kind: type[Day]
    may: Outcomes
    begin: Begin | None = None
    by: Mapping[str, Outcomes] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    strange: int = 0
    adds: bool = False
    check: Check | None = None

    async def day(self, stage: Stage) -> Day:
        """The day, made for this stage."""
        begun = self.begin(stage) if self.begin else self.kind()
        return await begun if isinstance(begun, Awaitable) else begun

    def right(self, manner: Manner) -> Outcomes:
        """The outcomes that are right for a partner."""
        return self.by.get(manner.protocol, self.may)


def _one(outcome: Outcome, *others: Outcome) -> Outcomes:
    return frozenset({outcome, *others})


async def _half_vanish(stage: Stage) -> Day:
    server, address = await stage.second_server()
    ids = server.external_ids()
    for gone in ids[::2]:
        server.delete(gone)
    return weather.HalfVanish(address)


def _short_tokens(stage: Stage) -> Day:
    assert isinstance(stage.server, ChambreServer)
    stage.server.issuer.lifetime = 2
    return weather.Slow(0.6)


def _editing(stage: Stage) -> Day:
    last = stage.server.external_ids()[-1]
    change = stage.case.renamed("CHANGEE PENDANT LA LECTURE")
    return weather.Meanwhile("edit_while_paging", lambda: stage.server.edit(last, **change))


def _deleting(stage: Stage) -> Day:
    first = stage.server.external_ids()[0]
    return weather.Meanwhile("delete_while_paging", lambda: stage.server.delete(first))


def _adding(stage: Stage) -> Day:
    newcomer = stage.case.newcomer("NEUVE PENDANT LA LECTURE")
    return weather.Meanwhile("add_while_paging", lambda: stage.server.add(newcomer))


async def _nothing_absurd(stage: Stage, ended: Ended) -> None:
    listings = await stage.listings()
    for listing in listings.values():
        assert len(listing.name) <= _MOST_NAME
        for text in _texts(listing):
            assert not [character for character in text if unicodedata.category(character) in {"Cc", "Cf"} - {"\n"}]
        assert listing.location is None or -180 <= listing.location.longitude <= 180
        assert listing.modified_at is None or listing.modified_at.year > 1900
        assert listing.founded is None or listing.founded > 1000


async def _nothing_tagged(stage: Stage, ended: Ended) -> None:
    names = {listing.name for listing in (await stage.listings()).values()}
    assert not [name for name in names if "<" in name or "&amp;" in name or "alert" in name]
    assert "Durand & Fils électricité" in names


async def _drift_is_said(stage: Stage, ended: Ended) -> None:
    assert ended.run.drift


async def _a_held_one_says_what_was_renamed(stage: Stage, ended: Ended) -> None:
    if ended.run.status is RunStatus.HELD:
        name = stage.case.manner.name_at
        said = {(drift.field, drift.kind) for drift in ended.run.drift}
        assert {(name, DriftKind.VANISHED), (f"{name}_v2", DriftKind.APPEARED)} <= said


async def _tries_are_bounded(stage: Stage, ended: Ended) -> None:
    assert ended.run.retries <= stage.declaration().retries


def _texts(listing: Listing) -> list[str]:
    lines = [text.replace("\n", " ") for text in (listing.name, listing.description or "", *listing.trade_names)]
    return [*lines, *listing.address.lines, listing.address.commune or "", *listing.labels]


DAYS: Final = (
    BadDay("429, `Retry-After: 1`", weather.RateLimited, _one(ACCEPTED), lambda stage: weather.RateLimited(1)),
    BadDay("429, `Retry-After: 3600`", weather.ComeBackLater, _one(LATER)),
    BadDay("503, `Retry-After: 600`, HTML", weather.Maintenance, _one(LATER)),
    BadDay("500 once", weather.ServerError, _one(ACCEPTED), lambda stage: weather.ServerError(once=True)),
    BadDay("500 for good", weather.ServerError, _one(UNAVAILABLE), check=_tries_are_bounded),
    BadDay("connection reset once", weather.Dead, _one(ACCEPTED), lambda stage: weather.Dead(once=True)),
    BadDay("connection reset for good", weather.Dead, _one(UNAVAILABLE), check=_tries_are_bounded),
    BadDay("an error that repeats our credentials", weather.Echo, _one(REFUSED)),
    BadDay("token refused in mid-run", weather.TokenExpires, _one(ACCEPTED)),
    BadDay("tokens of 2 s, a reading of 3 s", weather.TokenExpires, _one(ACCEPTED), _short_tokens),
    BadDay("scope not granted", weather.ScopeCut, _one(REFUSED)),
    BadDay("JSON cut", weather.TruncatedJson, _one(REFUSED)),
    BadDay("empty body", weather.EmptyBody, _one(REFUSED)),
    BadDay("HTML with status 200", weather.NotJson, _one(REFUSED)),
    BadDay("PHP notice before the data", weather.PhpNotice, _one(REFUSED)),
    BadDay("short body once", weather.ShortBody, _one(ACCEPTED), lambda stage: weather.ShortBody(once=True)),
    BadDay("short body for good", weather.ShortBody, _one(UNAVAILABLE), check=_tries_are_bounded),
    BadDay("300 MB of zeros in gzip", weather.GzipBomb, _one(REFUSED)),
    BadDay("body over the limit", weather.HugeBody, _one(REFUSED), settings={"max_body_bytes": 1_000_000}),
    BadDay(
        "a byte now and then",
        weather.SlowLoris,
        _one(UNAVAILABLE),
        settings={"timeout": 0.4, "page_budget": 0.6, "time_budget": 3},
    ),
    BadDay("CP1252 that calls itself UTF-8", weather.WrongCharset, _one(REFUSED, ACCEPTED)),
    BadDay(
        "UTF-8 where CP1252 is declared",
        weather.Utf8Undeclared,
        _one(REFUSED, ACCEPTED),
        settings={"charset": "cp1252"},
    ),
    BadDay("UTF-8 encoded twice", weather.EncodedTwice, _one(REFUSED, ACCEPTED, HELD)),
    BadDay("byte order mark", weather.Bom, _one(ACCEPTED), by={"csv": _one(ACCEPTED, REFUSED)}),
    BadDay("the same page for ever", weather.PageForEver, _one(REFUSED)),
    BadDay("pages A, B, A …", weather.PageLoop, _one(REFUSED)),
    BadDay("total moves once", weather.TotalMoves, _one(ACCEPTED), lambda stage: weather.TotalMoves(once=True)),
    BadDay("total moves for good", weather.TotalMoves, _one(UNAVAILABLE)),
    BadDay("ids doubled", weather.DoubledIds, _one(UNAVAILABLE), by={"csv": _one(ACCEPTED)}),
    BadDay("ids missing", weather.MissingIds, _one(REFUSED, HELD)),
    BadDay(
        "redirect to another host",
        weather.RedirectElsewhere,
        _one(REFUSED),
        settings={"allow_hosts": ["127.0.0.1", "localhost"]},
    ),
    BadDay(
        "next page on another host",
        weather.NextElsewhere,
        _one(REFUSED),
        # WordPress and CKAN name the next page, and are asked by number and offset all the same.
        by={"wordpress": _one(ACCEPTED), "ckan": _one(ACCEPTED)},
        settings={"allow_hosts": ["127.0.0.1", "localhost"]},
    ),
    BadDay(
        "redirect to 169.254.169.254",
        weather.RedirectInside,
        _one(REFUSED),
        lambda stage: weather.RedirectInside("169.254.169.254"),
    ),
    BadDay(
        "redirect to [::ffff:127.0.0.1]",
        weather.RedirectInside,
        _one(REFUSED),
        lambda stage: weather.RedirectInside("[::ffff:127.0.0.1]"),
    ),
    BadDay(
        "redirect to localhost by name",
        weather.RedirectInside,
        _one(REFUSED),
        lambda stage: weather.RedirectInside("localhost"),
    ),
    BadDay("redirect to itself", weather.RedirectLoop, _one(REFUSED)),
    BadDay(
        "a field renamed",
        weather.FieldRenamed,
        _one(HELD),
        # Directus knows no such field; WordPress has no other name, and a run without a usable member shows nothing.
        by={"directus": _one(REFUSED), "wordpress": _one(REFUSED, HELD)},
        check=_a_held_one_says_what_was_renamed,
    ),
    BadDay("a field added", weather.FieldAdded, _one(ACCEPTED), adds=True, check=_drift_is_said),
    BadDay("half the members vanish", weather.HalfVanish, _one(HELD), _half_vanish),
    BadDay("absurd values", weather.AbsurdValues, _one(ACCEPTED), strange=1, check=_nothing_absurd),
    BadDay("tags and entities in a name", weather.HtmlInNames, _one(ACCEPTED), strange=1, check=_nothing_tagged),
    BadDay("a member edited while paging", weather.Meanwhile, _one(ACCEPTED), _editing, strange=1),
    BadDay("a member deleted while paging", weather.Meanwhile, _one(ACCEPTED), _deleting, strange=1),
    BadDay("a member added while paging", weather.Meanwhile, _one(ACCEPTED), _adding, strange=1),
    BadDay("file cut at a line", weather.CutAtLine, _one(HELD)),
    BadDay("file cut inside quotes", weather.CutInQuotes, _one(UNAVAILABLE)),
    BadDay("stray separators in a row", weather.StraySeparators, _one(ACCEPTED)),
    BadDay("columns moved", weather.ColumnsMoved, _one(ACCEPTED)),
    BadDay("a column added", weather.ColumnAdded, _one(ACCEPTED), adds=True, check=_drift_is_said),
    BadDay("a column renamed", weather.ColumnRenamed, _one(REFUSED, HELD)),
    BadDay("a header only", weather.HeaderOnly, _one(REFUSED, HELD)),
    BadDay("empty file", weather.EmptyFile, _one(REFUSED)),
)
