"""How soon would an alarm notice a change? Found by playing it through, with randomness that the caller hands in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from careloop.domain.counts import BUCKETS, Tally
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.traffic import Chance, drawn
from careloop.monitors.window import Cell, WindowCounts

__all__ = ["Delay", "GroupTraffic", "Trial", "expected_delay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTraffic:
    """What one group is taken to send in a window. A rate alarm looks at all groups together."""

    rows: int
    before: float
    """Its rate while all is well."""
    after: float
    """Its rate after the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How many windows passed from the change to the alarm, over simulated runs."""

    median: float | None
    """None when fewer than half of the runs noticed in time."""
    in_nine_of_ten: float | None
    """The delay that nine of ten runs did not exceed; None when fewer noticed."""
    noticed: float
    """Share of runs that noticed before the simulation ended."""
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How to simulate: so many healthy windows, then at most so many changed ones, so often."""

    healthy: int = 50
    changed: int = 500
    runs: int = 100
    window_sd: float = 0.0
    """Standard deviation of the shift that all rows of a window share."""


def expected_delay(
    alarm: ChangeAlarm, traffic: Mapping[str, GroupTraffic], *, chance: Chance, trial: Trial | None = None
) -> Delay:
    """How long this alarm takes to notice that rates go from `before` to `after` in the middle of its life."""
    plan = trial or Trial()
    found = sorted(_one_delay(alarm, traffic, chance, plan) or math.inf for _ in range(plan.runs))

    def reached(share: float) -> float | None:
        delay = found[min(plan.runs - 1, math.ceil(share * plan.runs) - 1)]
        return delay if math.isfinite(delay) else None

    noticed = sum(map(math.isfinite, found)) / plan.runs
    return Delay(median=reached(0.5), in_nine_of_ten=reached(0.9), noticed=noticed, runs=plan.runs)


def _one_delay(alarm: ChangeAlarm, traffic: Mapping[str, GroupTraffic], chance: Chance, trial: Trial) -> int | None:
    state = alarm.start("simulated")
    for i in range(trial.healthy + trial.changed):
        changed = i >= trial.healthy
        shift = chance.gauss(0.0, trial.window_sd) if trial.window_sd else 0.0
        rates = {group: min(1.0, max(0.0, (t.after if changed else t.before) + shift)) for group, t in traffic.items()}
        cells = [
            Cell(group, bucket, Tally(drawn(n, rates[group], chance), n))
            for group, each in traffic.items()
            for bucket, n in _spread_over_buckets(each.rows, i).items()
        ]
        state, signal = alarm.step(state, WindowCounts(window=i, release="simulated", cells=tuple(cells)))
        if signal is not None and changed:
            return i - trial.healthy + 1
    return None


def _spread_over_buckets(rows: int, turn: int) -> dict[int, int]:
    """Rows per bucket, as even as they go; those left over go to other buckets each time."""
    each, over = divmod(rows, BUCKETS)
    extra = {(turn * over + i) % BUCKETS for i in range(over)}
    found = {bucket: each + (bucket in extra) for bucket in range(BUCKETS)}
    return {bucket: n for bucket, n in found.items() if n}
