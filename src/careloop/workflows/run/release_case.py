"""Puts together what the gate decides on: the lock, its results, the documents in force, the people, the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from careloop.domain.approval import APPROVE_RELEASE, Approval, ApprovalCount, Refusal, Rejection
from careloop.domain.card import Card
from careloop.domain.decision import Decision, Reason, ReasonKind, Verdict
from careloop.domain.emergency import Emergency
from careloop.domain.evolve import Waiver
from careloop.domain.organisation import Quorum
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.release import Release, Result, ResultsFile
from careloop.domain.release_lock import Presence, ReleaseLock
from careloop.domain.residual import LiveRisk
from careloop.domain.roles import Function
from careloop.domain.rule import Subject
from careloop.domain.standing import Standing
from careloop.domain.system import System
from careloop.domain.validation import Validation
from careloop.errors import InvalidInput, NotFound
from careloop.gates.assessment import assessment_reasons
from careloop.gates.card_claims import claim_reasons
from careloop.gates.card_standing import card_reasons
from careloop.gates.count_approvals import ApprovalTerms, count_approvals
from careloop.gates.decide import GateCase, decide
from careloop.gates.judge_results import Judged, Terms, freshness_days, judge_results
from careloop.gates.lock_cover import cover_reasons, fixed_part
from careloop.gates.matters import granted_waivers
from careloop.gates.obstacles import (
    artefact_reasons,
    document_reasons,
    envelope_reasons,
    hosted_model_reasons,
    rejection_reasons,
    review_reasons,
)
from careloop.gates.read_files import read_lock, read_results
from careloop.gates.release_rules import ReleaseRules
from careloop.gates.rollback_target import rollback_target
from careloop.gates.slice import slice_bytes, slice_digest
from careloop.gates.supplier_stop import supplier_reasons
from careloop.gates.validation import is_validated, validation_reasons
from careloop.workflows.assessed_before import PastDocuments, outdated_assessment
from careloop.workflows.emergencies import emergencies_of
from careloop.workflows.grants import grants_of
from careloop.workflows.read_live_status import Reading, read_live_risks
from careloop.workflows.run.granted import Candidate, Envelopes, envelopes_for
from careloop.workflows.run.legal_bars import read_legal_bars
from careloop.workflows.run.release_desk import Governance, ReleaseDesk
from careloop.workflows.run.release_records import Asked, approvals_of, rejections_of, standings_of, validations_of

__all__ = ["ReleaseCase", "case_from_blobs", "lock_of", "presence_of"]

_UNKNOWN_AUTHORS: Final = Reason(
    kind=ReasonKind.REQUESTER,
    effect=Verdict.BLOCK,
    message="the lock names a code commit that is not known here, so nobody can tell who wrote it",
    remedy="lock the release where its code lies: `care release lock` then notes the authors",
)


@dataclass(frozen=True)
class ReleaseCase:
    """One release, for one environment, against the documents in force at one instant."""

    lock: ReleaseLock
    results: tuple[ResultsFile, ...]
    environment: str
    governance: Governance
    desk: ReleaseDesk

    @cached_property
    def digest(self) -> str:
        """The lock's digest."""
        return self.lock.digest

    @cached_property
    def system(self) -> System:
        """The system that the release is of."""
        return self.governance.system(self.lock.system)

    @cached_property
    def slice_text(self) -> bytes:
        """Everything material that the decision reads."""
        grounds = self.governance.slice_grounds(self.system)
        return slice_bytes(grounds, lock=self.digest, results=self.results, fresh_days=self._fresh_days)

    @cached_property
    def slice(self) -> str:
        """Its digest."""
        return slice_digest(self.slice_text)

    @cached_property
    def authors(self) -> frozenset[str]:
        """Mail addresses of those who made what is released: code, documents and artefacts as last changed."""
        named = [artefact.name for artefact in self.lock.artefacts if not artefact.name.startswith("models:/")]
        paths = [f"systems/{self.system.id}", *named, *filter(None, map(fixed_part, self.system.artefacts))]
        documents = self.desk.history.last_hands(self.governance.commit, paths)
        return documents | (self._coders or frozenset())

    @cached_property
    def _coders(self) -> frozenset[str] | None:
        """Those who made the code commit; null when it is named and nobody here knows it."""
        if self.lock.code_authors or self.lock.code_commit is None:
            return frozenset(mail.casefold() for mail in self.lock.code_authors)
        try:
            return self.desk.history.hands(self.lock.code_commit)
        except NotFound:
            return None

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """All standings of the system."""
        return standings_of(self.desk.ledger, self.system.id, now=self.governance.now)

    @cached_property
    def rejections(self) -> tuple[Rejection, ...]:
        """What was said no to on exactly these grounds."""
        return tuple(
            one
            for one in rejections_of(self.desk.ledger, self.digest)
            if (one.slice, one.environment) == (self.slice, self.environment)
        )

    @cached_property
    def standing(self) -> Standing | None:
        """The valid standing of this very release in this environment."""
        mine = [one for one in self.standings if (one.lock, one.environment) == (self.digest, self.environment)]
        return mine[-1] if mine and mine[-1].valid else None

    @cached_property
    def rollback(self) -> RollbackTarget:
        """The earlier release that could take over."""
        return rollback_target(
            self.standings,
            environment=self.environment,
            instead_of=self.digest,
            presence=lambda lock: presence_of(lock, self.desk),
        )

    @cached_property
    def risks(self) -> tuple[LiveRisk, ...]:
        """The system's risks as they stand with the controls that are evidenced now."""
        governance, system = self.governance, self.system.id
        if system not in governance.live_risks:
            governance.live_risks[system] = read_live_risks(self._reading, system)
        return governance.live_risks[system]

    @property
    def _reading(self) -> Reading:
        governance = self.governance
        return Reading(
            compiled=governance.compiled,
            catalogue=governance.catalogue,
            source=self.desk.source,
            ledger=self.desk.ledger,
            now=governance.here,
            commit=governance.commit,
        )

    def count(self, asked: Asked | None) -> ApprovalCount:
        """The approvals of a request that count now."""
        if asked is None:
            return ApprovalCount()
        return count_approvals(approvals_of(self.desk.ledger, asked.digest), self.terms(asked))

    def refusal_of(self, approval: Approval, asked: Asked) -> Refusal | None:
        """Why an approval that is not recorded yet would not count; None when it would."""
        earlier = approvals_of(self.desk.ledger, asked.digest)
        count = count_approvals([*earlier, approval], self.terms(asked))
        counts = any(one.approval == approval for one in count.counted)
        return None if counts else count.refused[-1]

    def terms(self, asked: Asked) -> ApprovalTerms:
        """What approvals of a request are held against."""
        governance = self.governance
        return ApprovalTerms(request=asked.request, people=governance.people, authors=self.authors, now=governance.now)

    def decide(self, count: ApprovalCount) -> Decision:
        """The gate's decision with these approvals; a standing keeps those that were used up for it."""
        kept = self.standing.approvals if self.standing else 0
        use = self.envelopes.inside if self.standing is None else None
        voices = len(use.people) if use else 0
        case = GateCase(
            release=self._release(max(count.given, kept, voices)),
            system=self.system,
            risks=self.risks,
            rules=self._rules,
            approvals=count,
            approvers=self._approvers,
            quorum=self._quorum,
            functions=self._functions(count),
            envelope=use,
            obstacles=self._obstacles,
        )
        return decide(case)

    @property
    def _overdue(self) -> tuple[Emergency, ...]:
        """Emergencies of this system, and on call of any, that were not reviewed in time; a standing is not held."""
        if self.standing is not None:
            return ()
        every = emergencies_of(self.desk.ledger)
        mine = (one for one in every if one.system in (None, self.system.id))
        return tuple(one for one in mine if one.overdue(self.governance.now))

    @cached_property
    def envelopes(self) -> Envelopes:
        """The change envelope that it lies in, or why it lies in none."""
        candidate = Candidate(
            lock=self.lock, results=self._judged.results, environment=self.environment, standings=self.standings
        )
        return envelopes_for(candidate, self.governance, self.desk.ledger)

    @cached_property
    def _rules(self) -> ReleaseRules:
        governance = self.governance
        if not governance.repository.nouns(Waiver):
            return governance.rules
        granted = granted_waivers(governance.repository, grants_of(self.desk.ledger), governance.here)
        return replace(self.governance.rules, granted=granted) if granted else self.governance.rules

    @property
    def _quorum(self) -> Quorum:
        organisation = self.governance.repository.organisation
        return (organisation.approvals if organisation else {}).get(self.system.tier, Quorum())

    def _functions(self, count: ApprovalCount) -> frozenset[Function]:
        """Functions that count towards the quorum; a standing keeps what it was given for."""
        wanted = frozenset(self._quorum.functions.of) if self._quorum.functions else frozenset()
        if self.standing is not None:
            return wanted
        voices = [one.approval.person for one in count.counted]
        if self.envelopes.inside is not None:
            voices = max(voices, list(self.envelopes.inside.people), key=len)
        return self.governance.people.functions(voices, APPROVE_RELEASE, wanted)

    @property
    def _approvers(self) -> tuple[str, ...]:
        people = self.governance.people
        wrote = {people.identity(author) for author in self.authors}
        return tuple(one for one in people.may(APPROVE_RELEASE) if people.identity(one) not in wrote)

    @cached_property
    def _fresh_days(self) -> int:
        organisation = self.governance.repository.organisation
        intervals: Mapping[str, str] = organisation.intervals if organisation else {}
        return freshness_days(self.system.tier, intervals)

    @property
    def judged(self) -> tuple[Result, ...]:
        """The results as far as they can be believed, and as rules see them."""
        return self._judged.results

    @property
    def accepted(self) -> tuple[tuple[int, tuple[Result, ...]], ...]:
        """Results files by their place, with their results, that were measured on this release and are fresh."""
        return self._judged.accepted

    @cached_property
    def _judged(self) -> Judged:
        terms = Terms(
            lock=self.lock,
            fresh_days=self._fresh_days,
            now=self.governance.now,
            expected=self.system.evaluation,
            bars=read_legal_bars(self._reading, self.system),
            today=self.governance.on,
        )
        return judge_results(self.results, terms)

    @cached_property
    def _obstacles(self) -> tuple[Reason, ...]:
        governance = self.governance
        found = {
            artefact.name: self.desk.artefacts.check(artefact, release=self.digest) for artefact in self.lock.artefacts
        }
        return (
            *document_reasons(governance.compiled, governance.book, self.system.id),
            *artefact_reasons(found),
            *hosted_model_reasons(self.lock, self.system.tier),
            *cover_reasons(self.lock, self.system, self._is_here),
            *rejection_reasons(self.rejections),
            *self._judged.reasons,
            *card_reasons(self._card, f"systems/{self.system.id}/card.md", self.system.tier),
            *assessment_reasons(self._outdated, self.system.tier),
            *supplier_reasons(self.system, governance.repository, governance.catalogue.shelf, governance.on),
            *claim_reasons(self._card, f"systems/{self.system.id}/card.md", self.results),
            *envelope_reasons(self.envelopes.outside),
            *review_reasons(self._overdue),
            *validation_reasons(self._validations, self.governance.people),
            *(() if self._coders is not None else (_UNKNOWN_AUTHORS,)),
        )

    def _is_here(self, path: str) -> bool:
        """Whether something lies at a path where artefacts lie."""
        try:
            self.desk.artefacts.measure(path)
        except NotFound:
            return False
        except InvalidInput:
            return True
        return True

    @cached_property
    def _validations(self) -> Sequence[Validation]:
        return validations_of(self.desk.ledger, self.digest)

    def _release(self, approvals: int) -> Release:
        return Release(
            id=self.digest.removeprefix("sha256:"),
            system=self.system.id,
            environment=self.environment,
            lock=self.digest,
            results=self._judged.results,
            card_digest_matches=self._card_describes_this(),
            results_match_lock=self._judged.all_match_lock,
            approvals=approvals,
            independent_validation=is_validated(self._validations, self.governance.people, self.authors),
            rollback_target_ready=self.rollback.lock is not None,
        )

    @cached_property
    def _outdated(self) -> tuple[str, tuple[str, ...]] | None:
        governance, desk = self.governance, self.desk
        if self.system.id not in governance.outdated:
            past = PastDocuments(desk.source)
            governance.outdated[self.system.id] = outdated_assessment(
                self.system, governance.repository, past=past, ledger=desk.ledger, now=governance.here
            )
        return governance.outdated[self.system.id]

    @cached_property
    def _card(self) -> Card | None:
        cases = self.governance.rules.cases.of(Subject.SYSTEM)
        card: Card | None = next(case.values["card"] for case in cases if case.id == self.system.id)
        return card

    def _card_describes_this(self) -> bool:
        """The card names the locked version, and no other release has had standing under that version."""
        card = self._card
        others = [one for one in self.standings if one.version == self.lock.version and one.lock != self.digest]
        return card is not None and card.version == self.lock.version and not others


def case_from_blobs(
    asked_results: Sequence[str], lock: str, environment: str, governance: Governance, desk: ReleaseDesk
) -> ReleaseCase:
    """The case as it was laid before the gate: its lock and results come from the ledger's own copies."""
    files = tuple(read_results(desk.ledger.get_blob(digest), f"results {digest[:12]}") for digest in asked_results)
    return ReleaseCase(lock_of(lock, desk), files, environment, governance, desk)


def lock_of(digest: str, desk: ReleaseDesk) -> ReleaseLock:
    """The lock of a digest, as the gate kept it; raises `NotFound` for a release that never came to the gate."""
    try:
        raw = desk.ledger.get_blob(digest.removeprefix("sha256:"))
    except NotFound as error:
        raise NotFound(
            f"no release {digest[:19]} has come to the gate", hint="run `care gate` with its lock first"
        ) from error
    lock = read_lock(raw, f"release {digest[:19]}")
    if lock.digest != digest:
        raise InvalidInput(f"what the ledger keeps as {digest[:19]} is another lock")
    return lock


def presence_of(digest: str, desk: ReleaseDesk) -> Presence:
    """Whether everything that a release's lock names is still here, byte for byte."""
    try:
        lock = lock_of(digest, desk)
    except NotFound:
        return Presence.MISSING
    found = {desk.artefacts.check(artefact, release=digest) for artefact in lock.artefacts}
    return next((worst for worst in (Presence.CHANGED, Presence.MISSING) if worst in found), Presence.SAME)
