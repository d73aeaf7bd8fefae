"""The npm side: packages are pinned by what they contain, and no registry's address is written down."""

import json
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"
LOCK = json.loads((ASSETS / "package-lock.json").read_text(encoding="utf-8"))


def test_every_package_is_pinned_by_its_content() -> None:
    packages = {name: package for name, package in LOCK["packages"].items() if name}
    assert len(packages) > 50
    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []


def test_no_registry_is_named() -> None:
    assert [name for name, package in LOCK["packages"].items() if "resolved" in package] == []
    assert "omit-lockfile-registry-resolved=true" in (ASSETS / ".npmrc").read_text(encoding="utf-8").splitlines()


def test_the_lock_belongs_to_the_package_file() -> None:
    package = json.loads((ASSETS / "package.json").read_text(encoding="utf-8"))
    locked = LOCK["packages"][""]
    for group in ("dependencies", "devDependencies", "engines"):
        assert locked[group] == package[group]
