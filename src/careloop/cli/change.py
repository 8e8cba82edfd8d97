"""`care change`: what a branch of the governance repository would do, before it is merged."""

from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.reports.back_test_report import back_test_json, back_test_lines
from careloop.wiring.changes import change_history
from careloop.workflows.run.back_test import BackTestAsk, back_test

__all__ = ["app", "plan"]

app = a_command()

_EPILOG = """
Examples:  care change plan stricter-lending  ·  care change plan origin/stricter --last 50 --format json

Exit codes:  0 every past release would have fared the same  ·  1 some would not, or cannot be told  ·
2 the branch cannot be read

Each decision is made again at its own instant, with the results, approvals and ledger of then; nothing is recorded.
"""


@app.callback()
def _change() -> None:
    """Say what a branch of the governance repository would do, before it is merged."""


@app.command(epilog=_EPILOG)
def plan(
    branch: Annotated[str, typer.Argument(metavar="BRANCH", help="Branch or commit that would be merged.")],
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="How many releases back.")] = 20,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Hold a branch's rules against the last releases: which it would have blocked, and which newly allowed."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}, read_only=True) as desk:
        found = back_test(BackTestAsk(branch, last), desk, change_history(root), wiring.now())
    if output_format is Format.JSON:
        print_json(back_test_json(found))
    else:
        for style, line in back_test_lines(found):
            say(line, style)
    raise typer.Exit(1 if found.changes_something else 0)
