"""The schema against the last release's, by @graphql-inspector: what breaks a client is told in the changelog."""

import json
import re
from pathlib import Path

from tests.judges.conftest import Judge

ROOT = Path(__file__).resolve().parents[2]
RELEASED, PRINTED = ROOT / "schema" / "released.graphql", ROOT / "schema" / "schema.graphql"
NAME = '  """Its name."""\n  name: String!\n'


def told_as_breaking(changelog: str) -> set[str]:
    """The paths (`Supplier.name`) that the newest section names under « Breaking »."""
    newest = changelog.partition("\n## ")[2].partition("\n## ")[0]
    breaking = newest.partition("\n### Breaking\n")[2].partition("\n### ")[0]
    return set(re.findall(r"`([^`]+)`", breaking))


async def breaking_changes(judge: Judge, before: Path, after: Path) -> dict[str, str]:
    """What breaks a client, a sentence a path."""
    changes = json.loads(await judge("changes.mjs", str(before), str(after)))
    return {change["path"]: change["message"] for change in changes if change["level"] == "BREAKING"}


async def test_what_breaks_a_client_is_in_the_changelog(judge: Judge) -> None:
    told = told_as_breaking((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    breaking = await breaking_changes(judge, RELEASED, PRINTED)
    untold = {path: message for path, message in breaking.items() if path not in told}
    assert untold == {}, "name each path under « ### Breaking » in CHANGELOG.md, or do not break it"


async def test_a_field_that_is_gone_breaks_clients_until_the_changelog_says_so(judge: Judge, tmp_path: Path) -> None:
    printed = PRINTED.read_text(encoding="utf-8")
    before, supplier, after = printed.partition("\ntype Supplier implements Node {")
    assert NAME in after
    changed = tmp_path / "changed.graphql"
    changed.write_text(before + supplier + after.replace(NAME, "", 1), encoding="utf-8")
    assert await breaking_changes(judge, PRINTED, changed) == {
        "Supplier.name": "Field 'name' was removed from object type 'Supplier'"
    }
    changelog = (
        "# Changes\n\n## Unreleased\n### Added\n- `A.b`\n### Breaking\n- **Portals**: `Supplier.name` is gone.\n\n"
    )
    assert told_as_breaking(changelog + "## 0.1.0\n### Breaking\n- `C.d`\n") == {"Supplier.name"}
