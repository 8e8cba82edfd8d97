"""R3: how an objective stands is computed from its metric, in its own unit, and is never met by an absent figure."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError
from test_judge import a_figure, an_objective, the

from careloop.domain.metric import Figure, Metric, NullReason, OpenItems
from careloop.domain.objective_standing import ObjectiveStanding, ObjectiveState
from careloop.domain.third_party import Objective
from careloop.scoring.judge import judge, trend_of
from careloop.scoring.objectives import objective_standings

BEFORE, AFTER = date(2026, 11, 1), date(2027, 1, 1)
"""Days around the due date of `an_objective`, which is the last of 2026."""


def a_metric(name: str, figure: Figure) -> Metric:
    return judge(the(name), figure, trend_of(the(name), figure, []), [])


def standing(objective: Objective, *metrics: Metric, on: date = BEFORE) -> ObjectiveStanding:
    (found,) = objective_standings([objective], metrics, on)
    return found


@pytest.mark.parametrize(
    ("value", "on", "state"),
    [
        (95.0, BEFORE, ObjectiveState.MET),
        (94.9, BEFORE, ObjectiveState.OPEN),
        (94.9, AFTER, ObjectiveState.MISSED),
        (95.0, AFTER, ObjectiveState.MET),
        (None, BEFORE, ObjectiveState.UNKNOWN),
        (None, AFTER, ObjectiveState.UNKNOWN),
    ],
)
def test_the_figure_and_the_day_decide_r3(value: float | None, on: date, state: ObjectiveState) -> None:
    found = standing(an_objective("M1", 95.0), a_metric("M1", a_figure(value)), on=on)
    assert (found.state, found.value) == (state, value)


def test_at_most_is_held_the_other_way_round_and_in_the_objectives_own_unit_r3() -> None:
    hours = a_figure(3.0, unit="h")
    found = standing(an_objective("M9", 200.0, relation="<=", unit="min"), a_metric("M9", hours))
    assert (found.state, found.value, found.unit) == (ObjectiveState.MET, 180.0, "min")
    assert (
        standing(an_objective("M9", 2.9, relation="<=", unit="h"), a_metric("M9", hours)).state is ObjectiveState.OPEN
    )


def test_what_is_left_open_meets_no_objective_r3() -> None:
    figure = Figure(value=1.0, unit="h", n=2, open=OpenItems(count=3, oldest=50.0, median_at_least=40.0))
    found = standing(an_objective("M9", 4.0, relation="<=", unit="h"), a_metric("M9", figure))
    assert found.state is ObjectiveState.OPEN
    assert "once what is open is counted" in found.because


def test_a_metric_that_is_not_computed_or_has_another_unit_leaves_it_unknown_r3() -> None:
    assert "M14 is not among the figures" in standing(an_objective("M14", 95.0)).because
    euros = standing(an_objective("M9", 4.0, relation="<=", unit="euros"), a_metric("M9", a_figure(1.0, unit="h")))
    assert (euros.state, "not measured in euros" in euros.because) == (ObjectiveState.UNKNOWN, True)
    nothing = Figure(value=None, unit="%", n=0, reason=NullReason.NO_ACTIVITY)
    assert standing(an_objective("M1", 95.0), a_metric("M1", nothing)).because == "no_activity".replace("_", " ")


def test_an_objective_that_people_evaluate_is_never_met_by_a_figure_r3() -> None:
    told = an_objective("M1", 95.0).model_copy(update={"metric": None, "target": None, "evaluation": "Interviews."})
    assert standing(told).state is ObjectiveState.BY_PEOPLE
    assert standing(told.model_copy(update={"evaluation": None})).state is ObjectiveState.UNKNOWN


@pytest.mark.parametrize("name", ["M0", "M25", "M99", "accuracy", ""])
def test_a_metric_that_does_not_exist_cannot_be_named_r3(name: str) -> None:
    with pytest.raises(ValidationError, match="they are M1 to M24"):
        an_objective(name, 95.0)
