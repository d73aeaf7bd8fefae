"""``circuit alerts``: saved searches are followed and their webhooks called, once: where nothing is scheduled."""

import typer

from gateway.cli.context import run
from gateway.cli.output import say
from gateway.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(alerts)


def alerts() -> None:
    """Tell the owners of saved searches what is new, as `serve` does by itself after each indexing."""
    run(_alerts(Settings()))


async def _alerts(settings: Settings) -> None:
    from gateway.alerts import Alerts
    from gateway.stores import opened_store

    async with opened_store(settings) as database:
        keeper = Alerts(database, settings)
        news = await keeper.follow()
        taken = await keeper.deliver()
    say(f"{len(news):,} saved searches were behind; {sum(news.values()):,} news; {taken:,} calls were taken.")
