"""A bare page: ``python -m bench.gateway.bare ANSWER PORT`` writes one dictionary with ``json.dumps`` at each request.

Starlette on uvicorn, as our gateway is; the dictionary is an answer of our gateway's to the hot list.
"""

import json
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main() -> None:
    """Read the answer and serve it."""
    page = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(json.dumps(page, ensure_ascii=False), media_type="application/json")

    app = Starlette(routes=[Route("/graphql", answer, methods=["POST"])])
    uvicorn.run(app, port=int(sys.argv[2]), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
