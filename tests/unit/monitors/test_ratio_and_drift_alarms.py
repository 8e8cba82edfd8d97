"""Alarms of an impact ratio among several groups (R42), and of drift (R43): they keep their promise, and notice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from monitor_traffic import FOUR_WEEKS, HOUR, ORDINARY, Traffic, a_window, terms

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.errors import InvalidInput
from careloop.monitors.drift_alarm import DriftAlarm, compile_drift_alarm
from careloop.monitors.mixture_history import stability_index
from careloop.monitors.ratio_alarm import RatioAlarm, compile_ratio_alarm
from careloop.monitors.replay import ChangeAlarm, replay
from careloop.monitors.window import Cell, WindowCounts

RUNS, LOOKS = 40, 200
AS_PROMISED = 0.05
THREE = {"young": (0.27, 60), "middle": (0.3, 200), "old": (0.3, 80)}
USUAL = np.array([0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05])
"""Shares of six categories and of the rest."""
NAMES = tuple(range(-1, 7))


def fires(alarm: ChangeAlarm, windows: list[WindowCounts]) -> bool:
    return bool(replay(alarm, windows).signals)


def a_ratio_alarm(past: list[WindowCounts], tolerance: float = 0.05, windows: int = 4000) -> RatioAlarm:
    asked = terms(tolerance=tolerance, windows=windows)
    return compile_ratio_alarm(asked, groups=list(THREE), history=past, minimum_n=100)


@pytest.mark.parametrize("name", ["independent rows", "windows that differ by .02", "users with ten rows each"])
def test_the_ratio_alarm_of_three_groups_keeps_its_promise(name: str) -> None:
    traffic, random = ORDINARY[name], np.random.default_rng(500)
    alarm = a_ratio_alarm([traffic.window(random, i, THREE) for i in range(FOUR_WEEKS)])
    fired = 0
    for _ in range(RUNS // 2):
        fired += fires(alarm, [traffic.window(random, FOUR_WEEKS + i, THREE) for i in range(LOOKS)])
    assert fired / (RUNS // 2) <= AS_PROMISED


def test_the_ratio_alarm_names_the_group_that_fell_behind() -> None:
    random, traffic = np.random.default_rng(501), Traffic()
    alarm = a_ratio_alarm([traffic.window(random, i, THREE) for i in range(FOUR_WEEKS)])
    worse = THREE | {"old": (0.15, 80)}
    signals = replay(alarm, [traffic.window(random, FOUR_WEEKS + i, worse) for i in range(300)]).signals
    assert signals
    assert (signals[0].group, signals[0].moved) == ("old", Worse.LOWER)
    assert signals[0].compared is not None
    ratio = (signals[0].observed.hits / signals[0].observed.n) / (signals[0].compared.hits / signals[0].compared.n)
    assert ratio < signals[0].limit < 0.9


def test_at_the_edge_of_the_ratio_a_window_pays_no_more_than_it_takes() -> None:
    """Exact: a group at `least` times the other's rate, over all counts that a window of 6 and 6 rows can have."""
    past = [a_window(i, a=(30, 100), b=(30, 100)) for i in range(4)]
    alarm = compile_ratio_alarm(terms(tolerance=0.1, windows=10**9), groups=["a", "b"], history=past, minimum_n=1)
    leg = next(each for each in alarm.legs if each.group == "a")
    n, other = 6, 0.5
    mine = leg.least * other
    total = 0.0
    for i in range(n + 1):
        for j in range(n + 1):
            chance = _binomial(n, i, mine) * _binomial(n, j, other)
            state, _ = alarm.step(alarm.start("v1"), a_window(9, a=(i, n), b=(j, n)))
            total += chance * state.legs[alarm.legs.index(leg)].stakes[0]
    assert total == pytest.approx(1.0, abs=1e-9)


def _binomial(n: int, k: int, p: float) -> float:
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


def test_a_group_too_small_for_a_reference_waits_by_name_and_the_others_are_watched() -> None:
    past = [a_window(i, young=(1, 4), middle=(30, 100), old=(28, 100)) for i in range(20)]
    alarm = a_ratio_alarm(past)
    assert alarm.waiting == ("young",)
    assert {leg.group for leg in alarm.legs if leg.least > 0} == {"middle", "old"}
    grown = a_ratio_alarm(past * 2)
    assert grown.waiting == ()


def test_without_a_past_the_ratio_alarm_judges_nothing_and_says_for_whom_it_waits() -> None:
    alarm = a_ratio_alarm([])
    done = replay(alarm, [a_window(i, young=(0, 100), middle=(90, 100), old=(90, 100)) for i in range(20)])
    assert (done.signals, done.skipped, alarm.waiting) == ((), 20, tuple(THREE))


def test_a_group_that_vanishes_stops_its_own_legs_only() -> None:
    past = [a_window(i, young=(30, 100), middle=(30, 100), old=(30, 100)) for i in range(20)]
    alarm = a_ratio_alarm(past, tolerance=0.2, windows=1000)
    gone = [a_window(20 + i, middle=(60, 100), old=(10, 100)) for i in range(60)]
    done = replay(alarm, gone)
    assert [signal.group for signal in done.signals][:1] == ["old"]


def test_seven_groups_are_watched_each_against_the_rest_and_ten_thousand_do_not_choke_it() -> None:
    groups = [f"g{i}" for i in range(10_000)]
    cells = tuple(Cell(group, i % 64, Tally(1, 3)) for i, group in enumerate(groups))
    past = [WindowCounts(window=i * HOUR, release="v1", cells=cells) for i in range(2)]
    alarm = compile_ratio_alarm(terms(tolerance=0.05), groups=groups[:7], history=past, minimum_n=1)
    assert len(alarm.legs) == 7
    assert all(len(leg.others) == 6 for leg in alarm.legs)


def test_one_group_has_no_ratio() -> None:
    with pytest.raises(InvalidInput, match="at least two groups"):
        compile_ratio_alarm(terms(), groups=["a"], history=[], minimum_n=1)


@dataclass(frozen=True)
class Mixed:
    """Hours of rows in a mixture; `sd` tilts whole windows, `per_user` makes rows come in clumps of one bin."""

    rows: int = 300
    sd: float = 0.0
    per_user: int = 1

    def window(self, random: np.random.Generator, hour: int, shares: np.ndarray) -> WindowCounts:
        tilt = np.exp(random.normal(0, self.sd, len(shares)))
        true = shares * tilt / (shares * tilt).sum()
        users = self.rows // self.per_user
        bins, buckets = random.choice(len(shares), users, p=true), random.integers(0, 16, users)
        counts: dict[tuple[int, int], int] = {}
        for bin_, bucket in zip(bins.tolist(), buckets.tolist(), strict=True):
            counts[bucket, bin_] = counts.get((bucket, bin_), 0) + self.per_user
        cells = tuple(Cell("", bucket, Tally(n, n), bin_) for (bucket, bin_), n in counts.items())
        return WindowCounts(window=hour * HOUR, release="v1", cells=cells)


def a_mixture(random: np.random.Generator, hour: int, shares: np.ndarray) -> WindowCounts:
    return Mixed().window(random, hour, shares)


def a_drift_alarm(past: list[WindowCounts], tolerance: float = 0.0, windows: int = 4000) -> DriftAlarm:
    return compile_drift_alarm(terms(tolerance=tolerance, windows=windows), bins=NAMES, history=past)


@pytest.mark.parametrize(
    "how", [Mixed(), Mixed(sd=0.1), Mixed(per_user=10), Mixed(rows=30)], ids=["independent", "tilted", "users", "few"]
)
def test_the_drift_alarm_keeps_its_promise_at_a_tolerance_of_nothing(how: Mixed) -> None:
    random = np.random.default_rng(600)
    alarm = a_drift_alarm([how.window(random, i, USUAL) for i in range(FOUR_WEEKS)])
    fired = 0
    for _ in range(RUNS // 2):
        fired += fires(alarm, [how.window(random, 700 + i, USUAL) for i in range(LOOKS)])
    assert fired / (RUNS // 2) <= AS_PROMISED


def test_drift_within_the_tolerance_is_no_alarm_however_long_it_lasts() -> None:
    random = np.random.default_rng(601)
    alarm = a_drift_alarm([a_mixture(random, i, USUAL) for i in range(FOUR_WEEKS)], tolerance=0.1)
    shifted = np.array([0.04, 0.08, 0.17, 0.28, 0.23, 0.13, 0.07])
    index = stability_index(dict(enumerate(shifted)), dict(enumerate(USUAL)))
    assert 0.02 < index < 0.1
    assert not fires(alarm, [a_mixture(random, 700 + i, shifted) for i in range(1000)])


def test_drift_beyond_the_tolerance_is_noticed_within_hours_and_said_in_counts() -> None:
    random = np.random.default_rng(602)
    alarm = a_drift_alarm([a_mixture(random, i, USUAL) for i in range(FOUR_WEEKS)], tolerance=0.1)
    shifted = USUAL[::-1] * 0.3 + np.array([0.0, 0.0, 0.05, 0.1, 0.15, 0.2, 0.2])
    assert stability_index(dict(enumerate(shifted)), dict(enumerate(USUAL))) > 0.2
    healthy = [a_mixture(random, 700 + i, USUAL) for i in range(50)]
    done = replay(alarm, healthy + [a_mixture(random, 750 + i, shifted) for i in range(60)])
    assert done.signals
    first = done.signals[0]
    assert 750 * HOUR <= first.since <= first.window <= 780 * HOUR
    assert first.observed.hits / first.observed.n > 0.4
    assert first.limit >= 0.1


def test_drift_without_a_past_is_skipped_and_a_bin_that_nobody_declared_does_not_break_it() -> None:
    random = np.random.default_rng(603)
    assert replay(a_drift_alarm([]), [a_mixture(random, i, USUAL) for i in range(5)]).skipped == 5
    alarm = a_drift_alarm([a_mixture(random, i, USUAL) for i in range(100)], tolerance=0.05, windows=200)
    strange = WindowCounts(window=10**7, release="v1", cells=(Cell("", 3, Tally(50, 50), 99),))
    assert replay(alarm, [strange]).signals == ()
