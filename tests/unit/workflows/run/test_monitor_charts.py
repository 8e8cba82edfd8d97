"""Charts of a system: what each line holds, and that a desk which has been asked before answers like a new one."""

from __future__ import annotations

from datetime import timedelta

from chart_builders import (
    ALL,
    BY_HOUR,
    DRIFT,
    GAP,
    GRANTED,
    LATENCY,
    OVERRIDES,
    RATIO,
    SYSTEM,
    ListeningLake,
    a_lake,
    a_ledger,
    an_answer,
    chart_of,
    draw,
    line,
    points,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from watch_builders import BAD, FIVE_BAD_DAYS, ONE, TWO, a_monitor, a_world, at_day, look

from careloop.domain.counts import Tally
from careloop.domain.deployment import ServeRelease
from careloop.domain.measured import Unit
from careloop.domain.monitor_chart import SeriesRole, SwitchKind
from careloop.domain.plan_steps import PlanKind
from careloop.measures.intervals import newcombe, wilson
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.chart_board import Board
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.system_log import SystemLog


def test_a_gap_is_drawn_as_the_alarm_compares_it_and_each_group_beside() -> None:
    chart = chart_of(draw(a_lake(), a_ledger()), GAP)
    assert [(series.role, series.group) for series in chart.series] == [
        (SeriesRole.GAP, "men"),
        (SeriesRole.RATE, "men"),
        (SeriesRole.RATE, "women"),
    ]
    men, women = line(chart, SeriesRole.RATE, "men").points[0], line(chart, SeriesRole.RATE, "women").points[0]
    gap = line(chart, SeriesRole.GAP, "men").points[0]
    assert (men.hits, men.n, women.hits, women.n) == (8, 12, 8, 12)
    between = newcombe(Tally(8, 12), Tally(8, 12))
    assert (gap.value, gap.n, gap.low, gap.high) == (0.0, 24, between.low, between.high)
    assert (men.low, men.high) == (wilson(Tally(8, 12)).low, wilson(Tally(8, 12)).high)
    assert (chart.unit, chart.seconds, chart.windows, chart.not_watched) == (Unit.DIFFERENCE, 86_400, 10, None)


def test_each_point_carries_its_release_and_a_shared_window_has_two() -> None:
    lake = a_lake(switch=None)
    lake.append([an_answer(900, at_day(2), release=TWO), an_answer(901, at_day(2), release=TWO)], now=at_day(11))
    found = points(line(chart_of(draw(lake, a_ledger()), GAP), SeriesRole.RATE, "women"))
    assert found[1:4] == [(1.0, ONE, 12, 8 / 12), (2.0, ONE, 12, 8 / 12), (2.0, TWO, 1, 1.0)]


def test_windows_below_the_least_n_are_drawn_and_marked() -> None:
    lake = a_lake(days=2)
    lake.append([an_answer(900, at_day(5)), an_answer(901, at_day(5))], now=at_day(5))
    chart = chart_of(draw(lake, a_ledger()), GAP)
    assert [point.enough for point in line(chart, SeriesRole.RATE, "men").points] == [True, True, False]
    assert [point.enough for point in line(chart, SeriesRole.GAP, "men").points] == [True, True, False]


def test_a_group_without_rows_in_a_window_leaves_a_hole_in_its_line_and_in_the_gap() -> None:
    lake = LakeFake()
    lake.append([an_answer(1, at_day(0)), an_answer(2, at_day(1)), an_answer(3, at_day(1))], now=at_day(2))
    chart = chart_of(draw(lake, a_ledger()), GAP)
    assert [day for day, *_ in points(line(chart, SeriesRole.RATE, "men"))] == [1.0]
    assert [day for day, *_ in points(line(chart, SeriesRole.RATE, "women"))] == [0.0, 1.0]
    assert [day for day, *_ in points(line(chart, SeriesRole.GAP, "men"))] == [1.0]


def test_latency_amounts_and_ratios_are_drawn_by_other_counts_than_detectors_have() -> None:
    charts = draw(a_lake(), a_ledger())
    latency, granted, ratio = (chart_of(charts, monitor) for monitor in (LATENCY, GRANTED, RATIO))
    for chart in (latency, granted, ratio):
        assert chart.not_charted is None
        assert all(series.limits == () for series in chart.series)
    assert latency.not_watched is None
    assert (granted.not_watched or "").startswith("no detector watches granted yet")
    assert (ratio.not_watched or "").startswith("a ratio may alert or page, not rollback")
    slow = line(latency, SeriesRole.QUANTILE).points[0]
    assert (latency.unit, slow.n) == (Unit.MILLISECONDS, 24)
    assert slow.value is not None
    assert abs(slow.value - 71) < 0.03 * 71
    women = line(granted, SeriesRole.AMOUNT, "women").points[0]
    assert (granted.unit, granted.counted_in, women.value, women.n) == (Unit.AMOUNT, "EUR", 18.0, 12)
    assert line(ratio, SeriesRole.IMPACT_RATIO).points[0].value == 1.0


def test_a_whole_number_is_summed_as_it_is() -> None:
    cases = a_monitor(id="cases", kind="business", measure="cases", by=None, tolerance=9.0)
    chart = chart_of(draw(a_lake(), a_ledger(), cases), cases)
    assert (line(chart, SeriesRole.AMOUNT).points[0].value, chart.counted_in) == (36.0, None)


def test_what_cannot_be_drawn_says_why() -> None:
    for monitor in (DRIFT, a_monitor(id="bare", measure="impact_ratio", by=None), a_monitor(by="colour")):
        chart = chart_of(draw(a_lake(days=1), a_ledger(), monitor), monitor)
        assert chart.series == ()
        assert chart.not_charted
        assert chart.not_watched


def test_only_so_many_of_the_latest_windows_are_shown_and_the_rest_is_counted() -> None:
    charts = draw(a_lake(), a_ledger(), most_windows=3)
    chart = chart_of(charts, OVERRIDES)
    assert chart.windows == 40
    assert [day for day, *_ in points(line(chart, SeriesRole.RATE))] == [9.25, 9.5, 9.75]
    assert {step.since for step in line(chart, SeriesRole.RATE).limits} == {int(at_day(9.25).timestamp())}


def test_switches_say_what_took_over_and_why() -> None:
    world = a_world()
    look(world)
    marks = draw(a_lake(days=1), world, GAP).switches
    assert [(mark.kind, mark.to, mark.version, mark.by) for mark in marks] == [
        (SwitchKind.DEPLOY, ServeRelease(ONE), "1.0", "ada"),
        (SwitchKind.DEPLOY, ServeRelease(TWO), "2.0", "ada"),
        (SwitchKind.ROLLBACK, ServeRelease(ONE), "1.0", "care-monitor"),
    ]
    assert [mark.plan is None for mark in marks] == [True, True, False]
    assert marks[2].at == at_day(35.1)


def test_an_alarm_carries_its_numbers_and_its_answer() -> None:
    world = a_world()
    report = look(world)
    (mark, *_) = chart_of(draw(a_lake(days=1), world), GAP).alarms
    answered = report.answered[0]
    assert (mark.id, mark.signal) == (answered.alarm.id, answered.alarm.signal)
    assert (mark.severity, mark.response, mark.may_act, mark.again) == ("sev1", GAP.response, True, False)
    assert mark.plan is not None
    assert (mark.plan.id, mark.plan.kind, mark.plan.over) == (answered.plan.id, PlanKind.ROLLBACK, False)
    assert mark.seconds == 86_400
    assert BAD  # the story behind it: FIVE_BAD_DAYS end with women at a lower rate
    assert mark.signal.since <= int(at_day(len(FIVE_BAD_DAYS)).timestamp())


def test_asking_again_costs_no_count_and_gives_the_very_same_charts() -> None:
    lake, world = ListeningLake(a_lake()), a_ledger()
    desk = ChartDesk(lake)
    first = draw(lake, world, desk=desk)
    counted = len(lake.counted)
    again = draw(lake, world, desk=desk)
    assert (again, len(lake.counted)) == (first, counted)
    assert all(one is other for one, other in zip(again.charts, first.charts, strict=True))


def test_events_of_another_system_change_nothing_but_the_watermark() -> None:
    lake, world = ListeningLake(a_lake()), a_ledger()
    desk = ChartDesk(lake)
    first = draw(lake, world, desk=desk)
    counted = len(lake.counted)
    lake.append([an_answer(1, at_day(11), system="shop")], now=at_day(11))
    later = draw(lake, world, desk=desk)
    assert (later.charts, len(lake.counted)) == (first.charts, counted)
    assert (first.watermark, later.watermark) == (240, 241)


def test_a_few_more_events_are_counted_and_nothing_else() -> None:
    lake, world = ListeningLake(a_lake()), a_ledger()
    desk = ChartDesk(lake)
    draw(lake, world, desk=desk)
    before = len(lake.counted)
    lake.append([an_answer(900, at_day(9.9), release=TWO)], now=at_day(9.99))
    assert draw(lake, world, desk=desk) == draw(lake, world)
    assert [reading.after for reading, _ in lake.counted[before : before + 1]] == [240]


@settings(max_examples=12)
@given(
    arrivals=st.lists(
        st.tuples(st.integers(0, 4000), st.booleans(), st.sampled_from([ONE, TWO])), min_size=1, max_size=8
    ),
    deploy=st.booleans(),
)
def test_a_desk_that_was_asked_before_answers_like_a_new_one(
    arrivals: list[tuple[int, bool, str]], deploy: bool
) -> None:
    lake, world = a_lake(days=3, a_day=8, switch=None), a_ledger(switch=None)
    some = (GAP, OVERRIDES, LATENCY)
    desk = ChartDesk(lake, most_systems=1)
    for number, (minutes_late, ask, release) in enumerate(arrivals):
        now = at_day(4 + number)
        lake.append([an_answer(900 + number, now - timedelta(minutes=minutes_late), release=release)], now=now)
        if deploy and number == 2:
            world.deploy(TWO, day=4 + number)
        if ask:
            assert draw(lake, world, *some, desk=desk) == draw(lake, world, *some)
    assert draw(lake, world, *some, desk=desk) == draw(lake, world, *some)


def test_a_changed_monitor_is_drawn_anew_and_the_others_need_no_count() -> None:
    lake, world = ListeningLake(a_lake()), a_ledger()
    desk = ChartDesk(lake)
    draw(lake, world, GAP, OVERRIDES, desk=desk)
    wider = GAP.model_copy(update={"tolerance": 0.2})
    found = draw(lake, world, wider, OVERRIDES, desk=desk)
    assert found == draw(lake, world, wider, OVERRIDES)
    assert line(chart_of(found, GAP), SeriesRole.GAP, "men").limits[0].high == 0.2


def test_a_desk_keeps_so_many_systems_and_no_more() -> None:
    lake, world = ListeningLake(a_lake(days=1)), a_ledger()
    desk = ChartDesk(lake, most_systems=1)
    entries = SystemLog(world.ledger).read()
    other = SYSTEM.model_copy(update={"id": "shop"})
    counts = []
    for system in (SYSTEM, SYSTEM, other, SYSTEM):
        before = len(lake.counted)
        desk.charts(ChartAsk(system=system, monitors=(GAP,)), entries)
        counts.append(len(lake.counted) > before)
    assert counts == [True, False, True, True]


def test_whoever_asked_earlier_and_is_served_later_gets_what_is_newer() -> None:
    lake, world = a_lake(), a_ledger()
    ask, entries = ChartAsk(system=SYSTEM, monitors=(GAP,)), SystemLog(world.ledger).read().of("credit")
    board = Board(lake, "credit")
    later = board.draw(ask, entries, upto=240)
    assert board.draw(ask, entries, upto=100) == later
    assert later.watermark == 240


def test_a_system_without_events_has_charts_without_points() -> None:
    charts = draw(LakeFake(), a_ledger())
    assert [chart.monitor.id for chart in charts.charts] == [monitor.id for monitor in ALL]
    assert all(series.points == () and series.limits == () for chart in charts.charts for series in chart.series)


def test_hours_of_the_week_have_steps_of_their_own() -> None:
    chart = chart_of(draw(a_lake(days=16, switch=14), a_ledger(switch=14), BY_HOUR), BY_HOUR)
    steps = line(chart, SeriesRole.RATE, "women").limits
    judged = [step for step in steps if step.release == TWO]
    assert {step.until - step.since for step in judged if step.until is not None} == {3600}
    assert [step.reason for step in judged[:2]] == ["its past has no rows at this hour of the week", None]
    assert len({(step.reference_low, step.low) for step in judged}) > 1
    assert [step.reason for step in steps if step.release == ONE][:1] == ["no past of its own to compare with yet"]
