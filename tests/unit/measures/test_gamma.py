"""The gamma distribution against a second source, also where its tail is tiny."""

from __future__ import annotations

import pytest
import scipy.stats

from careloop.measures.gamma import gamma_cdf, upper_gamma

POINTS = [(0.001, 0.5), (30.0, 0.5), (3.0, 3.0), (40.0, 2.0), (520.0, 500.0), (950.0, 1000.0), (1100.0, 1000.0)]


@pytest.mark.parametrize(("x", "shape"), POINTS)
def test_both_sides_are_those_of_another_library(x: float, shape: float) -> None:
    assert gamma_cdf(x, shape) == pytest.approx(float(scipy.stats.gamma.cdf(x, shape)), rel=1e-9)
    assert upper_gamma(x, shape) == pytest.approx(float(scipy.stats.gamma.sf(x, shape)), rel=1e-9)


def test_nothing_lies_below_nothing() -> None:
    assert (gamma_cdf(0.0, 2.0), upper_gamma(0.0, 2.0)) == (0.0, 1.0)
