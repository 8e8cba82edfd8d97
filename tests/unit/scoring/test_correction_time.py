"""M9: from notice to a correction that was verified."""

from __future__ import annotations

from scoring_builders import (
    NOW,
    Q4,
    TIERS,
    a_safe_state,
    a_verification,
    an_alarm,
    an_entry,
    an_incident,
    evidence,
    part,
)

from careloop.domain.metric import Figure, NullReason
from careloop.ports.ledger import Entry
from careloop.scoring.correction_time import correction_time_figure

HOUR = 1 / 24


def correction_time(*entries: Entry) -> Figure:
    return correction_time_figure(evidence(*entries), Q4, as_of=NOW, tiers=TIERS)


def test_it_counts_from_the_alarm_to_the_verified_rollback() -> None:
    alarm = an_alarm(10, since=9)
    figure = correction_time(alarm, an_incident(10 + HOUR, alarm=alarm), a_verification(10 + 3 * HOUR))
    assert figure.value is not None
    assert (round(figure.value, 6), figure.n, figure.unit) == (3.0, 1, "h")
    assert part(figure, "detection").value == 24.0
    assert part(figure, "high_tier").n == 1


def test_without_an_alarm_it_counts_from_the_incident_and_the_beginning_is_unknown() -> None:
    figure = correction_time(an_incident(10), a_verification(10 + 2 * HOUR))
    assert figure.value is not None
    assert round(figure.value, 6) == 2.0
    assert part(figure, "detection").reason is NullReason.NO_ACTIVITY
    assert part(figure, "beginning_unknown").value == 1.0


def test_closed_without_verification_is_still_open() -> None:
    opened = an_incident(10)
    closed = an_entry("incident.closed", 11, data={"incident": opened.record.id})
    assert correction_time(opened, closed).reason is NullReason.ALL_OPEN
    verified = an_entry("incident.closed", 11, data={"incident": opened.record.id, "verified": True})
    assert correction_time(opened, verified).value == 24.0


def test_the_safe_state_stops_the_harm_and_corrects_nothing() -> None:
    figure = correction_time(an_incident(10), a_safe_state(10.1))
    assert figure.open is not None
    assert (figure.open.count, figure.open.oldest) == (1, 50 * 24.0)


def test_a_correction_before_its_alarm_is_an_error_that_is_counted() -> None:
    alarm = an_alarm(10)
    figure = correction_time(alarm, an_incident(10, alarm=alarm), a_verification(9.5))
    assert figure.reason is NullReason.NO_ACTIVITY
    assert figure.left_out == {"negative_durations": 1}


def test_a_correction_of_another_incident_does_not_help() -> None:
    figure = correction_time(an_incident(10, plan="p1"), a_verification(11, plan="p2"))
    assert figure.n == 0
