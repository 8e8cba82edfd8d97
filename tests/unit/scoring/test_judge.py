"""Targets, colours and trends."""

from __future__ import annotations

from datetime import date

import pytest
from scoring_builders import Q4

from careloop.domain.metric import Figure, MetricState, Movement, NullReason, OpenItems, Relation
from careloop.domain.third_party import Objective
from careloop.scoring.definitions import DEFINITIONS, Definition
from careloop.scoring.judge import judge, overall, target_of, trend_of


def the(metric: str) -> Definition:
    return next(one for one in DEFINITIONS if one.id == metric)


def an_objective(
    metric: str, target: float, *, relation: str = ">=", unit: str | None = "%", name: str = "o"
) -> Objective:
    return Objective.model_validate(
        {
            "id": name,
            "text": "Something good",
            "kind": "aims",
            "metric": metric,
            "relation": relation,
            "target": target,
            "unit": unit,
            "due": date(2026, 12, 31),
            "owner": "lead",
            "resources": "Time",
            "policy": "ai-policy",
        }
    )


def a_figure(value: float | None, *, unit: str = "%", open_: OpenItems | None = None) -> Figure:
    reason = NullReason.NO_ACTIVITY if value is None else None
    return Figure(value=value, unit=unit, n=10, reason=reason, open=open_)


def state(metric: str, value: float | None, *objectives: Objective, earlier: float | None = None) -> MetricState:
    figure, definition = a_figure(value, unit=the(metric).units[0]), the(metric)
    before = [] if earlier is None else [(Q4, a_figure(earlier))]
    return judge(definition, figure, trend_of(definition, figure, before), objectives).state


def test_an_objective_takes_the_place_of_the_typical_target_and_says_who_answers_for_it() -> None:
    metric = judge(the("M1"), a_figure(91.0), trend_of(the("M1"), a_figure(91.0), ()), [an_objective("M1", 90.0)])
    assert metric.target is not None
    assert (metric.target.value, metric.target.objective, metric.owner) == (90.0, "o", "lead")
    assert metric.state is MetricState.GREEN


def test_without_an_objective_the_target_is_the_typical_one_and_is_nobodys_objective() -> None:
    target, objective = target_of(the("M1"), [an_objective("M10", 50.0)])
    assert target is not None
    assert (target.value, target.objective, objective) == (95.0, None, None)


def test_of_two_objectives_the_stricter_one_holds_whatever_its_unit() -> None:
    loose = an_objective("M9", 0.5, relation="<=", unit="d", name="loose")
    strict = an_objective("M9", 4.0, relation="<=", unit="h", name="strict")
    target, _ = target_of(the("M9"), [loose, strict])
    assert target is not None
    assert (target.objective, target.unit) == ("strict", "h")


def test_an_objective_in_a_unit_that_the_metric_does_not_have_is_no_target_for_it() -> None:
    target, _ = target_of(the("M9"), [an_objective("M9", 4.0, relation="<=", unit="euros")])
    assert target is not None
    assert target.objective is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(95.0, MetricState.GREEN), (90.0, MetricState.AMBER), (89.9, MetricState.RED), (None, MetricState.GREY)],
)
def test_at_target_is_green_within_tolerance_amber_beyond_it_red_and_nothing_grey(
    value: float | None, expected: MetricState
) -> None:
    assert state("M1", value) is expected


@pytest.mark.parametrize(
    ("value", "expected"), [(4.0, MetricState.GREEN), (5.0, MetricState.AMBER), (5.1, MetricState.RED)]
)
def test_of_a_duration_less_is_better(value: float, expected: MetricState) -> None:
    assert state("M9", value) is expected


def test_one_release_without_two_approvals_is_red_at_once() -> None:
    assert state("M12", 99.0) is MetricState.RED


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [(3.0, MetricState.GREEN), (2.0, MetricState.GREEN), (1.7, MetricState.AMBER), (1.0, MetricState.RED)],
)
def test_a_falling_trend_is_held_against_the_last_quarter_that_has_a_value(
    earlier: float, expected: MetricState
) -> None:
    assert state("M8", 2.0, earlier=earlier) is expected


def test_a_falling_trend_without_a_quarter_before_it_is_grey() -> None:
    assert state("M8", 2.0) is MetricState.GREY


def test_alerts_have_no_target_and_no_good_direction() -> None:
    figure = a_figure(2.0, unit="per 1000")
    trend = trend_of(the("M2"), figure, [(Q4, a_figure(1.0))])
    assert judge(the("M2"), figure, trend, ()).state is MetricState.GREY
    assert trend.movement is None


def test_leaving_things_open_never_makes_a_duration_green() -> None:
    open_ = OpenItems(count=3, oldest=90.0, median_at_least=40.0)
    figure = a_figure(1.0, unit="h", open_=open_)
    metric = judge(the("M9"), figure, trend_of(the("M9"), figure, ()), ())
    assert metric.state is MetricState.RED
    assert "open" in metric.because


@pytest.mark.parametrize(
    ("metric", "before", "expected"),
    [
        ("M1", 90.0, Movement.BETTER),
        ("M1", 99.0, Movement.WORSE),
        ("M9", 99.0, Movement.BETTER),
        ("M9", 95.0, Movement.LEVEL),
    ],
)
def test_better_is_up_for_a_share_and_down_for_a_duration(metric: str, before: float, expected: Movement) -> None:
    trend = trend_of(the(metric), a_figure(95.0), [(Q4, a_figure(before)), (Q4, a_figure(None))])
    assert trend.movement is expected


def test_the_whole_is_as_bad_as_its_worst_row_and_grey_before_green() -> None:
    green = judge(the("M1"), a_figure(99.0), trend_of(the("M1"), a_figure(99.0), ()), ())
    grey = judge(the("M10"), a_figure(None), trend_of(the("M10"), a_figure(None), ()), ())
    red = judge(the("M20"), a_figure(1.0), trend_of(the("M20"), a_figure(1.0), ()), ())
    assert overall([green, grey])[0] is MetricState.GREY
    assert overall([green, grey, red]) == (MetricState.RED, "red: M20")
    assert overall([])[0] is MetricState.GREY


def test_every_metric_of_the_thin_scorecard_is_defined_once_and_in_order() -> None:
    assert [one.id for one in DEFINITIONS] == ["M1", "M2", "M8", "M9", "M10", "M12", "M20", "M24"]
    assert {one.better for one in DEFINITIONS} <= {None, *Relation}
