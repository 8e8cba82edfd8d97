"""The population stability index is about zero when nothing changed, whatever the bins (R43)."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measure_builders import SCORE, SEX, a_binned_table

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import CategoryBins, EdgeBins
from careloop.errors import InvalidInput
from careloop.measures.drift import bin_rule, drift_plan, psi, quantile_edges

TWENTY = EdgeBins(SCORE, tuple(i / 20 for i in range(1, 20)))


def a_sample(random: np.random.Generator, n: int, shift: float = 0.0) -> dict[int, int]:
    drawn = np.clip((random.random(n) + shift) * 20, 0, 19.99).astype(int)
    return {bin_: int(n) for bin_, n in enumerate(np.bincount(drawn, minlength=20)) if n}


def test_it_is_the_textbook_sum_less_its_null_mean() -> None:
    new, old = {0: 300, 1: 700}, {0: 500, 1: 500}
    p, q = [300.5 / 1001, 700.5 / 1001], [500.5 / 1001, 500.5 / 1001]
    raw = sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    measured = psi(a_binned_table(old), a_binned_table(new), bins=EdgeBins(SCORE, (0.5,)))
    assert measured.value == pytest.approx(raw - (1 / 1000 + 1 / 1000), abs=1e-12)


def test_without_change_its_mean_is_zero_although_the_raw_index_of_500_rows_in_20_bins_is_not() -> None:
    random = np.random.default_rng(3)
    reference = a_binned_table(dict.fromkeys(range(20), 50_000))
    values = [psi(reference, a_binned_table(a_sample(random, 500)), bins=TWENTY).value or 0.0 for _ in range(400)]
    assert abs(float(np.mean(values))) < 0.002
    assert float(np.mean(values)) + 19 * (1 / 500 + 1 / 1_000_000) == pytest.approx(0.038, abs=0.002)


def test_the_interval_excludes_zero_when_the_mixture_moved_and_seldom_when_it_did_not() -> None:
    random = np.random.default_rng(4)
    reference = a_binned_table(dict.fromkeys(range(20), 50_000))
    same = [psi(reference, a_binned_table(a_sample(random, 500)), bins=TWENTY).interval for _ in range(200)]
    moved = psi(reference, a_binned_table(a_sample(random, 500, 0.1)), bins=TWENTY).interval
    assert sum(each is not None and each.low > 0 for each in same) <= 12
    assert moved is not None
    assert moved.low > 0


def test_an_empty_bin_is_unlikely_and_not_impossible() -> None:
    measured = psi(a_binned_table({0: 100, 1: 100}), a_binned_table({0: 200}), bins=EdgeBins(SCORE, (0.5,)))
    assert measured.value is not None
    assert measured.value > 0.5


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ({}, {0: 1}, "the reference has no rows"),
        ({0: 1}, {}, "no rows"),
        ({0: 9}, {0: 9}, "all rows of both sides are in one bin: there is no mixture to compare"),
    ],
)
def test_what_cannot_be_compared_is_null_with_a_reason(old: dict[int, int], new: dict[int, int], reason: str) -> None:
    measured = psi(a_binned_table(old), a_binned_table(new), bins=TWENTY)
    assert (measured.value, measured.reason) == (None, reason)


def test_missing_values_are_a_bin_of_their_own() -> None:
    scores = NumpyCounts({"score": [0.1, None, float("nan"), float("inf"), 0.9]})
    plan = drift_plan("drift", bins=EdgeBins(SCORE, (0.5,)))
    assert scores.count(plan).by_bin() == {-1: (3,), 0: (1,), 1: (1,)}


def test_a_table_counted_with_other_bins_is_refused() -> None:
    with pytest.raises(InvalidInput, match="other bins"):
        psi(a_binned_table({7: 1}), a_binned_table({0: 1}), bins=EdgeBins(SCORE, (0.5,)))


def test_edges_come_from_the_reference_and_are_published_in_words() -> None:
    values = [*range(100), math.nan, math.inf]
    assert quantile_edges(values, bins=4) == (25.0, 50.0, 75.0)
    assert quantile_edges([7], bins=4) == ()
    assert quantile_edges([], bins=4) == ()
    assert bin_rule(EdgeBins(SCORE, (0.25, 0.5))).startswith("3 bins of score, lower edge inside, cut at 0.25, 0.5;")
    assert "(F, M) and one for all others" in bin_rule(CategoryBins(SEX, ("F", "M")))
    with pytest.raises(InvalidInput):
        quantile_edges([1.0], bins=1)


@settings(max_examples=200)
@given(
    st.lists(st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6)), min_size=1, max_size=80),
    st.integers(2, 20),
)
def test_a_value_more_common_than_a_bin_is_large_has_a_bin_of_its_own(values: list[float], bins: int) -> None:
    """Of a column that is mostly one value, everything that leaves it shows (R43)."""
    edges = quantile_edges(values, bins=bins)
    binned = [bisect_right(edges, value) for value in values]
    for value in set(values):
        if values.count(value) > 1 and values.count(value) * bins > len(values):
            inside = {other for other, bin_ in zip(values, binned, strict=True) if bin_ == bisect_right(edges, value)}
            assert inside == {value}
    assert EdgeBins(SCORE, edges).edges == edges


def test_a_column_that_is_mostly_nought_is_watched_for_what_leaves_the_nought() -> None:
    """A column without edges had one bin, and its drift was never seen."""
    edges = quantile_edges([0.0] * 950 + [float(100 + n) for n in range(50)], bins=10)
    assert edges == (0.0, 100 / 1024)
    assert [bisect_right(edges, value) for value in (-1.0, 0.0, 50.0, 120.0)] == [0, 1, 2, 2]
    constant = quantile_edges([3.0] * 40, bins=10)
    assert [bisect_right(constant, value) for value in (2.9, 3.0, 3.1)] == [0, 1, 2]
