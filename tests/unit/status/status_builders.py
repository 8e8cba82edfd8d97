"""Claims, records and repositories in a line or two, for the tests of the status engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from careloop.checks.subjects import Cases
from careloop.documents.compile import compile_tree
from careloop.domain.repository import Repository
from careloop.domain.standard import Basis, Claim, DocumentEvidence, RecordEvidence
from careloop.domain.status import ClaimResult, ClaimState, Judgement, RecordLine, Records
from careloop.domain.tier import Phase
from careloop.status.claims import ClaimJudge
from careloop.testing.source_tree_builder import Files, small_repository, tree_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TODAY = NOW.date()


def repository_of(files: Files | None = None) -> Repository:
    """The documents of these files, or of the small repository; every one of them can be read."""
    compiled = compile_tree(tree_of(small_repository() if files is None else files))
    assert not compiled.errors, compiled.errors
    return compiled.repository


def a_claim(
    identity: str = "c",
    *,
    document: DocumentEvidence | None = None,
    record: RecordEvidence | None = None,
    basis: Basis = Basis.CLAUSE,
    level: int = 1,
) -> Claim:
    """A claim; without evidence of its own, one that always holds."""
    shown = document if document or record else DocumentEvidence(holds="true")
    return Claim(
        id=identity,
        text="It is so.",
        basis=basis,
        phase=Phase.CREATE,
        document=shown,
        record=record,
        level=level,
        remedy="make it so",
    )


def of_each(claim: Claim, subject: str, *, where: str | None = None) -> Claim:
    """The claim, asked of every case of a subject, or of those that `where` speaks about."""
    return claim.model_copy(update={"for_each": subject, "where": where})


def in_ledger(*types: str, within: str | None = None, expires: bool = False) -> RecordEvidence:
    """A record of the ledger of one of these types."""
    return RecordEvidence(source="ledger", types=types, within=within, expires=expires)


def a_line(kind: str, *, index: int = 0, days_old: int = 0, expires_in: int | None = None) -> RecordLine:
    """A record made so many days ago, that counts for so many days from now."""
    ends = None if expires_in is None else NOW + timedelta(days=expires_in)
    return RecordLine(kind, index, NOW - timedelta(days=days_old), ends)


def records(*lines: RecordLine, about: str | None = None) -> Records:
    """A reading of the ledger that found these, each the newest of its type, about one subject where one is named."""
    said = {(line.type, about): line for line in lines} if about else {}
    return Records(len(lines), {line.type: line for line in lines}, said)


def judge(claim: Claim, *, files: Files | None = None, read: Records | None = None, at: datetime = NOW) -> Judgement:
    """The claim judged on a repository and a reading of the ledger."""
    judged = ClaimJudge(Cases(repository_of(files), at), read, at).judge_all([claim])
    return judged[claim.id].judgement


def a_result(state: ClaimState, *, basis: Basis = Basis.CLAUSE, level: int = 1, identity: str = "c") -> ClaimResult:
    """A claim that was judged to be in a state."""
    return ClaimResult(
        claim=a_claim(identity, basis=basis, level=level), judgement=Judgement(state=state, because="so it was judged")
    )
