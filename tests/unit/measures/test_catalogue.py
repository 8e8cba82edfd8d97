"""Measures of the catalogue, held against scikit-learn and SciPy, and at their edges (R42-R46)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp
from sklearn.metrics import (  # type: ignore[import-untyped]
    accuracy_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
)

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import CategoryBins, Column, ColumnKind, Compare, EdgeBins, Predicate
from careloop.domain.counts import CountTable
from careloop.errors import InvalidInput
from careloop.measures import classification, mixture, quality
from careloop.measures.catalogue import CATALOGUE, measure_kind
from careloop.measures.drift import drift_plan, quantile_edges
from careloop.measures.fairness import odds_plan
from careloop.measures.rate import rate
from careloop.measures.split import Split

DICE = np.random.default_rng(7)
N = 3_000
SCORES = DICE.random(N)
TRUE = DICE.random(N) < SCORES
CHOSEN = SCORES > 0.45
GROUPS = DICE.choice(["a", "b", "tiny"], N, p=[0.6, 0.399, 0.001])
SCORE, LABEL = Column("score", ColumnKind.REAL), Column("label", ColumnKind.FLAG)
ANSWER, GROUP = Column("answer", ColumnKind.FLAG), Column("group", ColumnKind.TEXT)
ROWS = NumpyCounts(
    {"score": SCORES.tolist(), "label": TRUE.tolist(), "answer": CHOSEN.tolist(), "group": GROUPS.tolist()}
)
YES = Predicate(LABEL, Compare.EQ, (True,))
KNOWN = Predicate(LABEL, Compare.IS_PRESENT)
ODDS = odds_plan("odds", selected=Predicate(ANSWER, Compare.EQ, (True,)), deserved=YES, labelled=KNOWN)
FINE = EdgeBins(SCORE, tuple(n / 1000 for n in range(1, 1000)))
COARSE = EdgeBins(SCORE, tuple(n / 20 for n in range(1, 20)))


def per_bin(values: list[float] | list[str], bins: EdgeBins | CategoryBins) -> CountTable:
    return NumpyCounts({bins.column.name: values}).count(drift_plan("drift", bins=bins))


def test_figures_from_counts_are_those_of_scikit_learn() -> None:
    table = ROWS.count(ODDS)
    assert classification.accuracy_of_odds(table).value == pytest.approx(accuracy_score(TRUE, CHOSEN), abs=1e-15)
    assert classification.precision(table).value == pytest.approx(precision_score(TRUE, CHOSEN), abs=1e-15)
    assert classification.recall(table).value == pytest.approx(recall_score(TRUE, CHOSEN), abs=1e-15)
    f1 = classification.f1(table)
    assert f1.value == pytest.approx(f1_score(TRUE, CHOSEN), abs=1e-15)
    assert f1.interval is not None
    assert f1.interval.low < (f1.value or 0) < f1.interval.high


def test_brier_read_in_thousandths_is_within_what_the_note_says() -> None:
    table = ROWS.count(classification.calibration_plan("brier", bins=FINE, positive=YES, labelled=KNOWN))
    found = classification.brier(table, bins=FINE)
    assert found.value == pytest.approx(brier_score_loss(TRUE, SCORES), abs=0.0005)
    assert found.interval is not None
    assert found.interval.low < (found.value or 0) < found.interval.high


def test_calibration_error_is_that_of_its_definition_and_each_group_is_named() -> None:
    split = Split(group=(GROUP,))
    plan = classification.calibration_plan("ece", bins=COARSE, positive=YES, labelled=KNOWN, split=split)
    table = ROWS.count(plan)
    places = np.floor(SCORES * 20).astype(int)
    by_hand = sum(
        abs(TRUE[places == place].sum() - (place + 0.5) / 20 * (places == place).sum()) for place in range(20)
    )
    assert classification.calibration_error(table, bins=COARSE).value == pytest.approx(by_hand / N)
    found = classification.calibration_by_group(table, bins=COARSE, min_n=30)
    assert [(each.group, each.used) for each in found.groups] == [("a", True), ("b", True), ("tiny", False)]
    assert found.value == max(each.value or 0 for each in found.groups if each.used)
    assert classification.calibration_by_group(table, bins=COARSE, min_n=N).value is None


def test_drift_by_other_names_is_that_of_scipy() -> None:
    old, new = DICE.normal(0, 1, 2_000), DICE.normal(0.2, 1.1, 1_500)
    bins = EdgeBins(SCORE, quantile_edges(old.tolist(), bins=10))
    before, after = per_bin(old.tolist(), bins), per_bin(new.tolist(), bins)
    p, q = (np.array([table.by_bin().get(n, (0,))[0] for n in range(bins.size)]) for table in (before, after))
    assert mixture.jensen_shannon(before, after, bins=bins).value == pytest.approx(jensenshannon(p, q, base=2) ** 2)
    chi = chi2_contingency(np.array([p, q]), correction=False)
    found = mixture.chi_square(before, after, bins=bins)
    assert found.value == pytest.approx(math.sqrt(chi.statistic / 3_500))
    assert f"chi-square {chi.statistic:.4g}, 9 degrees of freedom, p {chi.pvalue:.2g}" in (found.note or "")
    exact = ks_2samp(old, new)
    distance = mixture.kolmogorov_smirnov(before, after, bins=bins).value or 0.0
    at_edges = max(abs((old < edge).mean() - (new < edge).mean()) for edge in bins.edges)
    assert distance == pytest.approx(at_edges)
    assert distance <= exact.statistic


def test_mixtures_of_nothing_have_no_value_and_say_why() -> None:
    bins = CategoryBins(GROUP, ("a", "b"))
    none, some = per_bin([], bins), per_bin(["a", "a"], bins)
    for measure in (mixture.jensen_shannon, mixture.chi_square):
        assert measure(none, some, bins=bins).reason == "the reference has no rows"
        assert measure(some, none, bins=bins).reason == "no rows"
    assert mixture.chi_square(some, some, bins=bins).reason == "all rows are in one bin"
    wrong = per_bin(["z"], CategoryBins(GROUP, ("a", "b", "c", "d")))
    with pytest.raises(InvalidInput, match="other bins"):
        mixture.jensen_shannon(wrong, some, bins=CategoryBins(GROUP, ("a",)))


def test_quality_counts_what_is_there_valid_and_even() -> None:
    rows = NumpyCounts({"group": ["a", "a", "b", None, ""], "score": [0.1, float("nan"), 7.0, None, 0.5]})
    assert rate(rows.count(quality.completeness_plan("c", column=SCORE))).value == pytest.approx(3 / 5)
    assert rate(rows.count(quality.completeness_plan("c", column=GROUP))).value == pytest.approx(3 / 5)
    within = (Predicate(SCORE, Compare.GE, (0.0,)), Predicate(SCORE, Compare.LE, (1.0,)))
    assert rate(rows.count(quality.validity_plan("v", column=SCORE, rule=within))).value == pytest.approx(2 / 3)
    bins = CategoryBins(GROUP, ("a", "b"))
    found = quality.balance(rows.count(quality.balance_plan("b", bins=bins)), bins=bins)
    assert found.value == pytest.approx(-(2 / 3 * math.log2(2 / 3) + 1 / 3 * math.log2(1 / 3)))
    assert (found.n, found.note) == (3, "2 rows had none of them")
    assert quality.balance(per_bin([], bins), bins=bins).reason == "no rows"


@given(rows=st.lists(st.sampled_from(["a", "b", "c", "z", "", None]), max_size=12))
def test_diversity_is_the_share_of_listed_categories_that_occur(rows: list[str | None]) -> None:
    bins = CategoryBins(GROUP, ("a", "b", "c"))
    found = quality.diversity(NumpyCounts({"group": rows}).count(quality.balance_plan("d", bins=bins)), bins=bins)
    listed = [one for one in rows if one in {"a", "b", "c"}]
    absent = [one for one in ("a", "b", "c") if one not in listed]
    assert found.n == len(listed)
    assert found.value == (pytest.approx(len(set(listed)) / 3) if listed else None)
    assert (found.note or found.reason) == (
        ("none of " + ", ".join(absent) if absent else None) if listed else "no rows"
    )


def test_the_catalogue_names_what_is_near_when_a_name_is_none() -> None:
    with pytest.raises(InvalidInput, match="no measure 'impact-ratio'") as told:
        measure_kind("impact-ratio")
    assert told.value.hint == "did you mean impact_ratio?"
    assert all(name == kind.id for name, kind in CATALOGUE.items())
