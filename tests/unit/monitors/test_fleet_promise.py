"""Many monitors at once: few of those named are named wrongly, and the fleet keeps one promise (R47; MEASURES)."""

from __future__ import annotations

import math
import random
from collections.abc import Collection
from statistics import mean

from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.monitors.day_evidence import day_evidence, standing_out
from careloop.monitors.detector import statistic_of
from careloop.monitors.fleet_promise import days_reached, fleet_promise
from careloop.monitors.rate_alarm import RateAlarm
from careloop.monitors.replay import replay
from careloop.monitors.traffic import drawn
from careloop.monitors.window import Cell, WindowCounts

HOUR, DAY = 3600, 24
EDGE, ROWS = 0.30, 60
"""The worst rate that is accepted: healthy monitors sit right at it, which is the hardest that the promise allows."""
ALARM = RateAlarm(
    monitor="m",
    worse=Worse.HIGHER,
    accepted={0: (0.2, 0.25)},
    tolerance=0.05,
    asked=0.05,
    window_sd=None,
    threshold=200,
)


def hours(chance: random.Random, first: int, count: int, *, rate: float = EDGE) -> list[WindowCounts]:
    return [
        WindowCounts(
            window=hour * HOUR, release="v1", cells=(Cell("", 0, Tally(drawn(ROWS, rate, chance), ROWS)),)
        )
        for hour in range(first, first + count)
    ]  # fmt: skip


def z_test_fires(windows: list[WindowCounts]) -> bool:
    """What common tools do with each monitor by itself: a test of its day at a tenth."""
    hits, n = (sum(window.tally[place] for window in windows) for place in (0, 1))
    return hits / n > EDGE + 1.2816 * math.sqrt(EDGE * (1 - EDGE) / n)


def test_of_the_monitors_that_stand_out_few_are_named_wrongly_over_many_days_r47() -> None:
    """Forty days of forty monitors, eight of which are worse than tolerated; a tenth may be wrong on average."""
    chance, wrong, naive, found = random.Random(11), list[float](), list[float](), 0
    for day in range(40):
        days = {
            f"{'bad' if number < 8 else 'fine'}-{number}": hours(
                chance, day * DAY, DAY, rate=EDGE + 0.20 if number < 8 else EDGE
            )
            for number in range(40)
        }
        evidence = {name: day_evidence(ALARM, windows, seconds=HOUR) for name, windows in days.items()}
        named = standing_out({name: one.log_e for name, one in evidence.items() if one is not None}, rate=0.1)
        wrong.append(_share_wrong(named))
        naive.append(_share_wrong({name for name, windows in days.items() if z_test_fires(windows)}))
        found += sum(name.startswith("bad") for name in named)
    assert mean(wrong) <= 0.1
    assert found >= 0.9 * 8 * 40, "and the bad ones are found"
    assert mean(naive) > 0.2, "each tested by itself at a tenth, every fourth that is named is fine"


def _share_wrong(named: Collection[str]) -> float:
    return sum(name.startswith("fine") for name in named) / max(1, len(named))


def test_what_detectors_have_reached_ranks_the_oldest_first_and_what_the_day_says_does_not() -> None:
    """E[SR] grows by itself: a healthy monitor of three weeks passes a healthy one of a day, whatever happens."""
    chance = random.Random(3)
    old, young = (
        mean(days_reached(ALARM, hours(chance, 0, count), seconds=HOUR) for _ in range(20)) for count in (480, 24)
    )
    assert old > 3 * young
    days = [day_evidence(ALARM, hours(chance, 0, count), seconds=HOUR) for count in (480, 24) for _ in range(10)]
    assert mean(math.exp(one.log_e) for one in days if one is not None) < 1.5


def test_the_average_of_healthy_detectors_keeps_the_promise_of_the_fleet() -> None:
    """Chance of reaching A within t windows is at most t / A; here at most a tenth, for twenty detectors at once."""
    chance, runs, count, windows = random.Random(5), 25, 15, 100
    alarms = 0
    for _ in range(runs):
        states = [replay(ALARM, hours(chance, 0, windows)).trace for _ in range(count)]
        average = [mean(trace[at][1] for trace in states) for at in range(windows)]
        alarms += max(average) >= 10 * windows
    assert alarms / runs <= 0.1


@given(promised=st.lists(st.floats(1, 5000), min_size=1, max_size=30), reached=st.floats(0, 1e6))
def test_a_fleet_of_alike_monitors_has_reached_what_each_has(promised: list[float], reached: float) -> None:
    found = fleet_promise(promised, [reached] * len(promised))
    assert found is not None
    assert math.isclose(found.reached_days, reached, abs_tol=1e-9)
    assert found.together_days <= min(promised) * (1 + 1e-9)
    assert found.needed_days == max(promised)
    assert found.alarm is (found.reached_days >= found.needed_days)


def test_days_reached_are_the_statistic_in_days_as_if_no_alarm_had_been_raised() -> None:
    bad = hours(random.Random(1), 0, 48, rate=0.9)
    assert replay(ALARM, bad).signals, "it restarts after each alarm"
    reached = days_reached(ALARM, bad, seconds=HOUR)
    assert reached > ALARM.threshold
    one = hours(random.Random(1), 0, 1)
    state = replay(ALARM, one).states[-1]
    assert math.isclose(days_reached(ALARM, one, seconds=HOUR), statistic_of(state) / 24)
    assert days_reached(ALARM, [], seconds=HOUR) == 0
    assert fleet_promise([], []) is None
