"""Measures of the exact kind by name (MEASURES, "exact"). Each is taken over a batch; none is a monitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from careloop.domain.count_plan import Column, Predicate
from careloop.domain.counts import Agreement
from careloop.domain.measured import Measured, Unit
from careloop.measures import exact_quality
from careloop.measures.estimated import Calibration, calibrated_on, estimated_accuracy, estimated_roc_auc
from careloop.measures.exact_kind import ExactKind, ExactRows, Reads
from careloop.measures.fairness import demographic_parity_difference
from careloop.measures.importance_stability import importance_stability
from careloop.measures.measure_kind import Family, Need, Terms, Worse
from careloop.measures.membership import membership_tallies
from careloop.measures.schema_drift import schema_drift
from careloop.measures.scored_rows import brier_score, log_losses, roc_auc
from careloop.measures.two_samples import exact_distance

__all__ = ["EXACT"]

_SUMS: Final = 1e-12
"""Exactly rounded sums; what is left is one rounding of the quotient."""


def _score(terms: Terms) -> Column:
    assert terms.score is not None
    return terms.score


def _given(test: Predicate | None) -> Predicate:
    assert test is not None
    return test


def _older(rows: ExactRows | None) -> ExactRows:
    assert rows is not None
    return rows


def _auc(rows: ExactRows, _: ExactRows | None, terms: Terms) -> Measured:
    return roc_auc(*rows.scored(_score(terms), _given(terms.label)), level=terms.level)


def _brier(rows: ExactRows, _: ExactRows | None, terms: Terms) -> Measured:
    return brier_score(*rows.scored(_score(terms), _given(terms.label)), level=terms.level)


def _distance(rows: ExactRows, reference: ExactRows | None, terms: Terms) -> Measured:
    assert terms.column is not None
    return exact_distance(_older(reference).numbers(terms.column), rows.numbers(terms.column), level=terms.level)


def _calibration(reference: ExactRows | None, terms: Terms) -> Calibration:
    return calibrated_on(*_older(reference).scored(_score(terms), _given(terms.label)))


def _accuracy(rows: ExactRows, reference: ExactRows | None, terms: Terms) -> Measured:
    scores, answers = rows.scored(_score(terms), _given(terms.outcome))
    return estimated_accuracy(scores, answers, by=_calibration(reference, terms), level=terms.level)


def _estimated_auc(rows: ExactRows, reference: ExactRows | None, terms: Terms) -> Measured:
    return estimated_roc_auc(rows.numbers(_score(terms)), by=_calibration(reference, terms))


def _membership(rows: ExactRows, reference: ExactRows | None, terms: Terms) -> Measured:
    unseen, trained = (
        log_losses(*each.scored(_score(terms), _given(terms.label))) for each in (rows, _older(reference))
    )
    gap = demographic_parity_difference(membership_tallies(trained, unseen), min_n=terms.min_n, level=terms.level)
    if gap.value is None:
        return gap
    held = {each.group: each.value or 0.0 for each in gap.groups}
    if held["trained"] >= held["others"]:
        return gap
    return replace(gap, value=0.0, interval=None, note="rows that were not trained on look the more familiar")


def _stability(rows: ExactRows, _: ExactRows | None, terms: Terms) -> Measured:
    assert terms.column is not None
    if len(terms.split.group) != 2:
        reason = "`by` must name two columns: the resample, and the input"
        return Measured(value=None, unit=Unit.INDEX, n=0, reason=reason)
    resamples: dict[object, dict[str, float]] = {}
    names = (*(column.name for column in terms.split.group), terms.column.name)
    for resample, name, importance in zip(*(rows.values[column] for column in names), strict=True):
        if isinstance(importance, int | float):
            resamples.setdefault(resample, {})[str(name)] = float(importance)
    return importance_stability(list(resamples.values()), level=terms.level)


def _column(terms: Terms) -> Column:
    assert terms.column is not None
    return terms.column


def _agreement(found: Agreement, terms: Terms) -> Measured:
    return exact_quality.agreement(found, keyed=bool(terms.split.group), level=terms.level)


def _columns(rows: ExactRows, reference: ExactRows | None, _: Terms) -> Measured:
    return schema_drift(_older(reference).kinds, rows.kinds)


def _kind(  # noqa: PLR0913, PLR0917  # a table with one row a measure
    name: str, family: Family, worse: Worse, tells: str, needs: tuple[Need, ...], value: object, **more: bool | Reads
) -> ExactKind:
    return ExactKind(
        id=name, family=family, worse=worse, tells=tells, needs=frozenset(needs), tolerance=_SUMS,
        value=value, **more,  # type: ignore[arg-type]  # the table below says which is which
    )  # fmt: skip


_O, _L, _S, _C, _G, _R = Need.OUTCOME, Need.LABEL, Need.SCORE, Need.COLUMN, Need.GROUPS, Need.REFERENCE

_ROWS: Final = (
    _kind("roc_auc", Family.PERFORMANCE, Worse.LOWER, "chance that a positive row scores above a negative one",
          (_L, _S), _auc, by_group=True),
    _kind("exact_brier", Family.PERFORMANCE, Worse.HIGHER, "mean squared distance of score and label, unrounded",
          (_L, _S), _brier, by_group=True),
    _kind("estimated_accuracy", Family.PERFORMANCE, Worse.LOWER,
          "accuracy before labels are known, from scores calibrated on the reference",
          (_O, _L, _S, _R), _accuracy, estimated=True),
    _kind("estimated_roc_auc", Family.PERFORMANCE, Worse.LOWER,
          "ROC-AUC before labels are known, from scores calibrated on the reference",
          (_L, _S, _R), _estimated_auc, estimated=True),
    _kind("exact_ks", Family.DRIFT, Worse.HIGHER, "Kolmogorov-Smirnov distance of two samples of a number", (_C, _R),
          _distance),
    _kind("schema_drift", Family.DRIFT, Worse.HIGHER, "columns that came, went or hold another kind", (_R,), _columns),
    _kind("membership_advantage", Family.PRIVACY, Worse.HIGHER,
          "how much better than chance an attacker tells trained rows (the reference) from others",
          (_L, _S, _R), _membership),
    _kind("uniqueness", Family.QUALITY, Worse.LOWER,
          "share of rows that are the first of their like, over the columns of `by`, else over all",
          (), lambda rows, terms: exact_quality.uniqueness(rows, level=terms.level), reads=Reads.ALL),
    _kind("agreement", Family.QUALITY, Worse.LOWER,
          "share of rows whose value is that of a trusted copy (the reference), by the key in `by`, else in order",
          (_C, _R), _agreement, reads=Reads.KEYS),
    _kind("mean", Family.QUALITY, Worse.EITHER, "mean of a number", (_C,),
          lambda rows, _, terms: exact_quality.mean(rows.numbers(_column(terms)), level=terms.level)),
    _kind("row_count", Family.QUALITY, Worse.LOWER, "number of rows", (),
          lambda rows, _, __: exact_quality.row_count(rows), reads=Reads.ONE),
    _kind("importance_stability", Family.EXPLAINABILITY, Worse.LOWER,
          "how alike resamples rank the importance of inputs; by: [resample, input]", (_C, _G), _stability),
)  # fmt: skip


EXACT: Final[Mapping[str, ExactKind]] = {kind.id: kind for kind in _ROWS}
"""By name."""
