"""From figures to colours: the target that holds, the trend over four quarters, and the state with its reason.

Green is at target, amber within tolerance, red beyond it, grey without a value or without anything to hold it against.
A duration is held to the target with everything open counted at its age so far, so that leaving things open never
makes it greener. Source: REQUIREMENTS, the common line and the colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from careloop.domain.metric import Figure, Metric, MetricState, Movement, Relation, Target, Trend, TrendPoint, Window
from careloop.domain.third_party import Objective
from careloop.scoring.definitions import Definition
from careloop.scoring.durations import UNIT_SECONDS
from careloop.scoring.figures import PERCENT

__all__ = ["judge", "overall", "target_of", "trend_of", "unit_of"]

_EXACT: Final = 1e-9
_FALLING: Final = 0.25
"""A trend that should fall may rise by this share of the last value and be amber."""
_WORST: Final = (MetricState.RED, MetricState.AMBER, MetricState.GREY, MetricState.GREEN)


def target_of(definition: Definition, objectives: Iterable[Objective]) -> tuple[Target | None, Objective | None]:
    """The strictest target that an objective sets for the metric, in a unit it has; else the typical one."""
    fitting = [one for one in objectives if _fits(one, definition)]
    if fitting:
        sign = 1 if fitting[0].relation == Relation.AT_LEAST.value else -1
        chosen = max(fitting, key=lambda one: (sign * (one.target or 0.0) * _seconds(one.unit), one.id))
        value, unit = chosen.target or 0.0, chosen.unit or definition.units[0]
        relation = Relation(chosen.relation)
        target = Target(
            relation=relation,
            value=value,
            unit=unit,
            tolerance=_tolerance(definition, value, unit),
            objective=chosen.id,
        )
        return target, chosen
    if definition.better is None or (definition.typical is None and definition.better is not Relation.FALLING):
        return None, None
    unit = definition.units[0]
    tolerance = _tolerance(definition, definition.typical or 0.0, unit)
    return Target(
        relation=definition.better, value=definition.typical, unit=unit, tolerance=tolerance, objective=None
    ), None


def unit_of(definition: Definition, target: Target | None) -> str:
    """The unit in which the metric is shown: that of its target."""
    return target.unit if target is not None else definition.units[0]


def _fits(objective: Objective, definition: Definition) -> bool:
    named = objective.metric == definition.id and objective.target is not None
    return named and (objective.unit or definition.units[0]) in definition.units


def _seconds(unit: str | None) -> int:
    return UNIT_SECONDS.get(unit or "", 1)


def _tolerance(definition: Definition, value: float, unit: str) -> float:
    return definition.tolerance * value if unit in UNIT_SECONDS else definition.tolerance


def trend_of(definition: Definition, figure: Figure, earlier: Sequence[tuple[Window, Figure]]) -> Trend:
    """Earlier quarters, oldest first, and whether the figure got better since the last one that has a value."""
    points = tuple(TrendPoint(window=window, value=one.value, n=one.n, reason=one.reason) for window, one in earlier)
    before = _last_value(points)
    if figure.value is None or before is None or definition.better is None:
        return Trend(points=points, movement=None)
    change = figure.value - before
    if abs(change) <= _EXACT:
        return Trend(points=points, movement=Movement.LEVEL)
    better = (change < 0) is definition.better.lower_is_better
    return Trend(points=points, movement=Movement.BETTER if better else Movement.WORSE)


def _last_value(points: Iterable[TrendPoint]) -> float | None:
    known = [point.value for point in points if point.value is not None]
    return known[-1] if known else None


def judge(definition: Definition, figure: Figure, trend: Trend, objectives: Iterable[Objective]) -> Metric:
    """The figure with its colour and the reason for it."""
    target, objective = target_of(definition, objectives)
    state, because = _state(figure, target, trend)
    return Metric(
        id=definition.id,
        title=definition.title,
        formula=definition.formula,
        figure=figure,
        target=target,
        trend=trend,
        state=state,
        because=because,
        owner=objective.owner if objective is not None else None,
    )


def _state(figure: Figure, target: Target | None, trend: Trend) -> tuple[MetricState, str]:
    if figure.value is None:
        reason = figure.reason.value if figure.reason is not None else "no value"
        return MetricState.GREY, figure.because or reason.replace("_", " ")
    if target is None:
        return MetricState.GREY, "no target is set; read it as a trend"
    wanted, tolerance = target.value, target.tolerance
    if target.relation is Relation.FALLING:
        wanted = _last_value(trend.points)
        if wanted is None:
            return MetricState.GREY, "the target is a falling trend, and no earlier quarter has a value"
        tolerance = _FALLING * wanted
    assert wanted is not None, "only a falling trend has no value"
    value, with_open = _held(figure, target.relation)
    off = value - wanted if target.relation.lower_is_better else wanted - value
    suffix = " once what is open is counted" if with_open else ""
    if off <= _EXACT:
        return MetricState.GREEN, f"at target{suffix}"
    if off <= tolerance + _EXACT:
        return MetricState.AMBER, f"off target by {_distance(off, target.unit)}, within tolerance{suffix}"
    return MetricState.RED, f"off target by {_distance(off, target.unit)}{suffix}"


def _held(figure: Figure, relation: Relation) -> tuple[float, bool]:
    """The value that is held to the target, and whether open items made it another one."""
    assert figure.value is not None, "a figure without a value has no colour"
    at_least = figure.open.median_at_least if figure.open is not None else None
    if at_least is None or not relation.lower_is_better or at_least <= figure.value:
        return figure.value, False
    return at_least, True


def _distance(value: float, unit: str) -> str:
    shown = f"{value:.3g}" if value < 100 else f"{value:.0f}"
    return f"{shown} {'points' if unit == PERCENT else unit}"


def overall(metrics: Iterable[Metric]) -> tuple[MetricState, str]:
    """The worst colour there is; grey keeps the whole from being green."""
    rows = list(metrics)
    found = next((state for state in _WORST if any(row.state is state for row in rows)), MetricState.GREY)
    named = ", ".join(row.id for row in rows if row.state is found)
    return found, f"{found.value}: {named}" if named else "there is no metric"
