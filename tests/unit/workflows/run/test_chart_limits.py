"""Charts of drift, ratios and quantiles: what they are compared with is what their detectors are (R46)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from chart_builders import LATENCY, SYSTEM, a_lake, a_ledger, an_answer, chart_of, draw, line
from watch_builders import ONE, TWO, a_monitor, at_day

from careloop.domain.monitor_chart import SeriesRole, SystemCharts
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.compile_monitors import compile_monitors
from careloop.workflows.run.fix_quantiles import fix_quantiles
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.system_log import SystemLog

DRIFT = a_monitor(id="drift", kind="drift", measure="psi", by=None, of="groups.sex", response="page", window="P1D")
RATIO = a_monitor(id="ratio", measure="impact_ratio", minimum_n=3, response="page", window="P1D")
SWITCH, MOVED, DAYS = 30, 34, 38


@pytest.fixture(scope="module")
def lake() -> LakeFake:
    """Thirty days of one release, then another; four days later nearly everybody who asks is a woman."""
    made = LakeFake()
    for number in range(DAYS * 60):
        day = number / 60
        at = at_day(day) + timedelta(seconds=number % 50)
        women = number % 2 or (day >= MOVED and number % 10)
        groups = {"sex": "women" if women else "men"}
        made.append([an_answer(number, at, release=TWO if day >= SWITCH else ONE, groups=groups)], now=at)
    return made


@pytest.fixture(scope="module")
def charts(lake: LakeFake) -> SystemCharts:
    world = a_ledger(switch=SWITCH)
    ask = ChartAsk(system=SYSTEM, monitors=(DRIFT, RATIO, LATENCY))
    return ChartDesk(lake).charts(ask, SystemLog(world.ledger).read(), now=at_day(DAYS))


def test_drift_is_measured_against_the_past_of_the_release_that_answers(charts: SystemCharts) -> None:
    chart = chart_of(charts, DRIFT)
    series = line(chart, SeriesRole.DRIFT)
    (limit,) = [step.high for step in series.limits if step.release == TWO]
    assert limit is not None
    assert limit >= DRIFT.tolerance
    began = at_day(0).timestamp()
    values = {int((p.window - began) // 86_400): p.value for p in series.points}
    assert len(values) == DAYS
    assert all(value is None for day, value in values.items() if day < 28), "a release without a past of its own"
    usual = [values[day] for day in range(SWITCH, MOVED)]
    moved = [values[day] for day in range(MOVED, DAYS)]
    assert all(value is not None and abs(value) < limit for value in usual)
    assert all(value is not None and value > limit for value in moved)
    assert [p.reason for p in series.points[:1]] == ["the reference has no rows"]


def test_a_ratio_has_the_least_that_its_detector_accepts(charts: SystemCharts) -> None:
    ratio = line(chart_of(charts, RATIO), SeriesRole.IMPACT_RATIO)
    (low,) = [step.low for step in ratio.limits if step.release == TWO]
    assert low is not None
    assert 0 < low < 1 - RATIO.tolerance
    assert next(step.reason for step in ratio.limits), "the first release has no past to be compared with"


def test_a_quantile_has_the_limit_that_its_detector_counts_by(lake: LakeFake, charts: SystemCharts) -> None:
    assert SYSTEM.events is not None
    compiled = compile_monitors([LATENCY], SYSTEM.events)
    fixed = fix_quantiles(compiled, lake=lake, system=SYSTEM.id, now=at_day(DAYS)).watched[0]
    quantile = line(chart_of(charts, LATENCY), SeriesRole.QUANTILE)
    (step,) = quantile.limits
    assert step.high is not None
    assert f"slower than {step.high:.4g} ms" in fixed.note
    assert step.high > max(point.value or 0 for point in quantile.points)


def test_a_quantile_whose_first_weeks_are_not_over_says_so() -> None:
    world = a_ledger(switch=None)
    ask = ChartAsk(system=SYSTEM, monitors=(LATENCY,))
    chart = ChartDesk(a_lake(days=12)).charts(ask, SystemLog(world.ledger).read(), now=at_day(12)).charts[0]
    assert line(chart, SeriesRole.QUANTILE).limits == ()
    assert "12 of 28 days" in (chart.not_watched or "")


def test_without_the_time_a_quantile_has_no_limit(lake: LakeFake) -> None:
    chart = chart_of(draw(lake, a_ledger(switch=None), LATENCY), LATENCY)
    assert line(chart, SeriesRole.QUANTILE).limits == ()
