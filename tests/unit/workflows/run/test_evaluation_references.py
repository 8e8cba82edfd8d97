"""An evaluation set as reference: from the results that the gate kept, per release; missing is red (R44, R47)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from watch_builders import GOOD, ONE, TWO, World, a_count_plan, a_monitor, a_table, a_watched, at_day

from careloop.domain.alarm import ReleaseReference, Worse
from careloop.domain.counts import Tally
from careloop.domain.monitor import Monitor
from careloop.ports.ledger import BlobRef, Json
from careloop.reports.alarm_report import missing_lines
from careloop.workflows.run.detect_changes import detect_changes
from careloop.workflows.run.evaluation_references import EvaluationReferences, ReferenceLog, missing_references
from careloop.workflows.run.rehearse_monitors import rehearse_monitors
from careloop.workflows.run.watched_monitor import WatchedMonitor

RATE = a_monitor(id="approvals", measure="selection_rate", by=None, reference="evaluation_set", tolerance=0.02)
BY_SEX = a_monitor(id="by-sex", measure="selection_rate", by="groups.sex", reference="evaluation_set")
RATIO = a_monitor(
    id="ratio", measure="impact_ratio", by="sex", reference="evaluation_set", response="page", promise="P60D"
)
LABELS = a_monitor(id="bad", measure="error_rate", by=None, reference="evaluation_set")
PAST = a_monitor(id="past", measure="selection_rate", by=None)
GROUPS = {"women": {"n": 400, "hits": 100}, "men": {"n": 600, "hits": 300}}
LINES: list[dict[str, Any]] = [
    {"measure": "accuracy", "n": 1000, "hits": 900},
    {"measure": "selection_rate", "n": 1000, "hits": 400},
    {"measure": "dp_difference", "of": "age", "n": 1000, "groups": {"old": {"n": 9, "hits": 3}}},
    {"measure": "dp_difference", "of": "sex", "n": 1000, "groups": GROUPS},
]


def decide(
    world: World, lock: str, lines: list[dict[str, Any]], *, day: float, environment: str = "production"
) -> None:
    """A decision of the gate about a release, with the results that it read."""
    results = {"system": "credit", "lock": lock, "measured_at": "2026-01-01T00:00:00Z", "results": lines}
    blob: BlobRef = world.ledger.put_blob(json.dumps(results).encode(), media="application/json")
    data: dict[str, Json] = {
        "lock": lock,
        "environment": environment,
        "results": [blob.sha256],
        "decision": "allow",
        "reasons": [],
    }
    world.decided(data, day=day)


def references(world: World, *monitors: Monitor) -> dict[str, tuple[ReleaseReference, ...]]:
    return dict(ReferenceLog().of(monitors, world.ledger, system="credit", environment="production"))


def of_rate(
    monitor: Monitor, shown: tuple[ReleaseReference, ...] = (), *, days: int = 5, rate: float = 0.4
) -> WatchedMonitor:
    """Windows of release one in which all groups are selected alike."""
    table = a_table([(ONE, {"women": rate, "men": rate})] * days, monitor=monitor.id)
    plan = a_count_plan(monitor.id)
    groups = () if monitor.by is None else ("women", "men")
    return WatchedMonitor(
        monitor=monitor, plan=plan, table=table, groups=groups, worse=Worse.EITHER, references=shown
    )  # fmt: skip


def test_the_counts_that_the_gate_kept_are_the_reference_by_group_or_of_all() -> None:
    world = World()
    decide(world, ONE, LINES, day=0)
    found = references(world, RATE, BY_SEX, RATIO, LABELS, PAST)
    by_group = (("women", Tally(100, 400)), ("men", Tally(300, 600)))
    assert found == {
        "approvals": (ReleaseReference(release=ONE, tallies=(("", Tally(400, 1000)),)),),
        "by-sex": (ReleaseReference(release=ONE, tallies=by_group),),
        "ratio": (ReleaseReference(release=ONE, tallies=by_group),),
    }


def test_each_release_has_its_own_and_the_newest_decision_counts() -> None:
    world = World()
    decide(world, ONE, [{"measure": "selection_rate", "n": 10, "hits": 1}], day=0)
    decide(world, TWO, [{"measure": "selection_rate", "n": 10, "hits": 2}], day=1)
    decide(world, ONE, [{"measure": "selection_rate", "n": 10, "hits": 3}], day=2)
    decide(world, ONE, [{"measure": "selection_rate", "n": 10, "hits": 9}], day=3, environment="staging")
    (one, two) = references(world, RATE)["approvals"]
    assert (one.release, one.tallies, two.release, two.tallies) == (
        ONE,
        (("", Tally(3, 10)),),
        TWO,
        (("", Tally(2, 10)),),
    )


def test_a_log_of_references_reads_on_where_it_stopped() -> None:
    world, log = World(), ReferenceLog()
    decide(world, ONE, LINES, day=0)
    for lock, day in ((ONE, 0), (TWO, 1)):
        decide(world, lock, LINES, day=day)
        grown = log.of([RATE], world.ledger, system="credit", environment="production")
        assert grown == references(world, RATE)
    assert {each.release for each in grown["approvals"]} == {ONE, TWO}


def test_a_ledger_is_not_asked_where_no_monitor_wants_an_evaluation() -> None:
    world = World()
    world.ledger.out_of_reach = True  # type: ignore[attr-defined]
    assert references(world, PAST) == {}


def test_a_results_file_that_cannot_be_read_is_no_reference() -> None:
    world = World()
    decide(world, ONE, LINES, day=0)
    entries = list(world.ledger.query(type="gate.decision"))
    assert EvaluationReferences(lambda _: b"{").of([RATE], entries, environment="production") == {}


def test_a_release_that_serves_unlike_its_evaluation_is_noticed_from_its_first_days_on() -> None:
    world = World()
    decide(world, ONE, LINES, day=0)
    shown = references(world, RATE)["approvals"]
    assert detect_changes(of_rate(RATE, shown), starts={}) == ()
    (change, *_) = detect_changes(of_rate(RATE, shown, rate=0.9, days=26), starts={})
    assert change.signal.moved is Worse.HIGHER
    assert 0.42 < change.signal.limit < 0.5
    assert change.signal.window < at_day(28).timestamp(), "before it has four weeks of its own"
    assert missing_references([of_rate(RATE, shown)], system="credit") == ()


def test_a_missing_reference_is_red_says_the_next_step_and_takes_the_right_to_act() -> None:
    days = of_rate(RATE, days=40)
    ((monitor, because),) = [(each.monitor, each.because) for each in missing_references([days], system="credit")]
    assert monitor == RATE
    assert "without selection_rate in its results" in because
    assert "run `care evaluate credit`, then `care gate`" in because
    assert next(iter(missing_lines([(monitor, because)])))[0] == "bad"
    (rehearsed,) = rehearse_monitors([days])
    assert (rehearsed.readiness.may_act, "is missing" in rehearsed.readiness.because) == (False, True)
    told = replace(days, references=(ReleaseReference(release=ONE, tallies=(("", Tally(400, 1000)),)),))
    assert rehearse_monitors([told])[0].readiness.may_act


def test_an_alarm_without_its_reference_only_alerts() -> None:
    table = a_table([*[(ONE, {"": 0.4})] * 40, *[(ONE, {"": 0.8})] * 4], monitor="approvals")
    (change, *_) = detect_changes(replace(of_rate(RATE), table=table), starts={})
    assert "is missing" in change.readiness().because


def test_a_group_that_was_not_evaluated_is_missing_too() -> None:
    women = (ReleaseReference(release=ONE, tallies=(("women", Tally(100, 400)),)),)
    assert len(missing_references([of_rate(BY_SEX, women)], system="credit")) == 1
    both = (ReleaseReference(release=ONE, tallies=(("women", Tally(100, 400)), ("men", Tally(1, 2)))),)
    assert missing_references([of_rate(BY_SEX, both)], system="credit") == ()


@pytest.mark.parametrize("evaluated", [True, False])
def test_a_ratio_is_held_against_that_of_the_evaluation(evaluated: bool) -> None:
    """The evaluation selected women half as often as men; served is far less, which no past would show."""
    world = World()
    decide(world, ONE, LINES, day=0)
    shown = references(world, RATIO)["ratio"] if evaluated else ()
    table = a_table([(ONE, {"women": 0.02, "men": 0.95})] * 27, monitor="ratio")
    watched = replace(of_rate(RATIO, shown), table=table, gap=True, ratio=True, worse=Worse.LOWER)
    assert bool(detect_changes(watched, starts={})) is evaluated
    assert bool(missing_references([watched], system="credit")) is not evaluated


def test_a_gap_needs_no_reference_and_a_mixture_has_none() -> None:
    gap = replace(a_watched([(ONE, GOOD)] * 3), monitor=a_monitor(reference="evaluation_set"))
    assert missing_references([gap], system="credit") == ()
    drift = replace(of_rate(RATE), calibration=True)
    (found,) = missing_references([drift], system="credit")
    assert "`reference: previous_period`" in found.because


def test_nothing_is_missing_before_the_first_window() -> None:
    assert missing_references([of_rate(RATE, days=0)], system="credit") == ()
