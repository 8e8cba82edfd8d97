"""`care scorecard`: the figures that management looks at each quarter, with target, trend and colour."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import date
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import (
    DirArgument,
    Format,
    FormatOption,
    RepoOption,
    a_command,
    print_json,
    repository_root,
    say,
)
from careloop.errors import UsageError
from careloop.reports.scorecard_report import scorecard_json, scorecard_lines
from careloop.workflows.evolve.compute_scorecard import Period, Stores, compute_scorecard

__all__ = ["app", "scorecard"]

app = a_command()

_EPILOG = """
Examples:  care scorecard  ·  care scorecard --quarter 2026Q3  ·  care scorecard --from 2026-10-01 --to 2026-10-31

A figure without a value says why. Exit codes:  0 computed, whatever the colours  ·  2 a document cannot be read
"""


@app.command(epilog=_EPILOG)
def scorecard(
    folder: DirArgument = None,
    repo: RepoOption = None,
    quarter: Annotated[
        str | None, typer.Option(metavar="2026Q4", help="A calendar quarter; without it, this one so far.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day of another window.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Its last day; else today.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show the scorecard: each figure with its n, target, trend over four quarters, colour and reason."""
    root = repository_root(folder, repo)
    period = Period(quarter=quarter, first=_day("--from", first), last=_day("--to", last))
    with ExitStack() as opened:
        ledger, lake = wiring.ledger_to_read(root), wiring.lake_to_read(root)
        for store in (ledger, lake):
            if store is not None:
                opened.enter_context(closing(store))
        stores = Stores(
            source=wiring.repository_source(root), standards=wiring.standards_library(), ledger=ledger, lake=lake
        )
        result = compute_scorecard(stores, now=wiring.now(), period=period)
    if output_format is Format.JSON:
        print_json(scorecard_json(result.scorecard))
    else:
        for style, line in scorecard_lines(result.scorecard):
            say(line, style)
    for error in result.errors:
        typer.echo(f"{error.place}  error  {error.message}", err=True)
    raise typer.Exit(2 if result.errors else 0)


def _day(option: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text} is no day", hint="write it like 2026-03-31") from error
