"""What a window of a monitor is taken to hold in a simulation, and what common tools would say of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.domain.monitor import Reference
from careloop.errors import InvalidInput
from careloop.monitors.made_up import Amounts, Mixtures, Scores
from careloop.monitors.simulate import SimulatedTraffic
from careloop.monitors.window import WindowCounts, hour_of_week, one_slot, pooled
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["Naive", "Supposed", "naive_rule", "supposed_change", "supposed_traffic"]

Naive = Callable[[WindowCounts, Sequence[WindowCounts]], bool]
_LEVEL: Final = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What traffic is supposed to be."""

    rate: float = 0.2
    """Of hits, in (0, 1), while all is well; of an amount, the place of its mean in the declared range."""
    rows: int = 300
    """In a window, all groups together."""
    change: float = 0.15
    """How far the rate, or that of one group, moves to the worse; of a mixture, the share of rows that goes to other
    bins; of scores, how far they become too high."""

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1 or not 0 < self.change < 1 or self.rows < 1:
            raise InvalidInput("a rate and a change lie between 0 and 1, and a window has at least a row")


def supposed_traffic(watched: WatchedMonitor, supposed: Supposed) -> SimulatedTraffic:
    """Groups of equal rates and rows, one of which falls behind; or all rows, which move to the worse."""
    seconds = watched.seconds
    season = hour_of_week if watched.monitor.reference is Reference.SAME_HOUR_OF_WEEK else one_slot
    rows = supposed.rows
    if watched.drift or watched.calibration:
        draw = Scores(watched.middles) if watched.calibration else Mixtures(len(watched.bins) - 1)
        before, after = {"": (0.0, rows)}, {"": (supposed.change, rows)}
        return SimulatedTraffic(before=before, after=after, seconds=seconds, slot_of=season, draw=draw)
    if watched.gap:
        each = max(1, rows // len(watched.groups))
        before = dict.fromkeys(watched.groups, (supposed.rate, each))
        after = {**before, watched.groups[0]: (max(0.0, supposed.rate - supposed.change), each)}
        return SimulatedTraffic(before=before, after=after, seconds=seconds, slot_of=season)
    rate = supposed.rate if watched.at_most is None else 0.8 * watched.at_most
    way = 1 if watched.worse is Worse.HIGHER or (watched.worse is Worse.EITHER and rate < 0.5) else -1
    moved = min(0.99, max(0.0, rate + way * supposed.change))
    whole = SimulatedTraffic(before={"": (rate, rows)}, after={"": (moved, rows)}, seconds=seconds, slot_of=season)
    return whole if watched.amounts is None else whole.drawn_by(Amounts(watched.amounts.span))


def supposed_change(watched: WatchedMonitor, supposed: Supposed) -> str:
    """What the change comes to, where it is not of the monitor's own measure; empty elsewhere."""
    if watched.amounts is not None:
        before, after = (
            watched.amounts.amount_at(next(iter(part.values()))[0])
            for traffic in [supposed_traffic(watched, supposed)]
            for part in (traffic.before, traffic.after)
        )
        return f"made up: a mean of {before:.4g} {watched.amounts.unit} that becomes {after:.4g}"
    if not watched.drift:
        return ""
    bins = len(watched.bins) - 1
    half = bins // 2
    parts = [(half, half / bins, -supposed.change), (bins - half, 1 - half / bins, supposed.change)]
    moved = {place: max(0.001, usual + by) / usual for place, (_, usual, by) in enumerate(parts)}
    index = sum(usual * (moved[place] - 1) * math.log(moved[place]) for place, (_, usual, _) in enumerate(parts))
    within = ", which is within the tolerance" if index <= watched.tolerance else ""
    return f"made up: {supposed.change:.0%} of the rows move to other bins, an index of {index:.2f}{within}"


def naive_rule(watched: WatchedMonitor, traffic: SimulatedTraffic) -> Naive | None:
    """A z-test of each window by itself at 5 %, as common tools do it; None where that is not what they do."""
    if watched.drift or watched.calibration:
        return None
    return _mean_test if watched.amounts is not None else _RateTest(list(traffic.before)).fires


class _RateTest:
    """Against the past, or of one group against the others."""

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups = groups
        self._past: dict[int, Tally] = {}

    def fires(self, window: WindowCounts, past: Sequence[WindowCounts]) -> bool:
        tallies = [pooled(cell.tally for cell in window.cells if cell.group == name) for name in self._groups]
        if len(tallies) > 1:
            (k, n), (k0, n0) = tallies[0], pooled(tallies[1:])
        else:
            if id(past) not in self._past:
                self._past = {id(past): pooled(each.tally for each in past)}
            (k, n), (k0, n0) = tallies[0], self._past[id(past)]
        if not n or not n0:
            return False
        p = (k + k0) / (n + n0)
        return abs(k / n - k0 / n0) > _LEVEL * math.sqrt(p * (1 - p) * (1 / n + 1 / n0))


def _mean_test(window: WindowCounts, past: Sequence[WindowCounts]) -> bool:
    """Further from the mean of the windows before than 1.96 of their deviations."""
    latest = [each.tally.hits / each.tally.n for each in past[-100:]]
    return abs(window.tally.hits / window.tally.n - fmean(latest)) > _LEVEL * stdev(latest)
