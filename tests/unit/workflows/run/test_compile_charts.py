"""Which monitors are drawn, as what, and why others are not."""

from __future__ import annotations

from typing import Any

import pytest
from chart_builders import SYSTEM
from watch_builders import a_monitor

from careloop.domain.counts import CellKey
from careloop.domain.monitor_chart import SeriesRole
from careloop.workflows.run.chart_points import points_of, series_keys
from careloop.workflows.run.compile_charts import ChartPlan, compile_charts


def compiled(**changed: Any) -> ChartPlan:
    assert SYSTEM.events is not None
    (found,) = compile_charts([a_monitor(**changed)], SYSTEM.events)
    return found


@pytest.mark.parametrize(
    ("changed", "role", "columns"),
    [
        ({}, SeriesRole.GAP, ("hits", "n")),
        ({"measure": "selection_rate"}, SeriesRole.RATE, ("hits", "n")),
        ({"measure": "override_rate", "by": None}, SeriesRole.RATE, ("hits", "n")),
        ({"measure": "impact_ratio", "response": "page"}, SeriesRole.IMPACT_RATIO, ("hits", "n")),
        ({"measure": "psi", "by": None, "response": "page", "of": "groups.sex"}, SeriesRole.DRIFT, ("n",)),
        ({"measure": "latency_p95_ms", "by": None}, SeriesRole.QUANTILE, ("n",)),
        ({"measure": "granted", "tolerance": 900.0}, SeriesRole.AMOUNT, ("sum", "n")),
        ({"measure": "cases", "by": None, "tolerance": 5.0}, SeriesRole.AMOUNT, ("sum", "n")),
    ],
)
def test_rates_gaps_ratios_latencies_and_amounts_are_drawn(
    changed: dict[str, Any], role: SeriesRole, columns: tuple[str, ...]
) -> None:
    found = compiled(**changed)
    assert found.plan is not None
    assert (found.role, found.plan.columns, found.not_charted) == (role, columns, None)
    assert (found.watched is None) is (role in (SeriesRole.QUANTILE, SeriesRole.AMOUNT))
    assert (found.unfixed is not None) is (role is SeriesRole.QUANTILE)
    assert (found.not_watched is None) is (found.watched is not None or found.unfixed is not None)


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"measure": "psi", "by": None}, "psi cannot be read from the declared fields of events alone"),
        ({"measure": "calibration_error"}, "say with `values` which labels are positive"),
        ({"measure": "impact_ratio", "by": None}, "needs a field with declared values"),
        ({"measure": "latency_p95_ms", "by": "channel"}, "no single column 'channel'"),
        ({"measure": "overridden", "by": None}, "overridden cannot be read"),
    ],
)
def test_what_is_not_drawn_says_why_and_why_no_detector_runs(changed: dict[str, Any], because: str) -> None:
    found = compiled(**changed)
    assert (found.plan, found.watched) == (None, None)
    assert because in (found.not_charted or "")
    assert found.not_watched


def test_the_quantile_is_the_one_that_the_measure_names() -> None:
    assert compiled(measure="latency_p90", by=None).quantile == 0.90
    assert compiled(measure="latency_p99_ms", by="sex").groups == ("men", "women")


def test_an_amount_is_counted_in_its_declared_unit_with_its_decimals() -> None:
    granted, cases = compiled(measure="granted", tolerance=900.0), compiled(measure="cases", tolerance=5.0)
    assert [(each.counted_in, each.digits) for each in (granted, cases)] == [("EUR", 6), (None, 0)]


def test_a_mean_amount_is_drawn_as_the_mean_of_the_rows_that_have_it() -> None:
    asked = {"measure": "amount_per_row", "of": "business.granted", "least": 0, "most": 5000, "tolerance": 10.0}
    found = compiled(**asked, by=None, response="page")
    assert (found.role, found.per_row, found.counted_in, found.not_charted) == (SeriesRole.AMOUNT, True, "EUR", None)
    assert (found.watched, found.not_watched) == (None, None)
    assert found.plan is not None
    cells = {CellKey("m", "v1", 0, "", 0, 0): (30_000_000, 4)}
    (point,) = [point for _, point in points_of(found, 0, cells)]
    assert (point.value, point.n) == (7.5, 4)


def test_lines_stand_in_the_order_in_which_they_are_read() -> None:
    assert series_keys(compiled()) == (
        (SeriesRole.GAP, "men"),
        (SeriesRole.RATE, "men"),
        (SeriesRole.RATE, "women"),
    )
    assert series_keys(compiled(measure="impact_ratio"))[0] == (SeriesRole.IMPACT_RATIO, None)
    assert series_keys(compiled(measure="latency_p90", by=None)) == ((SeriesRole.QUANTILE, None),)
