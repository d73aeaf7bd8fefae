"""What the gateway refuses, named by who must act. ``str()`` is one sentence with the remedy, without secrets.

::

    GatewayError
    ├── SettingsError     the operator corrects a setting
    ├── CannotServe       the operator frees the address, or reads the log
    ├── KeyNotMade        the operator asks for another key
    ├── KeyRefused        the caller shows another key, or another token (401)
    └── RequestRefused    the caller sends another request (4xx), or the same one later (503)
"""

from collections.abc import Mapping


class GatewayError(Exception):
    """Base of everything this package raises on purpose."""


class SettingsError(GatewayError):
    """A setting is unknown or wrong; the sentence names its key and leaves out its value."""


class CannotServe(GatewayError):
    """The address cannot be listened on, or the application did not start."""


class KeyNotMade(GatewayError):
    """An API key could not be created."""


class KeyRefused(GatewayError):
    """The key or token lets nobody in. ``prefix`` is that of the key that it claims to be, where there is one."""

    def __init__(self, message: str, prefix: str | None = None) -> None:
        super().__init__(message)
        self.prefix = prefix


class RequestRefused(GatewayError):
    """A request that is answered without being executed: a status, a code for programs, a sentence for people."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
