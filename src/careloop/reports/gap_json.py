"""A gap assessment as JSON for machines (CONTRACTS, JSON)."""

from collections import Counter
from datetime import date
from typing import Any

from careloop import __version__
from careloop.domain.gap import GapAssessment, GapKind, GapResult, GapRow, Milestone, OpenClaim, PlanStep, Road
from careloop.reports.check_report import finding_json

__all__ = ["gap_json"]


def gap_json(result: GapResult) -> dict[str, Any]:
    """The whole answer; rows in the order of the status, steps in the order of the calendar."""
    found = result.assessment
    return {
        "schema": "careloop/gap/v1",
        "careloop_version": __version__,
        "standards_digest": result.standards_digest,
        "commit": result.commit,
        "dirty": result.dirty,
        "ledger_size": result.ledger_size,
        "on": found.on.isoformat(),
        "summary": _summary(found),
        "requirements": [_row(row, found.on) for row in found.rows],
        "maturity": [{"phase": one.phase.value, "lowest": one.lowest, "levels": one.levels} for one in found.maturity],
        "missing": [
            {"kind": item.kind.value, "title": item.title, "because": item.because, "remedy": item.remedy}
            for item in found.missing
        ],
        "systems_first": [
            {
                "id": system.id,
                "name": system.name,
                "tier": system.tier.value,
                "lifecycle": system.lifecycle.value,
                "owner": system.owner,
                "open": [_claim(claim) for claim in system.open],
            }
            for system in found.urgent
        ],
        "evidence_by": [
            {"what": one.what, "held": one.held, "unknown": one.unknown, "total": one.total} for one in found.coverage
        ],
        "road": _road(found.road) if found.road else None,
        "problems": [finding_json(problem) for problem in found.problems],
        "errors": [finding_json(error) for error in result.errors],
    }


def _summary(found: GapAssessment) -> dict[str, Any]:
    kinds = Counter(row.kind for row in found.rows)
    missing = Counter(item.kind for item in found.missing)
    return {
        "requirements": len(found.rows),
        **{kind.value: kinds[kind] for kind in reversed(GapKind)},
        "missing": {kind.value: count for kind, count in missing.items()},
        "systems_first": len(found.urgent),
    }


def _row(row: GapRow, on: date) -> dict[str, Any]:
    return {
        "id": row.requirement.id,
        "title": row.requirement.title,
        "phase": row.requirement.phase.value,
        "status": row.status.value,
        "care_status": row.care_status.value,
        "level": row.level,
        "kind": row.kind.value,
        "because": row.because,
        "held": row.held,
        "claims": row.total,
        "oldest_evidence": _day(row.oldest),
        "evidence_age_days": (on - row.oldest).days if row.oldest else None,
        "fresh_until": _day(row.fresh_until),
        "open": [_claim(claim) for claim in row.open],
    }


def _claim(claim: OpenClaim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "same_as": claim.same_as,
        "text": claim.text,
        "basis": claim.basis.value,
        "state": claim.state.value,
        "because": claim.because,
        "there": list(claim.there),
        "cases": list(claim.cases),
        "subject": claim.subject,
        "weight": claim.weight,
        "step": claim.step.value,
        "by_word": claim.by_word,
        "remedy": claim.remedy,
    }


def _road(road: Road) -> dict[str, Any]:
    return {
        "start": road.start.isoformat(),
        "people": road.people,
        "person_days": road.person_days,
        "critical_path": list(road.critical_path),
        "critical_working_days": road.critical_days,
        "actions": [_step(step) for step in road.steps],
        "milestones": [_milestone(milestone) for milestone in road.milestones],
    }


def _step(step: PlanStep) -> dict[str, Any]:
    return {
        "id": step.id,
        "title": step.title,
        "kind": step.kind.value,
        "own": step.own,
        "owner": step.owner,
        "people": list(step.people),
        "days": step.days,
        "after": list(step.after),
        "start": step.start.isoformat(),
        "due": step.due.isoformat(),
        "slack_working_days": step.slack,
        "critical": step.critical,
        "weight": step.weight,
        "requirements": list(step.requirements),
        "claims": list(step.claims),
        "remedies": list(step.remedies),
    }


def _milestone(milestone: Milestone) -> dict[str, Any]:
    return {
        "id": milestone.id,
        "title": milestone.title,
        "on": milestone.on.isoformat(),
        "reached": milestone.reached,
        "booked": milestone.booked,
        "outside": milestone.outside,
        "critical": milestone.critical,
        "because": milestone.because,
        "source": milestone.source,
        "verified": milestone.verified,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
