"""The gap assessment: status in; gaps, missing roles, urgent systems and the road out (R14, R15, R88). Pure."""

from __future__ import annotations

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import Compiled, error_finding, places_in
from careloop.domain.controls import Controls
from careloop.domain.finding import Finding
from careloop.domain.gap import GapAssessment, RoadTerms
from careloop.domain.place import Place
from careloop.domain.status import Records, Status
from careloop.status.gap_missing import missing_items, urgent_systems
from careloop.status.gap_rows import coverage_of, evidence_days, gap_row, maturity_of
from careloop.status.road import Fault, road_to_certificate

__all__ = ["assess_gaps"]


def assess_gaps(
    compiled: Compiled,
    catalogue: Catalogue,
    status: Status,
    records: Records | None,
    terms: RoadTerms,
) -> GapAssessment:
    """What is open on the day of the terms, and the road out; `status` is that of the same documents and records."""
    on = terms.on
    repository, work = compiled.repository, catalogue.gap_work
    controls = repository.only(Controls)
    decisions = {one.control: one for one in controls.decisions} if controls else {}
    days = evidence_days(repository, records)
    rows = tuple(gap_row(row, decisions.get(row.requirement.id), days, on) for row in status.requirements)
    results = {result.claim.id: result for row in status.requirements for result in row.claims}
    road, faults = road_to_certificate(repository, rows, work, terms)
    return GapAssessment(
        on=on,
        rows=rows,
        maturity=tuple(maturity_of(status.requirements)),
        missing=tuple(missing_items(repository, results, work, on)),
        urgent=urgent_systems(repository, rows),
        coverage=coverage_of(results.values()),
        road=road,
        problems=tuple(_placed(fault, compiled) for fault in faults),
    )


def _placed(fault: Fault, compiled: Compiled) -> Finding:
    raw = compiled.sources.get(fault.path)
    place = Place(fault.path)
    if raw is not None and fault.pointer:
        place = places_in(fault.path, raw, frozenset({fault.pointer}))[fault.pointer]
    return error_finding(fault.code, fault.message, place, pointer=fault.pointer, remedy=fault.remedy)
