"""Quantiles from integer buckets stay within the error they state (R46)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_builders import LATENCY

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import ExponentialBins
from careloop.domain.counts import CountTable
from careloop.errors import InvalidInput
from careloop.measures.latency import bucket_error, latency_plan, latency_quantile

BINS = ExponentialBins(LATENCY)


def counted(latencies: list[int | None], bins: ExponentialBins = BINS) -> CountTable:
    return NumpyCounts({"latency_us": latencies}).count(latency_plan("latency", bins=bins))


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=300), st.sampled_from([0.01, 0.5, 0.95, 0.99]))
def test_a_quantile_is_the_nearest_rank_within_the_stated_error(latencies: list[int], q: float) -> None:
    true = sorted(latencies)[max(1, math.ceil(q * len(latencies))) - 1]
    found = latency_quantile(counted(list(latencies)), q, bins=BINS).value
    assert found is not None
    assert abs(found - true) <= bucket_error(BINS) * true * (1 + 1e-9)


@pytest.mark.parametrize(("q", "scale"), [(0.5, 4), (0.95, 3), (0.99, 6)])
def test_the_interval_covers_the_true_quantile_about_as_often_as_it_says(q: float, scale: int) -> None:
    random = np.random.default_rng(7)
    bins = ExponentialBins(LATENCY, scale=scale, octaves=24)
    true = math.exp(8 + 0.8 * {0.5: 0.0, 0.95: 1.6448536, 0.99: 2.3263479}[q])
    covered = 0
    for _ in range(200):
        interval = latency_quantile(
            counted(random.lognormal(8, 0.8, 600).astype(int).tolist(), bins), q, bins=bins
        ).interval
        assert interval is not None
        covered += interval.low <= true <= interval.high
    assert covered >= 188


def test_too_few_rows_give_a_quantile_without_an_interval() -> None:
    measured = latency_quantile(counted([5, 6, 7]), 0.99, bins=BINS)
    assert measured.value is not None
    assert measured.interval is None


def test_no_latency_is_null_and_the_rows_without_one_are_told() -> None:
    measured = latency_quantile(counted([None, -4]), 0.5, bins=BINS)
    assert (measured.value, measured.n, measured.reason) == (None, 0, "no rows with a latency")
    assert measured.note is not None
    assert "2 rows had none" in measured.note


def test_a_quantile_in_the_open_bucket_is_null() -> None:
    small = ExponentialBins(LATENCY, octaves=4)
    measured = latency_quantile(counted([1000] * 50, small), 0.5, bins=small)
    assert measured.value is None
    assert measured.reason == "above the largest bucket, 2^4 microseconds"


def test_one_row_is_its_own_median_and_zero_is_zero() -> None:
    assert latency_quantile(counted([0]), 0.5, bins=BINS).value == 0.0
    assert latency_quantile(counted([1]), 0.5, bins=BINS).value == 1.0


@pytest.mark.parametrize("q", [0.0, 1.0, -0.5])
def test_a_quantile_outside_its_range_is_refused(q: float) -> None:
    with pytest.raises(InvalidInput):
        latency_quantile(counted([1]), q, bins=BINS)
