"""What systems send otherwise than they declare is told with its share, and odd rows are not (R43)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from careloop.domain.schema_drift import DriftKind, SchemaTally, drifts_of

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)


def a_tally(hours_ago: int = 0, **changed: Any) -> SchemaTally:
    hour = NOW.replace(minute=0) - timedelta(hours=hours_ago)
    return SchemaTally(**{"system": "credit", "hour": hour, "rows": 100, "answers": 90, "schema": "s1", **changed})


def found(*tallies: SchemaTally) -> list[tuple[DriftKind, str, int, int]]:
    return [(drift.kind, drift.what, drift.rows, drift.of) for drift in drifts_of(tallies, now=NOW)]


def test_nothing_came_is_no_drift() -> None:
    assert found() == []
    assert found(a_tally(rows=0, answers=0)) == []


def test_refusals_and_undeclared_fields_are_told_with_their_share() -> None:
    tallies = a_tally(3, refused={"features.age: text where a number is wanted": 10}), a_tally(undeclared={"x": 4})
    assert found(*tallies) == [
        (DriftKind.REFUSED, "features.age: text where a number is wanted", 10, 200),
        (DriftKind.UNDECLARED, "x", 4, 200),
    ]
    first, second = drifts_of(tallies, now=NOW)
    assert (first.since, first.share) == (tallies[0].hour, 0.05)
    assert second.since == tallies[1].hour


def test_odd_rows_few_rows_and_what_is_a_day_old_are_not_told() -> None:
    assert found(a_tally(rows=101, undeclared={"x": 1})) == []
    assert found(a_tally(rows=29, undeclared={"x": 29})) == []
    assert found(a_tally(30, undeclared={"x": 100}), a_tally()) == []


def test_a_field_that_came_before_and_comes_no_more_has_vanished() -> None:
    gone = a_tally(absent={"features.age": 90, "features.job": 89})
    assert found(a_tally(40, absent={"features.age": 10}), gone) == [(DriftKind.VANISHED, "features.age", 90, 90)]
    assert found(a_tally(40, absent={"features.age": 90}), gone) == [], "it never came"
    assert found(gone) == []
    assert found(a_tally(40), a_tally(answers=29, absent={"features.age": 29})) == []


def test_a_changed_declaration_is_told_with_the_hour_from_which_it_holds() -> None:
    tallies = a_tally(3), a_tally(2), a_tally(2, schema="s2", rows=50), a_tally(1, schema="s2", rows=50)
    (drift,) = drifts_of(tallies, now=NOW)
    assert (drift.kind, drift.since, drift.rows, drift.of) == (DriftKind.CHANGED, tallies[2].hour, 100, 300)
    assert found(a_tally(60), a_tally(50, schema="s2"), a_tally(schema="s2")) == []


def test_systems_are_judged_each_by_itself() -> None:
    tallies = a_tally(undeclared={"x": 50}), a_tally(system="shop", rows=100_000)
    assert [drift.system for drift in drifts_of(tallies, now=NOW)] == ["credit"]
