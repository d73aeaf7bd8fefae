"""``circuit label`` and ``labels``: people say of pairs of listings whether they are one."""

import csv
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from directory.records import now
from gateway.cli.author import NO_REASON, author, checked
from gateway.cli.context import run
from gateway.cli.output import Failure, console, say, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.matching.training.asking import Question
    from directory.matching.training.labels import Key, Label, Lines
    from directory.store.reading import StoredListing

labels = typer.Typer(help="What people said of pairs of listings, as CSV.", no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="Why; kept with the decisions.")]
MOST_PROBLEMS: Final = 100  # of a file, told one by one
ANSWERS: Final = {"y": "site", "c": "company", "n": "no"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(label)
    app.add_typer(labels, name="labels")


def label(
    count: Annotated[int, typer.Option(min=1, max=1_000, help="Pairs to ask about.")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="Write a CSV file of labels instead of decisions.", dir_okay=False)
    ] = None,
    reason: Reason = NO_REASON,
) -> None:
    """Ask about the pairs of listings that the model is least sure of: one establishment, one company, or two?"""
    from directory.matching.training.labels import rows

    settings = Settings()
    given: list[Label] = []
    why = checked(reason)
    try:
        run(_ask(settings, count, given))
    finally:  # what was answered before an interruption is kept
        if given and out:
            known = read(out) if out.exists() else []
            _lines(out, rows([*known, *given]))
            say(f"{len(given)} labels are in {out}.")
        elif given:
            kept = run(_keep(settings, given, why))
            say(f"{kept} decisions are kept; circuit resolve follows them, circuit train learns from them.")


@labels.command("export")
def export() -> None:
    """Write what stewards have decided about pairs to standard output, by partners and external ids alone."""
    from directory.matching.training.labels import rows

    csv.writer(sys.stdout, lineterminator="\n").writerows(rows(run(_standing(Settings()))))


@labels.command("import")
def take(
    file: Annotated[Path, typer.Argument(help="A CSV file of labels.", exists=True, dir_okay=False)],
    reason: Reason = NO_REASON,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out labels of listings that the store does not have.")
    ] = False,
) -> None:
    """Keep the labels of a file as decisions: all of them, or none if one cannot be kept."""
    given = _lines_of(file)
    kept, skipped = run(_take(Settings(), file, given, checked(reason), skip_unknown=skip_unknown))
    say(f"{kept} of {len(given.labels)} labels are new decisions; circuit resolve follows them.")
    if skipped:
        say(f"{skipped} labels of listings that the store does not have were left out.")


async def _take(settings: Settings, file: Path, given: "Lines", reason: str, *, skip_unknown: bool) -> tuple[int, int]:
    """How many labels are new, and how many were left out. Raises :class:`Failure` for a file with a wrong line."""
    from directory.store import labels as decided
    from gateway.stores import opened_store

    said = {each: number for number, each in given.labels.items()}
    async with opened_store(settings) as database, database.writing() as connection:
        problems = dict(given.problems)
        unknown = await decided.unknown(connection, said)
        if not skip_unknown:
            problems |= {
                said[each]: f"line {said[each]}: there is no listing {_named(keys)}" for each, keys in unknown.items()
            }
        for each, sirens in (await decided.impossible(connection, said)).items():
            why = f"are companies of different SIRENs, which are never one: {', '.join(sorted(sirens))}"
            problems[said[each]] = f"line {said[each]}: {_named((each.left, each.right), 'and')} {why}"
        if problems:
            raise _refused(file, problems)
        wanted = [each for each in said if each not in unknown]
        kept = await decided.keep(connection, wanted, author=author(), reason=reason, at=now())
    return kept, len(unknown)


def _named(keys: "Iterable[Key]", joined: str = "or") -> str:
    return f" {joined} ".join(f"{partner}:{external_id}" for partner, external_id in keys)


async def _ask(settings: Settings, count: int, given: "list[Label]") -> None:
    from itertools import islice

    from directory.matching.training.asking import questions
    from directory.matching.training.labels import Same, placed
    from directory.matching.training.labels import label as labelled
    from directory.store import labels as decided
    from directory.store import snapshots
    from directory.store.reading import Reader
    from gateway.matching import model_of
    from gateway.stores import opened_store

    model = model_of(settings)
    async with opened_store(settings) as database:
        async with database.reading() as connection:
            snapshot, everything = await snapshots.take(connection, now())
            known = placed(await decided.standing(connection), everything)
        records = [record for record in everything if record.listing not in snapshot.official]
        asked = list(islice(questions(records, model, known), count))
        if not asked:
            raise Failure("No two listings are alike enough to be asked about; harvest more partners first.")
        reader = Reader(database)
        for number, question in enumerate(asked, 1):
            left, right = await reader.listings([question.left, question.right])
            if left is None or right is None:
                continue
            _show(question, left, right, f"{number} of {len(asked)}")
            answer = _answer()
            if answer == "q":
                return
            if answer in ANSWERS:
                one, other = ((each.listing.partner, each.listing.external_id) for each in (left, right))
                given.append(labelled(one, other, Same(ANSWERS[answer])))


async def _keep(settings: Settings, given: "Sequence[Label]", reason: str) -> int:
    from directory.store import labels as decided
    from gateway.stores import opened_store

    async with opened_store(settings) as database, database.writing() as connection:
        return await decided.keep(connection, given, author=author(), reason=reason, at=now())


async def _standing(settings: Settings) -> "list[Label]":
    from directory.store import labels as decided
    from gateway.stores import opened_store

    async with opened_store(settings) as database, database.reading() as connection:
        return await decided.standing(connection)


def read(file: Path) -> "list[Label]":
    """The labels of a file. Raises :class:`Failure`."""
    found = _lines_of(file)
    if found.problems:
        raise _refused(file, found.problems)
    return list(found.labels.values())


def _lines_of(file: Path) -> "Lines":
    from directory.matching.training import labels as files

    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return files.read(lines)
    except OSError as error:
        raise Failure(f"{file} cannot be read ({error.strerror}); name another.", code=2) from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not UTF-8; save it as such.", code=2) from None


def _refused(file: Path, problems: Mapping[int, str]) -> Failure:
    """The failure, after a sentence a line that is wrong."""
    for number in sorted(problems)[:MOST_PROBLEMS]:
        say(f"{file}: {problems[number]}.")
    if len(problems) > MOST_PROBLEMS:
        say(f"… and {len(problems) - MOST_PROBLEMS:,} more.")
    wrong = "1 line is" if len(problems) == 1 else f"{len(problems):,} lines are"
    return Failure(f"{wrong} wrong, and nothing of {file} was taken; correct what is named above.", code=2)


def _show(question: "Question", left: "StoredListing", right: "StoredListing", place: str) -> None:
    from gateway.cli.sheets import cell

    def told(value: object) -> str:
        return cell(value, guarded=False) if value else ""

    shown: dict[str, Callable[[StoredListing], object]] = {
        "partner": lambda each: each.listing.partner,
        "name": lambda each: each.listing.name,
        "trade names": lambda each: each.listing.trade_names,
        "SIREN": lambda each: each.listing.siren,
        "SIRET": lambda each: each.listing.siret,
        "address": lambda each: each.listing.address.lines,
        "postcode": lambda each: each.listing.address.postcode,
        "town": lambda each: each.listing.address.commune,
        "phone": lambda each: each.listing.contact.phone,
        "e-mail": lambda each: each.listing.contact.email,
        "site": lambda each: each.listing.website,
        "activities": lambda each: [activity.code for activity in each.listing.activities],
    }
    console.print(f"\n{place}: weight {question.weight:.1f} bits, about {question.confidence:.0%} sure")
    rows = [{"field": name, "left": told(of(left)), "right": told(of(right))} for name, of in shown.items()]
    table(
        [row for row in rows if row["left"] or row["right"]], {"field": "", "left": "one", "right": "other"}, json=False
    )
    told_apart = (f"{line.feature}: {line.level} {line.weight:+.1f}" for line in question.evidence)
    console.print(", ".join(told_apart), markup=False)


def _answer() -> str:
    asked = "One establishment (y), one company at two sites (c), two companies (n), skip (s), quit (q)"
    while (answer := str(typer.prompt(asked, default="s")).strip().lower()[:1]) not in {*ANSWERS, "s", "q"}:
        say("Answer with y, c, n, s or q.")
    return answer


def _lines(file: Path, rows: Iterable[Sequence[str]]) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise Failure(f"{file} cannot be written ({error.strerror}); name another.") from None
