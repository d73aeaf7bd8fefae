"""What each worker process imports: ``uvicorn --factory gateway.asgi:create``.

Settings come from the environment and ``circuit.toml`` alone, since a worker shares nothing else with who started it;
:func:`gateway.server.serve` puts its own settings into the environment first.
"""

import gc

from starlette.applications import Starlette

from gateway import logs
from gateway.app import create_app
from gateway.settings import Settings


def create() -> Starlette:
    """The application of this process."""
    settings = Settings()
    logs.configure(settings.log)
    app = create_app(settings)
    _spare_the_collector()
    return app


def _spare_the_collector() -> None:
    """Modules and schema live as long as the process: they are looked at once and never again.

    An answer makes thousands of objects that reference counting frees by itself; the default threshold of 700 would
    have the collector look at them many times an answer (some 8 % of its time, ``python -m bench.query``).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
