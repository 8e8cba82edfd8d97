"""The alarm of an impact ratio: is one group selected less often, in proportion to another, than is accepted?

Null hypothesis: in every closed window, given all before, no group's expected rate is below `least` times that of any
other group; `least` is what the reference showed at its worst, less the tolerance. What is bet on is, per part of the
window that holds rows of both, least·(other's mean) - (group's mean), which the null keeps at or below 0. Up to six
groups are watched pairwise, more of them each against all others together.

A group with fewer rows in the reference than the least n is not judged yet and is named in `waiting`; its rows add up
over time, since the past that is the reference grows. Rows of unknown group are not compared.
Source of the ratio: US EEOC Uniform Guidelines 1978, section 4D; of the bets: Podkopaev and Ramdas 2022.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.alarm import Signal, Worse
from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.errors import InvalidInput
from careloop.measures.beta import beta_quantile
from careloop.monitors.detector import BETS, DetectorState, Pay, advance, fresh, largest_bet, restarted, statistic_of
from careloop.monitors.history import contrast_window_sd, learn_rate, rows_of
from careloop.monitors.pairs import paired
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.window import Cell, WindowCounts, pooled

__all__ = ["RatioAlarm", "RatioLeg", "compile_ratio_alarm", "step_ratio"]

_MOST_PAIRED: Final = 6
_DOUBT: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioLeg:
    """One group against another, or against all others."""

    group: str
    others: frozenset[str]
    least: float
    """The smallest ratio of the group's rate to that of the others that is still accepted; 0: not judged yet."""
    slack: float
    """What the tolerance leaves between the reference and `least`, as a difference of rates."""
    window_sd: float | None
    """Of least·(others' rate) - (group's rate), from window to window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioAlarm:
    """An alarm of an impact ratio ready to run. Made by `compile_ratio_alarm`."""

    monitor: str
    legs: tuple[RatioLeg, ...]
    asked: float
    """The tolerance that the policy asked for, as a difference of ratios."""
    threshold: float
    waiting: tuple[str, ...] = ()
    """Groups whose reference has too few rows."""

    def start(self, release: str) -> DetectorState:
        """The state of a release before its first window."""
        return fresh(release, len(self.legs))

    def step(self, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
        """As `step_ratio`."""
        return step_ratio(self, state, window)


def compile_ratio_alarm(
    terms: AlarmTerms,
    *,
    groups: Sequence[str],
    history: Iterable[WindowCounts],
    minimum_n: int,
    reference: Mapping[str, Tally] | None = None,
) -> RatioAlarm:
    """The alarm that keeps the promise of `terms` against this past. `groups` are all that are declared, at least two.

    With a `reference`, what an evaluation set showed by group, the past only tells how windows differ.

    Without a past, or with fewer than two groups that have `minimum_n` rows in it, the alarm judges nothing, and what
    it is waiting for stands in `waiting`.
    """
    named = tuple(dict.fromkeys(group for group in groups if group != UNKNOWN_GROUP))
    if len(named) < 2:
        raise InvalidInput("an impact ratio needs at least two groups")
    past = tuple(history)
    usual = past if reference is None else (_as_window(reference),)
    past_of = replace(_Past.of(usual, named, least_n=minimum_n), windows=past)
    return RatioAlarm(
        monitor=terms.monitor,
        legs=tuple(_leg(terms, past_of, group, others) for group, others in _versus(named, past_of.known)),
        asked=terms.tolerance,
        threshold=terms.threshold,
        waiting=tuple(group for group in named if group not in past_of.known) if past_of.usual else named,
    )


def step_ratio(alarm: RatioAlarm, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
    """The state after one closed window, and the alarm if this window raised one. Errors as `detector.advance`.

    A leg one of whose sides has no rows is left as it is; if that holds for all, the window is skipped.
    """
    sides = [(rows_of(window, {leg.group}), rows_of(window, leg.others)) for leg in alarm.legs]
    pays = [_pay(leg, *side) for leg, side in zip(alarm.legs, sides, strict=True)]
    after, loudest = advance(state, window, pays=pays, threshold=alarm.threshold)
    if loudest is None:
        return after, None
    leg, run = alarm.legs[loudest], after.legs[loudest]
    signal = Signal(
        monitor=alarm.monitor,
        release=window.release,
        window=window.window,
        since=run.since,
        moved=Worse.LOWER,
        group=leg.group,
        observed=run.observed,
        compared=run.compared,
        limit=leg.least,
        statistic=statistic_of(after),
        threshold=alarm.threshold,
    )
    return restarted(after), signal


@dataclass(frozen=True, slots=True)
class _Past:
    """What the past says of the groups that have enough rows in it."""

    windows: Sequence[WindowCounts]
    known: Mapping[str, Tally]
    usual: float
    """The lowest that its ratio of the lowest to the highest rate may be; 0 when fewer than two groups are known."""

    @classmethod
    def of(cls, windows: Sequence[WindowCounts], named: Sequence[str], *, least_n: int) -> _Past:
        tallies = {
            group: pooled(tally for window in windows for tally in rows_of(window, {group}).values()) for group in named
        }
        known = {group: tally for group, tally in tallies.items() if tally.n >= max(1, least_n)}
        if len(known) < 2:
            return cls(windows, known, 0.0)
        ends = [_ends(windows, group, tally, doubt=_DOUBT / len(known)) for group, tally in known.items()]
        return cls(windows, known, min(low for low, _ in ends) / max(high for _, high in ends))


def _as_window(reference: Mapping[str, Tally]) -> WindowCounts:
    cells = tuple(Cell(group, 0, tally) for group, tally in reference.items())
    return WindowCounts(window=0, release="evaluation", cells=cells)


def _leg(terms: AlarmTerms, past: _Past, group: str, others: frozenset[str]) -> RatioLeg:
    theirs = pooled(past.known[other] for other in others if other in past.known)
    if group not in past.known or not theirs.hits:
        return RatioLeg(group=group, others=others, least=0.0, slack=0.0, window_sd=None)
    rate = theirs.hits / theirs.n
    sd = contrast_window_sd(past.windows, {group}, others, weight=max(0.0, past.usual - terms.tolerance))
    least = max(0.0, past.usual - max(terms.tolerance, (sd or 0.0) / rate))
    return RatioLeg(group=group, others=others, least=least, slack=(past.usual - least) * rate, window_sd=sd)


def _ends(past: Sequence[WindowCounts], group: str, tally: Tally, *, doubt: float) -> tuple[float, float]:
    """Between which rates the group's lies but for a chance of `doubt`, its rows counted as clumps."""
    cells = [
        WindowCounts(
            window=window.window,
            release=window.release,
            cells=tuple(cell for cell in window.cells if cell.group == group),
        )
        for window in past
    ]
    effect = learn_rate(cells).design_effect
    hits, misses = tally.hits / effect, (tally.n - tally.hits) / effect
    low = beta_quantile(doubt / 2, hits, misses + 1) if hits else 0.0
    high = beta_quantile(1 - doubt / 2, hits + 1, misses) if misses else 1.0
    return low, high


def _versus(named: tuple[str, ...], known: Collection[str]) -> list[tuple[str, frozenset[str]]]:
    """Who is compared with whom; as many pairs, in the same order, whatever the past holds."""
    if len(named) <= _MOST_PAIRED:
        return [(group, frozenset({other})) for group in named for other in named if other != group]
    return [(group, frozenset(known) - {group}) for group in named]


def _pay(leg: RatioLeg, inside: Mapping[int, Tally], outside: Mapping[int, Tally]) -> Pay | None:
    group, rest = pooled(inside.values()), pooled(outside.values())
    if leg.least <= 0 or not group.n or not rest.n:
        return None
    pairs = [(group, rest)] if leg.window_sd is None else paired(inside, outside)
    excess = [leg.least * b.hits / b.n - a.hits / a.n for a, b in pairs]
    largest = largest_bet(most_lost=1.0, tolerance=leg.slack, window_sd=leg.window_sd, blocks=len(excess))
    return Pay(tuple(sum(math.log1p(largest * share * x) for x in excess) for share in BETS), group, rest)
