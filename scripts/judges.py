"""Install the judges that others wrote, pinned in ``tests/judges/package-lock.json``, beside the tests that call them.

Uses the same Node.js as the assets do. Does nothing when they are there already.
"""

import hashlib
import sys
from pathlib import Path

from scripts.build_assets import BuildError, node_environment, run

JUDGES = Path(__file__).resolve().parent.parent / "tests" / "judges"


def main() -> int:
    """Install if needed; exit code 1 and one line on failure."""
    stamp = JUDGES / "node_modules" / ".installed"
    locked = hashlib.sha256((JUDGES / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text().strip() == locked:
        return 0
    print("Judges: installing the locked packages", flush=True)
    try:
        run(["npm", "ci", "--ignore-scripts"], JUDGES, node_environment())
        stamp.write_text(locked + "\n")
    except (BuildError, OSError) as error:
        print(f"judges: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
