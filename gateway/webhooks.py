"""Calls of webhooks: what is new of a saved search, signed, sent from the outbox until it is taken.

A call is made at least once and has the same id however often it is tried. What it holds is read from the store when it
is sent, as the search's owner may see it then. It goes to the very address that was looked up and found public, follows
no redirect, and of the answer nothing but the status is read.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import msgspec
import structlog

from connectors.network import ForbiddenAddress, GuardedResolver
from directory.disclosure import Role, visible
from directory.records import now
from directory.store import saved
from directory.store.database import Database
from directory.store.reading import Reader
from directory.store.saved import Delivery, SavedSearch
from gateway.links import link_of
from gateway.readings import CHANCE
from gateway.settings import Settings
from gateway.signing import signature
from gateway.webhook_addresses import webhook_problem
from schema import ids

AT_ONCE: Final = 100  # calls taken from the outbox together
SEARCHES_AT_ONCE: Final = 4
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=6)
_GROWTH: Final = 4
_GONE: Final = 410
AGENT: Final = "circuit-court-webhooks"

log = structlog.get_logger(__name__)


class NotTaken(Exception):
    """A call that was not taken. ``str()`` is a sentence for the owner; ``is_final``: it is not to be tried again."""

    def __init__(self, sentence: str, *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.is_final = is_final


class Webhooks:
    """Empties the outbox of what is due."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = now,
        chance: random.Random = CHANCE,
    ) -> None:
        self._database, self._policy, self._clock, self._chance = database, settings.alerts, clock, chance
        self._reader = Reader(database)

    async def deliver(self) -> int:
        """Make the calls that are due, those of one search one after the other; how many were taken.

        Raises :class:`~directory.store.errors.StoreError`.
        """
        async with self._database.reading() as connection:
            due = await saved.due(connection, self._clock(), AT_ONCE)
        by_search: dict[int, list[Delivery]] = defaultdict(list)
        for delivery in due:
            by_search[delivery.search_id].append(delivery)
        places = asyncio.Semaphore(SEARCHES_AT_ONCE)
        if not by_search:
            return 0
        async with self._session() as session:

            async def one(deliveries: Sequence[Delivery]) -> int:
                async with places:
                    return await self._deliver(session, deliveries)

            return sum(await asyncio.gather(*map(one, by_search.values())))

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=SEARCHES_AT_ONCE, resolver=GuardedResolver(self._policy.allow_hosts)),
            timeout=aiohttp.ClientTimeout(total=self._policy.deadline_seconds),
            headers={"User-Agent": AGENT},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def _deliver(self, session: aiohttp.ClientSession, deliveries: Sequence[Delivery]) -> int:
        """Until one is not taken: those after it would fare alike."""
        taken = 0
        for delivery in deliveries:
            async with self._database.reading() as connection:
                search = await saved.find(connection, delivery.search_id)
            if search is None or not search.calls or search.paused:
                break
            try:
                await self._call(session, search, delivery)
            except NotTaken as failure:
                await self._failed(search, delivery, failure)
                break
            await self._taken(search, delivery)
            taken += 1
        return taken

    async def _call(self, session: aiohttp.ClientSession, search: SavedSearch, delivery: Delivery) -> None:
        body = await self._body(search, delivery)
        if body is None:
            return  # whoever it was about is gone or hidden
        address = search.webhook_url or ""
        if problem := webhook_problem(self._policy.allow_hosts, address):
            raise NotTaken(problem, is_final=True)
        seconds = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": seconds,
            "webhook-signature": signature(delivery.id, seconds, body, search.webhook_secret or ""),
        }
        try:
            async with session.post(address, data=body, headers=headers, allow_redirects=False) as response:
                status = response.status
        except ForbiddenAddress:
            raise NotTaken("Its address leads into a private network.") from None
        except TimeoutError:
            raise NotTaken(f"It did not answer within {self._policy.deadline_seconds:g} s.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, ForbiddenAddress):
                raise NotTaken("Its address leads into a private network.") from None
            raise NotTaken(f"It could not be reached ({type(error).__name__}).") from None
        if not 200 <= status < 300:
            raise NotTaken(f"It answered {status}; a call is taken with 200 to 299.", is_final=status == _GONE)

    async def _body(self, search: SavedSearch, delivery: Delivery) -> bytes | None:
        role = Role(search.role)
        stored = await self._reader.suppliers([each.supplier_id for each in delivery.news])
        suppliers: list[dict[str, Any]] = []
        for each, known in zip(delivery.news, stored, strict=True):
            supplier = visible(known.supplier, role) if known else None
            if supplier is not None and supplier.id == each.supplier_id:
                opaque = ids.encode("Supplier", supplier.id)
                link = link_of(self._policy.public_url, opaque)
                told = {"id": opaque, "name": supplier.name, "change": each.change, "link": link}
                suppliers.append(told)
        if not suppliers:
            return None
        about = {"id": ids.encode("SavedSearch", search.id), "name": search.name}
        data = {"savedSearch": about, "suppliers": suppliers}
        return msgspec.json.encode({"type": "saved_search.matched", "timestamp": delivery.created_at, "data": data})

    async def _taken(self, search: SavedSearch, delivery: Delivery) -> None:
        async with self._database.writing() as connection:
            await saved.delivered(connection, delivery)
            if search.failures:
                await saved.change(connection, search.id, {"failures": 0, "problem": None})

    async def _failed(self, search: SavedSearch, delivery: Delivery, failure: NotTaken) -> None:
        failures = search.failures + 1
        has_ended = failure.is_final or failures >= self._policy.failures
        at = self._clock()
        values: dict[str, Any] = {"failures": failures, "problem": str(failure)}
        async with self._database.writing() as connection:
            if has_ended:
                values["webhook_ended_at"] = at
                await saved.empty_outbox(connection, search.id)
            else:
                await saved.put_off(connection, delivery, at + self._wait(delivery.attempts))
            await saved.change(connection, search.id, values)
        log.warning("webhook.not_taken", search=search.id, failures=failures, ended=has_ended)

    def _wait(self, attempts: int) -> timedelta:
        """Four times as long after each try, and up to a quarter more, so that not all come back at once."""
        wait: timedelta = min(LONGEST_WAIT, FIRST_WAIT * _GROWTH ** min(attempts, 10))
        return wait * (1 + self._chance.random() / 4)
