"""What people and automation do to the systems of the made-up group, each through its workflow."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from careloop import wiring
from careloop.adapters.parquet_lake import ParquetLake
from careloop.domain.decision import GateAnswer
from careloop.domain.deployment import Serving
from careloop.domain.release_lock import ArtefactKind, ReleaseLock
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.plans.orders import Order
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import Head, RepositorySource
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.decide_release import GateQuestion, decide_release
from careloop.workflows.run.deploy_release import deploy_release
from careloop.workflows.run.enter_safe_state import Place, enter_safe_state, plan_rollback, serving_now
from careloop.workflows.run.execute_plan import execute_plan
from careloop.workflows.run.give_approval import ApprovalAsk
from careloop.workflows.run.lock_release import ArtefactClaim, LockAsk, lock_release
from careloop.workflows.run.pause_automation import pause_automation
from careloop.workflows.run.record_release import RecordAsk, record_release
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import a_person
from careloop.workflows.run.revoke_release import RevokeAsk, revoke_release
from careloop.workflows.run.signed_order import OrderAsk, SignedOrder, sign_order
from careloop.workflows.run.validate_release import ValidationAsk, validate_release
from careloop.workflows.run.watch_desk import WatchDesk, hands_of, open_watch
from careloop.workflows.run.watch_system import watch_system
from fleet_documents import FleetSystem

__all__ = ["Deeds"]

ENVIRONMENT = "production"
APPROVERS, VALIDATOR, REQUESTER, OPERATOR = ("chidi-eze", "dora-petrova"), "emre-kaya", "bo-lindgren", "gil-moreau"


@dataclass(frozen=True)
class _OneSystem:
    """A `RepositorySource` that shows one system and what all share: a decision about it reads nothing else."""

    whole: RepositorySource
    system: str

    def work_tree(self) -> SourceTree:
        return self._only(self.whole.work_tree())

    def head(self) -> Head:
        return self.whole.head()

    def token(self) -> str:
        return self.whole.token()

    def at(self, revision: str) -> SourceTree:
        return self._only(_tree_at(self.whole, revision))

    def resolve(self, revision: str) -> str:
        return self.whole.resolve(revision)

    def changed(self, base: str, head: str | None) -> frozenset[str]:
        return self.whole.changed(base, head)

    def in_force(self, instant: datetime) -> str | None:
        return self.whole.in_force(instant)

    def _only(self, tree: SourceTree) -> SourceTree:
        others = ("systems/", "risk/register/")
        ours = (f"systems/{self.system}/", f"risk/register/{self.system}.yaml")
        kept = {path: raw for path, raw in tree.files.items() if not path.startswith(others) or path.startswith(ours)}
        return replace(tree, files=kept)


_TREES: dict[str, SourceTree] = {}


def _tree_at(source: RepositorySource, revision: str) -> SourceTree:
    if revision not in _TREES:
        _TREES.clear()
        _TREES[revision] = source.at(revision)
    return _TREES[revision]


class Deeds:
    """The group's people at work; the clock is the story's."""

    def __init__(self, root: Path, desk: ReleaseDesk, watching: WatchDesk) -> None:
        assert isinstance(watching.lake, ParquetLake)
        self._root, self._desk, self._watching = root, desk, watching
        self.lake: ParquetLake = watching.lake
        self._locks: dict[tuple[str, str], ReleaseLock] = {}

    @property
    def ledger(self) -> Ledger:
        """The group's ledger."""
        return self._desk.ledger

    def serving(self, system: str) -> Serving | None:
        """What answers now, by the ledger."""
        return serving_now(self.ledger, Place(system=system, environment=ENVIRONMENT))

    # --- releases ---------------------------------------------------------------------------------------------------

    def lock_of(self, system: FleetSystem, version: str) -> ReleaseLock:
        """The release of that version, its artefact written on first use."""
        known = self._locks.get((system.id, version))
        if known is None:
            file = self._root / "models" / system.id / version / "weights.bin"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(sha256(f"{system.id} {version}".encode()).digest() * 8)
            claim = ArtefactClaim(str(file.relative_to(self._root)), ArtefactKind.WEIGHTS)
            known = ReleaseLock(
                system=system.id,
                version=version,
                artefacts=lock_release(
                    LockAsk(system=system.id, artefacts=(claim,), version=version),
                    source=_OneSystem(self._desk.source, system.id),
                    code=self._desk.history,
                    artefacts=self._desk.artefacts,
                ).artefacts,
            )
            self._locks[system.id, version] = known
        return known

    def release(self, system: FleetSystem, version: str, at: datetime) -> None:
        """All the way: validated where the tier asks for it, gate, approvals, standing, deployed."""
        lock = self.lock_of(system, version)
        if system.kind.tier == "very_high":
            ask = ValidationAsk(lock=lock, report=b"# Report\n\nNo finding.\n", until=(at + timedelta(days=300)).date())
            validate_release(ask, self._desk_of(system.id), ApprovalKeysFake(VALIDATOR), at)
        waiting = self.ask(system, version, at + timedelta(seconds=1))
        for n, person in enumerate(APPROVERS[: waiting.decision.required_approvals]):
            assert waiting.request_digest is not None
            ask_approval = ApprovalAsk(request=waiting.request_digest, reason="I read the results.")
            when = at + timedelta(seconds=2 + n)
            approve_release(ask_approval, self._desk_of(system.id), ApprovalKeysFake(person), when)
        recorded = record_release(
            RecordAsk(lock.digest, ENVIRONMENT), self._desk_of(system.id), at + timedelta(seconds=10)
        )
        assert recorded.standing is not None, recorded.answer.decision.reasons
        self._deploy(lock, at + timedelta(seconds=20))

    def ask(self, system: FleetSystem, version: str, at: datetime) -> GateAnswer:
        """The gate's answer; where only approvals are missing, people are asked."""
        lock = self.lock_of(system, version)
        question = GateQuestion(
            system=system.id,
            lock=lock,
            results=(_results(lock, at),),
            environment=ENVIRONMENT,
            requester=REQUESTER,
        )
        return decide_release(question, self._desk_of(system.id), at)

    def revoke_first(self, system: str, at: datetime) -> None:
        """Nobody may go back to release 1.0."""
        ask = RevokeAsk(self._locks[system, "1.0"].digest, ENVIRONMENT, "it was trained on records that must go")
        revoke_release(ask, self._desk_of(system), ApprovalKeysFake(APPROVERS[0]), at)

    def lose_artefacts(self, system: str) -> None:
        """Somebody tidies up: the bytes of release 1.0 are no longer anywhere."""
        digits = self._locks[system, "1.0"].digest.removeprefix("sha256:")
        name = f"models/{system}/1.0/weights.bin"
        (self._root / name).unlink()
        (self._root / ".care" / "registry" / "artefacts" / digits / "files" / name).unlink()

    def _deploy(self, lock: ReleaseLock, at: datetime) -> None:
        files = {artefact.name: self._root / artefact.name for artefact in lock.artefacts}
        wiring.file_registry(self._root).artefacts.store(lock, files)
        place = Place(system=lock.system, environment=ENVIRONMENT)
        hands = hands_of(self._watching, place, now=at, actor=a_person(REQUESTER))
        deploy_release(lock.digest, place, hands, now=at, because="the release plan")

    # --- monitors and orders ----------------------------------------------------------------------------------------

    def watch(self, system: str, at: datetime) -> None:
        """Look once at the system's monitors, and answer what they show."""
        place = Place(system=system, environment=ENVIRONMENT)
        opened = open_watch(read_governance(self._desk_of(system), at), place, self._watching)
        watch_system(opened.watch, opened.using, now=at)

    def pause(self, system: str, at: datetime) -> None:
        """Automation of the system only pages for a week."""
        order = self._ordered("pause", system, "a campaign brings other customers", at)
        pause_automation(self.ledger, order, system=system, now=at, until=at + timedelta(days=7))

    def enter_safe_state(self, system: str, at: datetime) -> None:
        """The operator lets the safe state take over."""
        order = self._ordered("safe_state", system, "branches report odd answers", at)
        place = Place(system=system, environment=ENVIRONMENT)
        hands = hands_of(self._watching, place, now=at, actor=a_person(OPERATOR))
        declared = next(
            one.safe_state
            for one in read_governance(self._desk_of(system), at).repository.nouns(System)
            if one.id == system
        )
        assert declared is not None
        enter_safe_state(hands, place, _as_order(order), declared=declared.kind, now=at)

    def roll_back(self, system: str, at: datetime) -> None:
        """The operator lets release 1.0 take over again."""
        order = self._ordered("rollback", system, "release 2.0 is slower than promised", at)
        place = Place(system=system, environment=ENVIRONMENT)
        hands = hands_of(self._watching, place, now=at, actor=a_person(OPERATOR))
        plan = plan_rollback(self.ledger, place, _as_order(order), to=self._locks[system, "1.0"].digest, now=at)
        execute_plan(plan, hands=hands, now=at, proof=order.proof)

    def _ordered(self, action: str, system: str, reason: str, at: datetime) -> SignedOrder:
        ask = OrderAsk(action=action, reason=reason, system=system, environment=ENVIRONMENT)
        return sign_order(ask, self._desk_of(system), ApprovalKeysFake(OPERATOR), at)

    def _desk_of(self, system: str) -> ReleaseDesk:
        return replace(self._desk, source=_OneSystem(self._desk.source, system))


def _as_order(order: SignedOrder) -> Order:
    return Order(id=order.id, by=order.person, reason=order.reason, proof=order.proof)


def _results(lock: ReleaseLock, at: datetime) -> bytes:
    """A good results file."""
    measures = ("impact_ratio", "pii_found", "reason_code_coverage", "accuracy")
    rows = [
        {"measure": measure, "value": 0.9, "interval": [0.85, 0.95], "n": 4000, "outcome": "shown_safe"}
        for measure in measures
    ]
    data = f"sha256:{sha256(lock.system.encode()).hexdigest()}"
    measured = (at - timedelta(hours=2)).isoformat()
    found = {"system": lock.system, "lock": lock.digest, "data_digest": data, "config_digest": data}
    return json.dumps({**found, "measured_at": measured, "results": rows}).encode()
