"""``circuit serve``: uvicorn with uvloop and httptools, one process or several. Why these: ``docs/adr/0002-server.md``."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from directory.store.database import Database
from gateway import logs
from gateway.metrics import MULTIPROCESS_VARIABLE
from gateway.settings import Settings

BACKLOG: Final = 2048
FACTORY: Final = "gateway.asgi:create"

log = structlog.get_logger()


class CannotServe(Exception):
    """The address cannot be listened on; ``str()`` is one sentence with the remedy."""


def serve(settings: Settings) -> None:
    """Serve until told to stop; running requests are finished first.

    Raises :class:`CannotServe`, and :class:`~directory.store.errors.StoreError` where the store cannot be used.
    """
    logs.configure(settings.log)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    asyncio.run(_prepare(settings))
    listening = listen(settings.host, settings.port)
    with listening, _worker_environment(settings):
        host, port = listening.getsockname()[:2]
        log.info("serving", url=f"http://{host}:{port}/graphql", workers=settings.workers)
        config = _config(settings)
        server = uvicorn.Server(config)
        if settings.workers == 1:
            server.run(sockets=[listening])
        else:
            Multiprocess(config, target=server.run, sockets=[listening]).run()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises :class:`CannotServe`."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        listening = socket.socket(family, kind)
    except OSError as error:
        raise CannotServe(f"{host} is not an address of this machine ({error}); correct host") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise CannotServe(
            f"cannot listen on {host}:{port} ({error.strerror}); stop what uses it or choose another port"
        ) from None
    listening.set_inheritable(True)
    return listening


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        FACTORY,
        factory=True,
        loop="auto",
        http="auto",
        ws="none",
        workers=settings.workers,
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.limits.shutdown_seconds,
    )


async def _prepare(settings: Settings) -> None:
    """Have the store refuse now, in one sentence, rather than in each worker."""
    database = Database(settings.store_url)
    try:
        await database.migrate()
    finally:
        await database.close()


@contextmanager
def _worker_environment(settings: Settings) -> Iterator[None]:
    """Workers read their settings from the environment and add up their metrics in a folder of their own."""
    added = settings.environment()
    if settings.workers > 1:
        added[MULTIPROCESS_VARIABLE] = tempfile.mkdtemp(prefix="circuit-metrics-")
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        if folder := added.get(MULTIPROCESS_VARIABLE):
            shutil.rmtree(folder, ignore_errors=True)
