"""`care history`: what was in force on a day, or every version of a document."""

from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import UsageError
from careloop.ports.standards_library import standards_digest
from careloop.reports.history_report import history_json, history_lines
from careloop.wiring.changes import change_history
from careloop.workflows.evolve.show_history import HistoryDesk, in_force_on, versions_of

__all__ = ["app", "history"]

app = a_command()

_EPILOG = """
Examples:  care history --on 2026-03-31  ·  care history policies/ai-policy.md --on 2026-03-31  ·
care history policies/ai-policy.md  ·  care history systems/credit-decision --on 2026-03-31 --format json
"""


@app.command(epilog=_EPILOG)
def history(
    path: Annotated[str | None, typer.Argument(metavar="[PATH]", help="A document, or with --on a folder.")] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Day, up to its end, or instant.")] = None,
    most: Annotated[int, typer.Option("--last", metavar="N", min=1, help="Show the newest N versions.")] = 20,
    repo: Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="Governance repository.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show what was in force on DATE: version, approval, review day and commit; or every version of PATH."""
    if path is None and on is None:
        raise UsageError("neither a document nor a day is named", hint="say `care history --on 2026-03-31`")
    root = repository_root(None, repo)
    ledger = wiring.ledger_to_read(root)
    with closing(ledger) if ledger is not None else nullcontext():
        desk = HistoryDesk(
            source=wiring.repository_source(root),
            history=change_history(root),
            ledger=ledger,
            standards_digest=standards_digest(wiring.standards_library().read_all()),
            now=wiring.now(),
        )
        answer = in_force_on(desk, on, path) if on is not None else versions_of(desk, path or "", most=most)
    if output_format is Format.JSON:
        print_json(history_json(answer))
        return
    for style, line in history_lines(answer):
        say(line, style)
