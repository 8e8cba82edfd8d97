"""M2: alerts for every thousand answers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from scoring_builders import Q4, a_drill, an_alarm, evidence, part

from careloop.domain.metric import Figure, NullReason
from careloop.ports.ledger import Entry
from careloop.scoring.alerts import alerts_figure

KINDS = {("credit", "gap"): "fairness", ("credit", "drift"): "drift"}


def alerts(*entries: Entry, served: Mapping[str, int] | None) -> Figure:
    return alerts_figure(evidence(*entries), Q4, served=served, kinds=KINDS)


def test_two_alerts_in_four_thousand_answers_are_half_an_alert_per_thousand() -> None:
    figure = alerts(
        an_alarm(3, since=1), an_alarm(9, since=7, monitor="drift"), served={"credit": 3_000, "shop": 1_000}
    )
    assert (figure.value, figure.n) == (0.5, 4_000)
    assert figure.interval is not None
    assert figure.interval.low == pytest.approx(0.2422 / 4, abs=1e-4)
    assert figure.interval.high == pytest.approx(7.2247 / 4, abs=1e-4)
    assert part(figure, "kind_fairness").value == 0.25


def test_the_same_run_of_evidence_is_one_alert_however_often_it_is_raised() -> None:
    figure = alerts(an_alarm(3, since=1), an_alarm(4, since=1), an_alarm(5, since=1), served={"credit": 1_000})
    assert figure.value == 1.0
    assert figure.left_out == {"same_alert_again": 2}


def test_an_alert_that_was_open_before_the_window_is_not_opened_in_it() -> None:
    assert alerts(an_alarm(-1, since=-2), an_alarm(1, since=-2), served={"credit": 1_000}).value == 0.0


def test_no_alert_in_some_answers_is_zero_with_an_upper_bound() -> None:
    figure = alerts(served={"credit": 1_000})
    assert figure.value == 0.0
    assert figure.interval is not None
    assert figure.interval.high == pytest.approx(3.689, abs=1e-3)


def test_no_answer_at_all_is_no_figure() -> None:
    assert alerts(served={"credit": 0}).reason is NullReason.NO_ACTIVITY


def test_an_alert_of_a_system_without_counted_answers_is_an_error_in_the_data() -> None:
    figure = alerts(an_alarm(3), served={"shop": 5_000})
    assert figure.reason is NullReason.DATA_ERROR
    assert "credit" in figure.because


def test_without_the_lake_nothing_is_divided() -> None:
    assert alerts(an_alarm(3), served=None).reason is NullReason.NOT_READ


def test_a_mild_alarm_and_a_drill_are_left_out_and_counted() -> None:
    figure = alerts(an_alarm(3, severity="sev4"), a_drill(an_alarm(5, since=4)), served={"credit": 1_000})
    assert figure.value == 0.0
    assert figure.left_out == {"drills": 1, "below_sev3": 1}


def test_an_alarm_that_does_not_say_how_severe_it_is_counts() -> None:
    assert alerts(an_alarm(3, severity="grave"), served={"credit": 1_000}).value == 1.0
