"""The house test: nobody imports against the arrows of docs/architecture.md, and every setting of ours is reachable."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = ("cache", "connectors", "demo", "directory", "gateway", "schema")
# `demo` is for the command line and tests; the gateway is written "all of the above" in the table.
ABOVE_GATEWAY = {"directory", "connectors", "cache", "schema"}


def arrows() -> dict[str, set[str]]:
    """The table of docs/architecture.md: room → module prefixes it may import."""
    allowed = {}
    for room, cell in re.findall(r"^\| `(\w+)` \| (.+) \|$", ARCHITECTURE, re.MULTILINE):
        named = set(re.findall(r"`([\w.]+)`", cell.partition(";")[0]))
        allowed[room] = ABOVE_GATEWAY if "all of the above" in cell else named
    return allowed


def imports(path: Path) -> Iterator[str]:
    """Every module of ours that a file imports, wherever in it; `from a import b` counts as `a.b` too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), path.name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; write the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_under(module: str, prefixes: set[str]) -> bool:
    """Whether a dotted name is one of these modules or inside one."""
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def trespasses(room: str, allowed: set[str]) -> Iterator[str]:
    for path in sorted((ROOT / room).rglob("*.py")):
        may = allowed | {room}
        if path.is_relative_to(ROOT / "gateway" / "cli"):
            may = may | {"demo"}
        for module in imports(path):
            if module.partition(".")[0] in ROOMS and not is_under(module, may):
                yield f"{path.relative_to(ROOT)} imports {module}"


def test_the_table_names_every_room() -> None:
    assert set(arrows()) == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_along_the_arrows(room: str) -> None:
    assert list(trespasses(room, arrows()[room])) == []


def test_trespassing_is_seen(tmp_path: Path) -> None:
    stray = tmp_path / "stray.py"
    stray.write_text("def late() -> None:\n    from gateway import settings\n    import demo.world\n")
    assert list(imports(stray)) == ["gateway.settings", "demo.world"]
    assert not is_under("gateway.settings", {"directory"})
    assert not is_under("directory.recordsx", {"directory.records"})
    assert is_under("directory.records.Listing", {"directory.records"})
