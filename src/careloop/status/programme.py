"""What the programme owes: rules of moment `always`, each violation with its owner, its day and who acts meanwhile."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from careloop.checks.rule_book import RuleBook
from careloop.checks.run import rule_findings
from careloop.checks.subjects import Cases
from careloop.domain.finding import Finding
from careloop.domain.noun import Governed, days_in
from careloop.domain.repository import Repository
from careloop.domain.roles import Roles
from careloop.domain.status import ProgrammeFinding
from careloop.domain.third_party import Supplier
from careloop.domain.tier import Moment

__all__ = ["GRACE_DAYS", "programme_findings"]

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


def _due(finding: Finding, repository: Repository) -> date | None:
    """The day it must be put right by: the missed day plus the grace period; null where no day is written down."""
    missed: date | None = None
    for document in repository.documents:
        if document.path != finding.place.file:
            continue
        noun = document.noun
        if finding.pointer[:1] == ("posts",) and isinstance(noun, Roles) and isinstance(finding.pointer[1], int):
            missed = noun.posts[finding.pointer[1]].vacant_since
        elif isinstance(noun, Supplier) and "attestation" in finding.rule and noun.attestations:
            missed = min(attestation.expires for attestation in noun.attestations)
        elif isinstance(noun, Governed) and noun.reviewed is not None:
            missed = noun.reviewed + timedelta(days=days_in(noun.review_every))
    return missed + timedelta(days=GRACE_DAYS) if missed else None


def _acting(finding: Finding, repository: Repository, today: date) -> str | None:
    """Who stands in: for the post the finding is about, or for the post that owns it."""
    roles = repository.only(Roles)
    for post in roles.posts if roles else ():
        if post.id in (finding.subject, finding.owner) and post.acting is not None and post.acting.until >= today:
            return post.acting.person
    return None
