"""Plans are checked when they are written, not when they run."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_builders import APPROVED, LATENCY, SCORE, SEX, a_plan

from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    EdgeBins,
    ExponentialBins,
    Predicate,
    WindowBy,
)
from careloop.errors import InvalidInput


@pytest.mark.parametrize(
    ("column", "compare", "values"),
    [
        (SEX, Compare.EQ, (1,)),
        (SEX, Compare.LT, ("F",)),
        (APPROVED, Compare.EQ, (1,)),
        (APPROVED, Compare.GE, (True,)),
        (LATENCY, Compare.EQ, (True,)),
        (LATENCY, Compare.EQ, (0.5,)),
        (LATENCY, Compare.EQ, (2**63,)),
        (SCORE, Compare.GT, (float("nan"),)),
        (SCORE, Compare.GT, (float("inf"),)),
        (SCORE, Compare.GT, ()),
        (SCORE, Compare.EQ, (0.1, 0.2)),
        (SCORE, Compare.IS_ABSENT, (0.1,)),
        (Column("at", ColumnKind.INSTANT), Compare.EQ, (5,)),
    ],
)
def test_a_predicate_whose_literal_does_not_fit_is_refused(column: Column, compare: Compare, values: Any) -> None:
    with pytest.raises(InvalidInput):
        Predicate(column, compare, values)


@pytest.mark.parametrize(
    "build",
    [
        lambda: a_plan(aggregates=()),
        lambda: a_plan(aggregates=(Aggregate(name="n"), Aggregate(name="n"))),
        lambda: a_plan(group=(SCORE,)),
        lambda: a_plan(release=APPROVED),
        lambda: a_plan(unit=LATENCY),
        lambda: a_plan(group=(SEX,), bins=EdgeBins(Column("sex", ColumnKind.REAL), (0.5,))),
        lambda: Aggregate(name="sum", sums=SCORE),
        lambda: EdgeBins(SCORE, (0.5, 0.5)),
        lambda: EdgeBins(SCORE, (0.0, float("inf"))),
        lambda: EdgeBins(LATENCY, (1.0,)),
        lambda: CategoryBins(SEX, ("F", "F")),
        lambda: CategoryBins(SCORE, ("F",)),
        lambda: ExponentialBins(SCORE),
        lambda: ExponentialBins(LATENCY, scale=7),
        lambda: ExponentialBins(LATENCY, octaves=63),
        lambda: WindowBy(SEX, 60),
        lambda: WindowBy(Column("at", ColumnKind.INSTANT), 0),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_mean_anything_is_refused(build: Any) -> None:
    with pytest.raises(InvalidInput):
        build()


@given(value=st.integers(1, 2**40), scale=st.integers(0, 6))
def test_the_exponential_bucket_is_the_one_of_opentelemetry_in_exact_arithmetic(value: int, scale: int) -> None:
    bins = ExponentialBins(LATENCY, scale=scale)
    bin_ = sum(bound < value for bound in bins.bounds)
    index = bin_ - 2
    power = Fraction(value) ** 2**scale
    assert Fraction(2) ** index < power <= Fraction(2) ** (index + 1)


def test_the_first_buckets_hold_zero_and_one_and_the_last_is_open() -> None:
    bins = ExponentialBins(LATENCY, scale=4, octaves=10)
    assert [sum(bound < value for bound in bins.bounds) for value in (0, 1, 2)] == [0, 1, 17]
    assert sum(bound < 2**10 + 1 for bound in bins.bounds) == bins.size - 1
    assert all(a <= b for a, b in pairwise(bins.bounds))
