"""``circuit serve``: uvicorn with uvloop and httptools, one process or several (``docs/adr/0002-server.md``)."""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from gateway import logs, manifests
from gateway.app import create_app
from gateway.errors import CannotServe
from gateway.hub import shared_tier
from gateway.metrics import MULTIPROCESS_VARIABLE
from gateway.operations import Documents
from gateway.protocol import BoundedProtocol
from gateway.settings import Settings
from gateway.stores import opened_store
from gateway.supervisor import reading_partners
from gateway.telemetry import tracing_of
from gateway.wire import WebSocketWire
from schema import build_schema

BACKLOG: Final = 2048
MOST_FILES: Final = 65_536
FACTORY: Final = "gateway.asgi:create"

log = structlog.get_logger()


def serve(settings: Settings, listening: socket.socket | None = None) -> None:
    """Serve until told to stop; running requests are finished first. ``listening`` is :func:`listen`'s, if made before.

    A child process harvests on schedule meanwhile (:mod:`gateway.supervisor`).

    Raises :class:`CannotServe`, :class:`SettingsError`, and :class:`~directory.store.errors.StoreError` where the store
    cannot be used.
    """
    logs.configure(settings.log)
    asyncio.run(_prepare(settings))
    _allow_connections()
    with listening or listen(settings.host, settings.port) as door, _stop_quietly(), reading_partners(settings):
        log.info("serving", url=address_of(door), workers=settings.workers)
        if settings.workers == 1:
            server = uvicorn.Server(configuration(settings, create_app(settings, has_process=True)))
            server.run(sockets=[door])
            if not server.started:
                raise CannotServe("the application did not start; the log above says why")
        else:
            with _worker_environment(settings):
                Workers(configuration(settings, FACTORY), [door]).run()
        log.info("stopped")


class Workers(Multiprocess):
    """uvicorn's workers, in two things improved upon: new callers are refused as soon as the workers are told to stop,
    instead of waiting for nobody while the last answers are given; and the gauges of a worker that died are forgotten.
    """

    def terminate_all(self) -> None:
        """Tell them to finish what they have begun, and let nobody else in."""
        for door in self.sockets:
            door.close()
        super().terminate_all()

    def keep_subprocess_alive(self) -> None:
        """Replace those that died."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def address_of(listening: socket.socket) -> str:
    """Where people find the hub that answers on this socket."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/graphql"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises :class:`CannotServe`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # With its protocol: asyncio turns off Nagle's delays (40 ms an answer) only for sockets that say they are TCP.
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotServe(f"{host} is not an address of this machine ({error}); correct host") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)  # from now on callers wait instead of being refused while the application starts
    except OSError as error:
        listening.close()
        raise CannotServe(
            f"cannot listen on {host}:{port} ({error.strerror}); stop what uses it or choose another port"
        ) from None
    listening.set_inheritable(True)
    return listening


def configuration(settings: Settings, app: Starlette | str) -> uvicorn.Config:
    """How uvicorn runs the application, given itself or as the name of its factory."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        loop="auto",
        http=BoundedProtocol,
        ws=WebSocketWire,
        ws_max_size=settings.limits.body_bytes,
        ws_per_message_deflate=False,  # events are small, and a compressor a connection takes 64 kB and more
        workers=settings.workers,
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_keep_alive=settings.limits.keep_alive_seconds,
        timeout_graceful_shutdown=settings.limits.shutdown_seconds,
    )


def _allow_connections() -> None:
    """Raise this process's limit of open files, each connection being one, as far as it may itself."""
    try:
        import resource  # noqa: PLC0415  # not on Windows, which has no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _prepare(settings: Settings) -> None:
    """Have the store and the settings of the cache refuse now, in one sentence, rather than in each worker."""
    if tier := shared_tier(settings):
        await tier.close()
    tracing_of(settings)
    if settings.persisted.manifest:
        schema = build_schema()
        manifests.trusted(settings.persisted.manifest, schema._schema, Documents(schema, settings.limits).select)
    if settings.harvest.scheduled:
        settings.declarations()
    async with opened_store(settings):
        pass


@contextmanager
def _worker_environment(settings: Settings) -> Iterator[None]:
    """Workers read their settings from the environment and add up their metrics in a folder of their own."""
    folder = tempfile.mkdtemp(prefix="circuit-metrics-")
    added = {**settings.environment(), MULTIPROCESS_VARIABLE: folder}
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stop_quietly() -> Iterator[None]:
    """Return after a signal: uvicorn raises it again once it has finished, which would end us before our callers."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
