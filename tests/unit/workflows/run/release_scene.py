"""A bookshop with one very-high system and six people, all in memory: where tests of the release workflows begin."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from careloop.adapters.package_standards import PackageStandards
from careloop.domain.decision import GateAnswer
from careloop.domain.release_lock import ReleaseLock
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Record
from careloop.ports.session_voucher import SessionVoucher
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of
from careloop.testing.artefact_store_fake import ArtefactStoreFake
from careloop.testing.commit_history_fake import CommitHistoryFake
from careloop.testing.ledger_fake import LedgerFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.session_voucher_fake import a_voucher
from careloop.testing.source_tree_builder import small_repository
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.decide_release import GateQuestion, decide_release
from careloop.workflows.run.give_approval import ApprovalAsk, Approved
from careloop.workflows.run.lock_release import ArtefactClaim, LockAsk, lock_release
from careloop.workflows.run.record_release import RecordAsk, Recorded, record_release
from careloop.workflows.run.release_desk import ReleaseDesk
from careloop.workflows.run.release_records import GATE
from careloop.workflows.run.validate_release import ValidationAsk, validate_release

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATA = f"sha256:{'d' * 64}"
PEOPLE = ("ada", "bob", "cy", "val", "req", "dev")

_ROLES = """\
owner: ai-lead
people:
{people}
posts:
  - {{id: director, title: Director, function: top_management, holders: [req], authorities: [approve_policy]}}
  - {{id: ai-lead, title: AI lead, function: risk, holders: [req], duties: [aims_conformity]}}
  - {{id: risk, title: Risk, function: risk, holders: [ada, cy], authorities: [approve_release, kill]}}
  - {{id: security, title: Security, function: security, holders: [bob], authorities: [approve_release]}}
  - {{id: validation, title: Validation, function: risk, holders: [val], authorities: [validate_model]}}
  - id: engineering
    title: Engineering
    function: engineering
    holders: [dev]
    duties: [development]
    authorities: [approve_release]
"""
_SYSTEM = """\
id: credit
name: Credit
owner: ai-lead
purpose: Decides about accounts.
origin: built
tier: {tier}
tier_reason: It decides about people.
lifecycle: operation
autonomy: human_can_override
domain: credit
jurisdictions: [Ireland]
personal_data: true
affects_rights: true
artefacts: ["models/credit/**"]
safe_state: {{kind: human, description: People decide.}}
"""
_CARD = """\
---
model_name: Credit
version: "{version}"
license: other
license_name: harbour-internal
---
# Model Card for Credit

## Uses

### Direct Use

Decides about accounts.
"""


class Scene:
    """The shop, its people, its ledger, and what they do to a release."""

    def __init__(self, *, tier: str = "very_high") -> None:
        self.now = NOON
        self.files: dict[str, bytes] = dict(small_repository())
        self.write_roles()
        self.files["systems/credit/system.yaml"] = _SYSTEM.format(tier=tier).encode()
        self.files["systems/credit/card.md"] = _CARD.format(version="1.0").encode()
        self.repository = RepositoryFake(self.files)
        self.history = CommitHistoryFake()
        self.ledger = LedgerFake("test.example/care/dev")
        self.artefacts = ArtefactStoreFake({"models/credit/weights.bin": b"one"})
        self.commit("dev@harbour.example", touching=["systems/credit/system.yaml"])

    @property
    def desk(self) -> ReleaseDesk:
        return ReleaseDesk(
            source=self.repository,
            history=self.history,
            ledger=self.ledger,
            standards=PackageStandards(),
            artefacts=self.artefacts,
        )

    def write_roles(self, *, without_key: str | None = None, extra: str = "") -> None:
        rows = [
            f"  - {{id: {name}, name: {name.title()}, mail: {name}@harbour.example"
            + (f', keys: ["{line_of(name)}"]' if name != without_key else "")
            + "}"
            for name in PEOPLE
        ]
        self.files["roles.yaml"] = _ROLES.format(people="\n".join(rows)).encode() + extra.encode()

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a document in the work tree; nothing is in force before it is committed."""
        text = self.files[path].decode()
        assert old in text, f"{path} does not hold {old!r}"
        self.files[path] = text.replace(old, new, 1).encode()

    def new_card(self, version: str) -> None:
        self.files["systems/credit/card.md"] = _CARD.format(version=version).encode()
        self.commit("dev@harbour.example", touching=["systems/credit/card.md"])

    def commit(self, *mails: str, touching: list[str] | None = None) -> str:
        self.repository.files = self.files
        made = self.repository.commit(self.now)
        self.history.made(made, *(mails or ("dev@harbour.example",)), touching=touching or ["policies/ai-policy.md"])
        return made

    def lock(self, **changes: Any) -> ReleaseLock:
        ask = LockAsk(system="credit", artefacts=(ArtefactClaim("models/credit"),), **changes)
        return lock_release(ask, source=self.repository, code=self.history, artefacts=self.artefacts)

    def results(self, lock: ReleaseLock, *, outcomes: Mapping[str, str] | None = None, **changes: Any) -> bytes:
        """A good results file of a lock, but for the outcomes given."""
        said = {"impact_ratio": "shown_safe", "pii_found": "shown_safe", "reason_code_coverage": "shown_safe"}
        rows = [
            {"measure": measure, "value": 0.9, "interval": [0.85, 0.95], "n": 4000, "outcome": outcome}
            for measure, outcome in (said | dict(outcomes or {})).items()
        ]
        fields = {"system": "credit", "lock": lock.digest, "data_digest": DATA, "config_digest": DATA}
        measured_at = (self.now - timedelta(days=1)).isoformat()
        return json.dumps(fields | {"measured_at": measured_at, "results": rows} | changes).encode()

    def gate(
        self,
        lock: ReleaseLock,
        *results: bytes,
        environment: str = "production",
        requester: str | None = "req",
    ) -> GateAnswer:
        files = results or (self.results(lock),)
        question = GateQuestion(system="credit", lock=lock, results=files, environment=environment, requester=requester)
        return decide_release(question, self.desk, self.now)

    def validate(self, lock: ReleaseLock, *conditions: str) -> None:
        until = (self.now + timedelta(days=90)).date()
        ask = ValidationAsk(lock=lock, report=b"# Report\nFine.\n", until=until, conditions=conditions)
        validate_release(ask, self.desk, ApprovalKeysFake("val"), self.now)

    def approve(self, request: str | None, *holders: str, person: str | None = None) -> Approved:
        assert request is not None, "the gate asked nobody"
        keys = ApprovalKeysFake(*holders)
        return approve_release(ApprovalAsk(request, "It is fine.", person), self.desk, keys, self.now)

    def let_vouch(self, *servers: str, step_up: str = "PT10M") -> None:
        """Commit a care.yaml by which exactly these servers may vouch for sessions."""
        before = self.files["care.yaml"].decode().partition("sessions:")[0]
        lines = ", ".join(f'"{line_of(server)}"' for server in servers)
        section = f"sessions: {{vouched_by: [{lines}], step_up: {step_up}}}\n" if servers else ""
        self.files["care.yaml"] = (before + section).encode()
        self.commit("req@harbour.example", touching=["care.yaml"])

    def voucher(self, person: str, *, minutes_ago: float = 2, **changes: Any) -> SessionVoucher:
        """A session of somebody who proved so many minutes ago who they are."""
        return a_voucher(person, self.now - timedelta(minutes=minutes_ago), **changes)

    def approve_in_session(self, request: str, person: str, **changes: Any) -> Approved:
        ask = ApprovalAsk(request, "It is fine.")
        return approve_release(ask, self.desk, self.voucher(person, **changes), self.now)

    def record(self, lock: ReleaseLock, environment: str = "production", request: str | None = None) -> Recorded:
        return record_release(RecordAsk(lock.digest, environment, request), self.desk, self.now)

    def released(self, version: str = "1.0", environment: str = "production") -> ReleaseLock:
        """A release that went all the way."""
        lock = self.lock(version=version)
        self.validate(lock)
        asked = self.gate(lock, environment=environment)
        for person in ("ada", "bob"):
            self.approve(asked.request_digest, person)
        assert self.record(lock, environment).new
        return lock

    def put_in_force(self, commit: str) -> None:
        """Record which commit is in force."""
        record = Record(
            id=uuid7(int(self.now.timestamp() * 1000), bytes(10)),
            type="policy.in_force",
            actor=GATE,
            occurred_at=self.now,
            data={"commit": commit},
        )
        self.ledger.append([record], recorded_at=self.now)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def types(self) -> list[str]:
        return [entry.record.type for entry in self.ledger.query()]


def an_envelope(lock: ReleaseLock, **changes: Any) -> dict[str, Any]:
    """A change envelope around a lock whose weights may vary."""
    fields: dict[str, Any] = {
        "id": "nightly",
        "owner": "ai-lead",
        "reason": "Retrained every night on the same recipe.",
        "recipe": {
            "code_commit": lock.code_commit,
            "features": ["age", "income"],
            "data_contract": DATA,
            "parameters": {"threshold": 0.5},
        },
        "varies": ["models/credit"],
        "varying_parameters": ["seed"],
        "bounds": [{"measure": "impact_ratio", "least": 0.8}],
        "shift": [{"measure": "psi", "most": 0.1}],
        "most_releases": 2,
        "expires": "2026-12-31",
    }
    return fields | changes
