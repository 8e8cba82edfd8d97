"""Simulation counts what it says it counts; a rate that wanders slowly may not act."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from monitor_traffic import FOUR_WEEKS, HOUR, terms

from careloop.domain.counts import Tally
from careloop.monitors.history import learn_rate
from careloop.monitors.rate_alarm import RateAlarm, compile_rate_alarm
from careloop.monitors.replay import judge_readiness, rehearse
from careloop.monitors.simulate import SimulatedTraffic, SimulationTerms, simulate_case, windows_of_case
from careloop.monitors.traffic import CASES, TrafficCase, drawn, window_of_case
from careloop.monitors.window import WindowCounts, pooled

TRAFFIC = SimulatedTraffic(before={"": (0.1, 200)}, after={"": (0.3, 200)}, seconds=HOUR)
WANDERING = TrafficCase(name="wandering", wander=0.06)


def learn(past: Sequence[WindowCounts]) -> RateAlarm:
    return compile_rate_alarm(terms(windows=4000), history=learn_rate(past))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_in_every_case_the_promise_is_kept_a_z_test_fails_and_a_change_is_noticed(case: TrafficCase) -> None:
    def z_test(window: WindowCounts, past: Sequence[WindowCounts]) -> bool:
        del past
        return abs(window.tally.hits / window.tally.n - 0.1) > 1.96 * math.sqrt(0.09 / window.tally.n)

    found = simulate_case(case, TRAFFIC, learn, chance=random.Random(3), terms=SimulationTerms(runs=8, naive=z_test))
    assert found.false_alarms == Tally(0, 8)
    assert found.kept
    assert found.naive == Tally(8, 8)
    assert found.noticed == Tally(8, 8)
    assert found.delay is not None
    assert found.delay < 40
    assert 0.36 < found.interval.high < 0.37  # 0 of 8, by Clopper and Pearson


def test_a_broken_promise_is_seen() -> None:
    def eager(past: Sequence[WindowCounts]) -> RateAlarm:
        return RateAlarm(
            monitor="eager", worse=learn(past).worse, accepted={0: (0.0, 0.05)}, tolerance=0.0, asked=0.0,
            window_sd=None, threshold=5.0,
        )  # fmt: skip

    found = simulate_case(CASES[0], TRAFFIC, eager, chance=random.Random(3), terms=SimulationTerms(runs=5))
    assert (found.false_alarms, found.kept, found.delay, found.naive) == (Tally(5, 5), False, None, None)


def test_a_rate_that_wanders_slowly_is_not_allowed_to_act() -> None:
    """Each shift lasts for days: the windows differ by no more than their deviation says, and yet alarms come."""
    withheld = 0
    for seed in range(6):
        chance = random.Random(seed)
        past = list(windows_of_case(WANDERING, TRAFFIC, range(FOUR_WEEKS + 24), chance=chance))
        ready = judge_readiness(rehearse(past, learn), terms=terms(windows=50_000))
        withheld += not ready.may_act
        steady = list(windows_of_case(CASES[1], TRAFFIC, range(FOUR_WEEKS + 24), chance=chance))
        assert judge_readiness(rehearse(steady, learn), terms=terms(windows=50_000)).may_act
    assert withheld >= 4


def test_one_seed_gives_one_simulation() -> None:
    first, second = (list(windows_of_case(CASES[4], TRAFFIC, range(3), chance=random.Random(9))) for _ in range(2))
    assert first == second


def test_rows_and_correlation_are_as_asked() -> None:
    chance = random.Random(4)
    case = TrafficCase(name="users", per_user=10, within_user=0.2)
    windows = [window_of_case(case, {"": (0.3, 100)}, at=i, chance=chance) for i in range(2000)]
    tallies = [window.tally for window in windows]
    assert {tally.n for tally in tallies} == {100}
    rate = pooled(tallies).hits / pooled(tallies).n
    spread = sum((tally.hits / 100 - rate) ** 2 for tally in tallies) / len(tallies)
    assert rate == pytest.approx(0.3, abs=0.01)
    assert spread / (0.3 * 0.7 / 100) == pytest.approx(1 + 9 * 0.2, rel=0.15)


@pytest.mark.parametrize(("n", "rate"), [(40, 0.1), (40, 0.9), (1000, 0.2), (5, 0.0), (5, 1.0)])
def test_hits_have_the_mean_of_a_binomial(n: int, rate: float) -> None:
    chance = random.Random(8)
    hits = [drawn(n, rate, chance) for _ in range(4000)]
    assert 0 <= min(hits) <= max(hits) <= n
    assert sum(hits) / 4000 == pytest.approx(n * rate, abs=4 * (n * rate * (1 - rate) / 4000) ** 0.5 + 1e-9)
