"""Windows in a known event are not bet on and teach nothing, and each of them is marked and counted (R47)."""

from __future__ import annotations

from dataclasses import replace

from chart_builders import DRIFT, GAP, RATIO, SYSTEM, a_lake, a_ledger, chart_of
from watch_builders import GOOD, ONE, START, Days, a_watched, at_day

from careloop.domain.calendar import EventCalendar, KnownEvent
from careloop.domain.monitor_chart import EventMark, SystemCharts
from careloop.reports.alarm_report import WatchSummary, watch_lines
from careloop.reports.chart_report import charts_json
from careloop.reports.muted_report import muted_json, muted_lines
from careloop.reports.replay_plot import ReplayedDetector, replay_svg
from careloop.workflows.run.detect_changes import detect_changes, parts_of
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.muted_windows import muted_windows
from careloop.workflows.run.rehearse_monitors import rehearse_monitors
from careloop.workflows.run.system_log import SystemLog
from careloop.workflows.run.watched_monitor import WatchedMonitor

SALE = {"women": 0.15, "men": 0.85}
STORY: Days = [*[(ONE, GOOD)] * 40, *[(ONE, SALE)] * 2, *[(ONE, GOOD)] * 10]


def day(number: int) -> int:
    return int(at_day(number).timestamp())


def with_sale(watched: WatchedMonitor, first: int = 40, until: int = 42) -> WatchedMonitor:
    return replace(watched, events=(KnownEvent(day(first), day(until), "sale", "A sale."),))


def test_a_known_sale_raises_no_alarm_and_an_unknown_one_does() -> None:
    watched = a_watched(STORY)
    assert detect_changes(watched, starts={}) != ()
    assert detect_changes(with_sale(watched), starts={}) == ()


def test_a_change_after_the_sale_is_noticed_as_if_there_had_been_none() -> None:
    bad: Days = [*STORY[:42], *[(ONE, SALE)] * 5]
    (change, *_) = detect_changes(with_sale(a_watched(bad)), starts={})
    assert (change.signal.window, change.signal.observed.n) == (day(42), 1000), "the sale's rows are not among them"


def test_a_sale_in_the_past_teaches_nothing() -> None:
    """The limits are those of a past without these two days: gaps wide apart would widen what is tolerated."""
    (part,) = parts_of(with_sale(a_watched(STORY)))
    (without,) = parts_of(a_watched([*STORY[:40], *STORY[42:]]))
    assert part.learn(part.windows) != part.learn(parts_of(a_watched(STORY))[0].windows)
    assert len(part.windows) == len(without.windows) + 2
    assert [window.event for window in part.windows[39:43]] == [None, "sale", "sale", None]
    assert part.learn(part.windows) == part.learn([window for window in part.windows if window.cells])


def test_a_replay_keeps_its_promise_over_a_sale_that_was_declared() -> None:
    (plain,), (known,) = (rehearse_monitors([each]) for each in (a_watched(STORY), with_sale(a_watched(STORY))))
    assert (plain.readiness.may_act, known.readiness.may_act) == (False, True)
    assert (known.readiness.windows, known.rows) == (50, 50 * 2000)
    told = ReplayedDetector(name="m", told="", threshold=9.0, trace=known.trace, alarms=(), events=known.events)
    assert "sale: not judged" in replay_svg("credit", [told])


def test_what_was_left_out_is_counted() -> None:
    (muted,) = muted_windows([with_sale(a_watched(STORY))])
    assert (muted.windows, muted.of_windows, muted.rows, muted.events, muted.judged) == (2, 52, 4000, ("sale",), 0)
    (line,) = muted_lines([muted])
    assert line[1] == "not judged: approval-gap: 2 of 52 windows (4,000 rows) in sale"
    assert muted_json([muted])[0]["events"] == ["sale"]
    assert muted_windows([a_watched(STORY)]) == ()


def test_a_calendar_that_wants_more_than_it_may_is_red_and_the_rest_is_judged() -> None:
    greedy = with_sale(a_watched([(ONE, GOOD)] * 60), first=10, until=60)
    (muted,) = muted_windows([greedy])
    assert (muted.windows, muted.judged) == (36, 14)
    assert [style for style, _ in muted_lines([muted])] == ["warn", "bad"]
    summary = WatchSummary(
        system="credit",
        environment="production",
        windows=60,
        monitors=1,
        alarms=(),
        continued=(),
        paused=None,
        left_out=(),
        commit=None,
        standards_digest="",
        muted=(muted,),
    )
    assert any("judged all the same" in text for _, text in watch_lines(summary))


def test_a_chart_marks_the_event_and_shows_its_points_all_the_same() -> None:
    sale = {"id": "sale", "zone": "UTC", "first": START.date(), "last": START.date(), "why": ".", "who": "shop"}
    calendar = EventCalendar.model_validate({"owner": "shop", "events": [sale]})
    charts = _drawn(calendar)
    chart = chart_of(charts, GAP)
    assert chart.events == (EventMark(since=day(0), until=day(1), event="sale", judged=False),)
    assert chart.series[0].points[0].window == day(0), "what happened then is shown"
    told = charts_json(charts)["charts"][0]
    assert told["events"] == [{"since": day(0), "until": day(1), "event": "sale", "judged": False}]
    plain = chart_of(_drawn(), GAP)
    assert (plain.events, plain.series[0].points) == ((), chart.series[0].points)


def _drawn(*calendar: EventCalendar) -> SystemCharts:
    ask = ChartAsk(system=SYSTEM, monitors=(GAP, RATIO, DRIFT), calendar=calendar)
    return ChartDesk(a_lake()).charts(ask, SystemLog(a_ledger().ledger).read())
