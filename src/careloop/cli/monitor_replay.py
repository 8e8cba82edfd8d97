"""`care monitor replay`: the system's own past through its detectors, and a picture of what they saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import EnvironmentOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, day_option, print_json, repository_root, say
from careloop.errors import UsageError
from careloop.monitors.known_events import MutedWindows
from careloop.plans.automation_history import explained, plans_of
from careloop.reports.alarm_report import rehearsal_json, rehearsal_line
from careloop.reports.coverage_of_labels import coverage_lines
from careloop.reports.muted_report import muted_json, muted_lines
from careloop.reports.replay_plot import ReplayedDetector, replay_svg
from careloop.workflows.run.amount_monitor import outside_note
from careloop.workflows.run.automation_log import automation_entries
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.evaluation_references import missing_references
from careloop.workflows.run.label_cohorts import label_coverage
from careloop.workflows.run.muted_windows import muted_windows
from careloop.workflows.run.rehearse_monitors import Rehearsed, between, notice_change, rehearse_monitors
from careloop.workflows.run.release_desk import Governance, read_governance
from careloop.workflows.run.watch_desk import OpenWatch, open_watch

__all__ = ["REPLAY_HELP", "opened_watch", "replay", "say_notes"]

REPLAY_HELP = """
Examples:  care monitor replay product-recommender
           care monitor replay product-recommender --from 2026-09-01 --to 2026-10-15 --plot replay.svg
           care monitor replay product-recommender --changed 2026-10-01

No window is judged by a past that has seen it. `--changed` names a day on which something is known to have changed: the
windows before it are the past, and it is told how many days later each detector noticed.

Exit codes:  0 every detector kept its promise and may act  ·  1 some may only alert  ·  2 something cannot be read
"""


def replay(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    environment: EnvironmentOption = "production",
    since: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day (UTC); else all.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day (UTC), part of it.")] = None,
    changed: Annotated[
        str | None, typer.Option("--changed", metavar="DAY", help="Day of a known change: how soon was it noticed?")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a picture (SVG) to this file.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Replay the system's own past: has each detector kept its promise over four weeks, so that it may act?"""
    first, last = _second(day_option(since, "--from")), _second(day_option(until, "--to"), days=1)
    if first is not None and last is not None and first >= last:
        raise UsageError("--from lies after --to", hint="give the earlier day first")
    with opened_watch(system, environment, repo, now=wiring.now()) as (governance, opened):
        plans = plans_of(automation_entries(opened.using.hands.ledger), system=system, environment=environment)
        monitors = between(opened.watch.monitors, since=first, until=last)
        done = rehearse_monitors(monitors, explained=explained(plans))
        moment = _second(day_option(changed, "--changed"))
        muted = muted_windows(monitors)
        if moment is not None:
            done = notice_change(monitors, done, changed=moment)
    if plot is not None:
        plot.write_text(replay_svg(system, [_drawn(each) for each in done]), encoding="utf-8")
    if output_format is Format.JSON:
        source = {"commit": governance.commit, "standards_digest": governance.standards_digest}
        rows = [(each.monitor, each.group, each.readiness, each.signals) for each in done]
        noticed = None if moment is None else [each.days_to_notice for each in done]
        print_json(rehearsal_json(system, rows, source=source, noticed=noticed) | {"muted": muted_json(muted)})
    else:
        _tell(done, opened, muted, told_of_change=moment is not None)
        if plot is not None:
            say(f"the picture is in {plot}")
    raise typer.Exit(int(not all(each.readiness.may_act for each in done)))


def _tell(
    done: tuple[Rehearsed, ...], opened: OpenWatch, muted: Sequence[MutedWindows], *, told_of_change: bool
) -> None:
    for each in done:
        style, line = rehearsal_line(each.monitor, each.group, each.readiness)
        say(line, style)
        if told_of_change:
            days = each.days_to_notice
            say(f"    the change was {'not noticed' if days is None else f'noticed after {days:.1f} days'}", "grey")
    for style, line in (*muted_lines(muted), *coverage_lines(label_coverage(opened.watch.monitors))):
        say(line, style)
    for missing in missing_references(opened.watch.monitors, system=opened.watch.system):
        say(f"reference missing: {missing.monitor.id}: {missing.because}", "bad")
    for left in opened.left_out:
        say(f"not watched: {left.monitor.id} ({left.because})", "grey")
    say_notes(opened)


def _second(day: date | None, *, days: int = 0) -> int | None:
    if day is None:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + days * 86_400


def _drawn(each: Rehearsed) -> ReplayedDetector:
    name = each.monitor.id if each.group is None else f"{each.monitor.id} {each.group}"
    return ReplayedDetector(
        name=name,
        told=each.readiness.because,
        threshold=each.threshold,
        trace=each.trace,
        alarms=tuple(signal.window for signal in each.signals),
        events=each.events,
    )


@contextmanager
def opened_watch(
    system: str, environment: str, repo: RepoOnlyOption, *, now: datetime
) -> Iterator[tuple[Governance, OpenWatch]]:
    """What is in force, and the system's monitors with their windows and hands; closed again at the end."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk, closing(wiring.lake(root)) as lake:
        governance = read_governance(desk, now)
        place = Place(system=system, environment=environment)
        yield governance, open_watch(governance, place, wiring.watch_desk(root, desk.ledger, lake))


def say_notes(opened: OpenWatch) -> None:
    """What a reader has to know about how monitors are watched."""
    for watched in opened.watch.monitors:
        for note in filter(None, (watched.note, outside_note(watched))):
            say(f"note: {watched.monitor.id}: {note}", "grey")
