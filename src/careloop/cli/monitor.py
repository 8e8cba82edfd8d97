"""`care monitor`: look for changes in live behaviour and answer them; replay the past to see who may act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.monitor_alarms import ALARMS_HELP, alarms
from careloop.cli.monitor_export import EXPORT_HELP, export
from careloop.cli.monitor_simulate import SIMULATE_HELP, simulate
from careloop.cli.release_arguments import EnvironmentOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.plans.automation_history import explained, plans_of
from careloop.plans.explain import explain_step
from careloop.reports.alarm_report import (
    AlarmRow,
    StepRow,
    WatchSummary,
    rehearsal_json,
    rehearsal_line,
    watch_json,
    watch_lines,
)
from careloop.workflows.run.automation_log import automation_entries
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.execute_plan import Executed
from careloop.workflows.run.rehearse_monitors import rehearse_monitors
from careloop.workflows.run.release_desk import Governance, read_governance
from careloop.workflows.run.watch_desk import OpenWatch, open_watch
from careloop.workflows.run.watch_system import WatchReport, watch_system

__all__ = ["app", "replay", "run"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Watch a system's live behaviour; act upon alarms that have earned it.",
)

SystemArgument = Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")]
_RUN = """
Examples:  care monitor run product-recommender  ·  care monitor run credit-decision --dry-run

Exit codes:  0 no alarm  ·  1 an alarm, answered as its plan says  ·  2 something cannot be read
"""
_REPLAY = """
Example:  care monitor replay product-recommender

Exit codes:  0 every detector kept its promise and may act  ·  1 some may only alert  ·  2 something cannot be read
"""


@app.command(epilog=_RUN)
def run(
    system: SystemArgument,
    environment: EnvironmentOption = "production",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plans; record and do nothing.")] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Look once: continue open plans, feed closed windows to the detectors, answer each alarm with its plan."""
    now = wiring.now()
    with _opened(system, environment, repo, now=now) as (governance, opened):
        report = watch_system(opened.watch, opened.using, now=now, dry_run=dry_run)
        summary = _summary(report, opened, governance)
    if output_format is Format.JSON:
        print_json(watch_json(summary))
    else:
        for style, line in watch_lines(summary):
            say(line, style)
        _say_notes(opened)
    raise typer.Exit(int(bool(report.answered)))


@app.command(epilog=_REPLAY)
def replay(
    system: SystemArgument,
    environment: EnvironmentOption = "production",
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Replay the system's own past: has each detector kept its promise over four weeks, so that it may act?"""
    with _opened(system, environment, repo, now=wiring.now()) as (governance, opened):
        plans = plans_of(automation_entries(opened.using.hands.ledger), system=system, environment=environment)
        done = rehearse_monitors(opened.watch.monitors, explained=explained(plans))
    if output_format is Format.JSON:
        source = {"commit": governance.commit, "standards_digest": governance.standards_digest}
        rows = [(each.monitor, each.group, each.readiness, each.signals) for each in done]
        print_json(rehearsal_json(system, rows, source=source))
    else:
        for each in done:
            style, line = rehearsal_line(each.monitor, each.group, each.readiness)
            say(line, style)
        for left in opened.left_out:
            say(f"not watched: {left.monitor.id} ({left.because})", "grey")
        _say_notes(opened)
    raise typer.Exit(int(not all(each.readiness.may_act for each in done)))


app.command(epilog=SIMULATE_HELP)(simulate)
app.command(epilog=EXPORT_HELP)(export)
app.command(epilog=ALARMS_HELP)(alarms)


@contextmanager
def _opened(
    system: str, environment: str, repo: RepoOnlyOption, *, now: datetime
) -> Iterator[tuple[Governance, OpenWatch]]:
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk, closing(wiring.lake(root)) as lake:
        governance = read_governance(desk, now)
        place = Place(system=system, environment=environment)
        yield governance, open_watch(governance, place, wiring.watch_desk(root, desk.ledger, lake))


def _say_notes(opened: OpenWatch) -> None:
    """What a reader has to know about how monitors are watched."""
    for watched in opened.watch.monitors:
        if watched.note:
            say(f"note: {watched.monitor.id}: {watched.note}", "grey")


def _summary(report: WatchReport, opened: OpenWatch, governance: Governance) -> WatchSummary:
    return WatchSummary(
        system=report.system,
        environment=report.environment,
        windows=report.windows,
        monitors=len(opened.watch.monitors),
        alarms=tuple(
            AlarmRow(
                alarm=each.alarm,
                readiness=each.readiness,
                plan=each.plan,
                steps=None if each.executed is None else _steps(each.executed),
            )
            for each in report.answered
        ),
        continued=tuple((each.plan, _steps(each)) for each in report.continued if each.done),
        paused=None if report.paused is None else f"{report.paused.reason} ({report.paused.by})",
        left_out=tuple((left.monitor, left.because) for left in opened.left_out),
        commit=governance.commit,
        standards_digest=governance.standards_digest,
    )


def _steps(executed: Executed) -> tuple[StepRow, ...]:
    return tuple(
        StepRow(place=done.place, text=explain_step(done.step), outcome=done.outcome, detail=done.detail)
        for done in executed.done
    )
