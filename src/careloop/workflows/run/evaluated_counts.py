"""Figures of an evaluation that follow from integer counts: rates, gaps between groups, drift; each with its digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from careloop.domain.count_plan import ColumnKind
from careloop.domain.counts import Tally
from careloop.domain.evaluated import Aspect, EvaluatedColumns, NotEvaluated
from careloop.domain.measure_spec import AskedMeasure, Meaning, MeasureSpec
from careloop.domain.measured import Measured
from careloop.domain.release import MeasuredResult
from careloop.measures.fairness import demographic_parity_difference, impact_ratio
from careloop.measures.taken import TakenMeasure
from careloop.ports.row_files import RowFiles
from careloop.workflows.run.evaluation_limits import line_of, pooled
from careloop.workflows.run.measure_rows import measure_rows

__all__ = ["LEVEL", "CountedLine", "count_evaluation", "count_splits"]

LEVEL: Final = 0.9
"""Two-sided, so that each end is a bound at 95 % as the gate wants it."""
_OF_ALL: Final = ("accuracy", "precision", "recall", "f1")
_GAPS: Final = ("impact_ratio", "dp_difference")
_LABELLED_GAPS: Final = ("equal_opportunity_difference", "fpr_difference", "predictive_parity_difference")
_MOST_CATEGORIES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLine:
    """A line of the results with the digest of its counts."""

    aspect: Aspect
    line: MeasuredResult
    digest: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    aspect: Aspect
    measure: AskedMeasure
    of: str | None = None


def count_splits(columns: EvaluatedColumns) -> dict[str, tuple[str, ...]]:
    """By which attributes rows are split: each alone, then all pairs, then all together; names as people read them.

    >>> list(count_splits(EvaluatedColumns(prediction="p", favourable=("1",), groups={"sex": "s", "age": "a"})))
    ['sex', 'age', 'sex & age']
    """
    names = list(columns.groups)
    sizes = sorted({1, 2, len(names)} & set(range(1, len(names) + 1)))
    chosen = [split for size in sizes for split in combinations(names, size)]
    return {" & ".join(split): tuple(columns.groups[name] for name in split) for split in chosen}


def count_evaluation(
    columns: EvaluatedColumns,
    rows: RowFiles,
    reference: RowFiles | None,
    *,
    categories: Mapping[str, Sequence[str]],
    min_n: int,
) -> tuple[list[CountedLine], list[NotEvaluated]]:
    """Every counted figure, and what could not be counted. `categories` are those of each column of texts."""
    left_out: list[NotEvaluated] = []
    asked = [*_performance(columns), *_fairness(columns)]
    if reference is None:
        why, remedy = "no training data was given", "give the rows it was trained on: --reference FILE"
        left_out.append(NotEvaluated(what="drift against training data", why=why, remedy=remedy))
    else:
        asked += _drift(columns, rows, reference, categories, left_out)
    spec = MeasureSpec(
        outcome=Meaning(column=columns.prediction, values=columns.favourable),
        label=Meaning(column=columns.label, values=columns.positive) if columns.label else None,
        score=columns.score,
        unit=columns.unit if columns.unit and rows.kinds.get(columns.unit) is ColumnKind.TEXT else None,
        minimum_n=min_n,
        level=LEVEL,
        measures=tuple(one.measure.model_copy(update={"id": f"{place}"}) for place, one in enumerate(asked)),
    )
    taken = measure_rows(spec, rows, reference)
    lines = [_line(one, found, min_n) for one, found in zip(asked, taken, strict=True)]
    uncut = {one.line.of: one.line.reason or "" for one in lines if one.line.measure == "psi" and one.line.reason}
    left_out += [NotEvaluated(what=f"drift of {of}", why=why, remedy=_UNCUT) for of, why in uncut.items()]
    return [one for one in lines if one.aspect is not Aspect.DRIFT or one.line.of not in uncut], left_out


def _performance(columns: EvaluatedColumns) -> Iterator[_Asked]:
    yield _Asked(aspect=Aspect.PERFORMANCE, measure=AskedMeasure(measure="selection_rate", by=()))
    if columns.label is not None:
        for name in _OF_ALL:
            yield _Asked(aspect=Aspect.PERFORMANCE, measure=AskedMeasure(measure=name, by=()))
        if columns.score is not None:
            yield _Asked(aspect=Aspect.CALIBRATION, measure=AskedMeasure(measure="calibration_error", by=()))


def _fairness(columns: EvaluatedColumns) -> Iterator[_Asked]:
    names = _GAPS + (_LABELLED_GAPS if columns.label else ())
    for of, by in count_splits(columns).items():
        for name in names:
            yield _Asked(aspect=Aspect.FAIRNESS, measure=AskedMeasure(measure=name, by=by), of=of)
        if columns.label and columns.score:
            yield _Asked(aspect=Aspect.CALIBRATION, measure=AskedMeasure(measure="calibration_by_group", by=by), of=of)


def _drift(
    columns: EvaluatedColumns,
    rows: RowFiles,
    reference: RowFiles,
    categories: Mapping[str, Sequence[str]],
    left_out: list[NotEvaluated],
) -> list[_Asked]:
    asked: list[_Asked] = []
    watched = {**columns.features, **{f"group {name}": column for name, column in columns.groups.items()}}
    if columns.score:
        watched["score"] = columns.score
    for name, column in watched.items():
        kinds = rows.kinds[column], reference.kinds.get(column)
        values = tuple(dict.fromkeys(categories.get(column, ())))
        numbers = {ColumnKind.REAL, ColumnKind.INTEGER}
        if set(kinds) <= numbers:
            measures = tuple(AskedMeasure(measure=one, of=column, bins=10) for one in ("psi", "ks_distance"))
        elif kinds == (ColumnKind.TEXT, ColumnKind.TEXT) and 0 < len(values) <= _MOST_CATEGORIES:
            measures = tuple(AskedMeasure(measure=one, of=column, values=values) for one in ("psi", "chi_square"))
        else:
            left_out.append(NotEvaluated(what=f"drift of {name}", why=_why_not(column, kinds, values), remedy=_COLUMN))
            continue
        asked += [_Asked(aspect=Aspect.DRIFT, measure=one, of=name) for one in measures]
    return asked


_COLUMN: Final = "give training data with the same columns, of the same kinds"


_UNCUT: Final = "write it into bands, or measure the share of rows above its usual value: `care measure run`"


def _why_not(column: str, kinds: tuple[ColumnKind, ColumnKind | None], values: Sequence[str]) -> str:
    if kinds[1] is None:
        return f"the training data has no column '{column}'"
    if kinds == (ColumnKind.TEXT, ColumnKind.TEXT):
        return f"'{column}' has {len(values)} different values, which are no categories"
    return f"'{column}' holds {kinds[0]} here and {kinds[1]} in the training data"


def _line(asked: _Asked, found: TakenMeasure, min_n: int) -> CountedLine:
    measure = asked.measure.measure
    measured = found.measured
    compared = measure in _GAPS or measure in _LABELLED_GAPS
    if compared:
        measured = _pooled(measure, measured, min_n)
    counted = compared or measure in ("selection_rate", "accuracy", "precision", "recall")
    line = line_of(measure, measured, of=asked.of, min_n=min_n if compared else None, counted=counted)
    return CountedLine(aspect=asked.aspect, line=line, digest=found.digest, note=found.measured.note)


def _pooled(measure: str, measured: Measured, min_n: int) -> Measured:
    """The measure again with groups that are too small put together; those that went into the pool stay named."""
    tallies = {one.group: Tally(round((one.value or 0) * one.n), one.n) for one in measured.groups}
    together = pooled(tallies, min_n=min_n)
    if together == tallies:
        return measured
    compare = impact_ratio if measure == "impact_ratio" else demographic_parity_difference
    again = compare(together, min_n=min_n, level=LEVEL)
    parts = tuple(
        replace(one, used=False, reason=f"{one.n} rows, fewer than {min_n}: counted in the pool")
        for one in measured.groups
        if one.group not in together
    )
    return replace(again, groups=(*again.groups, *parts))
