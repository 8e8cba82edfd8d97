"""`care roles`: who answers for what, and whom an escalation would reach."""

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
from careloop.reports.roles_report import roles_json, roles_lines
from careloop.workflows.evolve.read_roles import read_roles

__all__ = ["app", "roles"]

app = a_command()

_EPILOG = """
Examples:  care roles  ·  care roles --escalation severe-incident  ·  care roles --on 2026-12-24T03:00:00+01:00

Exit codes:  0 every escalation ends with a person  ·  1 one of them reaches nobody who decides
"""


@app.command(epilog=_EPILOG)
def roles(
    folder: DirArgument = None,
    repo: RepoOption = None,
    escalation: Annotated[str | None, typer.Option(metavar="ID", help="This escalation alone.")] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Simulate on a day, or from an instant.")
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show who is accountable, responsible, consulted and informed, and simulate each escalation, if nobody answers."""
    source = wiring.repository_source(repository_root(folder, repo))
    found = read_roles(source, now=wiring.now(), on=on, escalation=escalation)
    if output_format is Format.JSON:
        print_json(roles_json(found.roles, found.escalations, found.at))
    else:
        for style, line in roles_lines(found.roles, found.escalations, found.at, matrix=escalation is None):
            say(line, style)
    raise typer.Exit(0 if all(one.ends_with for one in found.escalations) else 1)
