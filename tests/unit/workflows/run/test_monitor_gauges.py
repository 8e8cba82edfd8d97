"""Gauges of monitors are the numbers of their charts: of the newest closed window, with the detector's limits (R42)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chart_builders import DRIFT, GAP, LATENCY, OVERRIDES, a_lake, a_ledger, chart_of, draw, line
from watch_builders import a_world, at_day, look

from careloop.domain.monitor_chart import SeriesRole, SystemCharts
from careloop.plans.open_alarms import alarms_of, open_alarms
from careloop.reports.monitor_gauges import (
    ALARMS_OPEN,
    GAUGES,
    GROUPS_LEFT_OUT,
    LIMIT,
    ROWS,
    VALUE,
    WATCHED,
    WINDOW_START,
    alarm_samples,
    chart_samples,
)

Samples = Mapping[tuple[str, tuple[str, ...]], float]


def at(day: float) -> int:
    return int(at_day(day).timestamp())


def samples(charts: SystemCharts, *, day: float = 11) -> Samples:
    found = list(chart_samples(charts, now_s=at(day)))
    assert all(len(one.labels) == len(GAUGES[one.name][1]) for one in found)
    made = {(one.name, one.labels): one.value for one in found}
    assert len(made) == len(found), "Prometheus refuses a series that comes twice"
    return made


def test_values_rows_and_limits_are_those_of_the_chart() -> None:
    charts = draw(a_lake(), a_ledger(), GAP, LATENCY.model_copy(update={"minimum_n": 3}))
    found = samples(charts)
    gap = line(chart_of(charts, GAP), SeriesRole.GAP, "men")
    newest = gap.points[-1]
    labels = ("credit", "approval-gap", "gap", "men")
    assert found[VALUE, labels] == newest.value
    assert found[ROWS, labels] == newest.n
    assert found[WINDOW_START, labels[:2]] == newest.window == at(9)
    step = gap.limits[-1]
    assert {side: found.get((LIMIT, (*labels, side))) for side in ("low", "high")} == {
        "low": step.low,
        "high": step.high,
    }
    assert found[VALUE, ("credit", "latency", "quantile", "")] > 50


def test_a_window_that_is_still_open_is_not_shown() -> None:
    charts = draw(a_lake(days=10), a_ledger(), GAP)
    assert samples(charts, day=9.9)[WINDOW_START, ("credit", "approval-gap")] == at(8)
    assert samples(charts, day=10)[WINDOW_START, ("credit", "approval-gap")] == at(9)


def test_what_no_detector_watches_is_said_and_has_no_value() -> None:
    found = samples(draw(a_lake(), a_ledger(), DRIFT, OVERRIDES))
    assert found[WATCHED, ("credit", "drift")] == 0
    assert found[WATCHED, ("credit", "overrides")] == 1
    assert not [one for one in found if one[0] == VALUE and one[1][1] == "drift"]


def test_too_small_a_window_has_rows_and_no_value() -> None:
    found = samples(draw(a_lake(), a_ledger(), GAP.model_copy(update={"minimum_n": 1000})))
    assert (ROWS, ("credit", "approval-gap", "gap", "men")) in found
    assert not [one for one in found if one[0] == VALUE]


def test_of_many_groups_the_fifty_with_most_rows_are_shown_and_the_rest_is_counted() -> None:
    charts = draw(a_lake(), a_ledger(), GAP)
    (chart,) = charts.charts
    rate = line(chart, SeriesRole.RATE, "men")
    many = tuple(
        replace(rate, group=f"g{at:03}", points=(replace(rate.points[-1], n=at + 1),), limits=()) for at in range(120)
    )
    found = samples(replace(charts, charts=(replace(chart, series=many),)))
    shown = {labels[3] for name, labels in found if name == ROWS}
    assert shown == {f"g{at:03}" for at in range(70, 120)}
    assert found[GROUPS_LEFT_OUT, ("credit", "approval-gap")] == 70


def test_a_monitor_without_alarms_has_none_open_and_one_with_them_has_so_many() -> None:
    world = a_world()
    look(world)
    entries = list(world.ledger.entries(0, world.ledger.size()))
    alarms = open_alarms(alarms_of(entries, system="credit", environment="production"), (), None)
    found = {one.labels: one.value for one in alarm_samples("credit", (GAP, LATENCY), alarms)}
    assert found[("credit", "approval-gap", GAP.severity, GAP.response.value)] >= 1
    assert found[("credit", "latency", LATENCY.severity, LATENCY.response.value)] == 0
    assert {one.name for one in alarm_samples("credit", (GAP,), ())} == {ALARMS_OPEN}
