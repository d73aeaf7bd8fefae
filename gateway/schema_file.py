"""``GET /schema.graphql``: the schema in its own language, for client builds, for GraphiQL and for whoever reads it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.etag import conditional
from gateway.hub import Hub

# Browsers show it; no registered type fits better.
MEDIA_TYPE: Final = "text/plain; charset=utf-8"
# It changes with a release of the hub, and then at once for whoever asks with the tag.
KEEPING: Final = "public, max-age=300"


async def schema_file(request: Request) -> Response:
    """The endpoint: the same for every caller, whatever ``introspection`` says."""
    hub: Hub = request.app.state.hub
    return conditional(request, hub.sdl, {"Content-Type": MEDIA_TYPE, "Cache-Control": KEEPING})
