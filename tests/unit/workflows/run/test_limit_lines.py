"""The limits that a chart shows are those that the detectors judge by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from watch_builders import (
    DAY,
    FIVE_BAD_DAYS,
    GOOD,
    ONE,
    START,
    THREE,
    TWO,
    Days,
    a_monitor,
    a_table,
    a_watched,
    at_day,
)

from careloop.domain.alarm import ReleaseReference, Signal, Worse
from careloop.domain.counts import Tally
from careloop.domain.monitor_chart import LimitStep, SeriesRole
from careloop.workflows.run.detect_changes import Change, detect_changes, parts_of, stretches_of
from careloop.workflows.run.limit_lines import Past, Shown, learn_limits, limit_steps, pasts_of
from careloop.workflows.run.watched_monitor import WatchedMonitor

EVERYTHING = Shown(since=0, last=2**40, seconds=DAY)
LOW = {"women": 0.20, "men": 0.25}


def day(number: float) -> int:
    return int(at_day(number).timestamp())


def a_rate(days: Days, *, by_group: bool = False, per_group: int = 300) -> WatchedMonitor:
    """The rate of all rows, or of each group, where lower is worse."""
    monitor = a_monitor(id="rate", measure="conversion_rate", by="sex" if by_group else None)
    table = a_table(days, monitor="rate", per_group=per_group)
    groups = ("women", "men") if by_group else ()
    watched = a_watched(days, monitor=monitor, per_group=1)
    return replace(watched, table=table, gap=False, groups=groups, worse=Worse.LOWER)


def signals(watched: WatchedMonitor, starts: Mapping[str, Sequence[int]]) -> list[Signal]:
    return [change.signal for change in detect_changes(watched, starts=starts)]


def steps(
    watched: WatchedMonitor, starts: Mapping[str, Sequence[int]], known: Sequence[Signal], shown: Shown = EVERYTHING
) -> dict[tuple[SeriesRole, str | None], list[LimitStep]]:
    found: dict[tuple[SeriesRole, str | None], list[LimitStep]] = {}
    for part in parts_of(watched):
        stretches = stretches_of(part.windows, seconds=DAY, starts=starts)
        for stretch, past in pasts_of(stretches, known, group=part.group):
            for key, step in limit_steps(part, learn_limits(part, past), stretch, shown):
                found.setdefault(key, []).append(step)
    return found


def at(steps: Sequence[LimitStep], window: int, release: str) -> LimitStep:
    (found,) = [
        s for s in steps if s.release == release and s.since <= window and (s.until is None or window < s.until)
    ]
    return found


@pytest.mark.parametrize("by_group", [False, True])
def test_a_rates_limit_is_the_one_that_raised_the_alarm(by_group: bool) -> None:
    days: Days = [*[(ONE, GOOD)] * 30, *[(TWO, LOW)] * 6]
    watched, starts = a_rate(days, by_group=by_group), {ONE: [day(0)], TWO: [day(30)]}
    raised = signals(watched, starts)
    assert raised
    lines = steps(watched, starts, raised)
    for signal in raised:
        step = at(lines[SeriesRole.RATE, signal.group], signal.window, signal.release)
        assert step.low == pytest.approx(signal.limit)
        assert step.high is None


def test_a_gaps_limit_is_the_one_that_raised_the_alarm_both_ways() -> None:
    watched, starts = a_watched(FIVE_BAD_DAYS), {ONE: [day(0)], TWO: [day(30)]}
    raised = signals(watched, starts)
    assert raised
    lines = steps(watched, starts, raised)
    assert set(lines) == {(SeriesRole.GAP, "women")}
    for signal in raised:
        step = at(lines[SeriesRole.GAP, "women"], signal.window, signal.release)
        assert (step.low, step.high) == (-signal.limit, signal.limit)


def test_the_past_of_each_stretch_is_the_one_that_the_detectors_had() -> None:
    days: Days = [*[(ONE, GOOD)] * 30, *[(TWO, LOW)] * 5, *[(ONE, GOOD)] * 5, *[(THREE, LOW)] * 6]
    starts = {ONE: [day(0), day(35)], TWO: [day(30)], THREE: [day(40)]}
    watched = a_rate(days)
    changes = detect_changes(watched, starts=starts)
    assert {change.signal.release for change in changes} == {TWO, THREE}
    (part,) = parts_of(watched)
    stretches = stretches_of(part.windows, seconds=DAY, starts=starts)
    pasts = pasts_of(stretches, [change.signal for change in changes])
    for change in changes:
        past = next(past for stretch, past in pasts if stretch.began == _began(change, starts))
        assert tuple(w for w in part.windows if past.holds(w.window, w.release)) == change.history
    last = pasts[-1][1]
    assert [release for release, _, _ in last.bad] == [TWO]


def _began(change: Change, starts: Mapping[str, Sequence[int]]) -> int:
    return max(at for at in starts[change.signal.release] if at <= change.signal.window)


def test_a_first_release_has_no_reference_until_its_own_four_weeks_are_over() -> None:
    watched, starts = a_rate([(ONE, GOOD)] * 30), {ONE: [day(0)]}
    first, later = steps(watched, starts, [])[SeriesRole.RATE, None]
    assert (first.since, first.until, first.low, first.reason) == (
        day(0),
        day(28),
        None,
        "no past of its own to compare with yet",
    )
    assert (later.since, later.reason) == (day(28), None)
    assert later.reference_low is not None
    assert later.reference_high is not None
    assert later.low is not None
    assert later.low < later.reference_low < 0.5 < later.reference_high


def test_what_an_evaluation_set_showed_is_a_reference_from_the_first_day_on() -> None:
    monitor = a_monitor(id="rate", measure="conversion_rate", by=None, reference="evaluation_set")
    watched = replace(
        a_rate([(ONE, GOOD)] * 3),
        monitor=monitor,
        references=(ReleaseReference(release=ONE, tallies=(("", Tally(500, 1000)),)),),
    )
    (step,) = steps(watched, {ONE: [day(0)]}, [])[SeriesRole.RATE, None]
    assert step.reason is None
    assert step.reference_low is not None
    assert 0.45 < step.reference_low < 0.5


def test_only_the_shown_part_of_a_stretch_has_steps_and_the_newest_goes_on() -> None:
    days: Days = [*[(ONE, GOOD)] * 30, *[(TWO, GOOD)] * 5]
    watched, starts = a_rate(days), {ONE: [day(0)], TWO: [day(30)]}
    shown = Shown(since=day(29), last=day(34), seconds=DAY)
    found = steps(watched, starts, [], shown)[SeriesRole.RATE, None]
    assert [(step.release, step.since, step.until) for step in found] == [
        (ONE, day(29), day(30)),
        (TWO, day(30), None),
    ]
    early = steps(watched, starts, [], Shown(since=day(0), last=day(5), seconds=DAY))[SeriesRole.RATE, None]
    assert [(step.release, step.since, step.until) for step in early] == [(ONE, day(0), None)]


def test_a_past_ends_before_its_stretch_however_long_a_bad_release_goes_on() -> None:
    past = Past(known=10, bad=((TWO, 4, 9),))
    held = [(window, release) for window in range(12) for release in (ONE, TWO) if past.holds(window, release)]
    assert held == [*[(w, r) for w in range(4) for r in (ONE, TWO)], *[(w, ONE) for w in range(4, 10)]]
    assert at_day(0) == START
