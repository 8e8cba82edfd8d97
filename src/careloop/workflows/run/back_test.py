"""`care change plan BRANCH`: which of the last releases a branch's rules would have blocked or newly allowed.

Each of the last decisions is made twice more at its own instant, with the results, approvals and ledger of then: by the
documents of then, and by the same with the branch's changes laid over. Cards stay as they were, since they describe one
release; files of releases are taken to be there, since whether they still are is no matter of the rules. The standards
that ship with careloop are today's on both sides. Nothing is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from careloop.documents.compile import compile_tree
from careloop.domain.back_test import BackTest, Effect, PastRelease
from careloop.domain.decision import Decision, Reason, Verdict
from careloop.domain.release_lock import Artefact, Fingerprint, Presence
from careloop.domain.source_tree import SourceTree
from careloop.errors import CareloopError, InvalidInput, NotFound
from careloop.ports.change_history import ChangeHistory
from careloop.ports.ledger import Entry
from careloop.workflows.emergencies import calls_in_force
from careloop.workflows.ledger_as_it_was import LedgerAsItWas
from careloop.workflows.run.release_case import case_from_blobs
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, governance_of, read_governance
from careloop.workflows.run.release_records import find_request

__all__ = ["BackTestAsk", "back_test"]

_CARD = "/card.md"


@dataclass(frozen=True, slots=True)
class BackTestAsk:
    """A branch, and how many releases back it is held against."""

    branch: str
    last: int = 20


class _AllThere:
    """Every artefact as it was locked."""

    def measure(self, name: str) -> Fingerprint:
        raise NotFound(f"{name} is not measured again")

    def check(self, artefact: Artefact, *, release: str | None = None) -> Presence:
        return Presence.SAME


def back_test(ask: BackTestAsk, desk: ReleaseDesk, changes: ChangeHistory, now: datetime) -> BackTest:
    """Hold the branch against the last decision about each of the last releases, newest first.

    Raises `NotFound` for an unknown branch, and `InvalidInput` when a document that it changes cannot be read.
    """
    base = read_governance(desk, now)
    change = changes.change(base.commit, ask.branch)
    tree = desk.source.at(change.head)
    _refuse_unreadable(tree, frozenset(change.after), ask.branch)
    governed = sorted(path for path in change.after if path in tree.files or path in desk.source.at(base.commit).files)
    tested = tuple(path for path in governed if not path.endswith(_CARD))
    overlay = {path: tree.files.get(path) for path in tested}
    player = _Player(desk, overlay)
    return BackTest(
        branch=ask.branch,
        base=base.commit,
        head=change.head,
        tested=tested,
        left_out=tuple(path for path in governed if path.endswith(_CARD)),
        releases=tuple(player.play(entry) for entry in _last_decisions(desk, ask.last)),
        standards_digest=base.standards_digest,
    )


def _refuse_unreadable(tree: SourceTree, changed: frozenset[str], branch: str) -> None:
    broken = [one for one in compile_tree(tree).errors if one.place.file in changed]
    if broken:
        said = "; ".join(f"{one.place}: {one.message}" for one in broken[:5])
        raise InvalidInput(f"{branch} cannot be judged by: {said}", hint="run `care check` on the branch")


def _last_decisions(desk: ReleaseDesk, last: int) -> list[Entry]:
    """The last decision about each release in each environment, newest first."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in desk.ledger.query(type="gate.decision"):
        key = (str(entry.record.data.get("lock")), str(entry.record.data.get("environment")))
        found.pop(key, None)
        found[key] = entry
    return list(reversed(found.values()))[:last]


@dataclass(frozen=True)
class _Player:
    """Makes past decisions again; documents of one commit are read once."""

    desk: ReleaseDesk
    overlay: Mapping[str, bytes | None]

    @cached_property
    def _read(self) -> dict[tuple[str, bool], Governance]:
        return {}

    def play(self, entry: Entry) -> PastRelease:
        """One decision, by the documents of then and by the branch's."""
        data = entry.record.data
        recorded = Verdict(str(data.get("decision")))
        before = after = None
        why: str | None = None
        try:
            before = self._decide(entry, branch=False)
            after = self._decide(entry, branch=True)
        except CareloopError as error:
            why = error.message
        return PastRelease(
            system=str(data.get("system")),
            version=str(data.get("version")),
            environment=str(data.get("environment")),
            lock=str(data.get("lock")),
            decided_at=entry.record.occurred_at,
            index=entry.index,
            recorded=recorded,
            before=before.verdict if before else None,
            after=after.verdict if after else None,
            effect=_effect(before, after),
            reasons=_difference(before, after),
            because=why,
        )

    def _decide(self, entry: Entry, *, branch: bool) -> Decision:
        data = entry.record.data
        then = replace(self.desk, ledger=LedgerAsItWas(self.desk.ledger, entry.index), artefacts=_AllThere())
        at = entry.record.occurred_at
        documents = self._documents(str(data.get("commit")), branch, at)
        governance = replace(documents, now=at, calls=calls_in_force(then.ledger, at))
        results = data.get("results")
        kept = tuple(map(str, results)) if isinstance(results, list) else ()
        case = case_from_blobs(kept, str(data.get("lock")), str(data.get("environment")), governance, then)
        request = data.get("request")
        asked = (
            find_request(then.ledger, str(request)) if isinstance(request, str) and _is_there(then, request) else None
        )
        return case.decide(case.count(asked))

    def _documents(self, commit: str, branch: bool, at: datetime) -> Governance:
        if (commit, branch) not in self._read:
            tree = self.desk.source.at(commit)
            if branch:
                files = {path: raw for path, raw in tree.files.items() if path not in self.overlay}
                files |= {path: raw for path, raw in self.overlay.items() if raw is not None}
                tree = replace(tree, files=files)
            self._read[commit, branch] = governance_of(tree, commit, self.desk, at)
        return self._read[commit, branch]


def _is_there(desk: ReleaseDesk, request: str) -> bool:
    """Whether people had been asked before the decision, and not by it."""
    return any(True for _ in desk.ledger.query(type="approval.requested", subject=f"requests/{request}"))


def _effect(before: Decision | None, after: Decision | None) -> Effect:
    if before is None or after is None:
        return Effect.CANNOT_TELL
    if before.verdict is after.verdict:
        return Effect.SAME
    if after.verdict is Verdict.BLOCK:
        return Effect.BLOCKED
    if after.verdict is Verdict.ALLOW:
        return Effect.NEWLY_ALLOWED
    return Effect.WAITING if before.verdict is Verdict.ALLOW else Effect.LOOSER


def _difference(before: Decision | None, after: Decision | None) -> tuple[Reason, ...]:
    """What decides on one side and not on the other."""
    if before is None or after is None or before.verdict is after.verdict:
        return ()
    more, less = (after, before) if after.verdict.rank > before.verdict.rank else (before, after)
    known = {_name(one) for one in less.reasons if one.effect.rank >= more.verdict.rank}
    return tuple(one for one in more.reasons if one.effect is more.verdict and _name(one) not in known)


def _name(reason: Reason) -> tuple[str, str | None, str | None, str]:
    return reason.kind.value, reason.rule, reason.measure, reason.message
