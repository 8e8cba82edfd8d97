"""The Statement of Applicability as an OSCAL system security plan, the model of NIST that says how controls are met.

OSCAL has no statement of applicability. Its plan is the closest: a scope, who answers for it, and for each control how
it is implemented, or that it does not apply. Ids are made from what they name, so that the same statement gives the
same file. Source: OSCAL 1.2.1, model `system-security-plan`.
"""

from hashlib import sha1
from typing import Any, Final

from careloop import __version__
from careloop.domain.soa import SoaRow, Statement
from careloop.domain.status import RequirementState
from careloop.reports.soa_table import implementation, note

__all__ = ["soa_oscal"]

_OSCAL: Final = "1.2.1"
_OURS: Final = "urn:careloop:oscal"
_STATES: Final = {
    RequirementState.COMPLETE: "implemented",
    RequirementState.PARTIAL: "partial",
    RequirementState.PLANNED: "planned",
    RequirementState.MISSING: "missing",
    RequirementState.EXCLUDED: "not-applicable",
}
_STAGES: Final = {"operation": "operational", "retirement": "disposition", "retired": "disposition"}


def soa_oscal(statement: Statement) -> dict[str, Any]:
    """The plan as OSCAL's JSON; `missing` is a state of ours, for OSCAL has no word for it."""
    catalogue = _uuid(statement, "catalogue")
    plan = {
        "uuid": _uuid(statement, "plan"),
        "metadata": _metadata(statement),
        "import-profile": {"href": f"#{catalogue}", "remarks": "Reference controls of the standard, and our own."},
        "system-characteristics": _characteristics(statement),
        "system-implementation": _implementation(statement),
        "control-implementation": {
            "description": note(),
            "implemented-requirements": [
                _requirement(statement, row, place) for place, row in enumerate(statement.rows)
            ],
        },
        "back-matter": {
            "resources": [
                {
                    "uuid": catalogue,
                    "title": "Reference controls",
                    "citation": {"text": "ISO/IEC 42001:2023, Annex A; and controls.yaml for the organisation's own."},
                }
            ]
        },
    }
    return {"system-security-plan": plan}


def _metadata(statement: Statement) -> dict[str, Any]:
    party = _uuid(statement, "organisation")
    return {
        "title": f"Statement of Applicability of {statement.organisation}",
        "last-modified": statement.now.isoformat(timespec="seconds"),
        "version": statement.decided.version or "0",
        "oscal-version": _OSCAL,
        "props": [
            _prop("careloop-version", __version__),
            _prop("standards-digest", statement.standards_digest),
            _prop("commit", statement.commit or "none"),
            _prop("treatment-plan", statement.approval.state.value),
            _prop("treatment-plan-digest", statement.approval.digest),
        ],
        "roles": [{"id": post, "title": title} for post, title in statement.posts],
        "parties": [{"uuid": party, "type": "organization", "name": statement.organisation}],
    }


def _characteristics(statement: Statement) -> dict[str, Any]:
    return {
        "system-ids": [{"id": _uuid(statement, "system")}],
        "system-name": f"AI management system of {statement.organisation}",
        "description": statement.scope,
        "system-information": {
            "information-types": [
                {
                    "uuid": _uuid(statement, "information"),
                    "title": "Information of the AI systems in scope",
                    "description": "As each system's document and data sheets say.",
                }
            ]
        },
        "status": {"state": "operational"},
        "authorization-boundary": {"description": statement.scope},
    }


def _implementation(statement: Statement) -> dict[str, Any]:
    own = {
        "uuid": _uuid(statement, "this-system"),
        "type": "this-system",
        "title": "AI management system",
        "description": statement.scope,
        "status": {"state": "operational"},
    }
    systems = [
        {
            "uuid": _uuid(statement, f"systems/{identity}"),
            "type": "service",
            "title": name,
            "description": f"AI system {identity}, at stage {stage}.",
            "status": {"state": _STAGES.get(stage, "under-development")},
        }
        for identity, name, stage in statement.systems
    ]
    user = {
        "uuid": _uuid(statement, "owner"),
        "title": "Owner of the statement",
        "role-ids": [statement.decided.owner],
    }
    return {"users": [user], "components": [own, *systems]}


def _requirement(statement: Statement, row: SoaRow, place: int) -> dict[str, Any]:
    name = f"{row.control}#{place}"
    because = "; ".join(row.because) or implementation(row)
    told: dict[str, Any] = {
        "uuid": _uuid(statement, name),
        "control-id": row.item,
        "props": [
            _prop("framework", row.control.rpartition("/")[0]),
            _prop("applies", "yes" if row.applies else "no"),
            *([_prop("ground", row.ground)] if row.ground else []),
            *(_prop("limited-to", system) for system in row.systems),
            *([_prop("degraded", "yes")] if row.degraded else []),
            *([_prop("unplanned", "yes")] if row.unplanned else []),
            *([_prop("excluded-until", row.expires.isoformat())] if row.expires else []),
            *([_prop("planned-for", row.plan.due.isoformat())] if row.plan else []),
            *(_prop("treats-risk", risk.id) for risk in row.risks),
            *(_prop("evidence", line.ref) for line in row.evidence),
        ],
        "responsible-roles": [{"role-id": row.owner}],
        "by-components": [
            {
                "component-uuid": _uuid(statement, "this-system"),
                "uuid": _uuid(statement, f"{name}/this-system"),
                "description": f"{row.title}: {implementation(row)}.",
                "implementation-status": {"state": _STATES[row.status], "remarks": because},
            }
        ],
        "remarks": row.justification,
    }
    return told


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _OURS, "value": value}


def _uuid(statement: Statement, name: str) -> str:
    """A UUID, version 5, that follows from the statement's organisation and the name of the part (RFC 9562, 5.5)."""
    said = f"{_OURS}\0{statement.organisation}\0{statement.system or '*'}\0{name}"
    raw = bytearray(sha1(said.encode(), usedforsecurity=False).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x50
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
