"""How far every requirement is evidenced, and what a thing rests on: `care status` and `care explain` as pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from careloop import wiring
from careloop.domain.explanation import ExplanationSection
from careloop.domain.standard import RequirementKind
from careloop.domain.status import RequirementRow, RequirementState
from careloop.domain.tier import Phase
from careloop.errors import CareloopError, NotFound
from careloop.reports.status_report import status_counts
from careloop.web.pages.refusals import problem, unknown
from careloop.web.site import board, place
from careloop.workflows.evolve.explain_reference import explain_reference

__all__ = ["address_of", "explain", "page", "sections_of"]

_RECORD: Final = re.compile(r"^(?P<type>[a-z_.]+)#(?P<index>\d+)$")
_FILE: Final = re.compile(r"^[\w./-]+\.(?:yaml|md)$")
_KINDS: Final = {
    "clauses": (RequirementKind.CLAUSE, "Clauses of ISO/IEC 42001"),
    "controls": (RequirementKind.CONTROL, "Controls of Annex A"),
    "own": (RequirementKind.OWN, "Controls of our own"),
    "care": (RequirementKind.CARE, "Practices of the CARE loop"),
}


@dataclass(frozen=True, slots=True)
class _Group:
    """One table of the page."""

    id: str
    title: str
    rows: tuple[RequirementRow, ...]
    counts: dict[RequirementState, int]


def page(request: HttpRequest) -> HttpResponse:
    """The requirement matrix; `?state=` and `?phase=` narrow it."""
    rows = board().picture().status.status.requirements
    state, phase = request.GET.get("state", ""), request.GET.get("phase", "")
    groups = []
    for name, (kind, title) in _KINDS.items():
        ours = [row for row in rows if row.requirement.kind is kind]
        shown = tuple(row for row in ours if _fits(row, state, phase))
        if ours:
            groups.append(_Group(name, title, shown, status_counts(tuple(ours), care=kind is RequirementKind.CARE)))
    iso = tuple(row for row in rows if row.requirement.kind in (RequirementKind.CLAUSE, RequirementKind.CONTROL))
    shown_here = {
        "groups": groups,
        "iso": status_counts(iso, care=False),
        "iso_total": len(iso),
        "state": state,
        "phase": phase,
        "phases": [one.value for one in Phase],
        "states": [one.value for one in RequirementState],
    }
    return render(request, "pages/requirements.html", shown_here)


def _fits(row: RequirementRow, state: str, phase: str) -> bool:
    own = row.care_status if row.requirement.kind is RequirementKind.CARE else row.status
    return state in ("", own.value) and phase in ("", row.requirement.phase.value)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    state: str | None
    ref: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    lines: tuple[_Line, ...]


def explain(request: HttpRequest) -> HttpResponse:
    """One thing of the chain with links to what is next to it, in both directions."""
    ref = request.GET.get("ref", "").strip()
    if not ref:
        return unknown(request, NotFound("name what to explain"))
    root = place().root
    ledger = wiring.ledger_to_read(root)
    try:
        found = explain_reference(
            wiring.repository_source(root),
            ref,
            standards=wiring.standards_library(),
            ledger=ledger,
            now=wiring.now(),
        )
    except NotFound as error:
        return problem(request, error, status=404)
    except CareloopError as error:
        return problem(request, error)
    finally:
        if ledger is not None:
            ledger.close()
    return render(request, "pages/explain.html", {"found": found, "sections": sections_of(found.sections)})


def sections_of(found: Iterable[ExplanationSection]) -> list[_Section]:
    """Sections of an explanation with the address that each line leads to."""
    return [
        _Section(
            section.heading,
            tuple(
                _Line(one.text, one.state, one.ref, address_of(one.ref) or _named(one.text)) for one in section.lines
            ),
        )
        for section in found
    ]


def _named(text: str) -> str | None:
    """Where a line leads that is nothing but the name of an entry or a document."""
    return address_of(text) if _RECORD.match(text) or _FILE.match(text) else None


def address_of(ref: str | None) -> str | None:
    """Where a reference leads: a ledger entry, a document, or its own explanation."""
    if ref is None:
        return None
    record = _RECORD.match(ref)
    if record is not None:
        return reverse("entry", args=[int(record["index"])])
    if _FILE.match(ref):
        return reverse("document", args=[ref])
    return f"{reverse('explain')}?{urlencode({'ref': ref})}"
