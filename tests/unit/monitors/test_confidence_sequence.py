"""A confidence sequence is right at every look together, not at one."""

from __future__ import annotations

import math

import pytest
import scipy.integrate
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.domain.counts import Tally
from careloop.errors import InvalidInput
from careloop.measures.intervals import wilson
from careloop.monitors.confidence_sequence import confidence_sequence, log_evidence


@pytest.mark.parametrize(("hits", "n", "rate"), [(3, 20, 0.1), (0, 15, 0.3), (40, 40, 0.9), (12, 100, 0.12)])
def test_the_evidence_is_the_mixture_that_integration_gives(hits: int, n: int, rate: float) -> None:
    def weighted(p: float) -> float:
        return float(scipy.stats.binom.pmf(hits, n, p) * scipy.stats.beta.pdf(p, 2.0, 3.0))

    mixture, _ = scipy.integrate.quad(weighted, 0, 1)
    expected = math.log(mixture / scipy.stats.binom.pmf(hits, n, rate))
    assert log_evidence(Tally(hits, n), rate, prior=(2.0, 3.0)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5, 0.9])
def test_the_true_rate_is_ever_left_out_at_most_as_often_as_promised(rate: float) -> None:
    """Exactly, by carrying the chance of every number of hits from row to row, for 400 looks."""
    alive, lost = {0: 1.0}, 0.0
    for n in range(1, 401):
        after: dict[int, float] = {}
        for hits, chance in alive.items():
            after[hits] = after.get(hits, 0.0) + chance * (1 - rate)
            after[hits + 1] = after.get(hits + 1, 0.0) + chance * rate
        alive = {}
        for hits, chance in after.items():
            if log_evidence(Tally(hits, n), rate) >= math.log(20):
                lost += chance
            elif chance > 1e-12:
                alive[hits] = chance
    assert 0.0 < lost <= 0.05


@settings(max_examples=50)
@given(st.integers(1, 100_000).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n))))
def test_it_holds_the_rate_and_is_wider_than_an_interval_for_one_look(tally: Tally) -> None:
    found, one_look = confidence_sequence(tally), wilson(tally)
    assert 0 <= found.low <= tally.hits / tally.n <= found.high <= 1
    assert found.high - found.low >= (one_look.high - one_look.low) * 0.95


def test_its_ends_are_where_the_evidence_reaches_the_bar() -> None:
    tally = Tally(100, 1000)
    found = confidence_sequence(tally)
    for end in (found.low, found.high):
        assert log_evidence(tally, end) == pytest.approx(math.log(20), abs=1e-6)


def test_clumped_rows_make_it_wider() -> None:
    plain, clumped = confidence_sequence(Tally(100, 1000)), confidence_sequence(Tally(100, 1000), effect=4.0)
    assert clumped.high - clumped.low > 1.7 * (plain.high - plain.low)


def test_no_rows_tell_nothing_and_extremes_are_inside() -> None:
    nothing = confidence_sequence(Tally(0, 0))
    assert (nothing.low, nothing.high) == (0.0, 1.0)
    assert confidence_sequence(Tally(0, 50)).low == 0.0
    assert confidence_sequence(Tally(50, 50)).high == 1.0
    with pytest.raises(InvalidInput):
        confidence_sequence(Tally(1, 2), effect=0.5)
