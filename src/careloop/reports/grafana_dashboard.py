"""A dashboard for Grafana, made from monitors: a row for each system, a panel with limits for each monitor.

It reads the gauges of `/metrics` from a Prometheus that scrapes them, and shows as marks what careloop wrote down as
annotations. Source: Grafana, "Dashboard JSON model", schema version 39 (Grafana 11 and later read it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

from careloop.domain.monitor import Monitor, MonitorKind
from careloop.domain.watched_system import WatchedSystem
from careloop.reports.monitor_gauges import ALARMS_OPEN, LIMIT, ROWS, VALUE

__all__ = ["grafana_dashboard"]

_SCHEMA: Final = 39
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_GRAFANA: Final = {"type": "grafana", "uid": "-- Grafana --"}
_IN_THE_PICTURE: Final = {"legend": False, "tooltip": False, "viz": True}
_WIDE: Final = 24
_STATS: Final = (
    ("Open alarms", "care_system_alarms_open", ((None, "green"), (1, "red")), ()),
    ("What answers", "care_system_safe_state", ((None, "green"), (1, "orange")), ("a release", "the safe state")),
    ("Rollback target", "care_system_rollback_ready", ((None, "orange"), (1, "green")), ("none", "ready")),
    ("Events", "care_system_silent", ((None, "green"), (1, "red")), ("as expected", "overdue")),
)
_STAT_HEIGHT: Final = 4
_PANEL_WIDTH: Final = 8
_PANEL_HEIGHT: Final = 8


def grafana_dashboard(systems: Sequence[WatchedSystem], *, title: str) -> dict[str, Any]:
    """The JSON model, ready for provisioning or "Import"; a system without monitors has its row of figures, too."""
    panels = list(_numbered(systems))
    names = ",".join(one.id for one in systems)
    return {
        "uid": f"careloop-{sha256(names.encode()).hexdigest()[:12]}",
        "title": title,
        "description": "Written by care monitor export --to grafana-dashboard. Write it anew when monitors change.",
        "tags": ["careloop"],
        "schemaVersion": _SCHEMA,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_data_source()]},
        "annotations": {"list": [_marks()]},
        "panels": panels,
    }


def _data_source() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1}


def _marks() -> dict[str, Any]:
    """What the channel of the kind `grafana` wrote down."""
    return {
        "name": "careloop",
        "datasource": _GRAFANA,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "target": {"type": "tags", "tags": ["careloop"], "matchAny": False, "limit": 200},
    }


def _numbered(systems: Sequence[WatchedSystem]) -> Iterator[dict[str, Any]]:
    y = number = 0
    for system in systems:
        for panel, height in _rows(system, y):
            number += 1
            yield {"id": number, **panel}
            y = max(y, panel["gridPos"]["y"] + height)


def _rows(system: WatchedSystem, y: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Panels of a system from line `y` on, with their heights."""
    place = {"x": 0, "y": y, "w": _WIDE, "h": 1}
    yield {"type": "row", "title": system.name, "collapsed": False, "gridPos": place, "panels": []}, 1
    width = _WIDE // len(_STATS)
    for at, stat in enumerate(_STATS):
        place = {"x": at * width, "y": y + 1, "w": width, "h": _STAT_HEIGHT}
        yield {**_stat(system.id, *stat), "gridPos": place}, _STAT_HEIGHT
    across = _WIDE // _PANEL_WIDTH
    for at, monitor in enumerate(system.monitors):
        line, column = divmod(at, across)
        top = y + 1 + _STAT_HEIGHT + line * _PANEL_HEIGHT
        place = {"x": column * _PANEL_WIDTH, "y": top, "w": _PANEL_WIDTH, "h": _PANEL_HEIGHT}
        yield {**_panel(system.id, monitor), "gridPos": place}, _PANEL_HEIGHT


def _stat(
    system: str, title: str, gauge: str, steps: Sequence[tuple[int | None, str]], words: Sequence[str]
) -> dict[str, Any]:
    mapped = {str(at): {"text": word, "index": at} for at, word in enumerate(words)}
    return {
        "type": "stat",
        "title": title,
        "datasource": _SOURCE,
        "targets": [_target("A", f'{gauge}{{system="{system}"}}', "")],
        "options": {"colorMode": "background", "reduceOptions": {"calcs": ["lastNotNull"], "values": False}},
        "fieldConfig": {
            "defaults": {
                "color": {"mode": "thresholds"},
                "thresholds": {"mode": "absolute", "steps": [{"value": at, "color": colour} for at, colour in steps]},
                "mappings": [{"type": "value", "options": mapped}] if mapped else [],
                "noValue": "unknown",
            },
            "overrides": [],
        },
    }


def _panel(system: str, monitor: Monitor) -> dict[str, Any]:
    which = f'system="{system}",monitor="{monitor.id}"'
    lines = which + (',part!="rate"' if monitor.kind is MonitorKind.FAIRNESS else "")
    by = f" by {monitor.by}" if monitor.by else ""
    return {
        "type": "timeseries",
        "title": monitor.id,
        "description": (
            f"{monitor.measure}{by}, windows of {monitor.window}, against {monitor.reference.value.replace('_', ' ')}. "
            f"Accepted: {monitor.tolerance:g} worse. The dashed lines are what the detector accepts now; an alarm "
            f"takes evidence, not one window beyond a line. At most one false alarm in {monitor.promise}; an alarm is "
            f"{monitor.severity} and leads to: {monitor.response.value.replace('_', ' ')}."
        ),
        "datasource": _SOURCE,
        "targets": [
            _target("A", f"{VALUE}{{{lines}}}", "{{group}} {{part}}"),
            _target("B", f"{LIMIT}{{{lines}}}", "{{group}} limit {{side}}"),
            _target("C", f"{ALARMS_OPEN}{{{which}}} > 0", "open alarms"),
            _target("D", f"{ROWS}{{{lines}}}", "{{group}} rows"),
        ],
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "fieldConfig": {
            "defaults": {"unit": _unit(monitor), "custom": {"lineInterpolation": "stepAfter", "spanNulls": False}},
            "overrides": [
                _override("B", ("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}), ("color", _fixed("red"))),
                _override("C", ("unit", "short"), ("custom.axisPlacement", "right"), ("color", _fixed("dark-red"))),
                _override(
                    "D", ("unit", "short"), ("custom.hideFrom", {"legend": False, "tooltip": False, "viz": True})
                ),
            ],
        },
    }


def _target(ref: str, expr: str, legend: str) -> dict[str, Any]:
    return {"refId": ref, "datasource": _SOURCE, "expr": expr, "legendFormat": legend, "editorMode": "code"}


def _override(ref: str, *properties: tuple[str, Any]) -> dict[str, Any]:
    return {
        "matcher": {"id": "byFrameRefID", "options": ref},
        "properties": [{"id": name, "value": value} for name, value in properties],
    }


def _fixed(colour: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": colour}


def _unit(monitor: Monitor) -> str:
    """Grafana's name for the unit of the monitor's lines."""
    if monitor.kind is MonitorKind.LATENCY:
        return "ms"
    rate = monitor.measure.endswith(("_rate", "_difference", "_ratio"))
    return "percentunit" if rate else "short"
