"""Quality that counts by cell cannot tell: rows that come twice, a trusted copy, means (R57; ISO/IEC 5259-2 names)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.counts import Agreement, Tally
from careloop.measures.exact_kind import ExactRows
from careloop.measures.exact_quality import agreement, mean, row_count, uniqueness


def rows(**columns: Sequence[object]) -> ExactRows:
    return ExactRows({}, columns)


def test_uniqueness_is_a_share_of_rows_and_none_of_nothing() -> None:
    found = uniqueness(Tally(2, 3))
    assert found.value == pytest.approx(2 / 3)
    assert found.n == 3
    assert uniqueness(Tally(0, 0)).value is None


def test_agreement_says_which_rows_it_could_not_hold_against_anything() -> None:
    found = agreement(Agreement(rows=2, found=1, alike=1, trusted=2), keyed=True)
    assert (found.value, found.n, found.note) == (1.0, 1, "1 rows are not in the trusted copy")
    assert agreement(Agreement(rows=2, found=2, alike=1, trusted=2), keyed=False).value == 0.5
    assert "3 rows against 2" in str(agreement(Agreement(3, 2, 2, 2), keyed=False).reason)
    assert "share their key" in str(agreement(Agreement(2, 0, 0, 2, repeated=1), keyed=True).reason)
    none = agreement(Agreement(rows=2, found=0, alike=0, trusted=9), keyed=True)
    assert (none.value, none.reason) == (None, "no rows")


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_the_mean_is_the_mean_and_lies_in_its_interval(numbers: list[float]) -> None:
    found = mean(numbers)
    assert found.value == pytest.approx(fmean(numbers), abs=1e-9)
    assert found.interval is not None
    assert found.value is not None
    assert found.interval.low <= found.value <= found.interval.high


def test_there_is_no_mean_of_nothing_and_no_interval_of_one() -> None:
    assert mean([]).value is None
    assert mean([3.0]).interval is None
    assert (row_count(rows(a=[1, 2])).value, row_count(rows()).value) == (2.0, 0.0)
