"""Play each monitor of a system through on ordinary made-up traffic: does it keep its promise, and how late is it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.monitor import Monitor
from careloop.monitors.calibration_alarm import CalibrationAlarm
from careloop.monitors.drift_alarm import DriftAlarm
from careloop.monitors.gap_alarm import GapAlarm
from careloop.monitors.rate_alarm import RateAlarm
from careloop.monitors.ratio_alarm import RatioAlarm
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.simulate import CaseResult, SimulationTerms, simulate_case
from careloop.monitors.traffic import CASES, Chance
from careloop.monitors.window import WindowCounts
from careloop.workflows.run.detect_changes import Part
from careloop.workflows.run.simulated_traffic import Supposed, naive_rule, supposed_change, supposed_traffic
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["SimulatedMonitor", "simulate_monitors"]

_SLOW_HISTORY: Final = 168
_SLOW_WINDOWS: Final = 100
"""A detector of calibration looks at its whole past for each new guess; a week of it, and fewer windows, must do."""
_SLOW_SAID: Final = f"played over {_SLOW_WINDOWS} windows, learnt from {_SLOW_HISTORY}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedMonitor:
    """What came of one monitor."""

    monitor: Monitor
    cases: tuple[CaseResult, ...]
    not_simulated: str | None = None
    """Why there are no cases."""
    made_up: str = ""
    """What the change comes to, and how much was played, where the options do not say; empty elsewhere."""


def simulate_monitors(
    monitors: Sequence[WatchedMonitor], *, supposed: Supposed, terms: SimulationTerms, chance: Chance
) -> Iterator[SimulatedMonitor]:
    """Each monitor in turn, on every case of `CASES`.

    The alarm learns as it does in operation, with the tolerance of its document; only its threshold is set so that
    `terms.promised` of the runs may have a false alarm, since a promise of years cannot be tested in minutes.
    """
    for watched in monitors:
        if watched.drift and len(watched.bins) < 3:
            why = "a mixture of one bin has nothing to move"
            yield SimulatedMonitor(monitor=watched.monitor, cases=(), not_simulated=why)
        else:
            said = supposed_change(watched, supposed) or _SLOW_SAID * watched.calibration
            cases = _cases(watched, supposed, terms, chance)
            yield SimulatedMonitor(monitor=watched.monitor, cases=cases, made_up=said)


def _cases(
    watched: WatchedMonitor, supposed: Supposed, terms: SimulationTerms, chance: Chance
) -> tuple[CaseResult, ...]:
    part = Part(watched=watched, group=None, windows=())
    traffic = supposed_traffic(watched, supposed)
    played = replace(terms, naive=naive_rule(watched, traffic))
    if watched.calibration:
        played = replace(played, history=min(terms.history, _SLOW_HISTORY), windows=min(terms.windows, _SLOW_WINDOWS))
    threshold = played.windows / played.promised

    def learn(past: Sequence[WindowCounts]) -> ChangeAlarm:
        return _set_to(part.learn(past), threshold)

    return tuple(simulate_case(case, traffic, learn, chance=chance, terms=played) for case in CASES)


def _set_to(alarm: ChangeAlarm, threshold: float) -> ChangeAlarm:
    assert isinstance(alarm, RateAlarm | GapAlarm | RatioAlarm | DriftAlarm | CalibrationAlarm)
    return replace(alarm, threshold=threshold)
