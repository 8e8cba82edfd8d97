"""R10: planned runs against actual ones; late is late, and a planned run without a record is missed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.aims import Process
from careloop.status.schedule import RunState, ScheduleRow, process_findings, schedule_of

START = date(2026, 1, 1)


def a_process(every: str | None = "P10D") -> Process:
    fields = {"id": "review", "kind": "other", "name": "Review", "phase": "run", "owner": "lead", "every": every}
    return Process.model_validate(fields)


def row(*runs: int, today: int, since: date | None = START) -> ScheduleRow:
    """Days are counted from the start."""
    days = [START + timedelta(days=run) for run in runs]
    (found,) = schedule_of([a_process()], {"review": days}, since, START + timedelta(days=today))
    return found


@pytest.mark.parametrize(
    ("runs", "today", "state", "late", "missed"),
    [
        ((), 10, RunState.WAITING, 0, 0),
        ((), 11, RunState.LATE, 0, 0),
        ((), 20, RunState.MISSED, 0, 1),
        ((), 45, RunState.MISSED, 0, 3),
        ((10,), 20, RunState.ON_TIME, 0, 0),
        ((10,), 21, RunState.LATE, 0, 0),
        ((12,), 20, RunState.ON_TIME, 1, 0),
        ((20,), 25, RunState.ON_TIME, 0, 1),
        ((25,), 26, RunState.ON_TIME, 1, 1),
        ((5, 10, 15), 20, RunState.ON_TIME, 0, 0),
    ],
)
def test_on_time_late_and_missed_r10(
    runs: tuple[int, ...], today: int, state: RunState, late: int, missed: int
) -> None:
    found = row(*runs, today=today)
    assert (found.state, found.late, found.missed) == (state, late, missed)


def test_without_a_ledger_nobody_knows_and_nobody_is_blamed_r10() -> None:
    found = row(today=500, since=None)
    assert found.state is RunState.UNKNOWN
    assert list(process_findings([found], "aims/processes.yaml")) == []


def test_a_process_that_runs_on_events_only_is_not_planned_r10() -> None:
    assert schedule_of([a_process(None)], {}, START, START) == ()


def test_late_and_missed_are_told_to_the_owner_of_the_process_r10() -> None:
    (late,) = process_findings([row(today=15)], "aims/processes.yaml")
    assert (late.rule, late.owner, late.due) == ("process-on-schedule", "lead", date(2026, 1, 11))
    (missed,) = process_findings([row(today=25)], "aims/processes.yaml")
    assert "missed: no run is recorded; 1 planned runs have no record" in missed.message


@given(st.lists(st.integers(1, 60), max_size=20))
def test_a_run_more_never_makes_it_worse_r10(gaps: list[int]) -> None:
    """More runs recorded in between never add to what was missed."""
    days = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    today = sum(gaps) + 5
    fewer, more = row(*days[::2], today=today), row(*days, today=today)
    assert more.missed <= fewer.missed
    assert all(a <= b for a, b in pairwise(days))
