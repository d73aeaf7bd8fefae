"""``circuit manifest``: a manifest of trusted documents checked against the schema."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.output import AsJson, Failure, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.manifests import Document

COLUMNS = {"id": "id", "operations": "operations", "ok": "ok", "problem": "what is wrong"}

File = Annotated[
    Path | None,
    typer.Argument(metavar="FILE.json", help="The manifest; else the one of the setting `persisted.manifest`."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(manifest)


def manifest(file: File = None, json: AsJson = False) -> None:
    """Check every operation of a manifest against the schema and the limits; exits with 1 when one cannot be run.

    For the build of a client too: it needs no store and no index.
    """
    from gateway.manifests import examined, read
    from gateway.operations import Documents
    from schema import build_schema

    settings = Settings()
    path = file or settings.persisted.manifest
    if path is None:
        raise Failure("No manifest is set; name a file, or set persisted.manifest.", code=2)
    schema = build_schema()
    found = examined(read(path), schema._schema, Documents(schema, settings.limits).select)
    table([_row(document) for document in found], COLUMNS, json=json)
    if wrong := sum(document.problem is not None for document in found):
        raise Failure(f"{wrong} of the {len(found)} operations cannot be run; the table says why.")


def _row(document: "Document") -> dict[str, Any]:
    return {
        "id": document.id,
        "operations": ", ".join(document.operations) or None,
        "ok": document.problem is None,
        "problem": document.problem,
    }
