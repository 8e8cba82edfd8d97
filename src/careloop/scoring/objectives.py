"""Objectives held against the figures of their metrics (6.2, R3). Pure.

A figure that is absent leaves its objective unknown, before its day and after it. What is still open in a metric of
durations counts as its colour does: leaving things open meets no objective.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from careloop.domain.metric import Metric, Relation
from careloop.domain.objective_standing import ObjectiveStanding, ObjectiveState
from careloop.domain.third_party import Objective
from careloop.scoring.definitions import DEFINITIONS
from careloop.scoring.durations import UNIT_SECONDS

__all__ = ["objective_standings"]

_EXACT: Final = 1e-9
_UNITS: Final[Mapping[str, tuple[str, ...]]] = {one.id: one.units for one in DEFINITIONS}


def objective_standings(
    objectives: Iterable[Objective], metrics: Iterable[Metric], on: date
) -> Iterator[ObjectiveStanding]:
    """Each objective in its order; `on` is the day by which its due date is judged."""
    known = {metric.id: metric for metric in metrics}
    for one in objectives:
        yield _standing(one, known.get(one.metric or ""), on)


def _standing(one: Objective, metric: Metric | None, on: date) -> ObjectiveStanding:
    if one.metric is None or one.target is None:
        because = one.evaluation or "it says neither metric nor target nor how it is evaluated"
        state = ObjectiveState.BY_PEOPLE if one.evaluation else ObjectiveState.UNKNOWN
        return ObjectiveStanding(objective=one, state=state, value=None, unit="", n=0, because=because)
    if metric is None:
        return _unknown(one, f"{one.metric} is not among the figures of this scorecard")
    unit = one.unit or _UNITS[metric.id][0]
    if unit not in _UNITS[metric.id]:
        return _unknown(one, f"{one.metric} is not measured in {unit}, but in {' or '.join(_UNITS[metric.id])}")
    figure = metric.figure
    if figure.value is None:
        return _unknown(one, figure.because or str(figure.reason).replace("_", " "), n=figure.n)
    ratio = UNIT_SECONDS[figure.unit] / UNIT_SECONDS[unit] if figure.unit in UNIT_SECONDS else 1.0
    value = figure.value * ratio
    at_least = figure.open.median_at_least if figure.open is not None else None
    held = max(value, at_least * ratio) if at_least is not None and one.relation == Relation.AT_MOST else value
    off = held - one.target if one.relation == Relation.AT_MOST else one.target - held
    if off <= _EXACT:
        state, because = ObjectiveState.MET, "at target"
    else:
        state = ObjectiveState.OPEN if on <= one.due else ObjectiveState.MISSED
        because = f"off target by {off:.3g} {unit}, {'due' if on <= one.due else 'was due'} on {one.due}"
        because += " once what is open is counted" if held != value else ""
    return ObjectiveStanding(objective=one, state=state, value=value, unit=unit, n=figure.n, because=because)


def _unknown(one: Objective, because: str, *, n: int = 0) -> ObjectiveStanding:
    return ObjectiveStanding(
        objective=one, state=ObjectiveState.UNKNOWN, value=None, unit=one.unit or "", n=n, because=because
    )
