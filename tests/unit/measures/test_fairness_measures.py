"""Fairness from counts equals fairness from rows, and says when it cannot be measured (R42)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from fairlearn.metrics import (
    demographic_parity_difference as rows_parity,
)
from fairlearn.metrics import (
    demographic_parity_ratio as rows_ratio,
)
from fairlearn.metrics import (
    equal_opportunity_difference as rows_opportunity,
)
from fairlearn.metrics import (
    equalized_odds_difference as rows_odds,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from measure_builders import HAS_REPAID, IS_APPROVED, IS_LABELLED, SEX, a_rate_table, tallies

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.counts import UNKNOWN_GROUP, CountTable, Tally
from careloop.domain.measured import Measured
from careloop.errors import InvalidInput
from careloop.measures.fairness import (
    demographic_parity_difference,
    equal_opportunity_difference,
    equalised_odds_difference,
    impact_ratio,
    impact_ratios,
    odds_plan,
)
from careloop.measures.split import Split

GROUPS = st.dictionaries(
    st.sampled_from("abcde"),
    st.integers(1, 500).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n))),
    min_size=2,
    max_size=5,
)


def the_rows(groups: Mapping[str, Tally]) -> tuple[list[int], list[str]]:
    selected = [int(i < tally.hits) for tally in groups.values() for i in range(tally.n)]
    return selected, [group for group, tally in groups.items() for _ in range(tally.n)]


@settings(max_examples=25, deadline=None)
@given(groups=GROUPS)
def test_parity_and_impact_ratio_are_those_of_fairlearn(groups: dict[str, Tally]) -> None:
    selected, sensitive = the_rows(groups)
    gap = demographic_parity_difference(groups, min_n=1).value
    assert gap == pytest.approx(rows_parity(selected, selected, sensitive_features=sensitive), abs=1e-12)
    ratio = impact_ratio(groups, min_n=1)
    if any(selected):
        assert ratio.value == pytest.approx(rows_ratio(selected, selected, sensitive_features=sensitive), abs=1e-12)
    else:
        assert ratio.value is None
        assert ratio.reason == "nobody was selected in any group"


def an_odds_table(selected: list[bool], repaid: list[bool], sex: list[str | None]) -> CountTable:
    plan = odds_plan("odds", selected=IS_APPROVED, deserved=HAS_REPAID, labelled=IS_LABELLED, split=Split(group=(SEX,)))
    return NumpyCounts({"approved": selected, "repaid": repaid, "sex": sex}).count(plan)


@pytest.mark.parametrize("seed", range(8))
def test_odds_and_opportunity_are_those_of_fairlearn(seed: int) -> None:
    random = np.random.default_rng(seed)
    sex = random.choice(["F", "M", "X"], 400).tolist()
    repaid, selected = random.random(400) < 0.6, random.random(400) < 0.4
    table = an_odds_table(selected.tolist(), repaid.tolist(), sex)
    theirs = {"y_true": repaid, "y_pred": selected, "sensitive_features": sex}
    assert equalised_odds_difference(table, min_n=1).value == pytest.approx(rows_odds(**theirs), abs=1e-12)
    assert equal_opportunity_difference(table, min_n=1).value == pytest.approx(rows_opportunity(**theirs), abs=1e-12)


@given(groups=GROUPS)
def test_the_interval_holds_the_value(groups: dict[str, Tally]) -> None:
    for measured in (demographic_parity_difference(groups, min_n=1), impact_ratio(groups, min_n=1)):
        if measured.value is not None:
            assert measured.interval is not None
            assert measured.interval.low - 1e-9 <= measured.value <= measured.interval.high + 1e-9


def test_groups_that_are_too_small_or_unknown_are_left_out_by_name_and_still_counted() -> None:
    groups = {"a": Tally(50, 100), "b": Tally(40, 100), "few": Tally(0, 5), UNKNOWN_GROUP: Tally(9, 90)}
    measured = demographic_parity_difference(groups, min_n=30)
    assert measured.value == pytest.approx(0.1)
    assert measured.n == 200
    assert {each.group: (each.n, each.reason) for each in measured.left_out} == {
        "few": (5, "5 rows, fewer than the least n of 30"),
        UNKNOWN_GROUP: (90, "these rows do not say their group"),
    }


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ({}, "no group has enough rows"),
        ({"a": Tally(0, 0), "b": Tally(0, 0)}, "no group has enough rows"),
        ({"a": Tally(1, 1)}, "only one group has enough rows: a"),
        ({"a": Tally(3, 9), "b": Tally(0, 0)}, "only one group has enough rows: a"),
        ({"a": Tally(3, 9), UNKNOWN_GROUP: Tally(3, 9)}, "only one group has enough rows: a"),
    ],
)
def test_fewer_than_two_groups_are_null_with_a_reason(groups: dict[str, Tally], reason: str) -> None:
    for measured in (demographic_parity_difference(groups, min_n=1), impact_ratio(groups, min_n=1)):
        assert measured.value is None
        assert measured.reason == reason


def test_nobody_selected_is_a_gap_of_nothing_and_no_ratio() -> None:
    groups = tallies(a=(0, 50), b=(0, 70))
    assert demographic_parity_difference(groups, min_n=1).value == 0.0
    assert impact_ratio(groups, min_n=1).value is None
    assert [each.reason for each in impact_ratios(groups, min_n=1)] == ["nobody was selected"] * 2


def test_one_row_a_group_is_measured_and_its_interval_says_how_little_that_is() -> None:
    measured = demographic_parity_difference(tallies(a=(1, 1), b=(0, 1)), min_n=1)
    assert measured.value == 1.0
    assert measured.interval is not None
    assert measured.interval.low < 0.2


def test_more_groups_make_the_interval_wider_because_more_pairs_were_looked_at() -> None:
    two = demographic_parity_difference(tallies(a=(50, 100), b=(40, 100)), min_n=1).interval
    four = demographic_parity_difference(tallies(a=(50, 100), b=(40, 100), c=(45, 100), d=(45, 100)), min_n=1).interval
    assert two is not None
    assert four is not None
    assert four.high > two.high
    assert four.method.endswith("Bonferroni over 6 pairs")


def test_odds_without_one_of_the_labels_are_null_with_a_reason() -> None:
    measured = equalised_odds_difference(an_odds_table([True] * 4, [True] * 4, ["F", "F", "M", "M"]), min_n=1)
    assert measured.value is None
    assert measured.reason == "among rows with a negative label: no group has enough rows"


def test_rows_without_a_label_are_not_in_the_odds() -> None:
    columns: dict[str, list[object]] = {
        "approved": [True, True, False],
        "repaid": [True, None, False],
        "sex": ["F", "F", "M"],
    }
    plan = odds_plan("odds", selected=IS_APPROVED, deserved=HAS_REPAID, labelled=IS_LABELLED)
    assert NumpyCounts(columns).count(plan).total() == (2, 1, 1, 1)


@pytest.mark.parametrize("measure", [demographic_parity_difference, impact_ratio])
def test_a_least_n_below_one_is_refused(measure: Callable[..., Measured]) -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        measure(a_rate_table(a=(1, 2)).tallies(), min_n=0)
