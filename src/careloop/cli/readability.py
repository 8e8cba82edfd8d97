"""`care readability`: how hard the documents are to read."""

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
from careloop.reports.readability_report import readability_json, readability_lines
from careloop.workflows.create.measure_readability import measure_readability

__all__ = ["app", "readability"]

app = a_command()

_EPILOG = """
Examples:  care readability  ·  care readability examples/acme --format json

A grade above 12 is a warning, never a failure: exit 0, or 2 when a document cannot be read.
"""


@app.command(epilog=_EPILOG)
def readability(folder: DirArgument = None, repo: RepoOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Report the reading grade of policies, roles, risk criteria, plans, courses, runbooks and cards."""
    source = wiring.repository_source(repository_root(folder, repo))
    result = measure_readability(source, standards=wiring.standards_library())
    if output_format is Format.JSON:
        print_json(readability_json(result))
    else:
        for style, line in readability_lines(result):
            say(line, style)
    for error in result.unread:
        typer.echo(error, err=True)
    raise typer.Exit(2 if result.unread else 0)
