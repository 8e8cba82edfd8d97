"""How soon an alarm notices is said beforehand, and is true."""

from __future__ import annotations

import random

import numpy as np
import pytest
from monitor_traffic import FOUR_WEEKS, ORDINARY, Traffic, a_rate_alarm, terms

from careloop.errors import InvalidInput
from careloop.monitors.delay import GroupTraffic, Trial, expected_delay
from careloop.monitors.detectable import GapTraffic, smallest_detectable_gap, smallest_detectable_rise
from careloop.monitors.gap_alarm import compile_gap_alarm
from careloop.monitors.history import learn_rate
from careloop.monitors.rate_alarm import RateAlarm, compile_rate_alarm

SHORT = Trial(healthy=20, changed=300, runs=30)


def a_taught_alarm(traffic: Traffic, *, tolerance: float = 0.01, rows: int = 500) -> RateAlarm:
    source = np.random.default_rng(31)
    past = [traffic.window(source, i, {"": (0.1, rows)}) for i in range(FOUR_WEEKS)]
    return compile_rate_alarm(terms(tolerance=tolerance), history=learn_rate(past))


@pytest.mark.parametrize(("name", "windows"), [(name, 25) for name in ORDINARY])
def test_a_rise_by_half_in_the_middle_of_its_life_is_noticed_within_a_day(name: str, windows: int) -> None:
    """From .10 to .15 with 500 rows an hour; the changed traffic is as unruly as the healthy was."""
    traffic, source = ORDINARY[name], np.random.default_rng(32)
    alarm = a_taught_alarm(traffic)
    delays = []
    for _ in range(10):
        state, start = alarm.start("v1"), FOUR_WEEKS + int(source.integers(0, 24))
        for i in range(40):
            state, _ = alarm.step(state, traffic.window(source, start + i, {"": (0.1, 500)}))
        for i in range(40, 140):
            state, signal = alarm.step(state, traffic.window(source, start + i, {"": (0.15, 500)}))
            if signal is not None:
                delays.append(i - 39)
                break
    assert len(delays) == 10
    assert float(np.median(delays)) <= windows


def test_the_delay_is_the_same_for_the_same_seed_and_shorter_for_a_larger_change() -> None:
    alarm = a_taught_alarm(Traffic())
    small = {"": GroupTraffic(rows=500, before=0.1, after=0.14)}
    large = {"": GroupTraffic(rows=500, before=0.1, after=0.3)}
    first, again = (expected_delay(alarm, small, chance=random.Random(1), trial=SHORT) for _ in range(2))
    other = expected_delay(alarm, large, chance=random.Random(1), trial=SHORT)
    assert first == again
    assert first.median is not None
    assert other.median is not None
    assert other.median < first.median <= (first.in_nine_of_ten or 0)


def test_a_delay_of_about_the_rows_that_the_prototype_needed() -> None:
    """MEASURES: .10 to .20 in about 500 rows."""
    found = expected_delay(
        a_taught_alarm(Traffic(), tolerance=0.0, rows=100),
        {"": GroupTraffic(rows=100, before=0.1, after=0.2)},
        chance=random.Random(2),
        trial=SHORT,
    )
    assert found.median is not None
    assert found.median * 100 <= 700


def test_a_change_that_is_no_change_is_not_noticed() -> None:
    found = expected_delay(
        a_taught_alarm(Traffic()),
        {"": GroupTraffic(rows=200, before=0.1, after=0.1)},
        chance=random.Random(3),
        trial=Trial(healthy=5, changed=50, runs=10),
    )
    assert (found.median, found.in_nine_of_ten, found.noticed) == (None, None, 0.0)


@pytest.mark.parametrize("rows", [20, 500, 20_000])
def test_the_smallest_detectable_rise_is_noticed_in_time_as_often_as_said(rows: int) -> None:
    alarm, windows = a_taught_alarm(Traffic(), rows=500), 60
    rise = smallest_detectable_rise(alarm, rows=rows, windows=windows)
    assert rise is not None
    usual = alarm.accepted[0][1]
    found = expected_delay(
        alarm,
        {"": GroupTraffic(rows=rows, before=0.1, after=usual + rise)},
        chance=random.Random(4),
        trial=Trial(healthy=10, changed=windows, runs=30),
    )
    assert found.noticed >= 0.75
    half = expected_delay(
        alarm,
        {"": GroupTraffic(rows=rows, before=0.1, after=usual + alarm.tolerance + (rise - alarm.tolerance) / 4)},
        chance=random.Random(4),
        trial=Trial(healthy=10, changed=windows, runs=10),
    )
    assert half.noticed < 0.5


@pytest.mark.parametrize(("rows", "others"), [(5, 50), (40, 160)])
def test_the_smallest_detectable_gap_is_noticed_in_time_as_often_as_said(rows: int, others: int) -> None:
    alarm = compile_gap_alarm(terms(tolerance=0.05), groups=["a", "b"], history=[])
    traffic = GapTraffic(rows=rows, others=others, others_rate=0.3)
    gap = smallest_detectable_gap(alarm, "a", traffic=traffic, windows=150)
    assert gap is not None
    found = expected_delay(
        alarm,
        {
            "a": GroupTraffic(rows=rows, before=0.3, after=0.3 + gap),
            "b": GroupTraffic(rows=others, before=0.3, after=0.3),
        },
        chance=random.Random(5),
        trial=Trial(healthy=10, changed=150, runs=30),
    )
    assert found.noticed >= 0.75


def test_a_smaller_group_needs_a_larger_gap() -> None:
    alarm = compile_gap_alarm(terms(tolerance=0.05), groups=["a", "b"], history=[])
    few, many = (
        smallest_detectable_gap(alarm, "a", traffic=GapTraffic(rows=n, others=400, others_rate=0.3), windows=720)
        for n in (2, 200)
    )
    assert few is not None
    assert many is not None
    assert few > many > 0.05


def test_what_can_never_be_noticed_is_none_and_what_is_not_watched_is_refused() -> None:
    alarm = compile_gap_alarm(terms(tolerance=0.05), groups=["a", "b"], history=[])
    hopeless = GapTraffic(rows=1, others=1, others_rate=0.5)
    assert smallest_detectable_gap(alarm, "a", traffic=hopeless, windows=3) is None
    with pytest.raises(InvalidInput, match="not watched"):
        smallest_detectable_gap(alarm, "z", traffic=hopeless, windows=3)
    with pytest.raises(InvalidInput, match="no reference"):
        smallest_detectable_rise(a_rate_alarm(), slot=9, rows=1, windows=3)
