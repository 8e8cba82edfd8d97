"""`care schedule`: planned processes against their runs, and the way to record one."""

from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from careloop import wiring
from careloop.cli.release_arguments import AsOption, KeyOption
from careloop.cli.terminal import Format, FormatOption, RepoOption, a_command, print_json, repository_root, say
from careloop.documents.compile import compile_tree
from careloop.errors import InvalidInput
from careloop.reports.schedule_report import schedule_json, schedule_lines
from careloop.status.schedule import RunState
from careloop.workflows.read_schedule import read_schedule
from careloop.workflows.run.record_process import ProcessRun, record_process

__all__ = ["app", "done", "schedule", "show"]

app = a_command()

_EPILOG = """
Examples:  care schedule show  ·  care schedule done risk-assessment --evidence minutes.pdf --reason "Two risks raised"

Exit codes of show:  0 nothing is owed  ·  1 a planned run is late or was missed
"""


@app.callback(epilog=_EPILOG)
def schedule() -> None:
    """Show which planned processes ran, late or not at all, and record that one ran."""


@app.command(epilog=_EPILOG)
def show(repo: RepoOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Show each planned process: runs on time, late and missed, and when the next is due."""
    root = repository_root(None, repo)
    repository = compile_tree(wiring.repository_source(root).work_tree()).repository
    zone = ZoneInfo(repository.organisation.time_zone if repository.organisation else "UTC")
    ledger = wiring.ledger_to_read(root)
    with closing(ledger) if ledger is not None else nullcontext():
        rows = read_schedule(repository, ledger, wiring.now().astimezone(zone))
    if output_format is Format.JSON:
        print_json(schedule_json(rows))
    else:
        for style, line in schedule_lines(rows):
            say(line, style)
    raise typer.Exit(1 if any(row.state in (RunState.LATE, RunState.MISSED) for row in rows) else 0)


@app.command(epilog=_EPILOG)
def done(
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="Id in aims/processes.yaml.")],
    evidence: Annotated[list[Path], typer.Option("--evidence", metavar="FILE", help="What shows it; repeatable.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What came of it, in a sentence.")],
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Record that a process ran, with your SSH signature; its evidence is kept beside the ledger."""
    root = repository_root(None, repo)
    run = ProcessRun(process=process, evidence=dict(map(_read, evidence)), reason=reason, person=person)
    with wiring.release_desk(root, {}) as desk:
        made = record_process(run, desk, wiring.approval_keys(root, key), wiring.now())
    if output_format is Format.JSON:
        told = {"process": made.process, "person": made.person, "evidence": dict(made.evidence)}
        print_json({"schema": "careloop/process-run/v1", **told, "index": made.receipt.index})
        return
    say(f"{made.process} ran: recorded as entry {made.receipt.index} by {made.person}", "good")
    for name, digest in made.evidence.items():
        say(f"    {name}  {digest}", "detail")


def _read(path: Path) -> tuple[str, bytes]:
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"evidence: {path} cannot be read: {error.strerror}") from error
