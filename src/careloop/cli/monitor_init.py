"""`care monitor init`: propose a system's monitors from rows of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.errors import UsageError
from careloop.reports.proposal_report import proposal_json, proposal_lines, undeclared_lines
from careloop.wiring import way_in
from careloop.wiring.rows import column_values, counting
from careloop.workflows.run.init_monitors import MonitorsToWrite, RowsAsked, init_monitors, write_monitors

__all__ = ["INIT_HELP", "init"]

INIT_HELP = """
Examples:  care monitor init credit-decision --from-data scored-2026-11.parquet
           care monitor init credit-decision --from-data scored.csv --column decision=prediction --days 28
           care monitor init credit-decision --from-data scored.csv --dry-run

Columns are fields that system.yaml declares (`income` or `features.income`), and prediction, score, label, latency_ms,
occurred_at, unit. Each proposal stands in the file under its reasons: window, tolerance, promise, and how small a
change it notices within 30 days.

Exit codes:  0 written, or nothing new  ·  1 nothing written: another file is there, or nothing can be proposed  ·
2 something cannot be read
"""


def init(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    data: Annotated[
        list[Path], typer.Option("--from-data", metavar="FILE", help="Rows: Parquet, Arrow or CSV; may be repeated.")
    ],
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="COLUMN=FIELD", help="Which field a column is.")
    ] = None,
    days: Annotated[
        float, typer.Option("--days", min=0.01, help="Days the rows took to come, if they bear no occurred_at.")
    ] = 28.0,
    force: Annotated[bool, typer.Option("--force", help="Write over a monitors.yaml that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the document; write nothing.")] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Propose monitors, bins, tolerances and promises from rows, explain each, and write monitors.yaml."""
    root = repository_root(None, repo)
    asked = RowsAsked(
        name=", ".join(file.name for file in data), columns=column_values(data), named=_named(column), days=days
    )
    made = init_monitors(wiring.repository_source(root), system, asked, counting=counting())
    if dry_run:
        typer.echo(made.text, nl=False)
        raise typer.Exit(0)
    proposals = [(each.monitor, each.because) for each in made.proposed.proposals]
    left_out = [(each.what, each.because) for each in made.proposed.left_out]
    difference = write_monitors(made, way_in.document_folder(root), force=force) if proposals else None
    written = bool(proposals) and difference is None
    if output_format is Format.JSON:
        undeclared = made.seen.undeclared
        print_json(proposal_json(system, proposals, left_out, undeclared, file=made.path, written=written))
        raise typer.Exit(int(not written))
    for style, line in (*proposal_lines(proposals, left_out), *_undeclared(made)):
        say(line, style)
    _tell_end(system, made, difference, written=written)
    raise typer.Exit(int(not written))


def _undeclared(made: MonitorsToWrite) -> Iterator[tuple[str, str]]:
    return undeclared_lines(made.seen.undeclared, made.seen.unreadable)


def _tell_end(system: str, made: MonitorsToWrite, difference: str | None, *, written: bool) -> None:
    """What was written, or why nothing was."""
    if difference is not None:
        typer.echo(difference, nl=False)
        say(f"nothing was written: {made.path} is there already; --force writes the proposal over it", "warn")
    elif written:
        say(f"wrote {made.path}; read it, then: care check, care monitor simulate {system} --all", "good")
    else:
        say("nothing was written: nothing can be proposed from these rows", "warn")


def _named(given: list[str] | None) -> dict[str, str]:
    found = {}
    for each in given or []:
        name, sign, field = each.partition("=")
        if not sign or not name or not field:
            raise UsageError(f"--column {each} names no field", hint="write it like --column decision=prediction")
        found[name] = field
    return found
