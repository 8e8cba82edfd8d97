"""Does the loop turn? Each phase with its owner, its last run, what is due, and what to do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop.status.phases import PhaseRow, Turning
from careloop.web.pages.fleet import urgency
from careloop.web.picture import Picture
from careloop.web.site import board
from careloop.workflows.run.fleet_overview import Silence

__all__ = ["page"]

_FIRST: Final = 20
"""Systems that the overview shows; all are on a page of their own."""


@dataclass(frozen=True, slots=True)
class _Now:
    """Something to do now."""

    text: str
    route: str
    argument: str = ""


def page(request: HttpRequest) -> HttpResponse:
    """The overview of the loop."""
    picture = board().picture()
    shown = {
        "phases": [(row, _now(row, picture)) for row in picture.phases],
        "on_time": sum(row.turning is Turning.ON_TIME for row in picture.phases),
        "first": sorted(picture.rows, key=urgency)[:_FIRST],
        "safe": [one for one in picture.rows if one.in_safe_state],
        "alarmed": [one for one in picture.rows if one.alarms],
        "silent": [one for one in picture.rows if one.freshness.silent is Silence.YES],
        "card": picture.scorecard.scorecard if picture.scorecard else None,
    }
    return render(request, "pages/overview.html", shown)


def _now(row: PhaseRow, picture: Picture) -> list[_Now]:
    found: list[_Now] = []
    if row.phase.value == "create":
        checked = picture.check.checked
        broken = len(checked.errors) + sum(one.blocking for one in checked.findings)
        if broken:
            found.append(_Now(f"Mend {broken} finding{'s' * (broken > 1)} in the documents", "create"))
    if row.phase.value == "run":
        waiting = len(picture.open_requests)
        if waiting:
            found.append(_Now(f"Decide {waiting} approval request{'s' * (waiting > 1)}", "approvals"))
        found += [
            _Now(f"{one.card.name} is in its safe state: decide how it comes back", "system", one.card.id)
            for one in picture.rows
            if one.in_safe_state
        ]
    owed = len(picture.status.status.programme)
    if row.phase.value == "adapt" and owed:
        found.append(_Now(f"The programme owes {owed} review{'s' * (owed > 1)} or record{'s' * (owed > 1)}", "create"))
    return found
