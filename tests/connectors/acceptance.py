"""The acceptance test of connectors: ``connector_tests(case)`` gives a class that pytest runs on any of them.

Everything is real: the demo server, the proxy with the weather before it, the harvest, the SQLite file. Each test also
fails when any log line or error of it holds a credential.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors import Connector, Declaration, DeclarationError, PartnerRefused, PartnerUnavailable, open_connector
from demo.weather import Meanwhile
from directory.records import Scope, now
from directory.store.partners import RunKind, RunStatus
from tests.connectors.acceptance_case import Case
from tests.connectors.acceptance_days import DAYS, BadDay
from tests.connectors.acceptance_memory import Peak
from tests.connectors.acceptance_stage import Stage, differing, harvested, staged
from tests.connectors.acceptance_table import NOT_APPLICABLE, Outcome, outcome, report, words
from tests.connectors.partner_kit import reading_of

_MOST_MEMORY_MB = 150  # the limit of one answer is 64 MB, and it may be copied once


@asynccontextmanager
async def keeping_secrets(stage: Stage, heard: Callable[[], str]) -> AsyncIterator[None]:
    """Fails at the end when a credential was logged, printed or said in an error."""
    yield
    said = "\n".join([*stage.said, heard()])
    assert stage.secrets()
    assert [secret for secret in stage.secrets() if secret in said] == []


def connector_tests(case: Case) -> type:
    """The acceptance test of one connector, as a class to be named ``Test…`` in a test module."""
    return type(f"Test{case.name.title().replace('_', '')}", (_Acceptance,), {"case": case})


class _Acceptance:
    case: ClassVar[Case]

    @pytest.fixture
    async def stage(self, migrated_file: Path, tmp_path: Path, heard: Callable[[], str]) -> AsyncIterator[Stage]:
        """The connector's surroundings, with a store that holds nothing."""
        async with staged(self.case, migrated_file, tmp_path) as stage, keeping_secrets(stage, heard):
            yield stage

    @pytest.fixture
    def harvested_file(self, migrated_file: Path) -> Path:
        """A store that has had one good harvest."""
        return harvested(self.case.name, migrated_file)

    @pytest.fixture
    async def settled(self, harvested_file: Path, tmp_path: Path, heard: Callable[[], str]) -> AsyncIterator[Stage]:
        """The connector's surroundings, after one good harvest."""
        async with staged(self.case, harvested_file, tmp_path) as stage, keeping_secrets(stage, heard):
            yield stage

    @pytest.fixture
    def heard(self, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
        """Gives all that was logged and printed."""
        caplog.set_level(logging.DEBUG)
        for talkative in ("sqlalchemy", "aiosqlite"):  # they say every statement, and no credential is in the store
            caplog.set_level(logging.WARNING, talkative)
        return lambda: "\n".join([caplog.text, *capfd.readouterr()])

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each bad day that can befall this partner."""
        if "bad" in metafunc.fixturenames:
            days = [bad for bad in DAYS if bad.kind.absent(metafunc.cls.case.manner) is None]
            metafunc.parametrize("bad", days, ids=[bad.title for bad in days])

    # --- the declaration and the credentials ---

    def test_the_declaration_is_valid(self) -> None:
        server = self.case.server()
        declared = self.case.declaration(server, "http://127.0.0.1:1")
        assert Declaration.model_validate(declared.model_dump()) == declared
        assert declared.name == self.case.name
        assert declared.secrets

    @pytest.mark.parametrize("key", ["base_url", "protocol"])
    def test_a_declaration_without_what_it_needs_is_refused(self, key: str) -> None:
        server = self.case.server()
        with pytest.raises(DeclarationError) as caught:
            self.case.declaration(server, "", **{key: 0})
        assert str(caught.value).startswith(f"partners.{self.case.name}.{key}")

    async def test_a_probe_proves_the_credentials_and_reads_one_page(self, stage: Stage) -> None:
        async with open_connector(stage.declaration(page_size=5)) as opened:
            connector: Connector = opened
            probe = await connector.probe()
        assert probe.partner == self.case.name
        assert 3 <= len(probe.listings) <= 5
        assert probe.total in {None, len(stage.server.external_ids()), len(stage.truth())}
        assert probe.requests <= 4

    async def test_a_wrong_secret_is_refused_with_the_remedy(self, settled: Stage) -> None:
        stage = settled
        ended = await stage.harvest(**self.case.wrong_secret)
        assert isinstance(ended.error, PartnerRefused)
        assert (ended.run.status, ended.run.problem) == (RunStatus.REFUSED, self.case.refusal)
        assert await stage.served() == stage.truth()
        assert [said for said in stage.said for secret in self.case.wrong_secret.values() if secret in said] == []
        report("wrong secret", self.case.name, words(ended))

    async def test_a_server_that_is_down_is_unavailable(self, stage: Stage) -> None:
        ended = await stage.harvest(base_url="http://127.0.0.1:9/x", retries=1)
        assert isinstance(ended.error, PartnerUnavailable)
        title = stage.declaration().title
        assert ended.run.problem == f"{title}: it cannot be reached (2 times); try again later"
        report("connection refused", self.case.name, words(ended))

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]"])
    async def test_an_address_inside_the_network_is_refused_unless_named(self, stage: Stage, host: str) -> None:
        there = stage.declaration().base_url.replace("127.0.0.1", host)
        ended = await stage.harvest(base_url=there, allow_hosts=[])
        assert isinstance(ended.error, PartnerRefused)
        assert "inside a private network" in str(ended.error)
        report("address inside the network", self.case.name, words(ended))

    # --- readings ---

    async def test_a_full_reading_gives_every_member_field_by_field(self, stage: Stage) -> None:
        ended = await stage.harvest()
        truth = stage.truth()
        assert len(truth) >= 35
        assert (ended.run.status, ended.run.added, ended.run.skipped) == (RunStatus.ACCEPTED, len(truth), 0)
        assert await stage.served() == truth
        if not self.case.manner.is_file:
            assert stage.weather.pages > 3

    async def test_two_readings_are_identical(self, stage: Stage) -> None:
        first, second = [await reading_of(stage.declaration()) for _ in range(2)]
        assert first.listings == second.listings
        assert list(first.listings) == list(second.listings)
        assert first.end.scope is second.end.scope is Scope.FULL

    async def test_a_second_run_reads_and_changes_nothing(self, stage: Stage) -> None:
        await stage.harvest(overlap=0)
        ended = await stage.harvest(overlap=0)
        assert ended.run.status in {RunStatus.ACCEPTED, RunStatus.UNCHANGED}
        assert (ended.run.added, ended.run.changed, ended.run.withdrawn) == (0, 0, 0)
        if self.case.knows_changes:
            assert ended.run.read <= 1  # CKAN begins at the latest change it had seen, and reads that one again
        assert await stage.served() == stage.truth()

    async def test_changes_read_alone_come_to_the_same_as_everything(self, stage: Stage) -> None:
        await stage.harvest()
        ids = list(stage.truth())
        stage.server.add(self.case.newcomer("NEUVE ET FILS"))
        stage.server.edit(ids[0], **self.case.renamed("CHANGÉE"))
        stage.server.delete(ids[1])

        ended = await stage.harvest()

        assert (ended.run.added, ended.run.changed, ended.run.withdrawn) == (1, 1, 1)
        if self.case.knows_changes and not self.case.manner.is_file:
            assert (ended.run.kind, ended.run.read <= 4) == (RunKind.INCREMENTAL, True)
        served = await stage.served()
        assert served == stage.truth()
        assert {"NEUVE ET FILS", "CHANGÉE"} <= {each.values["name"] for each in served.values()}
        for again in (await stage.harvest(), await stage.harvest(full=True)):
            assert (again.run.added, again.run.changed, again.run.withdrawn) == (0, 0, 0)
            assert await stage.served() == served

    async def test_another_mapping_reads_everything_again(self, stage: Stage) -> None:
        await stage.harvest()
        ended = await stage.harvest(fields={"labels": [], "sectors": []})
        assert (ended.run.kind, ended.run.read) == (RunKind.FULL, len(stage.truth()))
        assert {listing.labels for listing in (await stage.listings()).values()} == {()}

    # --- bad days ---

    async def test_a_bad_day(self, settled: Stage, bad: BadDay) -> None:
        stage = settled
        before = await stage.served()
        assert before == stage.truth()
        stage.weather.set(await bad.day(stage))

        with Peak() as peak:
            ended = await stage.harvest(full=True, **bad.settings)

        assert outcome(ended) in bad.right(self.case.manner), ended.run.problem
        assert stage.weather.stranger.sent == []
        assert peak.growth_mb < _MOST_MEMORY_MB
        await self._is_served_rightly(stage, bad, before, applied=outcome(ended) is Outcome.ACCEPTED)
        if bad.check is not None:
            await bad.check(stage, ended)
        report(bad.title, self.case.name, words(ended))

        stage.weather.clear()
        again = await stage.harvest(full=True)
        assert again.run.status is RunStatus.ACCEPTED, again.run.problem
        assert await stage.served() == stage.truth()

    async def _is_served_rightly(self, stage: Stage, bad: BadDay, before: Any, *, applied: bool) -> None:
        """What was last good when nothing was applied; what the server has when something was."""
        served, truth = await stage.served(), stage.truth()
        if not applied:
            assert served == before
        elif bad.adds:
            assert {key: each.values for key, each in served.items()} == {
                key: each.values for key, each in truth.items()
            }
        else:
            assert len(differing(served, truth)) <= bad.strange

    def test_days_that_cannot_befall_it_say_why(self) -> None:
        for bad in DAYS:
            if reason := bad.kind.absent(self.case.manner):
                assert reason.islower() or "OAuth" in reason or "CSV" in reason or "GraphQL" in reason
                report(bad.title, self.case.name, NOT_APPLICABLE)

    # --- the process itself ---

    async def test_a_killed_run_is_done_again_without_loss(self, settled: Stage) -> None:
        stage = settled
        before = await stage.served()
        stage.server.edit(next(iter(before)), **self.case.renamed("CHANGÉE"))
        process = await stage.begin_child()
        stage.weather.set(Meanwhile("killed", process.kill))
        output, _ = await process.communicate()
        stage.said.append(output.decode())
        assert process.returncode == -9, output.decode()
        assert await stage.served() == before

        stage.weather.clear()
        later = now() + timedelta(minutes=10)
        ended = await stage.harvest(full=True, clock=lambda: later)

        assert ended.run.status is RunStatus.ACCEPTED, ended.run.problem
        assert await stage.served() == stage.truth()
        assert await stage.rows() == (len(before), 0)
        _, killed, _ = await stage.runs()
        assert killed.status is RunStatus.REFUSED
        report("`kill -9` in mid-run, then again", self.case.name, f"nothing lost or doubled: {words(ended)}")
