"""A status as JSON for machines and as a table for people (CONTRACTS, JSON)."""

from collections import Counter
from typing import Any

from careloop import __version__
from careloop.domain.standard import RequirementKind
from careloop.domain.status import ClaimResult, RequirementRow, RequirementState, Status

__all__ = ["claim_json", "next_steps", "status_counts", "status_json"]


def claim_json(result: ClaimResult) -> dict[str, Any]:
    """One claim in the shape of CONTRACTS.md, with its id and level beside."""
    claim, judgement = result.claim, result.judgement
    return {
        "id": claim.id,
        "text": claim.text,
        "basis": claim.basis.value,
        "state": judgement.state.value,
        "because": judgement.because,
        "evidence": [{"kind": line.kind, "ref": line.ref} for line in judgement.evidence],
        "fresh_until": judgement.fresh_until.isoformat() if judgement.fresh_until else None,
        "remedy": claim.remedy,
    }


def _row_json(row: RequirementRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.requirement.id,
        "kind": "control" if row.requirement.kind is RequirementKind.OWN else row.requirement.kind.value,
        "title": row.requirement.title,
        "phase": row.requirement.phase.value,
        "status": row.status.value,
        "degraded": row.degraded,
        "care_status": row.care_status.value,
        "because": row.because,
        "claims": [claim_json(result) for result in row.claims],
    }
    if row.level is not None:
        shown["level"] = row.level
    return shown


def status_json(status: Status, *, standards_digest: str, source: dict[str, Any]) -> dict[str, Any]:
    """The whole answer; `source` holds commit, dirty, as_of and in_force_by."""
    return {
        "schema": "careloop/status/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        **source,
        "ledger_size": status.ledger_size,
        "lake_watermark": None,
        "now": status.now.isoformat().replace("+00:00", "Z"),
        "programme": [
            {
                "rule": finding.rule,
                "owner": finding.owner,
                "due": finding.due.isoformat() if finding.due else None,
                "acting": finding.acting,
                "message": finding.message,
                "file": finding.file,
            }
            for finding in status.programme
        ],
        "requirements": [_row_json(row) for row in status.requirements],
    }


def status_counts(rows: tuple[RequirementRow, ...], *, care: bool) -> dict[RequirementState, int]:
    """How many rows are in each state, by the ISO or the CARE column."""
    counted = Counter(row.care_status if care else row.status for row in rows)
    return {state: counted[state] for state in RequirementState}


def next_steps(rows: tuple[RequirementRow, ...], *, most: int) -> tuple[tuple[RequirementRow, ClaimResult], ...]:
    """Claims not held that close most risk first, each once; rows that are excluded or complete ask for nothing."""
    open_rows = [row for row in rows if row.care_status not in (RequirementState.EXCLUDED, RequirementState.COMPLETE)]
    pairs = [
        (row, result) for row in open_rows for result in row.claims if not result.held and not result.claim.same_as
    ]
    pairs.sort(key=lambda pair: -pair[1].claim.weight)
    return tuple(pairs[:most])
