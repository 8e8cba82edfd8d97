"""The alarm of a gap between groups."""

from __future__ import annotations

import numpy as np
import pytest
from monitor_traffic import FOUR_WEEKS, HOUR, Traffic, a_window, terms

from careloop.domain.alarm import Worse
from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.errors import InvalidInput
from careloop.monitors.detector import BETS
from careloop.monitors.gap_alarm import GapAlarm, compile_gap_alarm
from careloop.monitors.replay import replay
from careloop.monitors.window import Cell, WindowCounts


def a_gap_alarm(*groups: str, tolerance: float = 0.05, windows: int = 100) -> GapAlarm:
    return compile_gap_alarm(terms(tolerance=tolerance, windows=windows), groups=groups, history=[])


@pytest.mark.parametrize(("hits", "moved"), [(80, Worse.HIGHER), (20, Worse.LOWER)])
def test_it_names_the_group_and_the_way_it_moved(hits: int, moved: Worse) -> None:
    windows = [a_window(i, a=(hits, 100), b=(50, 100), c=(50, 100)) for i in range(100)]
    signal = replay(a_gap_alarm("a", "b", "c"), windows).signals[0]
    assert (signal.group, signal.moved, signal.limit) == ("a", moved, 0.05)
    seen = signal.window // HOUR + 1
    assert (signal.observed, signal.compared) == (Tally(hits * seen, 100 * seen), Tally(100 * seen, 200 * seen))


def test_groups_that_fare_alike_within_the_tolerance_raise_nothing() -> None:
    windows = [a_window(i, a=(54, 100), b=(50, 100)) for i in range(500)]
    assert replay(a_gap_alarm("a", "b", windows=5 * 365 * 24), windows).signals == ()


def test_a_gap_at_the_very_edge_of_the_null_alarms_no_more_often_than_promised() -> None:
    random = np.random.default_rng(12)
    alarm, fired = a_gap_alarm("a", "b", tolerance=0.1, windows=1000), 0
    for _ in range(100):
        state = alarm.start("v1")
        for i, (a, b) in enumerate(zip(random.binomial(10, 0.4, 100), random.binomial(30, 0.3, 100), strict=True)):
            state, signal = alarm.step(state, a_window(i, a=(int(a), 10), b=(int(b), 30)))
            fired += signal is not None
    assert fired / 100 <= 0.1


def test_two_groups_are_one_comparison_and_three_are_three() -> None:
    assert [leg.group for leg in a_gap_alarm("a", "b").legs] == ["a", "a"]
    assert [leg.group for leg in a_gap_alarm("a", "b", "c").legs] == ["a", "a", "b", "b", "c", "c"]


def test_rows_of_unknown_group_change_nothing() -> None:
    alarm = a_gap_alarm("a", "b")
    plain = a_window(0, a=(9, 10), b=(1, 10))
    unknown = WindowCounts(
        window=0, release="v1", cells=(*plain.cells, Cell(UNKNOWN_GROUP, 0, Tally(50, 50)))
    )  # fmt: skip
    assert alarm.step(alarm.start("v1"), plain) == alarm.step(alarm.start("v1"), unknown)


def test_a_window_with_one_group_only_is_skipped() -> None:
    alarm = a_gap_alarm("a", "b")
    state, signal = alarm.step(alarm.start("v1"), a_window(0, a=(9, 10)))
    assert (state.skipped, state.windows, signal) == (1, 0, None)


def test_two_rows_a_window_are_pooled_over_time_until_they_speak() -> None:
    windows = [a_window(i, a=(int(i % 10 < 9), 1), b=(int(i % 10 < 2), 1)) for i in range(300)]
    assert replay(a_gap_alarm("a", "b", windows=1000), windows).signals


def test_history_lets_it_bet_on_buckets_and_so_notice_sooner() -> None:
    random = np.random.default_rng(3)
    ordinary = Traffic()
    past = [ordinary.window(random, i, {"a": (0.3, 100), "b": (0.3, 400)}) for i in range(FOUR_WEEKS)]
    live = [ordinary.window(random, i, {"a": (0.45, 100), "b": (0.3, 400)}) for i in range(FOUR_WEEKS, 2 * FOUR_WEEKS)]
    asked = terms(tolerance=0.05)
    taught = compile_gap_alarm(asked, groups=["a", "b"], history=past)
    untaught = compile_gap_alarm(asked, groups=["a", "b"], history=[])
    soon, late = replay(taught, live).signals[0], replay(untaught, live).signals[0]
    assert (soon.window - live[0].window) // HOUR < 15
    assert late.window > soon.window
    assert taught.legs[0].window_sd is not None
    assert untaught.legs[0].window_sd is None


def test_the_tolerance_is_never_less_than_the_gap_ordinarily_differs() -> None:
    random = np.random.default_rng(8)
    past = [
        Traffic().window(random, i, {"a": (float(random.normal(0.4, 0.05)), 300), "b": (0.4, 600)})
        for i in range(FOUR_WEEKS)
    ]
    alarm = compile_gap_alarm(terms(tolerance=0.01), groups=["a", "b"], history=past)
    assert alarm.asked == 0.01
    assert all(0.047 < leg.tolerance < 0.06 for leg in alarm.legs)


def test_rows_of_one_bucket_are_never_split() -> None:
    """Two sides that share few buckets are joined in coarser parts; the pay is that of the parts, by hand."""
    alarm = a_gap_alarm("a", "b", tolerance=0.0)
    taught = GapAlarm(
        monitor="gap",
        legs=tuple(type(leg)(group=leg.group, moved=leg.moved, tolerance=0.0, window_sd=0.0) for leg in alarm.legs),
        asked=0.0,
        threshold=1e9,
    )
    cells = (
        Cell("a", 3, Tally(1, 1)),
        Cell("a", 7, Tally(0, 1)),
        Cell("b", 35, Tally(0, 2)),
        Cell("b", 39, Tally(1, 2)),
    )
    state, _ = taught.step(taught.start("v1"), WindowCounts(window=0, release="v1", cells=cells))
    higher = tuple((1 + 0.9 * bet * 1.0) * (1 + 0.9 * bet * -0.5) for bet in BETS)
    assert state.legs[0].stakes == pytest.approx(higher)


def test_fewer_than_two_groups_are_refused() -> None:
    for groups in (["a"], ["a", "a"], ["a", UNKNOWN_GROUP], []):
        with pytest.raises(InvalidInput, match="two groups"):
            a_gap_alarm(*groups)
