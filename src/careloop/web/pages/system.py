"""How is this system doing? Its release, monitors, alarms, orders and records on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from careloop import wiring
from careloop.domain.card import CARD_FIELDS, Card, FieldState
from careloop.domain.monitor import Monitor, MonitorKind, Monitors
from careloop.domain.repository import Repository
from careloop.domain.schema_drift import SchemaDrift
from careloop.domain.system import EventSchema, System
from careloop.errors import CareloopError, NotFound
from careloop.reports.chart_report import charts_json
from careloop.reports.view_report import axis_of, view_chart
from careloop.status.told_drift import told_drift
from careloop.web.pages.refusals import problem, unknown
from careloop.web.site import board
from careloop.wiring.views import view_store
from careloop.workflows.run.fleet_evidence import MonitorEvidence, SystemEvidence
from careloop.workflows.run.release_records import standings_of
from careloop.workflows.run.show_views import show_views

__all__ = ["charts", "page"]

_ORDER: Final = (
    MonitorKind.FAIRNESS,
    MonitorKind.BUSINESS,
    MonitorKind.PERFORMANCE,
    MonitorKind.DRIFT,
    MonitorKind.SECURITY,
    MonitorKind.PRIVACY,
    MonitorKind.LATENCY,
)
"""Fairness stands beside business; the rest follows."""
_LOG: Final = 40
_MOST_POINTS: Final = 1500
"""Points of a view's line; a screen shows no more."""


@dataclass(frozen=True, slots=True)
class _Family:
    """What is watched of one kind, with what the newest day says of each monitor."""

    kind: MonitorKind
    monitors: tuple[tuple[Monitor, MonitorEvidence | None], ...]


def page(request: HttpRequest, name: str) -> HttpResponse:
    """One system; its charts are fetched by themselves, so that the page is there at once."""
    picture = board().picture()
    row = picture.row(name)
    system = next((one for one in picture.governance.repository.nouns(System) if one.id == name), None)
    if row is None or system is None:
        return unknown(request, NotFound(f"the inventory in force lists no system '{name[:100]}'"))
    monitors = sorted(_monitors(picture.governance.repository, name), key=lambda one: _ORDER.index(one.kind))
    schema = system.events or EventSchema()
    ledger = board().ledger
    seen = board().evidence().systems.get(name)
    log = list(ledger.query(subject=f"systems/{name}"))[-_LOG:][::-1]
    standings = [one for one in standings_of(ledger, name, now=wiring.now()) if one.valid]
    card = next((one for at, one in picture.governance.repository.all(Card) if at.folder == name), None)
    shown = {
        "row": row,
        "system": system,
        "monitors": monitors,
        "schema": schema,
        "families": _families(monitors, seen),
        "fair": sum(one.kind is MonitorKind.FAIRNESS for one in monitors),
        "views": sorted(system.views.items()),
        "groups": _groups(monitors, schema),
        "card": card,
        "card_lacks": _lacks(card),
        "log": log,
        "standings": standings[::-1],
        "drifts": [told_drift(one, schema=schema, monitors=monitors) for one in _drifts(name)],
        "declaration": f"systems/{name}/system.yaml",
        "documents": [one for one in picture.repository.documents if one.path.startswith(f"systems/{name}/")],
    }
    return render(request, "pages/system.html", shown)


def _drifts(name: str) -> tuple[SchemaDrift, ...]:
    try:
        return board().drifts(name)
    except CareloopError:
        return ()


def charts(request: HttpRequest, name: str) -> HttpResponse:
    """What the charts are drawn from; views stand beside the monitors on their axis of time."""
    try:
        told = charts_json(board().charts(name))
        told["charts"] += _views(name, axis=axis_of(told["charts"]))
        return JsonResponse(told)
    except NotFound as error:
        return unknown(request, error)
    except CareloopError as error:
        return problem(request, error, status=503)


def _views(name: str, *, axis: tuple[int, int] | None) -> list[dict[str, Any]]:
    system = next((one for one in board().picture().governance.repository.nouns(System) if one.id == name), None)
    if system is None or not system.views:
        return []
    root = wiring.served_repository()
    store = view_store(root, wiring.declared_lake(root))
    shown = show_views(name, system.views, store, now=wiring.now(), most_points=_MOST_POINTS)
    return [view_chart(one, axis=axis) for one in shown]


def _monitors(repository: Repository, name: str) -> list[Monitor]:
    return [one for at, noun in repository.all(Monitors) if at.folder == name for one in noun.monitors]


def _families(monitors: Sequence[Monitor], seen: SystemEvidence | None) -> list[_Family]:
    """Every kind of monitor beside the others, those that nothing is watched of as well."""
    return [
        _Family(kind, tuple((one, seen.of(one.id) if seen else None) for one in monitors if one.kind is kind))
        for kind in _ORDER
    ]


def _groups(monitors: Sequence[Monitor], schema: EventSchema) -> list[tuple[str, tuple[str, ...]]]:
    """Fields with the values that the charts can be narrowed to."""
    fields = {one.by for one in monitors if one.by}
    declared = {**schema.groups, **schema.segment}
    return [(field, declared[field].values) for field in sorted(fields) if field in declared]


def _lacks(card: Card | None) -> list[str]:
    if card is None:
        return []
    return [
        one.title for one in CARD_FIELDS if one.id in card.fields and card.fields[one.id].state is not FieldState.STATED
    ]
