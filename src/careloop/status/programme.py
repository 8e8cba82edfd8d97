"""What the programme owes: rules of moment `always`, each violation with its owner, its day and who acts meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from pydantic import BaseModel

from careloop.checks.rule_book import RuleBook
from careloop.checks.run import rule_findings
from careloop.checks.subjects import Cases
from careloop.domain.finding import Finding
from careloop.domain.noun import Governed, days_in
from careloop.domain.organisation import Organisation
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.risk import Risk
from careloop.domain.roles import Roles
from careloop.domain.status import ProgrammeFinding
from careloop.domain.third_party import Supplier
from careloop.domain.tier import Moment

__all__ = ["GRACE_DAYS", "programme_findings"]

_TURNING = "phases-turning"
GRACE_DAYS = 30
"""Days an owner has after something fell due, before it is overdue for good (SEMANTICS 7)."""


def programme_findings(
    repository: Repository, book: RuleBook, cases: Cases, failed: frozenset[str], now: datetime
) -> Iterator[ProgrammeFinding]:
    """Findings about the programme, in path order; never anybody's red pull request."""
    today = now.date()
    found = sorted(
        rule_findings(book.at(Moment.ALWAYS), cases, failed, today),
        key=lambda finding: (finding.place, finding.rule, finding.subject or ""),
    )
    for finding in found:
        if finding.rule == _TURNING and repository.organisation is not None:
            yield from _phases_owed(finding, repository.organisation, repository, today)
            continue
        why = f" ({'; '.join(finding.because[:2])})" if finding.because else ""
        subject = f"{finding.subject}: " if finding.subject not in (None, "organisation", finding.place.file) else ""
        yield ProgrammeFinding(
            rule=finding.rule,
            owner=finding.owner,
            due=_due(finding, repository),
            acting=_acting(finding, repository, today),
            message=f"{subject}{finding.message}{why}",
            file=finding.place.file,
        )


def _phases_owed(
    finding: Finding, organisation: Organisation, repository: Repository, today: date
) -> Iterator[ProgrammeFinding]:
    """Each phase that stands still, to whoever owns it (R1)."""
    for turn in organisation.phases:
        due = turn.last_run + timedelta(days=days_in(turn.every)) if turn.last_run is not None else None
        if due is not None and turn.last_run is not None and turn.last_run <= today <= due:
            continue
        why = f"was due on {due}" if due is not None else "has never run"
        mine = replace(finding, owner=turn.owner, subject=turn.owner)
        yield ProgrammeFinding(
            rule=finding.rule,
            owner=turn.owner,
            due=due + timedelta(days=GRACE_DAYS) if due is not None else None,
            acting=_acting(mine, repository, today),
            message=f"the phase {turn.phase.value} {why}",
            file=finding.place.file,
        )


def _due(finding: Finding, repository: Repository) -> date | None:
    """The day it must be put right by: the missed day plus the grace period; null where no day is written down."""
    noun = next((document.noun for document in repository.documents if document.path == finding.place.file), None)
    missed = _missed(noun, finding.pointer)
    return missed + timedelta(days=GRACE_DAYS) if missed else None


def _missed(noun: BaseModel | None, pointer: Pointer) -> date | None:
    """The day that was missed at this spot of a document: the end of a review, a statement, a contract, an action."""
    match noun, pointer:
        case Roles(), ("posts", int(position), *_):
            return noun.posts[position].vacant_since
        case Supplier(), ("attestations",):
            return max((attestation.expires for attestation in noun.attestations), default=None)
        case Supplier(), ("contract",):
            return noun.contract.ends
        case Risk(), ("treatment",):
            actions = noun.treatment.actions if noun.treatment else ()
            return min((action.due for action in actions if action.done is None), default=None)
        case Governed(), ("reviewed",) if noun.reviewed is not None:
            return noun.reviewed + timedelta(days=days_in(noun.review_every))
    return None


def _acting(finding: Finding, repository: Repository, today: date) -> str | None:
    """Who stands in: for the post the finding is about, or for the post that owns it."""
    roles = repository.only(Roles)
    for post in roles.posts if roles else ():
        if post.id in (finding.subject, finding.owner) and post.acting is not None and post.acting.until >= today:
            return post.acting.person
    return None
