"""What the day says of each monitor, as lines and as JSON; the fleet's promise below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from careloop.monitors.fleet_promise import FleetPromise
from careloop.monitors.known_events import MutedWindows
from careloop.reports.muted_report import muted_json, muted_lines

__all__ = ["DayRow", "ListOfDay", "day_json", "day_lines"]

_SHOWN: Final = 10
"""Rows that are shown though they do not stand out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One monitor."""

    system: str
    monitor: str
    since: datetime
    e_value: float
    windows: int
    stands_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOfDay:
    """All of them, the loudest first."""

    rows: Sequence[DayRow]
    wrong_share: float
    fleet: FleetPromise | None
    muted: Sequence[tuple[str, MutedWindows]] = ()


def day_lines(found: ListOfDay) -> Iterator[tuple[str, str]]:
    """Style and text: those that stand out, the next ones, what was not judged, and the fleet."""
    out = sum(row.stands_out for row in found.rows)
    if found.rows:
        yield (
            "heading",
            f"evidence of the day (e-values; {out} of {len(found.rows)} stand out, at most {found.wrong_share:.0%} of "
            "those named are expected to be named wrongly)",
        )
    shown = [row for place, row in enumerate(found.rows) if row.stands_out or place < _SHOWN]
    for row in shown:
        mark = "stands out" if row.stands_out else "          "
        yield (
            "must" if row.stands_out else "grey",
            f"  {mark}  {_size(row.e_value):>10}  {row.system} {row.monitor} since {row.since:%Y-%m-%d} "
            f"({row.windows} window{'' if row.windows == 1 else 's'})",
        )
    if len(shown) < len(found.rows):
        yield "grey", f"  and {len(found.rows) - len(shown)} more below {_size(shown[-1].e_value)}"
    yield from muted_lines([one for _, one in found.muted])
    if found.fleet is not None:
        yield from _fleet(found.fleet)


def _fleet(fleet: FleetPromise) -> Iterator[tuple[str, str]]:
    said = f"{fleet.monitors} monitor{'' if fleet.monitors == 1 else 's'} promise together at most one false alarm in "
    reached = f"the average of all detectors has reached {fleet.reached_days:,.1f} of {fleet.needed_days:,.0f} days"
    yield "must" if fleet.alarm else "grey", f"fleet: {said}{fleet.together_days:,.0f} days; {reached}"


def _size(e_value: float) -> str:
    return f"{e_value:,.2f}" if e_value < 1_000 else f"{e_value:.1e}"


def day_json(found: ListOfDay) -> dict[str, Any]:
    """The same for machines."""
    fleet = found.fleet
    return {
        "wrong_share": found.wrong_share,
        "monitors": [
            {
                "system": row.system,
                "monitor": row.monitor,
                "day": row.since.date().isoformat(),
                "e_value": row.e_value,
                "windows": row.windows,
                "stands_out": row.stands_out,
            }
            for row in found.rows
        ],
        "fleet": None
        if fleet is None
        else {
            "monitors": fleet.monitors,
            "together_days": fleet.together_days,
            "needed_days": fleet.needed_days,
            "reached_days": fleet.reached_days,
            "alarm": fleet.alarm,
        },
        "not_judged": [{"system": system, **muted_json([one])[0]} for system, one in found.muted],
    }
