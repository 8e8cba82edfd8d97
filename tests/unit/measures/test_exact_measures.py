"""Measures of the exact kind, held against SciPy, scikit-learn and their definitions (R42-R45; MEASURES, "exact")."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]
from sklearn.metrics import accuracy_score, roc_auc_score  # type: ignore[import-untyped]

from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.errors import InvalidInput
from careloop.measures.estimated import calibrated_on, estimated_accuracy, estimated_roc_auc
from careloop.measures.exact_catalogue import EXACT
from careloop.measures.exact_kind import ExactRows, holds
from careloop.measures.measure_kind import Need, Terms
from careloop.measures.schema_drift import schema_drift
from careloop.measures.split import Split
from careloop.measures.two_samples import exact_distance

SAMPLES = st.lists(st.integers(-4, 4).map(float) | st.floats(-10, 10), min_size=1, max_size=30)
SCORE, LABEL = Column("score", ColumnKind.REAL), Column("label", ColumnKind.INTEGER)
TERMS = Terms(name="m", score=SCORE, label=Predicate(LABEL, Compare.IN, (1,)), column=SCORE)


@pytest.mark.filterwarnings("ignore:divide by zero")
@given(SAMPLES, SAMPLES)
def test_the_distance_of_two_samples_is_that_of_scipy(old: list[float], new: list[float]) -> None:
    found = exact_distance(old, new)
    assert found.value == pytest.approx(ks_2samp(old, new, method="asymp").statistic, abs=1e-12)
    assert found.value == exact_distance(new[::-1], old).value
    assert found.interval is not None
    assert found.interval.low <= (found.value or 0.0) <= found.interval.high


def test_the_distance_of_nothing_says_what_is_missing() -> None:
    assert exact_distance([], [1.0]).reason == "the reference has no values"
    assert exact_distance([1.0], []).reason == "no values"
    assert exact_distance([1.0], [1.0]).value == 0


@given(st.lists(st.tuples(st.integers(0, 9).map(lambda n: n / 10), st.booleans()), min_size=1, max_size=40))
def test_what_scores_mean_is_the_isotonic_regression_of_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    scores, labels = [score for score, _ in rows], [label for _, label in rows]
    theirs = IsotonicRegression().fit(scores, np.array(labels, dtype=float))
    ours = calibrated_on(scores, labels)
    assert [ours.chance(score) for score in scores] == pytest.approx(theirs.predict(scores).tolist(), abs=1e-9)
    rising = [ours.chance(place / 10) for place in range(-10, 21)]
    assert rising == sorted(rising)
    assert ours.n == len(rows)


def test_without_labelled_older_rows_nothing_can_be_estimated() -> None:
    with pytest.raises(InvalidInput, match="no labelled rows with a score"):
        calibrated_on([], [])
    by = calibrated_on([0.5], [True])
    assert estimated_accuracy([], [], by=by).reason == "no rows with a score and an answer"
    assert estimated_roc_auc([], by=by).reason == "no rows with a score"
    assert estimated_roc_auc([0.5, 0.6], by=by).reason == "all rows are sure to be alike"


def test_the_estimate_is_the_mean_of_the_truth_over_all_labels_there_could_be() -> None:
    dice = np.random.default_rng(5)
    older = dice.random(4_000)
    by = calibrated_on(older.tolist(), (dice.random(4_000) < older**2).tolist())
    scores = np.round(dice.random(400), 2)
    chances = np.array([by.chance(score) for score in scores.tolist()])
    answers = scores > 0.6
    drawn = [dice.random(400) < chances for _ in range(400)]
    accuracy = np.mean([accuracy_score(labels, answers) for labels in drawn])
    area = np.mean([roc_auc_score(labels, scores) for labels in drawn])
    assert estimated_accuracy(scores.tolist(), answers.tolist(), by=by).value == pytest.approx(accuracy, abs=0.004)
    assert estimated_roc_auc(scores.tolist(), by=by).value == pytest.approx(area, abs=0.004)


def test_the_interval_of_an_estimate_holds_the_truth_as_often_as_it_says() -> None:
    dice, held = np.random.default_rng(17), 0
    for _ in range(200):
        older, newer = dice.random(600), dice.random(300)
        by = calibrated_on(older.tolist(), (dice.random(600) < older).tolist())
        labels = dice.random(300) < newer
        found = estimated_accuracy(newer.tolist(), (newer > 0.5).tolist(), by=by).interval
        assert found is not None
        held += found.low <= accuracy_score(labels, newer > 0.5) <= found.high
    assert held / 200 >= 0.9


def test_pairs_are_counted_as_the_definition_says() -> None:
    by = calibrated_on([0.1, 0.1, 0.5, 0.5, 0.9, 0.9], [False, True, True, False, True, True])
    scores = [0.1, 0.5, 0.5, 0.9]
    chances = [by.chance(score) for score in scores]
    won = pairs = 0.0
    for i, first in enumerate(scores):
        for j, second in enumerate(scores):
            if i != j:
                weight = chances[i] * (1 - chances[j])
                pairs += weight
                won += weight * (1.0 if first > second else 0.5 if first == second else 0.0)
    assert estimated_roc_auc(scores, by=by).value == pytest.approx(won / pairs, abs=1e-12)


def test_rows_that_lack_a_part_are_left_out_and_conditions_pick() -> None:
    values: dict[str, list[object]] = {
        "score": [0.1, None, float("nan"), 0.4, 7],
        "label": [1, 1, 0, None, 0],
        "sex": ["F", "M", None, "F", "F"],
    }
    rows = ExactRows({"score": ColumnKind.REAL}, values)
    assert rows.numbers(SCORE) == [0.1, 0.4, 7.0]
    assert rows.scored(SCORE, Predicate(LABEL, Compare.IN, (1,))) == ([0.1, 7.0], [True, False])
    women = Predicate(Column("sex", ColumnKind.TEXT), Compare.IN, ("F",))
    assert rows.where([women]).values == {"score": [0.1, 0.4, 7], "label": [1, None, 0], "sex": ["F", "F", "F"]}
    assert holds(Predicate(LABEL, Compare.IS_PRESENT), 0)
    assert not holds(Predicate(LABEL, Compare.IS_PRESENT), None)


def test_columns_that_came_went_or_changed_are_named() -> None:
    old = {"a": ColumnKind.REAL, "b": ColumnKind.TEXT, "c": ColumnKind.FLAG}
    found = schema_drift(old, {"a": ColumnKind.TEXT, "c": ColumnKind.FLAG, "d": ColumnKind.INTEGER})
    assert (found.value, found.n, found.note) == (3, 4, "a: text instead of real; b: gone; d: new, integer")
    assert schema_drift(old, old).note == "the same columns"
    assert schema_drift({}, {}).reason == "neither side has a column"


def test_a_model_that_knows_its_training_rows_by_heart_gives_them_away() -> None:
    dice = np.random.default_rng(9)
    labels = (dice.random(1_000) < 0.5).astype(int).tolist()
    known = ExactRows({}, {"score": [0.99 if label else 0.01 for label in labels], "label": labels})
    unseen = ExactRows({}, {"score": dice.random(1_000).tolist(), "label": labels})
    found = EXACT["membership_advantage"].value(unseen, known, TERMS)
    assert found.value is not None
    assert found.value > 0.9
    turned = EXACT["membership_advantage"].value(known, unseen, TERMS)
    assert turned.value is not None
    assert turned.value < 0.05
    first, second = ([score for _ in range(100) for score in pair] for pair in ((0.9, 0.1), (0.1, 0.9)))
    odd, even = (ExactRows({}, {"score": scores, "label": [1] * 200}) for scores in (first, second))
    fooled = EXACT["membership_advantage"].value(even, odd, TERMS)
    assert (fooled.value, fooled.note) == (0.0, "rows that were not trained on look the more familiar")
    few = EXACT["membership_advantage"].value(ExactRows({}, {"score": [], "label": []}), known, TERMS)
    assert few.value is None


def test_importance_is_read_by_resample_and_input() -> None:
    resample, name = Column("resample", ColumnKind.INTEGER), Column("input", ColumnKind.TEXT)
    rows = ExactRows(
        {},
        {
            "score": [3.0, 2.0, 1.0] * 3,
            "resample": [1, 1, 1, 2, 2, 2, 3, 3, 3],
            "input": ["age", "income", "job"] * 3,
        },
    )
    terms = Terms(name="m", column=SCORE, split=Split(group=(resample, name)))
    assert EXACT["importance_stability"].value(rows, None, terms).value == 1
    only = Terms(name="m", column=SCORE, split=Split(group=(name,)))
    assert "`by` must name two columns" in (EXACT["importance_stability"].value(rows, None, only).reason or "")


def test_only_what_is_estimated_says_so_and_needs_a_reference() -> None:
    assert {kind.id for kind in EXACT.values() if kind.estimated} == {"estimated_accuracy", "estimated_roc_auc"}
    assert all(Need.REFERENCE in kind.needs for kind in EXACT.values() if kind.estimated)
    assert all(name == kind.id for name, kind in EXACT.items())
