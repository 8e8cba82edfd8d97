"""The status with its past and its risks: what degraded since, what is left of each risk, who accepted it.

Shared by the phases that ask for it: the gate before a release, and everything that shows how things stand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from careloop.checks.catalogue import Catalogue
from careloop.checks.subjects import Cases
from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.aims import Processes
from careloop.domain.organisation import SystemExclusion
from careloop.domain.repository import Repository
from careloop.domain.residual import LiveRisk, TreatmentApproval
from careloop.domain.risk import Risk
from careloop.domain.roles import Roles
from careloop.domain.status import ProgrammeFinding, Records, RequirementRow, RequirementState, Status
from careloop.domain.system import Lifecycle, System
from careloop.errors import NotFound
from careloop.gates.people import People
from careloop.gates.session import session_terms
from careloop.gates.treatment import TREATMENT_TYPE, Terms, treatment_approvals
from careloop.ports.ledger import Entry, Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.status.claims import ClaimJudge
from careloop.status.compute import compute_status, record_types, requirement_rows
from careloop.status.degraded import Past, lapse_instants, marked, once_complete
from careloop.status.records import records_at, records_of
from careloop.status.residual import credited_controls, live_risks, risk_findings
from careloop.status.schedule import process_findings
from careloop.workflows.assessed_before import PastDocuments, outdated_assessment
from careloop.workflows.emergencies import emergencies_of
from careloop.workflows.read_schedule import read_schedule

__all__ = ["Reading", "read_approvals", "read_live_risks", "read_live_status", "read_rows"]

_WITNESSES: Final = ("gate.decision", TREATMENT_TYPE, "policy.in_force", "check.result")
"""Types of entries that name the commit whose documents were judged."""
_MOST_COMMITS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a status is computed from, at one instant."""

    compiled: Compiled
    catalogue: Catalogue
    source: RepositorySource
    ledger: Ledger | None
    now: datetime
    """In the organisation's time zone."""
    commit: str | None
    """The commit whose documents these are; null for a work tree that differs from it."""
    until: datetime | None = None
    """Entries recorded before it are read; null for all."""

    @property
    def repository(self) -> Repository:
        """The documents as nouns."""
        return self.compiled.repository


def read_live_status(reading: Reading) -> Status:
    """The status of every requirement, what was complete once marked, with every risk as it stands."""
    records = _records(reading, None)
    status = compute_status(reading.compiled, reading.catalogue, records, reading.now)
    rows = _with_past(reading, status.requirements, None)
    risks = _risks(reading, rows)
    owed = (
        *(*status.programme, *risk_findings(risks)),
        *(*_assessments_owed(reading), *_runs_owed(reading), *_unreviewed(reading)),
    )
    return replace(status, requirements=rows, risks=risks, programme=owed)


def _assessments_owed(reading: Reading) -> Iterator[ProgrammeFinding]:
    """Impact assessments that something has overtaken; one whose interval ran out is told by its rule already (R11)."""
    out, past = {one.system for one in _excluded(reading)}, PastDocuments(reading.source)
    for system in reading.repository.nouns(System):
        found = outdated_assessment(system, reading.repository, past=past, ledger=reading.ledger, now=reading.now)
        reasons = [one for one in found[1] if not one.startswith("its interval")] if found is not None else []
        if found is None or not reasons or system.id in out or system.lifecycle is Lifecycle.RETIREMENT:
            continue
        message = f"{system.id}: the impact assessment does not count any more: {'; '.join(reasons)}"
        yield ProgrammeFinding(
            rule="assessment-in-date", owner=system.owner, due=None, acting=None, message=message, file=found[0]
        )


def _runs_owed(reading: Reading) -> Iterable[ProgrammeFinding]:
    """Planned processes whose run is late or was missed (R10)."""
    path = reading.repository.path_of(Processes) or "aims/processes.yaml"
    return process_findings(read_schedule(reading.repository, reading.ledger, reading.now, reading.until), path)


def _excluded(reading: Reading) -> tuple[SystemExclusion, ...]:
    organisation = reading.repository.organisation
    return organisation.scope.systems_excluded if organisation else ()


def _unreviewed(reading: Reading) -> Iterator[ProgrammeFinding]:
    """Emergencies and authority on call that nobody has looked at in time (SEMANTICS 18; R37)."""
    organisation = reading.repository.organisation
    if reading.ledger is None or reading.until is not None:
        return
    for one in emergencies_of(reading.ledger):
        if one.overdue(reading.now):
            yield ProgrammeFinding(
                rule="emergency-reviewed",
                owner=organisation.owner if organisation else None,
                due=one.review_due.astimezone(reading.now.tzinfo).date(),
                acting=None,
                message=f"{one.person} acted by {one.kind.value} ({one.reason}), and nobody reviewed it: {one.record}",
                file=f"systems/{one.system}/system.yaml" if one.system else "roles.yaml",
            )


def read_live_risks(reading: Reading, system: str) -> tuple[LiveRisk, ...]:
    """The risks of one system as they stand; only the requirements that their treatments count on are judged."""
    mine = tuple(risk for risk in reading.repository.nouns(Risk) if system in risk.systems)
    rows = read_rows(reading, credited_controls(mine))
    return tuple(live for live in _risks(reading, rows) if system in live.risk.systems)


def read_rows(reading: Reading, wanted: frozenset[str]) -> tuple[RequirementRow, ...]:
    """How far these requirements are evidenced, with their past; an id that nobody knows has no row."""
    types = record_types(reading.repository, reading.catalogue, wanted)
    judge = ClaimJudge(Cases(reading.repository, reading.now), _records(reading, types), reading.now)
    rows = requirement_rows(reading.repository, reading.catalogue, judge, reading.now.date(), wanted)
    return _with_past(reading, rows, types)


def read_approvals(reading: Reading) -> tuple[TreatmentApproval, ...]:
    """Every approval of a treatment in the ledger, judged by the people in force."""
    roles = reading.repository.only(Roles)
    zone = reading.now.tzinfo
    if reading.ledger is None or roles is None or zone is None:
        return ()
    people = People(roles, reading.now.date(), session_terms(reading.repository.organisation))
    entries = (
        reading.ledger.query(type=TREATMENT_TYPE)
        if reading.until is None
        else reading.ledger.query(type=TREATMENT_TYPE, until=reading.until)
    )
    return treatment_approvals(entries, Terms(people, zone))


def _risks(reading: Reading, rows: tuple[RequirementRow, ...]) -> tuple[LiveRisk, ...]:
    by_id = {row.requirement.id: row for row in rows}
    return live_risks(reading.repository, by_id, read_approvals(reading), reading.now.date())


def _records(reading: Reading, types: frozenset[str] | None) -> Records | None:
    return None if reading.ledger is None else records_of(_entries(reading, reading.ledger, types))


def _entries(reading: Reading, ledger: Ledger, types: frozenset[str] | None) -> Iterable[Entry]:
    """Entries in order: all, or those of some types, which a store finds without reading the others."""
    until = reading.until
    if types is None:
        return ledger.query() if until is None else ledger.query(until=until)
    found = (
        entry
        for kind in types
        for entry in (ledger.query(type=kind) if until is None else ledger.query(type=kind, until=until))
    )
    return sorted(found, key=lambda entry: entry.index)


def _with_past(
    reading: Reading, rows: tuple[RequirementRow, ...], types: frozenset[str] | None
) -> tuple[RequirementRow, ...]:
    """The rows, those marked that were complete at an earlier size of the ledger."""
    if all(row.status in (RequirementState.COMPLETE, RequirementState.EXCLUDED) for row in rows):
        return rows
    pasts = tuple(_pasts(reading, rows, types))
    return marked(rows, once_complete(rows, pasts, reading.catalogue)) if pasts else rows


def _pasts(reading: Reading, rows: tuple[RequirementRow, ...], types: frozenset[str] | None) -> Iterator[Past]:
    """Where to look for what was complete once: just before evidence ran out, and at commits the ledger names."""
    if reading.ledger is None:
        return
    lapses = lapse_instants(rows)
    named = _earlier_commits(reading, reading.ledger)
    read = records_at(_entries(reading, reading.ledger, types), (*lapses, *named.values()))
    for at, records in zip(lapses, read, strict=False):
        yield Past(repository=reading.repository, records=records, at=at.astimezone(reading.now.tzinfo))
    for commit, records in zip(named, read[len(lapses) :], strict=True):
        try:
            repository = compile_tree(reading.source.at(commit)).repository
        except NotFound:
            continue
        yield Past(repository=repository, records=records, at=named[commit].astimezone(reading.now.tzinfo))


def _earlier_commits(reading: Reading, ledger: Ledger) -> dict[str, datetime]:
    """Commits other than this one that the ledger names, newest first, each with the last instant it was judged at."""
    seen: dict[str, datetime] = {}
    for kind in _WITNESSES:
        for entry in ledger.query(type=kind):
            commit = entry.record.data.get("commit")
            if isinstance(commit, str) and (reading.until is None or entry.recorded_at < reading.until):
                seen[commit] = max(entry.recorded_at, seen.get(commit, entry.recorded_at))
    seen.pop(reading.commit or "", None)
    newest = sorted(seen, key=lambda commit: seen[commit], reverse=True)[:_MOST_COMMITS]
    return {commit: seen[commit] for commit in newest}
