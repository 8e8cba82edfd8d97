"""Chapman's estimator against exact enumeration: on average it gives the true number (R76)."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from careloop.measures.capture_recapture import chapman

SIZES = st.integers(1, 30)


@given(st.data(), st.integers(2, 40))
def test_on_average_it_gives_the_true_number_where_the_looks_can_cover_all(data: st.DataObject, true: int) -> None:
    first = data.draw(st.integers(1, true))
    second = data.draw(st.integers(max(1, true - first), true))
    chances = hypergeom(true, first, second)
    expected = 0.0
    for both in range(max(0, first + second - true), min(first, second) + 1):
        found = chapman(first, second, both)
        assert found is not None
        expected += float(chances.pmf(both)) * found.value
    assert expected == pytest.approx(true, rel=1e-9)


@given(SIZES, SIZES, SIZES)
def test_the_interval_holds_the_estimate_and_never_falls_below_what_was_seen(
    first: int, second: int, both: int
) -> None:
    assume(both <= min(first, second))
    found = chapman(first, second, both)
    assert found is not None
    seen = first + second - both
    assert seen - 1e-9 <= found.low <= found.high
    assert math.isfinite(found.high)
    assert found.value <= found.high + 1e-9


def test_a_look_that_saw_nothing_gives_no_estimate_and_full_agreement_no_doubt() -> None:
    assert chapman(0, 3, 0) is None
    assert chapman(3, 0, 0) is None
    full = chapman(4, 4, 4)
    assert full is not None
    assert (full.value, full.low, full.high) == (4.0, 4.0, 4.0)
