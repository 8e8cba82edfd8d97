"""A day's evidence is an e-value: it keeps its promise on ordinary days, and grows on one worse than tolerated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monitor_traffic import FOUR_WEEKS, HOUR, Traffic

from careloop.domain.counts import Tally
from careloop.errors import InvalidInput
from careloop.monitors.day_evidence import DayEvidence, day_evidence, day_of, mean_evidence, standing_out
from careloop.monitors.detector import BETS
from careloop.monitors.gap_alarm import compile_gap_alarm
from careloop.monitors.history import learn_rate
from careloop.monitors.promise import AlarmTerms, Promise
from careloop.monitors.rate_alarm import RateAlarm, compile_rate_alarm
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.window import Cell, WindowCounts

TERMS = AlarmTerms(monitor="m", tolerance=0.05, promise=Promise(days=1825), window_seconds=HOUR)
GROUPS = {"a": (0.30, 200), "b": (0.30, 200)}
DAY = 24


def hours(
    random: np.random.Generator, first: int, count: int, groups: dict[str, tuple[float, int]]
) -> list[WindowCounts]:
    """So many hours of traffic from the hour `first` on."""
    return [Traffic(buckets=16).window(random, hour, groups) for hour in range(first, first + count)]


def a_rate_alarm(random: np.random.Generator) -> RateAlarm:
    return compile_rate_alarm(TERMS, history=learn_rate(hours(random, 0, FOUR_WEEKS, GROUPS)))


def test_on_days_at_the_edge_of_what_is_tolerated_the_mean_e_value_is_at_most_one_r47() -> None:
    """Over 120 days whose true rate is exactly as bad as is accepted; their mean may pass 1 by chance only."""
    random = np.random.default_rng(7)
    alarm = a_rate_alarm(random)
    edge = alarm.accepted[0][1] + alarm.tolerance
    values = []
    for day in range(120):
        windows = hours(random, day * DAY, DAY, {"a": (edge, 100)})
        found = day_evidence(alarm, windows, seconds=HOUR)
        assert found is not None
        values.append(math.exp(found.log_e))
    mean, error = float(np.mean(values)), float(np.std(values) / math.sqrt(len(values)))
    assert mean <= 1 + 3 * error
    assert sum(value >= 20 for value in values) <= 0.05 * len(values)


@pytest.mark.parametrize("kind", ["rate", "gap"])
def test_a_bad_day_speaks_and_the_good_day_after_it_begins_anew(kind: str) -> None:
    random = np.random.default_rng(3)
    past = hours(random, 0, FOUR_WEEKS, GROUPS)
    alarm: ChangeAlarm = compile_rate_alarm(TERMS, history=learn_rate(past))
    if kind == "gap":
        alarm = compile_gap_alarm(TERMS, groups=("a", "b"), history=past)
    bad = hours(random, FOUR_WEEKS, DAY, {"a": (0.55, 200), "b": (0.30, 200)})
    good = hours(random, FOUR_WEEKS + DAY, DAY, GROUPS)
    shouted, silent = day_evidence(alarm, bad, seconds=HOUR), day_evidence(alarm, [*bad, *good], seconds=HOUR)
    assert shouted is not None
    assert silent is not None
    assert shouted.log_e > math.log(100)
    assert silent.log_e < math.log(2)
    assert (shouted.windows, silent.windows) == (DAY, DAY)
    assert silent.day == shouted.day + 86_400
    assert silent == day_evidence(alarm, good, seconds=HOUR)


def test_one_window_pays_what_the_bets_pay() -> None:
    """Held against the definition: the mean over the bets of 1 + bet·(observed - limit), for a rate of one window."""
    alarm = RateAlarm(
        monitor="m", worse=TERMS.worse, accepted={0: (0.1, 0.2)}, tolerance=0.1, asked=0.1, window_sd=None, threshold=9
    )
    window = WindowCounts(window=0, release="r", cells=(Cell("", 0, Tally(8, 10)),))
    found = day_evidence(alarm, [window], seconds=HOUR)
    largest = 0.9 / 0.3
    by_hand = sum(1 + largest * share * (0.8 - 0.3) for share in BETS) / len(BETS)
    assert found is not None
    assert math.exp(found.log_e) == pytest.approx(by_hand)


def test_windows_without_rows_or_reference_leave_it_at_one() -> None:
    alarm = RateAlarm(
        monitor="m", worse=TERMS.worse, accepted={}, tolerance=0.1, asked=0.1, window_sd=None, threshold=9
    )
    window = WindowCounts(window=0, release="r", cells=(Cell("", 0, Tally(8, 10)),))
    assert day_evidence(alarm, [window], seconds=HOUR) == DayEvidence(day=0, log_e=0.0, windows=0)
    assert day_evidence(alarm, [], seconds=HOUR) is None


def test_a_window_belongs_to_the_day_in_which_it_closes() -> None:
    assert [day_of(at * HOUR, seconds=HOUR) // 86_400 for at in (0, 23, 24)] == [0, 0, 1]
    assert day_of(0, seconds=86_400) == 0
    assert day_of(0, seconds=7 * 86_400) == 6 * 86_400


def test_parts_of_a_monitor_are_averaged_on_its_latest_day() -> None:
    parts = [DayEvidence(day=0, log_e=9.0, windows=3), DayEvidence(day=86_400, log_e=math.log(3), windows=5)]
    found = mean_evidence(parts)
    assert found is not None
    assert (found.day, found.windows) == (86_400, 5)
    assert math.exp(found.log_e) == pytest.approx((1 + 3) / 2)
    assert mean_evidence([]) is None


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.floats(-5, 20), max_size=40), st.floats(0.01, 0.5))
def test_who_stands_out_by_e_bh(values: dict[str, float], rate: float) -> None:
    named = standing_out(values, rate=rate)
    least = math.log(len(values) / (rate * len(named))) if named else 0.0
    assert all(values[name] >= least - 1e-9 for name in named)
    for name, value in values.items():  # nobody is passed over who has more evidence than somebody named
        assert name in named or not any(value > values[other] for other in named)
    enough = [k for k in range(1, len(values) + 1) if sorted(values.values())[-k] >= math.log(len(values) / (rate * k))]
    assert len(named) == max(enough, default=0)


def test_a_rate_of_wrong_names_is_a_share() -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        standing_out({"a": 1.0}, rate=1.0)
