"""One GraphQL question at a time; an error in the answer ends the benchmark."""

import http.client
import json
from contextlib import closing
from typing import Any

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


def ask(port: int, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The ``data`` of the answer of the server on this port of the loopback interface."""
    return send(port, json.dumps({"query": query, "variables": variables}).encode())


def send(port: int, body: bytes) -> dict[str, Any]:
    """The ``data`` of the answer to a body that is already written."""
    # A connection each: one that is kept may be closed by its server while another server is being asked.
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/graphql", body, HEADERS)
        response = connection.getresponse()
        text = response.read()
    answer = json.loads(text) if response.status == http.HTTPStatus.OK else None
    if answer is None or "errors" in answer:
        raise SystemExit(f"the server answered {response.status}: {text[:600].decode(errors='replace')}")
    data: dict[str, Any] = answer["data"]
    return data
