"""What each worker process imports: ``uvicorn --factory gateway.asgi:create``.

Settings come from the environment and ``circuit.toml`` alone, since a worker shares nothing else with who started it;
:func:`gateway.server.serve` puts its own settings into the environment first.
"""

from starlette.applications import Starlette

from gateway import logs
from gateway.app import create_app
from gateway.settings import Settings


def create() -> Starlette:
    """The application of this process."""
    settings = Settings()
    logs.configure(settings.log)
    return create_app(settings, has_process=True)
