"""What may be served at any moment, said so that it can be checked.

1. What is served of a partner changes only with a run that was accepted: two looks that find the same last run find the
   same members and the same texts.
2. A run that was accepted is whole: every member that is served after it has a text that its record really had at some
   instant of that run, and every member that is not served was really absent at some instant of it.

Texts are told apart by the street of a member's record, which no bad day touches and every edit makes unique.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from demo.ledger import Record
from demo.servers.base import PartnerServer
from demo.weather.answers import value_at
from directory.store.database import Database
from directory.store.listings import listing, listing_content
from directory.store.partners import RunStatus, run

# A change takes effect somewhere between the two looks at the clock around it; the store keeps milliseconds or less.
_SLACK: Final = 0.05
# One member is not what it was on these days, and is served so or as before.
_STRANGE: Final = frozenset({"absurd_values", "html_in_names", "stray_separators"})
_APPLIED: Final = (RunStatus.ACCEPTED, RunStatus.UNCHANGED)
_MOST_WRONG: Final = 20


class Street(msgspec.Struct, frozen=True):
    """Where a partner's records keep the street, and the name of a newcomer."""

    at: str
    name_at: str

    def as_change(self, street: str) -> dict[str, Any]:
        """The change that moves a member."""
        return _nested(self.at, street)

    def newcomer(self, name: str, street: str) -> Record:
        """A member of this name there."""
        extra = {"content": "<p>Neuf</p>", "secteur": []} if self.name_at == "title" else {}
        return {**extra, **_nested(self.name_at, name), **_nested(self.at, street)}


STREETS: Final[Mapping[str, Street]] = {
    "chambre": Street("adresse.voie", "raison_sociale"),
    "cmar": Street("ADRESSE", "DENOMINATION"),
    "cpme13": Street("meta.adresse", "title"),
    "cress_paca": Street("adresse", "denomination"),
    "french_tech": Street("adresse", "raison_sociale"),
}


class History:
    """The streets that each member had, and since when; ``None`` for the time in which it was none."""

    def __init__(self, server: PartnerServer) -> None:
        self.changes = 0
        self._at = STREETS[server.name].at
        self._days: list[tuple[float, str]] = [(0.0, "clear")]
        records = {key: server.record(key) for key in server.external_ids()}
        self._known: dict[str, list[tuple[float, float, str | None]]] = {
            key: [(0.0, 0.0, self.text(record))] for key, record in records.items()
        }

    def text(self, record: Record) -> str | None:
        """What tells a member's record from others of it; ``None`` for one that is no member."""
        return None if record.get("statut") == "draft" else str(value_at(record, self._at) or "")

    @contextmanager
    def changing(self) -> Iterator[Callable[[str, Record | None], None]]:
        """Notes what a change made of a member, and between which instants it took effect."""
        before = time.time()

        def changed(key: str, record: Record | None) -> None:
            text = None if record is None else self.text(record)
            self._known.setdefault(key, [(0.0, 0.0, None)]).append((before, time.time(), text))
            self.changes += 1

        yield changed

    def weather(self, day: str) -> None:
        """Notes that from now on it is this day."""
        self._days.append((time.time(), day))

    def wrong(self, served: Mapping[str, str], begun: float, ended: float) -> list[str]:
        """Members of whom what is served was never true between two instants, each with what it is."""
        found = [
            f"{key}: {served.get(key)!r}"
            for key in self._known.keys() | served.keys()
            if served.get(key) not in self._true(key, begun - _SLACK, ended + _SLACK)
        ]
        day = [name for since, name in self._days if since <= begun][-1]
        return found if len(found) > (day in _STRANGE) else []

    def _true(self, key: str, begun: float, ended: float) -> set[str | None]:
        known = self._known.get(key, [(0.0, 0.0, None)])
        untils = [until for _, until, _ in known[1:]] + [float("inf")]
        return {
            text for (since, _, text), until in zip(known, untils, strict=True) if since <= ended and until >= begun
        }


class Checker:
    """Looks at the hub's store from outside. ``wrong`` are sentences, ``runs`` the runs that were found applied."""

    def __init__(self, url: str, histories: Mapping[str, History]) -> None:
        self.looks = 0
        self.runs = 0
        self.wrong: list[str] = []
        self._database = Database(url)
        self._histories = histories
        self._last: dict[str, tuple[int, Mapping[str, str]]] = {}

    async def look(self) -> None:
        """Compares what is served of every partner in one snapshot."""
        async with self._database.reading() as connection:
            for name, history in self._histories.items():
                await self._compare(connection, name, history)
        self.looks += 1

    async def close(self) -> None:
        """Lets go of the store."""
        await self._database.close()

    async def _compare(self, connection: AsyncConnection, name: str, history: History) -> None:
        applied = run.select().where(run.c.partner == name, run.c.status.in_(_APPLIED))
        last = (await connection.execute(applied.order_by(run.c.id.desc()).limit(1))).one_or_none()
        served = await self._served(connection, name, history)
        if last is None:
            if served:
                self._say(f"{name}: members are served before any run was accepted")
            return
        known = self._last.get(name)
        if known is not None and known[0] == last.id:
            if known[1] != served:
                self._say(f"{name}: what is served changed without a run after run {last.id}")
            return
        self.runs += 1
        self._last[name] = last.id, served
        if found := history.wrong(served, last.started_at.timestamp(), last.ended_at.timestamp()):
            self._say(f"{name}: run {last.id} ({last.kind}) left {len(found)} members wrong, {found[0]} for instance")

    async def _served(self, connection: AsyncConnection, name: str, history: History) -> dict[str, str]:
        columns = select(listing.c.external_id, listing_content.c.raw).join(listing_content)
        rows = await connection.execute(columns.where(listing.c.partner == name, listing.c.withdrawn_at.is_(None)))
        return {row.external_id: history.text(msgspec.json.decode(row.raw)) or "" for row in rows}

    def _say(self, sentence: str) -> None:
        if len(self.wrong) < _MOST_WRONG:
            self.wrong.append(sentence)


def _nested(path: str, value: str) -> dict[str, Any]:
    outer, _, inner = path.partition(".")
    return {outer: {inner: value}} if inner else {outer: value}
