"""Planned processes against their recorded runs: a run after its day is late, one that never came is missed (8.1; R10).

A planned run has until the next one is due; what is recorded in between is late, and after that it is missed, whatever
comes later. Counting begins where the ledger does: before that nothing could be recorded. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from careloop.domain.aims import Process
from careloop.domain.noun import days_in
from careloop.domain.status import ProgrammeFinding

__all__ = ["ON_SCHEDULE", "RunState", "ScheduleRow", "process_findings", "schedule_of"]

ON_SCHEDULE = "process-on-schedule"
"""The rule whose findings these are."""


class RunState(StrEnum):
    """How a process stands on a day."""

    ON_TIME = "on_time"
    WAITING = "waiting"
    """It never ran, and its first run is not due yet."""
    LATE = "late"
    """The run is due and not recorded."""
    MISSED = "missed"
    """A planned run came and went without a record."""
    UNKNOWN = "unknown"
    """There is no ledger that could tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One process with a planned interval."""

    process: Process
    state: RunState
    due: date | None
    """Day of the next planned run, or of the one that is owed."""
    runs: int
    last_run: date | None
    late: int
    """Runs that came after their day, over all that is recorded."""
    missed: int
    """Planned runs that never came, the ones owed now included."""

    @property
    def because(self) -> str:
        """Why it is in this state."""
        last = f"last run on {self.last_run}" if self.last_run else "no run is recorded"
        match self.state:
            case RunState.UNKNOWN:
                return "there is no ledger, so no run could be recorded"
            case RunState.LATE:
                return f"{last}; the next was due on {self.due}"
            case RunState.MISSED:
                return f"{last}; {self.missed} planned runs have no record, the first since {self.due}"
            case _:
                return f"{last}; the next is due on {self.due}"


def schedule_of(
    processes: Iterable[Process], runs: Mapping[str, Sequence[date]], since: date | None, today: date
) -> tuple[ScheduleRow, ...]:
    """Every process that is planned at an interval; `runs` are the days of each in order, `since` where records begin.

    A day before the run before it counts as that day: no clock is trusted backwards.
    """
    planned = [process for process in processes if process.every is not None]
    return tuple(_row(process, runs.get(process.id, ()), since, today) for process in planned)


def _row(process: Process, runs: Sequence[date], since: date | None, today: date) -> ScheduleRow:
    if since is None:
        return ScheduleRow(process=process, state=RunState.UNKNOWN, due=None, runs=0, last_run=None, late=0, missed=0)
    every = days_in(process.every or "")
    before, late, missed = since, 0, 0
    for run in runs:
        over = (max(run, before) - before).days - every
        if over > 0:
            missed += over // every
            late += 1 if over % every else 0
        before = max(run, before)
    due = before + timedelta(days=every)
    owed = (today - due).days
    state = RunState.ON_TIME if runs else RunState.WAITING
    if owed > 0:
        state = RunState.LATE if owed < every else RunState.MISSED
    return ScheduleRow(
        process=process,
        state=state,
        due=due,
        runs=len(runs),
        last_run=runs[-1] if runs else None,
        late=late,
        missed=missed + max(0, owed) // every,
    )


def process_findings(rows: Iterable[ScheduleRow], file: str) -> Iterable[ProgrammeFinding]:
    """What the owners of late and missed processes are told."""
    for row in rows:
        if row.state in (RunState.LATE, RunState.MISSED):
            yield ProgrammeFinding(
                rule=ON_SCHEDULE,
                owner=row.process.owner,
                due=row.due,
                acting=None,
                message=f"{row.process.id}: {row.state.value}: {row.because}",
                file=file,
            )
