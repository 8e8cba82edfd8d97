"""Intervals agree with scipy and with the figures that their authors printed."""

from __future__ import annotations

import math

import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.domain.counts import Tally
from careloop.errors import InvalidInput
from careloop.measures.beta import beta_cdf, beta_quantile
from careloop.measures.intervals import clopper_pearson, newcombe, quotient, wilson

TALLIES = st.integers(1, 100_000).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n)))
SMALL = st.integers(1, 60).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n)))


@given(tally=TALLIES, level=st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_wilson_is_the_interval_of_scipy(tally: Tally, level: float) -> None:
    theirs = scipy.stats.binomtest(*tally).proportion_ci(level, method="wilson")
    ours = wilson(tally, level=level)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ours.low <= tally.hits / tally.n <= ours.high


@settings(max_examples=40)
@given(tally=TALLIES, level=st.sampled_from([0.9, 0.95]))
def test_clopper_pearson_is_the_exact_interval_of_scipy(tally: Tally, level: float) -> None:
    theirs = scipy.stats.binomtest(*tally).proportion_ci(level, method="exact")
    ours = clopper_pearson(tally, level=level)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-10)


@given(a=st.floats(0.3, 1e5), b=st.floats(0.3, 1e5), u=st.floats(0.001, 0.999))
def test_the_beta_distribution_is_the_one_of_scipy(a: float, b: float, u: float) -> None:
    x = float(scipy.special.betaincinv(a, b, u))
    assert beta_cdf(x, a, b) == pytest.approx(float(scipy.special.betainc(a, b, x)), abs=1e-9)


@settings(max_examples=40)
@given(a=st.floats(0.5, 1e4), b=st.floats(0.5, 1e4), u=st.floats(0.001, 0.999))
def test_the_beta_quantile_undoes_the_distribution(a: float, b: float, u: float) -> None:
    assert beta_cdf(beta_quantile(u, a, b), a, b) == pytest.approx(u, abs=1e-8)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_gives_the_figures_of_his_own_table(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, table II, method 10; the first six were also had from statsmodels 0.15.0."""
    found = newcombe(Tally(*first), Tally(*second))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(first=SMALL, second=SMALL)
def test_a_difference_turned_round_has_the_interval_turned_round(first: Tally, second: Tally) -> None:
    ours, turned = newcombe(first, second), newcombe(second, first)
    assert (ours.low, ours.high) == pytest.approx((-turned.high, -turned.low), abs=1e-12)
    assert -1 - 1e-12 <= ours.low <= first.hits / first.n - second.hits / second.n <= ours.high <= 1 + 1e-12


@given(first=SMALL, second=SMALL)
def test_a_quotient_turned_round_has_the_interval_turned_round(first: Tally, second: Tally) -> None:
    ours, turned = quotient(first, second), quotient(second, first)
    upside_down = 1 / turned.high if turned.high else math.inf
    assert ours.low == pytest.approx(upside_down, rel=1e-6, abs=1e-9)
    assert ours.low >= 0
    if second.hits:
        assert ours.low - 1e-9 <= (first.hits / first.n) / (second.hits / second.n) <= ours.high + 1e-9


@pytest.mark.parametrize(("p", "q", "n"), [(0.3, 0.3, 80), (0.24, 0.3, 150), (0.1, 0.1, 200), (0.6, 0.75, 60)])
def test_both_intervals_of_two_rates_cover_about_as_often_as_they_say(p: float, q: float, n: int) -> None:
    """Over every possible outcome, not by simulation."""
    ps, qs = (scipy.stats.binom.pmf(range(n + 1), n, rate) for rate in (p, q))
    covered = {"difference": 0.0, "quotient": 0.0}
    for k in range(n + 1):
        for j in range(n + 1):
            chance = ps[k] * qs[j]
            if chance < 1e-7:
                continue
            gap, ratio = newcombe(Tally(k, n), Tally(j, n)), quotient(Tally(k, n), Tally(j, n))
            covered["difference"] += chance * (gap.low <= p - q <= gap.high)
            covered["quotient"] += chance * (ratio.low <= p / q <= ratio.high)
    assert 0.94 < covered["difference"] < 0.97
    assert 0.94 < covered["quotient"] < 0.97


def test_one_row_and_no_row() -> None:
    assert wilson(Tally(1, 1)).high == 1.0
    assert wilson(Tally(0, 1)).low == 0.0
    with pytest.raises(InvalidInput, match="at least one row"):
        wilson(Tally(0, 0))
