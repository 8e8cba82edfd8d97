"""`care create plan`: the thirty days in which Create ships."""

from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.gap import day_of
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
from careloop.reports.create_plan_report import create_plan_json, create_plan_lines
from careloop.workflows.create.follow_create_plan import follow_create_plan

__all__ = ["app", "plan"]

app = a_command()

_EPILOG = """
Examples:  care create plan  ·  care create plan my-aims --start 2027-01-04 --format json

The days count from --start, else from `started` of the phase create in care.yaml, else from the first commit.
"""


@app.callback()
def _create() -> None:
    """Follow the thirty days in which Create ships."""


@app.command(epilog=_EPILOG)
def plan(
    folder: DirArgument = None,
    repo: RepoOption = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="First of the thirty days.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show which day of thirty it is, which of the six items are done, and which are overdue."""
    root = repository_root(folder, repo)
    result = follow_create_plan(
        wiring.repository_source(root),
        wiring.commit_history(root),
        standards=wiring.standards_library(),
        now=wiring.now(),
        start=day_of("--start", start),
    )
    if output_format is Format.JSON:
        print_json(create_plan_json(result))
    else:
        for style, line in create_plan_lines(result):
            say(line, style)
    for error in result.unread:
        typer.echo(error, err=True)
    raise typer.Exit(2 if result.unread else 0)
