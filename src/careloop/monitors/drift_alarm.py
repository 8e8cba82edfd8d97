"""The alarm of drift: is the mixture of a column further from its reference than is accepted, as PSI?

Null hypothesis: in every closed window, given all before, the population stability index of the true mixture against
the reference is at most the tolerance. All such mixtures form a convex set. Before a window is looked at, those of the
release so far say in which direction the mixture seems to have left that set; there the set has a supporting plane,
and what is bet on is how far the window lies beyond it, per bucket of units. On no mixture of the set is that expected
to be above 0, so a guess that was wrong costs evidence and never the promise.

The tolerance has what the reference itself may be off by added to it, and is at least what windows of the past differ
by themselves. An index is compared as it is, noise included on neither side: the bets are on shares, not on the index.
Source: testing by betting with a predictable guess (Waudby-Smith and Ramdas 2024; Shekhar and Ramdas 2023); the index
is convex as both Kullback-Leibler divergences that it adds are (Csiszár 1967).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from careloop.domain.alarm import Signal
from careloop.domain.counts import Tally
from careloop.monitors.detector import BETS, DetectorState, Pay, advance, fresh, largest_bet, restarted, signal_of_all
from careloop.monitors.mixture_history import MixtureHistory, shares_of, stability_index
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.window import WindowCounts

__all__ = ["DriftAlarm", "DriftState", "compile_drift_alarm", "step_drift"]

_MEMORY: Final = 0.8
"""What a window's rows still weigh in the guess when the next one has come."""
_STEPS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftState(DetectorState):
    """A detector's memory, and the mixture of the latest windows, from which the next bet is made."""

    seen: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftAlarm:
    """An alarm of drift ready to run. Made by `compile_drift_alarm`."""

    monitor: str
    history: MixtureHistory
    tolerance: float
    """The largest index that is accepted: what was asked or what the past shows, and the reference's uncertainty."""
    asked: float
    threshold: float

    def start(self, release: str) -> DetectorState:
        """The state of a release before its first window."""
        state = fresh(release, 1)
        return DriftState(release=state.release, legs=state.legs, seen={})

    def step(self, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
        """As `step_drift`."""
        return step_drift(self, state, window)


@dataclass(frozen=True, slots=True)
class _Plane:
    """A supporting plane of the accepted mixtures: the gain of a row in each bin, at most 0 on average within them."""

    gains: Mapping[int, float]
    grown: frozenset[int]
    """Bins that hold more than in the reference."""
    slack: float
    """How far the reference itself lies below the plane."""


def compile_drift_alarm(terms: AlarmTerms, *, bins: Sequence[int], history: Sequence[WindowCounts]) -> DriftAlarm:
    """The alarm that keeps the promise of `terms` against the mixture of this past.

    `bins` are all that a row can be in, the missing one too. Without rows in the past it judges nothing.
    """
    learnt = MixtureHistory.of(history, bins=bins)
    return DriftAlarm(
        monitor=terms.monitor,
        history=learnt,
        tolerance=max(terms.tolerance, learnt.wandering) + learnt.uncertainty,
        asked=terms.tolerance,
        threshold=terms.threshold,
    )


def step_drift(alarm: DriftAlarm, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
    """The state after one closed window, and the alarm if this window raised one. Errors as `detector.advance`.

    A window without rows, or one for which the past gives no reference, is skipped. One before which nothing seemed to
    have moved pays nothing and takes nothing.
    """
    parts = window.mixtures()
    seen = state.seen if isinstance(state, DriftState) and state.release == window.release else {}
    known = bool(parts) and alarm.history.rows > 0
    plane = _plane(alarm, seen) if known else None
    pay = _pay(alarm, plane, parts) if known else None
    after, loudest = advance(state, window, pays=[pay], threshold=alarm.threshold)
    after = _remembered(after, seen, parts)
    if loudest is None:
        return after, None
    signal = signal_of_all(after, window, monitor=alarm.monitor, limit=alarm.tolerance, threshold=alarm.threshold)
    return restarted(after), signal


def _remembered(after: DetectorState, seen: Mapping[int, float], parts: Mapping[int, Mapping[int, int]]) -> DriftState:
    new = {bin_: _MEMORY * weight for bin_, weight in seen.items()}
    for mixture in parts.values():
        for bin_, n in mixture.items():
            new[bin_] = new.get(bin_, 0.0) + n
    return DriftState(
        release=after.release,
        legs=after.legs,
        last_window=after.last_window,
        windows=after.windows,
        skipped=after.skipped,
        alarms=after.alarms,
        seen=new,
    )


def _plane(alarm: DriftAlarm, seen: Mapping[int, float]) -> _Plane | None:
    """Where the accepted mixtures end on the way from the reference to the mixture seen; None within them."""
    if not seen:
        return None
    there, usual = shares_of(seen, alarm.history.bins), alarm.history.shares
    if stability_index(there, usual) <= alarm.tolerance:
        return None
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if stability_index(_between(usual, there, middle), usual) <= alarm.tolerance:
            low = middle
        else:
            high = middle
    edge = _between(usual, there, high)
    slopes = {bin_: math.log(edge[bin_] / usual[bin_]) + 1 - usual[bin_] / edge[bin_] for bin_ in usual}
    level = sum(slopes[bin_] * edge[bin_] for bin_ in usual)
    gains = {bin_: slope - level for bin_, slope in slopes.items()}
    grown = frozenset(bin_ for bin_ in usual if edge[bin_] > usual[bin_])
    return _Plane(gains, grown, -sum(gains[bin_] * usual[bin_] for bin_ in usual))


def _between(a: Mapping[int, float], b: Mapping[int, float], way: float) -> dict[int, float]:
    return {bin_: (1 - way) * a[bin_] + way * b[bin_] for bin_ in a}


def _pay(alarm: DriftAlarm, plane: _Plane | None, parts: Mapping[int, Mapping[int, int]]) -> Pay:
    rows = sum(n for mixture in parts.values() for n in mixture.values())
    if plane is None:
        return Pay((0.0,) * len(BETS), Tally(0, rows))
    blocks = list(parts.values())
    sd = alarm.history.window_sd(plane.gains)
    if sd is None:
        whole: dict[int, int] = {}
        for mixture in blocks:
            for bin_, n in mixture.items():
                whole[bin_] = whole.get(bin_, 0) + n
        blocks = [whole]
    excess = [_mean(plane.gains, mixture) for mixture in blocks]
    lost = -min(plane.gains.values())
    largest = largest_bet(most_lost=lost, tolerance=plane.slack, window_sd=sd, blocks=len(excess))
    logs = tuple(sum(math.log1p(largest * share * x) for x in excess) for share in BETS)
    return Pay(logs, Tally(sum(n for mixture in blocks for b, n in mixture.items() if b in plane.grown), rows))


def _mean(gains: Mapping[int, float], mixture: Mapping[int, int]) -> float:
    """The mean gain of the rows; a bin that nobody declared counts as the worst loss, which can only delay an alarm."""
    worst = min(gains.values())
    return sum(gains.get(bin_, worst) * n for bin_, n in mixture.items()) / sum(mixture.values())
