"""The alarm of one rate: has it become worse than its reference by more than we tolerate?

Null hypothesis: in every closed window, given all before, the expected rate is at most reference + tolerance (at least
reference - tolerance when lower is worse). The reference is not a point: its end of the 99 % interval is used
(`RateHistory.accepted`). What is bet on are means - of each bucket of units if history has told how much windows differ
by themselves, else of the whole window - so that rows of one person need not be independent
(Podkopaev and Ramdas 2022; Waudby-Smith and Ramdas 2024 for bets on means of bounded values).

What it does not withstand is a rate that wanders slowly by itself, day after day away from its mean: the promise then
holds only for a larger tolerance, and the rehearsal on its own history (`replay.rehearse`) is there to show it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from careloop.domain.alarm import Signal, Worse
from careloop.domain.counts import Tally
from careloop.monitors.detector import BETS, DetectorState, Pay, advance, fresh, largest_bet, restarted, statistic_of
from careloop.monitors.history import RateHistory
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.window import WindowCounts, pooled

__all__ = ["RateAlarm", "compile_fixed_alarm", "compile_rate_alarm", "step_rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateAlarm:
    """A rate alarm ready to run: everything but the traffic. Made by `compile_rate_alarm`."""

    monitor: str
    worse: Worse
    accepted: Mapping[int, tuple[float, float]]
    """Per season slot: between which rates the reference lies."""
    tolerance: float
    """How much worse is still accepted: what was asked, or the deviation of ordinary windows if that is more."""
    asked: float
    """The tolerance that the policy asked for."""
    window_sd: float | None
    threshold: float

    @property
    def directions(self) -> tuple[Worse, ...]:
        """The ways that are watched, one leg each."""
        return (Worse.HIGHER, Worse.LOWER) if self.worse is Worse.EITHER else (self.worse,)

    def start(self, release: str) -> DetectorState:
        """The state of a release before its first window."""
        return fresh(release, len(self.directions))

    def step(self, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
        """As `step_rate`."""
        return step_rate(self, state, window)

    def limit(self, slot: int, direction: Worse) -> float | None:
        """The worst rate that is still accepted in this slot; None without a reference."""
        found = self.accepted.get(slot)
        if found is None:
            return None
        low, high = found
        return high + self.tolerance if direction is Worse.HIGHER else low - self.tolerance


def compile_rate_alarm(terms: AlarmTerms, *, history: RateHistory) -> RateAlarm:
    """The alarm that keeps the promise of `terms` against this reference."""
    found = {slot: history.accepted(slot) for slot in history.slots}
    return RateAlarm(
        monitor=terms.monitor,
        worse=terms.worse,
        accepted={slot: ends for slot, ends in found.items() if ends is not None},
        tolerance=max(terms.tolerance, history.window_sd or 0.0),
        asked=terms.tolerance,
        window_sd=history.window_sd,
        threshold=terms.threshold,
    )


def compile_fixed_alarm(terms: AlarmTerms, *, history: RateHistory, at_most: float) -> RateAlarm:
    """The alarm of a rate that may be at most `at_most`, whatever it was; the past tells how windows differ.

    So is a quantile watched: a limit that 5 % of the rows may exceed is a limit on their 95 % quantile.
    """
    learnt = compile_rate_alarm(terms, history=history)
    return replace(learnt, worse=Worse.HIGHER, accepted=dict.fromkeys(history.slots, (0.0, at_most)))


def step_rate(alarm: RateAlarm, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
    """The state after one closed window, and the alarm if this window raised one.

    A window without rows, or of a slot without a reference, is skipped. Errors as `detector.advance`.
    """
    parts = window.by_bucket()
    if alarm.window_sd is None and parts:
        parts = {0: pooled(parts.values())}
    pays = [_pay(alarm, parts, window.slot, direction) for direction in alarm.directions]
    after, loudest = advance(state, window, pays=pays, threshold=alarm.threshold)
    if loudest is None:
        return after, None
    leg, direction = after.legs[loudest], alarm.directions[loudest]
    signal = Signal(
        monitor=alarm.monitor,
        release=window.release,
        window=window.window,
        since=leg.since,
        moved=direction,
        group=None,
        observed=leg.observed,
        compared=None,
        limit=alarm.limit(window.slot, direction) or 0.0,
        statistic=statistic_of(after),
        threshold=alarm.threshold,
    )
    return restarted(after), signal


def _pay(alarm: RateAlarm, parts: Mapping[int, Tally], slot: int, direction: Worse) -> Pay | None:
    limit = alarm.limit(slot, direction)
    if not parts or limit is None:
        return None
    worst = limit if direction is Worse.HIGHER else 1 - limit
    if worst >= 1:
        return Pay((0.0,) * len(BETS), pooled(parts.values()))
    excess = [
        (tally.hits if direction is Worse.HIGHER else tally.n - tally.hits) / tally.n - worst
        for tally in parts.values()
    ]
    largest = largest_bet(most_lost=worst, tolerance=alarm.tolerance, window_sd=alarm.window_sd, blocks=len(excess))
    logs = tuple(sum(math.log1p(largest * share * x) for x in excess) for share in BETS)
    return Pay(logs, pooled(parts.values()))
