"""Planned processes against their runs, as JSON and as lines (R10)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from careloop import __version__
from careloop.status.schedule import RunState, ScheduleRow

__all__ = ["schedule_json", "schedule_lines"]

_STYLES = {RunState.ON_TIME: "good", RunState.LATE: "warn", RunState.MISSED: "bad"}


def schedule_json(rows: Sequence[ScheduleRow]) -> dict[str, Any]:
    """The whole answer; days in ISO 8601."""
    return {
        "schema": "careloop/schedule/v1",
        "careloop_version": __version__,
        "processes": [
            {
                "id": row.process.id,
                "owner": row.process.owner,
                "every": row.process.every,
                "state": row.state.value,
                "due": row.due.isoformat() if row.due else None,
                "last_run": row.last_run.isoformat() if row.last_run else None,
                "runs": row.runs,
                "late": row.late,
                "missed": row.missed,
                "because": row.because,
            }
            for row in rows
        ],
    }


def schedule_lines(rows: Sequence[ScheduleRow]) -> Iterator[tuple[str, str]]:
    """A line a process, each with a style, and a summary."""
    for row in rows:
        counts = f"{row.runs} run{'' if row.runs == 1 else 's'}, {row.late} late, {row.missed} missed"
        state = row.state.value.replace("_", " ")
        yield _STYLES.get(row.state, "grey"), f"{state:<9}{row.process.id}  every {row.process.every}  {counts}"
        yield "detail", f"         {row.because} ({row.process.owner})"
    counted = Counter(row.state for row in rows)
    said = ", ".join(f"{counted[state]} {state.value.replace('_', ' ')}" for state in RunState if counted[state])
    yield "summary", f"{len(rows)} planned processes: {said or 'none'}"
