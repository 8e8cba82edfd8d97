"""From windows to signals: what each release is measured against, when it may act, and what is asked for again."""

from __future__ import annotations

import pytest
from watch_builders import BAD, GOOD, ONE, SEX, THREE, TWO, a_count_plan, a_monitor, a_table, a_watched, at_day

from careloop.domain.alarm import ReleaseReference, Worse
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.counts import Tally
from careloop.domain.event_columns import PREDICTION
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Reference
from careloop.domain.noun import seconds_in
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split
from careloop.workflows.run.detect_changes import Change, detect_changes, parts_of
from careloop.workflows.run.rehearse_monitors import between, notice_change, rehearse_monitors
from careloop.workflows.run.verify_rollback import counts_of
from careloop.workflows.run.watched_monitor import WatchedMonitor

HIGH, LOW = {"women": 0.50, "men": 0.50}, {"women": 0.50, "men": 0.30}


def seconds(day: float) -> int:
    return int(at_day(day).timestamp())


def of_rates(days: list[tuple[str, dict[str, float]]], **changed: object) -> WatchedMonitor:
    """Each group's own rate, lower being worse."""
    monitor = a_monitor(id="conversion", measure="conversion_rate", tolerance=0.02, **changed)
    return WatchedMonitor(
        monitor=monitor,
        plan=a_count_plan("conversion"),
        table=a_table(days, monitor="conversion"),
        groups=("women", "men"),
        worse=Worse.LOWER,
    )


def first(watched: WatchedMonitor, starts: dict[str, list[int]] | None = None) -> Change:
    return detect_changes(watched, starts=starts or {})[0]


def test_ordinary_days_raise_nothing() -> None:
    assert detect_changes(a_watched([(ONE, GOOD)] * 60), starts={}) == ()
    assert detect_changes(of_rates([(ONE, HIGH)] * 60), starts={}) == ()


def test_a_system_without_traffic_raises_nothing() -> None:
    assert detect_changes(a_watched([]), starts={}) == ()


def test_a_release_is_measured_against_the_days_before_it() -> None:
    change = first(a_watched([*[(ONE, GOOD)] * 30, *[(TWO, BAD)] * 3]))
    assert {window.release for window in change.history} == {ONE}
    assert (len(change.history), change.signal.release, change.signal.since) == (30, TWO, seconds(30))
    assert change.readiness().may_act


def test_what_an_alarm_showed_to_be_bad_does_not_teach_what_is_ordinary() -> None:
    days = [*[(ONE, GOOD)] * 30, *[(TWO, BAD)] * 10, *[(ONE, GOOD)] * 5, *[(THREE, BAD)] * 3]
    starts = {ONE: [seconds(0), seconds(40)], TWO: [seconds(30)], THREE: [seconds(45)]}
    changes = [change for change in detect_changes(a_watched(days), starts=starts) if change.signal.release == THREE]
    assert {window.release for window in changes[0].history} == {ONE}
    assert changes[0].readiness().may_act


def test_a_release_that_comes_back_starts_afresh_from_then_on() -> None:
    days = [*[(ONE, GOOD)] * 30, *[(TWO, GOOD)] * 5, *[(ONE, BAD)] * 3]
    change = first(a_watched(days), {ONE: [seconds(0), seconds(35)], TWO: [seconds(30)]})
    assert (change.signal.release, len(change.history)) == (ONE, 35)


def test_a_young_system_may_act_four_weeks_after_its_release_came() -> None:
    days = [*[(ONE, GOOD)] * 10, *[(TWO, GOOD)] * 30, *[(TWO, BAD)] * 3]
    change = first(a_watched(days))
    assert len(change.history) == 38, "ten days before it and its own first four weeks"
    assert change.readiness().may_act


def test_a_history_of_a_few_windows_gives_no_right_to_act() -> None:
    change = first(a_watched([*[(ONE, GOOD)] * 3, *[(TWO, {"women": 0.0, "men": 0.95})] * 25]))
    assert "3 windows of the system's own history" in change.readiness().because


def test_each_group_of_a_rate_has_its_own_reference_and_alarm() -> None:
    watched = of_rates([*[(ONE, HIGH)] * 30, *[(ONE, LOW)] * 3])
    assert [part.group for part in parts_of(watched)] == ["women", "men"]
    change = first(watched)
    assert (change.signal.group, change.signal.moved, change.signal.compared) == ("men", Worse.LOWER, None)
    assert change.signal.threshold == 2 * 5 * 365, "two detectors share the promise"


def test_an_evaluation_set_can_be_the_reference() -> None:
    days = [(ONE, {"women": 0.02, "men": 0.02})] * 25
    plain = of_rates(days, reference=Reference.EVALUATION_SET)
    assert detect_changes(plain, starts={}) == (), "nothing is known of the past, and nothing was said of it"
    told = WatchedMonitor(
        monitor=plain.monitor,
        plan=plain.plan,
        table=plain.table,
        groups=plain.groups,
        worse=Worse.LOWER,
        references=(ReleaseReference(release=ONE, tallies=(("women", Tally(5000, 10_000)), ("men", Tally(1, 100)))),),
    )
    change = first(told)
    assert 0.45 < change.signal.limit < 0.5 - 0.02


def test_the_same_windows_in_one_piece_or_day_by_day_raise_the_same_first_alarm() -> None:
    days = [*[(ONE, GOOD)] * 30, *[(TWO, BAD)] * 5]
    whole = first(a_watched(days)).signal
    seen = next(
        found[0].signal
        for upto in range(31, 36)
        if (found := detect_changes(a_watched(days[:upto]), starts={TWO: [seconds(30)]}))
    )
    assert seen == whole


def test_a_replay_leaves_out_what_was_explained() -> None:
    watched = a_watched([*[(ONE, GOOD)] * 30, *[(TWO, BAD)] * 3])
    (plain,) = rehearse_monitors([watched])
    real = DataSlice(
        system="credit",
        release=TWO,
        monitor="approval-gap",
        since=seconds(30),
        until=seconds(33),
        by="sex",
        group="women",
        n=1,
        digest="",
    )
    (explained,) = rehearse_monitors([watched], explained=[real])
    assert (plain.readiness.may_act, explained.readiness.may_act) == (False, True)
    assert (len(plain.signals) > 0, explained.signals) == (True, ())


def test_the_counts_behind_a_slice_are_kept_byte_for_byte_or_not_at_all() -> None:
    watched = a_watched([(ONE, GOOD)] * 2, per_group=50)
    table = watched.table.select(release=ONE)
    part = DataSlice(
        system="credit",
        release=ONE,
        monitor="approval-gap",
        since=seconds(0),
        until=seconds(2),
        by="sex",
        group="women",
        n=200,
        digest=table.digest(),
    )
    kept = counts_of([watched])(part)
    assert kept is not None
    assert kept.decode().splitlines()[0] == '["careloop/counts/v1","hits","n"]'
    changed = DataSlice(**{**{name: getattr(part, name) for name in part.__slots__}, "digest": "0" * 64})
    assert counts_of([watched])(changed) is None
    assert counts_of([])(part) is None


@pytest.mark.parametrize(
    ("hit", "why_not"),
    [
        ((Predicate(PREDICTION, Compare.EQ, ("approve",)),), None),
        ((Predicate(Column("business.converted", ColumnKind.FLAG), Compare.EQ, (True,)),), "from the release's answer"),
        (
            (
                Predicate(PREDICTION, Compare.EQ, ("approve",)),
                Predicate(Column("score", ColumnKind.REAL), Compare.GT, (0.5,)),
            ),
            "reads score",
        ),
    ],
)
def test_only_what_follows_from_the_answer_can_be_replayed(hit: tuple[Predicate, ...], why_not: str | None) -> None:
    watched = a_watched([(ONE, GOOD)], per_group=1)
    other = WatchedMonitor(
        monitor=watched.monitor, plan=rate_plan("x", hit=hit, split=Split(group=(SEX,))), table=watched.table
    )
    found = other.why_no_replay
    assert found is None if why_not is None else found is not None and why_not in found


def test_durations_are_read_to_the_second() -> None:
    assert [seconds_in(text) for text in ("PT15M", "PT1H", "P1D", "P1W")] == [900, 3600, 86_400, 7 * 86_400]


def test_a_replay_of_a_stretch_sees_its_windows_only_and_keeps_what_was_reached() -> None:
    watched = a_watched([(ONE, GOOD)] * 60)
    (cut,) = between([watched], since=seconds(10), until=seconds(50))
    (done,) = rehearse_monitors([cut])
    assert [window for window, _ in done.trace] == [seconds(day) for day in range(10, 50)]
    assert (done.readiness.days, done.days_to_notice) == (40, None)


def test_how_soon_a_known_change_was_noticed_is_told_in_days() -> None:
    watched = a_watched([*[(ONE, GOOD)] * 30, *[(ONE, BAD)] * 10])
    (seen,) = notice_change([watched], rehearse_monitors([watched]), changed=seconds(30))
    assert seen.days_to_notice is not None
    assert 1 <= seen.days_to_notice <= 5
    (quiet,) = notice_change([watched], rehearse_monitors([watched]), changed=seconds(39.5))
    assert quiet.days_to_notice is None, "no window came after it"
