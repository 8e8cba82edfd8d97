"""Third part of the demonstration: four weeks that earn a monitor the right to act, a rollback, and a safe state."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from careloop.cli.demo.company import Candidate, after
from careloop.cli.demo.release_scenes import Plot, play_loosened_release
from careloop.cli.demo.traffic import CAMPAIGN, TrafficTerms
from careloop.errors import CareloopError
from careloop.plans.explain import explain_plan
from careloop.reports.alarm_report import rehearsal_line
from careloop.workflows.run.rehearse_monitors import rehearse_monitors
from careloop.workflows.run.watch_system import Answered, WatchReport

__all__ = ["play_run"]

_WEEKS = 29
"""Days of ordinary traffic: four weeks, and the one that closes the last of them."""
_PATIENCE = 14
"""Days that the story waits for an alarm or a verification at most."""
_RUSH = 12_000
"""Applications on a day on which everybody comes."""


def play_run(plot: Plot, fair: Candidate) -> None:
    """Four weeks of traffic, the bad release with its rollback, and the shift that no rollback helps."""
    traffic = TrafficTerms(release=fair.lock.digest, seed=11)
    day = _earn(plot, fair, traffic, first=4)
    bad = play_loosened_release(plot, day)
    day = _roll_back(plot, bad, traffic, first=day + 1)
    day = _verify(plot, fair, traffic, first=day + 1)
    _shift(plot, fair, traffic, first=day + 1)


def _earn(plot: Plot, fair: Candidate, traffic: TrafficTerms, *, first: int) -> int:
    """Serve four weeks; show whether the monitors kept their promise. Returns the first day after them."""
    stage = plot.stage
    stage.scene("Four weeks of its own traffic earn a monitor the right to act")
    stage.tell(f"{_WEEKS} days of applications, answered by 3.2.0 and taken into the lake with their event times.")
    taken = 0
    for day in stage.progress("days", range(first, first + _WEEKS)):
        taken += plot.company.serve(fair, plot.pools.traffic, _date(plot, day), traffic).accepted
    stage.show([("good", f"{taken:,} events taken")])
    last = first + _WEEKS - 1
    with plot.company.opened(after(_date(plot, last)) + timedelta(minutes=10)) as opened:
        for one in rehearse_monitors(opened.watch.monitors):
            stage.show([rehearsal_line(one.monitor, one.group, one.readiness)])
    quiet = _look(plot, last)
    stage.show([("good", f"alarms in four weeks: {len(quiet.answered)}")])
    return last + 1


def _roll_back(plot: Plot, bad: Candidate, traffic: TrafficTerms, *, first: int) -> int:
    """Serve the bad release until the alarm; returns the day it came."""
    stage = plot.stage
    stage.scene("Live traffic tells what the small evaluation did not")
    day, answered = _until_alarm(plot, bad, traffic, first=first)
    stage.tell(f"On day {day - first + 1} under 3.3.0 the daily gap between women and men is beyond tolerance:")
    _show_answer(plot, answered)
    return day


def _verify(plot: Plot, fair: Candidate, traffic: TrafficTerms, *, first: int) -> int:
    """Serve the target until served traffic shows that it answers and that the gap is back; returns that day."""
    stage = plot.stage
    stage.tell("Reading the registry back proves nothing. The next days' traffic must show it; many people apply.")
    for day in range(first, first + _PATIENCE):
        plot.company.serve(fair, plot.pools.traffic, _date(plot, day), replace(traffic, rows_a_day=_RUSH))
        for one in _look(plot, day).continued:
            stage.show([_outcome_line(f"day {day - first + 1}", done.outcome.value, done.detail) for done in one.done])
            if one.over:
                return day
    raise CareloopError("the rollback was not verified within the story")


def _shift(plot: Plot, fair: Candidate, traffic: TrafficTerms, *, first: int) -> None:
    """Let other people come: no release could help, and the system goes to its safe state."""
    stage = plot.stage
    stage.scene("Second act: the population itself shifts, and no rollback would help")
    partners = ", ".join(partner.name for partner in CAMPAIGN)
    stage.tell(f"A campaign brings other applicants: {partners}. 3.2.0 still judges each of them as before.")
    day, answered = _until_alarm(plot, fair, replace(traffic, partners=CAMPAIGN), first=first)
    stage.tell(f"On day {day - first + 1} of the campaign the alarm comes. The target is replayed on the same rows:")
    _show_answer(plot, answered)


def _until_alarm(
    plot: Plot, serving: Candidate, traffic: TrafficTerms, *, first: int
) -> tuple[int, Sequence[Answered]]:
    for day in plot.stage.progress("days", range(first, first + _PATIENCE)):
        plot.company.serve(serving, plot.pools.traffic, _date(plot, day), traffic)
        answered = _look(plot, day).answered
        if answered:
            return day, answered
    raise CareloopError("no alarm came within the story")


def _look(plot: Plot, day: int) -> WatchReport:
    """Look once, twenty minutes past the midnight that ends a day."""
    return plot.company.watch(after(_date(plot, day)) + timedelta(minutes=10))


def _show_answer(plot: Plot, answered: Iterable[Answered]) -> None:
    for one in answered:
        plot.stage.show([("summary", line) for line in explain_plan(one.plan)])
        for done in one.executed.done if one.executed else ():
            plot.stage.show([_outcome_line(done.place, done.outcome.value, done.detail)])


def _outcome_line(place: str, outcome: str, detail: str) -> tuple[str, str]:
    return {"done": "good", "failed": "bad"}.get(outcome, "warn"), f"{place}: {outcome} · {detail}"


def _date(plot: Plot, day: int) -> date:
    return plot.calendar.at(day).date()
