"""Status = f(repository, ledger, now): claims to requirements, and what the programme owes. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import build_rule_book
from careloop.checks.subjects import Cases
from careloop.documents.compile import Compiled
from careloop.domain.controls import Controls, CustomControl
from careloop.domain.standard import Claim, Requirement
from careloop.domain.status import Records, Status
from careloop.domain.tier import Moment
from careloop.status.claims import ClaimJudge
from careloop.status.programme import programme_findings
from careloop.status.requirements import custom_claims, custom_requirement, requirement_row

__all__ = ["compute_status"]


def compute_status(compiled: Compiled, catalogue: Catalogue, records: Records | None, now: datetime) -> Status:
    """The status of everything at `now`; without records the ledger was not read, and its claims are unknown.

    `now` is in the organisation's time zone, which decides what day it is.
    """
    repository = compiled.repository
    controls = repository.only(Controls)
    custom: tuple[CustomControl, ...] = controls.custom if controls else ()
    requirements: tuple[Requirement, ...] = (*catalogue.requirements, *(custom_requirement(one) for one in custom))
    claims: Mapping[str, tuple[Claim, ...]] = {
        **catalogue.claims,
        **{f"own/{one.id}": custom_claims(one) for one in custom},
    }
    cases = Cases(repository, now)
    judge = ClaimJudge(cases, records, now)
    judged = judge.judge_all(claim for group in claims.values() for claim in group)
    today = now.date()
    rows = tuple(
        requirement_row(row, (judged[claim.id] for claim in claims.get(row.id, ())), controls, today)
        for row in requirements
    )
    book = build_rule_book(repository, catalogue, frozenset({Moment.ALWAYS}))
    failed = frozenset(error.place.file for error in compiled.errors)
    programme = tuple(programme_findings(repository, book, cases, failed, now))
    return Status(
        requirements=rows, programme=programme, ledger_size=records.size if records else None, now=now.astimezone(UTC)
    )
