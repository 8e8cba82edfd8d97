"""Rates, accuracy, volumes and amounts: a value or a reason, never a made-up zero."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_builders import IS_APPROVED, SEX, a_rate_table

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.counts import CountTable, Tally
from careloop.domain.measured import Measured, Unit
from careloop.errors import InvalidInput
from careloop.measures.business import amount, amount_plan, volume
from careloop.measures.performance import accuracy, accuracy_plan
from careloop.measures.rate import rate, rate_of, rate_plan
from careloop.measures.split import Split

CENTS = Column("cents", ColumnKind.INTEGER)
GUESS, TRUTH = Column("guess", ColumnKind.TEXT), Column("truth", ColumnKind.TEXT)


def test_a_rate_of_no_rows_is_neither_nothing_nor_everything() -> None:
    empty = CountTable(("hits", "n"), {})
    assert (rate(empty).value, rate(empty).reason) == (None, "no rows")
    assert (volume(empty).value, volume(empty).reason) == (None, "no rows")
    assert (amount(CountTable(("sum", "n"), {}), digits=2).reason) == "no rows"
    assert (accuracy(CountTable(("n", "correct_0"), {})).reason) == "no rows"


def test_a_conversion_rate_comes_with_its_segments() -> None:
    plan = rate_plan("conversion", hit=(IS_APPROVED,), split=Split(group=(SEX,)))
    rows: dict[str, list[object]] = {"approved": [True, False, False, None], "sex": ["F", "F", "M", "M"]}
    measured = rate(NumpyCounts(rows).count(plan))
    assert (measured.value, measured.n) == (0.25, 4)
    assert [(each.group, each.value, each.n) for each in measured.groups] == [("F", 0.5, 2), ("M", 0.0, 2)]
    assert volume(NumpyCounts(rows).count(plan)).value == 1.0


def test_a_rate_without_segments_has_no_groups() -> None:
    assert rate(a_rate_table(**{"": (1, 4)})).groups == ()


@given(st.integers(1, 10_000).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n))))
def test_a_rate_lies_in_its_interval(tally: Tally) -> None:
    measured = rate_of(tally)
    assert measured.interval is not None
    assert measured.value is not None
    assert 0 <= measured.interval.low <= measured.value <= measured.interval.high <= 1


def test_accuracy_counts_classes_and_a_missing_prediction_is_wrong() -> None:
    plan = accuracy_plan("accuracy", predicted=GUESS, label=TRUTH, classes=("cat", "dog"))
    rows: dict[str, list[object]] = {
        "guess": ["cat", "dog", "cat", None, "dog"],
        "truth": ["cat", "dog", "dog", "cat", None],
    }
    measured = accuracy(NumpyCounts(rows).count(plan))
    assert (measured.value, measured.n) == (0.5, 4)


def test_amounts_are_exact_fixed_point() -> None:
    among = (Predicate(SEX, Compare.EQ, ("F",)),)
    rows: dict[str, list[object]] = {"cents": [12345, 10, None, 5], "sex": ["F", "F", "F", "M"]}
    measured = amount(NumpyCounts(rows).count(amount_plan("revenue", column=CENTS, among=among)), digits=2)
    assert (measured.value, measured.n, measured.unit) == (123.55, 3, Unit.AMOUNT)
    with pytest.raises(InvalidInput, match="0 or more digits"):
        amount(CountTable(("sum", "n"), {}), digits=-1)


@pytest.mark.parametrize(("value", "reason"), [(None, None), (1.0, "why"), (math.nan, None), (math.inf, None)])
def test_a_measured_value_is_a_number_or_a_reason(value: float | None, reason: str | None) -> None:
    with pytest.raises(InvalidInput):
        Measured(value=value, unit=Unit.RATIO, n=1, reason=reason)
