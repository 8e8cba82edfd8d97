"""The engine of a change alarm: a Shiryaev-Roberts e-detector over several bets and several directions.

Each closed window multiplies the stake of every bet by what the window paid, after one more unit was staked:
M ← (M + 1)·pay. As long as no window can be expected to pay more than it takes, given all before it, the mean of all M
grows by at most 1 a window; so it reaches a threshold A, on average, not before A windows have passed.
Source: Shin, Ramdas and Rinaldo 2022, "E-detectors: a nonparametric framework for sequential change detection".

Not here: what a window pays (`rate_alarm`, `gap_alarm`), and what happens upon an alarm (`careloop.plans`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.alarm import Signal, Worse
from careloop.domain.counts import Tally
from careloop.errors import Conflict
from careloop.monitors.window import WindowCounts

__all__ = [
    "BETS",
    "DetectorState",
    "Leg",
    "Pay",
    "advance",
    "fresh",
    "largest_bet",
    "restarted",
    "signal_of_all",
    "statistic_of",
]

BETS: Final = (1.0, 0.5, 0.25, 0.125, 0.0625)
"""The grid of bets, as shares of the largest that is allowed: large ones see large changes soon, small ones small."""

_SHARE_OF_RUIN: Final = 0.9
"""No bet stakes more than this share of what one window could lose."""

_LARGEST_LOG: Final = 500.0
_NOTHING: Final = Tally(0, 0)


@dataclass(frozen=True, slots=True)
class Pay:
    """What one window pays on one leg: the logarithm per bet, and the counts it rests on."""

    logs: tuple[float, ...]
    observed: Tally
    compared: Tally = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One direction that is watched: the stake of each bet, and the run of windows that speaks for a change."""

    stakes: tuple[float, ...] = (0.0,) * len(BETS)
    evidence: float = 0.0
    """Logarithm of what the run has paid; the run ends when it has paid nothing."""
    since: int = 0
    """First window of the run."""
    observed: Tally = _NOTHING
    compared: Tally = _NOTHING

    def paid(self, pay: Pay, window: int) -> Leg:
        """The leg after one more window."""
        stakes = tuple((m + 1) * math.exp(min(g, _LARGEST_LOG)) for m, g in zip(self.stakes, pay.logs, strict=True))
        top = max(pay.logs)
        mean_log = top + math.log(sum(math.exp(g - top) for g in pay.logs) / len(pay.logs))
        going = self.evidence > 0
        return Leg(
            stakes=stakes,
            evidence=(self.evidence if going else 0.0) + mean_log,
            since=self.since if going else window,
            observed=self.observed.pooled(pay.observed) if going else pay.observed,
            compared=self.compared.pooled(pay.compared) if going else pay.compared,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorState:
    """What a detector remembers of one release between windows."""

    release: str
    legs: tuple[Leg, ...]
    last_window: int | None = None
    windows: int = 0
    """Windows with rows that were judged."""
    skipped: int = 0
    """Windows without rows, or without a reference to judge them by."""
    alarms: int = 0


def fresh(release: str, legs: int) -> DetectorState:
    """The state of a release that nothing is known about yet."""
    return DetectorState(release=release, legs=(Leg(),) * legs)


def largest_bet(*, most_lost: float, tolerance: float, window_sd: float | None, blocks: int) -> float:
    """The largest stake on each of `blocks` parts of a window; `most_lost` is the most that one part can fall short.

    Two limits. No part can ruin the stake. And chance shifts that all parts of a window share, of standard deviation
    `window_sd`, must not pay: for normal shifts the product of all parts expects at most 1 while
    bet·blocks ≤ 2·tolerance / window_sd²; half of that is staked.
    """
    bet = _SHARE_OF_RUIN / most_lost
    if window_sd:
        bet = min(bet, tolerance / (window_sd * window_sd * blocks))
    return bet


def advance(
    state: DetectorState, window: WindowCounts, *, pays: Sequence[Pay | None], threshold: float
) -> tuple[DetectorState, int | None]:
    """The state after one window, and the leg that raises an alarm, if any; the caller then goes on from `restarted`.

    A window of another release starts a new state. A window that was already consumed, or comes before one that was,
    is a `Conflict`. Legs that pay nothing (None) are left as they are; if all are, the window is skipped.
    """
    if state.release != window.release:
        state = fresh(window.release, len(state.legs))
    if state.last_window is not None and window.window <= state.last_window:
        raise Conflict(f"window {window.window} of release {window.release} comes after {state.last_window}")
    if all(pay is None for pay in pays):
        return replace(state, last_window=window.window, skipped=state.skipped + 1), None
    legs = tuple(
        leg if pay is None else leg.paid(pay, window.window) for leg, pay in zip(state.legs, pays, strict=True)
    )
    after = replace(state, legs=legs, last_window=window.window, windows=state.windows + 1)
    if statistic_of(after) < threshold:
        return after, None
    loudest = max(range(len(legs)), key=lambda i: sum(legs[i].stakes))
    return after, loudest


def restarted(state: DetectorState) -> DetectorState:
    """The state after its alarm: all stakes and runs gone, the alarm counted."""
    return replace(state, legs=(Leg(),) * len(state.legs), alarms=state.alarms + 1)


def statistic_of(state: DetectorState) -> float:
    """Mean of all stakes over legs and bets: itself an e-detector."""
    return sum(sum(leg.stakes) for leg in state.legs) / (len(state.legs) * len(BETS))


def signal_of_all(
    after: DetectorState, window: WindowCounts, *, monitor: str, limit: float, threshold: float
) -> Signal:
    """The signal of a distance that is taken over all rows and can only grow: no group, one direction."""
    run = after.legs[0]
    return Signal(
        monitor=monitor,
        release=window.release,
        window=window.window,
        since=run.since,
        moved=Worse.HIGHER,
        group=None,
        observed=run.observed,
        compared=None,
        limit=limit,
        statistic=statistic_of(after),
        threshold=threshold,
    )
