"""One method on one set of records, in a process of its own so that its seconds and its memory are its own.

``python -m bench.matching.run METHOD RECORDS RESULT``: both files are msgpack.
"""

import resource
import sys
import time
from collections.abc import Callable, Hashable, Sequence
from importlib import import_module
from pathlib import Path

import msgspec
from msgspec import Struct

from directory.matching.contract import MatchRecord

# Imported when they run: rapidfuzz and splink may not be installed.
METHODS = {
    "siret": "bench.matching.baselines:by_siret",
    "siren": "bench.matching.baselines:by_siren",
    "name+postcode": "bench.matching.baselines:by_name",
    "rules": "bench.matching.rules:by_rules",
    "splink": "bench.matching.splink_default:by_splink",
    "splink .999": "bench.matching.splink_default:by_strict_splink",
    "ours": "bench.matching.ours:by_ours",
}


class Result(Struct, frozen=True):
    """Labels of establishment and supplier of each record; peak memory of the whole process in megabytes.

    ``missing`` says what is not installed, and then there is nothing else.
    """

    sites: list[int] = []
    companies: list[int] = []
    seconds: float = 0.0
    megabytes: float = 0.0
    missing: str = ""


def run(method: str, records: Sequence[MatchRecord]) -> Result:
    """The method's labels as small numbers, and what they cost."""
    try:
        cluster = _function(METHODS[method])
    except ModuleNotFoundError as error:
        return Result(missing=f"{method}: {error.name} is not installed")
    began = time.perf_counter()
    found = cluster(records)
    seconds = time.perf_counter() - began
    sites, companies = found if isinstance(found, tuple) else (found, found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Result(_numbered(sites), _numbered(companies), seconds, peak)


def _function(name: str) -> Callable[[Sequence[MatchRecord]], object]:
    module, _, function = name.partition(":")
    found: Callable[[Sequence[MatchRecord]], object] = getattr(import_module(module), function)
    return found


def _numbered(labels: Sequence[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def main() -> None:
    """Read, run, write."""
    method, source, target = sys.argv[1:]
    records = msgspec.msgpack.decode(Path(source).read_bytes(), type=list[MatchRecord])
    Path(target).write_bytes(msgspec.msgpack.encode(run(method, records)))


if __name__ == "__main__":
    main()
