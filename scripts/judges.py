"""Install the judges that others wrote, pinned in ``tests/judges/package-lock.json``, beside the tests that call them.

Uses the same Node.js as the assets do. Does nothing when they are there already.
"""

import sys
from pathlib import Path

from scripts.build_assets import BuildError, install_locked, node_environment

JUDGES = Path(__file__).resolve().parent.parent / "tests" / "judges"


def main() -> int:
    """Install if needed; exit code 1 and one line on failure."""
    try:
        install_locked(JUDGES, node_environment(), "Judges: installing the locked packages")
    except (BuildError, OSError) as error:
        print(f"judges: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
