"""R46: the mean of an amount is watched with a promise that heavy tails, people who come back and days do not break."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monitor_traffic import FOUR_WEEKS, HOUR, terms

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.alarm import Worse
from careloop.domain.count_plan import Column, ColumnKind
from careloop.domain.counts import BUCKETS, CellKey, CountTable, Tally
from careloop.errors import InvalidInput
from careloop.measures.business import bounded_amount_plan
from careloop.measures.intervals import clopper_pearson
from careloop.monitors.amounts import AmountRange, amount_windows, compile_amount_alarm, outside
from careloop.monitors.rate_alarm import RateAlarm
from careloop.monitors.window import Cell, WindowCounts, hour_of_day, one_slot

CENTS = AmountRange(low=0, high=20_000, digits=2, unit="EUR")
SPENT = Column("spent", ColumnKind.INTEGER)
RUNS, WINDOWS, ROWS = 8, 200, 300


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Amounts as they come: three of ten rows have one, most are small, a few enormous; who spends, spends again."""

    window_sd: float = 0.0
    """Of the logarithm of all amounts of an hour."""
    daily_cycle: float = 0.0
    per_user: int = 1
    within_user: float = 0.0
    """Share of the variance of the logarithm that is the person's own; who buys at all is the person's own likewise."""
    by_hour: bool = False

    def window(self, chance: np.random.Generator, hour: int, *, less: float = 0.0) -> WindowCounts:
        users = ROWS // self.per_user
        own, row = chance.normal(size=(users, 1)), chance.normal(size=(users, self.per_user))
        size = self.within_user**0.5 * own + (1 - self.within_user) ** 0.5 * row
        mine, now = chance.random((users, 1)), chance.random((users, self.per_user))
        keeps = chance.random((users, self.per_user)) < self.within_user**0.5
        buys = np.where(keeps, mine, now) < 0.3
        shift = self.daily_cycle * np.sin(2 * np.pi * (hour % 24) / 24) + self.window_sd * chance.normal()
        cents = np.where(buys, np.exp(7.5 + shift - less + 1.1 * size), 0.0)
        spent = np.minimum(cents, CENTS.high).astype(np.int64).sum(axis=1)
        bucket = chance.integers(0, BUCKETS, users)
        hits = np.bincount(bucket, weights=spent, minlength=BUCKETS).astype(np.int64).tolist()
        rows = (np.bincount(bucket, minlength=BUCKETS) * self.per_user).tolist()
        cells = tuple(Cell("", b, Tally(hits[b], rows[b] * CENTS.span)) for b in range(BUCKETS) if rows[b])
        slot = (hour_of_day if self.by_hour else one_slot)(hour * HOUR)
        return WindowCounts(window=hour * HOUR, release="v1", slot=slot, cells=cells)

    def windows(self, chance: np.random.Generator, hours: range, *, less: float = 0.0) -> list[WindowCounts]:
        return [self.window(chance, hour, less=less) for hour in hours]


SHOPS = {
    "heavy tails": Shop(),
    "hours that differ": Shop(window_sd=0.1),
    "a daily cycle judged by the hour": Shop(daily_cycle=0.2, by_hour=True),
    "people with ten rows each": Shop(per_user=10, within_user=0.2),
    "all of it": Shop(window_sd=0.05, daily_cycle=0.2, per_user=10, within_user=0.2),
}


def learnt(past: Sequence[WindowCounts], *, worse: Worse = Worse.EITHER, tolerance: float = 0.0) -> RateAlarm:
    return compile_amount_alarm(terms(worse=worse, tolerance=tolerance), history=past)


def first_alarm(alarm: RateAlarm, windows: Sequence[WindowCounts]) -> int | None:
    state = alarm.start("v1")
    for number, window in enumerate(windows):
        state, signal = alarm.step(state, window)
        if signal is not None:
            return number
    return None


@pytest.mark.parametrize("name", SHOPS)
def test_the_promise_holds_on_amounts_as_they_really_come(name: str) -> None:
    """At a tolerance of nothing, both ways watched, with the uncertainty of the reference in the count."""
    shop, false, naive = SHOPS[name], 0, 0
    for seed in range(RUNS):
        chance = np.random.default_rng(seed)
        past = shop.windows(chance, range(FOUR_WEEKS))
        after = shop.windows(chance, range(FOUR_WEEKS, FOUR_WEEKS + WINDOWS))
        false += first_alarm(learnt(past), after) is not None
        naive += _z_test_alarms(past, after)
    assert clopper_pearson(Tally(false, RUNS)).low <= WINDOWS / 4000, f"{false} of {RUNS} runs"
    assert false <= 2
    assert naive == RUNS, "a z-test a window alarms in every run"


def _z_test_alarms(past: Sequence[WindowCounts], after: Sequence[WindowCounts]) -> bool:
    means = [window.tally.hits / window.tally.n for window in past]
    sd = float(np.std(means))
    return any(abs(window.tally.hits / window.tally.n - fmean(means)) > 1.96 * sd for window in after)


@pytest.mark.parametrize("name", ["heavy tails", "all of it"])
def test_spending_a_third_less_is_noticed_within_a_stated_time(name: str) -> None:
    shop, late = SHOPS[name], []
    for seed in range(3):
        chance = np.random.default_rng(seed)
        alarm = learnt(shop.windows(chance, range(FOUR_WEEKS)), worse=Worse.LOWER)
        changed = shop.windows(chance, range(FOUR_WEEKS, FOUR_WEEKS + WINDOWS), less=0.4)
        late.append(first_alarm(alarm, changed))
    assert None not in late, late
    assert sorted(late)[1] <= 150  # type: ignore[type-var, operator]  # none of them is None


def test_a_past_without_a_single_amount_is_no_proof_that_none_can_come() -> None:
    nothing = [
        WindowCounts(window=hour * HOUR, release="v1", cells=(Cell("", 0, Tally(0, 50 * CENTS.span)),))
        for hour in range(100)
    ]
    alarm = learnt(nothing, worse=Worse.HIGHER)
    low, high = alarm.accepted[0]
    assert low == 0.0
    assert 0.01 < high < 0.05, "a hundred observations: a rare amount may have been missed"
    one = WindowCounts(window=100 * HOUR, release="v1", cells=(Cell("", 0, Tally(CENTS.span, 50 * CENTS.span)),))
    assert first_alarm(alarm, [one]) is None


ROWS_OF_AMOUNTS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.one_of(st.none(), st.integers(-50_000, 50_000))), max_size=40
)


@given(rows=ROWS_OF_AMOUNTS)
def test_windows_hold_the_mean_of_the_amounts_brought_into_the_range(rows: list[tuple[str | None, int | None]]) -> None:
    """Against the plain sum over rows, each of which is moved to the nearer end first."""
    within = AmountRange(low=-300, high=20_000, digits=2)
    plan = bounded_amount_plan("spent", column=SPENT, low=within.low, high=within.high)
    table = NumpyCounts({"spent": [cents for _, cents in rows]}).count(plan)
    there = [cents for _, cents in rows if cents is not None]
    assert (
        outside(table) == (sum(c < -300 for c in there), sum(c > 20_000 for c in there), len(there)) if there else True
    )
    windows = amount_windows(table, within)
    assert bool(windows) == bool(there)
    for window in windows:
        moved = [min(20_000, max(-300, cents)) for cents in there]
        assert within.amount_at(window.tally.hits / window.tally.n) == pytest.approx(sum(moved) / len(moved) / 100)


def test_tables_of_two_parts_added_give_the_windows_of_the_whole() -> None:
    chance = random.Random(1)
    plan = bounded_amount_plan("spent", column=SPENT, low=0, high=1000)
    amounts = [chance.choice([None, *range(-200, 1500, 7)]) for _ in range(500)]
    parts = [NumpyCounts({"spent": amounts[cut]}).count(plan) for cut in (slice(0, 123), slice(123, None))]
    within = AmountRange(low=0, high=1000, digits=0)
    merged = CountTable.merged(parts, columns=plan.columns)
    assert amount_windows(merged, within) == amount_windows(NumpyCounts({"spent": amounts}).count(plan), within)


def test_releases_windows_groups_and_buckets_stay_apart() -> None:
    cells = {
        CellKey("m", release, window, group, 0, bucket): (700, 1, 1, 5)
        for release in ("v1", "v2")
        for window in (0, 3600)
        for group in ("x", "y")
        for bucket in (0, 9)
    }
    windows = amount_windows(CountTable(("sum", "below", "above", "n"), cells), AmountRange(low=0, high=1000, digits=0))
    assert [(each.window, each.release) for each in windows] == [(0, "v1"), (0, "v2"), (3600, "v1"), (3600, "v2")]
    assert {(cell.group, cell.bucket) for cell in windows[0].cells} == {("x", 0), ("x", 9), ("y", 0), ("y", 9)}
    assert {cell.tally for cell in windows[0].cells} == {Tally(1700, 5000)}


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ends above"):
        AmountRange(low=5, high=5, digits=2)
