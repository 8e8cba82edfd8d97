"""Every family that detectors watch, from its document and raw events to the alarm."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from watch_builders import a_monitor

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.domain.event import Event
from careloop.domain.event_rows import View
from careloop.domain.monitor import Monitor
from careloop.domain.system import EventSchema
from careloop.monitors.amounts import outside
from careloop.reports.alarm_report import alarm_line
from careloop.testing.event_builders import LOCK, NOON, a_label_row, a_schema, admitted, an_event
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.amount_monitor import outside_note
from careloop.workflows.run.compile_monitors import CompiledMonitors, compile_monitors, with_windows
from careloop.workflows.run.detect_changes import Change, detect_changes
from careloop.workflows.run.fix_quantiles import fix_quantiles
from careloop.workflows.run.watched_monitor import WatchedMonitor

DAYS, CHANGED, A_DAY = 42, 35, 24
LATENCY = a_monitor(
    id="slow", kind="latency", measure="latency_p95_ms", by=None, tolerance=50.0, promise="P60D", minimum_n=50
)

Answer = Callable[[random.Random, bool], dict[str, Any]]


def a_lake(answer: Answer, *, days: int = DAYS, schema: EventSchema | None = None) -> LakeFake:
    """So many days of answers, the last week of them with the change."""
    chance, lake, number = random.Random(5), LakeFake(), 0
    for day in range(days):
        now = NOON + timedelta(days=day)
        events: list[Event] = []
        for _ in range(A_DAY):
            number += 1
            row = answer(chance, day >= CHANGED)
            events.append(an_event(number, now=now, **{"occurred_at": now.isoformat(), "unit": str(number), **row}))
        lake.append(events, now=now)
    return lake


def compiled(
    monitor: Monitor, lake: LakeFake, *, days: int = DAYS, schema: EventSchema | None = None
) -> CompiledMonitors:
    now = NOON + timedelta(days=days)
    found = fix_quantiles(compile_monitors([monitor], schema or a_schema()), lake=lake, system="credit", now=now)
    return CompiledMonitors(
        watched=with_windows(found.watched, lake=lake, system="credit", now=now), left_out=found.left_out
    )


def watched(monitor: Monitor, lake: LakeFake, **more: Any) -> WatchedMonitor:
    found = compiled(monitor, lake, **more)
    assert found.left_out == ()
    return found.watched[0]


def day_of(change: Change) -> int:
    return (change.signal.window + 43_200 - int(NOON.timestamp())) // 86_400


def latency(chance: random.Random, changed: bool) -> dict[str, Any]:
    return {"latency_ms": chance.lognormvariate(4.6, 0.3) * (3 if changed else 1)}


def test_a_latency_monitor_becomes_a_rate_of_slow_answers_with_a_limit_that_stays() -> None:
    lake = a_lake(latency)
    early = watched(LATENCY, lake, days=30)
    late = watched(LATENCY, lake)
    assert early.plan == late.plan
    assert late.plan.columns == ("hits", "n")
    assert late.note.startswith("counted are answers slower than ")
    limit_us = late.plan.aggregates[0].where[0].values[0]
    assert isinstance(limit_us, int)
    assert 200_000 < limit_us < 320_000  # the p95 is 163 ms, its upper end a little more, and 50 ms are tolerated
    changes = detect_changes(late, starts={})
    assert changes
    assert CHANGED <= day_of(changes[0]) <= CHANGED + 6
    assert 0.05 <= changes[0].signal.limit < 0.1  # 5 %, and what windows differ by themselves
    assert changes[0].signal.observed.hits > 20
    assert not detect_changes(watched(LATENCY, a_lake(lambda chance, _: latency(chance, False))), starts={})


def test_a_latency_monitor_says_that_its_reference_is_missing_or_being_gathered() -> None:
    lake = a_lake(latency, days=10)
    assert [each.because for each in compiled(LATENCY, lake, days=10).left_out] == [
        "its reference is being gathered: 10 of 28 days"
    ]
    assert "no answer with a latency has come yet" in compiled(LATENCY, LakeFake()).left_out[0].because
    few = LATENCY.model_copy(update={"minimum_n": 5000})
    assert "too small" in compiled(few, a_lake(latency)).left_out[0].because


def test_drift_of_a_category_and_of_a_number_is_watched() -> None:
    def answer(chance: random.Random, changed: bool) -> dict[str, Any]:
        farmers, hours = (0.8, 60.0) if changed else (0.2, 40.0)
        job = "farmer" if chance.random() < farmers else "clerk"
        return {"features": {"job": job, "hours": chance.gauss(hours, 8)}}

    lake = a_lake(answer)
    asked: dict[str, Any] = {"kind": "drift", "measure": "psi", "by": None, "response": "page", "promise": "P60D"}
    for more in ({"of": "features.job"}, {"of": "hours", "edges": (30.0, 36.0, 40.0, 44.0, 50.0)}, {}):
        found = watched(a_monitor(tolerance=0.1, **asked, **more), lake)
        changes = detect_changes(found, starts={})
        assert changes, more
        assert CHANGED <= day_of(changes[0]) <= CHANGED + 6
        assert changes[0].signal.group is None
        assert not changes[0].readiness().may_act or changes[0].readiness().alarms == 0
    calm = a_lake(lambda chance, _: answer(chance, False))
    assert not detect_changes(watched(a_monitor(tolerance=0.1, **asked, of="features.job"), calm), starts={})


def test_a_ratio_is_watched_and_names_the_group() -> None:
    def answer(chance: random.Random, changed: bool) -> dict[str, Any]:
        sex = "female" if chance.random() < 0.5 else "male"
        rate = 0.1 if changed and sex == "female" else 0.8
        return {"groups": {"sex": sex}, "prediction": "approve" if chance.random() < rate else "refer"}

    ratio = a_monitor(measure="impact_ratio", response="page", promise="P60D", minimum_n=100)
    changes = detect_changes(watched(ratio, a_lake(answer)), starts={})
    assert changes
    assert changes[0].signal.group == "female"
    assert CHANGED <= day_of(changes[0]) <= CHANGED + 6


def test_verdicts_of_the_guard_are_a_rate_among_what_the_guard_looked_at() -> None:
    def answer(chance: random.Random, changed: bool) -> dict[str, Any]:
        blocked = chance.random() < (0.5 if changed else 0.04)
        guard = {"kind": "guard", "prediction": None, "inference_id": "event-0", "checkpoint": "input"}
        return {**guard, "verdict": "blocked" if blocked else "passed"}

    asked = a_monitor(measure="injection_rate", by=None, of="verdict", values=("blocked",), promise="P60D")
    found = watched(asked, a_lake(answer))
    assert sum(tally.n for tally in found.table.tallies().values()) == DAYS * A_DAY
    changes = detect_changes(found, starts={})
    assert changes
    assert CHANGED <= day_of(changes[0]) <= CHANGED + 6


def test_a_rate_of_labels_is_counted_when_labels_come_and_beside_monitors_that_read_none() -> None:
    lake = LakeFake()
    lake.append([an_event(n, unit=str(n)) for n in range(4)], now=NOON)
    later = NOON + timedelta(days=1)
    schema = a_schema()

    labels = [admitted(a_label_row(n, label="bad" if n else "fine"), now=later, schema=schema) for n in range(3)]
    lake.append([each.event for each in labels if not isinstance(each, str)], now=later)
    problems = a_monitor(id="problems", measure="problematic_response_rate", by=None, of="label", values=("bad",))
    answers = a_monitor(id="answers", measure="selection_rate", by=None)
    found = compile_monitors([problems, answers], schema)
    windows = with_windows(found.watched, lake=lake, system="credit", now=NOON + timedelta(days=3))
    assert [each.view for each in windows] == [View.LABELLED, View.RECEIVED]
    assert [each.table.tallies() for each in windows] == [{"": Tally(2, 3)}, {"": Tally(4, 4)}]
    assert {key.release for each in windows for key in each.table.cells} == {LOCK}


def test_the_tolerance_of_true_problems_is_one_of_verdicts_by_what_people_found_about_the_judge() -> None:
    judge = {"found": {"right": 80, "of": 100}, "passed": {"right": 990, "of": 1000}}
    asked = a_monitor(
        measure="problematic_response_rate", by=None, of="label", values=("bad",), judge=judge, tolerance=0.01
    )
    (found,) = compile_monitors([asked], a_schema()).watched
    assert 0.0079 < found.tolerance < 0.0090  # 0.8 + 0.99 - 1 is 0.79; the upper ends make it at most 0.88
    assert "of true problems" in found.note


def test_which_answers_are_favourable_is_declared_or_a_guess_that_is_said() -> None:
    guessed = compile_monitors([a_monitor()], a_schema()).watched[0]
    assert "is a guess" in guessed.note
    declared = compile_monitors([a_monitor()], a_schema(favourable=("refer",))).watched[0]
    assert declared.note == ""
    assert declared.plan.aggregates[0].where[0].values == ("refer",)


def purchases(chance: random.Random, changed: bool) -> dict[str, Any]:
    """Most shoppers buy, for little or for very much. The change: those who buy, buy much less."""
    spent = round(chance.lognormvariate(1.5 if changed else 3.3, 0.7), 2) if chance.random() < 0.8 else 0.0
    return {"business": {"amount": spent}}


def a_revenue(**changed: Any) -> Monitor:
    asked: dict[str, Any] = {
        "id": "revenue",
        "kind": "business",
        "measure": "revenue_per_row",
        "by": None,
        "of": "business.amount",
        "least": 0,
        "most": 80,
        "tolerance": 0.3,
        "promise": "P60D",
        "minimum_n": 50,
        "response": "page",
    }
    return a_monitor(**{**asked, **changed})


def test_a_mean_amount_that_falls_is_noticed_and_told_in_its_unit() -> None:
    lake = a_lake(purchases)
    found = watched(a_revenue(), lake)
    assert found.plan.columns == ("sum", "below", "above", "n")
    assert found.note == "what lies below 0 or above 80 counts as that"
    assert "lay below the range and" in outside_note(found)
    (first, *_) = detect_changes(found, starts={})
    assert CHANGED <= day_of(first) <= CHANGED + 6
    signal = first.signal
    assert signal.moved is Worse.LOWER
    amount = signal.amount
    assert amount is not None
    assert amount.unit == "EUR"
    assert amount.observed < amount.limit
    assert signal.observed.n == first.part.windows[-1].tally.n // 80_000_000 * (day_of(first) - (CHANGED - 1))
    line = alarm_line(signal)
    assert f"revenue moved lower under {LOCK[:19]}: {amount.observed:.4g} EUR a row in {signal.observed.n} rows" in line
    assert f"limit {amount.limit:.4g}," in line
    calm = a_lake(lambda chance, _: purchases(chance, False))
    assert not detect_changes(watched(a_revenue(), calm), starts={})


def test_one_enormous_amount_is_no_change_and_is_counted_as_lying_outside() -> None:
    def answer(chance: random.Random, changed: bool) -> dict[str, Any]:
        return {"business": {"amount": 1e9 if changed and chance.random() < 0.02 else 10.0}}

    found = watched(a_revenue(measure="cost_per_row", tolerance=2.0), a_lake(answer))
    below, above, n = outside(found.table)
    assert (below, n) == (0, DAYS * A_DAY)
    assert above > 0
    assert detect_changes(found, starts={}) == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"least": None}, "say with `least` and `most`"),
        ({"most": 0}, "ends above where it begins"),
        ({"tolerance": 80.0}, "as wide as the range"),
        ({"response": "rollback"}, "may alert or page"),
        ({"reference": "evaluation_set"}, "its own past"),
        ({"of": "features.hours"}, "is no amount"),
        ({"of": None}, "no single column 'business.revenue'"),
        ({"most": 80.00000001}, "more decimal places"),
    ],
)
def test_a_mean_amount_says_what_it_needs(changed: dict[str, Any], said: str) -> None:
    (left,) = compiled(a_revenue(**changed), LakeFake()).left_out
    assert said in left.because
