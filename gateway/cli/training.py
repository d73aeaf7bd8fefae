"""``circuit train``: a model of the store's own listings, judged before it comes into force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from directory.records import now
from gateway.cli.context import run
from gateway.cli.labelling import read
from gateway.cli.output import Failure, console, say, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.matching.contract import MatchRecord
    from directory.matching.training.labels import Label
    from directory.matching.training.retraining import Retrained


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(train)
    app.command()(profiles)


def train(
    labels: Annotated[
        Path | None, typer.Option(help="A CSV file of labels, beside those that stewards have decided.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the new model here.")] = None,
    activate: Annotated[bool, typer.Option("--activate", help="Match by the new model from now on.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Activate it even if it is worse on the labels, or cannot be judged.")
    ] = False,
) -> None:
    """Train a model on the store's own listings, and judge it by labels against the one in force."""
    from gateway.matching import trained_path

    settings = Settings()
    if activate and settings.matching.model:
        raise Failure(
            "matching.model names the model in force; unset it, or write the new one there with --out.", code=2
        )
    done = _trained(settings, labels)
    _report(done)
    if out:
        _write(out, done)
        say(f"The model {done.model.version} is in {out}.")
    if activate:
        if done.objection and not force:
            raise Failure(f"It is not activated: {done.objection}. --force activates it all the same.")
        _write(trained_path(settings), done)
        say(f"The model {done.model.version} is in force; circuit resolve matches every listing anew.")


def profiles(
    out: Annotated[Path, typer.Argument(help="The Parquet file to write.", dir_okay=False)],
) -> None:
    """Write what listings are compared by as Parquet, for Splink on Spark; it holds contact data (docs/matching.md)."""
    from directory.matching.profiles import profile_of
    from directory.matching.terms import Terms
    from directory.matching.training.table import write_parquet

    records, _ = run(_material(Settings()))
    terms = Terms.of(records)
    try:
        write_parquet(out, [profile_of(record, terms) for record in records], terms.population)
    except ModuleNotFoundError as error:
        raise Failure(f"{error.name} is not installed; install circuit-court[train].") from None
    except OSError as error:
        raise Failure(f"{out} cannot be written ({error.strerror}); name another.") from None
    say(f"{len(records):,} listings are in {out}.")


def _trained(settings: Settings, file: Path | None) -> "Retrained":
    from directory.matching.training.retraining import retrained
    from directory.matching.training.train import TooFewListings
    from gateway.matching import model_of, thresholds_of

    more = read(file) if file else []
    old = model_of(settings)
    records, decided = run(_material(settings))
    known = {(each.left, each.right): each for each in (*decided, *more)}
    try:
        return retrained(records, known.values(), old, thresholds_of(settings), tell=say)
    except TooFewListings as error:
        raise Failure(str(error)) from None
    except ModuleNotFoundError as error:
        raise Failure(f"{error.name} is not installed; install circuit-court[train].") from None


async def _material(settings: Settings) -> "tuple[list[MatchRecord], list[Label]]":
    """What directories list, and what stewards said of it."""
    from directory.store import labels, snapshots
    from gateway.stores import opened_store

    async with opened_store(settings) as database, database.reading() as connection:
        snapshot, everything = await snapshots.take(connection, now())
        records = [record for record in everything if record.listing not in snapshot.official]
        return records, await labels.standing(connection)


def _report(done: "Retrained") -> None:
    found = done.comparison
    say(f"Trained on {done.model.trained['listings']:,} listings; confidence counted on {done.calibrated} labels.")
    if not found.pairs:
        say("No label to judge it by; `circuit label` asks for some.")
        return
    rows = [
        {"model": name, "precision": f"{score.precision:.3f}", "recall": f"{score.recall:.3f}", "f1": f"{score.f1:.3f}",
         "between": f"{score.low:.3f} … {score.high:.3f}"}
        for name, score in (("old", found.old), ("new", found.new))
    ]  # fmt: skip
    console.print(f"{found.pairs} labelled pairs; F1 {found.difference[0]:+.3f}", end=" ")
    console.print(f"({found.difference[1]:+.3f} … {found.difference[2]:+.3f} in 95 of 100 resamplings)")
    table(
        rows, {"model": "", "precision": "precision", "recall": "recall", "f1": "F1", "between": "between"}, json=False
    )
    changed = [
        {"left": " ".join(each.left), "right": " ".join(each.right), "said": each.same.value,
         "new": "right" if is_right else "WRONG"}
        for each, is_right in found.changed
    ]  # fmt: skip
    if changed:
        table(changed, {"left": "listing", "right": "other", "said": "label", "new": "the new model is"}, json=False)


def _write(file: Path, done: "Retrained") -> None:
    """Whole or not at all: a hub may be reading the file meanwhile."""
    import msgspec

    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(done.model), indent=1) + b"\n")
        beside.replace(file)
    except OSError as error:
        raise Failure(f"{file} cannot be written ({error.strerror}); name another folder.") from None
