"""The Poisson interval against a second source."""

from __future__ import annotations

import pytest
import scipy.stats

from careloop.errors import InvalidInput
from careloop.scoring.count_interval import poisson_interval


@pytest.mark.parametrize("events", [0, 1, 2, 7, 10, 54, 300, 12_000])
def test_the_ends_are_the_quantiles_of_chi_squared(events: int) -> None:
    found = poisson_interval(events, per=2.0)
    low = scipy.stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    high = scipy.stats.chi2.ppf(0.975, 2 * (events + 1)) / 2
    assert (found.low, found.high) == pytest.approx((low / 2, high / 2), rel=1e-9)


@pytest.mark.parametrize(("events", "per"), [(-1, 1.0), (3, 0.0), (3, -1.0)])
def test_what_has_no_rate_has_no_interval(events: int, per: float) -> None:
    with pytest.raises(InvalidInput):
        poisson_interval(events, per=per)
