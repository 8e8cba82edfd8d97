"""Is everything that runs well? Systems in the order in which somebody should look at them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop.web.site import board
from careloop.workflows.run.fleet_overview import Silence, SystemRow

__all__ = ["page", "urgency"]


def page(request: HttpRequest) -> HttpResponse:
    """Running systems: safe states first, then alarms, then silence, then by tier."""
    picture = board().picture()
    systems = sorted(picture.rows, key=urgency)
    shown = {
        "systems": systems,
        "safe": sum(one.in_safe_state for one in systems),
        "alarmed": sum(bool(one.alarms) for one in systems),
        "silent": sum(_silent(one) for one in systems),
        "beat": picture.beat,
    }
    return render(request, "pages/fleet.html", shown)


def urgency(one: SystemRow) -> tuple[bool, int, bool, int, str]:
    """Sorts what somebody should look at first to the top."""
    rank = {"very_high": 0, "high": 1, "medium": 2, "low": 3}[one.card.tier.value]
    return (not one.in_safe_state, -len(one.alarms), not _silent(one), rank, one.card.id)


def _silent(one: SystemRow) -> bool:
    return one.freshness.silent is Silence.YES
