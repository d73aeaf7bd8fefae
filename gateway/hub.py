"""What a process that answers holds open: store, search index, cache, schema; and what keeps them up to date.

The hub starts even when the index or the store is missing: it then says so (``/readyz``, typed errors) and takes them
up as soon as they are there.
"""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import strawberry
import structlog

from cache import Cache, Ledger, MemoryTier, SharedTier, SlidingWindow
from directory.search.engine import Snapshot, TantivyEngine
from directory.search.errors import IndexProblem
from directory.store.database import Database
from directory.store.errors import StoreError
from directory.store.reading import Reader
from gateway.auth import Authenticator
from gateway.budgets import Budgets
from gateway.errors import SettingsError
from gateway.live import LiveMembers, no_traces
from gateway.manifest_file import ManifestFile
from gateway.operations import Documents
from gateway.origins import Origins
from gateway.overload import Gate
from gateway.persisted import PersistedDocuments
from gateway.settings import Settings
from gateway.subscriptions.feed import Feed
from gateway.subscriptions.visits import Visits
from gateway.telemetry import tracing_of
from gateway.trail import Trail
from gateway.turns import Turns
from gateway.understanding import Understanding
from gateway.waking import announce, hear
from schema import build_schema
from schema.hot import Hot

if TYPE_CHECKING:
    from gateway.openid import Provider

REFRESH_SECONDS: Final = 1.0  # between two looks at the store
INDEX_SECONDS: Final = 0.2  # between two stats of the index's pointer
SHARE_SECONDS: Final = 0.1  # between two exchanges of what callers took
PRUNE_SECONDS: Final = 600.0  # between two looks for entries of the audit log that are kept no longer
STORE_PATIENCE: Final = 5.0

log = structlog.get_logger()


class Hub:
    """The open parts. ``index_problem`` and ``store_problem`` are sentences for the operator, or ``None``."""

    def __init__(self, settings: Settings, schema: strawberry.Schema) -> None:
        self.settings = settings
        self.schema = schema
        self.sdl = schema.as_str().encode()
        self.schema_hash = hashlib.sha256(self.sdl).hexdigest()
        self.database = Database(settings.store_url)
        self.reader = Reader(self.database)
        self.engine: TantivyEngine | None = None
        self.index_problem: str | None = "The search index has not been opened yet."
        shared = shared_tier(settings)
        self.cache = Cache(MemoryTier(settings.cache.max_bytes), shared, patience=settings.limits.request_seconds)
        self.understanding = Understanding(self.database, self.reader)
        tracing = tracing_of(settings)
        self.telemetry = tracing(settings.telemetry, self.database.engines) if tracing else None
        traces = self.telemetry.partner_calls if self.telemetry else no_traces
        self.live = LiveMembers(settings, self.cache, traces=traces) if settings.partners else None
        self.hook_turns = Turns()
        self.exports = asyncio.BoundedSemaphore(settings.export.at_once)
        limits = settings.limits
        self.gate = Gate(limits.executions, limits.waiting, limits.wait_seconds)
        self.slow_seconds = settings.log.slow_seconds or math.inf
        self.provider = provider(settings)
        self.authenticator = Authenticator(self.database, self.provider)
        self.origins = Origins(settings.cors_origins)
        self.trail = Trail(self.database, settings.audit)
        self.documents = Documents(schema, settings.limits)
        self.budgets = Budgets(settings.cost, SlidingWindow(shared_ledger(settings)))
        self.manifest = ManifestFile(settings.persisted.manifest, schema, settings.limits)
        self.persisted = PersistedDocuments(settings.persisted, self.manifest.trusted, shared)
        self.feed = Feed(self.reader, self._snapshot, settings.subscriptions.pending)
        self.visits = Visits(settings.subscriptions, self.database, self.authenticator)
        self.revision = 0
        self._hot = Hot()
        self._hot_of: tuple[object, ...] = ()
        self._understood: tuple[int, str | None] | None = None
        self.store_problem: str | None = "The store has not been opened yet."
        self._running: set[asyncio.Task[None]] = set()
        self._looking = asyncio.Lock()

    @property
    def state(self) -> tuple[str | None, int, str]:
        """What answers are given of now: the index, the store and the lexicon, by the names of their states."""
        return self.engine.generation if self.engine else None, self.revision, self.understanding.digest

    def hot(self) -> Hot:
        """What was worked out in the state that answers are given of now."""
        state = self.state
        if state != self._hot_of:
            self._hot, self._hot_of = Hot(), state
        return self._hot

    async def refresh(self) -> None:
        """Take up the newest index and the store's revision; note what is in the way instead of raising it."""
        await asyncio.gather(self.refresh_store(), self.refresh_index())
        await self.refresh_understanding()

    async def catch_up(self) -> None:
        """Take up the store's revision now, and have subscribers told where it has moved."""
        # One look at a time: one that began earlier must not put an earlier revision back.
        async with self._looking:
            before, self.revision = self.revision, await self.reader.revision()
        if self.revision != before:
            self.feed.wake()

    async def has_changed(self) -> None:
        """After a write of our own: whoever made it asks again at once, and other processes look, too."""
        await self.catch_up()
        self.behind(announce(self.settings))

    def behind(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Do this whether or not anybody waits for it; :meth:`close` does."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def close(self) -> None:
        """Finish what runs behind, then let go of everything."""
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.trail.finish()
        if self.live:
            await self.live.close()
        if self.provider:
            await self.provider.close()
        await self.cache.close()
        await self.budgets.close()
        await self.database.close()
        if self.telemetry:
            await self.telemetry.close()

    async def refresh_store(self) -> None:
        """Take up the store's revision."""
        problem = None
        try:
            if self.store_problem is not None:
                await self.database.migrate()  # bounded by the store itself; a long migration must not be cut short
            async with asyncio.timeout(STORE_PATIENCE):
                await self.catch_up()
                await self.origins.refresh(self.database)
        except StoreError as error:
            problem = str(error)
        except TimeoutError:
            problem = f"The store did not answer within {STORE_PATIENCE:.0f} s; check that it is up and not overloaded."
        except Exception as error:
            problem = f"The store fails in a way of its own ({type(error).__name__}); its server's log says why."
        if problem != self.store_problem:
            log.warning("store.away", problem=problem) if problem else log.info("store.ready", revision=self.revision)
        self.store_problem = problem

    async def refresh_understanding(self) -> None:
        """What understands needs follows the lexicon, the partners' names and the index."""
        # Of the index its base is enough: making it takes a second, and an update may come with each.
        base = self.engine.base if self.engine else None
        seen = (self.revision, base)
        if self.store_problem is not None or self._understood == seen:
            return
        try:
            if await self.understanding.refresh(base, self.engine.snapshot if self.engine else None):
                log.info("understanding.ready", generation=base)
        except (StoreError, TimeoutError):
            return  # what the store lacks is said already; what was understood before still is
        self._understood = seen

    async def refresh_index(self) -> None:
        """Take up the newest index."""
        try:
            if self.engine is None:
                self.engine = await asyncio.to_thread(TantivyEngine.open, self.settings.index_dir)
                self._say_index(self.engine)
            if await asyncio.to_thread(self.engine.refresh):
                self._say_index(self.engine)
            self.index_problem = None
        except IndexProblem as error:
            # A loaded generation stays served; what is wrong with the next one is said until a good one comes.
            if str(error) != self.index_problem:
                log.warning("index.away", problem=str(error))
            self.index_problem = str(error)

    async def refresh_manifest(self) -> None:
        """Take up the newest manifest of trusted documents."""
        await self.manifest.refresh()
        self.persisted.trusted = self.manifest.trusted

    def _snapshot(self) -> Snapshot | None:
        return self.engine.snapshot if self.engine else None

    async def heard(self) -> None:
        """Another process says that something has changed."""
        self.feed.wake()  # how partners answer is no part of the revision
        with suppress(StoreError):
            await self.catch_up()

    @staticmethod
    def _say_index(engine: TantivyEngine) -> None:
        log.info("index.ready", generation=engine.generation, suppliers=engine.supplier_count)


@asynccontextmanager
async def open_hub(settings: Settings) -> AsyncIterator[Hub]:
    """A hub that keeps itself up to date until the block ends."""
    hub = Hub(settings, build_schema())
    await hub.refresh()
    stopping = asyncio.Event()
    kept = [
        (hub.refresh, REFRESH_SECONDS),
        (hub.refresh_index, INDEX_SECONDS),
        (hub.trail.write, REFRESH_SECONDS),
        (hub.trail.prune, PRUNE_SECONDS),
    ]
    if settings.persisted.manifest is not None:
        kept.append((hub.refresh_manifest, REFRESH_SECONDS))
    if settings.redis_url is not None:
        kept.append((hub.budgets.share, SHARE_SECONDS))
    keepers = [asyncio.create_task(_keep_fresh(refresh, seconds, stopping)) for refresh, seconds in kept]
    keepers += map(asyncio.create_task, (hub.feed.run(), hub.visits.watch(), hear(settings, hub.heard, stopping)))
    try:
        yield hub
    finally:
        # Asked to stop, not cancelled: a cancelled read can leave its connection behind.
        stopping.set()
        hub.visits.leave()
        hub.feed.end()
        await asyncio.gather(*keepers)
        await hub.close()


async def _keep_fresh(refresh: Callable[[], Awaitable[None]], seconds: float, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stopping.wait()
                return
        try:
            await refresh()
        except Exception:
            # Whatever it was, the next look must come: a hub that stops looking serves old answers for ever.
            log.exception("hub.refresh_failed")


def provider(settings: Settings) -> "Provider | None":
    """What reads an OpenID provider's tokens, where one is set."""
    if settings.oidc.issuer is None:
        return None
    from gateway.openid import Provider  # noqa: PLC0415 - cryptography and an HTTP client: for those who need them

    return Provider(settings.oidc)


def shared_tier(settings: Settings) -> SharedTier | None:
    """The tier in Redis, where an address is set. Raises :class:`SettingsError`."""
    if settings.redis_url is None:
        return None
    try:
        # The client is an optional extra: loaded only where an address asks for it.
        from cache.redis import RedisTier  # noqa: PLC0415

        return RedisTier(settings.redis_url.get_secret_value())
    except ImportError:
        raise SettingsError("redis_url needs the Redis client: install circuit-court[redis]") from None
    except ValueError as error:
        raise SettingsError(f"redis_url (CIRCUIT_REDIS_URL): {error}") from None


def shared_ledger(settings: Settings) -> Ledger | None:
    """Where processes count callers' budgets together, where an address is set: :func:`shared_tier` has checked it."""
    if settings.redis_url is None:
        return None
    from cache.ledger import RedisLedger  # noqa: PLC0415  # the client is an optional extra

    return RedisLedger(settings.redis_url.get_secret_value())
