"""The alarm of a gap between groups: does one fare differently from the others by more than we tolerate?

Null hypothesis, for each group against all others: in every closed window, given all before, the expected difference
of the two rates lies within ± tolerance. What is bet on is, per bucket of units that holds both, the difference of the
two means (of the whole window as long as history has not told how much the gap differs by itself). No least n is
needed: the evidence of a small group grows over as many windows as it takes, and nothing is dropped meanwhile. Rows of
unknown group are not compared; a group that was not declared belongs to "the others".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from careloop.domain.alarm import Signal, Worse
from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.errors import InvalidInput
from careloop.monitors.detector import BETS, DetectorState, Pay, advance, fresh, largest_bet, restarted, statistic_of
from careloop.monitors.history import gap_window_sd, group_and_rest
from careloop.monitors.pairs import paired
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.window import WindowCounts, pooled

__all__ = ["GapAlarm", "GapLeg", "compile_gap_alarm", "step_gap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLeg:
    """One group against all others, one way."""

    group: str
    moved: Worse
    """HIGHER: the group's rate above the others' by more than the tolerance; LOWER: below."""
    tolerance: float
    """What was asked, or the deviation of the gap in ordinary windows if that is more."""
    window_sd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapAlarm:
    """A gap alarm ready to run: everything but the traffic. Made by `compile_gap_alarm`."""

    monitor: str
    legs: tuple[GapLeg, ...]
    asked: float
    """The tolerance that the policy asked for."""
    threshold: float

    def start(self, release: str) -> DetectorState:
        """The state of a release before its first window."""
        return fresh(release, len(self.legs))

    def step(self, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
        """As `step_gap`."""
        return step_gap(self, state, window)


def compile_gap_alarm(terms: AlarmTerms, *, groups: Sequence[str], history: Iterable[WindowCounts]) -> GapAlarm:
    """The alarm that keeps the promise of `terms`. `groups` are all that are declared, at least two.

    Of two groups one is watched against the other; of more, each against the rest. `history` may be empty.
    """
    named = tuple(dict.fromkeys(group for group in groups if group != UNKNOWN_GROUP))
    if len(named) < 2:
        raise InvalidInput("a gap needs at least two groups")
    past = tuple(history)
    watched = named[:1] if len(named) == 2 else named
    sds = {group: gap_window_sd(past, group) for group in watched}
    return GapAlarm(
        monitor=terms.monitor,
        legs=tuple(
            GapLeg(group=group, moved=moved, tolerance=max(terms.tolerance, sds[group] or 0.0), window_sd=sds[group])
            for group in watched
            for moved in (Worse.HIGHER, Worse.LOWER)
        ),
        asked=terms.tolerance,
        threshold=terms.threshold,
    )


def step_gap(alarm: GapAlarm, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
    """The state after one closed window, and the alarm if this window raised one. Errors as `detector.advance`.

    A leg whose group, or whose others, have no rows is left as it is; if that holds for all, the window is skipped.
    """
    sides = {group: group_and_rest(window, group) for group in dict.fromkeys(leg.group for leg in alarm.legs)}
    pays = [_pay(leg, *sides[leg.group]) for leg in alarm.legs]
    after, loudest = advance(state, window, pays=pays, threshold=alarm.threshold)
    if loudest is None:
        return after, None
    leg, run = alarm.legs[loudest], after.legs[loudest]
    signal = Signal(
        monitor=alarm.monitor,
        release=window.release,
        window=window.window,
        since=run.since,
        moved=leg.moved,
        group=leg.group,
        observed=run.observed,
        compared=run.compared,
        limit=leg.tolerance,
        statistic=statistic_of(after),
        threshold=alarm.threshold,
    )
    return restarted(after), signal


def _pay(leg: GapLeg, inside: Mapping[int, Tally], outside: Mapping[int, Tally]) -> Pay | None:
    group, rest = pooled(inside.values()), pooled(outside.values())
    if not group.n or not rest.n:
        return None
    pairs = [(group, rest)] if leg.window_sd is None else paired(inside, outside)
    sign = 1 if leg.moved is Worse.HIGHER else -1
    excess = [sign * (a.hits / a.n - b.hits / b.n) - leg.tolerance for a, b in pairs]
    largest = largest_bet(
        most_lost=1 + leg.tolerance, tolerance=leg.tolerance, window_sd=leg.window_sd, blocks=len(excess)
    )
    return Pay(tuple(sum(math.log1p(largest * share * x) for x in excess) for share in BETS), group, rest)
