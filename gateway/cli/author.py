"""Who decides on the command line, and why: kept with the decision."""

import getpass

from gateway.cli.output import Failure

NO_REASON = "Decided on the command line."
_NAMELESS = "command line"


def author() -> str:
    """The name of the system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the user of a container may have none
        return _NAMELESS


def checked(reason: str) -> str:
    """The reason, which is held to what the API holds it to. Raises :class:`Failure`."""
    from schema.payload import reason_error

    if error := reason_error(reason):
        raise Failure(error.message, code=2)
    return reason.strip()
