"""Status = f(repository, ledger, now): claims to requirements, and what the programme owes. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import build_rule_book
from careloop.checks.subjects import Cases
from careloop.documents.compile import Compiled
from careloop.domain.controls import Controls, CustomControl
from careloop.domain.repository import Repository
from careloop.domain.standard import Claim, RecordEvidence, Requirement
from careloop.domain.status import Records, RequirementRow, Status
from careloop.domain.tier import Moment
from careloop.status.claims import ClaimJudge
from careloop.status.programme import programme_findings
from careloop.status.requirements import custom_claims, custom_requirement, requirement_row

__all__ = ["compute_status", "record_types", "requirement_rows"]


def compute_status(compiled: Compiled, catalogue: Catalogue, records: Records | None, now: datetime) -> Status:
    """The status of everything at `now`; without records the ledger was not read, and its claims are unknown.

    `now` is in the organisation's time zone, which decides what day it is.
    """
    repository = compiled.repository
    cases = Cases(repository, now)
    rows = requirement_rows(repository, catalogue, ClaimJudge(cases, records, now), now.date())
    book = build_rule_book(repository, catalogue, frozenset({Moment.ALWAYS}))
    failed = frozenset(error.place.file for error in compiled.errors)
    programme = tuple(programme_findings(repository, book, cases, failed, now))
    return Status(
        requirements=rows, programme=programme, ledger_size=records.size if records else None, now=now.astimezone(UTC)
    )


def requirement_rows(
    repository: Repository, catalogue: Catalogue, judge: ClaimJudge, today: date, only: frozenset[str] | None = None
) -> tuple[RequirementRow, ...]:
    """The rows of all requirements, or of those that `only` names, in the order of the status."""
    controls = repository.only(Controls)
    custom: tuple[CustomControl, ...] = controls.custom if controls else ()
    claims = _claims(custom, catalogue)
    every: tuple[Requirement, ...] = (*catalogue.requirements, *(custom_requirement(one) for one in custom))
    wanted = [row for row in every if only is None or row.id in only]
    judged = judge.judge_all(_with_sources([one for row in wanted for one in claims.get(row.id, ())], claims))
    return tuple(
        requirement_row(row, (judged[claim.id] for claim in claims.get(row.id, ())), controls, today) for row in wanted
    )


def record_types(repository: Repository, catalogue: Catalogue, only: frozenset[str]) -> frozenset[str]:
    """Types of ledger entries that can show these requirements, so that no others need be read."""
    controls = repository.only(Controls)
    claims = _claims(controls.custom if controls else (), catalogue)
    wanted = _with_sources([one for name in only for one in claims.get(name, ())], claims)
    shown = (evidence for claim in wanted for evidence in (claim.record, *claim.any_of))
    return frozenset(kind for evidence in shown if isinstance(evidence, RecordEvidence) for kind in evidence.types)


def _claims(custom: tuple[CustomControl, ...], catalogue: Catalogue) -> Mapping[str, tuple[Claim, ...]]:
    return {**catalogue.claims, **{f"own/{one.id}": custom_claims(one) for one in custom}}


def _with_sources(wanted: list[Claim], claims: Mapping[str, tuple[Claim, ...]]) -> list[Claim]:
    """The claims, and those elsewhere whose state they take over."""
    here = {claim.id for claim in wanted}
    elsewhere = {claim.same_as for claim in wanted if claim.same_as is not None} - here
    if not elsewhere:
        return wanted
    return [*wanted, *(claim for group in claims.values() for claim in group if claim.id in elsewhere)]
