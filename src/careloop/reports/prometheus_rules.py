"""Alerting rules for Prometheus, made from monitors, against the gauges that `/metrics` shows.

The rules fire on careloop's own alarms, which keep their promise, and not on values beside a line: a threshold on each
window would alarm falsely (MEASURES, "Alarms that keep their promise"). Source: Prometheus, "Alerting rules".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from careloop.domain.monitor import Monitor, Response
from careloop.domain.watched_system import WatchedSystem
from careloop.reports.monitor_gauges import ALARMS_OPEN

__all__ = ["prometheus_rules"]

_HEAD: Final = "# Written by `care monitor export --to prometheus-rules`. Write it anew when monitors change.\n"
_HOUR: Final = "1h"


def prometheus_rules(systems: Sequence[WatchedSystem]) -> str:
    """A rules file: a group for the server, and one for each system with monitors."""
    groups = [{"name": "careloop", "rules": list(_server())}]
    groups += [{"name": f"careloop-{one.id}", "rules": list(_system(one))} for one in systems if one.monitors]
    text: str = yaml.safe_dump({"groups": groups}, sort_keys=False, allow_unicode=True, width=110)
    return _HEAD + text


def _server() -> Iterator[dict[str, Any]]:
    yield _rule(
        "CareServerAway",
        "absent(care_board_age_seconds)",
        wait="5m",
        severity="sev2",
        summary="careloop's figures are not scraped",
        description="Nothing is known of any system while this lasts: is `care serve` up, and is the token valid?",
    )
    yield _rule(
        "CareWorkerAway",
        "care_worker_up == 0",
        wait="5m",
        severity="sev1",
        summary="no worker watches the systems",
        description="No alarm is raised and none is answered until `care worker` runs again.",
    )
    yield _rule(
        "CareFiguresOld",
        "care_board_failed == 1 or care_board_age_seconds > 300",
        wait="5m",
        severity="sev2",
        summary="careloop's figures cannot be renewed",
        description="The fleet's page says why.",
    )


def _system(system: WatchedSystem) -> Iterator[dict[str, Any]]:
    where = f'system="{system.id}"'
    for monitor in system.monitors:
        yield _alarm(system, monitor)
    yield _rule(
        "CareSystemSilent",
        f"care_system_silent{{{where}}} == 1",
        wait=None,
        severity="sev2",
        system=system.id,
        summary=f"{system.name}: events are overdue",
        description="Two windows in a row without any event: monitors see nothing while this lasts.",
    )
    yield _rule(
        "CareSafeState",
        f"care_system_safe_state{{{where}}} == 1",
        wait=None,
        severity="sev2",
        system=system.id,
        summary=f"{system.name}: the safe state answers",
        description="A person has to order what is to answer: `care rollback --undo`, or a new release.",
    )
    if any(one.response is Response.ROLLBACK for one in system.monitors):
        yield _rule(
            "CareNoRollbackTarget",
            f"care_system_rollback_ready{{{where}}} == 0",
            wait=_HOUR,
            severity="sev3",
            system=system.id,
            summary=f"{system.name}: no release could take over",
            description="An alarm would lead to the safe state. `care release standing` says why no release is ready.",
        )


def _alarm(system: WatchedSystem, monitor: Monitor) -> dict[str, Any]:
    by = f" by {monitor.by}" if monitor.by else ""
    return _rule(
        "CareMonitorAlarm",
        f'{ALARMS_OPEN}{{system="{system.id}",monitor="{monitor.id}"}} > 0',
        wait=None,
        severity=monitor.severity,
        summary=f"{system.name}: {monitor.id} has moved",
        description=f"{monitor.measure}{by} is worse than its reference by more than {monitor.tolerance:g}; "
        f"at most one false alarm in {monitor.promise}. {{{{ $value }}}} open; the system's page names them.",
        system=system.id,
        monitor=monitor.id,
        kind=monitor.kind.value,
        response=monitor.response.value,
    )


def _rule(name: str, expr: str, *, wait: str | None, summary: str, description: str, **labels: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"alert": name, "expr": expr}
    if wait is not None:
        rule["for"] = wait
    told = {"summary": _plain(summary), "description": description}
    return rule | {"labels": labels, "annotations": told}


def _plain(text: str) -> str:
    """Prometheus takes two braces for the beginning of a template."""
    return text.replace("{{", "{ {")
