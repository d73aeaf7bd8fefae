"""Processes wake one another through Redis, where there is one: something has changed in the store, look at once.

A call says nothing of what has changed, which whoever hears it asks the store itself; and none is needed, for every
process looks at the store each second anyway. A Redis that is away makes news a second late, and loses none.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from gateway.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

CHANNEL: Final = "circuit:changed"
_PATIENCE: Final = 0.5  # for a call, behind which work waits
_AGAIN: Final = 5.0  # between two tries to listen
_CHECK: Final = 15.0  # between two questions whether Redis is still there
_BURST: Final = 0.05  # calls so close together are heard as one

log = structlog.get_logger()


async def announce(settings: Settings) -> None:
    """Say that something has changed; what stands in the way is of no matter."""
    if (client := _client(settings)) is None:
        return
    from redis.exceptions import RedisError  # noqa: PLC0415  # an optional extra

    try:
        async with asyncio.timeout(_PATIENCE):
            await client.publish(CHANNEL, b"")
    except (RedisError, OSError) as error:
        log.debug("waking.not_announced", problem=type(error).__name__)
    finally:
        with suppress(RedisError, OSError):
            await client.aclose()


async def hear(settings: Settings, heard: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
    """Call ``heard`` whenever another process says so, and after a time of deafness; until told to stop."""
    if (client := _client(settings)) is None:
        return
    listening = asyncio.create_task(_listen(client, heard))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({listening, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (listening, stopped):
        task.cancel()
    await asyncio.gather(listening, stopped, return_exceptions=True)
    with suppress(Exception):
        await client.aclose()


async def _listen(client: "Redis", heard: Callable[[], Awaitable[None]]) -> None:
    from redis.exceptions import RedisError  # noqa: PLC0415  # an optional extra

    is_deaf = False
    while True:
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as calls:
                await calls.subscribe(CHANNEL)
                is_deaf = False
                await heard()
                while True:
                    if await calls.get_message(timeout=_CHECK) is not None:
                        await asyncio.sleep(_BURST)
                        while await calls.get_message(timeout=0) is not None:
                            pass
                        await heard()
        except (RedisError, OSError) as error:
            if not is_deaf:
                log.warning("waking.deaf", problem=f"Redis cannot be listened to ({type(error).__name__}).")
            is_deaf = True
        except Exception:
            log.exception("waking.failed")
        await asyncio.sleep(_AGAIN)


def _client(settings: Settings) -> "Redis | None":
    if settings.redis_url is None:
        return None
    from redis.asyncio import Redis  # noqa: PLC0415  # an optional extra

    return Redis.from_url(
        settings.redis_url.get_secret_value(), socket_connect_timeout=_PATIENCE, health_check_interval=int(_CHECK)
    )
