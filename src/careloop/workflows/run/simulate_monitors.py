"""Play each monitor of a system through on ordinary made-up traffic: does it keep its promise, and how late is it?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.domain.monitor import Monitor, Reference
from careloop.errors import InvalidInput
from careloop.monitors.drift_alarm import DriftAlarm
from careloop.monitors.gap_alarm import GapAlarm
from careloop.monitors.rate_alarm import RateAlarm
from careloop.monitors.ratio_alarm import RatioAlarm
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.simulate import CaseResult, SimulatedTraffic, SimulationTerms, simulate_case
from careloop.monitors.traffic import CASES, Chance
from careloop.monitors.window import WindowCounts, hour_of_week, one_slot, pooled
from careloop.workflows.run.detect_changes import Part
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["SimulatedMonitor", "Supposed", "simulate_monitors"]

_LEVEL: Final = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What traffic is supposed to be."""

    rate: float = 0.2
    """Of hits, in (0, 1), while all is well."""
    rows: int = 300
    """In a window, all groups together."""
    change: float = 0.15
    """How far the rate, or that of one group, moves to the worse."""

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1 or not 0 < self.change < 1 or self.rows < 1:
            raise InvalidInput("a rate and a change lie between 0 and 1, and a window has at least a row")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedMonitor:
    """What came of one monitor."""

    monitor: Monitor
    cases: tuple[CaseResult, ...]
    not_simulated: str | None = None
    """Why there are no cases."""


def simulate_monitors(
    monitors: Sequence[WatchedMonitor], *, supposed: Supposed, terms: SimulationTerms, chance: Chance
) -> Iterator[SimulatedMonitor]:
    """Each monitor in turn, on every case of `CASES`.

    The alarm learns as it does in operation, with the tolerance of its document; only its threshold is set so that
    `terms.promised` of the runs may have a false alarm, since a promise of years cannot be tested in minutes.
    """
    for watched in monitors:
        if watched.drift or watched.calibration:
            yield SimulatedMonitor(
                monitor=watched.monitor, cases=(), not_simulated="traffic of mixtures and of scores is not made up"
            )
        else:
            yield SimulatedMonitor(monitor=watched.monitor, cases=_cases(watched, supposed, terms, chance))


def _cases(
    watched: WatchedMonitor, supposed: Supposed, terms: SimulationTerms, chance: Chance
) -> tuple[CaseResult, ...]:
    part = Part(watched=watched, group=None, windows=())
    traffic = _traffic(watched, supposed)
    threshold = terms.windows / terms.promised

    def learn(past: Sequence[WindowCounts]) -> ChangeAlarm:
        return _set_to(part.learn(past), threshold)

    naive = replace(terms, naive=_Naive(traffic).fires)
    return tuple(simulate_case(case, traffic, learn, chance=chance, terms=naive) for case in CASES)


def _set_to(alarm: ChangeAlarm, threshold: float) -> ChangeAlarm:
    assert isinstance(alarm, RateAlarm | GapAlarm | RatioAlarm | DriftAlarm)
    return replace(alarm, threshold=threshold)


def _traffic(watched: WatchedMonitor, supposed: Supposed) -> SimulatedTraffic:
    """Groups of equal rates and rows, one of which falls behind; or one rate that moves to the worse."""
    season = hour_of_week if watched.monitor.reference is Reference.SAME_HOUR_OF_WEEK else one_slot
    rate = supposed.rate if watched.at_most is None else 0.8 * watched.at_most
    way = 1 if watched.worse is Worse.HIGHER or (watched.worse is Worse.EITHER and rate < 0.5) else -1
    moved = min(0.99, max(0.0, rate + way * supposed.change))
    if not watched.gap:
        return SimulatedTraffic(
            before={"": (rate, supposed.rows)},
            after={"": (moved, supposed.rows)},
            seconds=watched.seconds,
            slot_of=season,
        )
    each = max(1, supposed.rows // len(watched.groups))
    before = dict.fromkeys(watched.groups, (rate, each))
    behind = max(0.0, rate - supposed.change)
    after = {**before, watched.groups[0]: (behind, each)}
    return SimulatedTraffic(before=before, after=after, seconds=watched.seconds, slot_of=season)


class _Naive:
    """What common tools do: judge each window by itself with a z-test at 5 %, against the past or the other groups."""

    def __init__(self, traffic: SimulatedTraffic) -> None:
        self._groups = list(traffic.before)
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
