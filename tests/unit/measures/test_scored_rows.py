"""Exact measures of scores against scikit-learn and SciPy, and simulation for the intervals (R42-R45)."""

from __future__ import annotations

import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from careloop.errors import InvalidInput
from careloop.measures.importance_stability import importance_stability, rank_correlation
from careloop.measures.membership import membership_tallies
from careloop.measures.scored_rows import brier_score, calibration_curve, log_losses, roc_auc

METRICS = import_module("sklearn.metrics")
ROWS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60)


@given(ROWS)
def test_the_area_is_that_of_scikit_learn_ties_and_all(rows: list[tuple[int, bool]]) -> None:
    scores, labels = [one / 20 for one, _ in rows], [one for _, one in rows]
    found = roc_auc(scores, labels)
    if len(set(labels)) < 2:
        assert found.value is None
        assert found.reason == "all labels are alike"
        return
    assert found.value == pytest.approx(METRICS.roc_auc_score(labels, scores), abs=1e-12)
    assert found.interval is not None
    assert found.value is not None
    assert 0 <= found.interval.low <= found.value <= found.interval.high <= 1


def test_the_interval_of_the_area_covers_the_truth_as_often_as_it_says() -> None:
    chance, truth = np.random.default_rng(3), stats.norm.cdf(1 / math.sqrt(2))
    held, rounds = 0, 400
    for _ in range(rounds):
        labels = [n % 3 == 0 for n in range(240)]
        scores = [float(chance.normal(1.0 if label else 0.0)) for label in labels]
        interval = roc_auc(scores, labels, level=0.9).interval
        assert interval is not None
        held += interval.low <= truth <= interval.high
    assert 0.86 <= held / rounds <= 0.94


def test_a_perfect_order_is_not_held_to_be_certain() -> None:
    found = roc_auc([0.1, 0.2, 0.8, 0.9], [False, False, True, True], level=0.9)
    assert found.value == 1
    assert found.interval is not None
    assert found.interval.low < 0.5
    assert "Clopper" in found.interval.method


def test_no_rows_have_no_area_and_no_brier_score() -> None:
    assert roc_auc([], []).reason == "no labelled rows"
    assert brier_score([], []).reason == "no labelled rows with a score"
    assert calibration_curve([], []) == ()


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(InvalidInput, match="2 scores and 1 labels"):
        roc_auc([0.1, 0.2], [True])


@given(ROWS)
def test_brier_score_and_losses_are_those_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    scores, labels = [(one + 0.5) / 21 for one, _ in rows], [one for _, one in rows]
    assert brier_score(scores, labels).value == pytest.approx(METRICS.brier_score_loss(labels, scores), abs=1e-12)
    expected = METRICS.log_loss(labels, scores, labels=[False, True])
    assert np.mean(log_losses(scores, labels)) == pytest.approx(expected, abs=1e-9)


@given(ROWS, st.integers(1, 12))
def test_each_row_is_in_one_part_of_the_curve_and_equal_scores_stay_together(
    rows: list[tuple[int, bool]], bins: int
) -> None:
    scores, labels = [one / 20 for one, _ in rows], [one for _, one in rows]
    curve = calibration_curve(scores, labels, bins=bins)
    assert sum(one.n for one in curve) == len(rows)
    assert sum(one.share * one.n for one in curve) == pytest.approx(sum(labels))
    assert [one.score for one in curve] == sorted({one.score for one in curve})
    assert all(one.low <= one.share <= one.high for one in curve)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=12))
def test_rank_correlation_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    first, second = [one for one, _ in pairs], [one for _, one in pairs]
    found = rank_correlation(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)


def test_stability_is_the_mean_over_pairs_with_students_interval_of_the_jackknife() -> None:
    resamples = [{"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}, {"a": 3.0, "b": 1.0, "c": 2.0, "d": 0.0}]
    resamples += [{"a": 2.0, "b": 3.0, "c": 1.0, "d": 0.0}, {"a": 3.0, "b": 2.0, "c": 0.0, "d": 1.0}]
    found = importance_stability(resamples, level=0.9)
    columns = np.array([[one[name] for name in "abcd"] for one in resamples])
    every = stats.spearmanr(columns.T).statistic
    assert found.value == pytest.approx(every[np.triu_indices(4, 1)].mean())
    left = [np.delete(np.delete(every, k, 0), k, 1)[np.triu_indices(3, 1)].mean() for k in range(4)]
    reach = stats.t.ppf(0.95, 3) * math.sqrt(3 / 4 * sum((one - np.mean(left)) ** 2 for one in left))
    assert found.interval is not None
    assert found.value is not None
    assert found.interval.low == pytest.approx(found.value - reach, abs=1e-6)


@pytest.mark.parametrize(
    ("resamples", "reason"),
    [
        ([], "0 resamples"),
        ([{"a": 1.0, "b": 2.0, "c": 3.0}] * 2, "2 resamples"),
        ([{"a": 1.0, "b": 2.0}] * 3, "2 inputs"),
        ([{"a": 1.0, "b": 2.0, "c": 3.0}] * 2 + [{"a": 1.0, "b": 2.0, "x": 3.0}], "the same inputs"),
        ([{"a": 1.0, "b": 1.0, "c": 1.0}] * 3, "the same importance"),
    ],
)
def test_what_has_no_order_has_no_stability(resamples: list[dict[str, float]], reason: str) -> None:
    found = importance_stability(resamples)
    assert found.value is None
    assert reason in (found.reason or "")


def test_a_model_that_remembers_is_told_from_one_that_does_not() -> None:
    chance = np.random.default_rng(5)
    same = membership_tallies(chance.exponential(size=2000).tolist(), chance.exponential(size=2000).tolist())
    told = membership_tallies(chance.exponential(0.2, 2000).tolist(), chance.exponential(size=2000).tolist())

    def advantage(of: dict[str, tuple[int, int]]) -> float:
        return of["trained"][0] / of["trained"][1] - of["others"][0] / of["others"][1]

    assert abs(advantage({**same})) < 0.06
    assert advantage({**told}) > 0.4
    assert membership_tallies([], [1.0])["trained"].n == 0
