"""From the status of requirements to gaps: what is open, what closes it, and how much it weighs (SEMANTICS 3)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from careloop.domain.controls import ControlDecision
from careloop.domain.gap import Coverage, GapKind, GapRow, Maturity, OpenClaim, StepKind
from careloop.domain.repository import Repository
from careloop.domain.standard import Basis, Claim, DocumentEvidence, RecordEvidence, RequirementKind
from careloop.domain.status import ClaimResult, ClaimState, Records, RequirementRow, RequirementState
from careloop.domain.tier import Phase

__all__ = ["coverage_of", "evidence_days", "gap_row", "maturity_of", "step_of"]

_BEYOND = (Basis.CARE, Basis.ANNEX_B)
_BEYOND_ISO = (*_BEYOND, Basis.LAW)


def step_of(claim: Claim) -> StepKind:
    """What closes a claim: a document, a deed on record, or a practice that certification does not ask for."""
    if claim.basis in _BEYOND:
        return StepKind.IMPROVE
    return StepKind.WRITE if any(isinstance(one, DocumentEvidence) for one in _evidence(claim)) else StepKind.RUN


def _evidence(claim: Claim) -> tuple[DocumentEvidence | RecordEvidence, ...]:
    return claim.any_of or tuple(one for one in (claim.document, claim.record) if one is not None)


def _by_word(claim: Claim) -> bool:
    kinds = [kind for one in _evidence(claim) if isinstance(one, RecordEvidence) for kind in one.types]
    return any(kind.startswith("attestation.") for kind in kinds)


def evidence_days(repository: Repository, records: Records | None) -> Mapping[str, date]:
    """The day of each piece of evidence, by the reference that claims give: a path, or `type#index`."""
    days = {document.path: day for document in repository.documents if (day := _day_of(document.noun)) is not None}
    lines = (*records.newest.values(), *records.about.values()) if records else ()
    return days | {f"{line.type}#{line.index}": line.recorded_at.date() for line in lines}


def _day_of(noun: object) -> date | None:
    """Last review of a document, or the day it was made for."""
    scope = getattr(noun, "scope", None)
    for holder, name in (
        (noun, "reviewed"),
        (noun, "on"),
        (getattr(noun, "assessed", None), "on"),
        (scope, "reviewed"),
    ):
        found = getattr(holder, name, None)
        if isinstance(found, date):
            return found
    return None


def gap_row(row: RequirementRow, decision: ControlDecision | None, days: Mapping[str, date], today: date) -> GapRow:
    """One requirement with what is open in it. An excluded one has nothing open: its reason is its evidence."""
    closed = row.status is RequirementState.EXCLUDED
    still_open = () if closed else tuple(_open(result) for result in row.claims if not result.held)
    kind, because = _kind(row, decision, today)
    held = [result for result in row.claims if result.held]
    dated = [days[line.ref] for one in held for line in one.judgement.evidence if line.ref in days]
    ends = [one.judgement.fresh_until for one in held if one.judgement.fresh_until is not None]
    return GapRow(
        requirement=row.requirement,
        status=row.status,
        care_status=row.care_status,
        level=row.level,
        kind=kind,
        because=because,
        held=len(held),
        total=len(row.claims),
        open=still_open,
        oldest=min(dated, default=None),
        fresh_until=min(ends, default=None),
    )


def _open(result: ClaimResult) -> OpenClaim:
    claim, judgement = result.claim, result.judgement
    return OpenClaim(
        id=claim.id,
        same_as=claim.same_as,
        text=claim.text,
        basis=claim.basis,
        state=judgement.state,
        because=judgement.because,
        remedy=claim.remedy,
        there=tuple(dict.fromkeys(line.ref for line in judgement.evidence if line.kind == "document")),
        cases=judgement.failing,
        subject=claim.for_each,
        weight=claim.weight,
        step=step_of(claim),
        by_word=_by_word(claim),
    )


def _kind(row: RequirementRow, decision: ControlDecision | None, today: date) -> tuple[GapKind, str]:
    if row.status is RequirementState.EXCLUDED:
        return GapKind.NONE, row.because
    if row.requirement.kind is RequirementKind.CARE:
        complete = row.care_status is RequirementState.COMPLETE
        return (GapKind.NONE, "") if complete else (GapKind.GAP, "a practice of CARE, which ISO/IEC 42001 leaves open")
    if row.status is RequirementState.COMPLETE:
        return _beyond(row)
    if row.status is RequirementState.PLANNED:
        return GapKind.GAP, f"{row.because}; the risk until then is accepted"
    if row.requirement.kind is RequirementKind.CLAUSE:
        return GapKind.NONCONFORMITY, "a clause that is not evidence complete"
    if row.requirement.kind is RequirementKind.OWN:
        return GapKind.NONCONFORMITY, "a control of your own that is claimed as implemented, without the evidence"
    return _control_kind(decision, today)


def _beyond(row: RequirementRow) -> tuple[GapKind, str]:
    """Complete against ISO: what else is open in it, if anything."""
    bases = {result.claim.basis for result in row.claims if not result.held and result.claim.basis in _BEYOND_ISO}
    if bases - {Basis.ANNEX_B}:
        return GapKind.GAP, "evidence complete against ISO/IEC 42001; a law or a practice of CARE asks for more"
    if bases:
        return GapKind.IMPROVEMENT, "evidence complete; Annex B, which is guidance, says more"
    return GapKind.NONE, ""


def _control_kind(decision: ControlDecision | None, today: date) -> tuple[GapKind, str]:
    """A control that is neither complete, nor planned in time, nor excluded."""
    if decision is None:
        return GapKind.GAP, "nobody has decided whether it applies; clause 6.1.3 carries that nonconformity"
    if not decision.applicable and decision.systems:
        return GapKind.NONCONFORMITY, f"left out for {', '.join(decision.systems)} only; unplanned for the rest"
    if not decision.applicable:
        return GapKind.NONCONFORMITY, f"overdue: its exclusion ran out on {decision.expires}"
    plan = decision.plan
    if plan is None:
        return GapKind.NONCONFORMITY, "claimed as implemented, without the evidence: it applies and nothing is planned"
    if plan.due < today:
        return GapKind.NONCONFORMITY, f"overdue: planned by {plan.owner} for {plan.due}"
    return GapKind.NONCONFORMITY, "planned, but nobody has accepted the risk until then, so it counts as unplanned"


def coverage_of(results: Iterable[ClaimResult]) -> tuple[Coverage, ...]:
    """How many claims documents, records, measurements, or only somebody's word can show."""
    counted: dict[str, list[ClaimState]] = {what: [] for what in _SHOWN_BY}
    for result in results:
        if result.claim.same_as is None:
            counted[_shown_by(result.claim)].append(result.judgement.state)
    return tuple(
        Coverage(
            what=what,
            held=states.count(ClaimState.HELD),
            unknown=states.count(ClaimState.UNKNOWN),
            total=len(states),
        )
        for what, states in counted.items()
    )


_DOCUMENTS, _RECORDS, _LAKE, _WORD = (
    "documents of this repository",
    "records of the ledger",
    "measurements of the lake",
    "nothing but somebody's word (attested, or recorded by hand)",
)
_SHOWN_BY = (_DOCUMENTS, _RECORDS, _LAKE, _WORD)


def _shown_by(claim: Claim) -> str:
    evidence = _evidence(claim)
    if any(isinstance(one, DocumentEvidence) for one in evidence):
        return _DOCUMENTS
    if _by_word(claim):
        return _WORD
    return _LAKE if all(isinstance(one, RecordEvidence) and one.source == "lake" for one in evidence) else _RECORDS


def maturity_of(rows: Iterable[RequirementRow]) -> Iterator[Maturity]:
    """Levels of the practices, a phase at a time."""
    practices = [row for row in rows if row.level is not None]
    for phase in Phase:
        levels = {row.requirement.id: row.level or 0 for row in practices if row.requirement.phase is phase}
        yield Maturity(phase=phase, levels=levels)
