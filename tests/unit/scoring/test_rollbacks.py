"""M20: rollbacks that were shown to work, and how long until it was safe."""

from __future__ import annotations

from scoring_builders import (
    NOW,
    Q4,
    a_drill,
    a_plan_decided,
    a_safe_state,
    a_step,
    a_verification,
    an_alarm,
    evidence,
    part,
)

from careloop.domain.metric import Figure, NullReason
from careloop.ports.ledger import Entry
from careloop.scoring.rollbacks import rollbacks_figure

MINUTE = 1 / 1440


def rollbacks(*entries: Entry) -> Figure:
    return rollbacks_figure(evidence(*entries), Q4, as_of=NOW)


def test_a_verified_rollback_counts_from_the_alarm_that_triggered_it() -> None:
    alarm = an_alarm(10)
    figure = rollbacks(
        alarm, a_plan_decided(10 + MINUTE, alarm=alarm), a_step(10 + 2 * MINUTE, "roll_back", "done"),
        a_verification(10 + 30 * MINUTE),
    )  # fmt: skip
    assert (figure.value, figure.n) == (100.0, 1)
    safe = part(figure, "time_to_safe")
    assert safe.value is not None
    assert (round(safe.value, 6), safe.unit) == (30.0, "min")


def test_a_rollback_that_failed_into_the_safe_state_is_no_success_and_was_safe_then() -> None:
    figure = rollbacks(a_plan_decided(10), a_step(10.1, "verify_rollback", "failed"), a_safe_state(10 + 60 * MINUTE))
    assert figure.value == 0.0
    safe = part(figure, "time_to_safe").value
    assert safe is not None
    assert round(safe, 6) == 60.0
    assert part(figure, "safe_state").value == 1.0


def test_one_that_is_not_verified_yet_does_not_count_and_is_said() -> None:
    figure = rollbacks(a_plan_decided(59.9), a_step(59.95, "roll_back", "done"))
    assert figure.value == 0.0
    assert part(figure, "pending").value == 1.0
    assert "1 of 1 not verified yet" in figure.because


def test_a_plan_that_goes_straight_to_the_safe_state_is_no_rollback() -> None:
    figure = rollbacks(
        a_plan_decided(10, kind="safe_state"), a_step(10.1, "enter_safe_state", "done"), a_safe_state(10.1)
    )
    assert figure.reason is NullReason.NO_ACTIVITY


def test_the_steps_alone_tell_of_a_rollback_whose_decision_is_not_on_record() -> None:
    assert rollbacks(a_step(10, "roll_back", "done")).n == 1


def test_a_drilled_rollback_is_left_out_and_counted() -> None:
    figure = rollbacks(a_drill(a_plan_decided(10)), a_drill(a_verification(10.1)))
    assert figure.reason is NullReason.NO_ACTIVITY
    assert figure.left_out == {"drills": 2}
