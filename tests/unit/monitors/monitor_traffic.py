"""Traffic for the tests of alarms: ordinary, and not as independent as the textbook has it (MEASURES)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from careloop.domain.alarm import Worse
from careloop.domain.counts import BUCKETS, Tally
from careloop.monitors.promise import AlarmTerms, Promise
from careloop.monitors.rate_alarm import RateAlarm
from careloop.monitors.window import Cell, WindowCounts, hour_of_day, one_slot

HOUR = 3600
FOUR_WEEKS = 28 * 24


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """How ordinary rows come, before anything is wrong."""

    window_sd: float = 0.0
    daily_cycle: float = 0.0
    per_user: int = 1
    within_user: float = 0.0
    """Correlation of one user's rows."""
    by_hour: bool = False
    buckets: int = BUCKETS

    def window(self, random: np.random.Generator, hour: int, groups: Mapping[str, tuple[float, int]]) -> WindowCounts:
        """One hour of rows, `groups` naming the rate and the rows of each."""
        shift = self.daily_cycle * float(np.sin(2 * np.pi * (hour % 24) / 24))
        if self.window_sd:
            shift += float(random.normal(0, self.window_sd))
        cells: list[Cell] = []
        for group, (rate, rows) in groups.items():
            hits, n = self._rows(random, float(np.clip(rate + shift, 0.001, 0.999)), rows)
            cells += [Cell(group, b, Tally(hits[b], n[b])) for b in range(self.buckets) if n[b]]
        slot_of = hour_of_day if self.by_hour else one_slot
        return WindowCounts(window=hour * HOUR, release="v1", slot=slot_of(hour * HOUR), cells=tuple(cells))

    def _rows(self, random: np.random.Generator, rate: float, rows: int) -> tuple[list[int], list[int]]:
        users = max(1, rows // self.per_user)
        bucket = random.integers(0, self.buckets, users)
        if self.within_user:
            clump = (1 - self.within_user) / self.within_user
            rates = random.beta(rate * clump, (1 - rate) * clump, users)
            hits = random.binomial(self.per_user, rates)
        else:
            hits = random.binomial(self.per_user, rate, users)
        per_bucket = np.bincount(bucket, weights=hits, minlength=self.buckets).astype(int)
        rows_per_bucket = np.bincount(bucket, minlength=self.buckets) * self.per_user
        return per_bucket.tolist(), rows_per_bucket.tolist()


ORDINARY = {
    "independent rows": Traffic(buckets=16),
    "windows that differ by .01": Traffic(window_sd=0.01, buckets=16),
    "windows that differ by .02": Traffic(window_sd=0.02, buckets=16),
    "a daily cycle judged by the hour": Traffic(daily_cycle=0.02, by_hour=True, buckets=16),
    "a daily cycle that nobody told of": Traffic(daily_cycle=0.02, buckets=16),
    "users with ten rows each": Traffic(per_user=10, within_user=0.2),
}
"""The cases that MEASURES names; most in a quarter of the buckets, which is as hard and four times as fast."""


def terms(*, tolerance: float = 0.0, windows: int = 4000, worse: Worse = Worse.HIGHER) -> AlarmTerms:
    """One false alarm in so many hourly windows: over 200 of them, a chance of at most 200 / `windows`."""
    return AlarmTerms(
        monitor="rate", tolerance=tolerance, promise=Promise(days=windows / 24), window_seconds=HOUR, worse=worse
    )


def a_rate_alarm(*, rate: float = 0.1, worse: Worse = Worse.HIGHER, threshold: float = 100.0) -> RateAlarm:
    """An alarm whose reference is known exactly, for sums by hand."""
    return RateAlarm(
        monitor="rate",
        worse=worse,
        accepted={0: (rate, rate)},
        tolerance=0.0,
        asked=0.0,
        window_sd=None,
        threshold=threshold,
    )


def a_window(number: int = 0, *, release: str = "v1", slot: int = 0, **groups: tuple[int, int]) -> WindowCounts:
    """A window with one bucket a group, hits and rows given."""
    cells = tuple(Cell(group, 0, Tally(*counts)) for group, counts in groups.items())
    return WindowCounts(window=number * HOUR, release=release, slot=slot, cells=cells)
