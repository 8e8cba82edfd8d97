"""Alarms as people and machines read them: nothing is said without its numbers, nothing is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from careloop.domain.alarm import Readiness, Signal, Worse
from careloop.domain.counts import Tally
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Monitor, Response
from careloop.domain.plan_steps import Notify, Plan, PlanKind, RaisedAlarm, Urgency
from careloop.plans.progress import StepOutcome
from careloop.reports.alarm_report import (
    AlarmRow,
    StepRow,
    WatchSummary,
    alarm_line,
    rehearsal_json,
    rehearsal_line,
    watch_json,
    watch_lines,
)

SIGNAL = Signal(
    monitor="gap",
    release="sha256:" + "b" * 64,
    window=90_000,
    since=86_400,
    moved=Worse.LOWER,
    group="women",
    observed=Tally(300, 1000),
    compared=Tally(500, 1000),
    limit=0.05,
    statistic=50_000.0,
    threshold=43_800.0,
)
READY = Readiness(may_act=True, because="0 alarms in 30 days", days=30.0, windows=720, alarms=0)
MONITOR = Monitor.model_validate(
    {
        "id": "gap",
        "kind": "fairness",
        "measure": "dp_difference",
        "window": "PT1H",
        "reference": "evaluation_set",
        "tolerance": 0.05,
        "promise": "P5Y",
        "minimum_n": 100,
        "severity": "sev1",
        "response": "rollback",
    }
)
PLAN = Plan(
    id="p",
    system="credit",
    environment="production",
    kind=PlanKind.ALERT,
    because="the monitor is declared to alert only",
    steps=(Notify(urgency=Urgency.NOTICE, severity="sev1", text="it moved"),),
    alarm="a",
)


def a_summary(**changed: Any) -> WatchSummary:
    rows = DataSlice(
        system="credit",
        release=SIGNAL.release,
        monitor="gap",
        since=86_400,
        until=93_600,
        by="sex",
        group="women",
        n=2000,
        digest="0" * 64,
    )
    alarm = RaisedAlarm(
        id="a",
        system="credit",
        environment="production",
        severity="sev1",
        response=Response.ALERT,
        minimum_n=100,
        signal=SIGNAL,
        rows=rows,
    )
    step = StepRow(place="steps/1", text="notice", outcome=StepOutcome.WAITING, detail="out of reach")
    summary = WatchSummary(
        system="credit",
        environment="production",
        windows=720,
        monitors=1,
        alarms=(AlarmRow(alarm=alarm, readiness=READY, plan=PLAN, steps=(step,)),),
        continued=((PLAN, (step,)),),
        paused="freeze (ada)",
        left_out=((MONITOR, "no detector"),),
        commit="c",
        standards_digest="sha256:d",
    )
    return replace(summary, **changed)


def test_an_alarm_is_one_line_that_can_be_checked_by_hand() -> None:
    line = alarm_line(SIGNAL)
    assert "gap for women moved lower" in line
    assert "0.300 of 1000 rows against 0.500 of 1000, limit 0.050" in line
    assert "evidence 5e+04 of 43800 needed, since 1970-01-02T00:00:00Z" in line


def test_people_see_alarms_steps_pauses_and_what_is_not_watched() -> None:
    lines = [line for _, line in watch_lines(a_summary())]
    for wanted in ("gap for women", "may act: 0 alarms", "waiting notice (out of reach)", "continued: alert"):
        assert any(wanted in line for line in lines), wanted
    assert "not watched: gap (no detector)" in lines
    assert "automation is paused: freeze (ada)" in lines
    assert lines[-1] == "credit in production: 1 alarm from 1 monitors over 720 closed windows"


def test_a_quiet_look_says_so_in_one_line() -> None:
    quiet = a_summary(alarms=(), continued=(), paused=None, left_out=())
    assert list(watch_lines(quiet)) == [
        ("good", "credit in production: 0 alarms from 1 monitors over 720 closed windows")
    ]


def test_a_dry_run_shows_the_plan_in_place_of_what_was_done() -> None:
    shown = a_summary(alarms=(replace(a_summary().alarms[0], steps=None),))
    lines = [line for _, line in watch_lines(shown)]
    assert any("1. notice (sev1): it moved" in line for line in lines)
    assert watch_json(shown)["alarms"][0]["done"] is None


def test_machines_get_every_number_and_valid_json() -> None:
    found = json.loads(json.dumps(watch_json(a_summary())))
    assert found["schema"] == "careloop/monitor-run/v1"
    (alarm,) = found["alarms"]
    assert (alarm["observed"], alarm["compared"]) == ({"hits": 300, "n": 1000}, {"hits": 500, "n": 1000})
    assert (alarm["rows"]["digest"], alarm["may_act"], alarm["kind"]) == ("sha256:" + "0" * 64, True, "alert")
    assert alarm["done"][0]["outcome"] == "waiting"
    assert found["not_watched"] == [{"monitor": "gap", "because": "no detector"}]


def test_a_replay_says_who_may_act_and_why_not() -> None:
    not_ready = replace(READY, may_act=False, because="only 6.0 days")
    assert rehearsal_line(MONITOR, "women", not_ready) == ("warn", "gap women: alerts only: only 6.0 days")
    assert rehearsal_line(MONITOR, None, READY)[0] == "good"
    found = rehearsal_json("credit", [(MONITOR, None, READY, [SIGNAL])], source={"commit": "c"})
    (detector,) = found["detectors"]
    assert (found["commit"], detector["may_act"], detector["promise"]) == ("c", True, "P5Y")
    assert len(detector["signals"]) == 1
