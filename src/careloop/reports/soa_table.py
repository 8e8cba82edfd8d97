"""The Statement of Applicability as a table of plain texts, shared by every form that is a table."""

from collections import Counter
from typing import Final

from careloop.domain.soa import PlanState, SoaRisk, SoaRow, Statement
from careloop.domain.status import RequirementState

__all__ = ["COLUMNS", "about", "cells", "counted", "implementation", "note"]

COLUMNS: Final = (
    "Control",
    "Title",
    "Applies",
    "Ground",
    "Justification",
    "Limited to",
    "Implementation",
    "Not shown yet",
    "Evidence",
    "Fresh until",
    "Risks treated",
    "Owner",
    "Planned",
    "Excluded until",
    "Approved",
)
_WORDS: Final = {
    RequirementState.COMPLETE: "evidence complete",
    RequirementState.EXCLUDED: "excluded",
    RequirementState.PLANNED: "planned",
    RequirementState.PARTIAL: "partial",
    RequirementState.MISSING: "missing",
}


def implementation(row: SoaRow) -> str:
    """How far the control is evidenced, in the words of this project: never whether it conforms."""
    marks = [_WORDS[row.status]]
    if row.degraded:
        marks.append("degraded")
    if row.expired:
        marks.append("exclusion expired")
    if row.unplanned:
        marks.append("unplanned")
    claims = f" ({row.held} of {row.claims} claims)" if row.applies else ""
    return ", ".join(marks) + claims


def cells(row: SoaRow) -> tuple[str, ...]:
    """One row, a text for each of `COLUMNS`; empty where there is nothing to say."""
    plan, approved = row.plan, row.approved
    interim = f", until then borne by {plan.interim.by}" if plan is not None and plan.interim else ""
    return (
        row.item,
        row.title,
        "yes" if row.applies else "no",
        row.ground or "",
        row.justification,
        ", ".join(row.systems),
        implementation(row),
        "; ".join(row.because),
        ", ".join(line.ref for line in row.evidence),
        row.fresh_until.isoformat() if row.fresh_until else "",
        "; ".join(map(_risk, row.risks)),
        row.owner,
        f"{plan.due} by {plan.owner}{interim}" if plan is not None else "",
        row.expires.isoformat() if row.expires else "",
        f"{approved.by} on {approved.on}" if approved else "",
    )


def _risk(risk: SoaRisk) -> str:
    steps = {who: getattr(risk.credit, who) for who in ("likelihood", "organisation", "individuals", "society")}
    lowered = ", ".join(f"{who} -{step}" for who, step in steps.items() if step)
    return f"{risk.id} ({risk.option.value}{f': {lowered}' if lowered else ''}; {risk.state.value})"


def counted(statement: Statement) -> str:
    """How many controls there are of each kind, in a sentence."""
    rows = statement.rows
    applying = sum(row.applies for row in rows)
    states = Counter(row.status for row in rows if row.applies)
    said = ", ".join(f"{states[state]} {_WORDS[state]}" for state in RequirementState if states[state])
    own = sum(row.own for row in rows)
    what = f"{len({row.control for row in statement.annex})} Annex A controls and {own} of our own"
    unplanned = sum(row.unplanned for row in rows)
    open_ends = f"; {unplanned} apply, are not evidence complete and nobody has planned them" if unplanned else ""
    return f"{what}: {applying} apply, {len(rows) - applying} excluded; {said}{open_ends}"


def note() -> str:
    """What the words do not say."""
    return "Implementation is computed from evidence. Whether it conforms is an auditor's finding."


def about(statement: Statement) -> tuple[tuple[str, str], ...]:
    """What the statement is and where it came from, as pairs of label and text."""
    commit = statement.commit or "none"
    dirty = " with uncommitted changes" if statement.dirty else ""
    day = f", in force on {statement.as_of} by {statement.in_force_by}" if statement.as_of else ""
    decided = statement.decided
    pairs = (
        ("Organisation", statement.organisation),
        ("Scope", statement.scope),
        ("System", statement.system or "all in scope"),
        ("Version", f"{decided.version}, reviewed {decided.reviewed or 'never'}, owner {decided.owner}"),
        ("Treatment plan", _approval(statement)),
        ("Available to", "; ".join(statement.decided.available_to)),
        ("Commit", f"{commit}{dirty}{day}"),
        ("Computed", statement.now.isoformat(timespec="seconds")),
        ("Counts", counted(statement)),
        ("Note", note()),
    )
    return tuple((label, text) for label, text in pairs if text)


def _approval(statement: Statement) -> str:
    words = {
        PlanState.SIGNED: "approved",
        PlanState.STATED: "approval stated, not signed",
        PlanState.VOID: "approval void",
        PlanState.NONE: "not approved",
    }
    approval = statement.approval
    return f"{words[approval.state]}: {approval.because} (digest {approval.digest[:19]})"
