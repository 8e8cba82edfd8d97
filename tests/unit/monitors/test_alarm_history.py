"""What is learnt from ordinary windows is what was put into them."""

from __future__ import annotations

import numpy as np
import pytest
from monitor_traffic import FOUR_WEEKS, Traffic, a_window

from careloop.domain.counts import CellKey, CountTable, Tally
from careloop.monitors.history import RateHistory, gap_window_sd, learn_rate
from careloop.monitors.window import WindowCounts, hour_of_day, hour_of_week, windows_of


def learnt(traffic: Traffic, *, seed: int = 1, windows: int = FOUR_WEEKS) -> RateHistory:
    random = np.random.default_rng(seed)
    return learn_rate([traffic.window(random, i, {"": (0.1, 500)}) for i in range(windows)])


@pytest.mark.parametrize(
    ("traffic", "sd", "effect"),
    [
        (Traffic(), (0.0, 0.006), (1.0, 1.6)),
        (Traffic(window_sd=0.01), (0.009, 0.014), (1.3, 2.0)),
        (Traffic(window_sd=0.02), (0.019, 0.024), (2.7, 4.0)),
        (Traffic(daily_cycle=0.02), (0.0135, 0.017), (1.8, 2.6)),
        (Traffic(daily_cycle=0.02, by_hour=True), (0.0, 0.006), (1.0, 1.6)),
        (Traffic(per_user=10, within_user=0.2), (0.0, 0.011), (2.2, 4.5)),
    ],
)
def test_window_deviation_and_design_effect_are_found(
    traffic: Traffic, sd: tuple[float, float], effect: tuple[float, float]
) -> None:
    found = learnt(traffic)
    assert found.window_sd is not None
    assert sd[0] <= found.window_sd <= sd[1]
    assert effect[0] <= found.design_effect <= effect[1]


def test_users_in_one_bucket_do_not_count_as_a_deviation_of_windows() -> None:
    """Without buckets the clumping of users looks like windows that differ; with them it does not."""
    random = np.random.default_rng(4)
    windows = [Traffic(per_user=10, within_user=0.2).window(random, i, {"": (0.1, 500)}) for i in range(FOUR_WEEKS)]
    lumped = [a_window(i, all=window.tally) for i, window in enumerate(windows)]
    with_buckets, without = learn_rate(windows).window_sd, learn_rate(lumped).window_sd
    assert with_buckets is not None
    assert without is not None
    assert with_buckets < without


def test_a_short_history_does_not_know_how_windows_differ() -> None:
    assert learnt(Traffic(), windows=7).window_sd is None
    assert learn_rate([]).accepted(0) is None
    assert gap_window_sd([a_window(i, a=(1, 2), b=(1, 2)) for i in range(7)], "a") is None


def test_the_gap_of_a_group_that_wanders_is_found() -> None:
    random = np.random.default_rng(6)
    ordinary = Traffic()
    wandering = [
        ordinary.window(random, i, {"a": (float(random.normal(0.4, 0.05)), 300), "b": (0.4, 600)})
        for i in range(FOUR_WEEKS)
    ]
    steady = [ordinary.window(random, i, {"a": (0.4, 300), "b": (0.4, 600)}) for i in range(FOUR_WEEKS)]
    assert 0.047 < (gap_window_sd(wandering, "a") or 0.0) < 0.06
    assert (gap_window_sd(steady, "a") or 0.0) < 0.016


@pytest.mark.parametrize("hits", [0, 20])
def test_a_rate_that_never_varied_still_has_an_uncertain_reference(hits: int) -> None:
    found = learn_rate([a_window(i, all=(hits, 20)) for i in range(30)])
    assert (found.window_sd, found.design_effect) == (0.0, 1.0)
    ends = found.accepted(0)
    assert ends is not None
    assert (ends[0] > 0.98, ends[1] == 1.0) if hits else (ends[0] == 0.0, ends[1] < 0.02)


def test_windows_come_out_of_a_count_table_in_order_with_their_slot() -> None:
    cells = {
        CellKey("m", release, window, "F", bin_, bucket): (1, 2)
        for release in ("v2", "v1")
        for window in (7200, 3600)
        for bin_ in (0, 1)
        for bucket in (0, 1)
    }
    found = windows_of(CountTable(("hits", "n"), cells), slot_of=hour_of_day)
    assert [(w.window, w.release, w.slot) for w in found] == [
        (3600, "v1", 1), (3600, "v2", 1), (7200, "v1", 2), (7200, "v2", 2),
    ]  # fmt: skip
    assert found[0].by_bucket() == {0: Tally(2, 4), 1: Tally(2, 4)}
    assert found[0].tally == Tally(4, 8)


def test_the_hour_of_the_week_starts_on_thursday_in_utc() -> None:
    thursday_noon = 12 * 3600
    assert (hour_of_week(thursday_noon), hour_of_week(thursday_noon + 6 * 86_400)) == (12, 156)
    assert (hour_of_day(-1), hour_of_week(-1)) == (23, 167)


def test_a_window_without_cells_has_no_rows() -> None:
    assert WindowCounts(window=0, release="v1", cells=()).tally == Tally(0, 0)
