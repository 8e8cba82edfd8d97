"""Is everything that runs well? Systems in the order in which somebody should look at them: worst evidence first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop.web.evidences import WRONG_NAMES, FleetEvidence
from careloop.web.site import board
from careloop.workflows.run.fleet_overview import Silence, SystemRow

__all__ = ["page", "rank", "urgency"]


def page(request: HttpRequest) -> HttpResponse:
    """Running systems: those without numbers to judge by (safe state, silence) first, then by the day's evidence."""
    picture, evidence = board().picture(), board().evidence()
    systems = sorted(picture.rows, key=lambda one: rank(one, evidence))
    shown = {
        "systems": systems,
        "safe": sum(one.in_safe_state for one in systems),
        "alarmed": sum(bool(one.alarms) for one in systems),
        "silent": sum(_silent(one) for one in systems),
        "beat": picture.beat,
        "evidences": evidence,
        "outstanding": sum(one.card.id in evidence.outstanding for one in systems),
        "wrong_names": WRONG_NAMES,
    }
    return render(request, "pages/fleet.html", shown)


def rank(one: SystemRow, evidence: FleetEvidence) -> tuple[bool, bool, float, tuple[bool, int, bool, int, str]]:
    """The order of the fleet: no model answers, no events come, then the worst monitor's evidence, then urgency."""
    found = evidence.systems.get(one.card.id)
    worst = found.worst if found is not None else None
    log_e = max(0.0, round(worst.log_e, 1)) if worst is not None else 0.0  # below 1 nothing speaks against a system
    return (not one.in_safe_state, not _silent(one), -log_e, urgency(one))


def urgency(one: SystemRow) -> tuple[bool, int, bool, int, str]:
    """Sorts what somebody should look at first to the top."""
    rank = {"very_high": 0, "high": 1, "medium": 2, "low": 3}[one.card.tier.value]
    return (not one.in_safe_state, -len(one.alarms), not _silent(one), rank, one.card.id)


def _silent(one: SystemRow) -> bool:
    return one.freshness.silent is Silence.YES
