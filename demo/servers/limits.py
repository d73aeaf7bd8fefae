"""A server's limit of requests a second."""

import time
from collections import deque


class PerSecond:
    """Counts requests; ``requests`` are let through within any second."""

    def __init__(self, requests: int) -> None:
        self.requests = requests
        self._recent: deque[float] = deque()

    def is_passed(self) -> bool:
        """Whether this request is one too many; it is counted otherwise."""
        moment = time.monotonic()
        while self._recent and self._recent[0] <= moment - 1:
            self._recent.popleft()
        if len(self._recent) >= self.requests:
            return True
        self._recent.append(moment)
        return False
