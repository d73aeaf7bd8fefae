"""One GraphQL question at a time over one kept connection; an error in the answer ends the benchmark."""

import http.client
import json
from types import TracebackType
from typing import Any, Self

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class Asker:
    """A client of the server on this port of the loopback interface."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._connection.close()

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The ``data`` of the answer."""
        return self.send(json.dumps({"query": query, "variables": variables}).encode())

    def send(self, body: bytes) -> dict[str, Any]:
        """The ``data`` of the answer to a body that is already written."""
        self._connection.request("POST", "/graphql", body, HEADERS)
        response = self._connection.getresponse()
        text = response.read()
        answer = json.loads(text) if response.status == http.HTTPStatus.OK else None
        if answer is None or "errors" in answer:
            raise SystemExit(f"the server answered {response.status}: {text[:600].decode(errors='replace')}")
        data: dict[str, Any] = answer["data"]
        return data
