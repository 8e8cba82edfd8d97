"""Labels are judged by cohorts of answers whose time for labels is over, with coverage beside the value (R45, R47)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from chart_builders import SYSTEM, a_ledger, chart_of
from hypothesis import given, settings
from hypothesis import strategies as st
from watch_builders import START, a_monitor, at_day

from careloop.documents.compile import compile_tree
from careloop.domain.alarm import LabelCoverage
from careloop.domain.counts import Tally, bucket_of
from careloop.domain.event import Event, EventKind
from careloop.domain.event_rows import View
from careloop.domain.event_values import microseconds
from careloop.domain.monitor_chart import SeriesRole
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import EventSchema
from careloop.reports.chart_report import charts_json
from careloop.reports.coverage_of_labels import coverage_json, coverage_lines
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.compile_monitors import compile_monitors, with_windows
from careloop.workflows.run.detect_changes import detect_changes
from careloop.workflows.run.fleet_evidence import system_evidence
from careloop.workflows.run.label_cohorts import label_coverage
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.system_log import SystemLog
from careloop.workflows.run.watched_monitor import WatchedMonitor

DEFAULTS = a_monitor(
    id="defaults", kind="performance", measure="error_rate", by=None, of="label", values=("bad",), tolerance=0.1
)
HORIZON = {"horizon": "P20D"}
Given = tuple[datetime, Event]


def a_schema(labels: dict[str, Any] | None = None) -> EventSchema:
    return EventSchema.model_validate({"labels": labels})


def an_answer(number: int, at: datetime, release: str, prediction: str = "approve") -> Given:
    unit = f"u{number}"
    event = Event(
        id=f"a{number}",
        system="credit",
        release=release,
        kind=EventKind.INFERENCE,
        occurred_us=microseconds(at),
        bucket=bucket_of(unit),
        unit=unit,
        prediction=prediction,
    )
    return at, event


def a_label(number: int, at: datetime, release: str, label: str, *, name: str = "") -> Given:
    event = Event(
        id=f"l{number}{name}",
        system="credit",
        release=release,
        kind=EventKind.LABEL,
        occurred_us=microseconds(at),
        bucket=0,
        inference_id=f"a{number}",
        label=label,
    )
    return at, event


def a_lake(given: Iterable[Given]) -> LakeFake:
    lake = LakeFake()
    for at, event in sorted(given, key=lambda one: one[0]):
        lake.append([event], now=at)
    return lake


def watched(lake: LakeFake, *, day: float, labels: dict[str, Any] | None = HORIZON) -> WatchedMonitor:
    found = compile_monitors([DEFAULTS], a_schema(labels))
    assert found.left_out == ()
    return with_windows(found.watched, lake=lake, system="credit", now=at_day(day))[0]


def a_story(
    *, days: int = 90, a_day: int = 30, rate: float = 0.3, change: int = 40, worse_from: int | None = None
) -> list[Given]:
    """Bad outcomes are known after a day, good ones after 19; on day `change` a release takes over, no worse at all.

    Nothing is known yet of what comes after the last day.
    """
    chance, found = random.Random(5), list[Given]()
    for number in range(days * a_day):
        day = number / a_day
        release = "two" if day >= change else "one"
        bad = chance.random() < (0.8 if worse_from is not None and day >= worse_from else rate)
        found += [
            an_answer(number, at_day(day), release),
            a_label(number, at_day(day + (1 if bad else 19)), release, "bad" if bad else "good"),
        ]
    return [one for one in found if one[0] < at_day(days)]


def test_a_delay_that_depends_on_the_outcome_raises_no_alarm_in_cohorts_and_does_by_arrival() -> None:
    lake = a_lake(a_story(days=200, a_day=15, change=150))
    cohorts, arrival = watched(lake, day=200), watched(lake, day=200, labels=None)
    assert (cohorts.view, arrival.view) == (View.MATURED, View.LABELLED)
    assert detect_changes(cohorts, starts={}) == ()
    (false, *_) = detect_changes(arrival, starts={})
    assert false.signal.release == "two", "its first labels are the bad ones"
    assert "biased where bad outcomes are known sooner" in arrival.note


def test_a_release_that_is_worse_is_noticed_once_its_cohorts_have_matured() -> None:
    (change, *_) = detect_changes(watched(a_lake(a_story(days=95, worse_from=60)), day=95), starts={})
    days = (change.signal.window - START.timestamp()) / 86_400
    assert 60 <= days <= 64
    before = watched(a_lake(a_story(days=80, worse_from=60)), day=80)
    assert detect_changes(before, starts={}) == (), "no label of day 60 is judged before day 80"


_LABELS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 59), st.sampled_from(["bad", "good"])), max_size=20
)  # number of the answer, hours until its label comes, the label


@settings(max_examples=60)
@given(labels=_LABELS, moved=st.randoms(use_true_random=False))
def test_in_which_order_labels_come_within_their_time_changes_nothing(
    labels: Sequence[tuple[int, int, str]], moved: random.Random
) -> None:
    """The same labels, given at the same moments, arrive at others, all before their answer's two days are over."""
    answers = [an_answer(n, at_day(n / 4), "one") for n in range(12)]
    tables = []
    for _ in range(2):
        given = list(answers)
        for place, (number, hours, label) in enumerate(labels):
            said = a_label(number, at_day(number / 4) + timedelta(hours=hours), "one", label, name=f"-{place}")[1]
            late = at_day(number / 4) + timedelta(hours=moved.randrange(48)) if hours < 48 else at_day(number / 4 + 3)
            given.append((late, said))
        tables.append(watched(a_lake(given), day=20, labels={"horizon": "P2D"}).table)
    assert tables[0].rows() == tables[1].rows()
    assert tables[0].total()[2] == 12, "each answer stands in its cohort, with a label or without"


@given(cut=st.integers(1, 30))
@settings(max_examples=10, deadline=None)
def test_a_cohort_that_matured_never_changes(cut: int) -> None:
    story = a_story(days=31, a_day=4)
    early = watched(a_lake([one for one in story if one[0] < at_day(cut)]), day=cut).table
    whole = watched(a_lake(story), day=51).table
    until = max((key.window for key in early.cells), default=-1) + 1
    assert early.rows() == whole.select(until=until).rows() if early.cells else cut <= 21


def test_no_label_by_then_is_a_label_where_it_is_declared() -> None:
    """A customer who does not come back within 30 days has left."""
    labels = {"horizon": "P5D", "implicit_negative_after": "P30D", "negative": "bad"}
    lake = a_lake([*(an_answer(n, at_day(0), "one") for n in range(3)), a_label(1, at_day(10), "one", "good")])
    assert watched(lake, day=30.9, labels=labels).table.cells == {}, "day 0 is over, and its last answer is 30 days old"
    found = watched(lake, day=31, labels=labels)
    assert found.table.tallies() == {"": Tally(2, 3)}


def test_outcomes_that_only_the_accepted_have_are_rates_of_those_alone() -> None:
    labels = {"horizon": "P5D", "implicit_negative_after": "P5D", "negative": "bad", "selective": ["approve"]}
    answers = [an_answer(n, at_day(0), "one", "approve" if n else "refuse") for n in range(3)]
    found = watched(a_lake([*answers, a_label(1, at_day(1), "one", "good")]), day=10, labels=labels)
    assert (found.table.tallies(), found.table.total()) == ({"": Tally(1, 2)}, (1, 2, 2))
    assert "outcomes are seen only after approve" in found.note
    assert found.why_no_replay is not None


def test_coverage_stands_beside_the_value() -> None:
    answers = [an_answer(n, at_day(n // 4), "one") for n in range(8)]
    lake = a_lake([*answers, *(a_label(n, at_day(2), "one", "good") for n in (0, 1, 2, 4))])
    (found,) = label_coverage([watched(lake, day=40)])
    newest = int(at_day(1).timestamp())
    assert found == LabelCoverage(
        monitor="defaults", labelled=4, answers=8, newest=newest, newest_labelled=1, newest_answers=4
    )
    ((style, line),) = coverage_lines([found])
    assert (style, line) == (
        "grey",
        "labels: defaults: 4 of 8 answers (50%) in cohorts up to 2026-01-06 00:00Z; of that one 1 of 4",
    )
    assert coverage_json([found])[0]["newest_answers"] == 4
    (none,) = label_coverage([watched(a_lake(answers), day=3)])
    assert list(coverage_lines([none])) == [("warn", "labels: defaults: no answer's time for labels is over yet")]


def test_a_cohort_without_any_label_is_left_out_and_counted_in_the_coverage() -> None:
    lake = a_lake(an_answer(n, at_day(n), "one") for n in range(5))
    found = watched(lake, day=40)
    assert found.table.total() == (0, 0, 5)
    assert detect_changes(found, starts={}) == ()


def test_a_chart_shows_the_cohorts_that_the_detector_judges_with_their_coverage_and_limits() -> None:
    """Before, its limits were learnt from windows by receipt, in which no answer has a label yet."""
    lake = a_lake(a_story())
    system = SYSTEM.model_copy(update={"events": a_schema(HORIZON)})
    ask, entries = ChartAsk(system=system, monitors=(DEFAULTS,)), SystemLog(a_ledger(switch=None).ledger).read()
    desk = ChartDesk(lake)
    charts = desk.charts(ask, entries, now=at_day(90))
    (line,) = chart_of(charts, DEFAULTS).series
    assert (line.role, len(line.points), line.points[-1].window) == (SeriesRole.RATE, 70, int(at_day(69).timestamp()))
    assert {(point.n, point.answers) for point in line.points} == {(30, 30)}
    limits = [step for step in line.limits if step.release == "two"]
    usual = watched(lake, day=90).table.select(release="one").tallies()[""]
    assert all(step.reference_low < usual.hits / usual.n < step.reference_high for step in limits)  # type: ignore[operator]
    assert limits[0].high is not None
    assert charts_json(charts)["charts"][0]["parts"][0]["lines"][0]["answers"][-1] == 30
    again = desk.charts(ask, entries, now=at_day(91))
    assert len(chart_of(again, DEFAULTS).series[0].points) == 71, "a day later one more has matured, without any news"
    assert chart_of(ChartDesk(lake).charts(ask, entries, now=at_day(91)), DEFAULTS) == chart_of(again, DEFAULTS)


@pytest.mark.parametrize(("worse_from", "speaks"), [(None, False), (60, True)])
def test_the_fleet_is_ranked_by_the_cohort_that_matured_today(worse_from: int | None, speaks: bool) -> None:
    ask = ChartAsk(system=SYSTEM.model_copy(update={"events": a_schema(HORIZON)}), monitors=(DEFAULTS,))
    found = system_evidence(a_lake(a_story(worse_from=worse_from)), ask, [], now=at_day(90)).of("defaults")
    assert found is not None
    assert (found.since, found.windows) == (at_day(69), 1), "day 69 ends as day 70 begins"
    assert (found.e_value > 5) is speaks


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (
            "labels: {horizon: P5D, negative: bad}",
            "negative: negative and implicit_negative_after say one thing",
        ),
        (
            "labels: {horizon: P5D, implicit_negative_after: P9D}",
            "negative: negative and implicit_negative_after say one thing",
        ),
        ("labels: {horizon: soon}", "horizon: 'soon' does not look like"),
        ("label_horizon: P5D\n  labels: {horizon: P5D}", "labels: the horizon stands here and in label_horizon"),
    ],
)
def test_what_is_wrong_in_the_declaration_is_told_at_its_place(labels: str, says: str) -> None:
    text = f"id: credit\nevents:\n  {labels}\n"
    errors = compile_tree(SourceTree({"systems/credit/system.yaml": text.encode()})).errors
    found = [each for each in errors if says in each.message]
    assert found, [each.message for each in errors]
    assert (found[0].place.file, found[0].place.line) == ("systems/credit/system.yaml", 2 + labels.count("\n") + 1)
