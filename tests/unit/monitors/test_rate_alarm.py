"""The alarm of one rate: its arithmetic, its memory, and what it says when it fires."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from monitor_traffic import FOUR_WEEKS, HOUR, Traffic, a_rate_alarm, a_window, terms

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.errors import Conflict, InvalidInput
from careloop.monitors.detector import BETS, DetectorState, advance, largest_bet, statistic_of
from careloop.monitors.history import RateHistory, learn_rate
from careloop.monitors.promise import Promise
from careloop.monitors.rate_alarm import compile_rate_alarm
from careloop.monitors.replay import replay


def test_the_statistic_is_the_sum_over_all_starts_of_what_was_paid_since() -> None:
    """The definition of the Shiryaev-Roberts e-detector, written out, against the recursion."""
    alarm = a_rate_alarm(rate=0.2, threshold=1e9)
    random = np.random.default_rng(1)
    rates = random.binomial(30, 0.3, 25) / 30
    state = alarm.start("v1")
    for i, rate in enumerate(rates):
        state, _ = alarm.step(state, a_window(i, all=(round(rate * 30), 30)))
    largest = 0.9 / 0.2
    pays = np.array([[1 + largest * bet * (rate - 0.2) for rate in rates] for bet in BETS])
    by_definition = np.mean([sum(np.prod(pays[j, start:]) for start in range(25)) for j in range(len(BETS))])
    assert statistic_of(state) == pytest.approx(float(by_definition), rel=1e-9)


@pytest.mark.parametrize(("limit", "n"), [(0.1, 10), (0.02, 3), (0.7, 25)])
def test_at_the_limit_a_window_is_expected_to_pay_exactly_what_it_takes(limit: float, n: int) -> None:
    alarm = a_rate_alarm(rate=limit, threshold=1e12)
    chances = scipy.stats.binom.pmf(range(n + 1), n, limit)
    stakes = [alarm.step(alarm.start("v1"), a_window(0, all=(k, n)))[0].legs[0].stakes for k in range(n + 1)]
    for bet in range(len(BETS)):
        expected = sum(chance * stake[bet] for chance, stake in zip(chances, stakes, strict=True))
        assert expected == pytest.approx(1.0, abs=1e-9)


def test_a_rate_at_the_very_edge_of_the_null_alarms_no_more_often_than_promised() -> None:
    random = np.random.default_rng(11)
    alarm, fired = a_rate_alarm(rate=0.12, threshold=1000.0), 0
    for _ in range(150):
        state = alarm.start("v1")
        for i, hits in enumerate(random.binomial(40, 0.12, 100)):
            state, signal = alarm.step(state, a_window(i, all=(int(hits), 40)))
            fired += signal is not None
    assert fired / 150 <= 100 / 1000


@pytest.mark.parametrize(
    ("worse", "rate", "moved"),
    [
        (Worse.HIGHER, 0.3, Worse.HIGHER),
        (Worse.LOWER, 0.02, Worse.LOWER),
        (Worse.EITHER, 0.3, Worse.HIGHER),
        (Worse.EITHER, 0.02, Worse.LOWER),
        (Worse.HIGHER, 0.02, None),
        (Worse.LOWER, 0.3, None),
    ],
)
def test_it_fires_the_way_it_watches_and_no_other(worse: Worse, rate: float, moved: Worse | None) -> None:
    alarm = a_rate_alarm(worse=worse)
    done = replay(alarm, [a_window(i, all=(round(rate * 100), 100)) for i in range(200)])
    assert {signal.moved for signal in done.signals} == ({moved} if moved else set())


def test_the_signal_carries_what_a_person_needs_to_check_it() -> None:
    healthy = [a_window(i, all=(9, 100)) for i in range(20)]
    sick = [a_window(i, all=(30, 100)) for i in range(20, 60)]
    signal = replay(a_rate_alarm(), healthy + sick).signals[0]
    assert signal.since == 20 * HOUR
    rows = (signal.window // HOUR - 19) * 100
    assert signal.observed == Tally(rows * 30 // 100, rows)
    assert (signal.limit, signal.threshold, signal.group) == (0.1, 100.0, None)
    assert signal.statistic >= signal.threshold


def test_after_an_alarm_it_starts_anew_and_fires_again_if_nothing_was_done() -> None:
    done = replay(a_rate_alarm(), [a_window(i, all=(30, 100)) for i in range(100)])
    assert len(done.signals) > 3
    assert done.states[0].alarms == len(done.signals)
    assert done.signals[1].since > done.signals[0].window


def test_a_new_release_starts_with_a_clean_sheet() -> None:
    alarm = a_rate_alarm(threshold=1e9)
    old, _ = alarm.step(alarm.start("v1"), a_window(0, all=(40, 100)))
    new, _ = alarm.step(old, a_window(0, release="v2", all=(10, 100)))
    alone, _ = alarm.step(alarm.start("v2"), a_window(0, release="v2", all=(10, 100)))
    assert new == alone


def test_a_window_is_consumed_once_and_in_order() -> None:
    alarm = a_rate_alarm()
    state, _ = alarm.step(alarm.start("v1"), a_window(5, all=(1, 10)))
    for late in (5, 4):
        with pytest.raises(Conflict, match="comes after"):
            alarm.step(state, a_window(late, all=(1, 10)))


def test_an_empty_window_and_one_without_a_reference_are_skipped() -> None:
    alarm = a_rate_alarm(threshold=1e9)
    state, _ = alarm.step(alarm.start("v1"), a_window(0, all=(4, 10)))
    stakes = state.legs
    for window in (a_window(1), a_window(2, all=(0, 0)), a_window(3, slot=7, all=(9, 9))):
        state, _ = alarm.step(state, window)
    assert (state.legs, state.windows, state.skipped) == (stakes, 1, 3)


def test_one_row_a_window_is_enough_to_notice_in_time() -> None:
    done = replay(a_rate_alarm(threshold=1000.0), [a_window(i, all=(int(i % 3 == 0), 1)) for i in range(200)])
    assert done.signals


def test_a_limit_of_one_can_not_be_exceeded() -> None:
    done = replay(a_rate_alarm(rate=1.0), [a_window(i, all=(5, 5)) for i in range(50)])
    assert done.signals == ()
    assert done.states[0].windows == 50


def test_even_absurd_windows_do_not_overflow() -> None:
    alarm = a_rate_alarm(rate=1e-9, threshold=1e300)
    state = alarm.start("v1")
    for i in range(3):
        state, _ = alarm.step(state, a_window(i, all=(10**6, 10**6)))
    assert math.isfinite(statistic_of(state))


def test_the_reference_enters_with_its_own_uncertainty() -> None:
    few, many = (RateHistory(slots={0: Tally(n // 10, n)}) for n in (100, 100_000))
    doubtful, sure = (compile_rate_alarm(terms(tolerance=0.02), history=each) for each in (few, many))
    assert (doubtful.limit(0, Worse.HIGHER) or 0) > 0.19
    assert sure.limit(0, Worse.HIGHER) == pytest.approx(0.12, abs=0.004)
    clumped = RateHistory(slots={0: Tally(10_000, 100_000)}, design_effect=30.0)
    assert (compile_rate_alarm(terms(tolerance=0.02), history=clumped).limit(0, Worse.HIGHER) or 0) > 0.13


def test_its_reference_is_wrong_no_more_often_than_said() -> None:
    random = np.random.default_rng(5)
    drawn = np.bincount(random.binomial(300, 0.1, 20_000))
    ends = {hits: RateHistory(slots={0: Tally(hits, 300)}).accepted(0) for hits in np.flatnonzero(drawn).tolist()}
    outside = sum(int(drawn[hits]) for hits, each in ends.items() if each is None or not each[0] <= 0.1 <= each[1])
    assert 0 < outside / 20_000 <= 0.01


def test_the_tolerance_is_never_less_than_ordinary_windows_differ() -> None:
    random = np.random.default_rng(2)
    past = [Traffic(window_sd=0.02).window(random, i, {"": (0.1, 300)}) for i in range(FOUR_WEEKS)]
    alarm = compile_rate_alarm(terms(tolerance=0.001), history=learn_rate(past))
    assert alarm.asked == 0.001
    assert alarm.tolerance == pytest.approx(0.021, abs=0.003)


def test_bets_shrink_so_that_shifts_shared_by_a_whole_window_do_not_pay() -> None:
    bet = largest_bet(most_lost=0.12, tolerance=0.02, window_sd=0.02, blocks=64)
    shifts = scipy.stats.norm(0, 0.02)
    expected = shifts.expect(lambda shift: (1 + bet * (shift - 0.02)) ** 64, lb=-0.12, ub=0.2)
    assert expected < 1
    assert largest_bet(most_lost=0.12, tolerance=0.02, window_sd=None, blocks=1) == pytest.approx(7.5)


@pytest.mark.parametrize(
    ("days", "fleet", "seconds", "threshold"),
    [(5 * 365, 1, HOUR, 43_800), (5 * 365, 10, HOUR, 438_000), (7, 1, 60, 10_080)],
)
def test_a_promise_in_calendar_time_becomes_a_number_of_windows(
    days: float, fleet: int, seconds: int, threshold: float
) -> None:
    assert Promise(days=days, fleet=fleet).threshold(window_seconds=seconds) == pytest.approx(threshold)


def test_promises_without_meaning_are_refused() -> None:
    for build in (
        lambda: Promise(days=0),
        lambda: Promise(days=1, fleet=0),
        lambda: Promise(days=0.01).threshold(window_seconds=HOUR),
        lambda: Promise(days=1).threshold(window_seconds=0),
        lambda: terms(tolerance=1.0),
    ):
        with pytest.raises(InvalidInput):
            build()


def test_a_leg_that_is_paid_nothing_keeps_its_stake() -> None:
    alarm = a_rate_alarm(worse=Worse.EITHER)
    state: DetectorState = alarm.start("v1")
    after, loudest = advance(state, a_window(1, all=(1, 2)), pays=[None, None], threshold=1.0)
    assert (after.legs, after.skipped, loudest) == (state.legs, 1, None)
