"""What was in force on a day: version, who approved it, when it was reviewed, in which commit (R9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.change import CommitMade
from careloop.domain.history import DocumentVersion, InForce, SignedApproval
from careloop.domain.noun import Governed, days_in
from careloop.domain.organisation import Approval
from careloop.domain.repository import Document
from careloop.domain.source_tree import SourceTree
from careloop.errors import InvalidInput, NotFound
from careloop.gates.change_control import ChangeControl
from careloop.ports.change_history import ChangeHistory
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.workflows.commit_in_force import commit_in_force
from careloop.workflows.evolve.standpoint import instant_of, zone_of

__all__ = ["HistoryDesk", "in_force_on", "versions_of"]

_WHO = ("care.yaml", "roles.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDesk:
    """All that history is read from."""

    source: RepositorySource
    history: ChangeHistory
    ledger: Ledger | None
    standards_digest: str
    now: datetime


def in_force_on(desk: HistoryDesk, on: str, path: str | None = None) -> InForce:
    """What was in force at the end of a day, or at an instant: one document, those of a folder, or all.

    The last `policy.in_force` entry of the ledger decides; without one, the line of first parents, and the answer says
    so. Raises `InvalidInput` for a day to come, `NotFound` when nothing, or no such document, was in force.
    """
    zone = zone_of(_compiled(desk, "HEAD", "care.yaml").repository.organisation)
    local = instant_of(on, zone)
    if local.date() > desk.now.astimezone(zone).date():
        raise InvalidInput(f"--on {on} is still to come", hint="name a day that has begun")
    instant = local.astimezone(UTC)
    recorded = commit_in_force(desk.ledger, instant + timedelta(seconds=1))
    commit = recorded or desk.source.in_force(instant)
    if commit is None:
        raise NotFound(f"nothing was in force on {on}", hint="the first commit of the branch is later")
    documents = [one for one in compile_tree(desk.source.at(commit)).repository.documents if _meant(one.path, path)]
    if not documents:
        raise NotFound(f"there was no document {path} in what was in force on {on}")
    altered = desk.history.last_altered(commit, [document.path for document in documents])
    versions = _Versions(desk)
    told = tuple(versions.of(one, altered[one.path]) for one in documents if one.path in altered)
    by: Literal["ledger", "history"] = "ledger" if recorded else "history"
    return InForce(on=on, commit=commit, by=by, documents=told, standards_digest=desk.standards_digest)


def versions_of(desk: HistoryDesk, path: str, *, most: int) -> InForce:
    """Every version of one document that was ever in force by the line of first parents, newest first."""
    line = desk.history.line_of("HEAD", path)
    if not line:
        raise NotFound(f"no commit ever brought {path}", hint="name a document, such as policies/ai-policy.md")
    versions = _Versions(desk)
    told = []
    for commit in line[:most]:
        found = [one for one in _compiled(desk, commit.id, path).repository.documents if one.path == path]
        told += [versions.of(document, commit) for document in found]
    head = desk.source.resolve("HEAD")
    return InForce(on=None, commit=head, by="history", documents=tuple(told), standards_digest=desk.standards_digest)


def _meant(path: str, asked: str | None) -> bool:
    return asked is None or path == asked or path.startswith(f"{asked.rstrip('/')}/")


def _compiled(desk: HistoryDesk, revision: str, *paths: str) -> Compiled:
    """A few documents of a commit, with care.yaml that says how to read them."""
    tree = desk.source.at(revision)
    wanted = {*paths, "care.yaml"}
    return compile_tree(SourceTree({path: raw for path, raw in tree.files.items() if path in wanted}))


class _Versions:
    """Turns documents into versions; what one commit says about approvals is worked out once."""

    def __init__(self, desk: HistoryDesk) -> None:
        self._desk = desk
        self._approvals: dict[str, dict[str, tuple[SignedApproval, ...]]] = {}

    def of(self, document: Document, commit: CommitMade) -> DocumentVersion:
        noun = document.noun
        governed = noun if isinstance(noun, Governed) else None
        stated = getattr(noun, "approved", None)
        approval = stated if isinstance(stated, Approval) else None
        title = next((str(found) for name in ("title", "name", "id") if (found := getattr(noun, name, None))), "")
        return DocumentVersion(
            path=document.path,
            kind=document.kind,
            title=title,
            version=governed.version if governed else None,
            reviewed=governed.reviewed if governed else None,
            review_due=_due(governed),
            approved_by=approval.by if approval else None,
            approved_on=approval.on if approval else None,
            signed=self._signed(commit).get(document.path, ()),
            commit=commit.id,
            since=commit.committed_at,
        )

    def _signed(self, commit: CommitMade) -> dict[str, tuple[SignedApproval, ...]]:
        if commit.id not in self._approvals:
            self._approvals[commit.id] = dict(self._read(commit))
        return self._approvals[commit.id]

    def _read(self, commit: CommitMade) -> Iterator[tuple[str, tuple[SignedApproval, ...]]]:
        """Approvals that the commit brought with it, judged by who was who in the commit before it, on its day."""
        if not commit.parents:
            return
        base, history = commit.parents[0], self._desk.history
        who = _compiled(self._desk, base, *_WHO)
        control = ChangeControl(who, history.owners_file(base), commit.committed_at.date())
        change = history.change(base, commit.id)
        signatures = history.signatures([one.id for one in change.commits], control.signers)
        for path, given in control.approvals(change, signatures).items():
            yield path, tuple(SignedApproval(person=one.person, commit=one.commit, how=one.how) for one in given)


def _due(noun: Governed | None) -> date | None:
    if noun is None or noun.reviewed is None:
        return None
    return noun.reviewed + timedelta(days=days_in(noun.review_every))
