"""The alarm of calibration: is the score further from what turns out to be true than is accepted?

Null hypothesis: in every closed window, given all before, the expected calibration error - the mean over the rows of
|share of positives in the row's bin - middle of the bin| - is at most that of the reference plus the tolerance. For
whatever signs that are fixed before a window is looked at, one for each bin, the mean of sign·(label - middle) is
expected to be at most that error. So the signs that the release's windows so far suggest are bet on, per bucket of
units; a wrong guess costs evidence and never the promise.

The reference is taken at the upper end of what its rows leave open. A score counts as the middle of its bin on both
sides, so the width of a bin is in the reference as well.
Source: testing by betting with a predictable guess (Waudby-Smith and Ramdas 2024); the error is that of Naeini, Cooper
and Hauskrecht 2015.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Final

from careloop.domain.alarm import Signal
from careloop.domain.counts import Tally
from careloop.errors import InvalidInput
from careloop.monitors.detector import BETS, DetectorState, Pay, advance, fresh, largest_bet, restarted, signal_of_all
from careloop.monitors.history import upper_sd
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.window import WindowCounts

__all__ = ["CalibrationAlarm", "CalibrationState", "compile_calibration_alarm", "step_calibration"]

_MEMORY: Final = 0.95
"""What a window's rows still weigh in the guess when the next one has come."""
_SURE: Final = 1.5
"""A bin is bet on from so many standard errors on; the others are left out, which no null hypothesis minds."""
_DOUBT: Final = 0.01
_LEAST_WINDOWS: Final = 8

Offs = Mapping[int, tuple[float, float]]
"""By bin, how many more positives there were than its middle says, and its rows; both may be weighed down by age."""
Signs = Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationState(DetectorState):
    """A detector's memory, and by how much each bin was off in the latest windows."""

    seen: Offs


@dataclass(frozen=True, kw_only=True)
class CalibrationAlarm:
    """An alarm of calibration ready to run. Made by `compile_calibration_alarm`."""

    monitor: str
    middles: tuple[float, ...]
    past: tuple[WindowCounts, ...]
    asked: float
    """The tolerance that the policy asked for."""
    threshold: float

    @cached_property
    def reference(self) -> float | None:
        """The calibration error of the past, at the upper end of what its rows leave open; None without rows."""
        offs = _offs(self.past, self.middles)
        n = round(sum(rows for _, rows in offs.values()))
        if n == 0:
            return None
        error = sum(abs(off) for off, _ in offs.values()) / n
        signs = {bin_: math.copysign(1.0, off) for bin_, (off, _) in offs.items()}
        by_window: list[tuple[float, int]] = []
        by_bucket: dict[int, tuple[float, int]] = {}
        for window in self.past:
            by_window.append(_signed(_whole(window), signs, self.middles))
            for bucket, block in _by_bucket(window).items():
                total, count = _signed(block, signs, self.middles)
                old = by_bucket.get(bucket, (0.0, 0))
                by_bucket[bucket] = (old[0] + total, old[1] + count)
        variance = max(
            sum((total - count * error) ** 2 for total, count in parts) / n**2 * len(parts) / (len(parts) - 1)
            if len(parts) > 1
            else 0.25 / n
            for parts in (by_window, list(by_bucket.values()))
        )
        return error + NormalDist().inv_cdf(1 - _DOUBT) * math.sqrt(variance)

    @cached_property
    def accepted(self) -> float | None:
        """The error that is accepted of a release that errs where the past did; None without rows.

        Of one that errs elsewhere it may be a little more: what windows differ by depends on which bins are off.
        """
        if self.reference is None:
            return None
        signs = {bin_: math.copysign(1.0, off) for bin_, (off, _) in _offs(self.past, self.middles).items()}
        return self.reference + max(self.asked, self.window_sd(signs) or 0.0)

    @cached_property
    def _learnt(self) -> dict[frozenset[tuple[int, float]], float | None]:
        """What was reckoned for which signs."""
        return {}

    @cached_property
    def _parts(self) -> list[list[tuple[list[tuple[int, float]], int]]]:
        """For each window with scored rows: by bucket, how far off each bin is, and the rows."""
        found = []
        for window in self.past:
            parts = []
            for block in _by_bucket(window).values():
                known = [(bin_, tally) for bin_, tally in block.items() if 0 <= bin_ < len(self.middles)]
                if known:
                    offs = [(bin_, tally.hits - tally.n * self.middles[bin_]) for bin_, tally in known]
                    parts.append((offs, sum(tally.n for _, tally in known)))
            if parts:
                found.append(parts)
        return found

    def window_sd(self, signs: Signs) -> float | None:
        """How much a window's true error, with these signs, differs from one to the next; 95 % upper bound.

        None from fewer than 8 windows with rows.
        """
        key = frozenset(signs.items())
        if key not in self._learnt:
            self._learnt[key] = self._window_sd(signs)
        return self._learnt[key]

    def _window_sd(self, signs: Signs) -> float | None:
        found = []
        for parts in self._parts:
            blocks = [(sum(signs.get(bin_, 0.0) * off for bin_, off in offs), n) for offs, n in parts]
            rows = sum(n for _, n in blocks)
            found.append((sum(total for total, _ in blocks) / rows, rows, _variance_of_mean(blocks)))
        if len(found) < _LEAST_WINDOWS:
            return None
        rows = sum(n for _, n, _ in found)
        mean = sum(value * n for value, n, _ in found) / rows
        scale = len(found) / (len(found) - 1)
        return upper_sd([((value - mean) ** 2 * scale - noise, n) for value, n, noise in found])

    def start(self, release: str) -> DetectorState:
        """The state of a release before its first window."""
        state = fresh(release, 1)
        return CalibrationState(release=state.release, legs=state.legs, seen={})

    def step(self, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
        """As `step_calibration`."""
        return step_calibration(self, state, window)


def compile_calibration_alarm(
    terms: AlarmTerms, *, middles: Sequence[float], history: Iterable[WindowCounts]
) -> CalibrationAlarm:
    """The alarm that keeps the promise of `terms` against the calibration of this past.

    `middles` are those of the bins of the score, in order. Without rows in the past it judges nothing.
    """
    if not middles or any(not 0 <= middle <= 1 for middle in middles):
        raise InvalidInput("a score lies between 0 and 1, and so do the middles of its bins")
    return CalibrationAlarm(
        monitor=terms.monitor,
        middles=tuple(middles),
        past=tuple(history),
        asked=terms.tolerance,
        threshold=terms.threshold,
    )


def step_calibration(
    alarm: CalibrationAlarm, state: DetectorState, window: WindowCounts
) -> tuple[DetectorState, Signal | None]:
    """The state after one closed window, and the alarm if this window raised one. Errors as `detector.advance`.

    A window without rows, or without a reference, is skipped. The first window of a release only teaches the signs.
    """
    same = isinstance(state, CalibrationState) and state.release == window.release
    seen: Offs = state.seen if same and isinstance(state, CalibrationState) else {}
    offs = _offs([window], alarm.middles)
    reference = alarm.reference if offs else None
    pay, limit = (None, 0.0) if reference is None else _pay(alarm, seen, window, reference)
    after, loudest = advance(state, window, pays=[pay], threshold=alarm.threshold)
    after = _remembered(after, seen, offs)
    if loudest is None:
        return after, None
    signal = signal_of_all(after, window, monitor=alarm.monitor, limit=limit, threshold=alarm.threshold)
    return restarted(after), signal


def _pay(alarm: CalibrationAlarm, seen: Offs, window: WindowCounts, reference: float) -> tuple[Pay, float]:
    """What the window pays, and the error that is still accepted."""
    whole = _whole(window)
    counted = Tally(sum(tally.hits for tally in whole.values()), sum(tally.n for tally in whole.values()))
    signs = _signs(seen)
    if not signs:
        return Pay((0.0,) * len(BETS), counted), reference + alarm.asked
    sd = alarm.window_sd(signs)
    tolerance = max(alarm.asked, sd or 0.0)
    limit = reference + tolerance
    blocks = [whole] if sd is None else list(_by_bucket(window).values())
    means = [total / n for total, n in (_signed(block, signs, alarm.middles) for block in blocks) if n]
    largest = largest_bet(most_lost=1 + limit, tolerance=tolerance, window_sd=sd, blocks=len(means))
    logs = tuple(sum(math.log1p(largest * share * (mean - limit)) for mean in means) for share in BETS)
    return Pay(logs, counted), limit


def _remembered(after: DetectorState, seen: Offs, offs: Offs) -> CalibrationState:
    new = {bin_: (_MEMORY * off, _MEMORY * rows) for bin_, (off, rows) in seen.items()}
    for bin_, (off, rows) in offs.items():
        old = new.get(bin_, (0.0, 0.0))
        new[bin_] = (old[0] + off, old[1] + rows)
    return CalibrationState(
        release=after.release,
        legs=after.legs,
        last_window=after.last_window,
        windows=after.windows,
        skipped=after.skipped,
        alarms=after.alarms,
        seen=new,
    )


def _signs(offs: Offs) -> dict[int, float]:
    """Which way the bins are off that are off by more than chance explains."""
    return {
        bin_: math.copysign(1.0, off) for bin_, (off, rows) in offs.items() if abs(off) > _SURE * math.sqrt(rows) / 2
    }


def _offs(windows: Iterable[WindowCounts], middles: Sequence[float]) -> dict[int, tuple[float, float]]:
    """What these windows say of each bin that has rows with a score."""
    found: dict[int, tuple[float, float]] = {}
    for window in windows:
        for bin_, tally in _whole(window).items():
            if 0 <= bin_ < len(middles) and tally.n:
                off, rows = found.get(bin_, (0.0, 0.0))
                found[bin_] = (off + tally.hits - tally.n * middles[bin_], rows + tally.n)
    return found


def _signed(block: Mapping[int, Tally], signs: Signs, middles: Sequence[float]) -> tuple[float, int]:
    """Sum of sign·(label - middle) over the rows that have a score, and how many they are; an unknown sign is 0."""
    known = [(bin_, tally) for bin_, tally in block.items() if 0 <= bin_ < len(middles)]
    total = sum(signs.get(bin_, 0.0) * (tally.hits - tally.n * middles[bin_]) for bin_, tally in known)
    return total, sum(tally.n for _, tally in known)


def _whole(window: WindowCounts) -> dict[int, Tally]:
    found: dict[int, Tally] = {}
    for cell in window.cells:
        old = found.get(cell.bin)
        found[cell.bin] = cell.tally if old is None else old.pooled(cell.tally)
    return found


def _by_bucket(window: WindowCounts) -> dict[int, dict[int, Tally]]:
    found: dict[int, dict[int, Tally]] = {}
    for cell in window.cells:
        if cell.tally.n:
            bins = found.setdefault(cell.bucket, {})
            old = bins.get(cell.bin)
            bins[cell.bin] = cell.tally if old is None else old.pooled(cell.tally)
    return found


def _variance_of_mean(blocks: Sequence[tuple[float, int]]) -> float:
    """Variance of a window's mean from drawing units, buckets being clumps.

    One bucket tells nothing and gives 0: windows then seem to differ more than they do, which delays an alarm.
    """
    n = sum(count for _, count in blocks)
    if len(blocks) < 2 or n == 0:
        return 0.0
    mean = sum(total for total, _ in blocks) / n
    return sum((total - count * mean) ** 2 for total, count in blocks) * len(blocks) / (len(blocks) - 1) / n**2
