"""`care monitor`: look for changes in live behaviour and answer them; replay the past to see who may act."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.monitor_alarms import ALARMS_HELP, alarms
from careloop.cli.monitor_export import EXPORT_HELP, export
from careloop.cli.monitor_init import INIT_HELP, init
from careloop.cli.monitor_replay import REPLAY_HELP, opened_watch, replay, say_notes
from careloop.cli.monitor_simulate import SIMULATE_HELP, simulate
from careloop.cli.monitor_views import VIEWS_HELP, views
from careloop.cli.release_arguments import EnvironmentOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, say
from careloop.domain.monitor import Monitor
from careloop.plans.explain import explain_step
from careloop.reports.alarm_report import (
    AlarmRow,
    StepRow,
    WatchSummary,
    watch_json,
    watch_lines,
)
from careloop.workflows.run.evaluation_references import missing_references
from careloop.workflows.run.execute_plan import Executed
from careloop.workflows.run.label_cohorts import label_coverage
from careloop.workflows.run.muted_windows import muted_windows
from careloop.workflows.run.release_desk import Governance
from careloop.workflows.run.silent_monitors import silent_monitors
from careloop.workflows.run.watch_desk import OpenWatch
from careloop.workflows.run.watch_system import WatchReport, watch_system

__all__ = ["app", "run"]

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
    with opened_watch(system, environment, repo, now=now) as (governance, opened):
        report = watch_system(opened.watch, opened.using, now=now, dry_run=dry_run)
        summary = replace(
            _summary(report, opened, governance),
            silent=_silent(opened, governance),
            muted=muted_windows(opened.watch.monitors),
            missing=_missing(system, opened),
            coverage=label_coverage(opened.watch.monitors),
        )
    if output_format is Format.JSON:
        print_json(watch_json(summary))
    else:
        for style, line in watch_lines(summary):
            say(line, style)
        say_notes(opened)
    raise typer.Exit(int(bool(report.answered)))


app.command(epilog=INIT_HELP)(init)
app.command(epilog=REPLAY_HELP)(replay)
app.command(epilog=SIMULATE_HELP)(simulate)
app.command(epilog=EXPORT_HELP)(export)
app.command(epilog=ALARMS_HELP)(alarms)
app.command(epilog=VIEWS_HELP)(views)


def _missing(system: str, opened: OpenWatch) -> tuple[tuple[Monitor, str], ...]:
    """Monitors that are not held against the evaluation set that their document names."""
    found = missing_references(opened.watch.monitors, system=system)
    return tuple((each.monitor, each.because) for each in found)


def _silent(opened: OpenWatch, governance: Governance) -> tuple[tuple[Monitor, str], ...]:
    """Monitors without rows, of a system that is in operation."""
    found = silent_monitors(opened.watch.monitors, now=governance.now)
    return tuple((each.monitor, each.because) for each in found)


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
