"""The Statement of Applicability as JSON for machines."""

from typing import Any

from careloop import __version__
from careloop.domain.organisation import Approval
from careloop.domain.soa import SoaRow, Statement
from careloop.reports.check_report import finding_json

__all__ = ["soa_json"]


def soa_json(statement: Statement) -> dict[str, Any]:
    """The whole statement, with what stands against it."""
    return {
        "schema": "careloop/soa/v1",
        "careloop_version": __version__,
        "standards_digest": statement.standards_digest,
        "commit": statement.commit,
        "dirty": statement.dirty,
        "as_of": statement.as_of,
        "in_force_by": statement.in_force_by,
        "now": statement.now.isoformat(timespec="seconds"),
        "organisation": statement.organisation,
        "scope": statement.scope,
        "system": statement.system,
        "version": statement.decided.version,
        "reviewed": statement.decided.reviewed.isoformat() if statement.decided.reviewed else None,
        "owner": statement.decided.owner,
        "treatment_plan": {
            "state": statement.approval.state.value,
            "digest": statement.approval.digest,
            "because": statement.approval.because,
        },
        "findings": [finding_json(finding) for finding in statement.findings],
        "errors": [finding_json(error) for error in statement.errors],
        "controls": [_row(row) for row in statement.rows],
    }


def _row(row: SoaRow) -> dict[str, Any]:
    plan = row.plan
    return {
        "control": row.control,
        "title": row.title,
        "group": row.group,
        "own": row.own,
        "applies": row.applies,
        "exclusion_expired": row.expired,
        "ground": row.ground,
        "justification": row.justification,
        "systems": list(row.systems),
        "owner": row.owner,
        "status": row.status.value,
        "degraded": row.degraded,
        "unplanned": row.unplanned,
        "claims": {"held": row.held, "of": row.claims},
        "because": list(row.because),
        "evidence": [{"kind": line.kind, "ref": line.ref} for line in row.evidence],
        "fresh_until": row.fresh_until.isoformat() if row.fresh_until else None,
        "plan": {"owner": plan.owner, "due": plan.due.isoformat(), "interim_accepted": _approval(plan.interim)}
        if plan
        else None,
        "expires": row.expires.isoformat() if row.expires else None,
        "approved": _approval(row.approved),
        "risks": [
            {
                "id": risk.id,
                "title": risk.title,
                "option": risk.option.value,
                "state": risk.state.value,
                "likelihood": risk.credit.likelihood,
                "organisation": risk.credit.organisation,
                "individuals": risk.credit.individuals,
                "society": risk.credit.society,
            }
            for risk in row.risks
        ],
    }


def _approval(approval: Approval | None) -> dict[str, str] | None:
    return {"by": approval.by, "on": approval.on.isoformat()} if approval else None
