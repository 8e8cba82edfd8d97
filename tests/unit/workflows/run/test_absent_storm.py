"""A storm of NaN, of infinities or of nothing at all: what is watched turns red or is silent, never well (R47)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from watch_builders import a_monitor

from careloop.documents.event_batch import json_batch
from careloop.domain.event_contract import EventContract
from careloop.domain.monitor import Monitor
from careloop.domain.system import EventSchema
from careloop.testing.event_builders import NOON, ReleasesFake, a_label_row, a_row, a_schema
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.compile_monitors import compile_monitors, with_windows
from careloop.workflows.run.detect_changes import detect_changes
from careloop.workflows.run.fix_quantiles import fix_quantiles
from careloop.workflows.run.ingest_events import Intake, ingest_events
from careloop.workflows.run.silent_monitors import silent_monitors

DAYS, STORM, ROWS = 34, 30, 60
SCHEMA = a_schema(
    business={
        "complained": {"type": "boolean", "personal": False},
        "converted": {"type": "boolean", "personal": False},
        "amount": {"type": "number", "personal": False, "unit": "EUR"},
    },
    favourable=["approve"],
)
VALUES = ("features", "groups", "business", "score", "latency_ms")
"""Of a row, everything that a value of the model or of the business can be; the row itself comes all the same."""

ASKED: dict[str, dict[str, Any]] = {
    "gap": {"measure": "dp_difference", "by": "sex"},
    "ratio": {"measure": "impact_ratio", "by": "sex", "response": "page", "minimum_n": 50},
    "complaints": {"kind": "business", "measure": "complaint_rate", "by": None},
    "conversion": {"kind": "business", "measure": "conversion_rate", "by": None},
    "by-region": {"kind": "business", "measure": "conversion_rate", "by": "sex"},
    "jobs": {"kind": "drift", "measure": "psi", "by": None, "of": "features.job", "response": "page"},
    "hours": {
        "kind": "drift",
        "measure": "psi",
        "by": None,
        "of": "features.hours",
        "response": "page",
        "edges": (30.0, 40.0, 50.0),
    },
    "slow": {"kind": "latency", "measure": "latency_p95_ms", "by": None, "tolerance": 50.0, "minimum_n": 50},
    "calibration": {
        "kind": "performance",
        "measure": "calibration_error",
        "by": None,
        "values": ("approve",),
        "response": "page",
    },
}


def monitors() -> list[Monitor]:
    return [a_monitor(**{"id": name, "promise": "P60D", "tolerance": 0.05, **more}) for name, more in ASKED.items()]


def a_value(chance: random.Random) -> dict[str, Any]:
    return {
        "features": {"job": chance.choice(["clerk", "farmer"]), "hours": chance.gauss(40, 8)},
        "groups": {"sex": chance.choice(["female", "male"])},
        "business": {"complained": chance.random() < 0.1, "converted": chance.random() < 0.3, "amount": 12.5},
        "score": chance.random(),
        "latency_ms": chance.lognormvariate(4.6, 0.3),
    }


def absent(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in VALUES}


def null(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **dict.fromkeys(VALUES)}


def not_a_number(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "score": float("nan"), "features": {**row["features"], "hours": float("nan")}}


def infinite(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "score": float("inf"), "latency_ms": float("-inf")}


def a_lake(storm: Callable[[dict[str, Any]], dict[str, Any]] | None, *, schema: EventSchema = SCHEMA) -> LakeFake:
    """Thirty ordinary days, and then four of the storm, all through the door by which events come."""
    chance, lake, number = random.Random(3), LakeFake(), 0
    intake = Intake(lake=lake, contracts={"credit": EventContract.of("credit", schema)}, releases=ReleasesFake())
    for day in range(DAYS):
        now = NOON + timedelta(days=day)
        rows = []
        for _ in range(ROWS):
            number += 1
            at, answer = now.isoformat(), chance.choice(["approve", "refuse"])
            row = a_row(number, occurred_at=at, unit=str(number), prediction=answer, **a_value(chance))
            rows.append(row if storm is None or day < STORM else storm(row))
            rows.append(a_label_row(number, occurred_at=at, label=answer))
        ingest_events(json_batch(json.dumps(rows).encode()), intake, now=now)
    return lake


def red(lake: LakeFake) -> dict[str, str]:
    """For each monitor that is not well, what is said of it."""
    now = NOON + timedelta(days=DAYS)
    found = fix_quantiles(compile_monitors(monitors(), SCHEMA), lake=lake, system="credit", now=now)
    assert found.left_out == ()
    watched = with_windows(found.watched, lake=lake, system="credit", now=now)
    said = {each.monitor.id: each.because for each in silent_monitors(watched, now=now)}
    began = int((NOON + timedelta(days=STORM - 1)).timestamp())
    for each in watched:
        if any(change.signal.window >= began for change in detect_changes(each, starts={})):
            said.setdefault(each.monitor.id, "alarm")
    return said


def test_ordinary_days_are_well() -> None:
    assert red(a_lake(None)) == {}


@pytest.mark.parametrize("storm", [absent, null, not_a_number, infinite])
def test_no_monitor_is_well_while_what_it_judges_does_not_come(
    storm: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    said = red(a_lake(storm))
    assert said.keys() == ASKED.keys()
    assert {name for name, because in said.items() if because == "alarm"} <= {"jobs", "hours"}
    assert all("no row" in because for because in said.values() if because != "alarm")
