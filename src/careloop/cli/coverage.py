"""`care coverage`: each area of Annex A with its controls, the age of their evidence and what is open."""

from contextlib import closing, nullcontext
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
from careloop.reports.coverage_report import coverage_json, coverage_lines
from careloop.workflows.evolve.read_coverage import read_coverage
from careloop.workflows.evolve.standpoint import stand

__all__ = ["app", "coverage"]

app = a_command()

_EPILOG = """
Examples:  care coverage  ·  care coverage --as-of 2026-09-30  ·  care coverage --format json
"""


@app.command(epilog=_EPILOG)
def coverage(
    folder: DirArgument = None,
    repo: RepoOption = None,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="As it was at the end of that day.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show how far each area of Annex A is covered, how old the evidence is, and what is open."""
    root = repository_root(folder, repo)
    ledger = wiring.ledger_to_read(root)
    with closing(ledger) if ledger is not None else nullcontext():
        place = stand(
            wiring.repository_source(root),
            standards=wiring.standards_library(),
            ledger=ledger,
            now=wiring.now(),
            as_of=as_of,
        )
        found = read_coverage(place)
    if output_format is Format.JSON:
        source = {"commit": place.commit, "dirty": place.dirty, "as_of": place.as_of, "in_force_by": place.in_force_by}
        print_json(coverage_json(found.areas, standards_digest=place.standards_digest, source=source))
        return
    for style, line in coverage_lines(found.areas):
        say(line, style)
