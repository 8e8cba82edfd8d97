"""`care enact`: record which commit is in force from now on."""

from pathlib import Path
from typing import Annotated

import typer

from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.reports.enact_report import enact_json, enact_lines
from careloop.wiring.changes import enact_desk
from careloop.workflows.create.put_in_force import put_in_force

__all__ = ["app", "enact"]

app = a_command()

_EPILOG = """
Examples:  care enact  ·  care enact main  ·  care enact 3f2a9c1 --format json

Exit codes:  0 recorded, or in force already  ·  1 refused: a rule is broken or an approval is missing  ·
2 a document cannot be read
"""


@app.command(epilog=_EPILOG)
def enact(
    commit: Annotated[str, typer.Argument(metavar="[COMMIT]", help="Commit, branch or tag.")] = "HEAD",
    repo: Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="Governance repository.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Record in the ledger that COMMIT is in force from now on, with who approved what it brings.

    For CI to call after each merge. What was in force on a day, and what gates judge by, is then this entry and not
    the clock of whoever made the commit. It must build on the commit in force, break no rule, and bear its approvals.
    """
    with enact_desk(repository_root(None, repo)) as desk:
        done = put_in_force(commit, desk)
    if output_format is Format.JSON:
        print_json(enact_json(done))
    else:
        for style, line in enact_lines(done):
            say(line, style)
    raise typer.Exit(done.check.exit_code)
