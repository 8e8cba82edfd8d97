"""Rules and dashboards ask for gauges that `/metrics` has, and rules fire as their words say (R42)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.monitor import Monitor
from careloop.domain.watched_system import WatchedSystem
from careloop.reports.grafana_dashboard import grafana_dashboard
from careloop.reports.monitor_gauges import GAUGES
from careloop.reports.prometheus_rules import prometheus_rules

FETCHED = Path(__file__).resolve().parents[3] / ".cache" / "promtool" / "promtool"
PROMTOOL = str(FETCHED) if FETCHED.is_file() else shutil.which("promtool")
NO_PROMTOOL = "no promtool here: `make setup` fetches it where Debian's packages are in reach"
ASKED = re.compile(r"\b(care_[a-z_]+)(?:\{([^}]*)\})?")


def a_monitor(**changed: Any) -> Monitor:
    values: dict[str, Any] = {
        "id": "approval-gap",
        "kind": "fairness",
        "measure": "dp_difference",
        "by": "sex",
        "window": "P1D",
        "reference": "evaluation_set",
        "tolerance": 0.05,
        "promise": "P5Y",
        "minimum_n": 200,
        "severity": "sev1",
        "response": "rollback",
    }
    return Monitor.model_validate(values | changed)


CREDIT = WatchedSystem(
    id="credit",
    name="Credit decision {{ 'größer' }}",
    monitors=(
        a_monitor(),
        a_monitor(
            id="answer-time", kind="latency", measure="latency_p95_ms", by=None, severity="sev2", response="page"
        ),
        a_monitor(id="drift", kind="drift", measure="psi", by=None, response="alert"),
        a_monitor(id="hits", kind="performance", measure="hit_rate", by=None, response="page"),
    ),
)
QUIET = WatchedSystem(id="quiet", name="Nobody watches", monitors=())
SERVER = {"care_board_age_seconds", "care_board_failed", "care_worker_up"}
SYSTEM = {"care_system_alarms_open", "care_system_safe_state", "care_system_rollback_ready", "care_system_silent"}


def rules_of(*systems: WatchedSystem) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(prometheus_rules(systems))["groups"] for rule in group["rules"]]


def panels_of(*systems: WatchedSystem) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = grafana_dashboard(systems, title="Ours")["panels"]
    return panels


def exprs() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules_of(CREDIT, QUIET))
    yield from (target["expr"] for panel in panels_of(CREDIT, QUIET) for target in panel.get("targets", ()))


def test_only_gauges_and_labels_that_metrics_shows_are_asked_for() -> None:
    known = {name: set(labels) for name, (_, labels) in GAUGES.items()}
    known |= {name: set() for name in SERVER} | {name: {"system", "tier"} for name in SYSTEM}
    found = [match for expr in exprs() for match in ASKED.findall(expr)]
    assert {name for name, _ in found} <= known.keys()
    for name, selector in found:
        assert set(re.findall(r"(\w+)!?=", selector)) <= known[name], name
    assert len(found) > 30


def test_every_monitor_has_a_rule_with_its_severity_and_response() -> None:
    rules = [rule for rule in rules_of(CREDIT) if rule["alert"] == "CareMonitorAlarm"]
    assert [(one["labels"]["monitor"], one["labels"]["severity"], one["labels"]["response"]) for one in rules] == [
        ("approval-gap", "sev1", "rollback"),
        ("answer-time", "sev2", "page"),
        ("drift", "sev1", "alert"),
        ("hits", "sev1", "page"),
    ]
    assert "at most one false alarm in P5Y" in rules[0]["annotations"]["description"]


def test_a_system_whose_alarms_roll_nothing_back_needs_no_target_and_one_without_monitors_no_group() -> None:
    only_pages = WatchedSystem(id="shop", name="Shop", monitors=(a_monitor(response="page"),))
    assert "CareNoRollbackTarget" not in {rule["alert"] for rule in rules_of(only_pages)}
    assert "CareNoRollbackTarget" in {rule["alert"] for rule in rules_of(CREDIT)}
    assert {rule["alert"] for rule in rules_of(QUIET)} == {"CareServerAway", "CareWorkerAway", "CareFiguresOld"}


def test_a_dashboard_has_a_row_for_each_system_and_a_panel_for_each_monitor() -> None:
    panels = panels_of(CREDIT, QUIET)
    assert [one["title"] for one in panels if one["type"] == "row"] == [CREDIT.name, QUIET.name]
    drawn = {one["title"]: one for one in panels if one["type"] == "timeseries"}
    assert list(drawn) == [one.id for one in CREDIT.monitors]
    units = {name: panel["fieldConfig"]["defaults"]["unit"] for name, panel in drawn.items()}
    assert units == {"approval-gap": "percentunit", "answer-time": "ms", "drift": "short", "hits": "percentunit"}


def test_a_panel_shows_the_detectors_limits_as_dashed_lines_and_not_the_rates_behind_a_gap() -> None:
    (panel,) = [one for one in panels_of(CREDIT) if one["title"] == "approval-gap"]
    assert panel["targets"][1]["expr"] == 'care_monitor_limit{system="credit",monitor="approval-gap",part!="rate"}'
    limits = [one for one in panel["fieldConfig"]["overrides"] if one["matcher"]["options"] == "B"]
    assert limits[0]["properties"][0]["value"]["fill"] == "dash"


def test_marks_are_those_that_the_grafana_channel_writes() -> None:
    (marks,) = grafana_dashboard((CREDIT,), title="Ours")["annotations"]["list"]
    assert marks["target"] == {"type": "tags", "tags": ["careloop"], "matchAny": False, "limit": 200}
    assert marks["datasource"]["uid"] == "-- Grafana --"


DASHBOARD = {
    "type": "object",
    "required": ["uid", "title", "schemaVersion", "panels", "templating", "annotations", "time"],
    "properties": {
        "uid": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"},
        "schemaVersion": {"type": "integer", "minimum": 36},
        "panels": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type", "title", "gridPos"],
                "properties": {
                    "id": {"type": "integer", "minimum": 1},
                    "type": {"enum": ["row", "stat", "timeseries"]},
                    "gridPos": {
                        "type": "object",
                        "required": ["x", "y", "w", "h"],
                        "additionalProperties": False,
                        "properties": {"x": {"maximum": 23}, "w": {"maximum": 24}, "y": {}, "h": {"minimum": 1}},
                    },
                    "targets": {"items": {"required": ["refId", "datasource", "expr"]}},
                    "fieldConfig": {"required": ["defaults", "overrides"], "maxProperties": 2},
                },
            },
        },
    },
}


@given(counts=st.lists(st.integers(0, 11), max_size=6))
def test_any_dashboard_fits_the_model_and_no_panels_overlap(counts: list[int]) -> None:

    systems = [
        WatchedSystem(id=f"s{at}", name=f"S{at}", monitors=tuple(a_monitor(id=f"m{n}") for n in range(count)))
        for at, count in enumerate(counts)
    ]
    made = json.loads(json.dumps(grafana_dashboard(systems, title="Ours")))
    jsonschema.validate(made, DASHBOARD)
    ids = [panel["id"] for panel in made["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in made["panels"]:
        x, y, w, h = (panel["gridPos"][name] for name in "xywh")
        cells = {(column, line) for column in range(x, x + w) for line in range(y, y + h)}
        assert not cells & taken
        assert x + w <= 24
        taken |= cells


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None
    return subprocess.run([PROMTOOL, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.mark.skipif(PROMTOOL is None, reason=NO_PROMTOOL)
def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(prometheus_rules((CREDIT, QUIET)))
    checked = promtool("check", "rules", file)
    assert checked.returncode == 0, checked.stderr
    assert "10 rules found" in checked.stdout


@pytest.mark.skipif(PROMTOOL is None, reason=NO_PROMTOOL)
def test_rules_fire_on_an_alarm_on_silence_and_when_nobody_watches(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(prometheus_rules((CREDIT,)))
    labels = 'system="credit",monitor="approval-gap",severity="sev1",response="rollback"'
    figures = {
        f"care_monitor_alarms_open{{{labels}}}": "0 0 0 1x20",
        'care_system_silent{system="credit",tier="high"}': "0x10 1x20",
        'care_system_rollback_ready{system="credit",tier="high"}': "1x40",
        "care_worker_up": "1x10 0x20",
        "care_board_age_seconds": "2x40",
        "care_board_failed": "0x40",
    }
    firing = {"2m": [], "4m": ["CareMonitorAlarm"], "20m": ["CareMonitorAlarm", "CareSystemSilent", "CareWorkerAway"]}
    names = sorted({rule["alert"] for rule in rules_of(CREDIT)})
    described = {(rule["alert"], rule["labels"].get("monitor")): rule for rule in rules_of(CREDIT)}
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in figures.items()],
                "alert_rule_test": [
                    {
                        "eval_time": at,
                        "alertname": name,
                        "exp_alerts": [_expected(name, described)] if name in fired else [],
                    }
                    for at, fired in firing.items()
                    for name in names
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    done = promtool("test", "rules", tmp_path / "test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def _expected(name: str, described: dict[tuple[str, str | None], dict[str, Any]]) -> dict[str, Any]:
    rule = described[name, "approval-gap" if name == "CareMonitorAlarm" else None]
    told = {key: text.replace("{{ $value }}", "1") for key, text in rule["annotations"].items()}
    tier = {"tier": "high"} if name == "CareSystemSilent" else {}
    return {"exp_labels": rule["labels"] | tier, "exp_annotations": told}
