"""Calibration as a page draws it: its course by when labels came, and observed against foretold by bin."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from chart_builders import ALL, SYSTEM, a_ledger, an_answer, chart_of, line
from watch_builders import ONE, TWO, a_monitor, at_day

from careloop.domain.count_plan import EdgeBins
from careloop.domain.counts import CellKey, CountTable
from careloop.domain.event import Event, EventKind
from careloop.domain.event_columns import SCORE
from careloop.domain.event_values import microseconds
from careloop.domain.monitor import Monitor
from careloop.domain.monitor_chart import MonitorChart, SeriesRole
from careloop.measures.classification import calibration_error, calibration_interval
from careloop.reports.chart_report import charts_json
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.detect_changes import parts_of, stretches_of
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.system_log import SystemLog

CALIBRATION = a_monitor(
    id="calibration",
    kind="performance",
    measure="calibration_error",
    by=None,
    values=("repaid",),
    window="P1D",
    tolerance=0.03,
    response="page",
    minimum_n=20,
)
BY_SEX = CALIBRATION.model_copy(update={"id": "by-sex", "by": "sex"})
A_DAY, DAYS, SWITCH = 60, 12, 8
LATE = timedelta(hours=30)


def a_scored_lake() -> LakeFake:
    """Release one is right as often as it says; release two says .85 where two in five are right. Labels come late."""
    chance, lake = random.Random(7), LakeFake()
    arrivals: list[tuple[float, Event]] = []
    for number in range(DAYS * A_DAY):
        day = number / A_DAY
        two = day >= SWITCH
        score = chance.choice((0.12, 0.37, 0.62, 0.87))
        right = 0.4 if two and score > 0.8 else score
        answer = an_answer(number, at_day(day), release=TWO if two else ONE, score=score)
        label = Event(
            id=f"label-{number}",
            system="credit",
            release=TWO if two else ONE,
            kind=EventKind.LABEL,
            occurred_us=microseconds(at_day(day) + LATE),
            bucket=0,
            inference_id=answer.id,
            label="repaid" if chance.random() < right else "defaulted",
        )
        arrivals += [(day, answer), (day + LATE / timedelta(days=1), label)]
    for day, event in sorted(arrivals, key=lambda each: each[0]):
        lake.append([event], now=at_day(day))
    return lake


def drawn(monitor: Monitor, lake: LakeFake | None = None) -> MonitorChart:
    desk = ChartDesk(lake or a_scored_lake())
    ask = ChartAsk(system=SYSTEM, monitors=(monitor,))
    return chart_of(desk.charts(ask, SystemLog(a_ledger(switch=SWITCH).ledger).read(), now=at_day(60)), monitor)


def test_the_newest_release_comes_first_with_the_one_before_it() -> None:
    first, second = drawn(CALIBRATION).reliability
    assert [(one.release, one.current) for one in (first, second)] == [(TWO, True), (ONE, False)]
    assert first.n == (DAYS - SWITCH) * A_DAY
    assert second.n == SWITCH * A_DAY


def test_a_bin_holds_what_was_foretold_and_how_often_it_came_true() -> None:
    first, second = drawn(CALIBRATION).reliability
    (high,) = [one for one in first.bins if one.low <= 0.87 < one.high]
    assert high.predicted == pytest.approx(0.875)
    assert high.observed_low < high.observed < high.observed_high < high.predicted, "it is over-confident there"
    assert all(one.observed_low <= one.predicted <= one.observed_high for one in second.bins), "that one was right"
    assert first.error_low > second.error, "chance does not explain its error"
    assert second.error_low == 0, "of the one before, chance explains all"


def test_windows_are_cut_by_when_the_label_came_as_the_detector_cuts_them() -> None:
    chart = drawn(CALIBRATION)
    points = line(chart, SeriesRole.CALIBRATION).points
    begin = at_day(0).timestamp()
    assert [(one.window - begin) // 86_400 for one in points if one.release == ONE] == list(range(1, SWITCH + 2))
    assert sum(one.n for one in points) == DAYS * A_DAY
    assert all(one.low is not None and one.low <= (one.value or 0) <= (one.high or 0) for one in points)
    assert (chart.not_watched, chart.not_charted) == (None, None)


def test_the_limit_is_what_the_detector_learns_from_the_same_past_r47() -> None:
    """Recounted apart: closed windows by label, the past of release two, its accepted error."""
    from careloop.workflows.run.compile_monitors import compile_monitors, with_windows

    lake = a_scored_lake()
    (watched,) = compile_monitors([CALIBRATION], SYSTEM.events).watched  # type: ignore[arg-type]
    (watched,) = with_windows([watched], lake=lake, system="credit", now=at_day(60))
    (part,) = parts_of(watched)
    starts = {ONE: [int(at_day(0).timestamp())], TWO: [int(at_day(SWITCH).timestamp())]}
    two = next(one for one in stretches_of(part.windows, seconds=86_400, starts=starts) if one.release == TWO)
    alarm = part.learn([one for one in part.windows if one.window < two.known])
    limits = {one.release: one.high for one in line(drawn(CALIBRATION, lake), SeriesRole.CALIBRATION).limits}
    assert limits[TWO] == pytest.approx(alarm.accepted)  # type: ignore[attr-defined]
    assert (limits[TWO] or 0.0) >= CALIBRATION.tolerance
    assert limits[ONE] is None, "it has no past"


def test_a_monitor_with_groups_is_drawn_by_group_and_says_that_nothing_watches() -> None:
    chart = drawn(BY_SEX)
    assert [(one.group, one.current) for one in chart.reliability] == [
        ("men", True),
        ("women", True),
        ("men", False),
        ("women", False),
    ]
    assert {one.group for one in chart.series if one.points} == {"men", "women"}
    assert "leave `by` out" in (chart.not_watched or "")


def test_what_is_not_calibration_has_no_curve() -> None:
    lake = a_scored_lake()
    asked = SystemLog(a_ledger().ledger).read()
    charts = ChartDesk(lake).charts(ChartAsk(system=SYSTEM, monitors=ALL), asked).charts
    assert all(chart.reliability == () for chart in charts)


def test_the_page_is_told_bins_rows_intervals_and_versions() -> None:
    desk = ChartDesk(a_scored_lake())
    ask = ChartAsk(system=SYSTEM, monitors=(CALIBRATION,))
    told = charts_json(desk.charts(ask, SystemLog(a_ledger(switch=SWITCH).ledger).read()))["charts"][0]
    part = told["reliability"]
    assert (part["positive"], [one["release"] for one in part["lines"]]) == (["repaid"], ["2.0", "1.0"])
    for curve in part["lines"]:
        assert sum(curve["n"]) == curve["rows"]
        assert len(part["x"]) == len(part["edges"]) == len(curve["value"]) == len(curve["hits"])
    assert told["parts"][0]["role"] == "calibration"


def test_the_interval_covers_the_true_error_whether_bins_are_right_or_off() -> None:
    """A thousand drawn tables; few rows and many, errors of 0 and of a tenth."""
    chance, bins = random.Random(11), EdgeBins(SCORE, (0.25, 0.5, 0.75))
    middles, covered, rounds = (0.125, 0.375, 0.625, 0.875), 0, 1000
    for turn in range(rounds):
        off = 0.1 * (turn % 2)
        shares = [middle + off * (1 if at % 2 else -1) for at, middle in enumerate(middles)]
        rows = 20 if turn % 4 < 2 else 200
        cells = {
            CellKey("m", "", 0, "", at, 0): (sum(chance.random() < share for _ in range(rows)), rows)
            for at, share in enumerate(shares)
        }
        table = CountTable(("hits", "n"), cells)
        found, value = calibration_interval(table, bins=bins), calibration_error(table, bins=bins).value
        assert found is not None
        assert value is not None
        assert 0 <= found.low <= value <= found.high <= 1
        covered += found.low <= off <= found.high
    assert covered / rounds >= 0.95


def test_without_rows_there_is_no_interval() -> None:
    assert calibration_interval(CountTable(("hits", "n"), {}), bins=EdgeBins(SCORE, (0.5,))) is None
