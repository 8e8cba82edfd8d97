"""Rows that pages show, as JSON for programs: how a system stands, what an approval request waits for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from careloop.domain.deployment import ServeRelease, Serving
from careloop.gates.request import request_json as asked_json
from careloop.reports.gate_report import target_json
from careloop.workflows.run.fleet_overview import SystemRow
from careloop.workflows.run.view_requests import RequestView

__all__ = ["request_json", "serving_words", "system_json"]


def serving_words(row: SystemRow) -> str:
    """What answers now, in the reader's words."""
    if row.serving is None:
        return "nothing was deployed"
    served = row.serving.served
    if isinstance(served, ServeRelease):
        return row.version or served.lock.removeprefix("sha256:")[:12]
    return f"safe state {served.state.value.replace('_', ' ')}"


def system_json(row: SystemRow) -> dict[str, Any]:
    """One row; instants in UTC."""
    card = row.card
    return {
        "id": card.id,
        "name": card.name,
        "tier": card.tier.value,
        "tier_because": list(card.tier_because),
        "stage": card.stage.value,
        "owner": card.owner,
        "safe_state": card.safe_state.value if card.safe_state else None,
        "monitors": card.monitors,
        "serving": _serving(row.serving, row.version),
        "in_safe_state": row.in_safe_state,
        "rollback_target": target_json(row.target),
        "automation_paused": row.paused is not None,
        "open_alarms": [
            {
                "id": one.known.alarm.id,
                "entry": one.known.index,
                "monitor": one.known.alarm.signal.monitor,
                "group": one.known.alarm.signal.group,
                "severity": one.known.alarm.severity,
                "raised_at": _instant(one.known.raised_at),
                "state": one.state.value,
            }
            for one in row.alarms
        ],
        "last_event_at": _instant(row.freshness.newest) if row.freshness.newest else None,
        "silent": row.freshness.silent.value,
        "requests_waiting": [one.request for one in row.waiting],
    }


def request_json(view: RequestView) -> dict[str, Any]:
    """One approval request as it stands now."""
    asked = view.asked
    return {
        "digest": asked.digest,
        "about": view.title,
        "asks": view.asks or None,
        "terms": dict(view.material),
        "system": asked.system or None,
        "state": view.state.value,
        "because": view.condition.because,
        "changed": list(view.changed),
        "required": view.required,
        "counted": [{"person": one.approval.person, "post": one.post} for one in view.count.counted],
        "refused": [{"person": one.person, "ground": one.ground.value} for one in view.count.refused],
        "decision": view.decision.verdict.value if view.decision else None,
        "entry": asked.index,
        **asked_json(asked.request),
    }


def _serving(serving: Serving | None, version: str | None) -> dict[str, Any] | None:
    if serving is None:
        return None
    served = serving.served
    release = served.lock if isinstance(served, ServeRelease) else None
    state = None if isinstance(served, ServeRelease) else served.state.value
    return {"release": release, "version": version, "safe_state": state, "since": _instant(serving.since)}


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
