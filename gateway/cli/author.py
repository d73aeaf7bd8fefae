"""Who decides on the command line: kept with the decision."""

import getpass

NO_REASON = "Decided on the command line."
_NAMELESS = "command line"


def author() -> str:
    """The name of the system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the user of a container may have none
        return _NAMELESS
