"""Which AI systems do we have? The inventory with tier, stage, what answers now, and how fresh that is."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop.web.site import board

__all__ = ["page"]


def page(request: HttpRequest) -> HttpResponse:
    """All systems of the inventory in force."""
    systems = board().picture().rows
    tiers = Counter(one.card.tier for one in systems)
    ordered = sorted(tiers.items(), key=lambda pair: pair[0], reverse=True)
    return render(request, "pages/systems.html", {"systems": systems, "tiers": ordered})
