"""The partners' side of the soak: five demo servers behind bad weather, staff who edit, and the one who checks.

A process of its own, so that what it needs is not counted to the hub. It is told over standard input which partner is
about to be read, sets that partner's weather, and answers with how to read it. Meanwhile it looks at the hub's store
again and again and compares what is served with the history of what each member was: see :mod:`bench.soak_truth`.
"""

import asyncio
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack, suppress
from random import Random
from typing import Any, Final

import msgspec

from bench.soak_truth import STREETS, Checker, History
from demo import Region, serving
from demo import weather as skies
from demo.running import LOOPBACK, servers
from demo.servers.base import PartnerServer
from demo.servers.french_tech import FrenchTechServer
from demo.weather import MANNERS, Day, Weather, weather

MEMBERS: Final = {"chambre": 300, "cmar": 400, "cpme13": 400, "cress_paca": 900, "french_tech": 1_500}
CLEAR_SHARE: Final = 0.4
EDITS_PER_SECOND: Final = 12
LOOKS_PER_SECOND: Final = 20

# Small limits, so that a bad day is over soon; more requests a second than any partner would be asked for.
SETTINGS: Final[Mapping[str, Any]] = {
    "page_size": 40,
    "rate": 10_000,
    "retries": 2,
    "retry_pause": 0.01,
    "timeout": 1,
    "page_budget": 3,
    "time_budget": 20,
    "max_body_bytes": 8_000_000,
    "allow_hosts": [LOOPBACK],
}
DAYS: Final[tuple[Callable[[], Day], ...]] = (
    lambda: skies.RateLimited(1),
    lambda: skies.ServerError(once=True),
    lambda: skies.Dead(once=True),
    lambda: skies.ShortBody(once=True),
    lambda: skies.TotalMoves(once=True),
    lambda: skies.HugeBody(12_000_000),
    lambda: skies.Slow(0.1),
    lambda: skies.RedirectInside("169.254.169.254"),
    lambda: skies.RedirectInside("[::ffff:127.0.0.1]"),
    lambda: skies.RedirectInside("localhost"),
    *(
        skies.ComeBackLater, skies.Maintenance, skies.ServerError, skies.Dead, skies.Echo, skies.TokenExpires,
        skies.ScopeCut, skies.TruncatedJson, skies.EmptyBody, skies.NotJson, skies.PhpNotice, skies.ShortBody,
        skies.GzipBomb, skies.SlowLoris, skies.WrongCharset, skies.EncodedTwice, skies.Utf8Undeclared, skies.Bom,
        skies.PageForEver, skies.PageLoop, skies.TotalMoves, skies.DoubledIds, skies.MissingIds,
        skies.RedirectElsewhere, skies.NextElsewhere, skies.RedirectLoop, skies.FieldRenamed, skies.FieldAdded,
        skies.AbsurdValues, skies.HtmlInNames, skies.CutAtLine, skies.CutInQuotes, skies.StraySeparators,
        skies.ColumnsMoved, skies.ColumnAdded, skies.ColumnRenamed, skies.HeaderOnly, skies.EmptyFile,
    ),
)  # fmt: skip


class Place:
    """One partner: its server, the weather before it, a second server with half of its members, and its history."""

    def __init__(self, server: PartnerServer, proxy: Weather, restored: str, without: Collection[str]) -> None:
        self.server, self.proxy, self.history = server, proxy, History(server)
        self.met: Counter[str] = Counter()
        self._restored, self._without = restored, without

    def turn(self, random: Random) -> dict[str, Any]:
        """The weather of the next run, and how to make that run."""
        day = skies.Clear() if random.random() < CLEAR_SHARE else self._bad(random)
        self.proxy.set(day)
        self.history.weather(day.name)
        self.met[day.name] += 1
        is_clear = isinstance(day, skies.Clear)
        settings = {**self.server.settings(self.proxy.address), **SETTINGS}
        if isinstance(day, skies.Utf8Undeclared):
            settings["charset"] = "cp1252"
        return {"day": day.name, "full": not is_clear or random.random() < 0.1, "settings": settings}

    def clear(self) -> dict[str, Any]:
        """Fine weather, and everything read."""
        self.proxy.clear()
        self.history.weather("clear")
        return {"day": "clear", "full": True, "settings": {**self.server.settings(self.proxy.address), **SETTINGS}}

    def edited(self, random: Random, number: int) -> None:
        """Somebody changes a member, adds one, or deletes one."""
        ids, street = self.server.external_ids(), f"{number} rue de la Version"
        kind = random.random()
        with self.history.changing() as change:
            if kind < 0.8:
                chosen = random.choice(ids)
                self.server.edit(chosen, **STREETS[self.server.name].as_change(street))
                change(chosen, self.server.record(chosen))
            elif kind < 0.9 or len(ids) < 100:
                added = self.server.add(STREETS[self.server.name].newcomer(f"NEUVE {number}", street))
                change(added, self.server.record(added))
            else:
                chosen = random.choice(ids)
                self.server.delete(chosen)
                change(chosen, None)

    def _bad(self, random: Random) -> Day:
        made = [*(day() for day in DAYS), skies.HalfVanish(self._restored)]
        return random.choice([day for day in made if not (day.absent(self.proxy.manner) or day.name in self._without)])


async def main(seed: int, url: str, *without: str) -> None:
    """Serves until standard input ends, then prints what was found wrong."""
    random, stop = Random(seed), asyncio.Event()
    requests: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    threading.Thread(target=_listen, args=(asyncio.get_running_loop(), requests, stop), daemon=True).start()
    async with AsyncExitStack() as stack:
        places = {name: await _placed(stack, name, without) for name in MEMBERS}
        checker = Checker(url, {name: place.history for name, place in places.items()})
        staff = asyncio.create_task(_editing(places, random))
        looking = asyncio.create_task(_looking(checker, stop))
        _say({"ready": True})
        await _answering(places, requests, staff, stop, random)
        await looking
        await checker.close()
        met = sum((place.met for place in places.values()), Counter[str]())
        strangers = sum(len(place.proxy.stranger.sent) for place in places.values())
        edits = sum(place.history.changes for place in places.values())
        _say({"looks": checker.looks, "runs": checker.runs, "edits": edits, "met": met, "strangers": strangers,
              "wrong": checker.wrong})  # fmt: skip


async def _placed(stack: AsyncExitStack, name: str, without: Collection[str]) -> Place:
    region = Region(17, MEMBERS[name])
    server, restored = _server(region, name), _server(region, name)
    for gone in restored.external_ids()[::2]:
        restored.delete(gone)
    address = await stack.enter_async_context(serving(server))
    half = await stack.enter_async_context(serving(restored))
    proxy = await stack.enter_async_context(weather(address, MANNERS[name]))
    return Place(server, proxy, half, without)


def _server(region: Region, name: str) -> PartnerServer:
    if name == "french_tech":
        return FrenchTechServer(region.stock(name), requests_per_second=100_000)
    return servers(region)[name]


async def _answering(
    places: Mapping[str, Place],
    requests: "asyncio.Queue[dict[str, Any]]",
    staff: "asyncio.Task[None]",
    stop: asyncio.Event,
    random: Random,
) -> None:
    while not stop.is_set():
        asked = await requests.get()
        match asked:
            case {"partner": name, "turn": "next"}:
                _say({"partner": name, **places[name].turn(random)})
            case {"partner": name, "turn": turn}:
                if turn == "last":
                    staff.cancel()
                _say({"partner": name, **places[name].clear()})


async def _editing(places: Mapping[str, Place], random: Random) -> None:
    number = 0
    while True:
        number += 1
        random.choice(list(places.values())).edited(random, number)
        await asyncio.sleep(random.uniform(0, 2 / EDITS_PER_SECOND))


async def _looking(checker: Checker, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await checker.look()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1 / LOOKS_PER_SECOND)
    await checker.look()


def _listen(loop: asyncio.AbstractEventLoop, requests: "asyncio.Queue[dict[str, Any]]", stop: asyncio.Event) -> None:
    for line in sys.stdin.buffer:
        loop.call_soon_threadsafe(requests.put_nowait, msgspec.json.decode(line))
    loop.call_soon_threadsafe(stop.set)
    loop.call_soon_threadsafe(requests.put_nowait, {})


def _say(answer: Mapping[str, Any]) -> None:
    os.write(1, msgspec.json.encode(answer) + b"\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
