"""Medians that do not flatter."""

from __future__ import annotations

from datetime import timedelta

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.metric import NullReason
from careloop.scoring.durations import Spans, median_interval, ninth_decile

durations = st.lists(st.integers(min_value=0, max_value=10_000).map(lambda n: timedelta(minutes=n)), max_size=20)


def hours(*numbers: float) -> list[timedelta]:
    return [timedelta(hours=number) for number in numbers]


def test_an_even_number_has_the_mean_of_the_middle_two() -> None:
    assert Spans.of(hours(1, 2, 4, 9), unit="h").median == 3.0


def test_what_is_open_is_counted_with_its_age_and_lifts_the_least_median() -> None:
    spans = Spans.of(hours(1, 3), hours(10, 20), unit="h")
    assert spans.median == 2.0
    assert (spans.still_open.count, spans.still_open.oldest, spans.still_open.median_at_least) == (2, 20.0, 6.5)


def test_nothing_closed_is_no_median_and_says_whether_anything_is_open() -> None:
    assert Spans.of([], unit="h").reason is NullReason.NO_ACTIVITY
    assert Spans.of([], hours(1), unit="h").reason is NullReason.ALL_OPEN


def test_a_duration_below_zero_is_left_out_and_counted() -> None:
    spans = Spans.of(hours(-1, 2), hours(-3), unit="h")
    assert (spans.closed, spans.open, spans.negative) == ((2.0,), (), 2)


@given(closed=durations, open_=durations)
def test_the_least_median_is_one_that_ending_everything_now_would_give(
    closed: list[timedelta], open_: list[timedelta]
) -> None:
    spans = Spans.of(closed, open_, unit="min")
    assert spans.still_open.median_at_least == Spans.of([*closed, *open_], unit="min").median


@pytest.mark.parametrize("n", [6, 7, 10, 25, 100, 2_000])
def test_the_interval_of_a_median_misses_it_at_most_as_often_as_promised_and_is_the_narrowest(n: int) -> None:
    found = median_interval([float(number) for number in range(1, n + 1)])
    assert found is not None
    rank = int(found.low)
    assert found.high == n + 1 - rank
    assert 2 * scipy.stats.binom.cdf(rank - 1, n, 0.5) <= 0.05 < 2 * scipy.stats.binom.cdf(rank, n, 0.5)


def test_five_durations_are_too_few_for_an_interval() -> None:
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]) is None


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=40))
def test_nine_in_ten_do_not_exceed_the_ninth_decile_and_nothing_smaller_does_it(values: list[float]) -> None:
    found = ninth_decile(values)
    assert found in values
    assert sum(value <= found for value in values) >= 0.9 * len(values)
    assert all(sum(v <= value for v in values) < 0.9 * len(values) for value in values if value < found)
