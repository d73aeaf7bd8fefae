"""GraphQL over HTTP to the letter: every audit of the package graphql-http."""

from pathlib import Path

from gateway.settings import Settings
from tests.gateway.served import serve_on_loopback
from tests.judges.conftest import Judge


async def test_every_audit_passes(judge: Judge, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    async with serve_on_loopback(settings) as client:
        said = await judge("audits.mjs", f"{client.url}/graphql")
    assert "61 of 61 audits passed" in said
